/* The second pass on lists made by hand, and with the transformer of the model cache. */
#include "testing.h"

#include "lm/rescore.h"
#include <math.h>
#include <unistd.h>

static void add(struct moim_nbest *nb, const char *text, float acoustic)
{
    struct moim_hyp *h = moim_nbest_add(nb);
    char copy[400], *save;
    assert_non_null(h);
    snprintf(copy, sizeof copy, "%s", text);
    for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
        assert_int_equal(moim_hyp_add_word(h, w, 0, 1, 1, true), MOIM_OK);
    h->acoustic = acoustic;
}

static struct moim_nbest list(const char *lang)
{
    struct moim_nbest nb = {0};
    snprintf(nb.lang, sizeof nb.lang, "%s", lang);
    return nb;
}

static const struct moim_rescore_params plain = {.scale = 0};

static void the_acoustic_score_alone_keeps_the_order(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_rescorer *r;
    struct moim_nbest nb = list("ko");
    add(&nb, "하나", -1);
    add(&nb, "둘", -2);
    add(&nb, "셋", -3);
    assert_ok(moim_rescorer_new(&r, NULL, NULL, &err), err);
    assert_ok(moim_rescore(r, &nb, NULL, NULL, 0, &plain, &err), err);
    for (int i = 0; i < 3; i++) assert_int_equal(nb.hyps[i].rank, i);
    moim_rescorer_free(r);
    moim_nbest_free(&nb);
}

/* Three that agree but for one letter outweigh a better one that differs everywhere: 0.4 against 3 x 0.2. */
static void risk_prefers_what_the_others_agree_with(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_rescorer *r;
    struct moim_nbest nb = list("ko");
    add(&nb, "전혀 다른 말", logf(0.4f));
    add(&nb, "회의를 시작", logf(0.2f));
    add(&nb, "회이를 시작", logf(0.2f));
    add(&nb, "회의를 시장", logf(0.2f));
    struct moim_rescore_params p = {.scale = 1};
    assert_ok(moim_rescorer_new(&r, NULL, NULL, &err), err);
    assert_ok(moim_rescore(r, &nb, NULL, NULL, 0, &p, &err), err);
    assert_string_equal(nb.hyps[0].text, "회의를 시작");
    /* 0.4 x 5 letters + 0.2 x 1 + 0.2 x 1, by the 5 letters of the best total */
    if (fabsf(nb.hyps[0].risk - 2.4f / 5) > 1e-5f) fail_msg("risk %.6f", (double)nb.hyps[0].risk);
    assert_int_equal(nb.hyps[0].rank, 1);
    moim_rescorer_free(r);
    moim_nbest_free(&nb);
}

/* English counts words: one wrong word of two weighs the same, however many letters differ. */
static void english_risk_counts_words(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_rescorer *r;
    struct moim_nbest nb = list("en");
    add(&nb, "Hello there.", logf(0.5f));
    add(&nb, "hello theirs", logf(0.5f));
    struct moim_rescore_params p = {.scale = 1};
    assert_ok(moim_rescorer_new(&r, NULL, NULL, &err), err);
    assert_ok(moim_rescore(r, &nb, NULL, NULL, 0, &p, &err), err);
    if (fabsf(nb.hyps[0].risk - 0.25f) > 1e-5f) fail_msg("risk %.6f", (double)nb.hyps[0].risk);
    moim_rescorer_free(r);
    moim_nbest_free(&nb);
}

static void a_user_word_earns_its_letters(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_rescorer *r;
    struct moim_nbest nb = list("ko");
    const char *words[] = {"하이퍼클로바"};
    struct moim_rescore_params p = {.vocab = 0.5f};
    add(&nb, "하이퍼 콜로 봐", -1);
    add(&nb, "하이퍼클로바", -3);
    assert_ok(moim_rescorer_new(&r, NULL, NULL, &err), err);
    assert_ok(moim_rescore(r, &nb, NULL, words, 1, &p, &err), err);
    assert_string_equal(nb.hyps[0].text, "하이퍼클로바");
    assert_true(fabsf(nb.hyps[0].bonus - 3) < 1e-5f);
    moim_rescorer_free(r);
    moim_nbest_free(&nb);
}

/* A text that breaks off is likelier to any language model; it may not win by that. */
static void the_language_model_cannot_leave_a_sentence_out(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_nbest nb = list("ko");
    add(&nb, "오늘 회의는 일찍 끝납니다. 남은 자료를 정리하는 사람은", -6);
    add(&nb, "오늘 회의는 일찍 끝납니다.", -3.5f);
    nb.hyps[0].lm = -75;
    nb.hyps[1].lm = -35;
    nb.hyps[1].rank = 1;
    struct moim_rescore_params p = moim_rescore_defaults("ko", true);
    assert_ok(moim_rescore_combine(&nb, &p, &err), err);
    assert_int_equal(nb.hyps[0].rank, 0);
    moim_nbest_free(&nb);
}

/* Nor one of four sentences, which is less than a quarter of what was said. */
static void not_even_of_a_long_stretch(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_nbest nb = list("ko");
    add(&nb,
        "그 말을 듣고 한참 동안 아무 대답도 할 수가 없었습니다. 그날부터 저는 매일 일기를 쓰기 시작했습니다. "
        "처음에는 한 줄도 "
        "쓰기가 어려웠습니다. 그래도 멈추지 않았습니다.",
        -20);
    add(&nb,
        "그 말을 듣고 한참 동안 아무 대답도 할 수가 없었습니다. 그날부터 저는 매일 일기를 쓰기 시작했습니다. "
        "처음에는 한 줄도 "
        "쓰기가 어려웠습니다.",
        -18);
    nb.hyps[0].lm = -200;
    nb.hyps[1].lm = -165;
    nb.hyps[1].rank = 1;
    struct moim_rescore_params p = moim_rescore_defaults("ko", true);
    assert_ok(moim_rescore_combine(&nb, &p, &err), err);
    assert_int_equal(nb.hyps[0].rank, 0);
    moim_nbest_free(&nb);
}

