/* Who a line of an export is said to be by. */
#include "storage/export.h"
#include "testing.h"

#include <stdlib.h>
#include <string.h>

static char *as_text(enum moim_format format, int first, int second, const char *name)
{
    struct moim_meeting m = {.title = "t", .language = "en", .duration = 10};
    struct moim_segment s[3] = {{
                                    .start = 1,
                                    .end = 2,
                                    .text = "one",
                                    .speaker = first,
                                    .speaker_name = (char *)name,
                                },
                                {
                                    .start = 3,
                                    .end = 4,
                                    .text = "two",
                                    .speaker_name = "",
                                }, /* nobody knows whose */
                                {
                                    .start = 5,
                                    .end = 6,
                                    .text = "three",
                                    .speaker = second,
                                    .speaker_name = "",
                                }};
    struct moim_document d = {.meeting = &m, .segments = s, .n_segments = 3};
    struct moim_err err = {0};
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    assert_non_null(f);
    assert_ok(moim_export(f, format, &d, &err), err);
    fclose(f);
    return text;
}

static const enum moim_format forms[] = {MOIM_TXT, MOIM_MD, MOIM_SRT, MOIM_VTT, MOIM_HTML};

static void who_speaks_alone_needs_no_number(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        char *text = as_text(forms[i], 1, 1, "");
        assert_non_null(strstr(text, "three"));
        assert_null(strstr(text, "Speaker"));
        free(text);
    }
}

static void but_keeps_a_name(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        char *text = as_text(forms[i], 1, 1, "Kim");
        assert_non_null(strstr(text, "Kim"));
        free(text);
    }
}

static void two_speakers_are_told_apart(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        char *text = as_text(forms[i], 1, 2, "");
        assert_non_null(strstr(text, "Speaker 1"));
        assert_non_null(strstr(text, "Speaker 2"));
        free(text);
    }
}

/* Programs read the number all the same. */
static void json_says_who_in_any_case(void **state)
{
    (void)state;
    char *text = as_text(MOIM_JSON, 1, 1, "");
    assert_non_null(strstr(text, "Speaker 1"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_speaks_alone_needs_no_number),
        cmocka_unit_test(but_keeps_a_name),
        cmocka_unit_test(two_speakers_are_told_apart),
        cmocka_unit_test(json_says_who_in_any_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
