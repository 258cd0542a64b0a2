#include "asr/cluster.h"
#include "asr/diarize_int.h"
#include "nn/vec.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Set on mixes of recordings that are no part of the evaluation: docs/experiments.md. */
#define MIN_EMBED_S 1.5      /* seconds of clean speech that a voice must rest on to found a speaker */
#define SAME_VOICE 0.50f     /* average similarity below which two voices are two speakers */
#define MIN_SPEAKER_S 6.0f   /* seconds that make a speaker, of clean speech, which lies in two chunks: 3 s */
#define MIN_SHARE 0.04f      /* of all clean speech: what makes one, if it is more */
#define MAX_REQUIRED_S 30.0f /* but so much always does */
#define MAX_SHARE 0.15f      /* and so large a share does in a short recording, */
#define LEAST_S 3.0f         /* of no less than so much */
#define SAME_MEAN 0.66f  /* a speaker of less than that is another's when their mean voices are so alike */
#define TOO_UNLIKE 0.25f /* two local speakers are one after all when keeping them apart costs so much */
#define PURE 0.35f       /* pieces of one local speaker that are less alike are not taken together */
#define GAP 1.5          /* seconds of silence within a turn, while nobody else speaks */
#define SHORT_GAP 0.5    /* and whoever speaks */

#define SPOKEN 0.4f /* expected number of speakers from which on there is one */

/* What is clustered: the pieces of a local speaker together when they sound alike, one by one when not. */
struct unit {
    struct voice *first;
    int n;
    float seconds;
    float x[DIM];
};

/* ---- from voices to speakers ---- */

static void join(struct unit *u, struct voice *v, int n)
{
    memset(u, 0, sizeof *u);
    u->first = v;
    u->n = n;
    for (int i = 0; i < n; i++) {
        moim_axpy(u->x, v[i].seconds, v[i].x, DIM);
        u->seconds += v[i].seconds;
    }
    float norm = sqrtf(moim_dot(u->x, u->x, DIM));
    for (int i = 0; norm > 0 && i < DIM; i++) u->x[i] /= norm;
}

static bool sound_alike(const struct voice *v, int n)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            if (moim_speaker_similarity(v[i].x, v[j].x) < PURE) return false;
    return true;
}

/* Units of all voices, in their order; units[d->n] is room enough. Returns how many. */
static int make_units(struct moim_diarizer *d, struct unit *units)
{
    int count = 0;
    for (int i = 0; i < d->n;) {
        struct voice *v = &d->voices[i];
        int n = 1;
        while (i + n < d->n && v[n].chunk == v->chunk && v[n].local == v->local) n++;
        i += n;
        if (sound_alike(v, n))
            join(&units[count++], v, n);
        else
            for (int j = 0; j < n; j++) join(&units[count++], v + j, 1);
    }
    return count;
}

static void set_label(struct unit *u, int label)
{
    for (int i = 0; i < u->n; i++) u->first[i].label = label;
}

/* What a group of voices must rest on to be a speaker: laughter and pieces in which two voices mix are groups
 * of their own too, and the longer the recording, the more of them. */
static float least(float total)
{
    float want = fminf(fmaxf(MIN_SPEAKER_S, MIN_SHARE * total), MAX_REQUIRED_S);
    return fmaxf(fminf(want, MAX_SHARE * total), LEAST_S);
}

/* Groups the units that rest on enough speech, at least the longest; the label of the others stays -1. */
static int cluster(struct unit *units, int n, const struct moim_diarize_options *o, int *k,
                   struct moim_err *err)
{
    struct unit **unit = malloc(((size_t)n + 1) * sizeof(struct unit *));
    float *x = malloc(((size_t)n + 1) * sizeof *x * DIM), *weight = malloc(((size_t)n + 1) * sizeof *weight);
    int *label = malloc(((size_t)n + 1) * sizeof *label), used = 0;
    int rc = unit && x && weight && label ? MOIM_OK : MOIM_ENOMEM;
    float enough = 0, total = 0;
    for (int i = 0; i < n; i++) enough = fminf(MIN_EMBED_S, fmaxf(enough, units[i].seconds));
    for (int i = 0; !rc && i < n; i++) {
        if (units[i].seconds < enough) continue;
        memcpy(x + (size_t)used * DIM, units[i].x, sizeof units[i].x);
        total += weight[used] = units[i].seconds;
        unit[used++] = &units[i];
    }
    struct moim_cluster_options c = {.min_clusters = o && o->min_speakers ? o->min_speakers : 1,
                                     .max_clusters =
                                         o && o->max_speakers ? o->max_speakers : MOIM_DIARIZE_SPEAKERS,
                                     .threshold = SAME_VOICE,
                                     .min_weight = least(total),
                                     .twin_weight = MAX_REQUIRED_S,
                                     .twin_similarity = SAME_MEAN};
    rc = rc ? moim_fail(err, rc, "diarization: out of memory")
            : moim_cluster(x, weight, used, DIM, &c, label, k, err);
    for (int i = 0; !rc && i < used; i++) set_label(unit[i], label[i]);
    free(unit);
    free(x);
    free(weight);
    free(label);
    return rc;
}

