#include "asr/live_speakers.h"
#include "asr/cluster.h"
#include "audio/fbank.h"
#include "nn/vec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE 16000.0
#define FRAMES MOIM_SEGMENT_FRAMES
#define LOCAL MOIM_SEGMENT_LOCAL
#define CLASSES MOIM_SEGMENT_CLASSES
#define BANDS MOIM_SPEAKER_BANDS
#define DIM MOIM_SPEAKER_DIM
#define FBANK_FRAMES 998 /* of ten seconds */
#define SPEAKERS MOIM_LIVE_SPEAKERS

#ifndef LINES     /* a test takes fewer */
#define LINES 128 /* of the last two minutes, at most */
#endif
#define VOICES (2 * LINES) /* likewise */
#define LEAST_TURN 0.5     /* seconds of a turn that stand for themselves */
#define LEAST_VOICE 40     /* frames of 10 ms that tell something of a voice, */
#define WANT_VOICE 300     /* enough of them, which may lie before the line, */
#define MOST_VOICE 600     /* and more than are used */
#define FOUND 1.5f         /* seconds that a voice must rest on to be a new speaker */
#define SAME_VOICE 0.50f /* average similarity below which two voices are two speakers, as in asr/diarize.c */
#define LIGHT 2.0f       /* seconds of a group that is no speaker yet */
#define KNOWN 60.0f      /* seconds of a speaker's past that count at most */

struct voice {
    float x[DIM];
    float seconds; /* 0: too little was heard, it is the speaker's that spoke before */
    double at;     /* where its line ends */
    int speaker;
};

struct line {
    struct moim_live_line shown;
    int voice[MOIM_LIVE_PARTS]; /* of each part */
    bool changed;
};

struct known {
    float x[DIM]; /* weighted by seconds */
    float seconds;
};

struct moim_live_speakers {
    struct moim_segmentation *segmentation;
    struct moim_speaker_encoder *encoder;
    struct moim_fbank *fbank;
    float *chunk;  /* [160000] */
    float *logp;   /* [589][7] */
    float *bands;  /* [998][80] */
    float *picked; /* [998][80] */
    struct line line[LINES];
    int n_lines;
    struct voice voice[VOICES];
    int n_voices;
    struct known known[SPEAKERS + 1]; /* of what is older than the window */
    int speakers;                     /* numbers given so far */
};

int moim_live_speakers_new(struct moim_live_speakers **out, struct moim_segmentation *segmentation,
                           struct moim_speaker_encoder *encoder, struct moim_err *err)
{
    *out = NULL;
    struct moim_live_speakers *l = calloc(1, sizeof *l);
    if (!l) return moim_fail(err, MOIM_ENOMEM, "live speakers: out of memory");
    l->segmentation = segmentation;
    l->encoder = encoder;
    l->chunk = calloc(MOIM_SEGMENT_SAMPLES, sizeof *l->chunk);
    l->logp = malloc(sizeof *l->logp * FRAMES * CLASSES);
    l->bands = malloc(sizeof *l->bands * FBANK_FRAMES * BANDS);
    l->picked = malloc(sizeof *l->picked * FBANK_FRAMES * BANDS);
    int rc = l->chunk && l->logp && l->bands && l->picked
                 ? moim_fbank_new(&l->fbank, BANDS, err)
                 : moim_fail(err, MOIM_ENOMEM, "live speakers: out of memory");
    if (rc)
        moim_live_speakers_free(l);
    else
        *out = l;
    return rc;
}

void moim_live_speakers_free(struct moim_live_speakers *l)
{
    if (!l) return;
    moim_fbank_free(l->fbank);
    free(l->chunk);
    free(l->logp);
    free(l->bands);
    free(l->picked);
    free(l);
}

/* ---- one line: turns of local speakers, and their voices ---- */

static unsigned set_at(const struct moim_live_speakers *l, int t)
{
    return moim_segmentation_set[moim_segmentation_likeliest(l->logp + t * CLASSES)];
}

/* The frame of the segmentation that sees a moment of the chunk best. */
static int frame_at(double seconds)
{
    int t = (int)((seconds * RATE - MOIM_SEGMENT_SIGHT / 2.0) / MOIM_SEGMENT_STEP + 0.5);
    return t < 0 ? 0 : t >= FRAMES ? FRAMES - 1 : t;
}

/* Runs of one local speaker in frames from ... to - 1: who[] and where they end. Silence and overlaps belong to the run before. */
struct runs {
    int who[FRAMES], end[FRAMES], n;
};

