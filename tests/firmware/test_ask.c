/* Questions are answered from the minutes as they stand, with what the user changed, before anything is looked for anew. No language model takes part. */
#include "tests/storage/scratch.h"

#include "firmware/pipeline/ask.h"
#include "storage/minutes_lines.h"
#include "storage/passages.h"

static const struct {
    int speaker;
    const char *text;
} said[] = {
    {1, "간식 얘기부터 할게요."},
    {2, "간식 예산은 20만 원으로 하죠."},
    {1, "네, 그렇게 해요. 현수막은 누가 맡아요?"},
    {2, "현수막은 제가 금요일까지 맡길게요."},
    {1, "좋아요."},
};
#define SAID (int)(sizeof said / sizeof *said)

static int64_t add_meeting(void)
{
    struct moim_meeting m = {.title = "가을 행사",
                             .started_at = 1790000000,
                             .duration = 60,
                             .language = "ko",
                             .audio = "",
                             .source = "x"};
    struct moim_segment g[SAID] = {0};
    int64_t id;
    assert_ok(moim_meeting_add(store, &m, &id, &err), err);
    for (int i = 0; i < SAID; i++)
        g[i] = (struct moim_segment){.start = i * 10,
                                     .end = i * 10 + 9,
                                     .text = (char *)(uintptr_t)said[i].text,
                                     .first_pass = "",
                                     .language = "ko",
                                     .speaker = said[i].speaker};
    assert_ok(moim_segments_put(store, id, g, SAID, "ko", MOIM_DIARIZED, &err), err);
    assert_ok(moim_speaker_rename(store, id, 1, "유라", &err), err);
    assert_ok(moim_speaker_rename(store, id, 2, "준호", &err), err);
    return id;
}

static int64_t segment_at(int64_t meeting, int i)
{
    struct moim_segment *g;
    int n;
    assert_ok(moim_segments_get(store, meeting, &g, &n, &err), err);
    int64_t id = g[i].id;
    moim_segments_free(g, n);
    return id;
}

static void asked(const char *question, const char *want)
{
    struct moim_engine *e;
    struct moim_reply r;
    assert_ok(moim_engine_new(&e, 1, &err), err);
    assert_ok(moim_ask(e, store, question, &(struct moim_ask_filter){.model = "none"}, &r, &err), err);
    if (want ? !strstr(r.text, want) : r.n)
        fail_msg("'%s': '%s', not '%s'", question, r.text, want ? want : "");
    assert_int_equal(r.n > 0, want != NULL);
    for (int i = 0; i < r.n; i++) assert_true(*r.cite[i].speaker && *r.cite[i].text && r.cite[i].segment > 0);
    moim_reply_clear(&r);
    moim_engine_free(e);
}

/* Where nothing surely answers, the places are shown that come closest, and none of a question about something else. */
static void what_comes_closest_is_no_answer(void **state)
{
    (void)state;
    struct moim_engine *e;
    struct moim_reply r;
    struct moim_ask_filter none = {.model = "none"};
    int64_t id = add_meeting();
    assert_ok(moim_engine_new(&e, 1, &err), err);
    assert_ok(moim_ask(e, store, "현수막 거는 데 드는 돈은 누가 내지?", &none, &r, &err), err);
    assert_int_equal(r.n, 0);
    assert_string_equal(r.text, "");
    assert_in_range(r.n_near, 1, MOIM_ASK_NEAR_TURNS);
    assert_int_equal(r.near[0].meeting, id);
    bool there = false;
    for (int i = 0; i < r.n_near; i++) there = there || strstr(r.near[i].text, "현수막") != NULL;
    assert_true(there);
    moim_reply_clear(&r);
    assert_ok(moim_ask(e, store, "현수막은 누가 맡기로 했지?", &none, &r, &err), err);
    assert_true(r.n > 0);
    assert_int_equal(r.n_near, 0);
    moim_reply_clear(&r);
    moim_engine_free(e);
}

static char installed[4096]; /* $MOIM_MODELS of before, "" for none */

static void with_models(bool with)
{
    if (!with)
        setenv("MOIM_MODELS", "/nonexistent", 1);
    else if (*installed)
        setenv("MOIM_MODELS", installed, 1);
    else
        unsetenv("MOIM_MODELS");
}

