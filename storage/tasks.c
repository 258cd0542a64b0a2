#include "storage/tasks.h"
#include "storage/minutes_lines.h"
#include "storage/store_int.h"

#include <stdlib.h>

#define FROM                                                                                                 \
    " FROM items i JOIN minutes v ON v.id = i.minutes AND v.current JOIN meetings m ON m.id = v.meeting"     \
    " WHERE i.kind = 'action' AND NOT i.removed AND iif(?9 > 0, m.id = ?9, m.trashed_at = 0)"                \
    " AND (?1 = '' OR instr(lower(i.owner), lower(?1))) AND (?2 = 0 OR i.owner = '')"                        \
    " AND (?3 = '' OR instr(lower(i.text), lower(?3)))"                                                      \
    " AND (?4 = '' OR (i.due_date <> '' AND i.due_date >= ?4))"                                              \
    " AND (?5 = '' OR (i.due_date <> '' AND i.due_date <= ?5))"                                              \
    " AND (?6 = 0 OR (i.done_at > 0) = (?6 = 2)) AND ?7 >= 0 AND ?8 >= 0"

static sqlite3_stmt *statement(struct moim_store *s, const struct moim_task_query *q, const char *sql,
                               struct moim_err *err)
{
    return moim_sql(s, err, sql, "titttiiii", q->owner, (int64_t)q->nobody, q->text, q->due_from,
                    q->due_until, (int64_t)q->state, (int64_t)(q->limit > 0 ? q->limit : 1000000000),
                    (int64_t)q->offset, q->meeting);
}

static int read_task(struct moim_store *s, sqlite3_stmt *st, struct moim_task *t, struct moim_err *err)
{
    t->meeting = (struct moim_meeting){.id = sqlite3_column_int64(st, 0),
                                       .title = moim_sql_name(st, 1),
                                       .started_at = moim_sql_instant(st, 2),
                                       .language = moim_sql_language(st, 3)};
    t->item = (struct moim_item){.kind = moim_sql_text(st, 5),
                                 .text = moim_sql_text(st, 6),
                                 .owner = moim_sql_name(st, 7),
                                 .due_text = moim_sql_text(st, 8),
                                 .due_date = moim_sql_text(st, 9),
                                 .start = moim_sql_seconds(st, 10),
                                 .end = moim_sql_seconds(st, 11),
                                 .line = sqlite3_column_int64(st, 12),
                                 .done_at = moim_sql_instant(st, 13),
                                 .own = sqlite3_column_int(st, 14),
                                 .verdict = sqlite3_column_int(st, 15)};
    const struct moim_item *i = &t->item;
    if (!t->meeting.title || !t->meeting.language || !i->kind || !i->text || !i->owner || !i->due_text ||
        !i->due_date)
        return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
    return moim_item_evidence(s, sqlite3_column_int64(st, 4), &t->item, err);
}

int moim_tasks(struct moim_store *s, const struct moim_task_query *q, struct moim_task **list, int *n,
               int *total, struct moim_err *err)
{
    *list = NULL;
    *n = *total = 0;
    sqlite3_stmt *st = statement(s, q, "SELECT count(*)" FROM, err);
    int rc = moim_sql_row(s, st, err);
    if (rc > 0) *total = sqlite3_column_int(st, 0);
    sqlite3_finalize(st);
    if (rc < 0) return rc;
    st = statement(
        s, q,
        "SELECT m.id, m.title, m.started_at, m.language, i.id, i.kind, i.text, i.owner, i.due_text, i.due_date,"
        " i.start, i.\"end\", i.line, i.done_at, i.own, i.verdict" FROM
        " ORDER BY i.done_at > 0, i.due_date = '', i.due_date, m.started_at DESC, m.id, i.place LIMIT ?7"
        " OFFSET ?8",
        err);
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        struct moim_task *t = moim_list_push((void **)list, n, sizeof *t);
        rc = t ? read_task(s, st, t, err) : moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
        if (rc) break;
    }
    sqlite3_finalize(st);
    if (rc) {
        moim_tasks_free(*list, *n);
        *list = NULL;
        *n = 0;
    }
    return rc;
}

void moim_tasks_free(struct moim_task *list, int n)
{
    for (int i = 0; i < n; i++) {
        moim_meeting_clear(&list[i].meeting);
        moim_item_clear(&list[i].item);
    }
    free(list);
}

int moim_task_owners(struct moim_store *s, struct moim_task_owner **list, int *n, struct moim_err *err)
{
    static const struct moim_task_query open = {.state = MOIM_TASKS_OPEN};
    *list = NULL;
    *n = 0;
    sqlite3_stmt *st =
        statement(s, &open, "SELECT i.owner, count(*)" FROM " GROUP BY i.owner ORDER BY i.owner", err);
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        struct moim_task_owner *o = moim_list_push((void **)list, n, sizeof *o);
        if (o) *o = (struct moim_task_owner){moim_sql_name(st, 0), sqlite3_column_int(st, 1)};
        if (o && o->owner) continue;
        rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
        break;
    }
    sqlite3_finalize(st);
    if (rc) {
        moim_task_owners_free(*list, *n);
        *list = NULL;
        *n = 0;
    }
    return rc;
}

void moim_task_owners_free(struct moim_task_owner *list, int n)
{
    for (int i = 0; i < n; i++) free(list[i].owner);
    free(list);
}
