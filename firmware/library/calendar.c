#include "firmware/library/calendar.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define FILE_MAX_BYTES (16u << 20)
#define NEAR 3600 /* seconds between a meeting and an event that matches it */
#define DAY 86400

/* A property: NAME;PARAM=VALUE;...:VALUE */
struct property {
    char *name, *parameters, *value;
};

struct found {
    struct moim_event event; /* best match so far */
    double overlap;          /* seconds of overlap; negative: the distance */
    bool any, calendar;
};

struct event {
    struct moim_event e;
    int64_t start, end;
    bool has_start, has_end, whole_day;
    int every;         /* days of repetition, 0 for none */
    unsigned weekdays; /* bits, Sunday 1; 0: as the start's */
    int64_t until;
};

void moim_event_clear(struct moim_event *e)
{
    free(e->title);
    for (int i = 0; i < e->n; i++) free(e->people[i]);
    free(e->people);
    *e = (struct moim_event){0};
}

/* ---- values ---- */

/* The value of a parameter, within p; NULL where it has none. */
static const char *parameter(const struct property *p, const char *name, size_t *len)
{
    size_t n = strlen(name);
    const char *s = p->parameters;
    bool quoted = false;
    for (const char *at = s; at && *at; at++) {
        quoted ^= *at == '"';
        if (*at != ';' || quoted || strncasecmp(at + 1, name, n) || at[1 + n] != '=') continue;
        const char *v = at + n + 2;
        bool in = *v == '"';
        *len = in ? strcspn(++v, "\"") : strcspn(v, ";");
        return v;
    }
    return NULL;
}

static bool parameter_is(const struct property *p, const char *name, const char *value)
{
    size_t n;
    const char *v = parameter(p, name, &n);
    return v && n == strlen(value) && !strncasecmp(v, value, n);
}

/* Seconds since 1970; a time without a zone, or with an unknown one, is local. */
static bool read_time(const struct property *p, int64_t *out, bool *whole_day)
{
    struct tm tm = {.tm_isdst = -1};
    int n = sscanf(p->value, "%4d%2d%2dT%2d%2d%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
                   &tm.tm_min, &tm.tm_sec);
    if (n < 3 || tm.tm_year < 1900 || tm.tm_mon < 1 || tm.tm_mon > 12) return false;
    *whole_day = n < 5;
    tm.tm_year -= 1900;
    tm.tm_mon--;
    bool seoul = parameter_is(p, "TZID", "Asia/Seoul") || parameter_is(p, "TZID", "Korea Standard Time");
    if (p->value[strlen(p->value) - 1] == 'Z')
        *out = (int64_t)timegm(&tm);
    else
        *out = seoul ? (int64_t)timegm(&tm) - 9 * 3600 : (int64_t)mktime(&tm);
    return true;
}

/* "PT1H30M", "P1D" */
static int64_t read_duration(const char *s)
{
    int64_t all = 0;
    for (s += *s == 'P'; *s; s++) {
        char *end;
        long v = strtol(s, &end, 10);
        if (end == s) continue;
        if (v < 0 || v > 10000) v = 10000; /* longer than any meeting */
        s = end;
        all += v * (*s == 'W' ? 7 * DAY : *s == 'D' ? DAY : *s == 'H' ? 3600 : *s == 'M' ? 60 : 1);
        if (!*s) break;
    }
    return all > 0 && all < 30 * DAY ? all : 3600;
}

static void read_rule(struct event *v, const char *rule)
{
    static const char *const day[] = {"SU", "MO", "TU", "WE", "TH", "FR", "SA"};
    const char *interval = strstr(rule, "INTERVAL="), *by = strstr(rule, "BYDAY="),
               *until = strstr(rule, "UNTIL=");
    int every = interval ? atoi(interval + 9) : 1;
    if (every < 1 || every > 1000) every = 1;
    v->every = strstr(rule, "FREQ=DAILY") ? every : strstr(rule, "FREQ=WEEKLY") ? 7 * every : 0;
    for (int d = 0; by && d < 7; d++)
        for (const char *p = by + 6; *p && *p != ';'; p++)
            if (!strncmp(p, day[d], 2)) v->weekdays |= 1U << d;
    struct property p = {.parameters = (char *)(uintptr_t) "",
                         .value = (char *)(uintptr_t)(until ? until + 6 : "0")};
    char value[32];
    bool whole;
    snprintf(value, sizeof value, "%.*s", (int)strcspn(p.value, ";"), p.value);
    p.value = value;
    if (until && read_time(&p, &v->until, &whole) && whole) v->until += DAY;
}

/* An unescaped, cleaned text; malloc'ed. */
static char *read_text(const char *s)
{
    char *plain = malloc(strlen(s) + 1), *at = plain, *clean;
    if (!plain) return NULL;
    for (; *s; s++) {
        if (*s == '\\' && s[1]) {
            s++;
            *at++ = *s == 'n' || *s == 'N' ? ' ' : *s;
        } else {
            *at++ = *s;
        }
    }
    *at = 0;
    clean = moim_text_clean(plain, false);
    free(plain);
    return clean;
}

/* False when memory runs out. */
static bool add_person(struct moim_event *e, const struct property *p)
{
    size_t n = 0;
    const char *who = parameter(p, "CN", &n);
    if (parameter_is(p, "CUTYPE", "ROOM") || parameter_is(p, "CUTYPE", "RESOURCE")) return true;
    if (!n) who = !strncasecmp(p->value, "mailto:", 7) ? p->value + 7 : p->value;
    char *name = n ? strndup(who, n) : strdup(who), *clean = name ? moim_text_clean(name, false) : NULL;
    free(name);
    if (!clean) return false;
    for (int i = 0; i < e->n; i++)
        if (!strcmp(e->people[i], clean)) {
            free(clean);
            return true;
        }
    char **grown = realloc(e->people, ((size_t)e->n + 1) * sizeof *grown);
    if (!grown) {
        free(clean);
        return false;
    }
    e->people = grown;
    e->people[e->n++] = clean;
    return true;
}

