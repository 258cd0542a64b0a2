/* Tokenizers against llama.cpp (golden/tokens_*.txt, made by tests/golden/make_tokens.py). */
#include "testing.h"

#include "base/unicode.h"
#include "lm/tokenizer.h"

static struct moim_tokenizer *load(const char *model)
{
    struct moim_err err = {0};
    struct moim_weights *w;
    struct moim_tokenizer *t;
    assert_ok(moim_gguf_open(&w, test_model(model), &err), err);
    assert_ok(moim_tokenizer_new(&t, w, &err), err);
    moim_weights_close(w); /* the tokenizer keeps nothing of the file */
    return t;
}

static size_t unhex(const char *s, char *dst)
{
    size_t n = 0;
    for (; s[0] && s[0] != '-'; s += 2) {
        char byte[3] = {s[0], s[1], 0};
        dst[n++] = (char)strtol(byte, NULL, 16);
    }
    return n;
}

/* Compares one golden line; returns 1 on a difference, after printing it. */
static int check_line(const struct moim_tokenizer *t, char *line)
{
    static int32_t want[8192], got[8192];
    static char text[16384];
    char *save, *flags = strtok_r(line, " \n", &save), *hex = strtok_r(NULL, " \n", &save), *id;
    int n_want = 0, n_got;
    size_t len = unhex(hex, text);
    while ((id = strtok_r(NULL, " \n", &save))) want[n_want++] = (int32_t)strtol(id, NULL, 10);
    n_got = moim_tokenize(t, text, len, atoi(flags), got, 8192);
    if (n_got == n_want && memcmp(got, want, (size_t)n_want * sizeof *want) == 0) return 0;
    printf("  differs (flags %s) \"%.*s\" %s\n   want", flags, (int)len, text, hex);
    for (int i = 0; i < n_want; i++) printf(" %d", want[i]);
    printf("\n   got ");
    for (int i = 0; i < n_got; i++) printf(" %d", got[i]);
    printf("\n");
    return 1;
}

static void check_golden(const struct moim_tokenizer *t, const char *path)
{
    static char line[65536];
    FILE *f = fopen(path, "r");
    int n = 0, bad = 0;
    if (!f) fail_msg("%s is missing", path);
    for (; fgets(line, sizeof line, f); n++) bad += check_line(t, line);
    fclose(f);
    assert_true(n > 1000);
    if (bad) fail_msg("%d of %d tokenizations differ", bad, n);
}

/* The bytes of the tokens, joined, are the text again wherever the text is valid UTF-8. */
static void check_round_trip(const struct moim_tokenizer *t)
{
    static const char text[] = "김 대리님,  3,250만 원?\n\tIt's 12.5% \xF0\x9F\x98\x80 뷁쒧 naïve\r\n  끝";
    int32_t ids[256];
    char back[512];
    size_t len = 0, k;
    int n = moim_tokenize(t, text, sizeof text - 1, 0, ids, 256);
    assert_true(n > 5 && n < 256);
    for (int i = 0; i < n; i++) {
        const char *s = moim_token_bytes(t, ids[i], &k);
        memcpy(back + len, s, k);
        len += k;
    }
    assert_int_equal(len, sizeof text - 1);
    assert_memory_equal(back, text, len);
}

static void check_capacity(const struct moim_tokenizer *t)
{
    int32_t all[64], some[64];
    int n = moim_tokenize(t, "one two three 넷", 17, 0, all, 64);
    memset(some, 0x55, sizeof some);
    assert_int_equal(moim_tokenize(t, "one two three 넷", 17, 0, some, 2), n);
    assert_memory_equal(all, some, 2 * sizeof *all);
    assert_int_equal(some[2], 0x55555555);
    assert_int_equal(moim_tokenize(t, "x", 1, 0, NULL, 0), 1);
    assert_int_equal(moim_tokenize(t, NULL, 1, 0, all, 64), MOIM_EINVAL);
}

static void qwen2_equals_llama_cpp(void **state)
{
    (void)state;
    struct moim_tokenizer *t = load("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf");
    check_golden(t, "tests/lm/golden/tokens_qwen2.txt");
    check_round_trip(t);
    check_capacity(t);
    int32_t end = moim_tokenizer_find(t, "<|im_end|>");
    assert_int_equal(end, 151645);
    assert_int_equal(moim_tokenizer_eot(t), end);
    assert_true(moim_token_is_control(t, end));
    assert_int_equal(moim_tokenizer_find(t, "Ġthe"), 279);
    assert_int_equal(moim_tokenizer_find(t, "no such piece"), -1);
    size_t len;
    moim_token_bytes(t, end, &len);
    assert_int_equal(len, 0);
    moim_token_bytes(t, 1 << 30, &len);
    assert_int_equal(len, 0);
    moim_tokenizer_free(t);
}

static void gemma3_equals_llama_cpp(void **state)
{
    (void)state;
    struct moim_tokenizer *t = load("gemma3-270m-q4_k_m.gguf");
    check_golden(t, "tests/lm/golden/tokens_gemma3.txt");
    check_round_trip(t);
    check_capacity(t);
    assert_int_equal(moim_tokenizer_bos(t), 2);
    assert_int_equal(moim_tokenizer_eos(t), 1);
    assert_int_equal(moim_tokenizer_eot(t), moim_tokenizer_find(t, "<end_of_turn>"));
    moim_tokenizer_free(t);
}

/* One merge per step would be quadratic on a long run: a megabyte must stay a matter of a second. */
static void long_runs_take_linear_time(void **state)
{
    (void)state;
    struct moim_tokenizer *t = load("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf");
    size_t n = 1 << 20;
    char *text = malloc(n);
    assert_non_null(text);
    memset(text, 'a', n);
    assert_true(moim_tokenize(t, text, n, MOIM_TOK_SPECIAL, NULL, 0) > 1000);
    memset(text, '<', n);
    assert_true(moim_tokenize(t, text, n, MOIM_TOK_SPECIAL, NULL, 0) > 1000);
    free(text);
    moim_tokenizer_free(t);
}

static void classes_follow_unicode(void **state)
{
    (void)state;
    assert_int_equal(moim_uc_class('a'), MOIM_UC_LETTER);
    assert_int_equal(moim_uc_class(0xAC00), MOIM_UC_LETTER);
    assert_int_equal(moim_uc_class(0x2160), MOIM_UC_NUMBER); /* Roman numeral one */
    assert_int_equal(moim_uc_class(0xB2), MOIM_UC_NUMBER);
    assert_int_equal(moim_uc_class(0x3000), MOIM_UC_SPACE);
    assert_int_equal(moim_uc_class(0x300), MOIM_UC_OTHER);
    assert_int_equal(moim_uc_class(0x10FFFF), MOIM_UC_OTHER);
    for (uint32_t cp = 0; cp < 0x110000; cp++) {
        char s[4];
        uint32_t back;
        size_t n = moim_utf8_put(cp, s);
        assert_int_equal(moim_utf8_next(s, n, &back), n);
        assert_int_equal(back, cp);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_follow_unicode),
        cmocka_unit_test(qwen2_equals_llama_cpp),
        cmocka_unit_test(gemma3_equals_llama_cpp),
        cmocka_unit_test(long_runs_take_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
