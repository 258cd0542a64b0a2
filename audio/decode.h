/* Decoding of recordings to what every recogniser wants: 16 kHz, mono, f32 in [-1, 1].
 * libsndfile opens WAV, FLAC, OGG, Opus and MP3; FFmpeg's libraries what it lacks (M4A, AAC, WMA, video
 * files); soxr changes the rate. A reader holds a few seconds at a time, so a recording may be of any length.
 */
#ifndef MOIM_AUDIO_DECODE_H
#define MOIM_AUDIO_DECODE_H

#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOIM_RATE 16000

struct moim_reader;

/* Opens path whatever its extension says: the content decides. Directories, empty files, files without an
 * audio stream or without a channel are MOIM_EFORMAT; the message names the file and the reason. */
int moim_reader_open(struct moim_reader **out, const char *path, struct moim_err *err);
void moim_reader_close(struct moim_reader *r);

/* Fills pcm[n] with the next samples; returns how many (0 at the end) or a negative status. Channels are
 * averaged. */
long moim_reader_read(struct moim_reader *r, float *pcm, size_t n, struct moim_err *err);

int moim_reader_source_rate(const struct moim_reader *r);
int moim_reader_source_channels(const struct moim_reader *r);
double
moim_reader_duration(const struct moim_reader *r); /* seconds as the container says; 0 when it does not */
bool moim_reader_damaged(
    const struct moim_reader *r); /* the file ended early or broke off: what there was was read */

/* Reads a whole file: *pcm is malloc'ed, *n samples. Refuses more than max_seconds (0: no limit). */
int moim_decode_file(const char *path, double max_seconds, float **pcm, size_t *n, struct moim_err *err);

#endif
