#include "testing.h"

#include "nn/matmul.h"

#include <math.h>

/* What the product is by its definition, in double. */
static double entry(int i, int j, int k, const float *a, const float *b, int ldb, int trans)
{
    double sum = 0;
    for (int l = 0; l < k; l++) sum += (double)a[i * k + l] * b[trans ? j * ldb + l : l * ldb + j];
    return sum;
}

static void rows_spread_over_threads_are_the_same_product(void **state)
{
    (void)state;
    enum { MOST = 701, N = 37, K = 64 };
    static float a[MOST * K], b[N * K], one[MOST * N], many[MOST * N];
    struct moim_pool *pool = moim_pool_new(3);
    srand(5);
    for (int i = 0; i < MOST * K; i++) a[i] = (float)rand() / (float)RAND_MAX - 0.5f;
    for (int i = 0; i < N * K; i++) b[i] = (float)rand() / (float)RAND_MAX - 0.5f;
    static const int rows[] = {1, 2, 255, 256, 257, 700, MOST};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (int trans = 0; trans < 2; trans++) {
            int m = rows[r], ldb = trans ? K : N;
            for (int i = 0; i < m * N; i++) one[i] = many[i] = (float)(i % 7);
            moim_sgemm(m, N, K, 2, a, K, b, ldb, trans, 1, one, N);
            moim_sgemm_on(pool, m, N, K, 2, a, K, b, ldb, trans, 1, many, N);
            for (int i = 0; i < m * N; i++) {
                double want = i % 7 + 2 * entry(i / N, i % N, K, a, b, ldb, trans);
                if (fabs(one[i] - want) > 1e-5 || fabs(many[i] - want) > 1e-5)
                    fail_msg("%d rows, %d: %f and %f, not %f", m, i, one[i], many[i], want);
            }
        }
    moim_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_spread_over_threads_are_the_same_product)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
