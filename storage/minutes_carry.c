/* What the user did to lines of the minutes, given to the lines of a version that was written again.
 *
 * A line of the old version is the new one's when both are of a kind and say the same, else when they rest on the same
 * stretch of the meeting and share words. Each has one partner at most. What has none and is the user's stays as a line. */
#include "base/text.h"
#include "storage/minutes_lines.h"
#include "storage/store_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct line {
    int64_t id, line, done_at;
    char *kind, *text; /* as the model wrote them, where the user changed them */
    char *plain;       /* the text's letters and digits alone */
    double start, end;
    int own, verdict, removed, partner; /* partner: index in the other list, -1 none */
};

struct lines {
    struct line *list;
    int n;
};

static void free_lines(struct lines *l)
{
    for (int i = 0; i < l->n; i++) {
        free(l->list[i].kind);
        free(l->list[i].text);
        free(l->list[i].plain);
    }
    free(l->list);
}

/* Letters and digits, lower case: a full stop or a space more is no other statement. */
static char *plain_text(const char *s)
{
    char *out = malloc(strlen(s) + 1), *to = out;
    for (; out && *s; s++)
        if ((*s & 0x80) || isalnum((unsigned char)*s)) *to++ = (char)tolower((unsigned char)*s);
    if (out) *to = 0;
    return out;
}

static int read_lines(struct moim_store *s, int64_t minutes, struct lines *l, struct moim_err *err)
{
    sqlite3_stmt *st =
        moim_sql(s, err,
                 "SELECT id, line, done_at, iif(written_kind = '', kind, written_kind),"
                 " iif(written = '', text, written), start, \"end\", own, verdict, removed FROM items"
                 " WHERE minutes = ? ORDER BY place, id",
                 "i", minutes);
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        struct line *x = moim_list_push((void **)&l->list, &l->n, sizeof *x);
        if (x)
            *x = (struct line){.id = sqlite3_column_int64(st, 0),
                               .line = sqlite3_column_int64(st, 1),
                               .done_at = sqlite3_column_int64(st, 2),
                               .kind = moim_sql_text(st, 3),
                               .text = moim_sql_text(st, 4),
                               .start = moim_sql_seconds(st, 5),
                               .end = moim_sql_seconds(st, 6),
                               .own = sqlite3_column_int(st, 7),
                               .verdict = sqlite3_column_int(st, 8),
                               .removed = sqlite3_column_int(st, 9),
                               .partner = -1};
        if (x && x->kind && x->text && (x->plain = plain_text(x->text))) continue;
        rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
        break;
    }
    sqlite3_finalize(st);
    return rc;
}

/* How much of the shorter stretch both share, 0..1. */
static double overlap(const struct line *a, const struct line *b)
{
    double from = a->start > b->start ? a->start : b->start, to = a->end < b->end ? a->end : b->end;
    double x = a->end - a->start, y = b->end - b->start, least = x < y ? x : y;
    return least > 0 && to > from ? (to - from) / least : 0;
}

/* Dice's coefficient of the pairs of bytes in two texts: 1 the same, 0 nothing shared. */
static double likeness(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b), shared = 0;
    static const size_t most = 2000; /* a line is a sentence: what is longer is compared by its beginning */
    if (n > most) n = most;
    if (m > most) m = most;
    if (n < 2 || m < 2) return 0;
    bool *used = calloc(m, sizeof *used);
    for (size_t i = 0; used && i + 1 < n; i++)
        for (size_t k = 0; k + 1 < m; k++)
            if (!used[k] && a[i] == b[k] && a[i + 1] == b[k + 1]) {
                used[k] = true;
                shared++;
                break;
            }
    free(used);
    return 2.0 * (double)shared / (double)(n + m - 2);
}

static void join(struct lines *a, int i, struct lines *b, int k)
{
    a->list[i].partner = k;
    b->list[k].partner = i;
}

