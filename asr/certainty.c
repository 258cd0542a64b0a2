#include "asr/certainty.h"
#include "asr/diarize_int.h"
#include "nn/vec.h"

#include <math.h>
#include <string.h>

/* How like two people's mean voices are at least: a speaker who was not found may be as like as that. */
#define STRANGER 0.2f
#define KNOWN                                                                                                \
    1.5f /* seconds from elsewhere in the recording that a speaker's mean voice must rest on to compare with */

/* Logistic regression by tests/tuning/certainty.py on lines of meetings whose speakers are known: docs/experiments.md. */
#define FREE (-3.33)
#define SHARE 4.77
#define MARGIN 6.28
#define LENGTH 0.97
#define SURE 0.99 /* neither more nor less than 1 - SURE is claimed */

/* ---- while telling apart ---- */

/* The mean voice of v's speaker without what the same seconds gave to it, which would be like v whoever speaks; the whole
 * one where there is little else. */
static float own_similarity(const struct moim_diarizer *d, const struct voice *v, const float *mean,
                            const float *sum, float seconds)
{
    float rest[DIM], left = seconds;
    memcpy(rest, sum, sizeof rest);
    long at = v - d->voices;
    for (long i = at; i >= 0 && d->voices[i].chunk >= v->chunk - 1; i--)
        if (d->voices[i].label == v->label)
            moim_axpy(rest, -d->voices[i].seconds, d->voices[i].x, DIM), left -= d->voices[i].seconds;
    for (long i = at + 1; i < d->n && d->voices[i].chunk <= v->chunk + 1; i++)
        if (d->voices[i].label == v->label)
            moim_axpy(rest, -d->voices[i].seconds, d->voices[i].x, DIM), left -= d->voices[i].seconds;
    float norm = sqrtf(moim_dot(rest, rest, DIM));
    if (left < KNOWN || norm <= 0) return moim_speaker_similarity(v->x, mean);
    return moim_dot(rest, v->x, DIM) / norm;
}

void moim_compare_voices(struct moim_diarizer *d, const struct moim_diarization *out)
{
    float sum[MOIM_DIARIZE_SPEAKERS][DIM], seconds[MOIM_DIARIZE_SPEAKERS] = {0};
    memset(sum, 0, sizeof sum);
    for (int i = 0; i < d->n; i++) {
        const struct voice *v = &d->voices[i];
        if (v->label < 0) continue;
        moim_axpy(sum[v->label], v->seconds, v->x, DIM);
        seconds[v->label] += v->seconds;
    }
    for (int i = 0; i < d->n; i++) {
        struct voice *v = &d->voices[i];
        if (v->label < 0) continue;
        v->own = own_similarity(d, v, out->voice[v->label], sum[v->label], seconds[v->label]);
        v->other = STRANGER;
        for (int c = 0; c < out->speakers; c++)
            if (c != v->label) v->other = fmaxf(v->other, moim_speaker_similarity(v->x, out->voice[c]));
    }
}

static float hundredths(float x, float low, float high)
{
    return roundf(100 * fminf(fmaxf(x, low), high));
}

struct moim_evidence moim_evidence_of(const struct frame_vote *f, int speakers)
{
    struct moim_evidence e = {.speaker = {MOIM_NO_SPEAKER, MOIM_NO_SPEAKER}};
    if (!(f->weights > 0)) return e;
    e.count = (unsigned char)hundredths(f->count / f->weights, 0, 2.5f);
    for (int k = 0; k < 2; k++) {
        int best = -1;
        for (int c = 0; c < speakers; c++)
            if (f->vote[c] > 0 && c != e.speaker[0] && (best < 0 || f->vote[c] > f->vote[best])) best = c;
        if (best < 0) break;
        e.speaker[k] = (unsigned char)best;
        e.vote[k] = (unsigned char)hundredths(f->vote[best] / f->weights, 0, 2.5f);
        e.own[k] = (signed char)hundredths(f->own[best] / f->vote[best], -1, 1);
        e.other[k] = (signed char)hundredths(f->other[best] / f->vote[best], -1, 1);
    }
    return e;
}

/* ---- for a stretch ---- */

struct moim_speaker_signs moim_speaker_signs(const struct moim_diarization *d, int speaker, double start,
                                             double end)
{
    struct moim_speaker_signs s = {.other = STRANGER};
    const double first = (MOIM_SEGMENT_SIGHT - MOIM_SEGMENT_STEP) / 2 / RATE;
    long from = lround((start - first) / MOIM_EVIDENCE_STEP - 0.5),
         to = lround((end - first) / MOIM_EVIDENCE_STEP - 0.5);
    float all = 0, mine = 0, own = 0, other = 0;
    for (long i = from > 0 ? from : 0; i <= to && i < d->n_evidence; i++) {
        const struct moim_evidence *e = &d->evidence[i];
        all += e->count;
        for (int k = 0; k < 2; k++) {
            if (e->speaker[k] != speaker) continue;
            mine += e->vote[k];
            own += (float)e->vote[k] * (float)e->own[k];
            other += (float)e->vote[k] * (float)e->other[k];
        }
    }
    if (all > 0) s.share = mine / all;
    if (mine > 0) s.own = own / mine / 100, s.other = other / mine / 100;
    s.seconds = mine / 100 * (float)MOIM_EVIDENCE_STEP;
    return s;
}

double moim_speaker_certainty(const struct moim_diarization *d, int speaker, double start, double end)
{
    if (speaker < 0 || !d->evidence) return 0;
    if (d->one_known) return 1;
    struct moim_speaker_signs s = moim_speaker_signs(d, speaker, start, end);
    double z = FREE + SHARE * (double)s.share + MARGIN * (double)(s.own - s.other) +
               LENGTH * log((double)s.seconds + 0.1);
    return fmin(fmax(1 / (1 + exp(-z)), 1 - SURE), SURE);
}
