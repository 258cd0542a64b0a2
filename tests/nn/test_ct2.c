/* CTranslate2's container: 8-bit matrices with the scales of their rows, other names, types that are refused by name. */
#include "testing.h"

#include "nn/matmul.h"
#include "nn/weights.h"

#include <math.h>
#include <unistd.h>

static FILE *f;
static char path[64];

static void u8(unsigned v)
{
    fputc((int)v, f);
}
static void u32(uint32_t v)
{
    fwrite(&v, 4, 1, f);
}
static void text(const char *s)
{
    uint16_t n = (uint16_t)(strlen(s) + 1);
    fwrite(&n, 2, 1, f);
    fwrite(s, 1, n, f);
}
static void variable(const char *name, int rank, const uint32_t *dims, unsigned type, const void *data,
                     size_t bytes)
{
    text(name);
    u8((unsigned)rank);
    for (int i = 0; i < rank; i++) u32(dims[i]);
    u8(type);
    u32((uint32_t)bytes);
    fwrite(data, 1, bytes, f);
}

static const int8_t codes[3 * 4] = {127, -64, 0, 1, 10, 20, 30, 40, -127, 5, 6, 7};
static const float scales[3] = {127, 10, 254};

static void begin(uint32_t variables)
{
    strcpy(path, "/tmp/moim-ct2-XXXXXX");
    f = fdopen(mkstemp(path), "wb");
    assert_non_null(f);
    u32(6);
    text("WhisperSpec");
    u32(3);
    u32(variables);
}

static int opened(struct moim_weights **w, struct moim_err *err)
{
    fclose(f);
    int rc = moim_ct2_open(w, path, err);
    unlink(path);
    return rc;
}

static void rows_of_eight_bits_have_their_scales(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_weights *w;
    begin(2);
    variable("a/weight", 2, (uint32_t[]){3, 4}, 1, codes, sizeof codes);
    variable("a/weight_scale", 1, (uint32_t[]){3}, 0, scales, sizeof scales);
    u32(2);
    text("b/weight"), text("a/weight");
    text("b/weight_scale"), text("a/weight_scale");
    assert_ok(opened(&w, &err), err);
    assert_null(moim_weights_find(w, "a/weight_scale"));
    for (int k = 0; k < 2; k++) {
        const struct moim_tensor *t = moim_weights_find(w, k ? "b/weight" : "a/weight");
        assert_non_null(t);
        float row[4], y[3], one[4] = {1, 1, 1, 1};
        for (int r = 0; r < 3; r++) {
            moim_tensor_row(t, (uint64_t)r, row);
            for (int i = 0; i < 4; i++)
                assert_true(fabsf(row[i] - (float)codes[4 * r + i] / scales[r]) < 1e-6f);
        }
        for (int pack = 0; pack < 3; pack++) {
            struct moim_weight *m;
            struct moim_matmul_ws *ws = moim_matmul_ws_new();
            assert_ok(moim_weight_new(&m, t, (enum moim_pack)pack, &err), err);
            assert_int_equal(moim_matmul(NULL, ws, m, one, 4, 1, NULL, y, 3), MOIM_OK);
            for (int r = 0; r < 3; r++) {
                float want = 0;
                for (int i = 0; i < 4; i++) want += (float)codes[4 * r + i] / scales[r];
                if (fabsf(y[r] - want) > 1e-4f)
                    fail_msg("pack %d, row %d: %f instead of %f", pack, r, (double)y[r], (double)want);
            }
            moim_weight_free(m);
            moim_matmul_ws_free(ws);
        }
    }
    assert_ok(moim_weights_all_used(w, &err), err);
    moim_weights_close(w);
}

static void wrong_scales_and_types_are_refused(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_weights *w;
    begin(2);
    variable("a/weight", 2, (uint32_t[]){3, 4}, 1, codes, sizeof codes);
    variable("a/weight_scale", 1, (uint32_t[]){2}, 0, scales, 8);
    u32(0);
    assert_int_equal(opened(&w, &err), MOIM_EFORMAT);
    begin(1);
    variable("a/weight", 2, (uint32_t[]){2, 3}, 2, codes, 12);
    u32(0);
    assert_int_equal(opened(&w, &err), MOIM_EUNSUP);
    assert_non_null(strstr(err.msg, "a/weight has type int16"));
}

static void a_tensor_that_nobody_asked_for_is_told(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_weights *w;
    begin(2);
    variable("known", 1, (uint32_t[]){3}, 0, scales, sizeof scales);
    variable("stranger", 1, (uint32_t[]){3}, 0, scales, sizeof scales);
    u32(0);
    assert_ok(opened(&w, &err), err);
    assert_non_null(moim_weights_find(w, "known"));
    assert_int_equal(moim_weights_all_used(w, &err), MOIM_EUNSUP);
    assert_non_null(strstr(err.msg, "stranger"));
    moim_weights_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_eight_bits_have_their_scales),
        cmocka_unit_test(wrong_scales_and_types_are_refused),
        cmocka_unit_test(a_tensor_that_nobody_asked_for_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
