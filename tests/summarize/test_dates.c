#include "testing.h"

#include "summarize/dates.h"

/* Tuesday. */
static const struct moim_date meeting = {2026, 11, 24};

static void expect(const char *said, const char *iso)
{
    struct moim_date d;
    char got[11] = "none";
    if (moim_date_resolve(said, meeting, &d)) moim_date_format(d, got);
    if (strcmp(got, iso)) fail_msg("'%s': %s instead of %s", said, got, iso);
}

static void korean(void **state)
{
    (void)state;
    expect("오늘 중으로", "2026-11-24");
    expect("내일까지", "2026-11-25");
    expect("모레 오전", "2026-11-26");
    expect("금요일까지", "2026-11-27");
    expect("월요일", "2026-11-30");
    expect("이번 주 금요일까지", "2026-11-27");
    expect("다음 주 수요일까지", "2026-12-02");
    expect("다음주 월요일", "2026-11-30");
    expect("다다음 주 화요일", "2026-12-08");
    expect("12월 3일까지", "2026-12-03");
    expect("3월 2일", "2027-03-02");
    expect("이번 달 말까지", "2026-11-30");
    expect("월말까지", "2026-11-30");
    expect("다음 달 5일", "2026-12-05");
    expect("28일까지", "2026-11-28");
    expect("10일까지", "2026-12-10");
    expect("3일 뒤", "2026-11-27");
    expect("2주 뒤에", "2026-12-08");
    expect("사흘 안에", "2026-11-27");
    expect("일주일 뒤", "2026-12-01");
    expect("연말까지", "2026-12-31");
    expect("다음 주까지", "2026-12-04");
    expect("이번 주 안에", "2026-11-27");
    expect("되는 대로", "none");
}

static void english(void **state)
{
    (void)state;
    expect("by tomorrow", "2026-11-25");
    expect("today", "2026-11-24");
    expect("by Friday", "2026-11-27");
    expect("on Tuesday", "2026-12-01");
    expect("next Friday", "2026-12-04");
    expect("this Thursday", "2026-11-26");
    expect("Wednesday next week", "2026-12-02");
    expect("by the end of the month", "2026-11-30");
    expect("in two weeks", "2026-12-08");
    expect("within 3 days", "2026-11-27");
    expect("December 3rd", "2026-12-03");
    expect("the 3rd of December", "2026-12-03");
    expect("Jan 15", "2027-01-15");
    expect("2026-12-24", "2026-12-24");
    expect("12/3", "2026-12-03");
    expect("next week", "2026-12-04");
    expect("by the end of the year", "2026-12-31");
    expect("as soon as possible", "none");
}

static void expect_on(struct moim_date day, const char *said, const char *iso)
{
    struct moim_date d;
    char got[11] = "none", on[11];
    moim_date_format(day, on);
    if (moim_date_resolve(said, day, &d)) moim_date_format(d, got);
    if (strcmp(got, iso)) fail_msg("'%s' on %s: %s instead of %s", said, on, got, iso);
}

/* Parts of weeks, months, quarters and years; distances in months. */
static void periods(void **state)
{
    (void)state;
    expect("다음 주 초에", "2026-11-30");
    expect("이번 주 중반까지", "2026-11-25");
    expect("이번 주 중에", "2026-11-27");
    expect("다음 주 중으로", "2026-12-04");
    expect("다음 주 중에", "2026-12-04");
    expect("오늘 내일 하면 될 것 같아요", "2026-11-25");
    expect("주말까지", "2026-11-29");
    expect("이번 주말", "2026-11-29");
    expect("다음 주말까지", "2026-12-06");
    expect("12월 중순까지", "2026-12-15");
    expect("12월 말까지", "2026-12-31");
    expect("1월 초에", "2027-01-05");
    expect("2월까지", "2027-02-28");
    expect("다음 달 초", "2026-12-05");
    expect("다음 달 말까지", "2026-12-31");
    expect("이번 달 안으로", "2026-11-30");
    expect("이달 말까지", "2026-11-30");
    expect("이번 분기 안에", "2026-12-31");
    expect("다음 분기까지", "2027-03-31");
    expect("상반기까지", "2027-06-30");
    expect("올해 안에", "2026-12-31");
    expect("연내로", "2026-12-31");
    expect("한 달 뒤에", "2026-12-24");
    expect("석 달 안에", "2027-02-24");
    expect("3개월 후", "2027-02-24");
    expect("열흘 안에", "2026-12-04");
    expect("내일모레까지", "2026-11-26");
    expect("early next week", "2026-11-30");
    expect("by the weekend", "2026-11-29");
    expect("by the end of next week", "2026-12-04");
    expect("mid December", "2026-12-15");
    expect("by the end of March", "2027-03-31");
    expect("in three months", "2027-02-24");
    expect("in a fortnight", "2026-12-08");
    expect("by the 15th", "2026-12-15");
    expect("on the 28th", "2026-11-28");
    expect("by the end of the day", "2026-11-24");
    expect("next month", "2026-12-31");
    expect("this quarter", "2026-12-31");
    expect("the fifteen of us", "none");
    expect("월요병", "none");
    struct moim_date last = {2027, 1, 31}, sunday = {2026, 8, 2};
    expect_on(last, "한 달 뒤", "2027-02-28");
    expect_on(last, "월말까지", "2027-01-31");
    expect_on(sunday, "이번 주 토요일까지", "2026-08-08");
    expect_on(sunday, "내일까지", "2026-08-03");
}

