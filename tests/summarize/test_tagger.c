#include "testing.h"

#include "storage/transcript_file.h"
#include "summarize/findings.h"
#include "summarize/tagger.h"
#include "summarize/tagger_grams.h"

#include <math.h>

static struct moim_err err;

static size_t weights_size(void)
{
    return (size_t)(moim_tagger_weights_end - moim_tagger_weights);
}

/* In place of the encoder's, as in golden.py. */
static float *made_up_states(int turns)
{
    size_t n = (size_t)turns * MOIM_TURN_STATE;
    float *state = malloc(n * sizeof *state);
    assert_non_null(state);
    for (size_t i = 0; i < n; i++) state[i] = (float)((int)(i * 37 % 101) - 50) / 1000;
    return state;
}

static void golden(const char *name, const char *language, bool states)
{
    char path[128];
    struct moim_transcript_file f;
    struct moim_tagger *tagger;
    struct moim_tagger_input in;
    struct moim_tagging t;
    snprintf(path, sizeof path, "tests/summarize/golden/tagger-%s.json", language);
    assert_ok(moim_transcript_file_read(&f, path, &err), err);
    struct moim_minutes_request req = {
        .turns = f.turns, .n_turns = f.n, .language = f.language, .date = f.date};
    float *state = states ? made_up_states(f.n) : NULL;
    req.state = state;
    assert_ok(moim_tagger_open(&tagger, moim_tagger_weights, weights_size(), &err), err);
    assert_ok(moim_tagger_read(&in, &req, &err), err);
    assert_ok(moim_tagger_run(tagger, &in, &t, &err), err);
    free(state);
    snprintf(path, sizeof path, "tests/summarize/golden/%s-%s.txt", name, language);
    FILE *expected = fopen(path, "r");
    assert_non_null(expected);
    for (int i = 0; i < f.n; i++)
        for (int k = 0; k < MOIM_TAGS + 2 * MOIM_LINKS; k++) {
            float want, got = k < MOIM_TAGS ? t.tag[i][k]
                              : k < MOIM_TAGS + MOIM_LINKS
                                  ? t.link[i][0][k - MOIM_TAGS]
                                  : t.link[i][MOIM_TAGGER_REACH][k - MOIM_TAGS - MOIM_LINKS];
            assert_int_equal(fscanf(expected, "%f", &want), 1);
            if (!(fabsf(got - want) <= 1e-4F))
                fail_msg("%s turn %d value %d: %g, not %g", language, i, k, got, want);
        }
    fclose(expected);
    moim_tagging_free(&t);
    moim_tagger_input_free(&in);
    moim_tagger_close(tagger);
    moim_transcript_file_clear(&f);
}

/* By summarize/training/golden.py, PyTorch reading the same file. */
static void the_network_is_pytorchs(void **state)
{
    (void)state;
    golden("tagger", "ko", false);
    golden("tagger", "en", false);
    golden("tagger-states", "ko", true);
    golden("tagger-states", "en", true);
}

static void weights_are_small_and_checked(void **state)
{
    (void)state;
    struct moim_tagger *t;
    size_t n = weights_size();
    assert_true(n <= 2u << 20);
    assert_int_equal(moim_tagger_open(&t, moim_tagger_weights, n - 4, &err), MOIM_EFORMAT);
    assert_int_equal(moim_tagger_open(&t, moim_tagger_weights, 5, &err), MOIM_EVERSION);
    assert_int_equal(moim_tagger_open(&t, "MTAX1234", 8, &err), MOIM_EFORMAT);
    unsigned char *copy = malloc(n);
    assert_non_null(copy);
    for (size_t at = 8; at < 64; at++) { /* sizes that cannot be */
        memcpy(copy, moim_tagger_weights, n);
        copy[at] ^= 0x80;
        if (!moim_tagger_open(&t, copy, n, &err)) moim_tagger_close(t);
    }
    free(copy);
}

static void same_grams(const char *a, const char *b, bool same)
{
    uint32_t *x, *y;
    int n, m;
    assert_int_equal(moim_tagger_grams(a, &x, &n), MOIM_OK);
    assert_int_equal(moim_tagger_grams(b, &y, &m), MOIM_OK);
    bool is = n == m && (!n || !memcmp(x, y, sizeof *x * (size_t)n));
    if (is != same) fail_msg("'%s' and '%s'", a, b);
    free(x);
    free(y);
}

