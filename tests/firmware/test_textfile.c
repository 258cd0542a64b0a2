#include "testing.h"

#include "firmware/library/textfile.h"

#include <math.h>

static struct moim_err err;

static struct moim_textfile parse(const char *name, const char *text)
{
    struct moim_textfile t;
    assert_ok(moim_textfile_parse(&t, name, text, strlen(text), &err), err);
    return t;
}

static void expect(const struct moim_textfile *t, int i, const char *who, const char *what, double start)
{
    if (i >= t->n) fail_msg("%d turns only", t->n);
    assert_string_equal(t->turns[i].speaker, who);
    assert_string_equal(t->turns[i].text, what);
    if (start >= 0 && fabs(t->turns[i].start - start) > 1e-6)
        fail_msg("turn %d starts at %f instead of %f", i, t->turns[i].start, start);
    assert_true(t->turns[i].end > t->turns[i].start);
}

static void plain_text_with_and_without_names_and_times(void **state)
{
    (void)state;
    struct moim_textfile t =
        parse("a.txt", "\xef\xbb\xbf김 부장: 시작합시다.\n\n이민수: 네, 비율은 3:1 입니다.\r\n"
                       "이름 없이 한 말. 참고: 이건 이름이 아닙니다.\n");
    assert_int_equal(t.n, 3);
    expect(&t, 0, "김 부장", "시작합시다.", 0);
    expect(&t, 1, "이민수", "네, 비율은 3:1 입니다.", -1);
    expect(&t, 2, "", "이름 없이 한 말. 참고: 이건 이름이 아닙니다.", -1);
    assert_string_equal(t.language, "ko");
    assert_true(t.turns[1].start >= t.turns[0].end);
    moim_textfile_clear(&t);
    t = parse("b.TXT", "[0:05] Ann: Hello there.\n[1:00:07] It is late.\n[x] odd\n");
    assert_int_equal(t.n, 3);
    expect(&t, 0, "Ann", "Hello there.", 5);
    expect(&t, 1, "", "It is late.", 3607);
    expect(&t, 2, "", "[x] odd", -1);
    assert_string_equal(t.language, "en");
    moim_textfile_clear(&t);
}

static void json_of_ours_and_of_others(void **state)
{
    (void)state;
    struct moim_textfile t =
        parse("m.json", "{\"title\":\"회의\",\"date\":\"2026-03-11\",\"turns\":[{\"speaker\":\"가\",\"text\":"
                        "\"안녕\"},{\"text\":\" \"},{\"text\":\"두 번째\",\"start\":9,\"end\":11.5}]}");
    assert_int_equal(t.n, 2);
    expect(&t, 0, "가", "안녕", 0);
    expect(&t, 1, "", "두 번째", 9);
    assert_true(t.has_date && t.date.month == 3 && t.date.day == 11);
    assert_string_equal(t.title, "회의");
    moim_textfile_clear(&t);
    t = parse("m.json", "{\"started_at\":\"2026-11-24T08:00:00Z\",\"language\":\"en\",\"segments\":[{"
                        "\"start\":1,\"end\":2,\"text\":\"Hi\"}]}");
    expect(&t, 0, "", "Hi", 1);
    assert_true(t.has_date && t.date.year == 2026);
    moim_textfile_clear(&t);
}

static void subtitles(void **state)
{
    (void)state;
    struct moim_textfile t =
        parse("s.vtt", "WEBVTT\n\nNOTE nothing\n\n00:01.500 --> 00:04.000 align:start\nBob: One\ntwo\n\n"
                       "intro\n01:00:00.000 --> 01:00:01.000\nThree");
    assert_int_equal(t.n, 2);
    expect(&t, 0, "Bob", "One two", 1.5);
    expect(&t, 1, "", "Three", 3600);
    assert_true(fabs(t.turns[0].end - 4) < 1e-9);
    moim_textfile_clear(&t);
    t = parse("s.srt", "1\r\n00:00:02,250 --> 00:00:03,000\r\n안녕하세요\r\n\r\n");
    assert_int_equal(t.n, 1);
    expect(&t, 0, "", "안녕하세요", 2.25);
    moim_textfile_clear(&t);
}

static void bad_files_are_named_and_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
    } bad[] = {{"a.json", "{\"turns\":["}, {"a.json", "[]"},      {"a.json", "{\"turns\":{}}"},
               {"a.txt", "\n \n"},         {"a.txt", "\xff\xfe"}, {"a.txt", "\xed\xa0\x80"},
               {"a.srt", "no cue at all"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct moim_textfile t;
        assert_int_equal(moim_textfile_parse(&t, bad[i].name, bad[i].text, strlen(bad[i].text), &err),
                         MOIM_EFORMAT);
        assert_non_null(strstr(err.msg, bad[i].name));
        assert_null(t.turns);
    }
    struct moim_textfile t;
    assert_int_equal(moim_textfile_read(&t, "/nowhere/a.txt", &err), MOIM_ENOENT);
    assert_true(moim_textfile_named("x/y.SRT") && !moim_textfile_named("a.txt/b") &&
                !moim_textfile_named("m4a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_with_and_without_names_and_times),
        cmocka_unit_test(json_of_ours_and_of_others),
        cmocka_unit_test(subtitles),
        cmocka_unit_test(bad_files_are_named_and_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
