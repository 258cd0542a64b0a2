/* Results of the strong machines, taken into the store as a later pass of the recogniser: what the user corrected stays
 * (storage/store.h), speakers keep their numbers and names. */
#include "firmware/fleet/fleet.h"
#include "firmware/library/document_add.h"
#include "firmware/library/removal.h"

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

static int set_speakers(struct moim_store *s, int64_t id, const struct moim_segment *heard, const int *who,
                        int n_heard, const struct moim_segment *lines, int n, struct moim_err *err)
{
    int *speaker = calloc((size_t)n + 1, sizeof *speaker), any = 0;
    if (!speaker) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; i < n; i++) {
        int at = line_at(heard, n_heard, lines[i].start, lines[i].end);
        any |= speaker[i] = at < 0 ? lines[i].speaker : who[at];
    }
    int rc = any ? moim_segments_set_speakers(s, id, speaker, n, MOIM_DIARIZED, err) : MOIM_OK;
    free(speaker);
    return rc;
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
    struct moim_segment *lines = NULL;
    int n = 0, heard = w->doc.n_segments;
    for (int i = 0; i < heard; i++) who[i] = w->segments[i].speaker, w->segments[i].speaker = 0;
    int rc = moim_segments_put(s, id, w->segments, heard, w->meeting.language, MOIM_DIARIZED, err);
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
