#include "asr/diarize_int.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CLASSES MOIM_SEGMENT_CLASSES
#define BATCH MOIM_SEGMENT_BATCH
#define BUFFER ((BATCH - 1) * HOP_SAMPLES + MOIM_SEGMENT_SAMPLES)
#define FBANK_FRAMES 998 /* of one chunk */

/* Set on mixes: docs/experiments.md. */
#define FAINT 0.1f    /* probability of speech that will do for a voice that has no plainer speech */
#define HEARD 0.5f    /* voice activity from which on there is speech, */
#define DOUBTED 0.02f /* if the segmentation gives it at least so much */
#define OVERHEARD 59  /* frames, 1 s, of speech in which a chunk's segmentation hears none: it looks again */

#define PIECE 150     /* frames of 10 ms: a pause ends a piece that is so long */
#define PIECE_MAX 300 /* and this ends any */
#define PIECE_MIN 75  /* what is left over joins the piece before */
#define PAUSE 20

int moim_diarizer_new(struct moim_diarizer **out, struct moim_segmentation *segmentation,
                      struct moim_speaker_encoder *speaker, struct moim_vad *vad, struct moim_err *err)
{
    *out = NULL;
    struct moim_diarizer *d = calloc(1, sizeof *d);
    if (!d) return moim_fail(err, MOIM_ENOMEM, "diarization: out of memory");
    d->segmentation = segmentation;
    d->speaker = speaker;
    d->vad = vad;
    moim_vad_reset(vad);
    d->pcm = malloc(sizeof *d->pcm * BUFFER);
    d->level = calloc(BUFFER, sizeof *d->level);
    d->stack = malloc(sizeof *d->stack * BATCH * MOIM_SEGMENT_SAMPLES);
    d->logp = malloc(sizeof *d->logp * BATCH * FRAMES * CLASSES);
    d->bands = malloc(sizeof *d->bands * FBANK_FRAMES * MOIM_SPEAKER_BANDS);
    d->picked = malloc(sizeof *d->picked * FBANK_FRAMES * MOIM_SPEAKER_BANDS);
    int rc = d->pcm && d->level && d->stack && d->logp && d->bands && d->picked
                 ? moim_fbank_new(&d->fbank, MOIM_SPEAKER_BANDS, err)
                 : moim_fail(err, MOIM_ENOMEM, "diarization: out of memory");
    if (rc)
        moim_diarizer_free(d);
    else
        *out = d;
    return rc;
}

void moim_diarizer_free(struct moim_diarizer *d)
{
    if (!d) return;
    moim_fbank_free(d->fbank);
    free(d->pcm);
    free(d->level);
    free(d->stack);
    free(d->logp);
    free(d->bands);
    free(d->picked);
    free(d->activity);
    free(d->speech);
    free(d->voices);
    free(d);
}

/* ---- chunks: segmentation and voices ---- */

/* Voice activity up to the sample `until` of the buffer. */
static int listen(struct moim_diarizer *d, size_t until, struct moim_err *err)
{
    size_t begins = (size_t)d->chunks * HOP_SAMPLES, want = (begins + until) / MOIM_VAD_WINDOW;
    if (want > d->cap_speech) {
        size_t cap = 2 * want;
        unsigned char *grown = realloc(d->speech, cap);
        if (!grown) return moim_fail(err, MOIM_ENOMEM, "diarization: out of memory");
        d->speech = grown;
        d->cap_speech = cap;
    }
    for (; d->heard < want; d->heard++) {
        float p = moim_vad_window(d->vad, d->level + (d->heard * MOIM_VAD_WINDOW - begins));
        d->speech[d->heard] = (unsigned char)(p * 255 + 0.5f);
    }
    return MOIM_OK;
}

void moim_heed_speech(float *logp, float heard)
{
    float speech = 1 - expf(logp[0]);
    if (heard < HEARD || speech < DOUBTED || speech >= heard) return;
    for (int c = 1; c < CLASSES; c++) logp[c] += logf(heard / speech);
    logp[0] = logf(fmaxf(1 - heard, 1e-6f));
}

/* What voice activity hears at frame t of a chunk. */
static float heard_at(const struct moim_diarizer *d, int chunk, int t)
{
    size_t middle = (size_t)(chunk * (long)HOP + t) * MOIM_SEGMENT_STEP + MOIM_SEGMENT_SIGHT / 2;
    return (float)d->speech[middle / MOIM_VAD_WINDOW] / 255;
}

