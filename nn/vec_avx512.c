#include "nn/vec_impl.h"

const struct moim_vkernels moim_vkernels_avx512 = VEC_KERNELS("avx512-vnni");
