/* Results of the strong machines, taken into the store as a later pass of the recogniser: what the user corrected stays
 * (storage/store.h), speakers keep their numbers and names. */
#include "firmware/fleet/fleet.h"
#include "firmware/library/document_add.h"
#include "firmware/library/removal.h"
#include "storage/speakers.h"

#include <stdlib.h>
#include <string.h>

/* The line that shares most of a time; -1: none. */
static int line_at(const struct moim_segment *list, int n, double start, double end)
{
    int best = -1;
    double most = 0;
    for (int i = 0; i < n; i++) {
        double from = list[i].start > start ? list[i].start : start,
               to = list[i].end < end ? list[i].end : end;
        if (to - from > most) most = to - from, best = i;
    }
    return best;
}

/* How long a voice of the result and a speaker of the store spoke at the same times. */
struct pair {
    int heard, old;
    double shared;
};

static int add_pair(struct pair **list, int *n, int heard, int old, double shared)
{
    for (int i = 0; i < *n; i++)
        if ((*list)[i].heard == heard && (*list)[i].old == old) {
            (*list)[i].shared += shared;
            return MOIM_OK;
        }
    struct pair *grown = realloc(*list, ((size_t)*n + 1) * sizeof *grown);
    if (!grown) return MOIM_ENOMEM;
    *list = grown;
    grown[(*n)++] = (struct pair){heard, old, shared};
    return MOIM_OK;
}

static int compare(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    return x->shared < y->shared ? 1 : x->shared > y->shared ? -1 : x->heard - y->heard;
}

static int pairs_of(const struct moim_segment *heard, const int *who, int n, const struct moim_segment *old,
                    int n_old, struct pair **list, int *n_list)
{
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < n; i++) {
        if (who[i] > 0) rc = add_pair(list, n_list, who[i], 0, 0); /* met by nobody: a new number */
        for (int k = 0; !rc && k < n_old; k++) {
            double from = heard[i].start > old[k].start ? heard[i].start : old[k].start;
            double to = heard[i].end < old[k].end ? heard[i].end : old[k].end;
            if (to > from && who[i] > 0 && old[k].speaker > 0)
                rc = add_pair(list, n_list, who[i], old[k].speaker, to - from);
        }
    }
    return rc;
}

/* Voices get the numbers, and so the names, that those who spoke at the same times have in the store; most shared time
 * first, one voice a number, the others the next free ones. who: of each line heard, changed in place. */
static int keep_numbers(const struct moim_segment *heard, int *who, int n, const struct moim_segment *old,
                        int n_old, int next, struct moim_err *err)
{
    struct pair *list = NULL;
    int k = 0;
    if (pairs_of(heard, who, n, old, n_old, &list, &k)) {
        free(list);
        return moim_fail(err, MOIM_ENOMEM, "out of memory");
    }
    if (k) qsort(list, (size_t)k, sizeof *list, compare);
    for (int i = 0; i < k; i++) {
        int from = list[i].heard, to = list[i].old ? list[i].old : next++;
        for (int j = 0; j < n; j++)
            if (who[j] == from) who[j] = -to; /* negative: has its number */
        for (int j = k - 1; j > i; j--)
            if (list[j].heard == from || (list[i].old && list[j].old == list[i].old))
                memmove(&list[j], &list[j + 1], (size_t)(--k - j) * sizeof *list);
    }
    for (int j = 0; j < n; j++) who[j] = abs(who[j]);
    free(list);
    return MOIM_OK;
}

/* lines: those of the store, which take speakers from what was heard at their time. */
static int set_speakers(struct moim_store *s, int64_t id, const struct moim_segment *heard, const int *who,
                        int n_heard, struct moim_segment *lines, int n, struct moim_err *err)
{
    int any = 0;
    for (int i = 0; i < n; i++) {
        int at = line_at(heard, n_heard, lines[i].start, lines[i].end);
        if (at >= 0) {
            lines[i].speaker = who[at];
            lines[i].speaker_certainty = heard[at].speaker_certainty;
        }
        any |= lines[i].speaker;
    }
    return any ? moim_speakers_put(s, id, lines, n, MOIM_DIARIZED, err) : MOIM_OK;
}

/* What the minutes rest on, as lines of the store. */
static void carry_evidence(struct moim_whole *w, const struct moim_segment *lines, int n)
{
    for (int i = 0; i < w->doc.n_items; i++) {
        struct moim_item *it = &w->items[i];
        int kept = 0;
        for (int e = 0; e < it->n_evidence; e++) {
            int k = 0;
            while (k < w->doc.n_segments && w->segments[k].id != it->evidence[e]) k++;
            int at = k < w->doc.n_segments ? line_at(lines, n, w->segments[k].start, w->segments[k].end) : -1;
            if (at >= 0) it->evidence[kept++] = lines[at].id;
        }
        it->n_evidence = kept;
    }
}

