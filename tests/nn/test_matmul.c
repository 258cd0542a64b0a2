#include "testing.h"

#include "nn/matmul.h"
#include "nn/quant.h"
#include "nn/vec.h"

#include <math.h>

static const enum moim_dtype types[] = {MOIM_F32,  MOIM_F16,  MOIM_Q8_0, MOIM_Q5_0,
                                        MOIM_Q4_0, MOIM_Q4_K, MOIM_Q5_K, MOIM_Q6_K};
#define N_TYPES (sizeof types / sizeof *types)

static float uniform(void)
{
    return (float)rand() / (float)RAND_MAX * 2 - 1;
}

/* Random bytes make valid blocks of any type, once the f16 scales are set to something of ordinary size. */
static void fill_random(enum moim_dtype t, uint8_t *p, size_t bytes)
{
    static const struct {
        int block, at[2], n;
    } scales[MOIM_DTYPE_COUNT] = {
        [MOIM_Q8_0] = {34, {0}, 1},     [MOIM_Q5_0] = {22, {0}, 1},     [MOIM_Q4_0] = {18, {0}, 1},
        [MOIM_Q4_K] = {144, {0, 2}, 2}, [MOIM_Q5_K] = {176, {0, 2}, 2}, [MOIM_Q6_K] = {210, {208}, 1}};
    if (t == MOIM_F32 || t == MOIM_F16) {
        for (size_t i = 0; i < bytes / (t == MOIM_F32 ? 4 : 2); i++) {
            float v = uniform();
            if (t == MOIM_F32)
                memcpy(p + 4 * i, &v, 4);
            else
                moim_f32_to_f16(p + 2 * i, &v, 1);
        }
        return;
    }
    for (size_t i = 0; i < bytes; i++) p[i] = (uint8_t)rand();
    for (size_t b = 0; b < bytes; b += (size_t)scales[t].block)
        for (int k = 0; k < scales[t].n; k++) {
            float v = uniform() * 0.1f;
            moim_f32_to_f16(p + b + scales[t].at[k], &v, 1);
        }
}

/* Within what quantizing the activations to 8 bits costs: one step of 127 an element, in the root of the
 * count. */
static void check_product(enum moim_dtype type, enum moim_pack pack, int rows, int cols, int n,
                          struct moim_pool *pool)
{
    size_t row_bytes = moim_row_bytes(type, (uint64_t)cols), bytes = row_bytes * (size_t)rows;
    uint8_t *data = malloc(bytes);
    float *x = malloc(sizeof *x * (size_t)(n * cols + 1)), *y = malloc(sizeof *y * (size_t)(n * rows + 1));
    float *row = malloc(sizeof *row * (size_t)cols), *bias = malloc(sizeof *bias * (size_t)rows);
    fill_random(type, data, bytes);
    for (int i = 0; i < n * cols; i++) x[i] = uniform();
    for (int i = 0; i < rows; i++) bias[i] = uniform();
    y[n * rows] = 123;
    struct moim_tensor t = {"t", type, 2, {(uint64_t)rows, (uint64_t)cols}, data, bytes};
    struct moim_weight *w;
    struct moim_err err;
    struct moim_matmul_ws *ws = moim_matmul_ws_new();
    assert_ok(moim_weight_new(&w, &t, pack, &err), err);
    assert_int_equal(moim_matmul(pool, ws, w, x, (size_t)cols, n, bias, y, (size_t)rows), MOIM_OK);
    for (int o = 0; o < rows; o++) {
        moim_dequantize(type, data + (size_t)o * row_bytes, (uint64_t)cols, row);
        for (int k = 0; k < n; k++) {
            double want = bias[o], size = 0;
            for (int i = 0; i < cols; i++)
                want += (double)row[i] * x[k * cols + i], size += (double)row[i] * row[i];
            double slack = 0.02 * sqrt(size) + 1e-4;
            if (fabs(want - y[k * rows + o]) > slack)
                fail_msg("%s, type %d pack %d, %d x %d, n %d: row %d token %d is %g instead of %g",
                         moim_simd_name(), type, pack, rows, cols, n, o, k, y[k * rows + o], want);
        }
    }
    assert_float_equal(y[n * rows], 123, 0);
    moim_weight_free(w);
    moim_matmul_ws_free(ws);
    free(data);
    free(x);
    free(y);
    free(row);
    free(bias);
}

static void products_are_right_for_every_type_shape_and_level(void **state)
{
    (void)state;
    static const char *const level[] = {"scalar", "avx2", "best"};
    struct moim_pool *pool = moim_pool_new(3);
    srand(3);
    for (int l = 0; l < 3; l++) {
        setenv("MOIM_SIMD", level[l], 1);
        for (size_t t = 0; t < N_TYPES; t++) {
            int block = types[t] >= MOIM_Q4_K ? 256 : types[t] >= MOIM_Q8_0 ? 32 : 1;
            static const int blocks[] = {1, 2, 3, 7}, rows[] = {1, 3, 4, 5, 66}, n[] = {0, 1, 2, 9};
            for (int b = 0; b < 4; b++)
                for (int r = 0; r < 5; r++)
                    for (int k = 0; k < 4; k++)
                        for (int pack = 0; pack < 3; pack++)
                            check_product(types[t], (enum moim_pack)pack, rows[r], blocks[b] * block, n[k],
                                          k % 2 ? pool : NULL);
        }
    }
    unsetenv("MOIM_SIMD");
    moim_pool_free(pool);
}

