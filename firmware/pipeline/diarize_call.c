#include "firmware/library/voiceprint_store.h"
#include "firmware/pipeline/diarize_int.h"
#include "firmware/pipeline/transcribe_stage.h"
#include "storage/speakers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_MOST 1000

/* One side: what was heard there, and which lines are its. */
struct side {
    struct moim_diarization d;
    int number[MOIM_DIARIZE_SPEAKERS];
    struct moim_segment *lines; /* [n]; what they point to is the meeting's */
    int n;
    struct moim_segment *parts; /* [n_parts] */
    int n_parts;
};

struct work {
    struct side side[2];
    struct moim_segment *all; /* [n] the meeting's lines */
    int n, next;              /* the next free number */
    struct moim_spans assigned;
};

static double shared(const struct moim_diarization *d, double start, double end)
{
    double sum = 0;
    for (int t = 0; t < d->n && d->turns[t].start < end; t++)
        sum += fmax(0, fmin(end, d->turns[t].end) - fmax(start, d->turns[t].start));
    return sum;
}

/* The side on whose channel somebody speaks during most of that speaker's lines. The transcript counts this side 1 and the
 * far one 2, and where nothing was heard that says it. */
static int side_of(const struct work *w, int speaker)
{
    double here = 0, there = 0;
    for (int i = 0; i < w->n; i++) {
        if (w->all[i].speaker != speaker) continue;
        here += shared(&w->side[MOIM_PART_NEAR].d, w->all[i].start, w->all[i].end);
        there += shared(&w->side[MOIM_PART_FAR].d, w->all[i].start, w->all[i].end);
    }
    if (here == there) return speaker == 2 ? MOIM_PART_FAR : MOIM_PART_NEAR;
    return there > here ? MOIM_PART_FAR : MOIM_PART_NEAR;
}

/* Two people who speak at once are on a channel each: the first two numbers are what the transcript says. */
static int divide(struct work *w)
{
    for (int k = 0; k < 2; k++)
        if (!(w->side[k].lines = calloc((size_t)w->n + 1, sizeof *w->all))) return MOIM_ENOMEM;
    for (int i = 0; i < w->n; i++) {
        int number = w->all[i].speaker;
        struct side *side = &w->side[number == 1 || number == 2 ? number - 1 : side_of(w, number)];
        side->lines[side->n++] = w->all[i];
    }
    return MOIM_OK;
}

static int number_side(struct work *w, struct side *side)
{
    int most = w->next > NUMBERS_MOST ? NUMBERS_MOST : w->next - 1;
    int rc = moim_keep_numbers(&side->d, side->lines, side->n, &w->assigned, most, side->number);
    for (int c = 0; !rc && c < side->d.speakers; c++)
        if (side->number[c] >= w->next) w->next = side->number[c] + 1;
    return rc;
}

/* Where one voice is on a side, the channel says who speaks: that was not guessed by the voice. */
static int cut_side(struct side *side, struct moim_err *err)
{
    int rc = moim_lines_by_speaker(&side->d, side->lines, side->n, &side->parts, &side->n_parts, err);
    for (int i = 0; !rc && i < side->n_parts; i++) {
        struct moim_segment *part = &side->parts[i];
        part->speaker = part->speaker > 0 ? side->number[part->speaker - 1] : side->lines[0].speaker;
        if (side->d.speakers < 2) part->speaker_certainty = 0;
    }
    return rc;
}

static int by_start(const void *a, const void *b)
{
    const struct moim_segment *x = a, *y = b;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    return x->id != y->id ? (x->id < y->id ? -1 : 1) : x->speaker - y->speaker;
}

