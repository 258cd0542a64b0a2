#include "storage/queue.h"
#include "storage/store_int.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

int moim_setting_get(struct moim_store *s, const char *key, const char *fallback, char **value,
                     struct moim_err *err)
{
    *value = NULL;
    sqlite3_stmt *st = moim_sql(s, err, "SELECT value FROM settings WHERE key = ?", "t", key);
    int rc = moim_sql_row(s, st, err);
    if (rc >= 0) *value = rc ? moim_sql_text(st, 0) : strdup(fallback);
    sqlite3_finalize(st);
    if (rc < 0) return rc;
    return *value ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
}

int moim_setting_set(struct moim_store *s, const char *key, const char *value, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_sql_done(
        s, moim_sql(s, err, "INSERT OR REPLACE INTO settings(key, value) VALUES(?, ?)", "tt", key, value),
        err);
    return moim_end(s, rc, err);
}

static int find_same(struct moim_store *s, const struct moim_job_row *j, int64_t at_work, int64_t *id,
                     struct moim_err *err)
{
    sqlite3_stmt *st =
        moim_sql(s, err,
                 "SELECT id FROM jobs WHERE meeting = ? AND kind = ? AND again = ? AND"
                 " language = ? AND model = ? AND template = ? AND id <> ? AND start = ? AND \"end\" = ?",
                 "ititttidd", j->meeting, j->kind, (int64_t)j->again, j->language, j->model, j->template_name,
                 at_work, j->start, j->end);
    int rc = moim_sql_row(s, st, err);
    if (rc > 0) *id = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return rc;
}

int moim_job_add(struct moim_store *s, const struct moim_job_row *job, int64_t at_work, int64_t *id,
                 bool *fresh, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = find_same(s, job, at_work, id, err);
    *fresh = rc == 0;
    if (*fresh) {
        /* SELECT ... WHERE makes "no such meeting" an insert of nothing instead of a constraint's message. */
        rc = moim_sql_done(
            s,
            moim_sql(
                s, err,
                "INSERT INTO jobs(meeting, kind, again, language, model, template, queued_at, start, \"end\")"
                " SELECT id, ?, ?, ?, ?, ?, ?, ?, ? FROM meetings WHERE id = ?",
                "titttiddi", job->kind, (int64_t)job->again, job->language, job->model, job->template_name,
                (int64_t)time(NULL), job->start, job->end, job->meeting),
            err);
        *id = sqlite3_last_insert_rowid(s->db);
        if (!rc && !sqlite3_changes(s->db))
            rc = moim_fail_why(err, MOIM_ENOENT, "no_meeting", "no meeting %lld in %s",
                               (long long)job->meeting, s->path);
    }
    return moim_end(s, rc > 0 ? MOIM_OK : rc, err);
}

int moim_job_remove(struct moim_store *s, int64_t id, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_sql_done(s, moim_sql(s, err, "DELETE FROM jobs WHERE id = ?", "i", id), err);
    return moim_end(s, rc, err);
}

int moim_job_list(struct moim_store *s, struct moim_job_row **list, int *n, struct moim_err *err)
{
    *list = NULL;
    *n = 0;
    sqlite3_stmt *st = moim_sql(
        s, err,
        "SELECT id, meeting, kind, again, language, model, template, start, \"end\" FROM jobs ORDER BY id",
        "");
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        struct moim_job_row *j = moim_list_push((void **)list, n, sizeof *j);
        if (j)
            *j = (struct moim_job_row){
                sqlite3_column_int64(st, 0),    sqlite3_column_int64(st, 1), moim_sql_text(st, 2),
                sqlite3_column_int(st, 3) != 0, moim_sql_text(st, 4),        moim_sql_text(st, 5),
                moim_sql_text(st, 6),           moim_sql_seconds(st, 7),     moim_sql_seconds(st, 8)};
        if (!j || !j->kind || !j->language || !j->model || !j->template_name) {
            rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
            break;
        }
    }
    sqlite3_finalize(st);
    if (!rc) return MOIM_OK;
    moim_job_free(*list, *n);
    *list = NULL;
    *n = 0;
    return rc;
}

void moim_job_free(struct moim_job_row *list, int n)
{
    for (int i = 0; i < n; i++) {
        free(list[i].kind);
        free(list[i].language);
        free(list[i].model);
        free(list[i].template_name);
    }
    free(list);
}