static int mean_voices(const struct moim_diarizer *d, struct moim_diarization *out, int k,
                       struct moim_err *err)
{
    out->voice = calloc((size_t)k + 1, sizeof *out->voice);
    out->seconds = calloc((size_t)k + 1, sizeof *out->seconds);
    out->speakers = k;
    if (!out->voice || !out->seconds) return moim_fail(err, MOIM_ENOMEM, "diarization: out of memory");
    for (int i = 0; i < d->n; i++) {
        int c = d->voices[i].label;
        if (c < 0) continue;
        moim_axpy(out->voice[c], d->voices[i].seconds, d->voices[i].x, DIM);
        out->seconds[c] += d->voices[i].seconds / 2; /* each second lies in two chunks */
    }
    for (int c = 0; c < k; c++) {
        float norm = sqrtf(moim_dot(out->voice[c], out->voice[c], DIM));
        for (int i = 0; norm > 0 && i < DIM; i++) out->voice[c][i] /= norm;
    }
    return MOIM_OK;
}

/* Local speakers of one chunk are different speakers, unless that is plainly wrong. Pieces that do not sound
 * alike go each its own way. */
static void assign_chunk(struct unit *u, int n, const struct moim_diarization *out)
{
    double gain[LOCAL * MOIM_DIARIZE_SPEAKERS];
    int match[LOCAL], k = out->speakers;
    for (int i = 0; i < n; i++) {
        int best = 0;
        for (int c = 0; c < k; c++) {
            gain[i % LOCAL * k + c] = 2 + moim_speaker_similarity(u[i].x, out->voice[c]);
            if (gain[i % LOCAL * k + c] > gain[i % LOCAL * k + best]) best = c;
        }
        set_label(&u[i], best);
    }
    for (int i = 1; i < n; i++)
        if (u[i].first->local == u[i - 1].first->local) return;
    if (n > LOCAL || moim_assign(gain, n, k, match)) return;
    for (int i = 0; i < n; i++)
        if (match[i] >= 0 && gain[i * k + match[i]] >= gain[i * k + u[i].first->label] - TOO_UNLIKE)
            set_label(&u[i], match[i]);
}

/* ---- turns ---- */

struct frame_votes {
    const struct moim_diarizer *d;
    int speakers;
    const struct voice **first; /* [chunks + 1]: its voices lie up to the next chunk's */
};

/* The voice that a chunk's local speaker has at its frame t, NULL while nobody knows. */
static const struct voice *voice_at(const struct frame_votes *f, long chunk, int local, long t)
{
    const struct voice *found = NULL;
    for (const struct voice *v = f->first[chunk]; v < f->first[chunk + 1]; v++) {
        if (v->local != local) continue;
        found = v;
        if (t < v->until) break;
    }
    return found;
}

/* Takes a vote of probability p, weighed, for the speaker of v. */
static void count_vote(struct frame_vote *f, const struct voice *v, float p)
{
    f->count += p;
    if (!v || v->label < 0) return;
    f->vote[v->label] += p;
    f->own[v->label] += p * v->own;
    f->other[v->label] += p * v->other;
}