/* Every weekday said on every day of four years, bare, of this week and of the next, in both languages,
 * against counting. */
static void every_weekday_on_every_day(void **state)
{
    (void)state;
    static const char *const ko[] = {"월요일", "화요일", "수요일", "목요일", "금요일", "토요일", "일요일"};
    static const char *const en[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                     "Friday", "Saturday", "Sunday"};
    struct moim_date day = {2024, 1, 1};
    for (int i = 0; i < 1461; i++, day = moim_date_add(day, 1)) {
        int today = moim_date_weekday(day);
        for (int w = 0; w < 7; w++) {
            char said[64], iso[11];
            moim_date_format(moim_date_add(day, w > today ? w - today : w - today + 7), iso);
            snprintf(said, sizeof said, "%s까지", ko[w]);
            expect_on(day, said, iso);
            snprintf(said, sizeof said, "by %s", en[w]);
            expect_on(day, said, iso);
            moim_date_format(moim_date_add(day, w - today + 7), iso);
            snprintf(said, sizeof said, "다음 주 %s까지", ko[w]);
            expect_on(day, said, iso);
            snprintf(said, sizeof said, "next %s", en[w]);
            expect_on(day, said, iso);
            moim_date_format(moim_date_add(day, w < today ? w - today + 7 : w - today), iso);
            snprintf(said, sizeof said, "이번 주 %s에", ko[w]);
            expect_on(day, said, iso);
            moim_date_format(moim_date_add(day, w - today + 14), iso);
            snprintf(said, sizeof said, "다다음 주 %s", ko[w]);
            expect_on(day, said, iso);
        }
    }
}

/* Each day of a year named by month and day, from each month: this year's, or the next when it is past. */
static void every_month_and_day(void **state)
{
    (void)state;
    for (int from = 1; from <= 12; from++) {
        struct moim_date today = {2026, from, 15}, day = {2026, 1, 1};
        for (int i = 0; i < 365; i++, day = moim_date_add(day, 1)) {
            char said[64], iso[11];
            struct moim_date due = day;
            if (day.month < from || (day.month == from && day.day < 15)) due.year++;
            moim_date_format(due, iso);
            snprintf(said, sizeof said, "%d월 %d일까지", day.month, day.day);
            expect_on(today, said, iso);
            snprintf(said, sizeof said, "%d/%d", day.month, day.day);
            expect_on(today, said, iso);
        }
    }
}

static void found_at(const char *text, const char *span, const char *iso)
{
    struct moim_date d;
    size_t from, to;
    char got[11] = "none", part[256] = "";
    if (moim_date_find(text, meeting, &d, &from, &to)) {
        moim_date_format(d, got);
        snprintf(part, sizeof part, "%.*s", (int)(to - from), text + from);
    }
    if (strcmp(got, iso) || strcmp(part, span))
        fail_msg("'%s': '%s' %s instead of '%s' %s", text, part, got, span, iso);
}

static void stands_where_it_stands(void **state)
{
    (void)state;
    found_at("제가 다음 주 수요일까지 견적서 보내드릴게요", "다음 주 수요일까지", "2026-12-02");
    found_at("금요일은 휴무라서 다음 주 월요일에 확인하겠습니다", "다음 주 월요일에", "2026-11-30");
    found_at("문구는 오늘 3시까지 써 주세요", "오늘 3시까지", "2026-11-24");
    found_at("지난 토요일에 장애가 있었습니다", "", "none");
    found_at("12월 3일 오전까지 주세요", "12월 3일 오전까지", "2026-12-03");
    found_at("I'll get it done by next Friday", "by next Friday", "2026-12-04");
    found_at("Carla can write by the end of the month", "by the end of the month", "2026-11-30");
    found_at("오늘은 여기까지 할게요", "", "none");
    found_at("There is no date in it", "", "none");
}

static void days_follow_each_other(void **state)
{
    (void)state;
    struct moim_date d = {1999, 12, 31};
    int weekday = moim_date_weekday(d);
    assert_int_equal(weekday, 4); /* a Friday */
    for (int i = 0; i < 20000; i++) {
        struct moim_date n = moim_date_add(d, 1), back = moim_date_add(n, -1);
        assert_memory_equal(&back, &d, sizeof d);
        weekday = (weekday + 1) % 7;
        assert_int_equal(moim_date_weekday(n), weekday);
        char iso[11];
        struct moim_date parsed;
        moim_date_format(n, iso);
        assert_true(moim_date_parse(iso, &parsed));
        assert_memory_equal(&parsed, &n, sizeof n);
        d = n;
    }
    assert_int_equal(d.year, 2054);
}

