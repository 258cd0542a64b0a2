#include "storage/minutes_lines.h"
#include "base/date.h"
#include "base/text.h"
#include "storage/export.h"
#include "storage/store_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool moim_is_kind(const char *kind)
{
    for (int i = 0; moim_kinds[i]; i++)
        if (!strcmp(kind, moim_kinds[i])) return true;
    return !strcmp(kind, "title");
}

bool moim_is_date(const char *text)
{
    int y, m, d, used = 0;
    if (strlen(text) != 10 || sscanf(text, "%4d-%2d-%2d%n", &y, &m, &d, &used) != 3 || used != 10)
        return false;
    return y >= 1 && m >= 1 && m <= 12 && d >= 1 && d <= moim_date_month_length(y, m);
}

/* ---- the current version ---- */

int moim_minutes_head(struct moim_store *s, int64_t meeting, struct moim_minutes_head *h,
                      struct moim_err *err)
{
    *h = (struct moim_minutes_head){0};
    sqlite3_stmt *st = moim_sql(
        s, err,
        "SELECT (SELECT count(*) FROM minutes WHERE meeting = v.meeting AND id <= v.id), revision, model, template,"
        " author, language, created_at, changed_at FROM minutes v WHERE meeting = ? AND current",
        "i", meeting);
    int rc = moim_sql_row(s, st, err);
    if (rc > 0)
        *h = (struct moim_minutes_head){.number = sqlite3_column_int(st, 0),
                                        .revision = sqlite3_column_int(st, 1),
                                        .model = moim_sql_text(st, 2),
                                        .template_name = moim_sql_text(st, 3),
                                        .author = moim_sql_text(st, 4),
                                        .language = moim_sql_language(st, 5),
                                        .created_at = moim_sql_instant(st, 6),
                                        .changed_at = moim_sql_instant(st, 7)};
    sqlite3_finalize(st);
    if (rc <= 0) return rc;
    if (h->model && h->template_name && h->author && h->language) return MOIM_OK;
    moim_minutes_head_clear(h);
    return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
}

void moim_minutes_head_clear(struct moim_minutes_head *h)
{
    free(h->model);
    free(h->template_name);
    free(h->author);
    free(h->language);
    *h = (struct moim_minutes_head){0};
}

/* A version of the user's with the lines of another, and the current one from now on. */
static int copy_version(struct moim_store *s, int64_t meeting, int64_t from, int64_t *into,
                        struct moim_err *err)
{
    static const char *const steps[] = {
        "UPDATE minutes SET current = 0 WHERE meeting = ?1 AND id <> ?2",
        ("INSERT INTO items(minutes, kind, text, owner, due_text, due_date, start, \"end\", line, place, own, done_at,"
         " verdict, removed, written, written_kind) SELECT ?2, kind, text, owner, due_text, due_date, start, \"end\","
         " line, place, own, done_at, verdict, removed, written, written_kind FROM items WHERE minutes = ?1 ORDER BY id"),
        ("INSERT OR IGNORE INTO evidence(item, segment) SELECT n.id, e.segment FROM items o JOIN evidence e ON e.item = o.id"
         " JOIN items n ON n.line = o.line AND n.minutes = ?2 WHERE o.minutes = ?1")};
    int64_t now = (int64_t)time(NULL);
    int rc = moim_sql_done(
        s,
        moim_sql(s, err,
                 "INSERT INTO minutes(meeting, model, template, language, author, created_at, changed_at)"
                 " SELECT meeting, model, template, language, 'user', ?1, ?1 FROM minutes WHERE id = ?2",
                 "ii", now, from),
        err);
    *into = sqlite3_last_insert_rowid(s->db);
    if (!rc) rc = moim_sql_done(s, moim_sql(s, err, steps[0], "ii", meeting, *into), err);
    for (int i = 1; !rc && i < 3; i++)
        rc = moim_sql_done(s, moim_sql(s, err, steps[i], "ii", from, *into), err);
    return rc;
}

