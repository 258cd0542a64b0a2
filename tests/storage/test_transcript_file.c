#include "testing.h"

#include "storage/transcript_file.h"

#include <math.h>

static struct moim_err err;

static struct moim_transcript_file parse(const char *name, const char *text)
{
    struct moim_transcript_file t;
    assert_ok(moim_transcript_file_parse(&t, name, text, strlen(text), &err), err);
    return t;
}

static void expect(const struct moim_transcript_file *t, int i, const char *who, const char *what,
                   double start)
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
    struct moim_transcript_file t =
        parse("a.txt", "\xef\xbb\xbf김 부장: 시작합시다.\n\n이민수: 네, 비율은 3:1 입니다.\r\n"
                       "이름 없이 한 말. 참고: 이건 이름이 아닙니다.\n");
    assert_int_equal(t.n, 3);
    expect(&t, 0, "김 부장", "시작합시다.", 0);
    expect(&t, 1, "이민수", "네, 비율은 3:1 입니다.", -1);
    expect(&t, 2, "", "이름 없이 한 말. 참고: 이건 이름이 아닙니다.", -1);
    assert_string_equal(t.language, "ko");
    assert_true(t.turns[1].start >= t.turns[0].end);
    moim_transcript_file_clear(&t);
    t = parse("b.TXT", "[0:05] Ann: Hello there.\n[1:00:07] It is late.\n[x] odd\n");
    assert_int_equal(t.n, 3);
    expect(&t, 0, "Ann", "Hello there.", 5);
    expect(&t, 1, "", "It is late.", 3607);
    expect(&t, 2, "", "[x] odd", -1);
    assert_string_equal(t.language, "en");
    moim_transcript_file_clear(&t);
}

static void json_of_ours_and_of_others(void **state)
{
    (void)state;
    struct moim_transcript_file t =
        parse("m.json", "{\"title\":\"회의\",\"date\":\"2026-03-11\",\"turns\":[{\"speaker\":\"가\",\"text\":"
                        "\"안녕\"},{\"text\":\" \"},{\"text\":\"두 번째\",\"start\":9,\"end\":11.5}]}");
    assert_int_equal(t.n, 2);
    expect(&t, 0, "가", "안녕", 0);
    expect(&t, 1, "", "두 번째", 9);
    assert_true(t.has_date && t.date.month == 3 && t.date.day == 11);
    assert_string_equal(t.title, "회의");
    moim_transcript_file_clear(&t);
    t = parse("m.json", "{\"started_at\":\"2026-11-24T08:00:00Z\",\"language\":\"en\",\"segments\":[{"
                        "\"start\":1,\"end\":2,\"text\":\"Hi\"}]}");
    expect(&t, 0, "", "Hi", 1);
    assert_true(t.has_date && t.date.year == 2026);
    moim_transcript_file_clear(&t);
}

static void subtitles(void **state)
{
    (void)state;
    struct moim_transcript_file t =
        parse("s.vtt", "WEBVTT\n\nNOTE nothing\n\n00:01.500 --> 00:04.000 align:start\nBob: One\ntwo\n\n"
                       "intro\n01:00:00.000 --> 01:00:01.000\nThree");
    assert_int_equal(t.n, 2);
    expect(&t, 0, "Bob", "One two", 1.5);
    expect(&t, 1, "", "Three", 3600);
    assert_true(fabs(t.turns[0].end - 4) < 1e-9);
    moim_transcript_file_clear(&t);
    t = parse("s.srt", "1\r\n00:00:02,250 --> 00:00:03,000\r\n안녕하세요\r\n\r\n");
    assert_int_equal(t.n, 1);
    expect(&t, 0, "", "안녕하세요", 2.25);
    moim_transcript_file_clear(&t);
}

static void a_long_name_of_a_voice_is_kept_whole(void **state)
{
    (void)state;
    char name[300] = "", text[700];
    while (strlen(name) < 285) strcat(name, "가나다라마"); /* 15 bytes */
    snprintf(text, sizeof text, "WEBVTT\n\n00:01.000 --> 00:02.000\n<v %s>네</v>\n", name);
    struct moim_transcript_file t = parse("long.vtt", text);
    assert_int_equal(t.n, 1);
    expect(&t, 0, name, "네", 1);
    moim_transcript_file_clear(&t);
}

