/* Questions with their answers: what is kept of them, and what takes them away again. */
#include "tests/storage/scratch.h"

#include "storage/questions.h"

static int64_t meeting(const char *title)
{
    struct moim_meeting m = {.title = (char *)(uintptr_t)title,
                             .started_at = 1700000000,
                             .language = (char *)"ko",
                             .audio = (char *)"",
                             .source = (char *)""};
    struct moim_segment line = {.start = 3,
                                .end = 5,
                                .speaker = 2,
                                .text = (char *)"예산은 삼천만 원입니다.",
                                .first_pass = (char *)"",
                                .language = (char *)"ko",
                                .speaker_name = (char *)""};
    int64_t id;
    assert_ok(moim_meeting_add(store, &m, &id, &err), err);
    assert_ok(moim_segments_put(store, id, &line, 1, "ko", MOIM_DIARIZED, &err), err);
    return id;
}

static int64_t question(int64_t of, int64_t source, const char *answer)
{
    struct moim_source at = {.meeting = source, .start = 3};
    struct moim_question q = {.meeting = of,
                              .text = (char *)"예산은 얼마지?",
                              .answer = (char *)(uintptr_t)answer,
                              .source = &at,
                              .n_sources = source != 0};
    int64_t id;
    assert_ok(moim_question_add(store, &q, &id, &err), err);
    return id;
}

static int count(int64_t of)
{
    struct moim_question *list;
    int n;
    assert_ok(moim_question_list(store, of, 50, &list, &n, &err), err);
    moim_questions_free(list, n);
    return n;
}

static void a_source_is_read_as_it_stands_now(void **state)
{
    (void)state;
    int64_t m = meeting("예산 회의");
    struct moim_question q;
    struct moim_segment *list;
    int n;
    int64_t id = question(0, m, "3천만 원");
    assert_ok(moim_segments_get(store, m, &list, &n, &err), err);
    assert_ok(moim_segment_edit(store, list[0].id, "예산은 사천만 원입니다.", &err), err);
    moim_segments_free(list, n);
    assert_ok(moim_speaker_rename(store, m, 2, "민수", &err), err);
    assert_ok(moim_question_get(store, id, &q, &err), err);
    assert_int_equal(q.n_sources, 1);
    assert_string_equal(q.source[0].text, "예산은 사천만 원입니다.");
    assert_string_equal(q.source[0].speaker, "민수");
    assert_string_equal(q.source[0].title, "예산 회의");
    assert_true(q.asked_at > 1700000000 && q.source[0].segment > 0);
    moim_question_clear(&q);
}

static void an_answer_goes_with_each_meeting_that_it_rests_on(void **state)
{
    (void)state;
    int64_t a = meeting("하나"), b = meeting("둘");
    question(0, a, "하나에서");
    question(b, b, "둘에서");
    question(b, 0, "");
    question(0, 0, "");
    assert_int_equal(count(0), 4);
    assert_int_equal(count(b), 2);
    assert_ok(moim_meeting_set_trashed(store, b, 1700000001, &err), err);
    assert_int_equal(count(0), 2);
    assert_ok(moim_meeting_set_trashed(store, b, 0, &err), err);
    assert_int_equal(count(0), 4);
    assert_ok(moim_meeting_delete(store, a, &err), err);
    assert_int_equal(count(0), 3);
    assert_ok(moim_meeting_delete(store, b, &err), err);
    assert_int_equal(count(0), 1);
    assert_ok(moim_store_check(store, &err), err);
}

static void questions_are_forgotten_one_by_one_or_all(void **state)
{
    (void)state;
    int64_t m = meeting("하나"), id = question(m, m, "x");
    question(m, 0, "");
    question(0, 0, "");
    assert_ok(moim_question_remove(store, id, &err), err);
    assert_int_equal(moim_question_remove(store, id, &err), MOIM_ENOENT);
    assert_ok(moim_questions_forget(store, m, &err), err);
    assert_int_equal(count(0), 1);
    assert_ok(moim_questions_forget(store, 0, &err), err);
    assert_int_equal(count(0), 0);
    struct moim_question q = {.meeting = 99, .text = (char *)"?", .answer = (char *)""};
    assert_int_equal(moim_question_add(store, &q, &id, &err), MOIM_ENOENT);
    assert_int_equal(count(0), 0);
}

int main(void)
{
#define T(x) cmocka_unit_test_setup_teardown(x, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_source_is_read_as_it_stands_now),
        T(an_answer_goes_with_each_meeting_that_it_rests_on),
        T(questions_are_forgotten_one_by_one_or_all),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
