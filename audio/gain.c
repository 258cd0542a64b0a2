#include "audio/gain.h"
#include "audio/declip.h"
#include "audio/decode.h"

#include <math.h>
#include <sys/stat.h>

#define BLOCK 1600  /* samples: 0.1 s */
#define BINS 128    /* of 1 dB, down from full scale */
#define LOUDEST 10  /* blocks that are louder: clicks are no speech */
#define QUIET 0.01f /* less than this throughout is amplified ... */
#define WANTED 0.05f
#define MOST 3000.0f
#define NOTHING 2e-6f /* ... but not the noise of a converter */
#define OFFSET 0.002f
#define FOLLOW 0.005f /* of the difference, each sample: a high pass of 13 Hz */

struct meter {
    long count[BINS]; /* blocks by level */
    long blocks;
    double sum; /* of the blocks' means */
    float first;
};

static void measure_block(struct meter *m, const float *pcm, size_t n)
{
    double sum = 0, square = 0;
    for (size_t i = 0; i < n; i++) sum += pcm[i];
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) square += (pcm[i] - mean) * (pcm[i] - mean);
    double db = -10 * log10(square / (double)n + 1e-20);
    m->count[(int)fmin(BINS - 1, fmax(0, db))]++;
    if (!m->blocks++) m->first = (float)mean;
    m->sum += mean;
}

static double loudness(const struct meter *m)
{
    long left = m->blocks / 4 < LOUDEST ? m->blocks / 4 : LOUDEST;
    for (int bin = 0; bin < BINS; bin++)
        if ((left -= m->count[bin]) < 0) return pow(10, -(bin + 0.5) / 20);
    return 0;
}

static void decide(const struct meter *m, struct moim_gain *out)
{
    *out =
        (struct moim_gain){.gain = 1, .seconds = (double)m->blocks * BLOCK / MOIM_RATE, .loud = loudness(m)};
    if (!m->blocks) return;
    double mean = fabs(m->sum / (double)m->blocks);
    out->offset = mean > OFFSET || mean > out->loud / 4;
    out->mean = m->first;
    if (out->loud < QUIET && out->loud > NOTHING) out->gain = fminf(MOST, WANTED / (float)out->loud);
}

/* Reads r to its end and closes it. */
static int measure(struct moim_reader *r, struct moim_gain *out, struct moim_clip_meter *clip,
                   struct moim_err *err)
{
    struct meter m = {.blocks = 0};
    float pcm[BLOCK];
    long got;
    while ((got = moim_reader_read(r, pcm, BLOCK, err)) > 0) {
        measure_block(&m, pcm, (size_t)got);
        moim_clip_measure(clip, pcm, (size_t)got);
    }
    moim_reader_close(r);
    decide(&m, out);
    return (int)got;
}

/* What r reads is restored and brought to its level; if that fails, r is closed. */
static int improve(struct moim_reader **r, const struct moim_gain *level, const struct moim_clip_meter *clip,
                   struct moim_err *err)
{
    struct moim_declip *d = NULL;
    int rc = moim_clip_found(clip) ? moim_declip_new(&d, clip, err) : MOIM_OK;
    if (rc) {
        moim_reader_close(*r);
        *r = NULL;
        return rc;
    }
    moim_reader_set_declip(*r, d);
    moim_reader_set_gain(*r, level);
    return MOIM_OK;
}

void moim_gain_apply(struct moim_gain *l, float *pcm, size_t n)
{
    for (size_t i = 0; l->offset && i < n; i++) {
        l->mean += FOLLOW * (pcm[i] - l->mean);
        pcm[i] -= l->mean;
    }
    for (size_t i = 0; l->gain != 1 && i < n; i++) pcm[i] = fminf(1, fmaxf(-1, pcm[i] * l->gain));
}

int moim_gain_reader(struct moim_reader **out, struct moim_sound *s, const struct moim_part *part,
                     struct moim_err *err)
{
    struct moim_gain level;
    struct moim_clip_meter clip = {.samples = 0};
    int rc = moim_reader_of(out, s, part, err);
    if (!rc) rc = measure(*out, &level, &clip, err);
    *out = NULL;
    if (!rc) rc = moim_reader_of(out, s, part, err);
    return rc ? rc : improve(out, &level, &clip, err);
}

int moim_gain_open(struct moim_reader **out, const char *path, struct moim_err *err)
{
    struct moim_gain level = {.gain = 1};
    struct moim_clip_meter clip = {.samples = 0};
    struct stat st;
    bool twice = !stat(path, &st) && S_ISREG(st.st_mode);
    int rc = twice ? moim_reader_open(out, path, err) : MOIM_OK;
    if (twice && !rc) rc = measure(*out, &level, &clip, err);
    *out = NULL;
    if (!rc) rc = moim_reader_open(out, path, err);
    return rc ? rc : improve(out, &level, &clip, err);
}