/* What a recogniser leaves out makes no difference. */
static void marks_and_spaces_do_not_count(void **state)
{
    (void)state;
    same_grams("I'll do that, Ben.", "ill do that ben", true);
    same_grams("네, 제가 볼게요.", "네 제가볼게요", true);
    same_grams("12000원이에요", "3원이에요", true); /* a number is a number */
    same_grams("제가 볼게요", "제가 봤어요", false);
    same_grams("", "...", true);
}

static int share(const char *a, const char *b)
{
    uint32_t *x, *y;
    int n, m, both = 0;
    assert_int_equal(moim_tagger_grams(a, &x, &n), MOIM_OK);
    assert_int_equal(moim_tagger_grams(b, &y, &m), MOIM_OK);
    for (int i = 0, j = 0; i < n && j < m;) {
        both += x[i] == y[j];
        uint32_t p = x[i], q = y[j];
        i += p <= q;
        j += q <= p;
    }
    free(x);
    free(y);
    return both;
}

/* "할게요" and "볼게요" share the ending from the final consonant on. */
static void an_ending_is_shared_from_its_consonant(void **state)
{
    (void)state;
    assert_true(share("할게요", "볼게요") > share("하게요", "볼게요"));
}

static struct moim_findings find(const char *language, const struct moim_turn_text *turns, int n)
{
    struct moim_findings f;
    struct moim_minutes_request req = {
        .turns = turns, .n_turns = n, .language = language, .date = {2026, 5, 12}};
    assert_ok(moim_findings_get(&req, &f, &err), err);
    return f;
}

/* Turns without words, without speakers, of one word, and one of thousands of words. */
static void odd_meetings_are_read(void **state)
{
    (void)state;
    char *lot = calloc(1, 60000);
    assert_non_null(lot);
    for (size_t i = 0; i < 4000; i++) memcpy(lot + i * 13, "그리고요 ", 13);
    struct moim_turn_text turns[] = {
        {0, 1, "", "..."}, {1, 2, "", "네"}, {2, 3, "가", lot}, {3, 4, "나", "?"}};
    for (int n = 1; n <= 4; n++) {
        struct moim_findings f = find("ko", turns, n);
        for (int i = 0; i < f.n; i++) {
            assert_true(f.list[i].head >= 0 && f.list[i].head < n);
            assert_true(*f.list[i].text && f.list[i].source && f.list[i].context);
        }
        moim_findings_free(&f);
    }
    free(lot);
}

static const struct moim_finding *of_kind(const struct moim_findings *f, enum moim_finding_kind kind)
{
    for (int i = 0; i < f->n; i++)
        if (f->list[i].kind == kind) return &f->list[i];
    fail_msg("no finding of kind %d among %d", kind, f->n);
    return NULL;
}

/* Each part that is named is cited, and its words stand in the line. */
static void a_finding_cites_its_parts(void **state)
{
    (void)state;
    struct moim_transcript_file file;
    assert_ok(moim_transcript_file_read(&file, "tests/summarize/golden/tagger-ko.json", &err), err);
    struct moim_findings f = find("ko", file.turns, file.n);
    for (int i = 0; i < f.n; i++) {
        const struct moim_finding *x = &f.list[i];
        int part[] = {x->head, x->about, x->accept, x->due, x->condition, x->put_off};
        for (int k = 0; k < 6; k++) {
            bool cited = part[k] < 0;
            for (int c = 0; c < x->n_turns; c++) cited = cited || x->turns[c] == part[k];
            if (!cited) fail_msg("'%s' does not cite its part %d", x->text, k);
        }
        assert_true(x->probability >= 0 && x->probability <= 1);
        if (i) assert_true(f.list[i - 1].head <= x->head);
    }
    const struct moim_finding *d = of_kind(&f, MOIM_FOUND_DECISION), *a = of_kind(&f, MOIM_FOUND_ACTION);
    assert_non_null(strstr(d->text, "강당"));
    assert_string_equal(a->owner, "도현");
    assert_string_equal(a->due_date, "2026-05-15");
    assert_non_null(strstr(a->text, "예약"));
    moim_findings_free(&f);
    moim_transcript_file_clear(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_network_is_pytorchs),
        cmocka_unit_test(weights_are_small_and_checked),
        cmocka_unit_test(marks_and_spaces_do_not_count),
        cmocka_unit_test(an_ending_is_shared_from_its_consonant),
        cmocka_unit_test(odd_meetings_are_read),
        cmocka_unit_test(a_finding_cites_its_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
