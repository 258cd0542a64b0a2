/* The tasks of a meeting for other programs: a table (RFC 4180) and to-dos of a calendar (RFC 5545). */
#include "base/text.h"
#include "storage/export.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- CSV ---- */

/* In quotes where it needs them. A cell that begins as a formula does is text: spreadsheets would run it. */
static void put_cell(FILE *out, const char *s, char after)
{
    bool formula = *s && strchr("=+-@\t\r", *s), quoted = formula || strpbrk(s, ",\"\r\n");
    if (quoted) fputc('"', out);
    if (formula) fputc('\'', out);
    for (; *s; s++) {
        if (*s == '"') fputc('"', out);
        fputc((unsigned char)*s < 0x20 || *s == 0x7f ? ' ' : *s, out);
    }
    if (quoted) fputc('"', out);
    if (after == '\n') fputc('\r', out);
    fputc(after, out);
}

int moim_export_csv(FILE *out, const struct moim_document *doc)
{
    static const char *const column[][2] = {{"Task", "할 일"},        {"Owner", "담당"},
                                            {"Due date", "기한"},     {"Due, as said", "기한(말한 대로)"},
                                            {"Said at", "발언 시각"}, {"Meeting", "회의"},
                                            {"Date", "회의 날짜"}};
    bool ko = !strcmp(doc->meeting->language, "ko");
    char when[32], at[32];
    moim_local_time(when, doc->meeting->started_at);
    fputs("\xef\xbb\xbf", out); /* Excel reads UTF-8 by it */
    for (int i = 0; i < 7; i++) put_cell(out, column[i][ko], i < 6 ? ',' : '\n');
    for (int i = 0; i < doc->n_items; i++) {
        const struct moim_item *it = &doc->items[i];
        if (strcmp(it->kind, "action")) continue;
        moim_clock(at, sizeof at, it->start);
        put_cell(out, it->text, ',');
        put_cell(out, it->owner, ',');
        put_cell(out, it->due_date, ',');
        put_cell(out, it->due_text, ',');
        put_cell(out, it->n_evidence ? at : "", ',');
        put_cell(out, doc->meeting->title, ',');
        put_cell(out, when, '\n');
    }
    return MOIM_OK;
}

/* ---- iCalendar ---- */

/* A line of at most 75 bytes goes on in the next after a space, never inside a character. */
static void put_folded(FILE *out, const char *s)
{
    int room = 75;
    while (*s) {
        int n = moim_utf8_length(s);
        if (!n) n = 1;
        if (n > room) {
            fputs("\r\n ", out);
            room = 74;
        }
        fwrite(s, 1, (size_t)n, out);
        s += n;
        room -= n;
    }
    fputs("\r\n", out);
}

/* NAME:value with the value's own signs escaped; false when memory runs out. */
static bool put_property(FILE *out, const char *name, const char *value)
{
    char *line = malloc(strlen(name) + 2 * strlen(value) + 2), *p = line;
    if (!line) return false;
    p += sprintf(p, "%s:", name);
    for (; *value; value++) {
        if (strchr("\\;,", *value)) *p++ = '\\';
        if (*value == '\n')
            *p++ = '\\', *p++ = 'n';
        else if ((unsigned char)*value >= 0x20 && *value != 0x7f)
            *p++ = *value;
    }
    *p = 0;
    put_folded(out, line);
    free(line);
    return true;
}

/* The same task has the same name in every export, so that a calendar takes it once. */
static unsigned long long name_of_task(const struct moim_item *it)
{
    unsigned long long h = 14695981039346656037U; /* FNV-1a */
    for (const char *p = it->text; *p; p++) h = (h ^ (unsigned char)*p) * 1099511628211U;
    return h;
}

static bool put_task(FILE *out, const struct moim_document *doc, const struct moim_item *it)
{
    char stamp[32] = "19700101T000000Z", uid[80], due[32] = "", *summary = NULL;
    time_t t = (time_t)doc->meeting->started_at;
    struct tm tm;
    int year, month, day;
    if (gmtime_r(&t, &tm) && tm.tm_year >= -1900 && tm.tm_year < 8100)
        strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &tm);
    snprintf(uid, sizeof uid, "%lld-%016llx@moim", (long long)doc->meeting->id, name_of_task(it));
    if (sscanf(it->due_date, "%4d-%2d-%2d", &year, &month, &day) == 3 && year >= 0 && month >= 0 && day >= 0)
        snprintf(due, sizeof due, "%04d%02d%02d", year % 10000, month % 100, day % 100);
    if (asprintf(&summary, "%s%s%s", it->owner, *it->owner ? ": " : "", it->text) < 0) return false;
    fputs("BEGIN:VTODO\r\n", out);
    bool ok = put_property(out, "UID", uid) && put_property(out, "DTSTAMP", stamp) &&
              put_property(out, "SUMMARY", summary) && put_property(out, "CATEGORIES", doc->meeting->title) &&
              (!*due || put_property(out, "DUE;VALUE=DATE", due)) &&
              (!*it->due_text || put_property(out, "DESCRIPTION", it->due_text));
    fputs("STATUS:NEEDS-ACTION\r\nEND:VTODO\r\n", out);
    free(summary);
    return ok;
}

int moim_export_ics(FILE *out, const struct moim_document *doc)
{
    bool ok = true;
    fputs("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//moim//minutes//EN\r\n", out);
    for (int i = 0; ok && i < doc->n_items; i++)
        if (!strcmp(doc->items[i].kind, "action")) ok = put_task(out, doc, &doc->items[i]);
    fputs("END:VCALENDAR\r\n", out);
    return ok ? MOIM_OK : MOIM_ENOMEM;
}
