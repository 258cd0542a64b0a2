/* GGUF files that promise more than they hold, and their strings. */
#include "testing.h"

#include "nn/weights.h"

#include <unistd.h>

struct file {
    char path[32];
    FILE *f;
};

static void put(struct file *t, uint64_t v, size_t bytes)
{
    assert_int_equal(fwrite(&v, bytes, 1, t->f), 1);
}

static void put_string(struct file *t, const char *s)
{
    put(t, strlen(s), 8);
    fwrite(s, 1, strlen(s), t->f);
}

static struct file begin(uint64_t tensors, uint64_t keys)
{
    struct file t = {.path = "/tmp/moim-gguf-XXXXXX"};
    t.f = fdopen(mkstemp(t.path), "wb");
    assert_non_null(t.f);
    fwrite("GGUF", 1, 4, t.f);
    put(&t, 3, 4);
    put(&t, tensors, 8);
    put(&t, keys, 8);
    return t;
}

static int open_it(struct file *t, struct moim_weights **w, struct moim_err *err)
{
    fclose(t->f);
    int rc = moim_gguf_open(w, t->path, err);
    remove(t->path);
    return rc;
}

/* A key that holds an array of so many strings. */
static void put_array(struct file *t, const char *key, uint64_t n)
{
    put_string(t, key);
    put(t, 9, 4);
    put(t, 8, 4);
    put(t, n, 8);
}

static void strings_are_read_where_they_lie(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_weights *w;
    const char *s;
    size_t n;
    struct file t = begin(0, 1);
    put_array(&t, "words", 3);
    put_string(&t, "first");
    put_string(&t, "");
    put_string(&t, "셋째");
    assert_ok(open_it(&t, &w, &err), err);
    assert_int_equal(moim_weights_arr_len(w, "words"), 3);
    assert_true(moim_weights_arr_str(w, "words", 0, &s, &n));
    assert_int_equal(n, 5);
    assert_memory_equal(s, "first", 5);
    assert_true(moim_weights_arr_str(w, "words", 1, &s, &n));
    assert_int_equal(n, 0);
    assert_true(moim_weights_arr_str(w, "words", 2, &s, &n));
    assert_int_equal(n, 6);
    assert_memory_equal(s, "셋째", 6);
    assert_false(moim_weights_arr_str(w, "words", 3, &s, &n));
    moim_weights_close(w);
}

/* Each string has a length of 8 bytes at least: more cannot be there, however long the file. */
static void strings_that_cannot_be_there_are_refused(void **state)
{
    (void)state;
    static const uint64_t counts[] = {5, 32, UINT64_MAX / 8 + 2, UINT64_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct moim_err err = {0};
        struct moim_weights *w;
        struct file t = begin(0, 1);
        put_array(&t, "words", counts[i]);
        for (int k = 0; k < 4; k++) put(&t, 0, 8);
        assert_int_equal(open_it(&t, &w, &err), MOIM_EFORMAT);
        assert_non_null(strstr(err.msg, "metadata"));
    }
}

static void a_table_without_end_is_refused(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_weights *w;
    char key[16];
    struct file t = begin(0, 70000);
    for (int i = 0; i < 70000; i++) {
        snprintf(key, sizeof key, "k%d", i);
        put_string(&t, key);
        put(&t, 0, 4);
        put(&t, 1, 1);
    }
    assert_int_equal(open_it(&t, &w, &err), MOIM_EUNSUP);
    assert_non_null(strstr(err.msg, "65536"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_read_where_they_lie),
        cmocka_unit_test(strings_that_cannot_be_there_are_refused),
        cmocka_unit_test(a_table_without_end_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
