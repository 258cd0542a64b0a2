#include "nn/matmul.h"

#include <cblas.h>

#define FEW_ROWS 256 /* not worth a second thread */

int openblas_get_num_threads(void);
void openblas_set_num_threads(int n);

void moim_sgemm(int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb,
                int trans_b, float beta, float *c, int ldc)
{
    /* Its own threads wait in busy loops for one another: on a machine with other work that costs many times
     * what they bring. A setting of the whole process. */
    if (openblas_get_num_threads() != 1) openblas_set_num_threads(1);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, trans_b ? CblasTrans : CblasNoTrans, m, n, k, alpha, a, lda, b,
                ldb, beta, c, ldc);
}

struct product {
    int m, n, k, lda, ldb, trans_b, ldc;
    float alpha, beta;
    const float *a, *b;
    float *c;
};

static void some_rows(void *arg, int i, int parts)
{
    const struct product *p = arg;
    long from = (long)p->m * i / parts, to = (long)p->m * (i + 1) / parts;
    moim_sgemm((int)(to - from), p->n, p->k, p->alpha, p->a + from * p->lda, p->lda, p->b, p->ldb, p->trans_b,
               p->beta, p->c + from * p->ldc, p->ldc);
}

void moim_sgemm_on(struct moim_pool *pool, int m, int n, int k, float alpha, const float *a, int lda,
                   const float *b, int ldb, int trans_b, float beta, float *c, int ldc)
{
    struct product p = {m, n, k, lda, ldb, trans_b, ldc, alpha, beta, a, b, c};
    moim_pool_run(pool, some_rows, &p, m < FEW_ROWS ? 1 : moim_pool_threads(pool));
}
