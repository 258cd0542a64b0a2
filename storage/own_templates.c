#include "storage/own_templates.h"
#include "storage/store_int.h"

#include <stdlib.h>

int moim_own_template_put(struct moim_store *s, const char *name, const char *text, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_sql_done(
        s, moim_sql(s, err, "INSERT OR REPLACE INTO templates(name, text) VALUES(?, ?)", "tt", name, text),
        err);
    return moim_end(s, rc, err);
}

int moim_own_template_get(struct moim_store *s, const char *name, char **text, struct moim_err *err)
{
    *text = NULL;
    sqlite3_stmt *st = moim_sql(s, err, "SELECT text FROM templates WHERE name = ?", "t", name);
    int rc = moim_sql_row(s, st, err);
    if (rc > 0) *text = moim_sql_text(st, 0);
    sqlite3_finalize(st);
    if (rc < 0) return rc;
    if (!rc) return moim_fail_why(err, MOIM_ENOENT, "no_template", "%s: no such template", name);
    return *text ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
}

int moim_own_template_remove(struct moim_store *s, const char *name, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_sql_done(s, moim_sql(s, err, "DELETE FROM templates WHERE name = ?", "t", name), err);
    if (!rc && !sqlite3_changes(s->db))
        rc = moim_fail_why(err, MOIM_ENOENT, "no_template", "%s: no such template", name);
    return moim_end(s, rc, err);
}

int moim_own_template_list(struct moim_store *s, struct moim_own_template **list, int *n,
                           struct moim_err *err)
{
    *list = NULL;
    *n = 0;
    sqlite3_stmt *st = moim_sql(s, err, "SELECT name, text FROM templates ORDER BY name", "");
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        struct moim_own_template *t = moim_list_push((void **)list, n, sizeof *t);
        if (t) *t = (struct moim_own_template){moim_sql_name(st, 0), moim_sql_text(st, 1)};
        if (t && t->name && t->text) continue;
        rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
        break;
    }
    sqlite3_finalize(st);
    if (!rc) return MOIM_OK;
    moim_own_templates_free(*list, *n);
    *list = NULL;
    *n = 0;
    return rc;
}

void moim_own_templates_free(struct moim_own_template *list, int n)
{
    for (int i = 0; i < n; i++) {
        free(list[i].name);
        free(list[i].text);
    }
    free(list);
}
