#include "storage/spans.h"
#include "storage/store_int.h"

#include <math.h>
#include <stdlib.h>

bool moim_spans_add(struct moim_spans *s, double start, double end, int64_t value)
{
    struct moim_span *p = moim_list_push((void **)&s->list, &s->n, sizeof *p);
    if (!p) return false;
    *p = (struct moim_span){start, end, end, value};
    if (s->n > 1) p->reach = fmax(end, p[-1].reach);
    return true;
}

int moim_spans_before(const struct moim_spans *s, double t)
{
    int low = 0, high = s->n;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (s->list[middle].start <= t)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int moim_spans_at(const struct moim_spans *s, double t)
{
    for (int i = moim_spans_before(s, t) - 1; i >= 0; i--) {
        const struct moim_span *p = &s->list[i];
        if (t < p->end || (t == p->start && t == p->end)) return i;
        if (p->reach < t) return -1;
    }
    return -1;
}

int moim_assigned_get(struct moim_store *s, int64_t meeting, struct moim_spans *spans, struct moim_err *err)
{
    *spans = (struct moim_spans){0};
    sqlite3_stmt *st =
        moim_sql(s, err, "SELECT start, \"end\", speaker FROM assigned WHERE meeting = ? ORDER BY start, id",
                 "i", meeting);
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0)
        if (!moim_spans_add(spans, sqlite3_column_double(st, 0), sqlite3_column_double(st, 1),
                            sqlite3_column_int64(st, 2))) {
            rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
            break;
        }
    sqlite3_finalize(st);
    if (rc) {
        free(spans->list);
        *spans = (struct moim_spans){0};
    }
    return rc;
}

int moim_assign_time(struct moim_store *s, int64_t meeting, double start, double end, int speaker,
                     struct moim_err *err)
{
    /* What lies under the new span goes; what sticks out of it stays. */
    static const char *const make_room[] = {
        "INSERT INTO assigned(meeting, start, \"end\", speaker) SELECT meeting, ?3, \"end\", speaker FROM "
        "assigned WHERE meeting = ?1 AND start < ?3 AND \"end\" > ?3 AND ?2 < ?3",
        "DELETE FROM assigned WHERE meeting = ?1 AND (start >= ?2 AND start < ?3 OR start = ?2 AND \"end\" = "
        "?3)",
        "UPDATE assigned SET \"end\" = ?2 WHERE meeting = ?1 AND start < ?2 AND \"end\" > ?2 AND ?2 < ?3"};
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < 3; i++)
        rc = moim_sql_done(s, moim_sql(s, err, make_room[i], "idd", meeting, start, end), err);
    if (rc) return rc;
    return moim_sql_done(s,
                         moim_sql(s, err,
                                  "INSERT INTO assigned(meeting, start, \"end\", speaker) VALUES(?, ?, ?, ?)",
                                  "iddi", meeting, start, end, (int64_t)speaker),
                         err);
}
