/* moim import: recordings into the store; the new meeting's id alone on standard output. */
#include "firmware/cli/cli_process.h"
#include "firmware/cli/cli_sound.h"
#include "firmware/cli/commands.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/import_sound.h"
#include "firmware/library/import_transcript.h"
#include "firmware/library/meeting_time.h"
#include "firmware/library/seal.h"
#include "firmware/library/share.h"
#include "firmware/pipeline/engine_int.h"
#include "firmware/pipeline/semantic_index.h"
#include "storage/overview.h"
#include "storage/transcript_file.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TAGS_MOST 16

/* Parsed options. */
struct request {
    struct moim_process_options process;
    struct moim_import_options import;
    const char *pass_file, *channels, *date, *tags, *append;
    bool no_process, join;
    char *tag[TAGS_MOST], *tag_text;
    int n_tags;
    long long onto; /* the meeting to append to */
};

static void show_backlog(void *arg, double done)
{
    moim_cli_progress(arg, "indexing older meetings", done);
}

/* Load the required models before touching the store: a missing one then changes nothing. */
static int check_models(struct moim_cli *cli, struct moim_engine *e, const struct moim_process_options *o)
{
    struct moim_vad *vad;
    struct moim_asr *asr;
    int rc = moim_engine_vad(e, &vad, &cli->err);
    return rc ? rc : moim_engine_asr(e, o->model ? o->model : "whisper", &asr, &cli->err);
}

/* A sealed meeting from another device. */
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

static void show_remarks(const struct moim_cli *cli, const char *path, const struct moim_imported *done)
{
    if (cli->quiet) return;
    for (int i = 0; i < done->remarks; i++) {
        int at = (int)done->remark[i].at;
        if (at)
            fprintf(stderr, "moim: %s: %d:%02d: %s\n", path, at / 60, at % 60, done->remark[i].text);
        else
            fprintf(stderr, "moim: %s: %s\n", path, done->remark[i].text);
    }
}

static int import_sound(struct moim_cli *cli, struct moim_store *s, const char *const *paths, int n,
                        const struct request *q, int64_t *id)
{
    struct moim_imported done;
    int rc = q->append ? moim_import_append(s, q->onto, paths, n, &q->import, &done, &cli->err)
                       : moim_import_sound(s, paths, n, &q->import, &done, &cli->err);
    *id = done.id;
    if (!rc) show_remarks(cli, paths[0], &done);
    return rc;
}

static int set_tags(struct moim_cli *cli, struct moim_store *s, int64_t id, const struct request *q)
{
    return q->n_tags ? moim_tags_set(s, id, (const char *const *)q->tag, q->n_tags, &cli->err) : MOIM_OK;
}

/* A file, or several as one meeting. */
static int import_one(struct moim_cli *cli, struct moim_engine *e, struct moim_store *s,
                      const char *const *paths, int n, struct request *q)
{
    int64_t id;
    struct moim_err warning = {0};
    bool sealed = moim_is_sealed(paths[0]), text = !sealed && moim_transcript_file_named(paths[0]);
    int rc = sealed ? import_shared(cli, s, paths[0], q->pass_file, &id)
             : text ? moim_import_text(s, paths[0], cli->lang, &id, &cli->err)
                    : import_sound(cli, s, paths, n, q, &id);
    if (rc) return rc;
    if ((sealed || text) && q->import.title) rc = moim_meeting_set_title(s, id, q->import.title, &cli->err);
    if (!rc && (sealed || text) && q->import.started_at)
        rc = moim_meeting_set_time(s, id, q->import.started_at, &cli->err);
    if (!rc) rc = set_tags(cli, s, id, q);
    if (!rc && (q->process.no_minutes || q->process.speakers))
        rc = moim_meeting_set_wishes(s, id, q->process.no_minutes, q->process.speakers, &cli->err);
    if (!rc && e) rc = moim_cli_process(cli, e, s, id, &q->process, &warning, &cli->err);
    moim_cli_progress(cli, "", -1);
    if (!rc && warning.code && !cli->quiet) fprintf(stderr, "moim: %s\n", warning.msg);
    printf("%lld\n", (long long)id);
    fflush(stdout);
    return rc;
}

/* ---- what the options say ---- */

static int read_tags(struct moim_cli *cli, struct request *q)
{
    char *save = NULL;
    if (!q->tags) return MOIM_OK;
    if (!(q->tag_text = strdup(q->tags))) return moim_fail(&cli->err, MOIM_ENOMEM, "out of memory");
    for (char *t = strtok_r(q->tag_text, ",", &save); t; t = strtok_r(NULL, ",", &save)) {
        t += strspn(t, " ");
        if (!*t) continue;
        if (q->n_tags == TAGS_MOST)
            return moim_fail(&cli->err, MOIM_EINVAL, "--tag: more than %d tags", TAGS_MOST);
        q->tag[q->n_tags++] = t;
    }
    return MOIM_OK;
}

static int read_request(struct moim_cli *cli, struct request *q)
{
    int rc = moim_cli_text(cli, "title", q->import.title);
    if (!rc) rc = moim_cli_text(cli, "tag", q->tags);
    if (!rc) rc = moim_cli_channels(cli, q->channels, &q->import.channels);
    if (!rc) rc = read_tags(cli, q);
    if (!rc && q->append) rc = moim_cli_id(cli, q->append, &q->onto);
    if (!rc && q->date && !(q->import.started_at = moim_time_parse(q->date)))
        rc = moim_fail(&cli->err, MOIM_EINVAL, "--date: %s: must be like 2026-03-02 or \"2026-03-02 10:30\"",
                       q->date);
    if (!rc && (q->process.speakers < 0 || q->process.speakers > 10))
        rc = moim_fail(&cli->err, MOIM_EINVAL, "--speakers: must be 1 to 10");
    q->join |= q->append != NULL;
    q->process.again = q->append != NULL;
    q->process.lang = cli->lang;
    return rc;
}

