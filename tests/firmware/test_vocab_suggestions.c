/* What corrections teach: the word that was put, without its particle, and what stood there. */
#include "testing.h"

#include "firmware/library/vocab_suggestions.h"

static void a_misheard_name_is_suggested_without_its_particle(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_suggestion *list = NULL;
    int n = 0;
    assert_ok(moim_suggest_from("이번에 하이퍼 클로버를 쓰기로 했습니다.",
                                "이번에 하이퍼클로바를 쓰기로 했습니다.", &list, &n, &err),
              err);
    assert_int_equal(n, 1);
    assert_string_equal(list[0].word, "하이퍼클로바");
    assert_string_equal(list[0].heard, "하이퍼 클로버를");
    assert_ok(moim_suggest_from("하이퍼 콜라가 좋다", "하이퍼클로바가 좋다", &list, &n, &err), err);
    assert_int_equal(n, 1);
    assert_int_equal(list[0].count, 2);
    moim_suggestions_free(list, n);
}

static void rewriting_a_sentence_teaches_nothing(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_suggestion *list = NULL;
    int n = 0;
    assert_ok(moim_suggest_from("one two three four five six", "now we say something else entirely new",
                                &list, &n, &err),
              err);
    assert_ok(moim_suggest_from("same words here", "same words here", &list, &n, &err), err);
    assert_ok(moim_suggest_from("words were missing", "words were not missing", &list, &n, &err), err);
    assert_ok(moim_suggest_from("in 3 days", "in 5 days", &list, &n, &err), err); /* figures are no words */
    assert_int_equal(n, 0);
    moim_suggestions_free(list, n);
}

static void only_edited_segments_count_and_known_words_do_not(void **state)
{
    (void)state;
    struct moim_err err = {0};
    char path[] = "/tmp/moim-suggest-XXXXXX";
    assert_non_null(mkdtemp(path));
    char db[80], command[200];
    snprintf(db, sizeof db, "%s/moim.db", path);
    struct moim_store *s;
    int64_t id;
    assert_ok(moim_store_open(&s, db, &err), err);
    struct moim_meeting m = {.title = "t", .language = "en", .audio = "", .source = ""};
    assert_ok(moim_meeting_add(s, &m, &id, &err), err);
    struct moim_segment put[] = {
        {.start = 0, .end = 1, .text = "ask cooper netties now", .first_pass = "", .language = "en"},
        {.start = 1, .end = 2, .text = "nobody touched this", .first_pass = "", .language = "en"}};
    assert_ok(moim_segments_put(s, id, put, 2, "en", MOIM_RESCORED, &err), err);
    struct moim_segment *g;
    int n;
    assert_ok(moim_segments_get(s, id, &g, &n, &err), err);
    assert_ok(moim_segment_edit(s, g[0].id, "ask Kubernetes now", &err), err);
    struct moim_suggestion *list;
    int count;
    assert_ok(moim_suggest(s, &list, &count, &err), err);
    assert_int_equal(count, 1);
    assert_string_equal(list[0].word, "Kubernetes");
    moim_suggestions_free(list, count);
    assert_ok(moim_vocab_add(s, "Kubernetes", "", &err), err);
    assert_ok(moim_suggest(s, &list, &count, &err), err);
    assert_int_equal(count, 0);
    moim_suggestions_free(list, count);
    moim_segments_free(g, n);
    moim_store_close(s);
    snprintf(command, sizeof command, "rm -rf %s", path);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_misheard_name_is_suggested_without_its_particle),
        cmocka_unit_test(rewriting_a_sentence_teaches_nothing),
        cmocka_unit_test(only_edited_segments_count_and_known_words_do_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
