/* safetensors: what is read, and each lie of a header is refused. */
#include "testing.h"

#include "nn/weights.h"

#include <unistd.h>

static struct moim_err err;

static int opened(struct moim_weights **w, const char *header, uint64_t length, const void *data,
                  size_t bytes)
{
    char path[] = "/tmp/moim-safetensors-XXXXXX";
    FILE *f = fdopen(mkstemp(path), "wb");
    assert_non_null(f);
    fwrite(&length, 8, 1, f);
    fputs(header, f);
    fwrite(data, 1, bytes, f);
    fclose(f);
    err = (struct moim_err){0};
    int rc = moim_safetensors_open(w, path, NULL, &err);
    unlink(path);
    return rc;
}

static void tensors_are_read(void **state)
{
    (void)state;
    static const char header[] =
        "{\"__metadata__\":{\"a\":\"b\"},\"x\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[4,20]},"
        "\"one\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}   ";
    const float data[] = {7, 1, 2, 3, 4};
    struct moim_weights *w;
    assert_ok(opened(&w, header, strlen(header), data, sizeof data), err);
    const struct moim_tensor *x = moim_weights_find(w, "x"), *one = moim_weights_find(w, "one");
    assert_non_null(x);
    assert_non_null(one);
    assert_int_equal(moim_weights_count(w), 2);
    assert_int_equal(x->rank, 2);
    assert_int_equal(one->rank, 0);
    float row[2];
    moim_tensor_row(x, 1, row);
    assert_true(row[0] == 3 && row[1] == 4);
    assert_memory_equal(one->data, data, 4);
    moim_weights_close(w);
}

#define ENTRY(dtype, shape, from, to)                                                                        \
    "{\"x\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" from "," to "]}}"

static void lies_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        long more; /* added to the length that the file states */
        int rc;
    } cases[] = {{ENTRY("F32", "[2]", "0", "8"), 0, MOIM_OK},
                 {ENTRY("F64", "[1]", "0", "8"), 0, MOIM_EUNSUP},
                 {ENTRY("F32", "[2]", "0", "4"), 0, MOIM_EFORMAT},
                 {ENTRY("F32", "[2]", "8", "16"), 0, MOIM_EFORMAT},
                 {ENTRY("F32", "[2]", "8", "0"), 0, MOIM_EFORMAT},
                 {ENTRY("F32", "[2]", "-8", "0"), 0, MOIM_EFORMAT},
                 {ENTRY("F32", "[2]", "0.5", "8.5"), 0, MOIM_EFORMAT},
                 {ENTRY("F32", "[2]", "1e300", "1e300"), 0, MOIM_EFORMAT},
                 {ENTRY("F32", "[0]", "0", "0"), 0, MOIM_EFORMAT},
                 {ENTRY("F32", "[1,1,1,1,2]", "0", "8"), 0, MOIM_EFORMAT},
                 {ENTRY("F32", "[4294967296,4294967296,4294967296]", "0", "8"), 0, MOIM_EFORMAT},
                 {ENTRY("F32", "2", "0", "8"), 0, MOIM_EFORMAT},
                 {"{\"x\":1}", 0, MOIM_EFORMAT},
                 {"[]", 0, MOIM_EFORMAT},
                 {"", 0, MOIM_EFORMAT},
                 {ENTRY("F32", "[2]", "0", "8"), 100, MOIM_EFORMAT},
                 {ENTRY("F32", "[2]", "0", "8"), -1, MOIM_EFORMAT},
                 {ENTRY("F32", "[2]", "0", "8"), -1000, MOIM_EFORMAT}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct moim_weights *w;
        uint64_t length = strlen(cases[i].header) + (uint64_t)cases[i].more;
        int rc = opened(&w, cases[i].header, length, "12345678", 8);
        if (rc != cases[i].rc) fail_msg("%s: %d instead of %d", cases[i].header, rc, cases[i].rc);
        if (rc)
            assert_null(w);
        else
            moim_weights_close(w);
    }
}

/* A tree of JSON takes many times its text: a file that is all header is none. */
static void a_file_of_header_alone_is_refused(void **state)
{
    (void)state;
    size_t n = 1 << 20;
    char *header = malloc(n + 1);
    memset(header, '1', n);
    for (size_t i = 6; i < n; i += 2) header[i] = ',';
    memcpy(header, "{\"x\":[", 6);
    memcpy(header + n - 2, "]}", 3);
    struct moim_weights *w;
    assert_int_equal(opened(&w, header, n, "", 0), MOIM_EFORMAT);
    free(header);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tensors_are_read), cmocka_unit_test(lies_are_refused),
                                       cmocka_unit_test(a_file_of_header_alone_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