/* The SIMD kernels add the same integers as the scalar ones: only the order of the float sums differs. */
static void every_level_agrees_with_the_scalar_kernel(void **state)
{
    (void)state;
    const struct moim_qkernels *scalar = &moim_qkernels_scalar, *best = moim_qkernels_best();
    enum { COLS = 896, B = COLS / 16 };
    static uint8_t data[COLS / 32 * 34], q[2][4 * COLS];
    static float s[2][4 * B], c[2][4 * B], scale[2][B], sum[2][B], a[COLS];
    static int8_t x[2][COLS];
    srand(5);
    for (int round = 0; round < 20; round++) {
        const struct moim_qkernels *k[2] = {scalar, best};
        float out[2][4];
        for (int i = 0; i < COLS; i++) a[i] = uniform() * powf(10, (float)(round % 7) - 3);
        fill_random(MOIM_Q8_0, data, sizeof data);
        for (int v = 0; v < 2; v++) {
            for (int r = 0; r < 4; r++)
                k[v]->unpack(MOIM_Q8_0, data, COLS, q[v] + r * COLS, s[v] + r * B, c[v] + r * B);
            k[v]->quantize(a, COLS, round % 2 ? 32 : 256, x[v], scale[v], sum[v]);
            struct moim_qweights w = {q[v], s[v], c[v], COLS};
            k[v]->dot4(&w, x[v], scale[v], sum[v], out[v]);
        }
        assert_memory_equal(q[0], q[1], sizeof q[0]);
        assert_memory_equal(x[0], x[1], sizeof x[0]);
        for (int r = 0; r < 4; r++)
            assert_true(fabsf(out[0][r] - out[1][r]) <=
                        1e-4f * (1 + fabsf(out[0][r])) * powf(10, (float)(round % 7) - 3) + 1e-5f);
    }
}

static void numbers_that_are_none_do_no_harm(void **state)
{
    (void)state;
    float a[64];
    int8_t x[64];
    float scale[4], sum[4];
    for (int i = 0; i < 64; i++) a[i] = i % 3 ? NAN : INFINITY;
    moim_qkernels_best()->quantize(a, 64, 32, x, scale, sum);
    for (int i = 0; i < 64; i++) assert_true(x[i] >= -127);
}

static void vector_functions_are_as_exact_as_they_say(void **state)
{
    (void)state;
    enum { N = 4001 };
    static float x[N], y[N];
    for (int i = 0; i < N; i++) x[i] = ((float)i - 2000) / 100;
#define AGAINST(call, formula, slack)                                                                        \
    memcpy(y, x, sizeof y);                                                                                  \
    call(y, N);                                                                                              \
    for (int i = 0; i < N; i++) {                                                                            \
        double v = x[i], want = formula;                                                                     \
        if (fabs(y[i] - want) > (slack) * (1 + fabs(want)))                                                  \
            fail_msg(#call "(%g) = %g instead of %g", v, y[i], want);                                        \
    }
    AGAINST(moim_sigmoid, 1 / (1 + exp(-v)), 1e-6)
    AGAINST(moim_silu, v / (1 + exp(-v)), 1e-6)
    AGAINST(moim_tanh, tanh(v), 2e-6)
    AGAINST(moim_gelu_erf, 0.5 * v * (1 + erf(v / sqrt(2))), 2e-6)
    AGAINST(moim_gelu_tanh, 0.5 * v * (1 + tanh(0.7978845608 * (v + 0.044715 * v * v * v))), 2e-6)
    for (int n = 0; n < 70; n++) {
        double sum = 0, dot = 0, got = 0;
        for (int i = 0; i < n; i++) y[i] = x[i * 50], sum += exp(y[i]), dot += (double)y[i] * x[i];
        assert_true(fabs(moim_dot(y, x, (size_t)n) - dot) < 1e-3 * (1 + fabs(dot)));
        moim_softmax(y, (size_t)n);
        for (int i = 0; i < n; i++) got += y[i], assert_true(fabs(y[i] - exp(x[i * 50]) / sum) < 1e-6);
        if (n) assert_true(fabs(got - 1) < 1e-5);
    }
    float none[3] = {-INFINITY, -INFINITY, -INFINITY};
    moim_softmax(none, 3);
    assert_true(none[0] == 0 && none[2] == 0);
}

static void half_precision_round_trips(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 65536; h++) {
        uint16_t in = (uint16_t)h, out;
        float f;
        moim_f16_to_f32(&f, &in, 1);
        moim_f32_to_f16(&out, &f, 1);
        if (f == f)
            assert_int_equal(in, out);
        else
            assert_true((out & 0x7c00) == 0x7c00 && (out & 0x3ff));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_right_for_every_type_shape_and_level),
        cmocka_unit_test(every_level_agrees_with_the_scalar_kernel),
        cmocka_unit_test(numbers_that_are_none_do_no_harm),
        cmocka_unit_test(vector_functions_are_as_exact_as_they_say),
        cmocka_unit_test(half_precision_round_trips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