/* What the chunks say about frame g, the edges of a chunk counting less. */
static struct frame_vote votes_at(const struct frame_votes *f, long g)
{
    struct frame_vote out = {.count = 0};
    for (long chunk = g / HOP; chunk >= 0 && g - chunk * HOP < FRAMES; chunk--) {
        long t = g - chunk * HOP;
        if (chunk >= f->d->chunks) continue;
        float weight = 0.05f + (float)(t < FRAMES - 1 - t ? t : FRAMES - 1 - t) / FRAMES;
        out.weights += weight;
        for (int l = 0; l < LOCAL; l++) {
            float p = weight * (float)f->d->activity[chunk][t][l] / 255;
            if (p > 0) count_vote(&out, voice_at(f, chunk, l, t), p);
        }
    }
    return out;
}

/* Who speaks, as bits: as many as the chunks count. */
static unsigned active_in(const struct frame_vote *f, int speakers)
{
    unsigned bits = 0;
    float expected = f->weights > 0 ? f->count / f->weights : 0;
    for (int n = expected < 1 ? expected >= SPOKEN : (int)(expected + 0.5f); n > 0; n--) {
        int best = -1;
        for (int c = 0; c < speakers; c++)
            if (!(bits >> c & 1) && f->vote[c] > 0 && (best < 0 || f->vote[c] > f->vote[best])) best = c;
        if (best >= 0) bits |= 1u << best;
    }
    return bits;
}

static int push_turn(struct moim_diarization *out, int *cap, int speaker, double start, double end)
{
    if (out->n == *cap) {
        int want = *cap ? *cap * 2 : 64;
        struct moim_turn *grown = realloc(out->turns, sizeof *grown * (size_t)want);
        if (!grown) return MOIM_ENOMEM;
        out->turns = grown;
        *cap = want;
    }
    out->turns[out->n++] = (struct moim_turn){start, end, speaker};
    return MOIM_OK;
}

/* May the speaker's last turn go on at start? */
static bool goes_on(const struct moim_diarization *out, const int *last, int speakers, int c, double start)
{
    if (last[c] < 0) return false;
    double end = out->turns[last[c]].end;
    if (start - end <= SHORT_GAP) return true;
    for (int other = 0; other < speakers; other++)
        if (other != c && last[other] >= 0 && out->turns[last[other]].end > end) return false;
    return start - end <= GAP;
}

static int make_turns(const struct frame_votes *f, struct moim_diarization *out)
{
    int cap = 0, rc = MOIM_OK, last[MOIM_DIARIZE_SPEAKERS];
    const double step = MOIM_SEGMENT_STEP / RATE, first = (MOIM_SEGMENT_SIGHT - MOIM_SEGMENT_STEP) / 2 / RATE,
                 length = (double)f->d->total / RATE;
    long frames = f->d->chunks ? (long)(f->d->chunks - 1) * HOP + FRAMES : 0;
    for (int c = 0; c < f->speakers; c++) last[c] = -1;
    out->evidence = calloc((size_t)frames / MOIM_EVIDENCE_FRAMES + 1, sizeof *out->evidence);
    if (!out->evidence) return MOIM_ENOMEM;
    for (long g = 0; g < frames && !rc; g++) {
        struct frame_vote votes = votes_at(f, g);
        unsigned bits = active_in(&votes, f->speakers);
        if (g % MOIM_EVIDENCE_FRAMES == MOIM_EVIDENCE_FRAMES / 2)
            out->evidence[out->n_evidence++] = moim_evidence_of(&votes, f->speakers);
        double start = first + (double)g * step, end = fmin(start + step, length);
        for (int c = 0; bits && start < length && c < f->speakers && !rc; c++) {
            if (!(bits >> c & 1)) continue;
            if (goes_on(out, last, f->speakers, c, start)) {
                out->turns[last[c]].end = end;
            } else {
                rc = push_turn(out, &cap, c, start, end);
                last[c] = out->n - 1;
            }
        }
    }
    return rc;
}

/* Speakers who in the end never spoke go; the others are numbered by appearance. */
static int renumber(struct moim_diarization *out)
{
    int name[MOIM_DIARIZE_SPEAKERS], next = 0;
    float(*voice)[DIM] = calloc((size_t)out->speakers + 1, sizeof *voice);
    double *seconds = calloc((size_t)out->speakers + 1, sizeof *seconds);
    if (!voice || !seconds) {
        free(voice);
        free(seconds);
        return MOIM_ENOMEM;
    }
    for (int c = 0; c < out->speakers; c++) name[c] = -1;
    for (int i = 0; i < out->n; i++) {
        int old = out->turns[i].speaker;
        if (name[old] < 0) {
            memcpy(voice[next], out->voice[old], sizeof *voice);
            seconds[next] = out->seconds[old];
            name[old] = next++;
        }
        out->turns[i].speaker = name[old];
    }
    for (int i = 0; i < out->n_evidence; i++)
        for (int k = 0; k < 2; k++)
            if (out->evidence[i].speaker[k] != MOIM_NO_SPEAKER)
                out->evidence[i].speaker[k] = (unsigned char)name[out->evidence[i].speaker[k]];
    free(out->voice);
    free(out->seconds);
    out->voice = voice;
    out->seconds = seconds;
    out->speakers = next;
    return MOIM_OK;
}