static void find_runs(const struct moim_live_speakers *l, int from, int to, struct runs *r)
{
    r->n = 0;
    for (int t = from; t < to; t++) {
        unsigned set = set_at(l, t);
        int who = set == 1 ? 0 : set == 2 ? 1 : set == 4 ? 2 : -1;
        if (who < 0 || (r->n && r->who[r->n - 1] == who)) {
            if (r->n) r->end[r->n - 1] = t + 1;
            continue;
        }
        r->who[r->n] = who;
        r->end[r->n++] = t + 1;
    }
    if (r->n) r->end[r->n - 1] = to;
}

static void drop_run(struct runs *r, int i)
{
    int into = i ? i - 1 : 1;
    if (i) r->end[into] = r->end[i];
    memmove(r->who + i, r->who + i + 1, sizeof *r->who * (size_t)(r->n - i - 1));
    memmove(r->end + i, r->end + i + 1, sizeof *r->end * (size_t)(r->n - i - 1));
    r->n--;
    for (int k = 1; k < r->n; k++) /* neighbours that are one now */
        if (r->who[k] == r->who[k - 1]) {
            r->end[k - 1] = r->end[k];
            memmove(r->who + k, r->who + k + 1, sizeof *r->who * (size_t)(r->n - k - 1));
            memmove(r->end + k, r->end + k + 1, sizeof *r->end * (size_t)(r->n - k - 1));
            r->n--;
            k--;
        }
}

/* The shortest runs go until all are long enough and few enough. */
static void tidy_runs(struct runs *r, int from)
{
    const int least = (int)(LEAST_TURN * RATE / MOIM_SEGMENT_STEP);
    while (r->n > 1) {
        int shortest = 0, length = 0;
        for (int i = 0; i < r->n; i++) {
            int k = r->end[i] - (i ? r->end[i - 1] : from);
            if (!i || k < length) shortest = i, length = k;
        }
        if (length >= least && r->n <= MOIM_LIVE_PARTS) return;
        drop_run(r, shortest);
    }
}

/* Frames of 10 ms in which a local speaker alone speaks, those of the line, and some from before it when they are few: how
 * many stand in picked, and how many of them are the line's own. */
static int pick(struct moim_live_speakers *l, int local, int from, int to, int *own)
{
    int list[FBANK_FRAMES], n = 0;
    *own = 0;
    for (int j = to - 1; j >= 0 && n < MOST_VOICE; j--) {
        if (j < from && n >= WANT_VOICE) break;
        if (set_at(l, frame_at((j * MOIM_FBANK_HOP + MOIM_FBANK_WINDOW / 2.0) / RATE)) != 1u << local)
            continue;
        list[n++] = j;
        *own += j >= from;
    }
    for (int i = 0; i < n; i++)
        memcpy(l->picked + (size_t)i * BANDS, l->bands + (size_t)list[n - 1 - i] * BANDS,
               sizeof *l->picked * BANDS);
    return n;
}

/* The voice of a local speaker in the line; its place among the voices. */
static int add_voice(struct moim_live_speakers *l, int local, double start, double end, double at, int *place,
                     struct moim_err *err)
{
    int most = FBANK_FRAMES, from = (int)(start * 100), to = (int)(end * 100), own;
    from = from < 0 ? 0 : from > most ? most : from;
    to = to < from ? from : to > most ? most : to;
    int n = pick(l, local, from, to, &own), rc = MOIM_OK;
    struct voice *v = &l->voice[l->n_voices];
    *v = (struct voice){.at = at};
    if (n >= LEAST_VOICE) {
        rc = moim_speaker_encoder_embed(l->encoder, l->picked, n, v->x, err);
        v->seconds = fmaxf((float)own, 1) * 0.01f;
    }
    *place = l->n_voices++;
    return rc;
}

/* ---- what has grown old ---- */

static void freeze(struct moim_live_speakers *l, int voices)
{
    for (int i = 0; i < voices; i++) {
        const struct voice *v = &l->voice[i];
        if (v->speaker < 1 || v->seconds < FOUND) continue;
        moim_axpy(l->known[v->speaker].x, v->seconds, v->x, DIM);
        l->known[v->speaker].seconds += v->seconds;
    }
    l->n_voices -= voices;
    memmove(l->voice, l->voice + voices, sizeof *l->voice * (size_t)l->n_voices);
}