static void pair(struct lines *old, struct lines *fresh)
{
    for (int i = 0; i < old->n; i++)
        for (int k = 0; k < fresh->n && old->list[i].partner < 0; k++)
            if (fresh->list[k].partner < 0 && old->list[i].line == fresh->list[k].line)
                join(old, i, fresh, k);
    for (int i = 0; i < old->n; i++)
        for (int k = 0; k < fresh->n && old->list[i].partner < 0; k++) {
            const struct line *a = &old->list[i], *b = &fresh->list[k];
            if (b->partner < 0 && !strcmp(a->kind, b->kind) && !strcmp(a->plain, b->plain))
                join(old, i, fresh, k);
        }
    for (int i = 0; i < old->n; i++) {
        int best = -1;
        double most = 0;
        for (int k = 0; k < fresh->n && old->list[i].partner < 0; k++) {
            const struct line *a = &old->list[i], *b = &fresh->list[k];
            if (b->partner >= 0 || strcmp(a->kind, b->kind) || overlap(a, b) < 0.5) continue;
            double like = likeness(a->plain, b->plain);
            if (like >= 0.4 && like > most) best = k, most = like;
        }
        if (best >= 0) join(old, i, fresh, best);
    }
}

/* It was written as that line, with all that the user did to it but what a model had written. */
static int remember(struct moim_store *s, const struct line *from, const struct line *to,
                    struct moim_err *err)
{
    return moim_sql_done(
        s,
        moim_sql(s, err,
                 "UPDATE items SET (written, written_kind) = (SELECT written, written_kind FROM items"
                 " WHERE id = ?1) WHERE id = ?2",
                 "ii", from->id, to->id),
        err);
}

/* The new line is the old one: its number, and what the user did to it. */
static int give(struct moim_store *s, const struct line *from, const struct line *to, struct moim_err *err)
{
    return moim_sql_done(
        s,
        moim_sql(
            s, err,
            "UPDATE items AS n SET line = o.line, own = o.own, done_at = o.done_at, verdict = o.verdict, removed ="
            " o.removed, text = iif(o.own & 1, o.text, n.text), written = iif(o.own & 1, n.text, ''), owner = iif(o.own"
            " & 2, o.owner, n.owner), due_text = iif(o.own & 4, o.due_text, n.due_text), due_date = iif(o.own & 4,"
            " o.due_date, n.due_date), written_kind = iif(o.own & 8, n.kind, ''), kind = iif(o.own & 8, o.kind, n.kind)"
            " FROM items o WHERE o.id = ?1 AND n.id = ?2",
            "ii", from->id, to->id),
        err);
}

/* It stays as it was, behind the others. */
static int keep(struct moim_store *s, const struct line *from, int64_t into, struct moim_err *err)
{
    int rc = moim_sql_done(
        s,
        moim_sql(
            s, err,
            "INSERT INTO items(minutes, kind, text, owner, due_text, due_date, start, \"end\", line, place, own,"
            " done_at, verdict, removed, written, written_kind) SELECT ?1, kind, text, owner, due_text, due_date,"
            " start, \"end\", line, 1 + coalesce((SELECT max(place) FROM items WHERE minutes = ?1), 0), own,"
            " done_at, verdict, removed, written, written_kind FROM items WHERE id = ?2",
            "ii", into, from->id),
        err);
    int64_t id = sqlite3_last_insert_rowid(s->db);
    if (!rc)
        rc = moim_sql_done(
            s,
            moim_sql(s, err,
                     "INSERT INTO evidence(item, segment) SELECT ?, segment FROM evidence WHERE item = ?",
                     "ii", id, from->id),
            err);
    return rc;
}

int moim_minutes_carry(struct moim_store *s, int64_t from, int64_t into, struct moim_err *err)
{
    struct lines old = {0}, fresh = {0};
    int rc = read_lines(s, from, &old, err);
    if (!rc) rc = read_lines(s, into, &fresh, err);
    if (!rc) pair(&old, &fresh);
    for (int i = 0; !rc && i < old.n; i++) {
        const struct line *x = &old.list[i];
        bool users = x->own || x->done_at || x->verdict || x->removed;
        const struct line *partner = x->partner >= 0 && x->partner < fresh.n ? &fresh.list[x->partner] : NULL;
        if (partner)
            rc = partner->line == x->line ? remember(s, x, partner, err) : give(s, x, partner, err);
        else if (users)
            rc = keep(s, x, into, err);
    }
    free_lines(&old);
    free_lines(&fresh);
    return rc;
}