/* ---- events ---- */

/* The start of the repetition that is nearest to an instant. */
static int64_t nearest(const struct event *v, int64_t at)
{
    if (!v->every || at <= v->start) return v->start;
    int64_t best = v->start;
    int64_t days = (at - v->start) / DAY;
    for (int64_t d = days > 8 ? days - 8 : 0; d <= days + 8; d++) {
        int64_t begin = v->start + d * DAY;
        time_t t = (time_t)begin;
        struct tm tm;
        if (v->until && begin > v->until) break;
        bool weekly = v->every % 7 == 0 && v->weekdays && localtime_r(&t, &tm);
        if (weekly ? !(v->weekdays >> tm.tm_wday & 1) : d % v->every != 0) continue;
        if (llabs(begin - at) < llabs(best - at)) best = begin;
    }
    return best;
}

static void consider(struct found *f, struct event *v, int64_t at, double seconds)
{
    int64_t length = v->has_end && v->end > v->start ? v->end - v->start : 3600;
    if (v->has_start && !v->whole_day && v->e.title) {
        int64_t begin = nearest(v, at);
        double overlap =
            fmin((double)(begin + length), (double)at + seconds) - fmax((double)begin, (double)at);
        if (overlap > -NEAR && (!f->any || overlap > f->overlap)) {
            moim_event_clear(&f->event);
            f->event = v->e;
            v->e = (struct moim_event){0};
            f->overlap = overlap;
            f->any = true;
        }
    }
    moim_event_clear(&v->e);
    *v = (struct event){0};
}

/* False when memory runs out. */
static bool take_property(struct event *v, const struct property *p)
{
    bool ignored;
    if (!strcasecmp(p->name, "SUMMARY")) {
        free(v->e.title);
        return (v->e.title = read_text(p->value)) != NULL;
    }
    if (!strcasecmp(p->name, "DTSTART")) v->has_start = read_time(p, &v->start, &v->whole_day);
    if (!strcasecmp(p->name, "DTEND")) v->has_end = read_time(p, &v->end, &ignored);
    if (!strcasecmp(p->name, "DURATION") && v->has_start)
        v->has_end = true, v->end = v->start + read_duration(p->value);
    if (!strcasecmp(p->name, "RRULE")) read_rule(v, p->value);
    if (!strcasecmp(p->name, "ATTENDEE") || !strcasecmp(p->name, "ORGANIZER")) return add_person(&v->e, p);
    return true;
}

/* Splits a line into name, parameters and value; quoted colons belong to a parameter. */
static bool cut(char *line, struct property *p)
{
    bool quoted = false;
    char *at = line;
    for (; *at && (*at != ':' || quoted); at++) quoted ^= *at == '"';
    if (!*at) return false;
    *at = 0;
    p->value = at + 1;
    p->parameters = strchr(line, ';');
    p->name = p->parameters ? strndup(line, (size_t)(p->parameters - line)) : strdup(line);
    if (!p->parameters) p->parameters = at; /* "" */
    return p->name != NULL && *p->value;
}

/* Unfolds in place: a line that starts with a blank continues the one before. */
static void unfold(char *s)
{
    char *to = s;
    for (; *s; s++) {
        if (*s == '\r') continue;
        if (*s == '\n' && (s[1] == ' ' || s[1] == '\t'))
            s++;
        else
            *to++ = *s;
    }
    *to = 0;
}

static bool read_all(struct found *f, char *text, int64_t at, double seconds)
{
    struct event v = {0};
    bool inside = false, ok = true;
    char *save = NULL;
    unfold(text);
    for (char *line = strtok_r(text, "\n", &save); ok && line; line = strtok_r(NULL, "\n", &save)) {
        struct property p = {0};
        f->calendar |= !strncasecmp(line, "BEGIN:VCALENDAR", 15);
        if (!strncasecmp(line, "BEGIN:VEVENT", 12)) {
            inside = true;
        } else if (!strncasecmp(line, "END:VEVENT", 10)) {
            consider(f, &v, at, seconds);
            inside = false;
        } else if (inside && cut(line, &p)) {
            ok = take_property(&v, &p);
        }
        free(p.name);
    }
    moim_event_clear(&v.e);
    return ok;
}

int moim_calendar_find(const char *path, int64_t at, double seconds, struct moim_event *e,
                       struct moim_err *err)
{
    struct found f = {0};
    FILE *in = fopen(path, "rbe");
    if (!in) return moim_fail_errno(err, "%s", path);
    char *text = malloc(FILE_MAX_BYTES + 1);
    size_t n = text ? fread(text, 1, FILE_MAX_BYTES, in) : 0;
    bool whole = text && feof(in) && !ferror(in);
    fclose(in);
    if (!text) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    text[n] = 0;
    bool ok = whole && read_all(&f, text, at, seconds);
    free(text);
    *e = f.event;
    if (ok && f.any) return MOIM_OK;
    moim_event_clear(e);
    if (!whole) return moim_fail(err, MOIM_EFORMAT, "%s: cannot be read, or is larger than 16 MB", path);
    if (!ok) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    return f.calendar ? moim_fail(err, MOIM_ENOENT, "%s: no event within an hour of the meeting", path)
                      : moim_fail(err, MOIM_EFORMAT, "%s: not a calendar (iCalendar)", path);
}
