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

/* As the store keeps it. */
static void reopened(const struct moim_reading *r, struct moim_reading *out)
{
    uint8_t *copy = malloc(r->size);
    assert_non_null(copy);
    memcpy(copy, r->bytes, r->size);
    assert_ok(moim_reading_open(out, copy, r->size, &err), err);
}

static void is_of_its_words_alone(const struct moim_answer_reader *r, const struct moim_reading *reading,
                                  struct moim_turn_text *turns, int n)
{
    uint8_t digest[MOIM_READING_DIGEST];
    const char *was = turns[0].text;
    moim_answer_reader_digest(r, turns, n, digest);
    assert_true(moim_reading_is_of(reading, digest));
    turns[0].text = "something else";
    moim_answer_reader_digest(r, turns, n, digest);
    assert_false(moim_reading_is_of(reading, digest));
    turns[0].text = was;
}

/* A line: meeting, question and the scores of its turns, as summarize/training/reader.py gives them. */
static void agrees(struct moim_answer_reader *r, char *line)
{
    char path[4200], *question = strchr(line, '\t'), *scores;
    float want[TURNS], got[TURNS];
    struct moim_transcript_file f;
    struct moim_reading reading, again;
    assert_non_null(question);
    *question++ = 0;
    scores = strchr(question, '\t');
    assert_non_null(scores);
    *scores++ = 0;
    snprintf(path, sizeof path, "tests/summarize/golden/%s.json", line);
    assert_ok(moim_transcript_file_read(&f, path, &err), err);
    assert_true(f.n <= TURNS);
    for (int t = 0; t < f.n; t++) want[t] = strtof(scores, &scores);
    assert_ok(moim_answer_reader_ask(r, question, &err), err);
    assert_ok(moim_answer_reader_read(r, f.turns, f.n, NULL, &reading, &err), err);
    assert_ok(moim_answer_reader_score(r, &reading, got, &err), err);
    for (int t = 0; t < f.n; t++)
        if (!(fabsf(got[t] - want[t]) <= CLOSE))
            fail_msg("%s, turn %d: %g, not %g", question, t, (double)got[t], (double)want[t]);
    assert_int_equal(top_of(got, f.n), top_of(want, f.n));
    reopened(&reading, &again);
    assert_ok(moim_answer_reader_score(r, &again, want, &err), err);
    assert_memory_equal(want, got, (size_t)f.n * sizeof *got);
    is_of_its_words_alone(r, &again, f.turns, f.n);
    moim_reading_free(&reading);
    moim_reading_free(&again);
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

/* A store from elsewhere may hold anything in its place. */
static void a_damaged_reading_is_refused(void **state)
{
    (void)state;
    static const uint8_t digest[MOIM_READING_DIGEST] = {7};
    float place[3][MOIM_READING_PLACE] = {{1}}, mean[MOIM_READING_MEAN] = {0.5F, -1};
    struct moim_reading whole, part;
    const int8_t *token;
    assert_ok(moim_reading_new(&whole, 2, 3, digest, &err), err);
    moim_reading_add(&whole, place[0], 3, mean);
    moim_reading_add(&whole, place[0], 0, mean);
    assert_int_equal(moim_reading_tokens(&whole, 0, &token), 3);
    assert_int_equal(token[0], 127);
    moim_reading_mean(&whole, 1, mean);
    assert_true(fabsf(mean[0] - 0.5F) < 0.01F && fabsf(mean[1] + 1) < 0.01F);
    for (size_t n = 0; n <= whole.size + 1; n++) {
        uint8_t *copy = calloc(1, whole.size + 2);
        assert_non_null(copy);
        memcpy(copy, whole.bytes, whole.size);
        int rc = moim_reading_open(&part, copy, n, &err);
        assert_int_equal(rc, n == whole.size ? MOIM_OK : MOIM_EFORMAT);
        moim_reading_free(&part);
    }
    uint8_t *many = malloc(whole.size);
    assert_non_null(many);
    memcpy(many, whole.bytes, whole.size);
    many[8 + MOIM_READING_DIGEST + 2] = 255; /* more turns than there are bytes */
    assert_int_equal(moim_reading_open(&part, many, whole.size, &err), MOIM_EFORMAT);
    moim_reading_free(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_network_is_pytorchs),
        cmocka_unit_test(damaged_weights_are_refused),
        cmocka_unit_test(a_damaged_reading_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
