/* The search against sums over every alignment, on nets small enough to count them. */
#include "asr/ctc_int.h"
#include "testing.h"

#include <math.h>

#define T 6
#define A 4
#define B 5

static const uint8_t p_a[] = {A}, p_ab[] = {A, B}, p_b[] = {B}, p_aa[] = {A, A};
static const struct moim_pronunciation words[] = {
    {"a", -2, p_a, 1}, {"ab", -3, p_ab, 2}, {"b", -1, p_b, 1}, {"aa", -4, p_aa, 2}, {"alpha", -2.5f, p_a, 1}};
static struct moim_lexicon *lexicon;
static float lp[T * MOIM_CTC_SYMBOLS];

static int set_up(void **state)
{
    (void)state;
    struct moim_err err;
    assert_ok(moim_lexicon_build(&lexicon, words, 5, 0, &err), err);
    return 0;
}
static int tear_down(void **state)
{
    (void)state;
    moim_lexicon_close(lexicon);
    return 0;
}

/* Random frames over {A, B, <wb>, blank}; the rest is next to impossible. */
static void random_frames(unsigned seed)
{
    static const int some[] = {A, B, MOIM_CTC_WB, MOIM_CTC_BLANK};
    srand(seed);
    for (int t = 0; t < T; t++) {
        float p[4], sum = 0;
        for (int i = 0; i < MOIM_CTC_SYMBOLS; i++) lp[t * MOIM_CTC_SYMBOLS + i] = -60;
        for (int i = 0; i < 4; i++) sum += p[i] = 0.02f + (float)rand() / (float)RAND_MAX;
        for (int i = 0; i < 4; i++) lp[t * MOIM_CTC_SYMBOLS + some[i]] = logf(p[i] / sum);
    }
}

/* P(sound) of one row of symbols, and of all rows that mean the same words, by listing all 4^T paths. Words
 * are told apart by their sounds only. Repeated, leading and closing <wb> mean nothing. */
static double by_listing(const char *wanted)
{
    static const int some[] = {A, B, MOIM_CTC_WB, MOIM_CTC_BLANK};
    double sum = 0;
    for (int path = 0; path < 1 << (2 * T); path++) {
        char said[2 * T + 1];
        int n = 0, last = -1;
        double p = 0;
        for (int t = 0; t < T; t++) {
            int s = some[path >> (2 * t) & 3];
            p += lp[t * MOIM_CTC_SYMBOLS + s];
            if (s != last && s != MOIM_CTC_BLANK) {
                char c = s == A ? 'a' : s == B ? 'b' : ' ';
                if (c != ' ' || (n && said[n - 1] != ' ')) said[n++] = c;
            }
            last = s;
        }
        while (n && said[n - 1] == ' ') n--;
        said[n] = 0;
        if (!strcmp(said, wanted)) sum += exp(p);
    }
    return log(sum);
}

/* The texts use a's sound for "alpha" too; join and spelling are off, so that words and rows of symbols
 * agree. */
static const struct moim_ctc_params exact = {
    .beam = 5000, .window = 1000, .lm_weight = 0.5f, .word_bonus = 0.25f, .join = -1000, .oov = 1};

static void scores_are_sums_over_all_alignments(void **state)
{
    (void)state;
    struct moim_err err;
    struct moim_ctc *c;
    assert_ok(moim_ctc_new(&c, lexicon, &exact, &err), err);
    for (unsigned seed = 0; seed < 20; seed++) {
        random_frames(seed);
        struct moim_nbest nb = {0};
        moim_ctc_begin(c, NULL, NULL);
        moim_ctc_push(c, lp, T);
        assert_ok(moim_ctc_finish(c, lp, T, 0, 40, NULL, &nb, &err), err);
        assert_true(nb.n >= 5);
        for (int i = 0; i < nb.n; i++) {
            if (strstr(nb.hyps[i].text, "alpha")) continue;
            double wanted = by_listing(nb.hyps[i].text);
            if (fabs(wanted - nb.hyps[i].acoustic) > 1e-3)
                fail_msg("%s: %f, by listing %f", nb.hyps[i].text, nb.hyps[i].acoustic, wanted);
            if (i) assert_true(nb.hyps[i].total <= nb.hyps[i - 1].total);
        }
        moim_nbest_free(&nb);
    }
    moim_ctc_free(c);
}

