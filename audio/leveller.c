#include "audio/leveller.h"

#include <math.h>
#include <string.h>

/* Set on mixes with voices of several levels: docs/experiments.md. */
#define BLOCK MOIM_LEVELLER_BLOCK
#define REACH 46         /* blocks before and behind: 1.5 s */
#define LOUD 0.9         /* this share of the blocks is below the level of loud parts, */
#define NOISE 0.1        /* and this below that of the noise, */
#define HEADROOM 25.0f   /* which stays so many dB below the loud parts */
#define BELOW 2.0f       /* dB below the loud parts: what a stretch with its pauses is brought to */
#define FLOOR_DB -120.0f /* of digital silence */

static float decibels(double energy)
{
    return fmaxf(FLOOR_DB, 10 * log10f((float)energy + 1e-20f));
}

static double block_energy(const float *pcm)
{
    double sum = 0;
    for (int i = 0; i < BLOCK; i++) sum += (double)pcm[i] * pcm[i];
    return sum / BLOCK;
}

void moim_leveller_hear(struct moim_leveller *l, const float *pcm, size_t n)
{
    for (; n >= BLOCK; n -= BLOCK, pcm += BLOCK) {
        float down = -decibels(block_energy(pcm));
        l->count[down > 0 ? (int)fminf(down, MOIM_LEVELLER_BINS - 1) : 0]++;
        l->blocks++;
    }
}

/* The level below which that share of the blocks lies. */
static float level_of(const struct moim_leveller *l, double share)
{
    long left = (long)((1 - share) * (double)l->blocks);
    for (int bin = 0; bin < MOIM_LEVELLER_BINS; bin++)
        if ((left -= l->count[bin]) < 0) return -((float)bin + 0.5f);
    return FLOOR_DB;
}

/* The factor of a block whose surroundings have that energy. */
static float gain(double energy, float loud, float most)
{
    return powf(10, fminf(most, fmaxf(0, loud - BELOW - decibels(energy))) / 20);
}

/* With a factor that goes from that of a block's middle to that of the next one's, evenly in decibels. */
static void fade(const float *pcm, size_t n, float from, float to, float *out)
{
    float ratio = from == to ? 1 : powf(to / from, 1.0f / BLOCK), factor = from;
    for (size_t i = 0; i < n; i++, factor *= ratio) out[i] = pcm[i] * factor;
}

void moim_leveller_apply(const struct moim_leveller *l, const float *pcm, size_t n, float *out)
{
    long blocks = (long)(n / BLOCK), inside = 0;
    float loud = level_of(l, LOUD), before = 0,
          most = fminf(MOIM_LEVELLER_MAX_DB, loud - HEADROOM - level_of(l, NOISE));
    if (!l->blocks || most <= 0 || !blocks) {
        memcpy(out, pcm, n * sizeof *out);
        return;
    }
    double sum = 0;
    for (long b = 0; b < REACH && b < blocks; b++, inside++) sum += block_energy(pcm + b * BLOCK);
    for (long b = 0; b < blocks; b++) {
        if (b + REACH < blocks) sum += block_energy(pcm + (b + REACH) * BLOCK), inside++;
        if (b > REACH) sum -= block_energy(pcm + (b - REACH - 1) * BLOCK), inside--;
        float now = gain(fmax(0, sum) / (double)inside, loud, most);
        size_t at = (size_t)b * BLOCK;
        if (!b)
            fade(pcm, BLOCK / 2, now, now, out);
        else
            fade(pcm + at - BLOCK / 2, BLOCK, before, now, out + at - BLOCK / 2);
        before = now;
    }
    size_t done = (size_t)blocks * BLOCK - BLOCK / 2;
    fade(pcm + done, n - done, before, before, out + done);
}
