#include "nn/blas.h"

int openblas_get_num_threads(void);
void openblas_set_num_threads(int n);

int moim_blas_threads(int n)
{
    int was = openblas_get_num_threads();
    openblas_set_num_threads(n);
    return was;
}