static void letter_grams_decide_between_equals(void **state)
{
    (void)state;
    char path[64];
    struct moim_err err = {0};
    struct moim_ngram_builder *b;
    struct moim_ngram *m;
    struct moim_rescorer *r;
    struct moim_nbest nb = list("ko");
    snprintf(path, sizeof path, "/tmp/moim-rescore-%ld", (long)getpid());
    assert_ok(moim_ngram_builder_new(&b, &err), err);
    assert_ok(moim_ngram_add(b, "괜찮습니다", 10, &err), err);
    assert_ok(moim_ngram_write(b, path, &err), err);
    moim_ngram_builder_free(b);
    assert_ok(moim_ngram_open(&m, path, &err), err);
    assert_ok(moim_rescorer_new(&r, NULL, m, &err), err);
    add(&nb, "괸찬습니다", -1);
    add(&nb, "괜찮습니다", -1.5f);
    struct moim_rescore_params p = {.ngram = 0.5f};
    assert_ok(moim_rescore(r, &nb, NULL, NULL, 0, &p, &err), err);
    assert_string_equal(nb.hyps[0].text, "괜찮습니다");
    float want = nb.hyps[0].acoustic + 0.5f * nb.hyps[0].ngram;
    assert_true(fabsf(nb.hyps[0].total - want) < 1e-5f);
    moim_rescorer_free(r);
    moim_ngram_close(m);
    moim_nbest_free(&nb);
    unlink(path);
}

/* The transformer's score is that of the text after the context, token by token, whatever else is in the
 * list.
 */
static void transformer_scores_are_those_of_each_text_alone(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_llm *llm;
    struct moim_rescorer *r;
    struct moim_llm_params lp = {.n_ctx = 512};
    assert_ok(moim_llm_open(&llm, test_model("gemma3-270m-q4_k_m.gguf"), NULL, &lp, &err), err);
    assert_ok(moim_rescorer_new(&r, llm, NULL, &err), err);
    static const char *const text[] = {"오늘 회의를 시작하겠습니다.", "오늘 회이를 시작 하겠습니다.",
                                       "오늘 해외로 시작하겠습니다."};
    struct moim_rescore_params p = {.lm = 1, .reads = 6};
    struct moim_nbest nb = list("ko");
    for (int i = 0; i < 3; i++) add(&nb, text[i], 0);
    add(&nb, "아무도 하지 않은 말", -50); /* too far behind to be read */
    assert_ok(moim_rescore(r, &nb, "안녕하세요 여러분.", NULL, 0, &p, &err), err);
    assert_string_equal(nb.hyps[0].text, text[0]);
    const struct moim_tokenizer *t = moim_llm_tokenizer(llm);
    for (int i = 0; i < 3; i++) {
        int32_t tok[200];
        float lps[200];
        char all[400];
        int before, n;
        tok[0] = moim_tokenizer_bos(t);
        before = 1 + moim_tokenize(t, "안녕하세요 여러분.", strlen("안녕하세요 여러분."), 0, tok + 1, 100);
        snprintf(all, sizeof all, " %s\n", nb.hyps[i].text);
        n = before + moim_tokenize(t, all, strlen(all), 0, tok + before, 100);
        assert_ok(moim_llm_score(llm, tok, n, 0, lps, &err), err);
        double sum = 0;
        for (int k = before - 1; k + 1 < n; k++) sum += lps[k];
        if (fabs(sum - (double)nb.hyps[i].lm) > 0.04 * fabs(sum))
            fail_msg("%s: %.4f alone, %.4f in the list", nb.hyps[i].text, sum, (double)nb.hyps[i].lm);
    }
    assert_string_equal(nb.hyps[3].text, "아무도 하지 않은 말");
    float least = fminf(nb.hyps[0].lm, fminf(nb.hyps[1].lm, nb.hyps[2].lm));
    assert_true(nb.hyps[3].lm == least);
    moim_nbest_free(&nb);
    moim_rescorer_free(r);
    moim_llm_close(llm);
}

static void other_weights_combine_stored_scores(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_nbest nb = list("ko");
    add(&nb, "가", -1);
    add(&nb, "나", -2);
    nb.hyps[0].lm = -9;
    nb.hyps[1].lm = -3;
    struct moim_rescore_params with = {.lm = 1}, without = {.lm = 0};
    assert_ok(moim_rescore_combine(&nb, &with, &err), err);
    assert_string_equal(nb.hyps[0].text, "나");
    assert_ok(moim_rescore_combine(&nb, &without, &err), err);
    assert_string_equal(nb.hyps[0].text, "가");
    moim_nbest_free(&nb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_acoustic_score_alone_keeps_the_order),
        cmocka_unit_test(risk_prefers_what_the_others_agree_with),
        cmocka_unit_test(english_risk_counts_words),
        cmocka_unit_test(a_user_word_earns_its_letters),
        cmocka_unit_test(the_language_model_cannot_leave_a_sentence_out),
        cmocka_unit_test(not_even_of_a_long_stretch),
        cmocka_unit_test(letter_grams_decide_between_equals),
        cmocka_unit_test(transformer_scores_are_those_of_each_text_alone),
        cmocka_unit_test(other_weights_combine_stored_scores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