/* A meeting from a pipe is titled by the date and time. */
static int read_pipe(struct moim_cli *cli, char **argv, int n, char stamp[32], struct request *q)
{
    time_t now = time(NULL);
    struct tm tm;
    bool piped;
    int rc = moim_cli_pipe(cli, argv, n, &piped);
    if (!piped) return rc;
    strftime(stamp, 32, "%Y-%m-%d %H:%M", localtime_r(&now, &tm));
    if (!q->import.title) q->import.title = stamp;
    return rc;
}

static int import_all(struct moim_cli *cli, struct moim_store *s, char **argv, int n, struct request *q)
{
    struct moim_engine *e = NULL;
    bool sound = false;
    int rc = q->no_process ? MOIM_OK : moim_engine_new(&e, cli->threads, &cli->err);
    for (int i = 0; !rc && i < n; i++) {
        bool words = moim_transcript_file_named(argv[i]) || moim_is_sealed(argv[i]);
        sound = sound || !words;
        if (words && q->join)
            rc = moim_fail(&cli->err, MOIM_EINVAL, "%s: only recordings can be joined", argv[i]);
    }
    if (!rc && e && sound) rc = check_models(cli, e, &q->process);
    const char *const *paths = (const char *const *)argv;
    if (!rc && q->join) rc = import_one(cli, e, s, paths, n, q);
    for (int i = 0; !rc && !q->join && i < n; i++) rc = import_one(cli, e, s, paths + i, 1, q);
    /* Meetings without vectors: a few of them with each import. */
    int left;
    struct moim_err ignored;
    if (!rc && e) moim_embed_waiting(e, s, 10, show_backlog, cli, &left, &ignored);
    moim_cli_progress(cli, "", -1);
    moim_engine_free(e);
    return rc;
}

static int run_import(struct moim_cli *cli, int argc, char **argv)
{
    struct request q = {0};
    struct moim_process_options *o = &q.process;
    char stamp[32];
    struct moim_opt opts[] = {
        {"title", MOIM_OPT_STR, "TEXT", "title of the meeting (default: the file's name)", &q.import.title},
        {"date", MOIM_OPT_STR, "DATE",
         "when it was: 2026-03-02 or \"2026-03-02 10:30\" (default: as the file says, its name, or its time)",
         &q.date},
        {"tag", MOIM_OPT_STR, "TAG,...", "tags of the meeting", &q.tags},
        {"speakers", MOIM_OPT_INT, "N", "how many people speak (default: as many as are heard)",
         &o->speakers},
        {"channels", MOIM_OPT_STR, "auto|mix|separate|call",
         "channels and tracks as parties of their own: where they clearly are, never, or always (default: auto)",
         &q.channels},
        {"join", MOIM_OPT_FLAG, NULL, "all files, in order, are one meeting", &q.join},
        {"append", MOIM_OPT_STR, "ID", "the files go on with that meeting, which is recognised again",
         &q.append},
        {"model", MOIM_OPT_STR, "conformer|whisper", "recogniser (default: the most accurate installed)",
         &o->model},
        {"no-rescore", MOIM_OPT_FLAG, NULL, "leave the language model out of the transcript", &o->no_rescore},
        {"no-minutes", MOIM_OPT_FLAG, NULL, "write no minutes", &o->no_minutes},
        {"no-process", MOIM_OPT_FLAG, NULL, "only take it in; go on later with: moim doctor --repair",
         &q.no_process},
        {"minutes-model", MOIM_OPT_STR, "NAME",
         "model that writes the minutes (default: the largest installed)", &o->minutes_model},
        {"template", MOIM_OPT_STR, "NAME",
         "kind of minutes: plain, weekly, one-on-one, interview, lecture, brainstorming, or a file",
         &o->minutes_template},
        {"minutes-lang", MOIM_OPT_STR, "LANG",
         "ko or en: labels and sentences of the minutes (default: as spoken)", &o->minutes_language},
        {"passphrase-file", MOIM_OPT_STR, "FILE",
         "open a shared meeting (moim export) with the first line of FILE", &q.pass_file},
    };
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 1, -1);
    if (n < 0) return n;
    struct moim_store *s = NULL;
    int rc = read_request(cli, &q);
    if (!rc) rc = read_pipe(cli, argv, n, stamp, &q);
    if (!rc) rc = moim_store_open(&s, cli->db, &cli->err);
    if (!rc) rc = import_all(cli, s, argv, n, &q);
    if (s) moim_store_close(s);
    free(q.tag_text);
    return rc;
}

const struct moim_command moim_command_import = {
    "import", "FILE...", "take recordings into the store: transcript, minutes, search",
    "Opens WAV, FLAC, MP3, M4A, OGG, Opus and more, and transcripts that exist: JSON, TXT (\"Name: text\" a line), SRT,\n"
    "VTT; \"-\" reads a pipe. docs/inputs.md lists what comes out of what. Prints the new meeting's id alone.",
    run_import};
