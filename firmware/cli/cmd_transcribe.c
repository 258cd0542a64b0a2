/* moim transcribe: a recording's text on standard output; nothing is stored. */
#include "base/json.h"
#include "firmware/cli/cli_sound.h"
#include "firmware/cli/commands.h"
#include "firmware/pipeline/diarize_stage.h"
#include "firmware/pipeline/transcribe_stage.h"
#include "storage/export.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct request {
    const char *format, *model, *channels, *title;
    bool no_rescore, plain;
    int nbest, beam, speakers;
    enum moim_channels how;
};

static void show_progress(void *arg, double done)
{
    moim_cli_progress(arg, "transcribing", done);
}

/* Plain words on one line, for scoring tools. */
static int print_plain(const struct moim_transcript *t)
{
    char *text = moim_transcript_plain(t);
    if (!text) return MOIM_ENOMEM;
    bool first = true;
    char *save;
    for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
        printf("%s%s", first ? "" : " ", w);
        first = false;
    }
    putchar('\n');
    free(text);
    return MOIM_OK;
}

static void print_nbest(const struct moim_transcript *t, int most)
{
    for (int s = 0; s < t->n; s++)
        for (int h = 0; h < t->stretch[s].n && h < most; h++) {
            const struct moim_hyp *x = &t->stretch[s].hyps[h];
            printf("%.2f\t%.2f\t%d\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\t%.4f\t%d\t%s\n", t->stretch[s].start,
                   t->stretch[s].end, h + 1, x->total, x->acoustic, x->ngram, x->lm, x->bonus, x->risk,
                   x->rank + 1, x->text);
        }
}

static int nbest_json(struct moim_cli *cli, const struct moim_transcript *t, int most)
{
    cJSON *all = cJSON_CreateArray();
    for (int s = 0; s < t->n; s++) {
        cJSON *o = cJSON_CreateObject(), *list;
        cJSON_AddNumberToObject(o, "start", t->stretch[s].start);
        cJSON_AddNumberToObject(o, "end", t->stretch[s].end);
        cJSON_AddStringToObject(o, "language", t->stretch[s].lang);
        list = cJSON_AddArrayToObject(o, "hypotheses");
        for (int h = 0; h < t->stretch[s].n && h < most; h++) {
            const struct moim_hyp *x = &t->stretch[s].hyps[h];
            cJSON *y = cJSON_CreateObject();
            cJSON_AddStringToObject(y, "text", x->text);
            cJSON_AddNumberToObject(y, "total", x->total);
            cJSON_AddNumberToObject(y, "acoustic", x->acoustic);
            cJSON_AddNumberToObject(y, "ngram", x->ngram);
            cJSON_AddNumberToObject(y, "lm", x->lm);
            cJSON_AddNumberToObject(y, "bonus", x->bonus);
            cJSON_AddNumberToObject(y, "risk", x->risk);
            cJSON_AddNumberToObject(y, "first_pass_rank", x->rank + 1);
            moim_json_append(list, y);
        }
        moim_json_append(all, o);
    }
    return moim_print_json(cli, all);
}

static void show_speakers_progress(void *arg, double done)
{
    moim_cli_progress(arg, "telling speakers apart", done);
}

/* Splits lines at speaker changes. A single speaker gets no label; neither does anyone without the models. */
static int add_speakers(struct moim_cli *cli, struct moim_engine *e, const char *path, int count,
                        struct moim_segment **list, int *n)
{
    const struct moim_diarize_options given = {.min_speakers = count, .max_speakers = count};
    struct moim_diarization d;
    struct moim_segment *parts;
    int n_parts;
    int rc = moim_diarize_file(e, path, count ? &given : NULL, show_speakers_progress, cli, &d, &cli->err);
    moim_cli_progress(cli, "", -1);
    if (rc == MOIM_ENOENT) {
        if (!cli->quiet) fprintf(stderr, "moim: no speaker labels: %s\n", cli->err.msg);
        return MOIM_OK;
    }
    if (rc) return rc;
    if (d.speakers > 1 && !(rc = moim_lines_by_speaker(&d, *list, *n, &parts, &n_parts, &cli->err))) {
        moim_segments_free(*list, *n);
        *list = parts;
        *n = n_parts;
    }
    moim_diarization_free(&d);
    return rc;
}

/* Each party by its name. */
static int name_parties(struct moim_cli *cli, const struct moim_parties *p, struct moim_heard *all)
{
    for (int i = 0; i < all->n; i++) {
        char *name = moim_party_name(p, all->list[i].speaker, all->lang);
        if (!name) return moim_fail(&cli->err, MOIM_ENOMEM, "out of memory");
        free(all->list[i].speaker_name);
        all->list[i].speaker_name = name;
    }
    return MOIM_OK;
}

static void tell_damaged(const struct moim_cli *cli, const char *path, bool damaged)
{
    if (damaged && !cli->quiet) fprintf(stderr, "moim: %s: truncated; transcribed up to there\n", path);
}

static int find_parties(struct moim_cli *cli, const char *path, enum moim_channels how,
                        struct moim_parties *p)
{
    struct moim_sound *sound;
    memset(p, 0, sizeof *p);
    int rc = moim_sound_open(&sound, path, &cli->err);
    if (rc) return rc;
    rc = moim_sound_parties(sound, how, p, &cli->err);
    moim_sound_close(sound);
    for (int i = 0; !rc && !cli->quiet && i < p->remarks; i++)
        fprintf(stderr, "moim: %s: %s\n", path, p->remark[i].text);
    return rc;
}