static void no_cue_and_no_line_of_one_is_lost(void **state)
{
    (void)state;
    /* No blank lines between, no line feed at the end, a counter, a number that is said. */
    struct moim_transcript_file t =
        parse("s.srt", "\xef\xbb\xbf"
                       "1\n00:00:01,000 --> 00:00:02,000\none\n42\n2\n00:00:03,000 --> "
                       "00:00:04,000\ntwo\n\nafter a blank line\n\n3\n00:00:05,000 --> 00:00:06,000 "
                       "X1:1 X2:2\nName: ");
    assert_int_equal(t.n, 3);
    expect(&t, 0, "", "one 42", 1);
    expect(&t, 1, "", "two after a blank line", 3);
    expect(&t, 2, "", "Name:", 5);
    moim_transcript_file_clear(&t);
    t = parse("s.vtt",
              "WEBVTT - a title\r\nKind: captions\r\n\r\nSTYLE\r\n::cue {}\r\n\r\n"
              "00:01.000 --> 00:02.000\r\nNOTE is said\r\n100:00:00.000 --> 100:00:01.000 line:0\r\nlast");
    assert_int_equal(t.n, 2);
    expect(&t, 0, "", "NOTE is said", 1);
    expect(&t, 1, "", "last", 360000);
    moim_transcript_file_clear(&t);
    t = parse("s.srt", "1\r00:00:01,000 --> 00:00:02,000\rold\rMac\r");
    assert_int_equal(t.n, 1);
    expect(&t, 0, "", "old Mac", 1);
    moim_transcript_file_clear(&t);
    /* A line, and a cue, of 100 kB. */
    char *big = malloc(200100), *at = big + sprintf(big, "1\n00:00:01,000 --> 00:00:02,000\n");
    for (int i = 0; i < 20000; i++) at += sprintf(at, "word%c", i == 9999 ? '\n' : ' ');
    t = parse("s.srt", big);
    assert_int_equal(t.n, 1);
    assert_int_equal(strlen(t.turns[0].text), 5 * 20000 - 1);
    moim_transcript_file_clear(&t);
    free(big);
}

/* Every word of every cue is there, whatever stands between the cues. */
static void words_of_random_subtitles_are_all_there(void **state)
{
    (void)state;
    static const char *const nl[] = {"\n", "\r\n", "\r"};
    uint32_t x = 1;
    for (int run = 0; run < 3000; run++) {
        char text[8000], *at = text;
        bool vtt = run % 2;
        int word = 0, cues = 1 + (int)(x >> 20) % 8;
        const char *end = nl[run % 3];
        if (vtt) at += sprintf(at, "WEBVTT%s%s", end, end);
        for (int c = 0; c < cues; c++) {
            x = x * 1664525 + 1013904223;
            if ((x >> 16) & 1 || !vtt) at += sprintf(at, "%d%s", c + 1, end);
            if (vtt && !((x >> 16) & 1) && c) at += sprintf(at, "%s", end);
            at += sprintf(at, "00:00:%02d.000 --> 00:00:%02d.500%s%s", c, c,
                          (x >> 17) & 1 ? " align:start" : "", end);
            for (int l = 1 + (int)((x >> 18) & 3); l; l--)
                at += sprintf(at, "w%d. w%d.%s", word, word + 1, end), word += 2;
            for (int blanks = (int)((x >> 22) & 3); blanks; blanks--) at += sprintf(at, "%s", end);
        }
        struct moim_transcript_file t = parse(vtt ? "s.vtt" : "s.srt", text);
        if (t.n != cues) fail_msg("%d cues of %d in:\n%s", t.n, cues, text);
        for (int w = 0, found; w < word; w++) {
            char one[16];
            snprintf(one, sizeof one, "w%d.", w);
            found = 0;
            for (int i = 0; i < t.n; i++) found += strstr(t.turns[i].text, one) != NULL;
            if (found != 1) fail_msg("%s is found %d times in:\n%s", one, found, text);
        }
        moim_transcript_file_clear(&t);
    }
}

static void what_cannot_be_read_is_named_by_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *line;
    } bad[] = {
        {"a.srt", "hello\n1\n00:00:01,000 --> 00:00:02,000\nx\n", "line 1:"},
        {"a.srt", "1\n00:00:01,000 --> 00:00:02,000\nx\n\n2\n00:00:0x,000 --> 00:00:02,000\ny\n", "line 6:"},
        {"a.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nx\n00:03.000 --> \ny", "line 5:"},
        {"a.vtt", "WEBVTT\n\nstray\n", "line 3:"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct moim_transcript_file t;
        assert_int_equal(moim_transcript_file_parse(&t, bad[i].name, bad[i].text, strlen(bad[i].text), &err),
                         MOIM_EFORMAT);
        if (!strstr(err.msg, bad[i].line)) fail_msg("%s", err.msg);
    }
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
        struct moim_transcript_file t;
        assert_int_equal(moim_transcript_file_parse(&t, bad[i].name, bad[i].text, strlen(bad[i].text), &err),
                         MOIM_EFORMAT);
        assert_non_null(strstr(err.msg, bad[i].name));
        assert_null(t.turns);
    }
    struct moim_transcript_file t;
    assert_int_equal(moim_transcript_file_read(&t, "/nowhere/a.txt", &err), MOIM_ENOENT);
    assert_true(moim_transcript_file_named("x/y.SRT") && !moim_transcript_file_named("a.txt/b") &&
                !moim_transcript_file_named("m4a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_with_and_without_names_and_times),
        cmocka_unit_test(json_of_ours_and_of_others),
        cmocka_unit_test(subtitles),
        cmocka_unit_test(a_long_name_of_a_voice_is_kept_whole),
        cmocka_unit_test(no_cue_and_no_line_of_one_is_lost),
        cmocka_unit_test(words_of_random_subtitles_are_all_there),
        cmocka_unit_test(what_cannot_be_read_is_named_by_its_line),
        cmocka_unit_test(bad_files_are_named_and_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
