#include "nn/matmul.h"

#include <cblas.h>

void moim_sgemm(int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb,
                int trans_b, float beta, float *c, int ldc)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, trans_b ? CblasTrans : CblasNoTrans, m, n, k, alpha, a, lda, b,
                ldb, beta, c, ldc);
}