/* The version that the user's changes go into: the current one when it is the user's, else a copy of it. */
int moim_minutes_open(struct moim_store *s, int64_t meeting, bool begin, int64_t *minutes,
                      struct moim_err *err)
{
    sqlite3_stmt *st = moim_sql(
        s, err, "SELECT id, author = 'user' FROM minutes WHERE meeting = ? AND current", "i", meeting);
    int rc = moim_sql_row(s, st, err);
    int64_t id = rc > 0 ? sqlite3_column_int64(st, 0) : 0;
    bool own = rc > 0 && sqlite3_column_int(st, 1);
    sqlite3_finalize(st);
    if (rc < 0) return rc;
    *minutes = id;
    if (own) return MOIM_OK;
    if (id) return copy_version(s, meeting, id, minutes, err);
    if (!begin)
        return moim_fail_why(err, MOIM_ENOENT, "no_minutes", "meeting %lld has no minutes yet",
                             (long long)meeting);
    int64_t now = (int64_t)time(NULL);
    rc =
        moim_sql_done(s,
                      moim_sql(s, err,
                               "INSERT INTO minutes(meeting, model, template, author, created_at, changed_at)"
                               " SELECT id, '', 'plain', 'user', ?1, ?1 FROM meetings WHERE id = ?2",
                               "ii", now, meeting),
                      err);
    *minutes = sqlite3_last_insert_rowid(s->db);
    if (!rc && !sqlite3_changes(s->db))
        rc = moim_fail_why(err, MOIM_ENOENT, "no_meeting", "no meeting %lld in %s", (long long)meeting,
                           s->path);
    return rc;
}

static int changed(struct moim_store *s, int64_t minutes, struct moim_err *err)
{
    return moim_sql_done(s,
                         moim_sql(s, err,
                                  "UPDATE minutes SET revision = revision + 1, changed_at = ? WHERE id = ?",
                                  "ii", (int64_t)time(NULL), minutes),
                         err);
}

/* ---- one line ---- */

int moim_line_get(struct moim_store *s, int64_t meeting, int64_t line, struct moim_item *it, bool *removed,
                  struct moim_err *err)
{
    *it = (struct moim_item){0};
    sqlite3_stmt *st = moim_sql(s, err,
                                "SELECT " MOIM_ITEM_COLUMNS ", i.removed FROM items i JOIN minutes v ON"
                                " v.id = i.minutes AND v.current WHERE i.line = ? AND v.meeting = ?",
                                "ii", line, meeting);
    int rc = moim_sql_row(s, st, err);
    if (rc > 0) {
        *removed = sqlite3_column_int(st, MOIM_ITEM_COLUMNS_N) != 0;
        rc = moim_item_read(s, st, it, err);
    } else if (!rc) {
        rc = moim_fail_why(err, MOIM_ENOENT, "no_line", "the minutes of meeting %lld have no line %lld",
                           (long long)meeting, (long long)line);
    }
    sqlite3_finalize(st);
    if (rc) moim_item_clear(it);
    return rc;
}

int moim_line_meeting(struct moim_store *s, int64_t line, int64_t *meeting, struct moim_err *err)
{
    sqlite3_stmt *st = moim_sql(
        s, err,
        "SELECT v.meeting FROM items i JOIN minutes v ON v.id = i.minutes AND v.current WHERE i.line = ?",
        "i", line);
    int rc = moim_sql_row(s, st, err);
    if (rc > 0) *meeting = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    if (rc > 0) return MOIM_OK;
    return rc ? rc
              : moim_fail_why(err, MOIM_ENOENT, "no_line", "no minutes have a line %lld now",
                              (long long)line);
}

uint32_t moim_item_tag(const struct moim_item *it)
{
    const char *const part[] = {it->kind, it->text, it->owner, it->due_text, it->due_date};
    char rest[64];
    uint32_t h = MOIM_TAG;
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) h = moim_tag_text(h, part[i]);
    snprintf(rest, sizeof rest, "%lld %d", (long long)it->done_at, it->verdict);
    return moim_tag_text(h, rest);
}