static void expect_found(const char *said, const char *iso, const char *words)
{
    struct moim_date d;
    size_t from = 0, to = 0;
    char got[11] = "none", at[128] = "";
    if (moim_date_find(said, meeting, &d, &from, &to)) {
        moim_date_format(d, got);
        snprintf(at, sizeof at, "%.*s", (int)(to - from), said + from);
    }
    if (strcmp(got, iso) || strcmp(at, words)) fail_msg("'%s': %s in '%s'", said, got, at);
}

/* Days in words, as a recogniser writes them; and words that only look like some. */
/* A time of day beside a day is no other day, and what corrects a day replaces it. */
static void a_day_may_be_corrected(void **state)
{
    (void)state;
    static const struct {
        const char *said, *iso;
    } c[] = {
        {"I'll do it before lunch tomorrow.", "2026-11-25"},
        {"Before you leave tomorrow, if you would.", "2026-11-25"},
        {"before lunch", "2026-11-24"},
        {"내일 점심 전까지요", "2026-11-25"},
        {"점심 전까지요", "2026-11-24"},
        {"Friday, no, Saturday", "2026-11-28"},
        {"I know Friday is hard, but Saturday no", "2026-11-27"},
        {"Wednesday. Actually, make it Thursday.", "2026-11-26"},
        {"today is Tuesday, let me say tomorrow", "2026-11-25"},
        {"수요일까지 아니 목요일로 하죠", "2026-11-26"},
        {"Thursday's out, so Friday", "2026-11-27"},
        {"oh it is thursday then the third", "2026-12-03"},
        {"oh it is thursday then the tenth", "2026-12-10"},
        {"by eleventh evening I will chase them", "2026-12-11"},
        {"to every flat by thirtieth", "2026-11-30"},
        {"by twelfth floor", "none"},
        {"behind the flag by um the fifteenth", "2026-12-15"},
        {"by, uh, Friday", "2026-11-27"},
        {"by afternoon", "2026-11-24"},
        {"다음 주 음 수요일까지요", "2026-12-02"},
        {"nobody for Boxing Day", "2026-12-26"},
        {"a week from Thursday", "2026-12-03"},
        {"이번 주일까지", "2026-11-29"},
        {"다음 주 주일까지요", "2026-12-06"},
        {"일주일 안에", "2026-12-01"},
        {"한 주일 정도 걸려요", "none"},
    };
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        struct moim_date due;
        size_t from, to;
        char got[11] = "none";
        if (moim_date_find(c[i].said, meeting, &due, &from, &to)) moim_date_format(due, got);
        if (strcmp(got, c[i].iso)) fail_msg("'%s': %s instead of %s", c[i].said, got, c[i].iso);
    }
}

static void days_in_words(void **state)
{
    (void)state;
    expect_found("그럼 십이월 삼일까지 드릴게요", "2026-12-03", "십이월 삼일까지");
    expect_found("이십칠일까지 보내", "2026-11-27", "이십칠일까지");
    expect_found("이십 칠일에 올리겠습니다", "2026-11-27", "이십 칠일에");
    expect_found("이십 사일에 보고니까", "2026-11-24", "이십 사일에");
    expect_found("네 십일일이면 돼요", "2026-12-11", "십일일이면");
    expect_found("금욜 오전이요", "2026-11-27", "금욜");
    expect_found("여섯 시까지 올려놓을게요", "2026-11-24", "여섯 시까지");
    expect_found("오일 교환은 했어요", "none", "");
    expect_found("이 일은 어려워요", "none", "");
    expect_found("월요일 빼고 다 돼요", "none", "");
    expect_found("ill have it by the tenth of december", "2026-12-10", "by the tenth of december");
    expect_found("before the twenty first please", "2026-12-21", "before the twenty first");
    expect_found("by the twenty-eighth", "2026-11-28", "by the twenty-eighth");
    expect_found("done by four", "2026-11-24", "by four");
    expect_found("the second floor is wet", "none", "");
    expect_found("first thing we need is chairs", "none", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(korean),
                                       cmocka_unit_test(a_day_may_be_corrected),
                                       cmocka_unit_test(days_in_words),
                                       cmocka_unit_test(english),
                                       cmocka_unit_test(periods),
                                       cmocka_unit_test(every_weekday_on_every_day),
                                       cmocka_unit_test(every_month_and_day),
                                       cmocka_unit_test(stands_where_it_stands),
                                       cmocka_unit_test(days_follow_each_other)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