static int write_document(struct moim_cli *cli, const char *path, const struct request *q,
                          const struct moim_heard *all)
{
    const char *slash = strrchr(path, '/'), *title = q->title ? q->title : slash ? slash + 1 : path;
    struct moim_meeting m = {.title = (char *)(uintptr_t)title,
                             .started_at = time(NULL),
                             .duration = all->duration,
                             .language = (char *)(uintptr_t)all->lang,
                             .state = MOIM_TRANSCRIBED,
                             .error = NULL};
    return moim_export(stdout, moim_format_named(q->format),
                       &(struct moim_document){
                           .meeting = &m, .segments = all->list, .n_segments = all->n, .lines_only = true},
                       &cli->err);
}

static int print_document(struct moim_cli *cli, struct moim_engine *e, const char *path,
                          const struct moim_transcribe_options *o, const struct request *q)
{
    struct moim_parties p;
    struct moim_heard all = {.list = NULL};
    int rc = find_parties(cli, path, q->how, &p);
    if (!rc) rc = moim_hear_parties(e, path, o, &p, &all, &cli->err);
    moim_cli_progress(cli, "", -1);
    if (!rc) tell_damaged(cli, path, all.damaged);
    if (!rc && p.n > 1) rc = name_parties(cli, &p, &all);
    if (!rc && p.n < 2 && all.n) rc = add_speakers(cli, e, path, q->speakers, &all.list, &all.n);
    if (!rc) rc = write_document(cli, path, q, &all);
    moim_segments_free(all.list, all.n);
    moim_parties_clear(&p);
    return rc;
}

/* For other programs: one stream of words, or what else was thought of. */
static int print_words(struct moim_cli *cli, struct moim_engine *e, const char *path,
                       const struct moim_transcribe_options *o, const struct request *q)
{
    struct moim_transcript t;
    int rc = moim_transcribe(e, path, o, &t, &cli->err);
    moim_cli_progress(cli, "", -1);
    if (rc) return rc;
    tell_damaged(cli, path, t.damaged);
    if (!q->nbest)
        rc = print_plain(&t);
    else if (cli->json || !strcmp(q->format, "json"))
        rc = nbest_json(cli, &t, q->nbest);
    else
        print_nbest(&t, q->nbest);
    moim_transcript_free(&t);
    return rc;
}

static int check_request(struct moim_cli *cli, struct request *q)
{
    bool words = q->nbest > 0 || q->plain;
    if (!q->format) q->format = cli->json ? "json" : "txt";
    if (words && q->channels && strcmp(q->channels, "mix"))
        return moim_fail(&cli->err, MOIM_EINVAL, "--channels: --plain and --nbest hear all channels as one");
    if (q->speakers < 0 || q->speakers > 10)
        return moim_fail(&cli->err, MOIM_EINVAL, "--speakers: must be 1 to 10");
    return moim_cli_channels(cli, q->channels, &q->how);
}

static int run_transcribe(struct moim_cli *cli, int argc, char **argv)
{
    struct request q = {.format = NULL, .nbest = 0};
    struct moim_opt opts[] = {
        {"format", MOIM_OPT_STR, "txt|json|srt|vtt", "form of the output (default: txt)", &q.format},
        {"model", MOIM_OPT_STR, "conformer|whisper", "recogniser (default: the most accurate installed)",
         &q.model},
        {"channels", MOIM_OPT_STR, "auto|mix|separate|call",
         "channels and tracks as parties of their own: where they clearly are, never, or always (default: auto)",
         &q.channels},
        {"speakers", MOIM_OPT_INT, "N", "how many people speak (default: as many as are heard)", &q.speakers},
        {"title", MOIM_OPT_STR, "TEXT", "title of the document (default: the file's name)", &q.title},
        {"beam", MOIM_OPT_INT, "N",
         "width of the search; 1 with the Conformer: phonemes spelled without a lexicon", &q.beam},
        {"no-rescore", MOIM_OPT_FLAG, NULL, "leave the language model out", &q.no_rescore},
        {"nbest", MOIM_OPT_INT, "N", "show N hypotheses with their scores", &q.nbest},
        {"plain", MOIM_OPT_FLAG, NULL, "words only: no punctuation, no speakers, numbers as said", &q.plain},
    };
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 1, 1);
    if (n < 0) return n;
    struct moim_engine *e;
    bool piped;
    int rc = check_request(cli, &q);
    if (!rc) rc = moim_cli_pipe(cli, argv, n, &piped);
    if (!rc) rc = moim_engine_new(&e, cli->threads, &cli->err);
    if (rc) return rc;
    struct moim_transcribe_options o = {.lang = cli->lang,
                                        .model = q.model,
                                        .nbest = q.nbest,
                                        .beam = q.beam,
                                        .no_rescore = q.no_rescore,
                                        .plain = q.plain,
                                        .progress = show_progress,
                                        .arg = cli};
    rc = q.nbest > 0 || q.plain ? print_words(cli, e, argv[0], &o, &q)
                                : print_document(cli, e, argv[0], &o, &q);
    moim_engine_free(e);
    return rc;
}

const struct moim_command moim_command_transcribe = {
    "transcribe", "FILE", "write a recording's transcript, store nothing",
    "\"-\" reads a pipe. With --nbest N each line holds start, end, rank, total, acoustic, n-gram, LM and bonus score, risk, the rank before rescoring, and the text.",
    run_transcribe};
