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

static void hangul_is_known_within_other_text(void **state)
{
    (void)state;
    assert_true(moim_has_hangul("the 회의 of today"));
    assert_true(moim_has_hangul("가") && moim_has_hangul("힣"));
    assert_false(moim_has_hangul("") ||
                 moim_has_hangul("caf\xc3\xa9 \xe4\xbc\x9a\xe8\xad\xb0 \xf0\x9f\x98\x80"));
}

static void hangul_in_pieces_is_composed(void **state)
{
    (void)state;
    expect("\u1112\u116c\u110b\u1174 a.wav", false, "회의 a.wav");
    expect("\u1100\u1175\u11b7 \u1106\u1175\u11ab\u1109\u116e", false, "김 민수");
    expect("가\u11a8", false, "각"); /* a syllable and its final */
    expect("\u1100 \u1161 \u11a8 각\u11a8 漢\u11a8", false,
           "\u1100 \u1161 \u11a8 각\u11a8 漢\u11a8"); /* nothing to join */
    for (unsigned c = 0xAC00; c <= 0xD7A3; c++) {     /* every syllable */
        unsigned i = c - 0xAC00, jamo[3] = {0x1100 + i / 588, 0x1161 + i % 588 / 28, 0x11A7 + i % 28};
        char pieces[16] = "",
             whole[4] = {(char)(0xE0 | c >> 12), (char)(0x80 | (c >> 6 & 63)), (char)(0x80 | (c & 63)), 0};
        for (int k = 0; k < (i % 28 ? 3 : 2); k++) {
            char one[4] = {(char)(0xE0 | jamo[k] >> 12), (char)(0x80 | (jamo[k] >> 6 & 63)),
                           (char)(0x80 | (jamo[k] & 63)), 0};
            strcat(pieces, one);
        }
        moim_hangul_compose(pieces);
        assert_string_equal(pieces, whole);
    }
}

static void decodes(const char *bytes, size_t n, const char *wanted)
{
    size_t out = 0;
    char *text;
    assert_int_equal(moim_text_decode(bytes, n, &text, &out), wanted ? MOIM_OK : MOIM_EFORMAT);
    if (!wanted) {
        assert_null(text);
        return;
    }
    assert_string_equal(text, wanted);
    assert_int_equal(out, strlen(wanted));
    free(text);
}

static void files_of_every_encoding_are_read(void **state)
{
    (void)state;
    decodes("\xef\xbb\xbf회의", 9, "회의");
    decodes("회의", 6, "회의");
    decodes("\xc8\xb8\xc0\xc7", 4, "회의"); /* CP949 */
    decodes("\xff\xfe\x8c\xd6\x58\xc7", 6, "회의");
    decodes("\xfe\xff\xd6\x8c\xc7\x58", 6, "회의");
    decodes("a\0:\0 \0b\0", 8, "a: b");
    decodes("\0a\0:\0 \0b", 8, "a: b");
    decodes("a\0b", 3, NULL);
    decodes("회\xec\x9d", 5, NULL);
    decodes("\xff\xfe\x00\xd8", 4, NULL); /* half of a pair */
    decodes("", 0, "");
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
        cmocka_unit_test(hangul_is_known_within_other_text),
        cmocka_unit_test(hangul_in_pieces_is_composed),
        cmocka_unit_test(files_of_every_encoding_are_read),
        cmocka_unit_test(messages_are_clean_and_not_cut_within_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
