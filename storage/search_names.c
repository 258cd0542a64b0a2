/* Search in what meetings are known by: titles, people, tags, and what was noted. All of that is little, and is read through. */
#include "storage/search_int.h"

#include <stdlib.h>
#include <string.h>

static bool holds_all(const struct moim_finder *f, const char *a, const char *b, const char *c)
{
    for (int i = 0; i < f->words.n; i++) {
        const char *w = f->words.word[i];
        if (!moim_find_word(a, w) && !moim_find_word(b, w) && !moim_find_word(c, w)) return false;
    }
    return true;
}

static bool holds_any(const struct moim_finder *f, const char *text)
{
    for (int i = 0; i < f->words.n; i++)
        if (moim_find_word(text, f->words.word[i])) return true;
    return false;
}

static int add_hit(struct moim_finder *f, sqlite3_stmt *st, const char *where, const char *text, double at)
{
    struct moim_hit *h = moim_list_push((void **)&f->hits, &f->n, sizeof *h);
    if (!h) return moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
    *h = (struct moim_hit){.meeting = sqlite3_column_int64(st, 0),
                           .title = moim_sql_name(st, 1),
                           .started_at = moim_sql_instant(st, 2),
                           .language = moim_sql_language(st, 3),
                           .start = at,
                           .end = at,
                           .speaker_name = strdup(""),
                           .text = strdup(text),
                           .where = where,
                           .found = MOIM_FOUND_WORDS};
    bool whole = h->title && h->language && h->speaker_name && h->text;
    return whole ? MOIM_OK : moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
}

/* Does somebody speak there who passes the filter? names: one a line. */
static bool speaks(const struct moim_finder *f, const char *names)
{
    return !f->q->speaker || !*f->q->speaker || moim_find_word(names, f->q->speaker);
}

static int look(struct moim_finder *f, sqlite3_stmt *st)
{
    char *title = moim_sql_name(st, 1), *names = moim_sql_name(st, 4), *tags = moim_sql_name(st, 5);
    int rc = title && names && tags ? MOIM_OK : moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
    bool take = !rc && moim_finder_takes(f, sqlite3_column_int64(st, 0)) && speaks(f, names) &&
                holds_all(f, title, names, tags);
    if (take && holds_any(f, title))
        rc = add_hit(f, st, "title", title, 0);
    else if (take && holds_any(f, names))
        rc = add_hit(f, st, "speaker", names, 0);
    else if (take)
        rc = add_hit(f, st, "tag", tags, 0);
    free(title);
    free(names);
    free(tags);
    return rc;
}

static int notes(struct moim_finder *f, int most)
{
    sqlite3_stmt *st =
        moim_sql(f->s, f->err,
                 "SELECT m.id, m.title, m.started_at, m.language, b.note, b.at FROM bookmarks b JOIN"
                 " meetings m ON m.id = b.meeting AND m.trashed_at = 0 WHERE b.note NOT LIKE '(%' AND"
                 " instr(lower(b.note), lower(?)) ORDER BY m.started_at DESC, b.at LIMIT ?",
                 "ti", f->words.word[0], (int64_t)most);
    int rc;
    while ((rc = moim_sql_row(f->s, st, f->err)) > 0) {
        char *note = moim_sql_text(st, 4);
        rc = note ? MOIM_OK : moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
        if (!rc && moim_finder_takes(f, sqlite3_column_int64(st, 0)) && holds_all(f, note, "", ""))
            rc = add_hit(f, st, "note", note, moim_sql_seconds(st, 5));
        free(note);
        if (rc) break;
    }
    sqlite3_finalize(st);
    return rc;
}

int moim_search_names(struct moim_finder *f, int most)
{
    sqlite3_stmt *st = moim_sql(
        f->s, f->err,
        "SELECT m.id, m.title, m.started_at, m.language, coalesce((SELECT group_concat(name, ', ') FROM speakers WHERE"
        " meeting = m.id AND name <> ''), ''), coalesce((SELECT group_concat(tag, ', ') FROM tags WHERE meeting = m.id), '')"
        " FROM meetings m WHERE m.trashed_at = 0 AND m.id IN (SELECT id FROM meetings WHERE instr(lower(title), lower(?1))"
        " UNION SELECT meeting FROM speakers WHERE instr(lower(name), lower(?1)) UNION SELECT meeting FROM tags WHERE"
        " instr(lower(tag), lower(?1))) ORDER BY m.started_at DESC LIMIT ?2",
        "ti", f->words.word[0], (int64_t)most);
    int rc;
    while ((rc = moim_sql_row(f->s, st, f->err)) > 0)
        if ((rc = look(f, st))) break;
    sqlite3_finalize(st);
    /* A note has no speaker. */
    return rc || (f->q->speaker && *f->q->speaker) ? rc : notes(f, most);
}

int moim_search_spoken(struct moim_finder *f, int most)
{
    char *end = NULL;
    const char *who = f->q->speaker;
    long number = strtol(who, &end, 10);
    sqlite3_stmt *st =
        moim_sql(f->s, f->err,
                 "SELECT " MOIM_HIT_COLUMNS " FROM segments g" MOIM_HIT_JOINS
                 "WHERE m.trashed_at = 0 AND iif(?1, g.speaker = ?2, instr(lower(p.name), lower(?3)))"
                 " ORDER BY m.started_at DESC, m.id, g.start, g.id",
                 "iit", (int64_t)(!*end && number > 0), (int64_t)number, who);
    int rc = 0;
    while (f->n < most && (rc = moim_sql_row(f->s, st, f->err)) > 0) {
        if (!moim_finder_takes(f, sqlite3_column_int64(st, 0))) continue;
        struct moim_hit *h = moim_list_push((void **)&f->hits, &f->n, sizeof *h);
        rc = h ? moim_read_hit(f->s, st, h, f->err) : moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
        if (rc) break;
    }
    sqlite3_finalize(st);
    return rc > 0 ? MOIM_OK : rc;
}
