#include "storage/speaker_steps.h"
#include "base/json.h"
#include "storage/minutes_lines.h"
#include "storage/person_names.h"
#include "storage/speakers.h"
#include "storage/store_int.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LABELS 3 /* a speaker's name, or both languages' "Speaker 2" */

int moim_speaker_step_begin(struct moim_store *s, int64_t meeting, const char *kind, int number, int other,
                            const char *condition, const char *value, int64_t *step, struct moim_err *err)
{
    int rc = moim_sql_done(
        s,
        moim_sql(
            s, err,
            "INSERT INTO speaker_steps(meeting, kind, at, number, other, name, other_name, assigned) SELECT ?1, ?2,"
            " ?3, ?4, ?5, coalesce((SELECT name FROM speakers WHERE meeting = ?1 AND number = ?4), ''),"
            " coalesce((SELECT name FROM speakers WHERE meeting = ?1 AND number = ?5), ''), (SELECT"
            " json_group_array(json_array(start, \"end\", speaker)) FROM assigned WHERE meeting = ?1)",
            "itiii", meeting, kind, (int64_t)time(NULL), (int64_t)number, (int64_t)other),
        err);
    *step = sqlite3_last_insert_rowid(s->db);
    if (rc || !condition) return rc;
    char *sql = NULL;
    if (asprintf(
            &sql,
            "UPDATE speaker_steps SET times = (SELECT json_group_array(json_array(start, \"end\", speaker,"
            " speaker_set, speaker_certainty)) FROM segments WHERE meeting = ?1 AND %s) WHERE id = ?3",
            condition) < 0)
        return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
    rc = moim_sql_done(s, moim_sql(s, err, sql, "iti", meeting, value, *step), err);
    free(sql);
    return rc;
}

/* ---- names in the minutes ---- */

struct labels {
    char *label[LABELS];
    int n;
};

static void free_labels(struct labels *l)
{
    for (int i = 0; i < l->n; i++) free(l->label[i]);
    l->n = 0;
}

/* What a speaker is called: the name, or by number in either language. */
static int labels_of(struct moim_store *s, int64_t meeting, int number, struct labels *l,
                     struct moim_err *err)
{
    *l = (struct labels){0};
    sqlite3_stmt *st =
        moim_sql(s, err, "SELECT name FROM speakers WHERE meeting = ? AND number = ? AND name <> ''", "ii",
                 meeting, (int64_t)number);
    int rc = moim_sql_row(s, st, err);
    if (rc > 0) l->label[l->n++] = moim_sql_name(st, 0);
    sqlite3_finalize(st);
    if (rc < 0) return rc;
    static const char *const form[] = {"참석자 %d", "Speaker %d"};
    for (int i = 0; !rc && i < 2; i++)
        if (asprintf(&l->label[l->n++], form[i], number) < 0) l->label[l->n - 1] = NULL;
    bool whole = true;
    for (int i = 0; i < l->n; i++) whole = whole && l->label[i];
    if (whole) return MOIM_OK;
    free_labels(l);
    return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
}

/* The same text with who was called by a label of a called by that of b; NULL when memory runs out. A name that is given takes
 * the place of every label; who loses a name is called by number, in the label's language. */
static char *renamed(const char *text, const struct labels *a, const struct labels *b, bool korean,
                     bool *changed)
{
    char *now = strdup(text);
    *changed = false;
    for (int i = 0; now && i < a->n; i++) {
        const char *to = b->n == 2 ? b->label[a->n == 2 ? i : korean ? 0 : 1] : b->label[0];
        bool here;
        if (!strcmp(a->label[i], to)) continue;
        char *next = moim_name_replace(now, a->label[i], to, &here);
        free(now);
        now = next;
        *changed |= here;
    }
    return now;
}

/* One item, when it names who is renamed: written and noted as [item, text, owner, new text, new owner]. */
static int rename_item(struct moim_store *s, sqlite3_stmt *st, const struct labels *a, const struct labels *b,
                       cJSON *noted, struct moim_err *err)
{
    int64_t id = sqlite3_column_int64(st, 0);
    bool korean = sqlite3_column_int(st, 3) != 0, in_text = false, in_owner = false;
    char *text = moim_sql_text(st, 1), *owner = moim_sql_text(st, 2);
    char *new_text = text ? renamed(text, a, b, korean, &in_text) : NULL;
    char *new_owner = owner ? renamed(owner, a, b, korean, &in_owner) : NULL;
    int rc = new_text && new_owner ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
    if (!rc && (in_text || in_owner)) {
        const char *const all[] = {text, owner, new_text, new_owner};
        cJSON *row = cJSON_CreateStringArray(all, 4);
        cJSON_InsertItemInArray(row, 0, cJSON_CreateNumber((double)id));
        moim_json_append(noted, row);
        rc = moim_sql_done(s,
                           moim_sql(s, err, "UPDATE items SET text = ?, owner = ? WHERE id = ?", "tti",
                                    new_text, new_owner, id),
                           err);
    }
    free(text);
    free(owner);
    free(new_text);
    free(new_owner);
    return rc;
}