/* Frames that say a row of symbols beyond doubt, each for `hold` frames, '-' being the blank. */
static int clear_frames(const char *s, float *out)
{
    int n = 0;
    for (; *s; s++, n++) {
        int k = *s == 'a' ? A : *s == 'b' ? B : *s == ' ' ? MOIM_CTC_WB : MOIM_CTC_BLANK;
        for (int i = 0; i < MOIM_CTC_SYMBOLS; i++) out[n * MOIM_CTC_SYMBOLS + i] = i == k ? -0.001f : -12;
    }
    return n;
}

static void words_have_their_times_and_their_spelling_is_the_likelier(void **state)
{
    (void)state;
    static float x[64 * MOIM_CTC_SYMBOLS];
    struct moim_err err;
    struct moim_ctc *c;
    struct moim_nbest nb = {0};
    int n = clear_frames("---a-b-----  -b-----a-a-----", x);
    assert_ok(moim_ctc_new(&c, lexicon, NULL, &err), err);
    moim_ctc_push(c, x, n);
    assert_ok(moim_ctc_finish(c, x, n, 10, 3, NULL, &nb, &err), err);
    assert_true(nb.n >= 1);
    assert_string_equal(nb.hyps[0].text, "ab b aa");
    const struct moim_word *w = nb.hyps[0].words;
    assert_true(fabs(w[0].start - 10.06) < 1e-6 && fabs(w[0].end - 10.16) < 1e-6);
    assert_true(fabs(w[1].start - 10.28) < 1e-6);
    assert_true(w[0].confidence > 0.5f && w[0].confidence <= 1);
    moim_nbest_free(&nb);
    moim_ctc_free(c);
}

static void pieces_give_what_the_whole_gives(void **state)
{
    (void)state;
    static float x[64 * MOIM_CTC_SYMBOLS];
    struct moim_err err;
    struct moim_ctc *c;
    int n = clear_frames("-a-b-  b----  a-a-  ab", x), stable;
    struct moim_ctc_word words_so_far[16];
    assert_ok(moim_ctc_new(&c, lexicon, NULL, &err), err);
    for (int run = 0; run < 2; run++) { /* the second begins anew */
        moim_ctc_begin(c, NULL, NULL);
        for (int i = 0; i < n; i++) {
            moim_ctc_push(c, x + i * MOIM_CTC_SYMBOLS, 1);
            int k = moim_ctc_partial(c, NULL, words_so_far, 16, &stable);
            assert_in_range(stable, 0, k);
        }
        assert_int_equal(moim_ctc_partial(c, NULL, words_so_far, 16, &stable), 4);
        assert_string_equal(words_so_far[0].text, "ab");
        assert_string_equal(words_so_far[3].text, "ab");
        struct moim_nbest nb = {0};
        assert_ok(moim_ctc_finish(c, x, n, 0, 1, NULL, &nb, &err), err);
        assert_int_equal(nb.n, 1);
        assert_string_equal(nb.hyps[0].text, "ab b aa ab");
        moim_nbest_free(&nb);
    }
    moim_ctc_free(c);
}

static bool spell_by_letters(void *arg, const uint8_t *phonemes, int n, char *text, size_t cap)
{
    (void)arg;
    (void)cap;
    for (int i = 0; i < n; i++) text[i] = phonemes[i] == A ? 'A' : 'B';
    text[n] = 0;
    return true;
}

static void what_no_lexicon_lists_is_spelled_and_user_words_are_found(void **state)
{
    (void)state;
    static float x[64 * MOIM_CTC_SYMBOLS];
    static const uint8_t p_bab[] = {B, A, B};
    struct moim_err err;
    struct moim_ctc *c;
    struct moim_lexicon *user;
    struct moim_speller speller = {NULL, spell_by_letters};
    struct moim_nbest nb = {0};
    struct moim_ctc_params p = moim_ctc_defaults;
    int n = clear_frames("-a-  b-a-b-  -b", x);
    p.join = -20; /* or "b", "ab" would do as well */
    p.oov = -10;  /* less probable than the taught word, more than a sound unheard */
    p.oov_phoneme = -1;
    assert_ok(moim_ctc_new(&c, lexicon, &p, &err), err);
    moim_ctc_push(c, x, n);
    assert_ok(moim_ctc_finish(c, x, n, 0, 1, &speller, &nb, &err), err);
    assert_string_equal(nb.hyps[0].text, "a BAB b");
    moim_nbest_free(&nb);
    const struct moim_pronunciation taught = {"BaB", -8, p_bab, 3};
    assert_ok(moim_lexicon_build(&user, &taught, 1, 0, &err), err);
    moim_ctc_begin(c, user, NULL);
    moim_ctc_push(c, x, n);
    assert_ok(moim_ctc_finish(c, x, n, 0, 1, &speller, &nb, &err), err);
    assert_string_equal(nb.hyps[0].text, "a BaB b");
    moim_nbest_free(&nb);
    moim_ctc_free(c);
    moim_lexicon_close(user);
}