static void drop_lines(struct moim_live_speakers *l, int lines)
{
    int voices = 0;
    for (int i = 0; i < lines; i++)
        for (int k = 0; k < l->line[i].shown.n; k++)
            if (l->line[i].voice[k] >= voices) voices = l->line[i].voice[k] + 1;
    l->n_lines -= lines;
    memmove(l->line, l->line + lines, sizeof *l->line * (size_t)l->n_lines);
    freeze(l, voices);
    for (int i = 0; i < l->n_lines; i++)
        for (int k = 0; k < l->line[i].shown.n; k++) l->line[i].voice[k] -= voices;
}

static void forget_old(struct moim_live_speakers *l, double now)
{
    int old = 0;
    while (old < l->n_lines && !l->line[old].changed &&
           l->line[old].shown.part[l->line[old].shown.n - 1].end < now - MOIM_LIVE_WINDOW)
        old++;
    if (l->n_lines - old == LINES || l->n_voices + LOCAL > VOICES) old++;
    if (old) drop_lines(l, old);
}

/* ---- numbers ---- */

/* What is clustered: known speakers first, then the voices that rest on enough speech. */
struct points {
    float x[SPEAKERS + VOICES][DIM], weight[SPEAKERS + VOICES];
    int speaker[SPEAKERS + VOICES]; /* of a known one, 0: a voice */
    int voice[SPEAKERS + VOICES], label[SPEAKERS + VOICES], n;
};

static void unit(float *to, const float *x)
{
    float norm = sqrtf(moim_dot(x, x, DIM));
    for (int i = 0; i < DIM; i++) to[i] = norm > 0 ? x[i] / norm : 0;
}

static void gather(const struct moim_live_speakers *l, struct points *p)
{
    p->n = 0;
    for (int s = 1; s <= l->speakers; s++) {
        if (l->known[s].seconds <= 0) continue;
        unit(p->x[p->n], l->known[s].x);
        p->weight[p->n] = fminf(l->known[s].seconds, KNOWN);
        p->speaker[p->n++] = s;
    }
    for (int i = 0; i < l->n_voices; i++) {
        if (l->voice[i].seconds < FOUND) continue;
        memcpy(p->x[p->n], l->voice[i].x, sizeof *p->x);
        p->weight[p->n] = l->voice[i].seconds;
        p->speaker[p->n] = 0;
        p->voice[p->n++] = i;
    }
}

/* The number of each group: that of the best known speaker in it, else the one that most of its speech has and no other group,
 * else a new one. */
static void number_groups(struct moim_live_speakers *l, const struct points *p, int groups, int *number)
{
    float had[SPEAKERS + 1];
    bool taken[SPEAKERS + 1] = {false};
    for (int g = 0; g < groups; g++) {
        float most = 0;
        number[g] = 0;
        for (int i = 0; i < p->n; i++)
            if (p->label[i] == g && p->speaker[i] && p->weight[i] > most)
                most = p->weight[i], number[g] = p->speaker[i];
        taken[number[g]] = true;
    }
    for (int s = 1; s <= l->speakers; s++)
        if (l->known[s].seconds > 0)
            taken[s] = true; /* merged into another for now: nobody else gets the number */
    for (int g = 0; g < groups; g++) {
        if (number[g]) continue;
        memset(had, 0, sizeof had);
        for (int i = 0; i < p->n; i++)
            if (p->label[i] == g && !p->speaker[i]) had[l->voice[p->voice[i]].speaker] += p->weight[i];
        int best = 0;
        for (int s = 1; s <= l->speakers; s++)
            if (!taken[s] && had[s] > 0 && (!best || had[s] > had[best])) best = s;
        number[g] = best ? best : l->speakers < SPEAKERS ? ++l->speakers : 0;
        taken[number[g]] = true;
    }
}

/* Voices too short to found a speaker are the most alike speaker's; those of which nothing is known, the one's before. */
static void assign_rest(struct moim_live_speakers *l)
{
    float mean[SPEAKERS + 1][DIM];
    bool have[SPEAKERS + 1];
    for (int s = 1; s <= l->speakers; s++) have[s] = moim_live_speakers_voice(l, s, mean[s], NULL);
    for (int i = 0; i < l->n_voices; i++) {
        struct voice *v = &l->voice[i];
        if (v->seconds >= FOUND) continue;
        v->speaker = i ? l->voice[i - 1].speaker : 0;
        float best = -1;
        for (int s = 1; v->seconds > 0 && s <= l->speakers; s++) {
            float like = have[s] ? moim_speaker_similarity(v->x, mean[s]) : -1;
            if (like > best) best = like, v->speaker = s;
        }
    }
}

