/* moim-eval features: what the meeting tagger sees of transcripts, or what titles are chosen from, for training
 * (summarize/training/README.md). */
#include "firmware/cli/commands.h"
#include "firmware/pipeline/engine_int.h"
#include "storage/transcript_file.h"
#include "summarize/tagger_features.h"
#include "tests/eval/eval_files.h"
#include "tests/eval/eval_subjects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_u32(FILE *out, uint32_t x)
{
    fwrite(&x, sizeof x, 1, out);
}

static void put_unit(FILE *out, const struct moim_tagger_unit *u)
{
    put_u32(out, (uint32_t)u->turn);
    put_u32(out, (uint32_t)u->n_grams);
    if (u->n_grams) fwrite(u->gram, sizeof *u->gram, (size_t)u->n_grams, out);
    fwrite(u->dense, sizeof *u->dense, MOIM_TAGGER_DENSE, out);
    put_u32(out, u->has_date ? (uint32_t)(u->date.year * 10000 + u->date.month * 100 + u->date.day) : 0);
    put_u32(out, (uint32_t)(u->addressee + 1));
}

/* "TAGF", length of the name and name, turns, units; speakers of turns; units; pairs of turns i - j of 1 to
 * the reach, j inner, 0 where there is no j; states of turns. All little-endian. */
static void put_meeting(FILE *out, const char *name, const struct moim_tagger_input *in)
{
    static const float none[MOIM_TAGGER_PAIR];
    fwrite("TAGF", 1, 4, out);
    put_u32(out, (uint32_t)strlen(name));
    fwrite(name, 1, strlen(name), out);
    put_u32(out, (uint32_t)in->req->n_turns);
    put_u32(out, (uint32_t)in->n_units);
    for (int t = 0; t < in->req->n_turns; t++) put_u32(out, (uint32_t)(in->speaker[t] + 1));
    for (int i = 0; i < in->n_units; i++) put_unit(out, &in->unit[i]);
    for (int i = 0; i < in->req->n_turns; i++)
        for (int d = 1; d <= MOIM_TAGGER_REACH; d++) {
            float pair[MOIM_TAGGER_PAIR];
            if (i >= d) moim_tagger_pair(in, i - d, i, pair);
            fwrite(i >= d ? pair : none, sizeof *pair, MOIM_TAGGER_PAIR, out);
        }
    fwrite(in->req->state, sizeof(float), (size_t)in->req->n_turns * MOIM_TURN_STATE, out);
}

static int write_file(struct moim_embed *m, FILE *out, const char *dir, const char *name,
                      struct moim_err *err)
{
    char path[4096];
    float *state = NULL;
    struct moim_transcript_file f;
    struct moim_tagger_input in;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int rc = moim_transcript_file_read(&f, path, err);
    if (rc) return rc;
    struct moim_minutes_request req = {.turns = f.turns,
                                       .n_turns = f.n,
                                       .language = f.language,
                                       .date = f.has_date ? f.date : (struct moim_date){2026, 1, 1}};
    rc = moim_turn_states(m, f.turns, f.n, NULL, &state, err);
    req.state = state;
    if (!rc) rc = moim_tagger_read(&in, &req, err);
    if (!rc) {
        put_meeting(out, name, &in);
        moim_tagger_input_free(&in);
    }
    free(state);
    moim_transcript_file_clear(&f);
    return rc;
}

/* m: NULL for subjects and facts. */
struct writer {
    struct moim_embed *m;
    enum moim_eval_sort what;
    FILE *out;
    const char *dir;
};

static int write_one(void *arg, const char *name, int place, int of, struct moim_err *err)
{
    (void)place, (void)of;
    const struct writer *w = arg;
    return w->what == MOIM_EVAL_TURNS ? write_file(w->m, w->out, w->dir, name, err)
                                      : moim_eval_put_sentences(w->out, w->what, w->m, w->dir, name, err);
}

static int write_all(struct moim_embed *m, enum moim_eval_sort what, FILE *out, const char *dir,
                     struct moim_err *err)
{
    struct writer w = {m, what, out, dir};
    int n = moim_eval_each_json(dir, write_one, &w, err);
    return n ? n < 0 ? n : MOIM_OK : moim_fail(err, MOIM_ENOENT, "%s: no meetings in JSON", dir);
}

static int run_features(struct moim_cli *cli, int argc, char **argv)
{
    bool subjects = false, facts = false, contexts = false;
    struct moim_opt opts[] = {
        {"subjects", MOIM_OPT_FLAG, NULL, "write what a title could name instead", &subjects},
        {"facts", MOIM_OPT_FLAG, NULL, "write what sentences may be facts instead", &facts},
        {"contexts", MOIM_OPT_FLAG, NULL, "write which turns may say what another is about instead",
         &contexts},
    };
    int n = moim_cli_args(cli, opts, 3, argc, argv, 2, 2);
    if (n < 0) return n;
    enum moim_eval_sort what = subjects   ? MOIM_EVAL_SUBJECTS
                               : facts    ? MOIM_EVAL_FACTS
                               : contexts ? MOIM_EVAL_CONTEXTS
                                          : MOIM_EVAL_TURNS;
    bool states = contexts || what == MOIM_EVAL_TURNS;
    struct moim_engine *e = NULL;
    struct moim_embed *m = NULL;
    const char *model;
    FILE *out = fopen(argv[1], "wb");
    if (!out) return moim_fail_errno(&cli->err, "%s", argv[1]);
    int rc = states ? moim_engine_new(&e, cli->threads, &cli->err) : MOIM_OK;
    if (!rc && states) rc = moim_engine_embed(e, &m, &model, &cli->err);
    if (!rc) rc = write_all(m, what, out, argv[0], &cli->err);
    bool bad = ferror(out);
    if ((fclose(out) || bad) && !rc) rc = moim_fail_errno(&cli->err, "%s", argv[1]);
    moim_engine_free(e);
    return rc;
}

const struct moim_command moim_eval_features = {
    "features", "DIR FILE", "write what the meeting tagger sees of transcripts",
    "DIR holds transcripts in JSON; FILE is read by summarize/training/train.py.", run_features};
