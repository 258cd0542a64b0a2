/* The reader of answers against PyTorch, and damaged weights. */
#include "testing.h"

#include "storage/transcript_file.h"
#include "summarize/answer_reader.h"

#include <math.h>

#define MODEL "e5-small-q4.bin"
#define TURNS 32
#define CLOSE 0.5F /* log-odds: our weights and states have 8 bits */

static struct moim_err err;

static size_t weights_size(void)
{
    return (uintptr_t)moim_reader_weights_end - (uintptr_t)moim_reader_weights;
}

static int top_of(const float *score, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        if (score[i] > score[best]) best = i;
    return best;
}

/* A line: meeting, question and the scores of its turns, as summarize/training/reader.py gives them. */
static void agrees(struct moim_answer_reader *r, char *line)
{
    char path[4200], *question = strchr(line, '\t'), *scores;
    float want[TURNS], got[TURNS];
    bool all[TURNS];
    struct moim_transcript_file f;
    assert_non_null(question);
    *question++ = 0;
    scores = strchr(question, '\t');
    assert_non_null(scores);
    *scores++ = 0;
    snprintf(path, sizeof path, "tests/summarize/golden/%s.json", line);
    assert_ok(moim_transcript_file_read(&f, path, &err), err);
    assert_true(f.n <= TURNS);
    for (int t = 0; t < f.n; t++) want[t] = strtof(scores, &scores), all[t] = true;
    assert_ok(moim_answer_reader_ask(r, question, &err), err);
    assert_ok(moim_answer_reader_score(r, f.turns, f.n, all, got, &err), err);
    for (int t = 0; t < f.n; t++)
        if (!(fabsf(got[t] - want[t]) <= CLOSE))
            fail_msg("%s, turn %d: %g, not %g", question, t, (double)got[t], (double)want[t]);
    assert_int_equal(top_of(got, f.n), top_of(want, f.n));
    /* what is not wanted is not read */
    for (int t = 0; t < f.n; t++) all[t] = t >= 4 && t < 8;
    assert_ok(moim_answer_reader_score(r, f.turns, f.n, all, got, &err), err);
    for (int t = 0; t < f.n; t++) assert_true(all[t] ? isfinite(got[t]) && got[t] != 0 : got[t] == 0);
    moim_transcript_file_clear(&f);
}

static void the_network_is_pytorchs(void **state)
{
    (void)state;
    struct moim_embed *m;
    struct moim_answer_reader *r;
    char line[4096];
    int lines = 0;
    assert_ok(moim_embed_open(&m, test_model(MODEL), NULL, &err), err);
    assert_ok(moim_answer_reader_open(&r, m, moim_reader_weights, weights_size(), &err), err);
    FILE *f = fopen("tests/summarize/golden/reader.txt", "r");
    assert_non_null(f);
    for (; fgets(line, sizeof line, f); lines++) agrees(r, line);
    assert_int_equal(lines, 6);
    fclose(f);
    moim_answer_reader_close(r);
    moim_embed_close(m);
}

static void damaged_weights_are_refused(void **state)
{
    (void)state;
    struct moim_embed *m;
    struct moim_answer_reader *r;
    size_t n = weights_size();
    assert_true(n <= 2u << 20);
    assert_ok(moim_embed_open(&m, test_model(MODEL), NULL, &err), err);
    unsigned char *copy = malloc(n);
    assert_non_null(copy);
    memcpy(copy, moim_reader_weights, n);
    assert_int_equal(moim_answer_reader_open(&r, m, copy, n - 2, &err), MOIM_EFORMAT);
    assert_int_equal(moim_answer_reader_open(&r, m, copy, 7, &err), MOIM_EFORMAT);
    copy[8] = 11; /* begins at another layer than the model leaves */
    assert_int_equal(moim_answer_reader_open(&r, m, copy, n, &err), MOIM_EUNSUP);
    copy[8] = 8, copy[16] = 255, copy[19] = 255; /* a rank that no file holds */
    assert_int_equal(moim_answer_reader_open(&r, m, copy, n, &err), MOIM_EFORMAT);
    memcpy(copy, "MTAG", 4);
    assert_int_equal(moim_answer_reader_open(&r, m, copy, n, &err), MOIM_EFORMAT);
    assert_null(r);
    free(copy);
    moim_embed_close(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_network_is_pytorchs),
        cmocka_unit_test(damaged_weights_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
