/* What the recorder noticed and the user marked, between the lines of a transcript. */
#include "testing.h"

#include "storage/export.h"

static char *as_text(enum moim_format format, const char *language)
{
    struct moim_meeting m = {.title = "t", .language = (char *)(uintptr_t)language};
    struct moim_segment s[2] = {{
                                    .start = 1,
                                    .end = 2,
                                    .text = "one",
                                    .speaker_name = "",
                                },
                                {
                                    .start = 5,
                                    .end = 6,
                                    .text = "two",
                                    .speaker_name = "",
                                }};
    struct moim_bookmark b[] = {{.at = 0.5, .note = "(silent) nothing heard for 30 s"},
                                {.at = 3, .note = ""},
                                {.at = 4, .note = "(unknown) stays"},
                                {.at = 9, .note = "(pause)"}};
    struct moim_document d = {
        .meeting = &m, .segments = s, .n_segments = 2, .bookmarks = b, .n_bookmarks = 4};
    struct moim_err err = {0};
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    assert_ok(moim_export(f, format, &d, &err), err);
    fclose(f);
    return text;
}

static void marks_stand_where_they_happened(void **state)
{
    (void)state;
    char *text = as_text(MOIM_TXT, "en");
    char *lines = strstr(text, "[0:00]"); /* below title and day */
    assert_non_null(lines);
    assert_string_equal(lines,
                        "[0:00] -- nothing heard: nothing heard for 30 s\n[0:01] one\n[0:03] -- bookmark\n"
                        "[0:04] -- (unknown) stays\n[0:05] two\n[0:09] -- paused\n");
    free(text);
    text = as_text(MOIM_TXT, "ko");
    assert_non_null(strstr(text, "[0:03] -- 책갈피\n"));
    assert_non_null(strstr(text, "[0:09] -- 일시 정지\n"));
    free(text);
}

static void every_form_for_readers_shows_them(void **state)
{
    (void)state;
    const enum moim_format forms[] = {MOIM_TXT, MOIM_MD, MOIM_HTML};
    for (int i = 0; i < 3; i++) {
        char *text = as_text(forms[i], "en"), *one = strstr(text, "one"), *mark = strstr(text, "bookmark"),
             *two = strstr(text, "two"), *paused = strstr(text, "paused");
        assert_true(one && mark > one && two > mark && paused > two);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_stand_where_they_happened),
        cmocka_unit_test(every_form_for_readers_shows_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