/* "alpha" sounds as "a": after "b" the model below wants the one, else the other. */
static float after_b(void *lm, uint32_t state, const char *word, uint32_t *next)
{
    (void)lm;
    *next = !strcmp(word, "b");
    if (!strcmp(word, "alpha")) return state ? -1 : -9;
    if (!strcmp(word, "ab")) return 1; /* unknown to it */
    return -3;
}

static void a_word_model_chooses_between_words_that_sound_alike(void **state)
{
    (void)state;
    static float x[64 * MOIM_CTC_SYMBOLS];
    struct moim_err err;
    struct moim_ctc *c;
    struct moim_word_lm lm = {NULL, 0, after_b};
    struct moim_nbest nb = {0};
    int n = clear_frames("-a-  b-  a-  a-b", x);
    assert_ok(moim_ctc_new(&c, lexicon, NULL, &err), err);
    moim_ctc_begin(c, NULL, &lm);
    moim_ctc_push(c, x, n);
    assert_ok(moim_ctc_finish(c, x, n, 0, 1, NULL, &nb, &err), err);
    assert_string_equal(nb.hyps[0].text, "a b alpha ab");
    assert_true(fabsf(nb.hyps[0].ngram - (-3 - 3 - 1 - 3)) < 1e-4f);
    moim_nbest_free(&nb);
    moim_ctc_free(c);
}

/* Far more histories than there is room for: what the best prefix stands on must survive. */
static void hours_of_noise_stay_in_memory(void **state)
{
    (void)state;
    struct moim_err err;
    struct moim_ctc *c;
    assert_ok(moim_ctc_new(&c, lexicon, NULL, &err), err);
    for (unsigned k = 0; k < 3000; k++) {
        random_frames(k % 50);
        moim_ctc_push(c, lp, T);
        assert_true(c->n_history < 1u << 17);
        assert_true(c->n_now > 0);
        for (uint32_t h = c->now[0].history; h; h = c->history[h].parent)
            assert_true(c->history[h].parent < h);
    }
    moim_ctc_free(c);
}

static void silence_gives_no_hypothesis(void **state)
{
    (void)state;
    static float x[64 * MOIM_CTC_SYMBOLS];
    struct moim_err err;
    struct moim_ctc *c;
    struct moim_nbest nb = {0};
    int n = clear_frames("----------", x), stable;
    struct moim_ctc_word w[4];
    assert_ok(moim_ctc_new(&c, lexicon, NULL, &err), err);
    assert_ok(moim_ctc_finish(c, x, 0, 0, 5, NULL, &nb, &err), err);
    assert_int_equal(nb.n, 0);
    moim_ctc_push(c, x, n);
    assert_int_equal(moim_ctc_partial(c, NULL, w, 4, &stable), 0);
    assert_ok(moim_ctc_finish(c, x, n, 0, 1, NULL, &nb, &err), err);
    assert_int_equal(nb.n, 0);
    moim_ctc_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_sums_over_all_alignments),
        cmocka_unit_test(words_have_their_times_and_their_spelling_is_the_likelier),
        cmocka_unit_test(pieces_give_what_the_whole_gives),
        cmocka_unit_test(what_no_lexicon_lists_is_spelled_and_user_words_are_found),
        cmocka_unit_test(a_word_model_chooses_between_words_that_sound_alike),
        cmocka_unit_test(hours_of_noise_stay_in_memory),
        cmocka_unit_test(silence_gives_no_hypothesis),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