/* The segmentation takes a chunk's level from its loudest voice: where it overhears a quiet one, what it makes
 * of the levelled chunk counts. level: the chunk, levelled. */
static void look_again(struct moim_diarizer *d, int chunk, const float *level, float *logp)
{
    int overheard = 0;
    for (int t = 0; t < FRAMES; t++)
        overheard += heard_at(d, chunk, t) >= HEARD && expf(logp[t * CLASSES]) > 0.5f;
    if (overheard > OVERHEARD) moim_segmentation_run(d->segmentation, level, 1, logp);
}

static void heed_chunk(const struct moim_diarizer *d, int chunk, float *logp)
{
    for (int t = 0; t < FRAMES; t++) moim_heed_speech(logp + t * CLASSES, heard_at(d, chunk, t));
}

static void keep_activity(struct moim_diarizer *d, int chunk, const float *logp)
{
    for (int t = 0; t < FRAMES; t++)
        for (int l = 0; l < LOCAL; l++) {
            float p = 0;
            for (int c = 0; c < CLASSES; c++)
                if (moim_segmentation_set[c] >> l & 1) p += expf(logp[t * CLASSES + c]);
            d->activity[chunk][t][l] = (unsigned char)(fminf(p, 1) * 255 + 0.5f);
        }
}

static int frame_of(int j)
{
    int t = (j * MOIM_FBANK_HOP + MOIM_FBANK_WINDOW / 2 - MOIM_SEGMENT_SIGHT / 2) / MOIM_SEGMENT_STEP;
    return t < 0 ? 0 : t >= FRAMES ? FRAMES - 1 : t;
}

static int push_voice(struct moim_diarizer *d, const struct voice *v, int first, int n, struct moim_err *err)
{
    if (n < MOIM_SPEAKER_MIN_FRAMES) return MOIM_OK;
    if (d->n == d->cap) {
        int cap = d->cap ? d->cap * 2 : 64;
        struct voice *grown = realloc(d->voices, sizeof *grown * (size_t)cap);
        if (!grown) return moim_fail(err, MOIM_ENOMEM, "diarization: out of memory");
        d->voices = grown;
        d->cap = cap;
    }
    d->voices[d->n] = *v;
    d->voices[d->n].seconds = (float)n * 0.01f;
    int rc = moim_speaker_encoder_embed(d->speaker, d->picked + (size_t)first * MOIM_SPEAKER_BANDS, n,
                                        d->voices[d->n].x, err);
    if (!rc) d->n++;
    return rc;
}

/* Whether the local speaker alone speaks in a frame; faint: if anybody does; among: with others, too. */
static bool alone(int local, const float *logp, bool faint, bool among)
{
    int best = moim_segmentation_likeliest(logp);
    if (!best && faint && 1 - expf(logp[0]) >= FAINT)
        for (int c = best = 1; c < CLASSES; c++)
            if (logp[c] > logp[best]) best = c;
    return among ? moim_segmentation_set[best] >> local & 1 : moim_segmentation_set[best] == 1 << local;
}

/* Whether that is so for long enough for a voice. */
static bool suffices(int local, const float *logp, bool faint, bool among)
{
    int n = 0;
    for (int j = 0; j < FBANK_FRAMES; j++) n += alone(local, logp + frame_of(j) * CLASSES, faint, among);
    return n >= MOIM_SPEAKER_MIN_FRAMES;
}

/* The pieces of one local speaker, from the frames where it alone speaks; who only says "yes" while another
 * goes on has the voice of those frames, which is still less like the other's than the other's own. */
static int add_voices(struct moim_diarizer *d, int chunk, int local, const float *logp, struct moim_err *err)
{
    bool plain = suffices(local, logp, false, false), among = !plain && suffices(local, logp, false, true);
    int n = 0, last = 0, cuts = 0, cut[FBANK_FRAMES / PIECE + 2] = {0}, until[FBANK_FRAMES / PIECE + 2] = {0};
    for (int j = 0; j < FBANK_FRAMES; j++) {
        int t = frame_of(j), have = n - cut[cuts];
        if (!alone(local, logp + t * CLASSES, !plain && !among, among)) continue;
        if (have >= PIECE_MAX || (have >= PIECE && j - last > PAUSE)) {
            until[cuts++] = t;
            cut[cuts] = n;
        }
        last = j;
        memcpy(d->picked + (size_t)n++ * MOIM_SPEAKER_BANDS, d->bands + (size_t)j * MOIM_SPEAKER_BANDS,
               sizeof *d->picked * MOIM_SPEAKER_BANDS);
    }
    if (cuts && n - cut[cuts] < PIECE_MIN) cuts--;
    until[cuts] = FRAMES;
    cut[cuts + 1] = n;
    int rc = MOIM_OK;
    for (int i = 0; !rc && i <= cuts; i++)
        rc = push_voice(d, &(struct voice){.chunk = chunk, .local = local, .label = -1, .until = until[i]},
                        cut[i], cut[i + 1] - cut[i], err);
    return rc;
}

