#include "testing.h"

#include "storage/transcript_file.h"
#include "summarize/language.h"
#include "summarize/minutes.h"

#include <dirent.h>

/* Lines of minutes that no model wrote, over all meetings of the sets to tune on: each is a quotation or ends as notes end. */

static struct moim_err err;

static bool ends_in(const char *s, const char *with)
{
    size_t n = strlen(s), m = strlen(with);
    return n >= m && !strcmp(s + n - m, with);
}

static bool korean(const char *s)
{
    return moim_language_of(s) == moim_language_get("ko");
}

/* A line of Korean notes: a nominal, or a noun that is no clause going on. */
static bool ends_as_notes(const char *line)
{
    static const char *const wrong[] = {
        "해얌", "어섬", "해섬", "와섬", "라섬", "하곰", "껨",   "욤",   "잖아", "는데", "은데",
        "던데", "니까", "라고", "다고", "자고", "려고", "거든", "더라", "까요", "나요", "어요",
        "아요", "니다", "하자", "어서", "아서", "으면", "하면", "지만", "한테", "에게", NULL};
    for (int i = 0; wrong[i]; i++)
        if (ends_in(line, wrong[i])) return false;
    return true;
}

static bool is_line(const char *kind)
{
    return !strcmp(kind, "decision") || !strcmp(kind, "action") || !strcmp(kind, "key_point");
}

static int check(const char *path)
{
    struct moim_transcript_file f;
    struct moim_minutes m;
    int wrong = 0;
    assert_ok(moim_transcript_file_read(&f, path, &err), err);
    struct moim_minutes_request req = {
        .turns = f.turns, .n_turns = f.n, .language = f.language, .date = f.date};
    assert_ok(moim_minutes_write(NULL, &req, &m, &err), err);
    for (int i = 0; i < m.n; i++) {
        const char *text = m.items[i].text;
        bool bad = is_line(m.items[i].kind) && korean(text) && !ends_in(text, "”") && !ends_as_notes(text);
        bad = bad || ends_in(text, "…”…") || !*text;
        if (bad) print_error("%s: %s: %s\n", path, m.items[i].kind, text);
        wrong += bad;
    }
    moim_minutes_free(&m);
    moim_transcript_file_clear(&f);
    return wrong;
}

static void every_line_is_a_note_or_a_quotation(void **state)
{
    (void)state;
    static const char *const dir[] = {"tests/minutes/ko", "tests/minutes/dev", "tests/minutes/fresh"};
    int wrong = 0, n = 0;
    for (int i = 0; i < 3; i++) {
        DIR *d = opendir(dir[i]);
        assert_non_null(d);
        for (struct dirent *e; (e = readdir(d));) {
            char path[512];
            if (!ends_in(e->d_name, ".json")) continue;
            snprintf(path, sizeof path, "%s/%s", dir[i], e->d_name);
            wrong += check(path);
            n++;
        }
        closedir(d);
    }
    if (wrong || n < 40) fail_msg("%d wrong lines in %d meetings", wrong, n);
}

/* A title or topic is a noun as the meeting uses it, never a bare stem, a day, an amount or somebody. */
static void things_are_nouns(void **state)
{
    (void)state;
    static const struct moim_turn_text ko[] = {
        {.speaker = "민수", .text = "도서 대여는 두 권까지 빌리는 걸로 하고 대여를 늘려요"},
        {.speaker = "지영", .text = "회원 카드를 책으로 바꾸는 건 삼십분이 걸려요 민수 씨가 해요"},
    };
    static const struct moim_turn_text en[] = {
        {.speaker = "Ann", .text = "The side gate needs oil and I'll order the two boxes."},
        {.speaker = "Ben", .text = "Who has a key for the gate this week?"},
    };
    const struct moim_language *k = moim_language_get("ko"), *e = moim_language_get("en");
    char thing[16][MOIM_WORD_MAX];
    static const char *const never[] = {"빌리", "두 권까지 빌리", "책으", "삼십분", "민수", NULL};
    for (int t = 0; t < 2; t++) {
        int n = k->things(ko[t].text, ko, 2, thing, 16);
        assert_true(n > 0);
        for (int i = 0; i < n; i++)
            for (int w = 0; never[w]; w++) assert_string_not_equal(thing[i], never[w]);
    }
    static const struct moim_turn_text cover[] = {
        {.speaker = "대표",
         .text = "표지… 시안은요? 예산 계획에서 정해요"}, /* 지 ends in the byte that … does */
        {.speaker = "승현",
         .text = "표지가 늦어요 승현이는 예산 계획부터 작년에는 봤어요 떡볶이 먹고 떡볶이를 또"},
    };
    static const char *const noun[] = {"표지", "계획", "예산 계획", "떡볶이"};
    for (int w = 0; w < 4; w++) {
        bool found = false;
        for (int t = 0; t < 2; t++) {
            int n = k->things(cover[t].text, cover, 2, thing, 16);
            for (int i = 0; i < n; i++) {
                found = found || !strcmp(thing[i], noun[w]);
                assert_null(strstr(thing[i], "승현"));
                assert_string_not_equal(thing[i], "작년에");
            }
        }
        if (!found) fail_msg("%s is a noun", noun[w]);
    }
    assert_int_equal(e->things(en[0].text, en, 2, thing, 16), 3);
    assert_string_equal(thing[0], "gate");
    assert_string_equal(thing[1], "side gate");
    assert_string_equal(thing[2], "boxes");
}

