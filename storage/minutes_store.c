#include "storage/store_int.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static int put_item(struct moim_store *s, int64_t minutes, const struct moim_item *it, struct moim_err *err)
{
    int rc = moim_sql_done(
        s,
        moim_sql(s, err,
                 "INSERT INTO items(minutes, kind, text, owner, due_text, due_date, start, \"end\")"
                 " VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                 "itttttdd", minutes, it->kind, it->text, it->owner, it->due_text, it->due_date, it->start,
                 it->end),
        err);
    int64_t id = sqlite3_last_insert_rowid(s->db);
    for (int i = 0; !rc && i < it->n_evidence; i++)
        rc = moim_sql_done(s,
                           moim_sql(s, err, "INSERT OR IGNORE INTO evidence(item, segment) VALUES(?, ?)",
                                    "ii", id, it->evidence[i]),
                           err);
    return rc;
}

int moim_minutes_put(struct moim_store *s, int64_t meeting, const char *model, const char *template_name,
                     const struct moim_item *items, int n, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_sql_done(s, moim_sql(s, err, "UPDATE minutes SET current = 0 WHERE meeting = ?", "i", meeting),
                       err);
    if (!rc)
        rc = moim_sql_done(
            s,
            moim_sql(s, err, "INSERT INTO minutes(meeting, model, template, created_at) VALUES(?, ?, ?, ?)",
                     "itti", meeting, model, template_name, (int64_t)time(NULL)),
            err);
    int64_t minutes = sqlite3_last_insert_rowid(s->db);
    for (int i = 0; !rc && i < n; i++) rc = put_item(s, minutes, &items[i], err);
    if (!rc)
        rc = moim_sql_done(s,
                           moim_sql(s, err, "UPDATE meetings SET state = ?, error = '' WHERE id = ?", "ii",
                                    (int64_t)MOIM_SUMMARIZED, meeting),
                           err);
    return moim_end(s, rc, err);
}

static int read_evidence(struct moim_store *s, int64_t id, struct moim_item *it, struct moim_err *err)
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

int moim_minutes_get(struct moim_store *s, int64_t meeting, struct moim_item **items, int *n,
                     struct moim_err *err)
{
    *items = NULL;
    *n = 0;
    sqlite3_stmt *st = moim_sql(
        s, err,
        "SELECT i.id, i.kind, i.text, i.owner, i.due_text, i.due_date, i.start, i.\"end\" FROM items i"
        " JOIN minutes m ON m.id = i.minutes WHERE m.meeting = ? AND m.current ORDER BY i.id",
        "i", meeting);
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        struct moim_item *it = moim_list_push((void **)items, n, sizeof *it);
        if (it)
            *it = (struct moim_item){moim_sql_text(st, 1),
                                     moim_sql_text(st, 2),
                                     moim_sql_text(st, 3),
                                     moim_sql_text(st, 4),
                                     moim_sql_text(st, 5),
                                     sqlite3_column_double(st, 6),
                                     sqlite3_column_double(st, 7),
                                     NULL,
                                     0};
        if (!it || !it->kind || !it->text || !it->owner || !it->due_text || !it->due_date)
            rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
        else
            rc = read_evidence(s, sqlite3_column_int64(st, 0), it, err);
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

void moim_items_free(struct moim_item *items, int n)
{
    for (int i = 0; i < n; i++) {
        free(items[i].kind);
        free(items[i].text);
        free(items[i].owner);
        free(items[i].due_text);
        free(items[i].due_date);
        free(items[i].evidence);
    }
    free(items);
}