static void assign(struct unit *units, int n, const struct moim_diarization *out)
{
    for (int i = 0, k; i < n; i += k) {
        for (k = 1; i + k < n && units[i + k].first->chunk == units[i].first->chunk; k++) {
        }
        assign_chunk(units + i, k, out);
    }
}

static int turns_of(const struct moim_diarizer *d, struct moim_diarization *out, struct moim_err *err)
{
    struct frame_votes f = {d, out->speakers, malloc(sizeof *f.first * ((size_t)d->chunks + 1))};
    if (!f.first) return moim_fail(err, MOIM_ENOMEM, "diarization: out of memory");
    for (int c = 0, i = 0; c <= d->chunks; c++) {
        while (i < d->n && d->voices[i].chunk < c) i++;
        f.first[c] = d->voices + i;
    }
    int rc = make_turns(&f, out);
    if (!rc) rc = renumber(out);
    free(f.first);
    return rc ? moim_fail(err, rc, "diarization: out of memory") : MOIM_OK;
}

static int find_speakers(struct moim_diarizer *d, const struct moim_diarize_options *o,
                         struct moim_diarization *out, struct moim_err *err)
{
    struct unit *units = malloc(((size_t)d->n + 1) * sizeof *units);
    if (!units) return moim_fail(err, MOIM_ENOMEM, "diarization: out of memory");
    int k = 0, n = make_units(d, units), rc = n ? cluster(units, n, o, &k, err) : MOIM_OK;
    if (!rc) rc = mean_voices(d, out, k, err);
    if (!rc && k) {
        assign(units, n, out);
        moim_compare_voices(d, out);
        rc = turns_of(d, out, err);
    }
    free(units);
    return rc;
}

int moim_diarizer_finish(struct moim_diarizer *d, const struct moim_diarize_options *options,
                         struct moim_diarization *out, struct moim_err *err)
{
    memset(out, 0, sizeof *out);
    if (options &&
        (options->max_speakers > MOIM_DIARIZE_SPEAKERS || options->min_speakers > MOIM_DIARIZE_SPEAKERS))
        return moim_fail(err, MOIM_EINVAL, "diarization: at most %d speakers", MOIM_DIARIZE_SPEAKERS);
    out->duration = (double)d->total / RATE;
    out->one_known = options && options->max_speakers == 1;
    int rc = moim_diarizer_rest(d, err);
    if (!rc) rc = find_speakers(d, options, out, err);
    if (rc) moim_diarization_free(out);
    return rc;
}

void moim_diarization_free(struct moim_diarization *d)
{
    free(d->turns);
    free(d->voice);
    free(d->seconds);
    free(d->evidence);
    memset(d, 0, sizeof *d);
}

int moim_diarization_at(const struct moim_diarization *d, double start, double end)
{
    double covered[MOIM_DIARIZE_SPEAKERS] = {0}, nearest = 1;
    int best = -1;
    for (int i = 0; i < d->n; i++) {
        double from = fmax(start, d->turns[i].start), to = fmin(end, d->turns[i].end);
        if (to > from) covered[d->turns[i].speaker] += to - from;
    }
    for (int c = 0; c < d->speakers && c < MOIM_DIARIZE_SPEAKERS; c++)
        if (covered[c] > 0 && (best < 0 || covered[c] > covered[best])) best = c;
    for (int i = 0; best < 0 && i < d->n; i++) {
        double away = fmax(d->turns[i].start - end, start - d->turns[i].end);
        if (away < nearest) nearest = away;
    }
    for (int i = 0; best < 0 && i < d->n; i++)
        if (fmax(d->turns[i].start - end, start - d->turns[i].end) <= nearest && nearest < 1)
            best = d->turns[i].speaker;
    return best;
}
