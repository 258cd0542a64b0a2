/* Speech that a text leaves out: where it lies, and how its words are put in. */
#include "audio/decode.h"
#include "firmware/pipeline/transcribe_gaps.h"
#include "testing.h"

static void say(struct moim_hyp *h, const char *word, double start, double end, bool gap)
{
    assert_int_equal(moim_hyp_add_word(h, word, start, end, 0.9f, gap), MOIM_OK);
}

/* The sample's speech (it begins in its first second and goes on past the ninth), with words for a part of it. */
static void speech_without_words_is_found(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_vad *v;
    struct moim_segmenter *s;
    float *pcm;
    size_t n, m;
    const float *got;
    uint64_t start;
    assert_ok(moim_decode_file(test_model("samples/beckett.wav"), 0, &pcm, &n, &err), err);
    assert_ok(moim_vad_open(&v, test_model("silero-vad-v6.2.0.bin"), &err), err);
    assert_ok(moim_segmenter_new(&s, v, &moim_segment_whole, &err), err);
    for (size_t at = 0; at < n;) at += moim_segmenter_push(s, pcm + at, n - at < 512 ? n - at : 512);
    moim_segmenter_end(s);
    assert_true(moim_segmenter_next(s, &got, &m, &start));
    double t0 = (double)start / MOIM_RATE, until = t0 + (double)m / MOIM_RATE, from, to;
    struct moim_nbest nb = {0};
    struct moim_hyp *h = moim_nbest_add(&nb);
    say(h, "one", t0 + 0.2, t0 + 1, false);
    say(h, "two", until - 0.8, until - 0.3, true);
    assert_true(moim_text_gap(h, s, t0, 0, t0, until, &from, &to));
    assert_true(from == h->words[0].end && to == h->words[1].start);
    assert_false(moim_text_gap(h, s, t0, 0, to + 0.01, until, &from, &to)); /* the rest is too short */
    h->words[0].end = t0 + 5; /* a word that takes in what nobody wrote down */
    assert_true(moim_text_gap(h, s, t0, 0, t0, until, &from, &to));
    assert_true(from == h->words[0].start && to == h->words[1].start);
    assert_true(moim_word_until(&h->words[0]) > t0 + 1 && moim_word_until(&h->words[0]) < t0 + 1.5);
    h->words[1].start = t0 + 6;
    h->words[1].end = t0 + 6.7;
    assert_true(moim_text_gap(h, s, t0, 0, t0 + 6.01, until, &from, &to)); /* behind the last word */
    assert_true(from == h->words[1].end && to == until);
    h->words[0].start = h->words[0].end = t0 + 5.5;
    assert_true(moim_text_gap(h, s, t0, 0, t0, until, &from, &to)); /* before the first */
    assert_true(from == t0 && to == h->words[0].start);
    moim_nbest_free(&nb);
    moim_segmenter_free(s);
    moim_vad_close(v);
    free(pcm);
}

static void words_are_put_in_by_time(void **state)
{
    (void)state;
    struct moim_nbest nb = {0}, part = {0};
    struct moim_hyp *h = moim_nbest_add(&nb), *p = moim_nbest_add(&part);
    say(h, "I", 0, 1, false);
    say(h, "can.", 1, 2, true);
    say(h, "You", 8, 9, true);
    h->total = -0.25f;
    assert_int_equal(moim_insert_words(h, p, 2, 8), MOIM_OK); /* nothing */
    assert_string_equal(h->text, "I can. You");
    say(p, "What's", 3, 4, false);
    say(p, "wrong?", 4, 5, true);
    assert_int_equal(moim_insert_words(h, p, 2, 8), MOIM_OK);
    assert_string_equal(h->text, "I can. What's wrong? You");
    assert_int_equal(h->n_words, 5);
    assert_true(h->words[2].start == 3 && h->words[4].end == 9 && h->total == -0.25f);
    assert_int_equal(moim_insert_words(h, p, 3, 8), MOIM_OK); /* in the place of what is there */
    assert_string_equal(h->text, "I can. What's wrong? You");
    p->words[0].start = -1; /* before all */
    assert_int_equal(moim_insert_words(h, p, -1, 0), MOIM_OK);
    assert_string_equal(h->text, "What's wrong? I can. What's wrong? You");

    moim_nbest_free(&nb);
    moim_nbest_free(&part);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speech_without_words_is_found),
        cmocka_unit_test(words_are_put_in_by_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
