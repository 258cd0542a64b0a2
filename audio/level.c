#include "audio/level.h"

#include <math.h>
#include <string.h>

#define RATE 16000
#define STEP (RATE / 10)

static float decibels(float x)
{
    return x > 1e-6f ? 20 * log10f(x) : -120;
}

void moim_level_reset(struct moim_level *l)
{
    memset(l, 0, sizeof *l);
    l->peak_db = l->rms_db = -120;
}

uint64_t moim_level_count_clips(const float *frames, size_t n, int channels, int channel, int *run)
{
    uint64_t clips = 0;
    for (size_t i = 0; i < n; i++) {
        float x = frames[i * (size_t)channels + (size_t)channel];
        *run = fabsf(x) >= MOIM_LEVEL_CLIP ? *run + 1 : 0;
        clips += *run == MOIM_LEVEL_CLIP_RUN;
    }
    return clips;
}

/* Ends a step of 100 ms. */
static int close_step(struct moim_level *l)
{
    int told = 0;
    l->rms_db = decibels((float)sqrt(l->energy / STEP));
    l->peak_db = decibels(l->peak);
    l->energy = 0;
    l->peak = 0;
    l->filled = 0;
    if (l->rms_db >= MOIM_LEVEL_SILENCE_DB) {
        if (l->silent) told |= MOIM_LEVEL_HEARD;
        l->silent = false;
        l->quiet = 0;
    } else if ((l->quiet += STEP) >= (uint64_t)(MOIM_LEVEL_SILENCE_S * RATE) && !l->silent) {
        l->silent = true;
        told |= MOIM_LEVEL_SILENT;
    }
    return told;
}

int moim_level_push(struct moim_level *l, const float *pcm, size_t n)
{
    int told = 0;
    for (size_t i = 0; i < n; i++) {
        float a = fabsf(pcm[i]);
        if (!(a <= 1e6f)) a = 0; /* NaN and nonsense are silence */
        l->energy += (double)a * a;
        if (a > l->peak) l->peak = a;
        l->run = a >= MOIM_LEVEL_CLIP ? l->run + 1 : 0;
        l->samples++;
        if (l->run == MOIM_LEVEL_CLIP_RUN) {
            l->clips++;
            if (!l->told_clip || l->samples - l->clip_told >= (uint64_t)(MOIM_LEVEL_CLIP_HOLD_S * RATE)) {
                told |= MOIM_LEVEL_CLIPPED;
                l->told_clip = true;
                l->clip_told = l->samples;
            }
        }
        if (++l->filled == STEP) told |= close_step(l);
    }
    return told;
}
