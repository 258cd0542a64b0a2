#include "testing.h"

#include "nn/matmul.h"
#include "nn/quant.h"
#include "nn/vec.h"

#include <math.h>

static const enum moim_dtype types[] = {MOIM_F32,  MOIM_F16,  MOIM_BF16, MOIM_I8,     MOIM_Q8_0,  MOIM_Q5_0,
                                        MOIM_Q4_0, MOIM_Q4_1, MOIM_Q5_1, MOIM_IQ4_NL, MOIM_MXFP4, MOIM_IQ4_XS,
                                        MOIM_Q4_K, MOIM_Q5_K, MOIM_Q6_K, MOIM_Q2_K,   MOIM_Q3_K};
#define N_TYPES (sizeof types / sizeof *types)

static float uniform(void)
{
    return (float)rand() / (float)RAND_MAX * 2 - 1;
}

/* Random bytes make valid blocks of any type, once the f16 scales are set to something of ordinary size. */
static void fill_scales(enum moim_dtype t, uint8_t *p, size_t bytes)
{
    static const struct {
        int block, at[2], n;
    } scales[MOIM_DTYPE_COUNT] = {
        [MOIM_Q8_0] = {34, {0}, 1},     [MOIM_Q5_0] = {22, {0}, 1},      [MOIM_Q4_0] = {18, {0}, 1},
        [MOIM_Q4_K] = {144, {0, 2}, 2}, [MOIM_Q5_K] = {176, {0, 2}, 2},  [MOIM_Q6_K] = {210, {208}, 1},
        [MOIM_Q4_1] = {20, {0, 2}, 2},  [MOIM_Q5_1] = {24, {0, 2}, 2},   [MOIM_IQ4_NL] = {18, {0}, 1},
        [MOIM_IQ4_XS] = {136, {0}, 1},  [MOIM_Q2_K] = {84, {80, 82}, 2}, [MOIM_Q3_K] = {110, {108}, 1}};
    for (size_t b = 0; t == MOIM_MXFP4 && b < bytes; b += 17) p[b] = (uint8_t)(118 + rand() % 8);
    if (t == MOIM_MXFP4) return;
    for (size_t b = 0; b < bytes; b += (size_t)scales[t].block)
        for (int k = 0; k < scales[t].n; k++) {
            float v = uniform() * 0.1f;
            moim_f32_to_f16(p + b + scales[t].at[k], &v, 1);
        }
}

