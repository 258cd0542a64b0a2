/* moim import: recordings into the store; the new meeting's id alone on standard output. */
#include "firmware/cli/commands.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/import_transcript.h"
#include "firmware/library/seal.h"
#include "firmware/library/share.h"
#include "firmware/pipeline/engine_int.h"
#include "firmware/pipeline/process.h"
#include "firmware/pipeline/semantic_index.h"
#include "storage/transcript_file.h"

#include <sodium.h>
#include <string.h>

static void show_progress(void *arg, const char *stage, double done)
{
    moim_cli_progress(arg, stage, done);
}

static void show_backlog(void *arg, double done)
{
    moim_cli_progress(arg, "indexing older meetings", done);
}

/* Models that must be there are loaded before the store is touched: what is missing costs the user nothing.
 */
static int check_models(struct moim_cli *cli, struct moim_engine *e, const struct moim_process_options *o)
{
    struct moim_vad *vad;
    struct moim_asr *asr;
    int rc = moim_engine_vad(e, &vad, &cli->err);
    return rc ? rc : moim_engine_asr(e, o->model ? o->model : "whisper", &asr, &cli->err);
}

/* A meeting that another device shared. */
static int import_shared(struct moim_cli *cli, struct moim_store *s, const char *path, const char *pass_file,
                         int64_t *id)
{
    char pass[MOIM_PASSPHRASE_MAX];
    if (!pass_file)
        return moim_fail(&cli->err, MOIM_EINVAL, "%s: is sealed; open it with --passphrase-file FILE", path);
    int rc = moim_passphrase_read(pass_file, pass, &cli->err);
    if (!rc) rc = moim_share_read(s, path, pass, id, &cli->err);
    sodium_memzero(pass, sizeof pass);
    return rc;
}

static int import_one(struct moim_cli *cli, struct moim_engine *e, struct moim_store *s, const char *path,
                      const struct moim_process_options *o, const char *title, const char *pass_file)
{
    int64_t id;
    bool damaged = false;
    struct moim_err warning = {0};
    int rc = moim_is_sealed(path)               ? import_shared(cli, s, path, pass_file, &id)
             : moim_transcript_file_named(path) ? moim_import_text(s, path, cli->lang, &id, &cli->err)
                                                : moim_import(s, path, &id, &damaged, &cli->err);
    if (rc) return rc;
    if (damaged && !cli->quiet) fprintf(stderr, "moim: %s: truncated; imported up to there\n", path);
    if (title) rc = moim_meeting_set_title(s, id, title, &cli->err);
    if (!rc && e) rc = moim_process(e, s, id, o, &warning, &cli->err);
    moim_cli_progress(cli, "", -1);
    if (!rc && warning.code && !cli->quiet) fprintf(stderr, "moim: %s\n", warning.msg);
    printf("%lld\n", (long long)id);
    fflush(stdout);
    return rc;
}

static int run_import(struct moim_cli *cli, int argc, char **argv)
{
    struct moim_process_options o = {.progress = show_progress, .arg = cli};
    const char *title = NULL, *pass_file = NULL;
    bool no_process = false;
    struct moim_opt opts[] = {
        {"title", MOIM_OPT_STR, "TEXT", "title of the meeting (default: the file's name)", &title},
        {"model", MOIM_OPT_STR, "conformer|whisper", "recogniser (default: the most accurate installed)",
         &o.model},
        {"no-rescore", MOIM_OPT_FLAG, NULL, "leave the language model out of the transcript", &o.no_rescore},
        {"no-minutes", MOIM_OPT_FLAG, NULL, "write no minutes", &o.no_minutes},
        {"no-process", MOIM_OPT_FLAG, NULL, "only take it in; go on later with: moim doctor --repair",
         &no_process},
        {"minutes-model", MOIM_OPT_STR, "NAME",
         "model that writes the minutes (default: the largest installed)", &o.minutes_model},
        {"template", MOIM_OPT_STR, "NAME",
         "kind of minutes: plain, weekly, one-on-one, interview, lecture, brainstorming, or a file",
         &o.minutes_template},
        {"minutes-lang", MOIM_OPT_STR, "LANG",
         "ko or en: labels and sentences of the minutes (default: as spoken)", &o.minutes_language},
        {"passphrase-file", MOIM_OPT_STR, "FILE",
         "open a shared meeting (moim export) with the first line of FILE", &pass_file},
    };
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 1, -1);
    if (n < 0) return n;
    o.lang = cli->lang;
    struct moim_store *s;
    struct moim_engine *e = NULL;
    int rc = moim_cli_text(cli, "title", title);
    if (!rc) rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    if (!no_process) rc = moim_engine_new(&e, cli->threads, &cli->err);
    bool sound = false;
    for (int i = 0; !rc && i < n; i++)
        sound = sound || !(moim_transcript_file_named(argv[i]) || moim_is_sealed(argv[i]));
    if (!rc && e && sound) rc = check_models(cli, e, &o);
    for (int i = 0; !rc && i < n; i++) rc = import_one(cli, e, s, argv[i], &o, title, pass_file);
    /* Meetings of before there were vectors: some of them each time. */
    int left;
    struct moim_err ignored;
    if (!rc && e) moim_embed_waiting(e, s, 10, show_backlog, cli, &left, &ignored);
    moim_cli_progress(cli, "", -1);
    moim_engine_free(e);
    moim_store_close(s);
    return rc;
}

const struct moim_command moim_command_import = {
    "import", "FILE...", "take recordings into the store: transcript, minutes, search",
    "Opens WAV, FLAC, MP3, M4A, OGG, Opus and more, and transcripts that exist: JSON, TXT (\"Name: text\" a line), SRT,\n"
    "VTT. Prints the new meeting's id alone.",
    run_import};
