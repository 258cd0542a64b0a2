/* Each way to cut words against llama.cpp, with a vocabulary whose merges cross every border (golden/splits, made by
 * tests/golden/make_splits.py). */
#include "testing.h"

#include "lm/tokenizer.h"
#include "nn/weights_int.h"

static size_t unhex(const char *s, char *out)
{
    size_t n = 0;
    for (; *s && *s != '-'; s += 2) {
        unsigned v;
        sscanf(s, "%2x", &v);
        out[n++] = (char)v;
    }
    return n;
}

static void check(const char *pre)
{
    struct moim_err err = {0};
    struct moim_weights *w;
    struct moim_tokenizer *t;
    char path[128];
    static char line[65536], text[8192];
    int lines = 0;
    assert_ok(moim_gguf_open(&w, "tests/lm/golden/splits/splits.gguf", &err), err);
    for (size_t i = 0; i < w->n_meta; i++)
        if (!strcmp(w->meta[i].key, "tokenizer.ggml.pre")) w->meta[i].s = pre, w->meta[i].n = strlen(pre);
    assert_ok(moim_tokenizer_new(&t, w, &err), err);
    snprintf(path, sizeof path, "tests/lm/golden/splits/%s.txt", pre);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    for (; fgets(line, sizeof line, f); lines++) {
        char *save, *s = strtok_r(line, " \n", &save);
        int32_t got[4096];
        size_t len = unhex(s, text);
        int n = moim_tokenize(t, text, len, 0, got, 4096), i = 0;
        while ((s = strtok_r(NULL, " \n", &save))) {
            if (i >= n || got[i] != atoi(s))
                fail_msg("%s, line %d (%.*s): token %d is %d instead of %s", pre, lines + 1, (int)len, text,
                         i, i < n ? got[i] : -1, s);
            i++;
        }
        assert_int_equal(i, n);
    }
    fclose(f);
    assert_true(lines > 400);
    moim_tokenizer_free(t);
    moim_weights_close(w);
}

static void words_are_cut_as_llama_cpp_cuts_them(void **state)
{
    (void)state;
    static const char *const pre[] = {"qwen2", "llama-bpe", "gpt-2", "exaone", "gpt-4o", "tekken"};
    for (size_t i = 0; i < sizeof pre / sizeof *pre; i++) check(pre[i]);
}

static void an_unknown_way_is_refused_by_name(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_weights *w;
    struct moim_tokenizer *t;
    assert_ok(moim_gguf_open(&w, "tests/lm/golden/splits/splits.gguf", &err), err);
    for (size_t i = 0; i < w->n_meta; i++)
        if (!strcmp(w->meta[i].key, "tokenizer.ggml.pre")) w->meta[i].s = "nobody", w->meta[i].n = 6;
    assert_int_equal(moim_tokenizer_new(&t, w, &err), MOIM_EUNSUP);
    assert_non_null(strstr(err.msg, "nobody"));
    moim_weights_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_cut_as_llama_cpp_cuts_them),
        cmocka_unit_test(an_unknown_way_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