static int put(struct moim_store *s, int64_t meeting, struct work *w, struct moim_err *err)
{
    struct side *near = &w->side[MOIM_PART_NEAR], *far = &w->side[MOIM_PART_FAR];
    int n = near->n_parts + far->n_parts;
    struct moim_segment *all = calloc((size_t)n + 1, sizeof *all);
    if (!all) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    if (near->n_parts) memcpy(all, near->parts, sizeof *all * (size_t)near->n_parts);
    if (far->n_parts) memcpy(all + near->n_parts, far->parts, sizeof *all * (size_t)far->n_parts);
    qsort(all, (size_t)n, sizeof *all, by_start);
    int rc = moim_speakers_put(s, meeting, all, n, MOIM_DIARIZED, err);
    free(all);
    return rc;
}

static int offer(struct moim_store *s, int64_t meeting, struct work *w, struct moim_err *err)
{
    float voice[2 * MOIM_DIARIZE_SPEAKERS][MOIM_SPEAKER_DIM];
    int number[2 * MOIM_DIARIZE_SPEAKERS], n = 0;
    for (int k = 0; k < 2; k++)
        for (int c = 0; c < w->side[k].d.speakers; c++, n++) {
            memcpy(voice[n], w->side[k].d.voice[c], sizeof *voice);
            number[n] = w->side[k].number[c];
        }
    return moim_voices_offer(s, meeting, voice, number, n, err);
}

/* Everybody without a name is called by the side: "Far side", "Far side 2". */
static int name_sides(struct moim_store *s, const struct moim_meeting *m, const struct moim_parties *p,
                      struct work *w, struct moim_err *err)
{
    int rc = MOIM_OK;
    for (int k = 0; !rc && k < 2; k++)
        for (int c = 0, place = 1; !rc && c < w->side[k].d.speakers; c++) {
            int number = w->side[k].number[c];
            if (number > 2) place++;
            rc = moim_name_party(s, m->id, p, k, number, number > 2 ? place : 1, m->language, err);
        }
    return rc;
}

static int write(struct moim_store *s, const struct moim_meeting *m, const struct moim_parties *p,
                 struct work *w, struct moim_err *err)
{
    int rc = moim_store_begin(s, err); /* what the user corrects meanwhile comes before or after */
    if (rc) return rc;
    rc = moim_segments_get(s, m->id, &w->all, &w->n, err);
    if (!rc) rc = moim_assigned_get(s, m->id, &w->assigned, err);
    if (!rc) rc = moim_speaker_next(s, m->id, &w->next, err);
    if (!rc && w->next < 3) w->next = 3; /* 1 and 2 are the sides' own */
    if (!rc && divide(w)) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int k = 0; !rc && k < 2; k++) {
        if (number_side(w, &w->side[k])) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
        if (!rc) rc = cut_side(&w->side[k], err);
    }
    if (!rc) rc = put(s, m->id, w, err);
    if (!rc) rc = name_sides(s, m, p, w, err);
    if (!rc) rc = offer(s, m->id, w, err);
    return moim_store_end(s, rc, err);
}

int moim_diarize_call(struct moim_engine *e, struct moim_store *s, const struct moim_meeting *m,
                      const char *audio, struct moim_parties *p, int count,
                      void (*progress)(void *arg, double done), void *arg, struct moim_err *err)
{
    struct work w = {.n = 0};
    struct moim_diarize_options each = {.min_speakers = count == 2, .max_speakers = count == 2};
    int rc = MOIM_OK;
    for (int k = 0; !rc && k < 2; k++) {
        struct moim_part part = p->part[k];
        if (k == MOIM_PART_NEAR) part.far = &p->part[MOIM_PART_FAR];
        rc = moim_diarize_part(e, audio, &part, &each, progress, arg, &w.side[k].d, err);
    }
    if (!rc) rc = write(s, m, p, &w, err);
    for (int k = 0; k < 2; k++) {
        moim_diarization_free(&w.side[k].d);
        free(w.side[k].lines);
        moim_segments_free(w.side[k].parts, w.side[k].n_parts);
    }
    moim_segments_free(w.all, w.n);
    free(w.assigned.list);
    return rc;
}
