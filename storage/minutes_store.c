#include "storage/minutes_lines.h"
#include "storage/store_int.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static int put_item(struct moim_store *s, int64_t minutes, int place, const struct moim_item *it,
                    struct moim_err *err)
{
    int rc = moim_sql_done(
        s,
        moim_sql(s, err,
                 "INSERT INTO items(minutes, kind, text, owner, due_text, due_date, start, \"end\", place)"
                 " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
                 "itttttddi", minutes, it->kind, it->text, it->owner, it->due_text, it->due_date, it->start,
                 it->end, (int64_t)place),
        err);
    int64_t id = sqlite3_last_insert_rowid(s->db);
    /* A line that the caller read from an older version of the same minutes stays that line, with what the user did to it. */
    if (!rc)
        rc = moim_sql_done(
            s,
            moim_sql(
                s, err,
                "UPDATE items SET line = iif(EXISTS(SELECT 1 FROM items o JOIN minutes a ON a.id = o.minutes JOIN"
                " minutes b ON b.meeting = a.meeting WHERE b.id = items.minutes AND o.line = ?1 AND o.id <> ?5), ?1,"
                " id), own = ?2, done_at = ?3, verdict = ?4 WHERE id = ?5",
                "iiiii", it->line, (int64_t)it->own, it->done_at, (int64_t)it->verdict, id),
            err);
    for (int i = 0; !rc && i < it->n_evidence; i++)
        rc = moim_sql_done(s,
                           moim_sql(s, err, "INSERT OR IGNORE INTO evidence(item, segment) VALUES(?, ?)",
                                    "ii", id, it->evidence[i]),
                           err);
    return rc;
}

/* The id of the current version, 0: none. */
static int current_of(struct moim_store *s, int64_t meeting, int64_t *id, struct moim_err *err)
{
    *id = 0;
    sqlite3_stmt *st = moim_sql(s, err, "SELECT id FROM minutes WHERE meeting = ? AND current", "i", meeting);
    int rc = moim_sql_row(s, st, err);
    if (rc > 0) *id = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return rc < 0 ? rc : MOIM_OK;
}

int moim_minutes_put(struct moim_store *s, int64_t meeting, const char *model, const char *template_name,
                     const struct moim_item *items, int n, struct moim_err *err)
{
    int64_t before = 0, now = (int64_t)time(NULL);
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = current_of(s, meeting, &before, err);
    if (!rc)
        rc = moim_sql_done(
            s, moim_sql(s, err, "UPDATE minutes SET current = 0 WHERE meeting = ?", "i", meeting), err);
    if (!rc)
        rc = moim_sql_done(s,
                           moim_sql(s, err,
                                    "INSERT INTO minutes(meeting, model, template, created_at, changed_at)"
                                    " VALUES(?, ?, ?, ?, ?)",
                                    "ittii", meeting, model, template_name, now, now),
                           err);
    int64_t minutes = sqlite3_last_insert_rowid(s->db);
    for (int i = 0; !rc && i < n; i++) rc = put_item(s, minutes, i + 1, &items[i], err);
    if (!rc && before) rc = moim_minutes_carry(s, before, minutes, err);
    if (!rc)
        rc = moim_sql_done(s,
                           moim_sql(s, err, "UPDATE meetings SET state = ?, error = '' WHERE id = ?", "ii",
                                    (int64_t)MOIM_SUMMARIZED, meeting),
                           err);
    return moim_end(s, rc, err);
}

int moim_item_evidence(struct moim_store *s, int64_t id, struct moim_item *it, struct moim_err *err)
{
    sqlite3_stmt *st =
        moim_sql(s, err, "SELECT segment FROM evidence WHERE item = ? ORDER BY segment", "i", id);
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        int64_t *e = moim_list_push((void **)&it->evidence, &it->n_evidence, sizeof *e);
        if (!e) {
            rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
            break;
        }
        *e = sqlite3_column_int64(st, 0);
    }
    sqlite3_finalize(st);
    return rc;
}

