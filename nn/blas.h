/* How many threads OpenBLAS itself may take; a setting of the whole process. */
#ifndef MOIM_NN_BLAS_H
#define MOIM_NN_BLAS_H

/* Returns what it was. Small products that run now and then are better off with one: others wait in busy
 * loops. */
int moim_blas_threads(int n);

#endif