/* The first bytes of what the reader keeps of a meeting, its digest among them. */
static bool reading_of(int64_t meeting, uint8_t head[40])
{
    uint8_t *bytes;
    size_t size;
    assert_ok(moim_passages_reading(store, meeting, &bytes, &size, &err), err);
    bool there = bytes && size > 40;
    if (there) memcpy(head, bytes, 40);
    free(bytes);
    return there;
}

/* No word of the question was said: what the reader keeps of every turn leads there, and is made anew when a name changes. */
static void a_question_in_other_words_leads_to_its_meeting(void **state)
{
    (void)state;
    struct moim_engine *e;
    struct moim_reply r;
    uint8_t before[40], now[40];
    int left;
    int64_t id = add_meeting();
    with_models(true);
    test_model("e5-small-q4.bin");
    assert_ok(moim_engine_new(&e, 1, &err), err);
    assert_false(reading_of(id, before));
    assert_ok(moim_embed_waiting(e, store, 0, NULL, NULL, &left, &err), err);
    assert_int_equal(left, 0);
    assert_true(reading_of(id, before));
    assert_ok(moim_speaker_rename(store, id, 2, "민호", &err), err);
    assert_ok(moim_ask(e, store, "펼침막 주문 담당이 누구더라", &(struct moim_ask_filter){.model = "none"},
                       &r, &err),
              err);
    assert_true(r.n > 0 || r.n_near > 0);
    bool there = false;
    for (int i = 0; i < r.n; i++) there = there || strstr(r.cite[i].text, "맡길게요");
    for (int i = 0; i < r.n_near; i++) there = there || strstr(r.near[i].text, "맡길게요");
    assert_true(there);
    moim_reply_clear(&r);
    assert_true(reading_of(id, now));
    assert_memory_not_equal(before, now, sizeof now);
    moim_engine_free(e);
    with_models(false);
}

static void what_was_said_is_found_without_minutes(void **state)
{
    (void)state;
    add_meeting();
    asked("현수막은 누가 맡기로 했지?", "준호");
    asked("간식 예산은 얼마로 정했지?", "20만 원");
    asked("유라 전화번호가 뭐지?", NULL);
    asked("주차 요금은 얼마야?", NULL);
}

static void the_user_s_changes_are_the_answer(void **state)
{
    (void)state;
    int64_t id = add_meeting(), budget = segment_at(id, 1), banner = segment_at(id, 3);
    struct moim_item items[] = {
        {.kind = "decision",
         .text = "간식 예산은 20만 원으로 함",
         .owner = "",
         .due_text = "",
         .due_date = "",
         .start = 10,
         .end = 19,
         .evidence = &budget,
         .n_evidence = 1},
        {.kind = "action",
         .text = "현수막 맡기기",
         .owner = "준호",
         .due_text = "금요일",
         .due_date = "2026-09-25",
         .start = 30,
         .end = 39,
         .evidence = &banner,
         .n_evidence = 1},
    };
    assert_ok(moim_minutes_put(store, id, "model", "plain", items, 2, &err), err);
    asked("간식 예산은 얼마로 정했지?", "20만 원");
    struct moim_item *now;
    int n;
    assert_ok(moim_minutes_get(store, id, &now, &n, &err), err);
    struct moim_line_change text = MOIM_LINE_CHANGE, owner = MOIM_LINE_CHANGE;
    text.text = "간식 예산은 25만 원으로 함";
    owner.owner = "유라";
    assert_ok(moim_line_change(store, id, now[0].line, &text, &err), err);
    assert_ok(moim_line_change(store, id, now[1].line, &owner, &err), err);
    moim_items_free(now, n);
    asked("간식 예산은 얼마로 정했지?", "25만 원");
    asked("현수막은 누가 맡기로 했지?", "유라");
}

int main(void)
{
    setenv("MOIM_SHARE", "firmware/packaging", 0);
    if (getenv("MOIM_MODELS")) snprintf(installed, sizeof installed, "%s", getenv("MOIM_MODELS"));
    with_models(false);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_said_is_found_without_minutes, setup, teardown),
        cmocka_unit_test_setup_teardown(what_comes_closest_is_no_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(a_question_in_other_words_leads_to_its_meeting, setup, teardown),
        cmocka_unit_test_setup_teardown(the_user_s_changes_are_the_answer, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