/* Does anything in the current minutes name who is renamed? */
static int named(struct moim_store *s, int64_t meeting, const struct labels *a, bool *any,
                 struct moim_err *err)
{
    sqlite3_stmt *st =
        moim_sql(s, err,
                 "SELECT i.text, i.owner FROM items i JOIN minutes v ON v.id = i.minutes AND v.current"
                 " WHERE v.meeting = ?",
                 "i", meeting);
    int rc;
    *any = false;
    while (!*any && (rc = moim_sql_row(s, st, err)) > 0)
        for (int i = 0; i < 2 * a->n; i++) {
            const char *text = moim_sql_peek(st, i % 2);
            *any |= text && strstr(text, a->label[i / 2]);
        }
    sqlite3_finalize(st);
    return *any ? MOIM_OK : rc;
}

static int rename_items(struct moim_store *s, int64_t meeting, int64_t step, const struct labels *a,
                        const struct labels *b, struct moim_err *err)
{
    bool any;
    int64_t minutes;
    int rc = named(s, meeting, a, &any, err);
    if (!rc && any) rc = moim_minutes_open(s, meeting, false, &minutes, err);
    if (rc || !any) return rc;
    cJSON *noted = cJSON_CreateArray();
    sqlite3_stmt *st =
        moim_sql(s, err,
                 "SELECT i.id, i.text, i.owner, m.language = 'ko' FROM items i JOIN minutes v ON v.id ="
                 " i.minutes AND v.current JOIN meetings m ON m.id = v.meeting WHERE v.meeting = ?",
                 "i", meeting);
    while ((rc = moim_sql_row(s, st, err)) > 0)
        if ((rc = rename_item(s, st, a, b, noted, err))) break;
    sqlite3_finalize(st);
    char *json = moim_json_text(noted, false);
    if (!rc && !json) rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
    if (!rc)
        rc = moim_sql_done(
            s, moim_sql(s, err, "UPDATE speaker_steps SET items = ? WHERE id = ?", "pi", json, step), err);
    if (!rc && cJSON_GetArraySize(noted))
        rc = moim_sql_done(
            s,
            moim_sql(s, err, "UPDATE minutes SET revision = revision + 1 WHERE meeting = ? AND current", "i",
                     meeting),
            err);
    free(json);
    cJSON_Delete(noted);
    return rc;
}

int moim_speaker_step_names(struct moim_store *s, int64_t meeting, int64_t step, int number, const char *name,
                            int other, struct moim_err *err)
{
    struct labels a, b = {0};
    int rc = labels_of(s, meeting, number, &a, err);
    if (rc) return rc;
    if (name && *name) {
        b.label[0] = strdup(name);
        b.n = b.label[0] != NULL;
        if (!b.n) rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
    } else if (name) { /* by number again */
        rc = labels_of(s, meeting, number, &b, err);
        if (!rc && b.n == LABELS) {
            free(b.label[0]);
            b.label[0] = b.label[1];
            b.label[1] = b.label[2];
            b.n = 2;
        }
    } else {
        rc = labels_of(s, meeting, other, &b, err);
        if (!rc && b.n == LABELS) { /* the name alone */
            free(b.label[1]);
            free(b.label[2]);
            b.n = 1;
        }
    }
    if (!rc) rc = rename_items(s, meeting, step, &a, &b, err);
    free_labels(&a);
    free_labels(&b);
    return rc;
}

/* ---- taking a step back ---- */

int moim_speaker_last_step(struct moim_store *s, int64_t meeting, struct moim_speaker_step *step,
                           struct moim_err *err)
{
    *step = (struct moim_speaker_step){0};
    sqlite3_stmt *st = moim_sql(
        s, err,
        "SELECT kind, number, other, name, at FROM speaker_steps WHERE meeting = ? ORDER BY id DESC LIMIT 1",
        "i", meeting);
    int rc = moim_sql_row(s, st, err);
    if (rc > 0)
        *step = (struct moim_speaker_step){moim_sql_text(st, 0), sqlite3_column_int(st, 1),
                                           sqlite3_column_int(st, 2), moim_sql_name(st, 3),
                                           moim_sql_instant(st, 4)};
    bool whole = rc <= 0 || (step->kind && step->name);
    sqlite3_finalize(st);
    if (rc < 0) return rc;
    if (whole) return MOIM_OK;
    moim_speaker_step_clear(step);
    return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
}