static int check_change(const struct moim_line_change *c, struct moim_err *err)
{
    if (c->kind && !moim_is_kind(c->kind))
        return moim_fail(err, MOIM_EINVAL, "%s: not a kind of line", c->kind);
    if (c->text && !c->text[strspn(c->text, " \t\n")])
        return moim_fail(err, MOIM_EINVAL, "a line must not be empty");
    if (c->due_date && *c->due_date && !moim_is_date(c->due_date))
        return moim_fail(err, MOIM_EINVAL, "%s: not a date (YYYY-MM-DD)", c->due_date);
    return MOIM_OK;
}

/* Numbers the places of a version anew with one line behind another of its kind (0: first of it). */
static int move_line(struct moim_store *s, int64_t minutes, int64_t line, int64_t after, struct moim_err *err)
{
    sqlite3_stmt *st =
        moim_sql(s, err,
                 "SELECT line FROM items WHERE minutes = ?1 AND line <> ?2 AND kind ="
                 " (SELECT kind FROM items WHERE minutes = ?1 AND line = ?2) ORDER BY place, id",
                 "ii", minutes, line);
    int64_t *order = NULL;
    int n = 0, rc = MOIM_OK;
    bool found = !after;
    for (bool first = !after;;) {
        int64_t *at = NULL;
        if (first && !(at = moim_list_push((void **)&order, &n, sizeof *order)))
            rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
        if (at) *at = line;
        if (rc || (rc = moim_sql_row(s, st, err)) <= 0) break;
        rc = MOIM_OK;
        if (!(at = moim_list_push((void **)&order, &n, sizeof *order))) {
            rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
            break;
        }
        *at = sqlite3_column_int64(st, 0);
        first = *at == after;
        found |= first;
    }
    sqlite3_finalize(st);
    if (!rc && !found)
        rc = moim_fail_why(err, MOIM_ENOENT, "no_line", "no line %lld of that kind to stand behind",
                           (long long)after);
    for (int i = 0; !rc && i < n; i++)
        rc = moim_sql_done(s,
                           moim_sql(s, err, "UPDATE items SET place = ? WHERE minutes = ? AND line = ?",
                                    "iii", (int64_t)i + 1, minutes, order[i]),
                           err);
    free(order);
    return rc;
}

/* One column of a line, and whose it is from now on. */
static int set_text(struct moim_store *s, int64_t minutes, int64_t line, const char *sql, const char *value,
                    int own, struct moim_err *err)
{
    if (!value) return MOIM_OK;
    return moim_sql_done(s, moim_sql(s, err, sql, "tiii", value, (int64_t)own, minutes, line), err);
}

static int set_kind(struct moim_store *s, int64_t minutes, int64_t line, const char *kind,
                    struct moim_err *err)
{
    return set_text(
        s, minutes, line,
        "UPDATE items SET written_kind = iif(written_kind = '', kind, written_kind), place = iif(kind = ?1,"
        " place, 1 + (SELECT max(place) FROM items WHERE minutes = ?3)), kind = ?1, own = own | ?2"
        " WHERE minutes = ?3 AND line = ?4",
        kind, MOIM_OWN_KIND, err);
}

