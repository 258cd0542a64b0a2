#include "nn/vec_impl.h"

const struct moim_vkernels moim_vkernels_neon = VEC_KERNELS("neon");
