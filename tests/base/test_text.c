/* Text from outside: always valid UTF-8, no control characters, Korean of Windows decoded. */
#include "testing.h"

#include "base/status.h"
#include "base/text.h"

static void expect(const char *bytes, bool lines, const char *wanted)
{
    char *clean = moim_text_clean(bytes, lines);
    assert_string_equal(clean, wanted);
    free(clean);
}

static void clean_text_stays_and_the_rest_is_shown(void **state)
{
    (void)state;
    expect("회의 a.wav", false, "회의 a.wav");
    expect("\xc8\xb8\xc0\xc7", false, "회의"); /* CP949 */
    expect("\xc8\xb8\xc0\xc7\x1b[2J", false, "회의\\x1b[2J");
    expect("a\x1b]0;x\x07"
           "b",
           false, "a\\x1b]0;x\\x07b");
    expect("a\xc2\x9b"
           "31m",
           false, "a\\u009b31m"); /* C1: an escape sequence to some terminals */
    expect("a\nb\tc", true, "a\nb\tc");
    expect("a\nb", false, "a\\x0ab");
    expect("\xff\xfe", false, "\\xff\\xfe");
    expect("회\xec\x9d", false, "회\\xec\\x9d"); /* damaged UTF-8 is no CP949 */
    expect("\xed\xa0\x80", false, "\\xed\\xa0\\x80");
    expect("", false, "");
}

static void random_bytes_become_clean(void **state)
{
    (void)state;
    uint32_t x = 7;
    for (int i = 0; i < 200000; i++) {
        char bytes[24];
        int n = (int)(x >> 8) % 23;
        for (int k = 0; k < n; k++) {
            x = x * 1664525 + 1013904223;
            bytes[k] = (char)((x >> 16) % 255 + 1);
        }
        bytes[n] = 0;
        x = x * 1664525 + 1013904223;
        char *clean = moim_text_clean(bytes, false), *again = moim_text_clean(clean, false);
        for (const char *p = clean; *p; p += moim_utf8_length(p))
            if (!moim_utf8_length(p) || moim_is_control(p)) fail_msg("not clean after %d", i);
        assert_string_equal(clean, again);
        free(clean);
        free(again);
        size_t cap = strlen(bytes) + 1;
        moim_text_clean_in(bytes, cap, false);
        assert_true(strlen(bytes) < cap);
        for (const char *p = bytes; *p; p += moim_utf8_length(p)) assert_true(moim_utf8_length(p) > 0);
    }
}

static void messages_are_clean_and_not_cut_within_a_character(void **state)
{
    (void)state;
    struct moim_err err;
    char name[700];
    moim_fail(&err, MOIM_EIO, "%s: cannot be read", "\x1b[31m\xc8\xb8\xc0\xc7.wav");
    assert_string_equal(err.msg, "\\x1b[31m회의.wav: cannot be read");
    for (int pad = 0; pad < 4; pad++) {
        memset(name, 0, sizeof name);
        memset(name, 'a', (size_t)pad);
        while (strlen(name) < 600) strcat(name, "한");
        moim_fail(&err, MOIM_EIO, "%s", name);
        size_t n = strlen(err.msg);
        assert_true(n > 500 && n < sizeof err.msg && !strncmp(err.msg, name, n));
        for (const char *p = err.msg; *p; p += moim_utf8_length(p)) assert_true(moim_utf8_length(p) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clean_text_stays_and_the_rest_is_shown),
        cmocka_unit_test(random_bytes_become_clean),
        cmocka_unit_test(messages_are_clean_and_not_cut_within_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
