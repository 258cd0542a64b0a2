/* moim export. */
#include "firmware/cli/commands.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/export_target.h"
#include "firmware/library/meeting_document.h"
#include "firmware/library/seal.h"
#include "firmware/library/share.h"

#include <sodium.h>

#include <stdlib.h>
#include <string.h>

struct wish {
    const char *format, *output, *pass_file;
    bool with_audio, minutes_only, clean;
    bool zip; /* with_audio, and not into a page */
    enum moim_format form;
};

static const char *ending_of(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL,
               *dot = path ? strrchr(slash ? slash : path, '.') : NULL;
    return dot ? dot + 1 : NULL;
}

/* The format, from options and file name. */
static int choose_form(struct moim_cli *cli, struct wish *q)
{
    const char *ending = ending_of(q->output);
    if (q->pass_file && (!q->output || q->format || q->minutes_only))
        return moim_fail(&cli->err, MOIM_EINVAL,
                         "export: --passphrase-file needs --output FILE, and seals the whole meeting");
    if (q->pass_file) return MOIM_OK;
    if (q->with_audio && !q->output)
        return moim_fail(&cli->err, MOIM_EINVAL, "export: --with-audio needs --output FILE");
    if (q->with_audio && q->minutes_only)
        return moim_fail(&cli->err, MOIM_EINVAL, "export: --minutes-only goes without the sound");
    q->zip = q->with_audio && (!ending || strcmp(ending, "html"));
    if (q->zip && ending && !strcmp(ending, "zip")) ending = NULL;
    q->form = moim_format_named(q->format   ? q->format
                                : cli->json ? "json"
                                : ending    ? ending
                                : q->zip    ? "html"
                                            : "md");
    if (q->form == MOIM_FORMAT_COUNT)
        return moim_fail(&cli->err, MOIM_EINVAL, "%s: no such format; use --format " MOIM_FORMATS,
                         q->format ? q->format : q->output);
    if (moim_form_of(q->form)->package && !q->output)
        return moim_fail(&cli->err, MOIM_EINVAL, "export: %s needs --output FILE",
                         moim_form_of(q->form)->name);
    return MOIM_OK;
}

/* One sealed meeting, for another device. */
static int write_shared(struct moim_cli *cli, struct moim_store *s, struct moim_whole *w,
                        const struct wish *q)
{
    char pass[MOIM_PASSPHRASE_MAX];
    int rc = moim_passphrase_read(q->pass_file, pass, &cli->err);
    if (!rc) rc = moim_share_write(s, &w->doc, q->output, pass, q->with_audio, &cli->err);
    sodium_memzero(pass, sizeof pass);
    return rc;
}

static int write_out(struct moim_cli *cli, struct moim_store *s, struct moim_whole *w, const struct wish *q)
{
    char audio[4096];
    int rc = MOIM_OK;
    if (q->pass_file) return write_shared(cli, s, w, q);
    if (q->with_audio && !*w->meeting.audio)
        return moim_fail(&cli->err, MOIM_ENOENT, "meeting %lld has no sound", (long long)w->meeting.id);
    if (q->with_audio) rc = moim_audio_path(s, w->meeting.audio, audio, sizeof audio, &cli->err);
    if (rc) return rc;
    if (q->with_audio && !q->zip) w->doc.audio_embed = audio;
    rc = q->zip      ? moim_export_zip(q->output, q->form, &w->doc, audio, &cli->err)
         : q->output ? moim_export_file(q->output, q->form, &w->doc, &cli->err)
                     : moim_export(stdout, q->form, &w->doc, &cli->err);
    w->doc.audio_embed = NULL;
    return rc;
}

static int run_export(struct moim_cli *cli, int argc, char **argv)
{
    struct wish q = {0};
    struct moim_opt opts[] = {
        {"format", MOIM_OPT_STR, MOIM_FORMATS,
         "form of the document (default: md, or what the file is called)", &q.format},
        {"output", MOIM_OPT_STR, "FILE", "write to a file (docx and hwpx need one)", &q.output},
        {"with-audio", MOIM_OPT_FLAG, NULL,
         "with the sound: a zip of both, or, where FILE ends in .html, a page that holds it", &q.with_audio},
        {"minutes-only", MOIM_OPT_FLAG, NULL, "the minutes without the transcript", &q.minutes_only},
        {"clean", MOIM_OPT_FLAG, NULL, "without sounds of hesitation (um, 음, 어)", &q.clean},
        {"passphrase-file", MOIM_OPT_STR, "FILE",
         "share the meeting as one file, sealed with the first line of FILE; moim import opens it",
         &q.pass_file},
    };
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 1, 1);
    if (n < 0) return n;
    long long id;
    struct moim_store *s;
    struct moim_whole w;
    int rc = choose_form(cli, &q);
    if (!rc) rc = moim_cli_id(cli, argv[0], &id);
    if (!rc) rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    if (q.output) rc = moim_output_allowed(s, q.output, &cli->err);
    if (!rc) rc = moim_whole_load(s, id, &w, &cli->err);
    if (!rc) {
        w.doc.minutes_only = q.minutes_only;
        if (q.clean) rc = moim_whole_clean(&w, &cli->err);
        if (!rc) rc = write_out(cli, s, &w, &q);
        moim_whole_free(&w);
    }
    moim_store_close(s);
    return rc;
}

const struct moim_command moim_command_export = {
    "export", "ID", "write a meeting as a document",
    "txt, md, obsidian, html, docx, hwpx, pdf: minutes and transcript; srt, vtt: subtitles; json: everything;\n"
    "csv, ics: the tasks. The file is there whole or not at all, and is never one of the store's own.",
    run_export};
