/* Which turns fit a question, by how much they make its words expected; and prompts that share a beginning, which is evaluated
 * once. Both with the small model that is installed. */
#include "testing.h"

#include "summarize/constrained_decode.h"
#include "summarize/question_fit.h"

static struct moim_err err;

static const struct moim_turn_text meeting[] = {
    {0, 4, "하진", "현수막 글씨가 너무 작지 않아요?"},
    {4, 8, "도윤", "그럼 글씨를 두 배로 키울게요."},
    {8, 12, "하진", "떡은 몇 되나 맞출까요?"},
    {12, 16, "도윤", "작년에 모자랐으니까 다섯 되로 하죠."},
    {16, 20, "하진", "버스는 여덟 시에 도서관 앞에서 떠나요."},
    {20, 24, "도윤", "늦는 사람은 두고 갑시다."},
};

static struct moim_llm *open_model(int n_ctx)
{
    struct moim_llm *m;
    assert_ok(moim_llm_open(&m, test_model("gemma3-270m-q4_k_m.gguf"), NULL,
                            &(struct moim_llm_params){.n_ctx = n_ctx}, &err),
              err);
    return m;
}

static int best_place(struct moim_llm *m, const char *question)
{
    struct moim_place place[3] = {{.from = 0, .to = 1}, {.from = 2, .to = 3}, {.from = 4, .to = 5}};
    int best = 0;
    assert_ok(moim_question_fit(m, question, "바자회 준비", meeting, place, 3, NULL, &err), err);
    assert_true(place[0].alone < 0 && place[0].words > 3);
    for (int i = 1; i < 3; i++)
        if (place[i].gain > place[best].gain) best = i;
    assert_true(place[best].gain > 5);
    return best;
}

static void what_answers_makes_the_question_likely(void **state)
{
    (void)state;
    struct moim_llm *m = open_model(512);
    assert_int_equal(best_place(m, "떡을 얼마나 주문하기로 했어?"), 1);
    assert_int_equal(best_place(m, "버스가 몇 시에 출발해?"), 2);
    assert_int_equal(best_place(m, "현수막은 어떻게 고치기로 했지?"), 0);
    moim_llm_close(m);
}

static void what_does_not_fit_or_is_stopped_is_told(void **state)
{
    (void)state;
    const volatile int cancel = 1;
    char question[900];
    struct moim_place place = {.from = 0, .to = 1};
    struct moim_llm *m = open_model(64);
    memset(question, 'x', sizeof question - 1);
    for (size_t i = 3; i + 1 < sizeof question; i += 4) question[i] = ' ';
    question[sizeof question - 1] = 0;
    assert_int_equal(moim_question_fit(m, question, "", meeting, &place, 1, NULL, &err), MOIM_EINVAL);
    assert_int_equal(moim_question_fit(m, "떡은?", "", meeting, &place, 1, &cancel, &err), MOIM_ECANCEL);
    moim_llm_close(m);
}

static void what_a_reader_and_the_words_say_weighs_together(void **state)
{
    (void)state;
    const struct moim_place likely = {.score = 3, .gain = 15, .words = 10},
                            read = {.score = 3, .gain = -2, .words = 10},
                            said = {.score = -4, .gain = 15, .words = 10};
    assert_true(moim_place_worth(&likely) > moim_place_worth(&read));
    assert_true(moim_place_worth(&likely) > moim_place_worth(&said));
    assert_true(moim_place_answers(&likely) > 0.5);
    assert_true(moim_place_answers(&read) < 0.1 && moim_place_answers(&said) < -1);
}

static void a_place_must_be_sure_or_far_ahead(void **state)
{
    (void)state;
    struct moim_place p[3] = {{.score = -1, .fits = true, .form = true, .gain = 20},
                              {.score = -2, .fits = true, .form = true, .gain = 12},
                              {.score = -2, .form = true, .gain = 3}};
    assert_int_equal(moim_place_choose(p, 3), 0);
    p[1].gain = 16; /* close behind */
    assert_int_equal(moim_place_choose(p, 3), -1);
    p[0].score = 0.6; /* sure without a lead; which one, the gain tells */
    assert_int_equal(moim_place_choose(p, 3), 0);
    p[1].gain = 21;
    assert_int_equal(moim_place_choose(p, 3), 1);
    assert_true(moim_places_may_answer(p, 3));
    p[0].fits = p[1].fits = false; /* nothing has the form */
    assert_int_equal(moim_place_choose(p, 3), -1);
    assert_false(moim_places_may_answer(p, 3));
    p[0] = (struct moim_place){.score = -1, .fits = true, .gain = 30};
    p[1] = (struct moim_place){.score = -1, .fits = true, .form = true, .gain = 22};
    assert_int_equal(moim_place_choose(p, 2), -1); /* what has the form goes before, and is not ahead */
    assert_int_equal(moim_place_choose(p, 0), -1);
}

static void write_twice(struct moim_writer *w, const struct moim_grammar *g, char first[256])
{
    static const char *const text[] = {
        MOIM_CHAT_USER "하진: 떡은 다섯 되로 하죠." MOIM_CHAT_END MOIM_CHAT_ASSISTANT,
        MOIM_CHAT_USER "하진: 떡은 다섯 되로 하죠. (짧게)" MOIM_CHAT_END MOIM_CHAT_ASSISTANT};
    char other[256], again[256];
    assert_ok(moim_writer_run(w, text[0], g, first, 256, &err), err);
    int read = w->cost.read;
    assert_ok(moim_writer_run(w, text[1], g, other, sizeof other, &err), err);
    assert_true(w->cost.reused > 5);
    assert_true(w->cost.read - read < read);
    assert_ok(moim_writer_run(w, text[0], g, again, sizeof again, &err), err);
    assert_string_equal(first, again); /* nothing of the other prompt is left in the cache */
}

static void prompts_that_begin_alike_are_evaluated_once(void **state)
{
    (void)state;
    struct moim_llm *m = open_model(512);
    struct moim_grammar *g;
    struct moim_writer w;
    char kept[256], fresh[256];
    assert_ok(moim_grammar_new(&g, "{\"text\":%s12}", 1, NULL, 0, &err), err);
    assert_ok(moim_writer_init(&w, m, NULL, NULL, &err), err);
    assert_ok(moim_writer_prefix(&w, MOIM_CHAT_SYSTEM "한 줄로 적으세요." MOIM_CHAT_END, &err), err);
    write_twice(&w, g, kept);
    assert_int_equal(w.cost.calls, 3);
    int reused = w.cost.reused;
    assert_ok(moim_writer_prefix(&w, MOIM_CHAT_SYSTEM "한 줄로 적으세요." MOIM_CHAT_END, &err), err);
    assert_true(w.cost.reused > reused); /* the same prefix again costs its last token */
    moim_writer_clear(&w);
    assert_ok(moim_writer_init(&w, m, NULL, NULL, &err), err);
    assert_ok(moim_writer_prefix(&w, MOIM_CHAT_SYSTEM "한 줄로 적으세요." MOIM_CHAT_END, &err), err);
    write_twice(&w, g, fresh);
    assert_string_equal(kept, fresh);
    moim_writer_clear(&w);
    moim_grammar_free(g);
    moim_llm_close(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_answers_makes_the_question_likely),
        cmocka_unit_test(what_a_reader_and_the_words_say_weighs_together),
        cmocka_unit_test(a_place_must_be_sure_or_far_ahead),
        cmocka_unit_test(what_does_not_fit_or_is_stopped_is_told),
        cmocka_unit_test(prompts_that_begin_alike_are_evaluated_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
