/* Mel spectrograms by FFTW. Frame t is centred at sample t * hop of the whole recording, as
 * torch.stft(center=True) and librosa have it: periodic Hann window, power spectrum, triangular mel filters,
 * optional logarithm with a floor. */
#ifndef MOIM_AUDIO_MEL_H
#define MOIM_AUDIO_MEL_H

#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>

enum moim_mel_log { MOIM_MEL_POWER, MOIM_MEL_LN, MOIM_MEL_LOG10 };
enum moim_mel_pad { MOIM_MEL_REFLECT, MOIM_MEL_ZERO }; /* what lies beyond both ends of the signal */

struct moim_mel_params {
    int n_fft, hop, n_mels;
    double rate; /* Hz; filters span 0 to rate / 2 */
    const float
        *filters; /* [n_fft / 2 + 1][n_mels], copied; NULL: Slaney's scale and area normalisation (librosa) */
    enum moim_mel_pad pad;
    enum moim_mel_log log;
    float floor; /* power below it is raised to it before the logarithm */
};

struct moim_mel;

/* An object serves one thread at a time; making one is thread-safe. */
int moim_mel_new(struct moim_mel **out, const struct moim_mel_params *p, struct moim_err *err);
void moim_mel_free(struct moim_mel *m);

/* Frames of n samples: 1 + n / hop, 0 for none. */
int moim_mel_frames(const struct moim_mel *m, size_t n);

/* Writes out[count][n_mels] for frames first ... first + count - 1 of pcm[n]. Allocates nothing. */
void moim_mel_run(struct moim_mel *m, const float *pcm, size_t n, int first, int count, float *out);

#endif