static void fill_random(enum moim_dtype t, uint8_t *p, size_t bytes)
{
    if (t == MOIM_F32 || t == MOIM_F16 || t == MOIM_BF16) {
        for (size_t i = 0; i < bytes / (t == MOIM_F32 ? 4 : 2); i++) {
            float v = uniform();
            if (t == MOIM_F16)
                moim_f32_to_f16(p + 2 * i, &v, 1);
            else if (t == MOIM_F32)
                memcpy(p + 4 * i, &v, 4);
            else
                memcpy(p + 2 * i, (uint8_t *)&v + 2, 2);
        }
        return;
    }
    for (size_t i = 0; i < bytes; i++) p[i] = (uint8_t)rand();
    if (t != MOIM_I8) fill_scales(t, p, bytes);
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
    float *scale = malloc(sizeof *scale * (size_t)rows);
    for (int i = 0; i < rows; i++) scale[i] = 127 / (0.5f + (float)(i % 5));
    struct moim_tensor t = {
        "t", type, 2, {(uint64_t)rows, (uint64_t)cols}, data, bytes, type == MOIM_I8 ? scale : NULL};
    struct moim_weight *w;
    struct moim_err err;
    struct moim_matmul_ws *ws = moim_matmul_ws_new();
    assert_ok(moim_weight_new(&w, &t, pack, &err), err);
    assert_int_equal(moim_matmul(pool, ws, w, x, (size_t)cols, n, bias, y, (size_t)rows), MOIM_OK);
    for (int o = 0; o < rows; o++) {
        moim_dequantize(type, data + (size_t)o * row_bytes, (uint64_t)cols, row);
        for (int i = 0; type == MOIM_I8 && i < cols; i++) row[i] /= scale[o];
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
    free(scale);
}

static void products_are_right_for_every_type_shape_and_level(void **state)
{
    (void)state;
    static const char *const level[] = {"scalar", "sse41", "avx2", "best"};
    struct moim_pool *pool = moim_pool_new(3);
    srand(3);
    for (int l = 0; l < 4; l++) {
        setenv("MOIM_SIMD", level[l], 1);
        for (size_t t = 0; t < N_TYPES; t++) {
            int block = (int)moim_block_values(types[t]);
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

/* One arithmetic: bytes, scales, sums and products are equal to the last bit at every level. */
static void check_level(const struct moim_qkernels *k, int type, int cols, int live, int n)
{
    const struct moim_qkernels *ref = &moim_qkernels_scalar, *both[2] = {ref, k};
    size_t padded = moim_qcols(type, cols), blocks = padded / (size_t)moim_qblock(type);
    size_t bytes = moim_qpanel_bytes(type, cols),
           row_bytes = type == MOIM_W8 ? 0 : moim_row_bytes((enum moim_dtype)type, (uint64_t)cols);
    uint8_t *data = malloc(row_bytes * (size_t)live + 1), *panel[2];
    float *x = malloc((size_t)n * (size_t)cols * sizeof *x), *d[2], out[2][MOIM_QTILE * MOIM_QROWS_MAX];
    int8_t *q[2];
    int32_t *sums[2];
    for (int i = 0; i < n * cols; i++) x[i] = uniform() * powf(10, (float)(i / cols % 7) - 3);
    if (n > 1) memset(x, 0, (size_t)cols * sizeof *x);
    if (type != MOIM_W8) fill_random((enum moim_dtype)type, data, row_bytes * (size_t)live);
    for (int v = 0; v < 2; v++) {
        panel[v] = calloc(1, bytes + 64);
        q[v] = malloc((size_t)n * padded);
        d[v] = malloc((size_t)n * blocks * sizeof(float));
        sums[v] = calloc((size_t)n * padded / 4, sizeof(int32_t));
        for (int t = 0; t < n; t++)
            both[v]->quantize(type, x + t * cols, cols, q[v] + (size_t)t * padded, d[v] + (size_t)t * blocks,
                              sums[v] + (size_t)t * padded / 4);
        if (type == MOIM_W8) {
            const float *rows[16];
            for (int r = 0; r < live; r++) rows[r] = x + (r % n) * cols;
            moim_w8_pack(rows, live, cols, panel[v]);
        } else
            both[v]->unpack(type, data, row_bytes, live, cols, panel[v]);
        struct moim_qacts a = {q[v], d[v], sums[v]};
        both[v]->tile(type, panel[v], cols, &a, 0, n, out[v]);
    }
    float reach = 0; /* the largest result of any: a small one is the difference of large ones */
    for (int i = 0; i < n * moim_qrows(type); i++) reach = fmaxf(reach, fabsf(out[0][i]));
    bool exact = strcmp(k->name, "sse4.1") != 0;
    assert_memory_equal(q[0], q[1], (size_t)n * padded);
    assert_memory_equal(d[0], d[1], (size_t)n * blocks * sizeof(float));
    for (int t = 0; t < n; t++)
        for (int r = 0; r < live; r++) {
            float want = out[0][t * moim_qrows(type) + r], got = out[1][t * moim_qrows(type) + r];
            bool same = exact ? memcmp(&want, &got, 4) == 0
                              : fabsf(want - got) <= 2e-6f * reach + 1e-5f * fabsf(want);
            if (!same)
                fail_msg("%s, type %d, %d columns, %d rows, n %d: row %d of activation %d is %.9g, not %.9g",
                         k->name, type, cols, live, n, r, t, (double)got, (double)want);
        }
    for (int v = 0; v < 2; v++) free(panel[v]), free(q[v]), free(d[v]), free(sums[v]);
    free(data);
    free(x);
}

static void every_level_computes_the_same_bits(void **state)
{
    (void)state;
    static const int quantized[] = {MOIM_Q8_0,   MOIM_Q5_0,  MOIM_Q4_0,   MOIM_Q4_1, MOIM_Q5_1,
                                    MOIM_IQ4_NL, MOIM_MXFP4, MOIM_IQ4_XS, MOIM_Q4_K, MOIM_Q5_K,
                                    MOIM_Q6_K,   MOIM_Q2_K,  MOIM_Q3_K,   MOIM_W8};
    static const char *const level[] = {"sse41", "avx2", "best"};
    srand(5);
    for (int l = 0; l < 3; l++) {
        setenv("MOIM_SIMD", level[l], 1);
        for (size_t i = 0; i < sizeof quantized / sizeof *quantized; i++)
            for (int n = 1; n <= MOIM_QTILE; n++)
                for (int blocks = 1; blocks < 8; blocks += 2) {
                    int type = quantized[i], rows = moim_qrows(type);
                    int cols = type == MOIM_W8 ? blocks * 60
                                               : blocks * (type == MOIM_IQ4_XS ? 256 : moim_qblock(type));
                    check_level(moim_qkernels_best(), type, cols, 1 + (n + blocks) % rows, n);
                    check_level(moim_qkernels_best(), type, cols, rows, n);
                }
    }
    unsetenv("MOIM_SIMD");
}

/* Packed rows against one activation row: what the scalar panels give, to the last bit. */
static bool check_rows(const struct moim_qkernels *k, int type, int blocks, int n_rows, float scale)
{
    enum { MOST = 1024 };
    const struct moim_qkernels *ref = &moim_qkernels_scalar;
    int cols = blocks * moim_qblock(type), step = moim_qrows(type);
    size_t row_bytes = moim_row_bytes((enum moim_dtype)type, (uint64_t)cols);
    uint8_t *data = malloc(row_bytes * (size_t)n_rows), *panel = malloc(moim_qpanel_bytes(type, cols));
    float x[MOST], d[MOST / 32], y[64], want[MOIM_QROWS_MAX];
    int8_t q[MOST];
    int32_t sums[MOST / 4];
    fill_random((enum moim_dtype)type, data, row_bytes * (size_t)n_rows);
    if (scale > 1) { /* the largest codes, and Q6_K's largest scale */
        memset(data, scale > 100 ? 127 : 255, row_bytes * (size_t)n_rows);
        for (size_t b = 0; type == MOIM_Q6_K && b < row_bytes * (size_t)n_rows; b += 210)
            memset(data + b + 192, 128, 16);
        fill_scales((enum moim_dtype)type, data, row_bytes * (size_t)n_rows);
    }
    for (int i = 0; i < cols; i++) x[i] = scale > 1 ? scale * (i / 64 % 2 ? -1.f : 1.f) : uniform() * scale;
    k->quantize(type, x, cols, q, d, sums);
    struct moim_qacts a = {q, d, sums};
    for (int i = 0; i < n_rows + 1; i++) y[i] = 123;
    bool done = k->rows && k->rows(type, data, row_bytes, n_rows, cols, &a, y);
    assert_true(y[n_rows] == 123);
    ref->quantize(type, x, cols, q, d, sums);
    for (int i = 0; done && i < n_rows; i += step) {
        int live = n_rows - i < step ? n_rows - i : step;
        ref->unpack(type, data + (size_t)i * row_bytes, row_bytes, live, cols, panel);
        ref->tile(type, panel, cols, &a, 0, 1, want);
        for (int r = 0; r < live; r++)
            if (memcmp(want + r, y + i + r, 4) != 0)
                fail_msg("%s, type %d, %d columns, %d rows: row %d is %.9g, not %.9g", k->name, type, cols,
                         n_rows, i + r, (double)y[i + r], (double)want[r]);
    }
    free(data);
    free(panel);
    return done;
}

static void packed_rows_give_the_same_bits_as_panels(void **state)
{
    (void)state;
    static const int packed[] = {MOIM_Q8_0, MOIM_Q5_0, MOIM_Q4_0, MOIM_Q4_K, MOIM_Q6_K};
    static const char *const level[] = {"avx2", "best"};
    srand(11);
    for (int l = 0; l < 2; l++) {
        setenv("MOIM_SIMD", level[l], 1);
        const struct moim_qkernels *k = moim_qkernels_best();
        for (size_t i = 0; i < sizeof packed / sizeof *packed; i++)
            for (int blocks = 1; blocks <= 4; blocks++)
                for (int n_rows = 0; n_rows < 36; n_rows++)
                    for (int s = 0; s < 4; s++) {
                        static const float scale[] = {1, 0, 100, 200};
                        bool done = check_rows(k, packed[i], blocks, n_rows, scale[s]);
                        assert_int_equal(done, k->rows != NULL);
                    }
        if (k->rows) assert_false(k->rows(MOIM_W8, NULL, 0, 0, 0, NULL, NULL));
    }
    unsetenv("MOIM_SIMD");
}

/* What gguf's own reader makes of random blocks (tests/golden/make_blocks.py). */
static void blocks_of_every_type_are_read_as_their_authors_read_them(void **state)
{
    (void)state;
    FILE *f = fopen("tests/nn/golden/blocks.txt", "r");
    static char line[16384];
    int seen = 0;
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        char *save, *name = strtok_r(line, " \n", &save), *id = strtok_r(NULL, " \n", &save),
                    *hex = strtok_r(NULL, " \n", &save);
        uint8_t block[256];
        float y[256];
        enum moim_dtype t = MOIM_F32;
        for (int i = 0; i < MOIM_DTYPE_COUNT; i++)
            if (!strcmp(moim_dtype_name((enum moim_dtype)i), name)) t = (enum moim_dtype)i;
        assert_int_equal(strlen(hex), 2 * moim_block_bytes(t));
        for (size_t i = 0; hex[2 * i]; i++) {
            unsigned v;
            sscanf(hex + 2 * i, "%2x", &v);
            block[i] = (uint8_t)v;
        }
        moim_dequantize(t, block, moim_block_values(t), y);
        for (unsigned i = 0; i < moim_block_values(t); i++) {
            float want = strtof(strtok_r(NULL, " \n", &save), NULL);
            if (fabsf(want - y[i]) > 2e-6f * (1 + fabsf(want)))
                fail_msg("%s (%s): value %u is %g instead of %g", name, id, i, (double)y[i], (double)want);
        }
        seen++;
    }
    fclose(f);
    assert_int_equal(seen, 26);
}

static void numbers_that_are_none_do_no_harm(void **state)
{
    (void)state;
    static const char *const level[] = {"scalar", "avx2", "best"};
    float a[256], d[8];
    int8_t x[256];
    int32_t sums[64];
    for (int l = 0; l < 3; l++)
        for (int type = MOIM_Q8_0; type <= MOIM_W8; type++) {
            setenv("MOIM_SIMD", level[l], 1);
            for (int i = 0; i < 256; i++) a[i] = i % 3 ? NAN : INFINITY;
            moim_qkernels_best()->quantize(type, a, 256, x, d, sums);
            for (int i = 0; i < 256; i++) assert_true(x[i] >= -127);
        }
    unsetenv("MOIM_SIMD");
}

static void the_name_of_the_instruction_set_is_told_truly(void **state)
{
    (void)state;
    setenv("MOIM_SIMD", "scalar", 1);
    assert_string_equal(moim_simd_name(), "scalar");
    unsetenv("MOIM_SIMD");
    assert_string_equal(moim_simd_name(), moim_qkernels_best()->name);
#if defined(__aarch64__)
    assert_string_equal(moim_simd_name(), "neon");
#elif defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) assert_string_not_equal(moim_simd_name(), "scalar");
#endif
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

static bool close(const float *a, const float *b, size_t n, bool exact)
{
    if (exact) return memcmp(a, b, n * sizeof(float)) == 0;
    float reach = 0;
    for (size_t i = 0; i < n; i++) reach = fmaxf(reach, fabsf(a[i]));
    for (size_t i = 0; i < n; i++)
        if (fabsf(a[i] - b[i]) > 1e-5f * reach) return false;
    return true;
}

/* Every function of a level against the scalar one, to the last bit where it fuses products as that does. */
static void check_vectors(const struct moim_vkernels *level)
{
    bool exact = strcmp(level->name, "sse4.1") != 0;
    enum { N = 150, DIM = 70 };
    static float a[N * DIM], b[N * DIM], g[N], out[2][N * DIM];
    const struct moim_vkernels *v[2] = {&moim_vkernels_scalar, level};
    srand(9);
    for (int round = 0; round < 60; round++) {
        size_t n = (size_t)round < 40 ? (size_t)round : (size_t)(round - 30) * 5,
               dim = 1 + (size_t)rand() % DIM;
        for (size_t i = 0; i < N * DIM; i++) a[i] = uniform() * 8, b[i] = uniform();
        for (int i = 0; i < N; i++) g[i] = uniform();
#define SAME(what, count)                                                                                    \
    if (!close(out[0], out[1], count, exact))                                                                \
        fail_msg("%s: %s differs at n %zu, dim %zu", v[1]->name, what, n, dim);
#define IN_PLACE(f)                                                                                          \
    for (int k = 0; k < 2; k++) memcpy(out[k], a, sizeof a), v[k]->f(out[k], n);                             \
    SAME(#f, n)
        IN_PLACE(softmax)
        IN_PLACE(silu)
        IN_PLACE(sigmoid)
        IN_PLACE(tanh)
        IN_PLACE(gelu_tanh)
        IN_PLACE(gelu_erf)
        for (int k = 0; k < 2; k++) out[k][0] = v[k]->dot(a, b, n), out[k][1] = v[k]->sum_exp(a, n, 8);
        SAME("dot or sum_exp", 2)
        for (int k = 0; k < 2; k++) v[k]->dot_rows(out[k], a, b, DIM, n, dim);
        SAME("dot_rows", n)
        for (int k = 0; k < 2; k++) v[k]->mix_rows(out[k], g, b, DIM, n, dim);
        SAME("mix_rows", dim)
        for (int k = 0; k < 2; k++)
            memcpy(out[k], a, sizeof a), v[k]->axpy(out[k], 0.3f, b, n), v[k]->mul(out[k], b, n);
        SAME("axpy or mul", n)
        if (n)
            for (int k = 0; k < 2; k++)
                v[k]->layernorm(out[k], a, g, b, n, 1e-5f), v[k]->rmsnorm(out[k] + N, a, g, n, 1e-6f);
        SAME("layernorm", n)
        if (!close(out[0] + N, out[1] + N, n, exact)) fail_msg("rmsnorm differs at n %zu", n);
        for (int k = 0; k < 2; k++)
            v[k]->f32_to_f16(out[k] + N, a, n), v[k]->f16_to_f32(out[k], out[k] + N, n);
        SAME("f16", n)
        for (int k = 0; k < 2; k++) v[k]->gemm(n % 14, dim, n, 0.7f, a, n, b, DIM, out[k], dim);
        SAME("gemm", n % 14 * dim)
        for (size_t r = 0; r < n % 14; r++)
            for (size_t c = 0; c < dim; c++) {
                double sum = 0;
                for (size_t i = 0; i < n; i++) sum += (double)a[r * n + i] * b[i * DIM + c];
                assert_true(fabs(0.7 * sum - (double)out[1][r * dim + c]) < 1e-3);
            }
    }
}

static void vector_levels_compute_the_same_bits(void **state)
{
    (void)state;
    check_vectors(moim_vkernels_best());
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) check_vectors(&moim_vkernels_avx2);
    if (__builtin_cpu_supports("sse4.1")) check_vectors(&moim_vkernels_sse41);
#endif
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
        cmocka_unit_test(every_level_computes_the_same_bits),
        cmocka_unit_test(packed_rows_give_the_same_bits_as_panels),
        cmocka_unit_test(the_name_of_the_instruction_set_is_told_truly),
        cmocka_unit_test(blocks_of_every_type_are_read_as_their_authors_read_them),
        cmocka_unit_test(numbers_that_are_none_do_no_harm),
        cmocka_unit_test(vector_functions_are_as_exact_as_they_say),
        cmocka_unit_test(vector_levels_compute_the_same_bits),
        cmocka_unit_test(half_precision_round_trips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