void moim_speaker_step_clear(struct moim_speaker_step *step)
{
    free(step->kind);
    free(step->name);
    *step = (struct moim_speaker_step){0};
}

/* Middles decide what lies in a time: after recognising again segments begin and end elsewhere. */
#define IN_TIMES(t)                                                                                          \
    "(" t ".start + " t                                                                                      \
    ".\"end\") / 2 BETWEEN json_extract(j.value, '$[0]') AND json_extract(j.value, '$[1]')"
#define STEP "FROM speaker_steps x, json_each(x.times) j WHERE x.id = ?1"

static int take_back(struct moim_store *s, int64_t step, struct moim_err *err)
{
    static const char *const steps[] = {
        "UPDATE heard SET speaker = (SELECT iif(json_extract(j.value, '$[3]'), json_extract(j.value, '$[2]'), 0) " STEP
        " AND " IN_TIMES(
            "heard") ") WHERE segment IN (SELECT id FROM segments WHERE meeting = (SELECT meeting FROM"
                     " speaker_steps WHERE id = ?1)) AND EXISTS(SELECT 1 " STEP
                     " AND heard.speaker = x.other AND " IN_TIMES("heard") ")",
        "UPDATE segments SET (speaker, speaker_set, speaker_certainty) = (SELECT json_extract(j.value, '$[2]'),"
        " json_extract(j.value, '$[3]'), json_extract(j.value, '$[4]') " STEP " AND " IN_TIMES(
            "segments") ") WHERE meeting = (SELECT meeting FROM speaker_steps WHERE id = ?1) AND EXISTS("
                        "SELECT 1 " STEP " AND segments.speaker = x.other AND " IN_TIMES("segments") ")",
        /* Times that were given since then stay; those that this step gave go, and what it replaced comes back. */
        "DELETE FROM assigned WHERE meeting = (SELECT meeting FROM speaker_steps WHERE id = ?1) AND EXISTS(SELECT 1 " STEP
        " AND assigned.speaker = x.other AND " IN_TIMES("assigned") ")",
        "INSERT INTO assigned(meeting, start, \"end\", speaker) SELECT x.meeting, json_extract(a.value, '$[0]'),"
        " json_extract(a.value, '$[1]'), json_extract(a.value, '$[2]') FROM speaker_steps x, json_each(x.assigned) a"
        " WHERE x.id = ?1 AND x.kind <> 'rename' AND NOT EXISTS(SELECT 1 FROM assigned o WHERE o.meeting = x.meeting AND"
        " o.start < json_extract(a.value, '$[1]') AND o.\"end\" > json_extract(a.value, '$[0]'))",
        "DELETE FROM speakers WHERE (meeting, number) = (SELECT meeting, number FROM speaker_steps WHERE id = ?1)",
        "INSERT INTO speakers(meeting, number, name) SELECT meeting, number, name FROM speaker_steps WHERE id = ?1 AND"
        " name <> ''",
        "UPDATE items SET text = json_extract(j.value, '$[1]'), owner = json_extract(j.value, '$[2]') FROM speaker_steps x,"
        " json_each(x.items) j WHERE x.id = ?1 AND items.id = json_extract(j.value, '$[0]') AND text ="
        " json_extract(j.value, '$[3]') AND owner = json_extract(j.value, '$[4]')",
        "UPDATE minutes SET revision = revision + 1 WHERE current AND meeting = (SELECT meeting FROM speaker_steps WHERE"
        " id = ?1 AND items <> '[]')",
        "DELETE FROM speaker_steps WHERE id = ?1"};
    int rc = MOIM_OK;
    for (size_t i = 0; !rc && i < sizeof steps / sizeof *steps; i++)
        rc = moim_sql_done(s, moim_sql(s, err, steps[i], "i", step), err);
    return rc;
}

int moim_speaker_undo(struct moim_store *s, int64_t meeting, struct moim_err *err)
{
    int64_t id = 0;
    int rc = moim_begin(s, err);
    if (rc) return rc;
    sqlite3_stmt *st = moim_sql(
        s, err, "SELECT max(id) FROM speaker_steps WHERE meeting = ? HAVING max(id) > 0", "i", meeting);
    rc = moim_sql_row(s, st, err);
    if (rc > 0) id = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    if (!rc)
        rc = moim_fail_why(err, MOIM_ENOENT, "nothing_to_undo",
                           "no change of a speaker of meeting %lld to undo", (long long)meeting);
    if (rc > 0) rc = take_back(s, id, err);
    return moim_end(s, rc, err);
}