static int apply(struct moim_store *s, int64_t minutes, int64_t line, const struct moim_line_change *c,
                 struct moim_err *err)
{
    int rc = set_kind(s, minutes, line, c->kind, err);
    if (!rc)
        rc = set_text(s, minutes, line,
                      "UPDATE items SET written = iif(own & ?2, written, text), text = ?1, own = own | ?2"
                      " WHERE minutes = ?3 AND line = ?4 AND text <> ?1",
                      c->text, MOIM_OWN_TEXT, err);
    if (!rc)
        rc = set_text(s, minutes, line,
                      "UPDATE items SET owner = ?1, own = own | ?2 WHERE minutes = ?3 AND line = ?4",
                      c->owner, MOIM_OWN_OWNER, err);
    if (!rc)
        rc = set_text(s, minutes, line,
                      "UPDATE items SET due_text = ?1, own = own | ?2 WHERE minutes = ?3 AND line = ?4",
                      c->due_text, MOIM_OWN_DUE, err);
    if (!rc)
        rc = set_text(s, minutes, line,
                      "UPDATE items SET due_date = ?1, own = own | ?2 WHERE minutes = ?3 AND line = ?4",
                      c->due_date, MOIM_OWN_DUE, err);
    if (!rc && c->done >= 0)
        rc = moim_sql_done(
            s,
            moim_sql(
                s, err,
                "UPDATE items SET done_at = iif(?1, iif(done_at, done_at, ?2), 0) WHERE minutes = ?3 AND line = ?4",
                "iiii", (int64_t)c->done, (int64_t)time(NULL), minutes, line),
            err);
    if (!rc && c->removed >= 0)
        rc = moim_sql_done(s,
                           moim_sql(s, err, "UPDATE items SET removed = ? WHERE minutes = ? AND line = ?",
                                    "iii", (int64_t)c->removed, minutes, line),
                           err);
    if (!rc && c->after >= 0) rc = move_line(s, minutes, line, c->after, err);
    return rc;
}

/* What a verdict on a line means: an accepted suggestion is a task, a rejected one is gone. */
static struct moim_line_change with_verdict(const struct moim_line_change *c, const struct moim_item *it)
{
    struct moim_line_change all = *c;
    bool suggestion = !strcmp(it->kind, "suggestion");
    if (c->verdict == 1 && suggestion && !c->kind) all.kind = "action";
    if (c->verdict == -1) all.removed = 1;
    if (c->verdict == 0 && it->verdict == -1) all.removed = 0;
    return all;
}

int moim_line_change(struct moim_store *s, int64_t meeting, int64_t line, const struct moim_line_change *c,
                     struct moim_err *err)
{
    struct moim_item it;
    bool removed;
    int64_t minutes = 0;
    int rc = check_change(c, err);
    if (!rc) rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_line_get(s, meeting, line, &it, &removed, err);
    if (rc) return moim_end(s, rc, err);
    struct moim_line_change all = with_verdict(c, &it);
    rc = moim_minutes_open(s, meeting, false, &minutes, err);
    if (!rc) rc = apply(s, minutes, line, &all, err);
    if (!rc && c->verdict != 2)
        rc = moim_sql_done(s,
                           moim_sql(s, err, "UPDATE items SET verdict = ? WHERE minutes = ? AND line = ?",
                                    "iii", (int64_t)c->verdict, minutes, line),
                           err);
    if (!rc) rc = changed(s, minutes, err);
    moim_item_clear(&it);
    return moim_end(s, rc, err);
}

/* Segments of the meeting that a new line rests on, and when they were said. */
static int put_evidence(struct moim_store *s, int64_t meeting, int64_t item, const struct moim_line_change *c,
                        struct moim_err *err)
{
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < c->n_evidence; i++)
        rc = moim_sql_done(s,
                           moim_sql(s, err,
                                    "INSERT OR IGNORE INTO evidence(item, segment) SELECT ?, id FROM segments"
                                    " WHERE id = ? AND meeting = ?",
                                    "iii", item, c->evidence[i], meeting),
                           err);
    if (rc || !c->n_evidence) return rc;
    return moim_sql_done(
        s,
        moim_sql(
            s, err,
            "UPDATE items SET (start, \"end\") = (SELECT coalesce(min(g.start), 0), coalesce(max(g.\"end\"), 0)"
            " FROM evidence e JOIN segments g ON g.id = e.segment WHERE e.item = ?1) WHERE id = ?1",
            "i", item),
        err);
}

