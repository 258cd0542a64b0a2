/* Vector kernels shared by every network. All on contiguous f32, dispatched like nn/matmul.h. */
#ifndef MOIM_NN_VEC_H
#define MOIM_NN_VEC_H

#include <stddef.h>

float moim_dot(const float *a, const float *b, size_t n);
void moim_axpy(float *y, float a, const float *x, size_t n); /* y += a x */
void moim_softmax(float *x, size_t n);                       /* in place; all -inf gives zeros */
void moim_log_softmax(float *x, size_t n);
float moim_logsumexp(const float *x, size_t n);
void moim_layernorm(float *y, const float *x, const float *gamma, const float *beta, size_t n, float eps);
void moim_rmsnorm(float *y, const float *x, const float *gamma, size_t n,
                  float eps);            /* y = x / rms(x) * gamma */
void moim_silu(float *x, size_t n);      /* x * sigmoid(x) */
void moim_gelu_tanh(float *x, size_t n); /* the tanh approximation (Gemma) */
void moim_gelu_erf(float *x, size_t n);  /* exact (Whisper) */
void moim_sigmoid(float *x, size_t n);
void moim_tanh(float *x, size_t n);
void moim_f16_to_f32(float *dst, const void *src, size_t n);
void moim_f32_to_f16(void *dst, const float *src, size_t n);

#endif
