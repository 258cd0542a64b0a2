/* moim-eval states: what the sentence encoder makes of every token of transcripts or questions, for training the reader of answers
 * (summarize/training/README.md). */
#include "firmware/cli/commands.h"
#include "firmware/pipeline/engine_int.h"
#include "nn/vec.h"
#include "storage/transcript_file.h"
#include "summarize/answer_reader.h"
#include "tests/eval/eval_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAP 128 /* tokens of a text */

/* How many tokens, then their states as float16; little-endian. */
static void put_states(FILE *out, const float *state, int n)
{
    uint16_t half[MOIM_EMBED_DIM];
    uint32_t many = (uint32_t)n;
    fwrite(&many, sizeof many, 1, out);
    for (int i = 0; i < n; i++) {
        moim_f32_to_f16(half, state + (size_t)i * MOIM_EMBED_DIM, MOIM_EMBED_DIM);
        fwrite(half, sizeof half, 1, out);
    }
}

static int write_texts(struct moim_embed *m, FILE *out, char *const *text, int n, struct moim_err *err)
{
    float *state = malloc((size_t)(n + 1) * CAP * MOIM_EMBED_DIM * sizeof *state);
    int *length = calloc((size_t)n + 1, sizeof *length);
    int rc = state && length ? moim_embed_tokens_in_context(m, (const char *const *)text, n, 0, n, state,
                                                            n * CAP, length, err)
                             : moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0, at = 0; i < n && !rc; at += length[i++])
        put_states(out, state + (size_t)at * MOIM_EMBED_DIM, length[i]);
    free(state);
    free(length);
    return rc;
}

/* Where transcripts go. */
struct writer {
    struct moim_embed *m;
    FILE *out;
    const char *dir;
};

static int write_transcript(void *arg, const char *name, int place, int of, struct moim_err *err)
{
    (void)place, (void)of;
    const struct writer *w = arg;
    char path[4096];
    struct moim_transcript_file f;
    snprintf(path, sizeof path, "%s/%s", w->dir, name);
    int rc = moim_transcript_file_read(&f, path, err);
    if (rc) return rc;
    char **text = moim_turn_texts(f.turns, f.n);
    rc = text ? write_texts(w->m, w->out, text, f.n, err)
              : moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    moim_texts_free(text, f.n);
    moim_transcript_file_clear(&f);
    return rc;
}

static int write_folder(struct moim_embed *m, FILE *out, const char *dir, struct moim_err *err)
{
    struct writer w = {m, out, dir};
    int n = moim_eval_each_json(dir, write_transcript, &w, err);
    return n ? n < 0 ? n : MOIM_OK : moim_fail(err, MOIM_ENOENT, "%s: no meetings in JSON", dir);
}

/* The second column of a list of questions. */
static int write_questions(struct moim_embed *m, FILE *out, const char *list, struct moim_err *err)
{
    float state[MOIM_READER_QUESTION * MOIM_EMBED_DIM];
    char *line = NULL;
    size_t cap = 0;
    int rc = MOIM_OK;
    FILE *in = fopen(list, "re");
    if (!in) return moim_fail_errno(err, "%s", list);
    while (rc >= 0 && getline(&line, &cap, in) > 0) {
        char *from = strchr(line, '\t'), *to = from ? strchr(from + 1, '\t') : NULL;
        if (!to) continue;
        *to = 0;
        rc = moim_embed_question_states(m, from + 1, state, MOIM_READER_QUESTION, err);
        if (rc >= 0) put_states(out, state, rc);
    }
    free(line);
    fclose(in);
    return rc < 0 ? rc : MOIM_OK;
}

static int run_states(struct moim_cli *cli, int argc, char **argv)
{
    bool questions = false;
    const struct moim_opt opts[] = {{"questions", MOIM_OPT_FLAG, NULL,
                                     "the first argument is a list of questions, not a folder", &questions}};
    int n = moim_cli_args(cli, opts, 1, argc, argv, 2, 2);
    if (n < 0) return n;
    struct moim_engine *e = NULL;
    struct moim_embed *m;
    const char *model;
    FILE *out = fopen(argv[1], "wbe");
    if (!out) return moim_fail_errno(&cli->err, "%s", argv[1]);
    int rc = moim_engine_new(&e, cli->threads, &cli->err);
    if (!rc) rc = moim_engine_embed(e, &m, &model, &cli->err);
    if (!rc) rc = (questions ? write_questions : write_folder)(m, out, argv[0], &cli->err);
    bool bad = ferror(out);
    if ((fclose(out) || bad) && !rc) rc = moim_fail_errno(&cli->err, "%s", argv[1]);
    moim_engine_free(e);
    return rc;
}

const struct moim_command moim_eval_states = {
    "states", "DIR|LIST FILE", "write what the sentence encoder makes of every token",
    "DIR holds transcripts in JSON, LIST has lines of meeting, question and more between tabs; FILE is read by summarize/training/reader.py.",
    run_states};