/* Was this job's result taken in by a try that was cut off before the database knew? */
static int is_in(struct moim_store *s, int64_t id, const char *model, bool *in, struct moim_err *err)
{
    struct moim_minutes_version *list;
    int n, rc = moim_minutes_versions(s, id, &list, &n, err);
    *in = false;
    if (rc) return rc;
    for (int i = 0; i < n; i++) *in |= !strcmp(list[i].model, model);
    moim_minutes_versions_free(list, n);
    return MOIM_OK;
}

static int put_parts(struct moim_store *s, int64_t id, const char *model, struct moim_whole *w, int *who,
                     struct moim_err *err)
{
    struct moim_segment *lines = NULL, *old = NULL;
    int n = 0, n_old = 0, next = 1, heard = w->doc.n_segments;
    for (int i = 0; i < heard; i++) who[i] = w->segments[i].speaker, w->segments[i].speaker = 0;
    int rc = moim_segments_get(s, id, &old, &n_old, err);
    if (!rc) rc = moim_speaker_next(s, id, &next, err);
    if (!rc) rc = keep_numbers(w->segments, who, heard, old, n_old, next, err);
    moim_segments_free(old, n_old);
    if (!rc) rc = moim_segments_put(s, id, w->segments, heard, w->meeting.language, MOIM_DIARIZED, err);
    if (!rc) rc = moim_segments_get(s, id, &lines, &n, err);
    if (!rc) rc = set_speakers(s, id, w->segments, who, heard, lines, n, err);
    if (!rc) carry_evidence(w, lines, n);
    if (!rc && w->doc.n_items) rc = moim_minutes_put(s, id, model, "plain", w->items, w->doc.n_items, err);
    moim_segments_free(lines, n);
    return rc;
}

static int put(struct moim_store *s, int64_t id, const char *job, struct moim_whole *w, struct moim_err *err)
{
    char model[64];
    bool in;
    snprintf(model, sizeof model, "fleet job %s", job);
    int *who = calloc((size_t)w->doc.n_segments + 1, sizeof *who);
    if (!who) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    int rc = moim_store_begin(s, err);
    if (!rc) {
        rc = is_in(s, id, model, &in, err);
        if (!rc && !in) rc = put_parts(s, id, model, w, who, err);
        rc = moim_store_end(s, rc, err);
    }
    free(who);
    return rc;
}

static int take_in(struct moim_store *s, int64_t id, const char *job, const char *json, struct moim_err *err)
{
    struct moim_whole w;
    struct moim_meeting m;
    struct moim_meeting_lock lock;
    int rc = moim_document_parse(&w, json, strlen(json), err);
    if (rc) return rc;
    if (!w.doc.n_segments) {
        moim_whole_free(&w);
        return moim_fail(err, MOIM_EFORMAT, "job %s: its result has no words", job);
    }
    rc = moim_meeting_lock(s, id, &lock, &m, err);
    if (!rc) {
        rc = put(s, id, job, &w, err);
        moim_meeting_unlock(&lock);
        moim_meeting_clear(&m);
    }
    moim_whole_free(&w);
    return rc;
}

int moim_fleet_pull(struct moim_fleet_push *p, struct moim_err *err)
{
    PGresult *r;
    int rc = moim_pg_query(p->pg, &r, err, "SELECT * FROM fleet.results()", 0, NULL);
    if (rc) return rc;
    for (int i = 0; !rc && i < PQntuples(r); i++) {
        const char *job = PQgetvalue(r, i, 0);
        struct moim_err why = {0};
        int in = take_in(p->store, strtoll(PQgetvalue(r, i, 1), NULL, 10), job, PQgetvalue(r, i, 2), &why);
        if (in == MOIM_OK) p->taken_in++;
        if (in && !p->quiet) fprintf(stderr, "moim-fleet: job %s: %s\n", job, why.msg);
        /* Deleted meanwhile, or no result at all: it is of no more use. In other hands, or no room: the next push. */
        if (!in || in == MOIM_ENOENT || in == MOIM_EFORMAT)
            rc = moim_pg_query(p->pg, NULL, err, "SELECT fleet.delivered($1::bigint)", 1, &job);
    }
    PQclear(r);
    return rc;
}
