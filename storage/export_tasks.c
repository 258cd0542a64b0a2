/* The tasks of a meeting for other programs: a table (RFC 4180) and to-dos of a calendar (RFC 5545). */
#include "base/text.h"
#include "storage/export.h"
#include "storage/tasks.h"

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

static void put_csv_head(FILE *out, bool ko)
{
    static const char *const column[][2] = {{"Task", "할 일"},        {"Owner", "담당"},
                                            {"Due date", "기한"},     {"Due, as said", "기한(말한 대로)"},
                                            {"Said at", "발언 시각"}, {"Meeting", "회의"},
                                            {"Date", "회의 날짜"},    {"Done", "완료"}};
    fputs("\xef\xbb\xbf", out); /* Excel reads UTF-8 by it */
    for (int i = 0; i < 8; i++) put_cell(out, column[i][ko], i < 7 ? ',' : '\n');
}

static void put_csv_task(FILE *out, const struct moim_meeting *m, const struct moim_item *it)
{
    char when[32], at[32], done[32] = "";
    moim_local_time(when, m->started_at);
    moim_clock(at, sizeof at, it->start);
    if (it->done_at) moim_local_time(done, it->done_at);
    put_cell(out, it->text, ',');
    put_cell(out, it->owner, ',');
    put_cell(out, it->due_date, ',');
    put_cell(out, it->due_text, ',');
    put_cell(out, it->n_evidence ? at : "", ',');
    put_cell(out, m->title, ',');
    put_cell(out, when, ',');
    put_cell(out, done, '\n');
}

int moim_export_csv(FILE *out, const struct moim_document *doc)
{
    put_csv_head(out, !strcmp(doc->meeting->language, "ko"));
    for (int i = 0; i < doc->n_items; i++)
        if (!strcmp(doc->items[i].kind, "action")) put_csv_task(out, doc->meeting, &doc->items[i]);
    return MOIM_OK;
}

int moim_tasks_csv(FILE *out, const struct moim_task *list, int n, bool ko)
{
    put_csv_head(out, ko);
    for (int i = 0; i < n; i++) put_csv_task(out, &list[i].meeting, &list[i].item);
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

static void calendar_time(char out[32], int64_t when)
{
    time_t t = (time_t)when;
    struct tm tm;
    snprintf(out, 32, "19700101T000000Z");
    if (gmtime_r(&t, &tm) && tm.tm_year >= -1900 && tm.tm_year < 8100)
        strftime(out, 32, "%Y%m%dT%H%M%SZ", &tm);
}

/* The same task has the same name in every export, so that a calendar takes it once: by its line, or its text where there is
 * none. */
static unsigned long long name_of_task(const struct moim_item *it)
{
    unsigned long long h = 14695981039346656037U; /* FNV-1a */
    for (const char *p = it->text; *p; p++) h = (h ^ (unsigned char)*p) * 1099511628211U;
    return h;
}

static bool put_task(FILE *out, const struct moim_meeting *m, const struct moim_item *it)
{
    char stamp[32], done[32], uid[80], due[32] = "", *summary = NULL;
    int year, month, day;
    calendar_time(stamp, m->started_at);
    calendar_time(done, it->done_at);
    if (it->line)
        snprintf(uid, sizeof uid, "%lld-%lld@moim", (long long)m->id, (long long)it->line);
    else
        snprintf(uid, sizeof uid, "%lld-%016llx@moim", (long long)m->id, name_of_task(it));
    if (sscanf(it->due_date, "%4d-%2d-%2d", &year, &month, &day) == 3 && year >= 0 && month >= 0 && day >= 0)
        snprintf(due, sizeof due, "%04d%02d%02d", year % 10000, month % 100, day % 100);
    if (asprintf(&summary, "%s%s%s", it->owner, *it->owner ? ": " : "", it->text) < 0) return false;
    fputs("BEGIN:VTODO\r\n", out);
    bool ok = put_property(out, "UID", uid) && put_property(out, "DTSTAMP", stamp) &&
              put_property(out, "SUMMARY", summary) && put_property(out, "CATEGORIES", m->title) &&
              (!*due || put_property(out, "DUE;VALUE=DATE", due)) &&
              (!*it->due_text || put_property(out, "DESCRIPTION", it->due_text));
    if (it->done_at) fprintf(out, "COMPLETED:%s\r\n", done);
    fprintf(out, "STATUS:%s\r\nEND:VTODO\r\n", it->done_at ? "COMPLETED" : "NEEDS-ACTION");
    free(summary);
    return ok;
}

int moim_export_ics(FILE *out, const struct moim_document *doc)
{
    bool ok = true;
    fputs("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//moim//minutes//EN\r\n", out);
    for (int i = 0; ok && i < doc->n_items; i++)
        if (!strcmp(doc->items[i].kind, "action")) ok = put_task(out, doc->meeting, &doc->items[i]);
    fputs("END:VCALENDAR\r\n", out);
    return ok ? MOIM_OK : MOIM_ENOMEM;
}

int moim_tasks_ics(FILE *out, const struct moim_task *list, int n)
{
    bool ok = true;
    fputs("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//moim//minutes//EN\r\n", out);
    for (int i = 0; ok && i < n; i++) ok = put_task(out, &list[i].meeting, &list[i].item);
    fputs("END:VCALENDAR\r\n", out);
    return ok ? MOIM_OK : MOIM_ENOMEM;
}
