#include "audio/frame_format.h"

#include <libavutil/samplefmt.h>

/* Element i of channel c, planar: data[c][i], else data[0][i * channels + c]. */
#define TAKE(TYPE, VALUE)                                                                                    \
    for (size_t c = 0; c < channels; c++) {                                                                  \
        const TYPE *from = (const TYPE *)(const void *)data[planar ? c : 0] + (planar ? 0 : c);              \
        size_t step = planar ? 1 : channels;                                                                 \
        for (size_t i = 0; i < n; i++) {                                                                     \
            TYPE v = from[i * step];                                                                         \
            out[i * channels + c] = (float)(VALUE);                                                          \
        }                                                                                                    \
    }                                                                                                        \
    return true

bool moim_frame_floats(float *out, uint8_t *const *data, size_t n, size_t channels, int format)
{
    bool planar = format >= AV_SAMPLE_FMT_U8P && format != AV_SAMPLE_FMT_S64;
    switch (format) {
    case AV_SAMPLE_FMT_U8:
    case AV_SAMPLE_FMT_U8P: TAKE(uint8_t, ((float)v - 128) / 128);
    case AV_SAMPLE_FMT_S16:
    case AV_SAMPLE_FMT_S16P: TAKE(int16_t, (float)v / 32768);
    case AV_SAMPLE_FMT_S32:
    case AV_SAMPLE_FMT_S32P: TAKE(int32_t, (double)v / 2147483648.0);
    case AV_SAMPLE_FMT_S64:
    case AV_SAMPLE_FMT_S64P: TAKE(int64_t, (double)v / 9223372036854775808.0);
    case AV_SAMPLE_FMT_FLT:
    case AV_SAMPLE_FMT_FLTP: TAKE(float, v);
    case AV_SAMPLE_FMT_DBL:
    case AV_SAMPLE_FMT_DBLP: TAKE(double, v);
    default: return false;
    }
}
