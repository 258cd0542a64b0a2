/* Decoded frames of FFmpeg as interleaved f32. */
#ifndef MOIM_AUDIO_FRAME_FORMAT_H
#define MOIM_AUDIO_FRAME_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* out[n][channels] from a frame's data, whose format is one of libavutil's sample formats; false: an unknown one. */
bool moim_frame_floats(float *out, uint8_t *const *data, size_t n, size_t channels, int format);

#endif
