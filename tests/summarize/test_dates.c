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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(korean), cmocka_unit_test(english),
                                       cmocka_unit_test(days_follow_each_other)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