int moim_line_add(struct moim_store *s, int64_t meeting, const struct moim_line_change *c, int64_t *line,
                  struct moim_err *err)
{
    int64_t minutes = 0;
    if (!c->kind || !c->text) return moim_fail(err, MOIM_EINVAL, "a line needs a kind and a text");
    int rc = check_change(c, err);
    if (!rc) rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_minutes_open(s, meeting, true, &minutes, err);
    if (!rc)
        rc =
            moim_sql_done(s,
                          moim_sql(s, err,
                                   "INSERT INTO items(minutes, kind, text, own, place) SELECT ?1, ?2, ?3, ?4,"
                                   " 1 + coalesce((SELECT max(place) FROM items WHERE minutes = ?1), 0)",
                                   "itti", minutes, c->kind, c->text, (int64_t)MOIM_OWN_LINE),
                          err);
    *line = sqlite3_last_insert_rowid(s->db);
    if (!rc)
        rc = moim_sql_done(s, moim_sql(s, err, "UPDATE items SET line = id WHERE id = ?", "i", *line), err);
    if (!rc) rc = put_evidence(s, meeting, *line, c, err);
    struct moim_line_change rest = *c;
    rest.kind = rest.text = NULL;
    if (!rc) rc = apply(s, minutes, *line, &rest, err);
    if (!rc) rc = changed(s, minutes, err);
    return moim_end(s, rc, err);
}

int moim_minutes_restore(struct moim_store *s, int64_t meeting, int number, struct moim_err *err)
{
    int64_t id = 0, into;
    int rc = moim_begin(s, err);
    if (rc) return rc;
    sqlite3_stmt *st =
        moim_sql(s, err, "SELECT id FROM minutes WHERE meeting = ? ORDER BY id LIMIT 1 OFFSET ?", "ii",
                 meeting, number > 0 ? (int64_t)number - 1 : INT64_MAX);
    rc = moim_sql_row(s, st, err);
    if (rc > 0) id = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    if (!rc)
        rc = moim_fail_why(err, MOIM_ENOENT, "no_version", "meeting %lld has no version %d of its minutes",
                           (long long)meeting, number);
    if (rc > 0) rc = copy_version(s, meeting, id, &into, err);
    return moim_end(s, rc, err);
}

/* ---- two versions beside each other ---- */

static int find_line(const struct moim_item *list, int n, int64_t line)
{
    int i = 0;
    while (i < n && list[i].line != line) i++;
    return i < n ? i : -1;
}

/* Removed lines that stand directly behind line `behind` (or first) of the old version. */
static int put_removed(const struct moim_item *a, int n_a, const struct moim_item *b, int n_b, int from,
                       struct moim_line_diff *out, int n)
{
    for (int i = from; i < n_a && find_line(b, n_b, a[i].line) < 0; i++)
        out[n++] = (struct moim_line_diff){MOIM_LINE_REMOVED, &a[i], NULL};
    return n;
}

int moim_lines_diff(const struct moim_item *a, int n_a, const struct moim_item *b, int n_b,
                    struct moim_line_diff **out)
{
    struct moim_line_diff *d = *out = calloc((size_t)(n_a + n_b) + 1, sizeof *d);
    if (!d) return MOIM_ENOMEM;
    int n = put_removed(a, n_a, b, n_b, 0, d, 0);
    for (int i = 0; i < n_b; i++) {
        int k = find_line(a, n_a, b[i].line);
        bool same = k >= 0 && moim_item_tag(&a[k]) == moim_item_tag(&b[i]);
        d[n++] = (struct moim_line_diff){k < 0  ? MOIM_LINE_ADDED
                                         : same ? MOIM_LINE_SAME
                                                : MOIM_LINE_CHANGED,
                                         k < 0 ? NULL : &a[k], &b[i]};
        if (k >= 0) n = put_removed(a, n_a, b, n_b, k + 1, d, n);
    }
    return n;
}