int moim_item_read(struct moim_store *s, sqlite3_stmt *st, struct moim_item *it, struct moim_err *err)
{
    *it = (struct moim_item){.kind = moim_sql_text(st, 1),
                             .text = moim_sql_text(st, 2),
                             .owner = moim_sql_text(st, 3),
                             .due_text = moim_sql_text(st, 4),
                             .due_date = moim_sql_text(st, 5),
                             .start = moim_sql_seconds(st, 6),
                             .end = moim_sql_seconds(st, 7),
                             .line = sqlite3_column_int64(st, 8),
                             .done_at = moim_sql_instant(st, 9),
                             .own = sqlite3_column_int(st, 10),
                             .verdict = sqlite3_column_int(st, 11)};
    if (!it->kind || !it->text || !it->owner || !it->due_text || !it->due_date)
        return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
    return moim_item_evidence(s, sqlite3_column_int64(st, 0), it, err);
}

static int items_of(struct moim_store *s, int64_t minutes, struct moim_item **items, int *n,
                    struct moim_err *err)
{
    *items = NULL;
    *n = 0;

    sqlite3_stmt *st = moim_sql(s, err,
                                "SELECT " MOIM_ITEM_COLUMNS
                                " FROM items i WHERE i.minutes = ? AND NOT i.removed ORDER BY i.place, i.id",
                                "i", minutes);
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        struct moim_item *it = moim_list_push((void **)items, n, sizeof *it);
        rc = it ? moim_item_read(s, st, it, err) : moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
        if (rc < 0) break;
    }
    sqlite3_finalize(st);
    if (rc) {
        moim_items_free(*items, *n);
        *items = NULL;
        *n = 0;
    }
    return rc;
}

int moim_minutes_get(struct moim_store *s, int64_t meeting, struct moim_item **items, int *n,
                     struct moim_err *err)
{
    int64_t id;
    *items = NULL;
    *n = 0;
    int rc = current_of(s, meeting, &id, err);
    return rc ? rc : items_of(s, id, items, n, err);
}

int moim_minutes_get_version(struct moim_store *s, int64_t meeting, int number, struct moim_item **items,
                             int *n, struct moim_err *err)
{
    int64_t id = 0;
    *items = NULL;
    *n = 0;
    if (number < 1) return moim_fail(err, MOIM_ENOENT, "versions of minutes are numbered from 1");
    sqlite3_stmt *st =
        moim_sql(s, err, "SELECT id FROM minutes WHERE meeting = ? ORDER BY id LIMIT 1 OFFSET ?", "ii",
                 meeting, (int64_t)number - 1);
    int rc = moim_sql_row(s, st, err);
    if (rc > 0) id = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    if (rc < 0) return rc;
    return id ? items_of(s, id, items, n, err)
              : moim_fail(err, MOIM_ENOENT, "meeting %lld has no version %d of its minutes",
                          (long long)meeting, number);
}

int moim_minutes_versions(struct moim_store *s, int64_t meeting, struct moim_minutes_version **list, int *n,
                          struct moim_err *err)
{
    *list = NULL;
    *n = 0;
    sqlite3_stmt *st = moim_sql(
        s, err,
        "SELECT model, template, created_at, current, author, changed_at, (SELECT count(*) FROM items"
        " WHERE minutes = v.id AND NOT removed) FROM minutes v WHERE meeting = ? ORDER BY id",
        "i", meeting);
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        struct moim_minutes_version *v = moim_list_push((void **)list, n, sizeof *v);
        if (v)
            *v = (struct moim_minutes_version){.number = *n,
                                               .model = moim_sql_text(st, 0),
                                               .template_name = moim_sql_text(st, 1),
                                               .created_at = moim_sql_instant(st, 2),
                                               .current = sqlite3_column_int(st, 3) != 0,
                                               .author = moim_sql_text(st, 4),
                                               .changed_at = moim_sql_instant(st, 5),
                                               .lines = sqlite3_column_int(st, 6)};
        if (v && v->model && v->template_name && v->author) continue;
        rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
        break;
    }
    sqlite3_finalize(st);
    if (rc) {
        moim_minutes_versions_free(*list, *n);
        *list = NULL;
        *n = 0;
    }
    return rc;
}

void moim_minutes_versions_free(struct moim_minutes_version *list, int n)
{
    for (int i = 0; i < n; i++) {
        free(list[i].model);
        free(list[i].template_name);
        free(list[i].author);
    }
    free(list);
}

void moim_item_clear(struct moim_item *it)
{
    free(it->kind);
    free(it->text);
    free(it->owner);
    free(it->due_text);
    free(it->due_date);
    free(it->evidence);
    *it = (struct moim_item){0};
}

void moim_items_free(struct moim_item *items, int n)
{
    for (int i = 0; i < n; i++) moim_item_clear(&items[i]);
    free(items);
}