static int reserve_chunks(struct moim_diarizer *d, int more)
{
    if (d->chunks + more <= d->cap_chunks) return MOIM_OK;
    int cap = d->cap_chunks ? d->cap_chunks * 2 : 64;
    void *grown = realloc(d->activity, sizeof *d->activity * (size_t)cap);
    if (!grown) return MOIM_ENOMEM;
    d->activity = grown;
    d->cap_chunks = cap;
    return MOIM_OK;
}

/* Levels what the buffer holds, of which the chunks before have seen the beginning. */
static void raise_quiet(struct moim_diarizer *d)
{
    size_t seen = d->chunks ? MOIM_SEGMENT_SAMPLES - HOP_SAMPLES : 0;
    if (d->have > seen) moim_leveller_hear(&d->leveller, d->pcm + seen, d->have - seen);
    moim_leveller_apply(&d->leveller, d->pcm, d->have, d->level);
    memset(d->level + d->have, 0, (BUFFER - d->have) * sizeof *d->level);
}

/* Works on the first count chunks of the buffer and lets them go. */
static int run_chunks(struct moim_diarizer *d, int count, struct moim_err *err)
{
    int rc = MOIM_OK;
    if (reserve_chunks(d, count)) return moim_fail(err, MOIM_ENOMEM, "diarization: out of memory");
    for (int b = 0; b < count; b++)
        memcpy(d->stack + (size_t)b * MOIM_SEGMENT_SAMPLES, d->pcm + (size_t)b * HOP_SAMPLES,
               sizeof *d->stack * MOIM_SEGMENT_SAMPLES);
    raise_quiet(d);
    rc = listen(d, (size_t)(count - 1) * HOP_SAMPLES + MOIM_SEGMENT_SAMPLES, err);
    moim_segmentation_run(d->segmentation, d->stack, count, d->logp);
    for (int b = 0; b < count && !rc; b++) {
        float *logp = d->logp + (size_t)b * FRAMES * CLASSES;
        look_again(d, d->chunks, d->level + (size_t)b * HOP_SAMPLES, logp);
        heed_chunk(d, d->chunks, logp);
        keep_activity(d, d->chunks, logp);
        moim_fbank_run(d->fbank, d->stack + (size_t)b * MOIM_SEGMENT_SAMPLES, MOIM_SEGMENT_SAMPLES, d->bands);
        for (int l = 0; l < LOCAL && !rc; l++) rc = add_voices(d, d->chunks, l, logp, err);
        d->chunks++;
    }
    size_t used = (size_t)count * HOP_SAMPLES;
    used = used < d->have ? used : d->have;
    memmove(d->pcm, d->pcm + used, (d->have - used) * sizeof *d->pcm);
    d->have -= used;
    return rc;
}

int moim_diarizer_push(struct moim_diarizer *d, const float *pcm, size_t n, struct moim_err *err)
{
    int rc = MOIM_OK;
    while (n && !rc) {
        size_t take = BUFFER - d->have < n ? BUFFER - d->have : n;
        memcpy(d->pcm + d->have, pcm, take * sizeof *pcm);
        d->have += take;
        d->total += take;
        pcm += take;
        n -= take;
        if (d->have == BUFFER) rc = run_chunks(d, BATCH, err);
    }
    return rc;
}

/* The last chunks are filled up with silence. */
int moim_diarizer_rest(struct moim_diarizer *d, struct moim_err *err)
{
    size_t seen = d->chunks ? MOIM_SEGMENT_SAMPLES - HOP_SAMPLES : 0; /* by the chunk before */
    if (d->have <= seen) return MOIM_OK;
    int count = d->have <= MOIM_SEGMENT_SAMPLES
                    ? 1
                    : 1 + (int)((d->have - MOIM_SEGMENT_SAMPLES + HOP_SAMPLES - 1) / HOP_SAMPLES);
    memset(d->pcm + d->have, 0, (BUFFER - d->have) * sizeof *d->pcm);
    return run_chunks(d, count, err);
}
