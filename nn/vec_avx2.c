#include "nn/vec_impl.h"

const struct moim_vkernels moim_vkernels_avx2 = VEC_KERNELS("avx2");