static int number_voices(struct moim_live_speakers *l, struct moim_err *err)
{
    struct points *p = malloc(sizeof *p);
    int groups = 0, number[SPEAKERS + VOICES];
    if (!p) return moim_fail(err, MOIM_ENOMEM, "live speakers: out of memory");
    gather(l, p);
    struct moim_cluster_options o = {
        .min_clusters = 1, .max_clusters = SPEAKERS, .threshold = SAME_VOICE, .min_weight = LIGHT};
    int rc = p->n ? moim_cluster(p->x[0], p->weight, p->n, DIM, &o, p->label, &groups, err) : MOIM_OK;
    if (!rc) number_groups(l, p, groups, number);
    for (int i = 0; !rc && i < p->n; i++)
        if (!p->speaker[i]) l->voice[p->voice[i]].speaker = number[p->label[i]];
    free(p);
    if (!rc) assign_rest(l);
    return rc;
}

static void show(struct moim_live_speakers *l)
{
    for (int i = 0; i < l->n_lines; i++)
        for (int k = 0; k < l->line[i].shown.n; k++) {
            struct moim_live_part *part = &l->line[i].shown.part[k];
            int speaker = l->voice[l->line[i].voice[k]].speaker;
            l->line[i].changed |= part->speaker != speaker;
            part->speaker = speaker;
        }
}

/* ---- the caller's ---- */

int moim_live_speakers_line(struct moim_live_speakers *l, int number, double start, double end,
                            const float *pcm, size_t n, double from, struct moim_err *err)
{
    struct runs runs = {0};
    int place[LOCAL] = {-1, -1, -1}, rc = MOIM_OK;
    if (n > MOIM_SEGMENT_SAMPLES)
        return moim_fail(err, MOIM_EINVAL, "live speakers: a line of more than ten seconds");
    forget_old(l, end);
    memcpy(l->chunk, pcm, sizeof *pcm * n);
    memset(l->chunk + n, 0, sizeof *pcm * (MOIM_SEGMENT_SAMPLES - n));
    moim_segmentation_run(l->segmentation, l->chunk, 1, l->logp);
    moim_fbank_run(l->fbank, l->chunk, MOIM_SEGMENT_SAMPLES, l->bands);
    int first = frame_at(start - from), last = frame_at(end - from) + 1;
    find_runs(l, first, last, &runs);
    tidy_runs(&runs, first);
    struct line *line = &l->line[l->n_lines];
    *line = (struct line){.shown = {.number = number, .n = runs.n ? runs.n : 1}, .changed = true};
    for (int i = 0; !rc && i < line->shown.n; i++) {
        int local = runs.n ? runs.who[i] : 0;
        if (place[local] < 0) rc = add_voice(l, local, start - from, end - from, end, &place[local], err);
        line->voice[i] = place[local];
        line->shown.part[i].start = i ? line->shown.part[i - 1].end : start;
        line->shown.part[i].end =
            i + 1 < line->shown.n ? from + (runs.end[i] * MOIM_SEGMENT_STEP + MOIM_SEGMENT_SIGHT / 2.0) / RATE
                                  : end;
    }
    if (!rc) l->n_lines++;
    if (!rc) rc = number_voices(l, err);
    if (!rc) show(l);
    return rc;
}

bool moim_live_speakers_next(struct moim_live_speakers *l, const struct moim_live_line **line)
{
    for (int i = 0; i < l->n_lines; i++) {
        if (!l->line[i].changed) continue;
        l->line[i].changed = false;
        *line = &l->line[i].shown;
        return true;
    }
    return false;
}

bool moim_live_speakers_voice(const struct moim_live_speakers *l, int speaker, float voice[MOIM_SPEAKER_DIM],
                              float *seconds)
{
    float sum[DIM], weight = 0;
    if (speaker < 1 || speaker > l->speakers) return false;
    memcpy(sum, l->known[speaker].x, sizeof sum);
    weight = l->known[speaker].seconds;
    for (int i = 0; i < l->n_voices; i++) {
        if (l->voice[i].speaker != speaker || l->voice[i].seconds < FOUND) continue;
        moim_axpy(sum, l->voice[i].seconds, l->voice[i].x, DIM);
        weight += l->voice[i].seconds;
    }
    unit(voice, sum);
    if (seconds) *seconds = weight;
    return weight > 0;
}
