#include "storage/overview.h"
#include "storage/store_int.h"

#include <stdlib.h>
#include <string.h>

/* Correlated look-ups, each through an index: a page of rows is wanted, never the whole store. */
#define ROW                                                                                                  \
    "SELECT " MOIM_MEETING_COLUMNS ","                                                                       \
    " (SELECT count(DISTINCT speaker) FROM segments WHERE meeting = m.id AND speaker > 0),"                  \
    " coalesce((SELECT i.text FROM minutes v JOIN items i ON i.minutes = v.id WHERE v.meeting = m.id"        \
    "           AND v.current AND i.kind = 'summary' ORDER BY i.id LIMIT 1),"                                \
    "          (SELECT text FROM segments WHERE meeting = m.id ORDER BY start LIMIT 1), ''),"                \
    " coalesce((SELECT group_concat(tag, char(10)) FROM (SELECT tag FROM tags WHERE meeting = m.id"          \
    "           ORDER BY tag)), '') FROM meetings m "

static int read_row(struct moim_store *s, sqlite3_stmt *st, struct moim_overview *o, struct moim_err *err)
{
    int rc = moim_meeting_read(s, st, &o->meeting, err);
    o->speakers = sqlite3_column_int(st, MOIM_MEETING_COLUMNS_N);
    o->preview = moim_sql_text(st, MOIM_MEETING_COLUMNS_N + 1);
    o->tags = moim_sql_text(st, MOIM_MEETING_COLUMNS_N + 2);
    if (rc || (o->preview && o->tags)) return rc;
    return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
}

static int read_rows(struct moim_store *s, sqlite3_stmt *st, struct moim_overview **list, int *n,
                     struct moim_err *err)
{
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        struct moim_overview *o = moim_list_push((void **)list, n, sizeof *o);
        rc = o ? read_row(s, st, o, err) : moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
        if (rc) break;
    }
    sqlite3_finalize(st);
    if (rc) {
        moim_overview_free(*list, *n);
        *list = NULL;
        *n = 0;
    }
    return rc;
}

#define PICK " m.trashed_at = 0 AND (?1 = '' OR m.id IN (SELECT meeting FROM tags WHERE tag = ?1))"

int moim_overview_page(struct moim_store *s, const char *tag, int limit, int offset,
                       struct moim_overview **list, int *n, int *total, struct moim_err *err)
{
    *list = NULL;
    *n = *total = 0;
    sqlite3_stmt *st = moim_sql(s, err, "SELECT count(*) FROM meetings m WHERE" PICK, "t", tag);
    int rc = moim_sql_row(s, st, err);
    if (rc > 0) *total = sqlite3_column_int(st, 0);
    sqlite3_finalize(st);
    if (rc < 0) return rc;
    st = moim_sql(s, err, ROW "WHERE" PICK " ORDER BY m.started_at DESC, m.id DESC LIMIT ?2 OFFSET ?3", "tii",
                  tag, (int64_t)limit, (int64_t)offset);
    return read_rows(s, st, list, n, err);
}

int moim_overview_trash(struct moim_store *s, struct moim_overview **list, int *n, struct moim_err *err)
{
    *list = NULL;
    *n = 0;
    sqlite3_stmt *st =
        moim_sql(s, err, ROW "WHERE m.trashed_at > 0 ORDER BY m.trashed_at DESC, m.id DESC", "");
    return read_rows(s, st, list, n, err);
}

int moim_overview_get(struct moim_store *s, int64_t meeting, struct moim_overview *row, struct moim_err *err)
{
    memset(row, 0, sizeof *row);
    sqlite3_stmt *st = moim_sql(s, err, ROW "WHERE m.id = ?", "i", meeting);
    int rc = moim_sql_row(s, st, err);
    if (rc > 0)
        rc = read_row(s, st, row, err);
    else if (!rc)
        rc = moim_fail_why(err, MOIM_ENOENT, "no_meeting", "no meeting %lld in %s", (long long)meeting,
                           s->path);
    sqlite3_finalize(st);
    if (rc) moim_overview_clear(row);
    return rc;
}

void moim_overview_clear(struct moim_overview *row)
{
    moim_meeting_clear(&row->meeting);
    free(row->preview);
    free(row->tags);
    memset(row, 0, sizeof *row);
}

void moim_overview_free(struct moim_overview *list, int n)
{
    for (int i = 0; i < n; i++) moim_overview_clear(&list[i]);
    free(list);
}

static int put_tags(struct moim_store *s, int64_t meeting, const char *const *tags, int n,
                    struct moim_err *err)
{
    int rc = moim_sql_done(s, moim_sql(s, err, "DELETE FROM tags WHERE meeting = ?", "i", meeting), err);
    for (int i = 0; !rc && i < n; i++) {
        if (!*tags[i] || strpbrk(tags[i], "\r\n"))
            return moim_fail(err, MOIM_EINVAL, "a tag is one line of text");
        rc = moim_sql_done(
            s,
            moim_sql(s, err, "INSERT OR IGNORE INTO tags(meeting, tag) VALUES(?, ?)", "it", meeting, tags[i]),
            err);
    }
    return rc;
}

int moim_tags_set(struct moim_store *s, int64_t meeting, const char *const *tags, int n, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    sqlite3_stmt *st = moim_sql(s, err, "SELECT 1 FROM meetings WHERE id = ?", "i", meeting);
    rc = moim_sql_row(s, st, err);
    sqlite3_finalize(st);
    if (rc > 0)
        rc = put_tags(s, meeting, tags, n, err);
    else if (!rc)
        rc = moim_fail_why(err, MOIM_ENOENT, "no_meeting", "no meeting %lld in %s", (long long)meeting,
                           s->path);
    return moim_end(s, rc, err);
}

int moim_tags_list(struct moim_store *s, struct moim_tag_count **list, int *n, struct moim_err *err)
{
    *list = NULL;
    *n = 0;
    sqlite3_stmt *st = moim_sql(
        s, err,
        "SELECT t.tag, count(*) FROM tags t JOIN meetings m ON m.id = t.meeting AND m.trashed_at = 0 GROUP BY t.tag ORDER BY t.tag",
        "");
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        struct moim_tag_count *t = moim_list_push((void **)list, n, sizeof *t);
        if (t) *t = (struct moim_tag_count){moim_sql_text(st, 0), sqlite3_column_int(st, 1)};
        if (!t || !t->tag) {
            rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
            break;
        }
    }
    sqlite3_finalize(st);
    if (!rc) return MOIM_OK;
    moim_tags_free(*list, *n);
    *list = NULL;
    *n = 0;
    return rc;
}

void moim_tags_free(struct moim_tag_count *list, int n)
{
    for (int i = 0; i < n; i++) free(list[i].tag);
    free(list);
}
