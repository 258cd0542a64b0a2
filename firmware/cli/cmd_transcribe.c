/* moim transcribe: a recording's text on standard output; nothing is stored. */
#include "base/json.h"
#include "firmware/cli/commands.h"
#include "firmware/pipeline/diarize_stage.h"
#include "firmware/pipeline/transcribe.h"
#include "storage/export.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct request {
    const char *format, *model;
    bool no_rescore, plain;
    int nbest, beam;
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
static int add_speakers(struct moim_cli *cli, struct moim_engine *e, const char *path,
                        struct moim_segment **list, int *n)
{
    struct moim_diarization d;
    struct moim_segment *parts;
    int n_parts;
    int rc = moim_diarize_file(e, path, NULL, show_speakers_progress, cli, &d, &cli->err);
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

static int print_document(struct moim_cli *cli, struct moim_engine *e, const char *path,
                          const struct moim_transcript *t, enum moim_format format)
{
    struct moim_segment *list;
    int n;
    int rc = moim_transcript_lines(t, &list, &n, &cli->err);
    if (!rc && n) rc = add_speakers(cli, e, path, &list, &n);
    if (rc) return rc;
    const char *slash = strrchr(path, '/');
    struct moim_meeting m = {.title = (char *)(uintptr_t)(slash ? slash + 1 : path),
                             .started_at = time(NULL),
                             .duration = t->duration,
                             .language = (char *)(uintptr_t)t->lang,
                             .state = MOIM_TRANSCRIBED,
                             .error = NULL};
    rc = moim_export(
        stdout, format,
        &(struct moim_document){.meeting = &m, .segments = list, .n_segments = n, .lines_only = true},
        &cli->err);
    moim_segments_free(list, n);
    return rc;
}

static int run_transcribe(struct moim_cli *cli, int argc, char **argv)
{
    struct request q = {.format = NULL, .nbest = 0};
    struct moim_opt opts[] = {
        {"format", MOIM_OPT_STR, "txt|json|srt|vtt", "form of the output (default: txt)", &q.format},
        {"model", MOIM_OPT_STR, "conformer|whisper", "recogniser (default: the most accurate installed)",
         &q.model},
        {"beam", MOIM_OPT_INT, "N",
         "width of the search; 1 with the Conformer: phonemes spelled without a lexicon", &q.beam},
        {"no-rescore", MOIM_OPT_FLAG, NULL, "leave the language model out", &q.no_rescore},
        {"nbest", MOIM_OPT_INT, "N", "show N hypotheses with their scores", &q.nbest},
        {"plain", MOIM_OPT_FLAG, NULL, "words only: no punctuation, no speakers, numbers as said", &q.plain},
    };
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 1, 1);
    if (n < 0) return n;
    if (!q.format) q.format = cli->json ? "json" : "txt";
    struct moim_engine *e;
    int rc = moim_engine_new(&e, cli->threads, &cli->err);
    if (rc) return rc;
    struct moim_transcribe_options o = {.lang = cli->lang,
                                        .model = q.model,
                                        .nbest = q.nbest,
                                        .beam = q.beam,
                                        .no_rescore = q.no_rescore,
                                        .plain = q.plain,
                                        .progress = show_progress,
                                        .arg = cli};
    struct moim_transcript t;
    rc = moim_transcribe(e, argv[0], &o, &t, &cli->err);
    moim_cli_progress(cli, "", -1);
    if (!rc) {
        if (t.damaged && !cli->quiet)
            fprintf(stderr, "moim: %s: truncated; transcribed up to there\n", argv[0]);
        if (q.nbest > 0)
            cli->json || !strcmp(q.format, "json") ? (void)(rc = nbest_json(cli, &t, q.nbest))
                                                   : print_nbest(&t, q.nbest);
        else if (q.plain)
            rc = print_plain(&t);
        else
            rc = print_document(cli, e, argv[0], &t, moim_format_named(q.format));
        moim_transcript_free(&t);
    }
    moim_engine_free(e);
    return rc;
}

const struct moim_command moim_command_transcribe = {
    "transcribe", "FILE", "write a recording's transcript, store nothing",
    "With --nbest N each line holds start, end, rank, total, acoustic, n-gram, LM and bonus score, risk, the rank before rescoring, and the text.",
    run_transcribe};