/* Whatever things() finds of a talk, one after the other. */
static int all_things(const struct moim_language *l, const struct moim_turn_text *talk, int n,
                      char out[][MOIM_WORD_MAX], int cap)
{
    int k = 0;
    for (int t = 0; t < n; t++) k += l->things(talk[t].text, talk, n, out + k, cap - k);
    return k;
}

static void check_things(const struct moim_language *l, const struct moim_turn_text *talk, int n,
                         const char *const *things, const char *const *never)
{
    char thing[64][MOIM_WORD_MAX];
    int k = all_things(l, talk, n, thing, 64);
    for (; *things; things++) {
        bool found = false;
        for (int i = 0; i < k; i++) found = found || !strcmp(thing[i], *things);
        if (!found) fail_msg("%s is a thing", *things);
    }
    for (; *never; never++)
        for (int i = 0; i < k; i++)
            if (!strcmp(thing[i], *never)) fail_msg("%s is none", *never);
}

/* Nouns that are said once or without a particle are things; verb stems, interjections, people who are spoken of, numerals and what a
 * verb follows are not. */
static void things_are_told_from_other_words(void **state)
{
    (void)state;
    static const struct moim_turn_text ko[] = {
        {.speaker = "회장", .text = "오늘은 한 건입니다. 전기차 충전기. 그라믄 야시장 하면 천막 빌려준대요"},
        {.speaker = "총무",
         .text =
             "그라믄 제사를 합치는 거 합치려고 소연이한테 물었고 소연이가 절반 그래 절반을 백오십오 만큼 충전하다가 앉았는지를"},
    };
    static const struct moim_turn_text en[] = {
        {.speaker = "Ann",
         .text = "The courier arrives and the league emailed, so the kitchen wall is two walls."},
    };
    check_things(moim_language_get("ko"), ko, 2,
                 (const char *const[]){"충전기", "전기차 충전기", "야시장", "제사", NULL},
                 (const char *const[]){"합치", "그라믄", "소연", "소연이", "그래 절반", "백오십오",
                                       "충전하다", "앉았는지", NULL});
    check_things(
        moim_language_get("en"), en, 1, (const char *const[]){"wall", "kitchen wall", NULL},
        (const char *const[]){"courier arrives", "arrives", "league emailed", "emailed", "two walls", NULL});
}

static void a_point_is_a_note_only_when_it_ends_as_one(void **state)
{
    (void)state;
    const struct moim_language *k = moim_language_get("ko"), *e = moim_language_get("en");
    assert_true(k->sound_point("창고에 반품이 쌓여 있음", "창고에 반품이 쌓여 있어요"));
    assert_false(k->sound_point("손목 치료를 받은 이력이 있어섬", "손목 치료를 받은 이력이 있어서요"));
    assert_false(k->sound_point("점심을 3교대로 하면 어떻습니까", "점심을 3교대로 하면 어떻습니까?"));
    assert_false(k->sound_point("다음은 워크숍 날짬", "다음은 워크숍 날짜요"));
    assert_false(k->sound_point("알바 하나 더 뽑자니까", "알바 하나 더 뽑자니까요"));
    assert_true(e->sound_point("The gate sticks", "The gate sticks."));
    assert_false(e->sound_point("Concrete's not here till seven thirty but",
                                "Concrete's not here till seven thirty but"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_line_is_a_note_or_a_quotation),
                                       cmocka_unit_test(things_are_nouns),
                                       cmocka_unit_test(things_are_told_from_other_words),
                                       cmocka_unit_test(a_point_is_a_note_only_when_it_ends_as_one)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
