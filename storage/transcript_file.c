#include "storage/transcript_file.h"
#include "base/json.h"
#include "base/text.h"
#include "storage/cue_text.h"
#include "storage/transcript_own.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FILE_MAX (64u << 20)
#define NAME_MAX_BYTES 60

static const char *ending(const char *path)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    return dot ? dot + 1 : "";
}

bool moim_transcript_file_named(const char *path)
{
    static const char *const known[] = {"json", "txt", "srt", "vtt"};
    for (int i = 0; i < 4; i++)
        if (!strcasecmp(ending(path), known[i])) return true;
    return false;
}

void moim_transcript_file_clear(struct moim_transcript_file *t)
{
    for (int i = 0; i < t->n; i++) {
        free((char *)(uintptr_t)t->turns[i].speaker);
        free((char *)(uintptr_t)t->turns[i].text);
    }
    free(t->turns);
    free(t->title);
    cJSON_Delete(t->root);
    memset(t, 0, sizeof *t);
}

/* Whole UTF-8 without NUL; bytes that are CP949, as Korean subtitles often are, are decoded. data ends in NUL. */
static bool as_utf8(char **data, size_t *n)
{
    if (strlen(*data) != *n) return false;
    size_t at = 0;
    for (int k; at < *n && (k = moim_utf8_length(*data + at)); at += (size_t)k) {
    }
    if (at == *n) return true;
    char *korean = moim_text_from_cp949(*data);
    if (!korean) return false;
    free(*data);
    *data = korean;
    *n = strlen(korean);
    return true;
}

/* Spoken Korean is about six syllables a second, English fifteen letters. */
static double spoken_seconds(const char *text)
{
    double s = 0.5;
    for (; *text; text++) s += (*text & 0x80) ? 0.055 : 0.065;
    return s;
}

static int push(struct moim_transcript_file *t, const char *speaker, size_t n_speaker, const char *text,
                size_t n, double start, double end)
{
    while (n && isspace((unsigned char)text[n - 1])) n--;
    while (n && isspace((unsigned char)*text)) text++, n--;
    if (!n) return MOIM_OK;
    if (!(t->n & (t->n - 1))) { /* room doubles at every power of two */
        struct moim_turn_text *grown = realloc(t->turns, sizeof *grown * (size_t)(t->n ? 2 * t->n : 1));
        if (!grown) return MOIM_ENOMEM;
        t->turns = grown;
    }
    char *who = strndup(speaker, n_speaker), *what = strndup(text, n);
    if (!who || !what) {
        free(who);
        free(what);
        return MOIM_ENOMEM;
    }
    for (char *c = what; *c; c++)
        if (iscntrl((unsigned char)*c)) *c = ' ';
    double before = t->n ? t->turns[t->n - 1].end : 0;
    if (start < 0) start = before;
    if (end <= start) end = start + spoken_seconds(what);
    t->turns[t->n++] = (struct moim_turn_text){start, end, who, what};
    return MOIM_OK;
}

/* ---- JSON ---- */

static const char *string_of(const cJSON *o, const char *key)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);
    return cJSON_IsString(v) ? v->valuestring : "";
}

static double number_of(const cJSON *o, const char *key)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);
    return cJSON_IsNumber(v) && v->valuedouble >= 0 && v->valuedouble < 1e7 ? v->valuedouble : -1;
}

static int parse_json(struct moim_transcript_file *t, const char *data, size_t n)
{
    if (moim_json_parse(&t->root, data, n, false) == MOIM_ENOMEM) return MOIM_ENOMEM;
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(t->root, "turns"), *turn;
    if (!list) list = cJSON_GetObjectItemCaseSensitive(t->root, "segments");
    if (!cJSON_IsArray(list)) return MOIM_EFORMAT;
    int rc = MOIM_OK;
    cJSON_ArrayForEach(turn, list)
    {
        const char *who = string_of(turn, "speaker"), *what = string_of(turn, "text");
        if (!rc && !cJSON_IsString(cJSON_GetObjectItemCaseSensitive(turn, "text"))) rc = MOIM_EFORMAT;
        if (!rc)
            rc = push(t, who, strlen(who), what, strlen(what), number_of(turn, "start"),
                      number_of(turn, "end"));
    }
    const char *date = string_of(t->root, "date"), *language = string_of(t->root, "language");
    if (!*date) date = string_of(t->root, "started_at");
    t->has_date = moim_date_parse(date, &t->date);
    if (!strcmp(language, "ko") || !strcmp(language, "en")) memcpy(t->language, language, 3);
    t->title = strdup(string_of(t->root, "title"));
    return rc ? rc : t->title ? MOIM_OK : MOIM_ENOMEM;
}

/* ---- lines ---- */

/* "1:02:03", "02:03", "02:03.500", "00:02:03,500" at p: seconds, and *used bytes; -1 when it is no time. */
static double clock_at(const char *p, size_t n, size_t *used)
{
    double s = 0, part = 0, scale = 0;
    int colons = 0, digits = 0;
    size_t i = 0;
    for (; i < n; i++) {
        if (isdigit((unsigned char)p[i])) {
            if (scale > 0)
                s += (p[i] - '0') * scale, scale /= 10;
            else if (++digits <= 4)
                part = part * 10 + (p[i] - '0');
            else
                return -1;
        } else if (p[i] == ':' && scale == 0 && digits && ++colons <= 2) {
            s = (s + part) * 60;
            part = digits = 0;
        } else if ((p[i] == '.' || p[i] == ',') && scale == 0 && colons && digits) {
            s += part;
            part = 0;
            scale = 0.1;
        } else {
            break;
        }
    }
    *used = i;
    return colons && digits ? s + part : -1;
}

/* Bytes of a name at the line's start that a colon ends; 0 when the colon belongs to what was said. */
static size_t name_at(const char *p, size_t n)
{
    size_t i = 0;
    int spaces = 0;
    for (; i < n && i <= NAME_MAX_BYTES; i++) {
        if (p[i] == ':') return i && i + 1 < n && p[i + 1] == ' ' && spaces <= 3 ? i : 0;
        spaces += p[i] == ' ';
        if (strchr(".?!,;\"[]<>", p[i])) return 0;
    }
    return 0;
}

static int push_said(struct moim_transcript_file *t, const char *p, size_t n, double start, double end)
{
    size_t who = name_at(p, n), rest = who ? who + 1 : n;
    while (rest < n && isspace((unsigned char)p[rest])) rest++;
    if (rest == n) who = 0; /* a name alone is what was said */
    return who ? push(t, p, who, p + who + 1, n - who - 1, start, end) : push(t, "", 0, p, n, start, end);
}

static size_t line_length(const char *p, size_t n)
{
    const char *nl = memchr(p, '\n', n);
    return nl ? (size_t)(nl - p) : n;
}

static int parse_txt(struct moim_transcript_file *t, const char *p, size_t n)
{
    int rc = MOIM_OK;
    const char *title;
    size_t n_title, head = moim_own_text_head(p, n, &title, &n_title, &t->date);
    if (head && !(t->title = strndup(title, n_title))) return MOIM_ENOMEM;
    t->has_date = head > 0;
    p += head;
    n -= head;
    while (n && !rc) {
        size_t len = line_length(p, n), used, at = 0;
        double start = -1;
        if (len && *p == '[') {
            start = clock_at(p + 1, len - 1, &used);
            if (start >= 0 && used + 1 < len && p[used + 1] == ']') {
                at = used + 2;
                while (at < len && p[at] == ' ') at++;
            } else {
                start = -1;
            }
        }
        bool mark = head && start >= 0 && len - at > 3 && !memcmp(p + at, "-- ", 3);
        if (!mark) rc = push_said(t, p + at, len - at, start, -1);
        p += len < n ? len + 1 : len;
        n -= len < n ? len + 1 : len;
    }
    /* A turn that has a time of its own ends the one before. */
    for (int i = 0; i + 1 < t->n; i++)
        if (t->turns[i + 1].start > t->turns[i].start && t->turns[i + 1].start < t->turns[i].end)
            t->turns[i].end = t->turns[i + 1].start;
    return rc;
}

/* ---- subtitles ---- */

/* The times of a cue, whatever settings follow. 1, 0 (no such line), -1 (it looks like one and is none). */
static int cue_times(const char *p, size_t len, double *start, double *end)
{
    const char *arrow = memmem(p, len, "-->", 3);
    size_t used, rest;
    while (len && (*p == ' ' || *p == '\t')) p++, len--;
    if (!arrow || !len || !isdigit((unsigned char)*p)) return 0;
    *start = clock_at(p, (size_t)(arrow - p), &used);
    while (p + used < arrow && (p[used] == ' ' || p[used] == '\t')) used++;
    if (p + used < arrow) *start = -1;
    rest = len - (size_t)(arrow + 3 - p);
    for (arrow += 3; rest && (*arrow == ' ' || *arrow == '\t'); rest--) arrow++;
    *end = clock_at(arrow, rest, &used);
    bool whole = used == rest || arrow[used] == ' ' || arrow[used] == '\t';
    return *start >= 0 && *end >= 0 && whole ? 1 : -1;
}

struct line {
    const char *text;
    size_t n;
    int number;
};

/* The next line, which a line feed, a carriage return or both end; false after the last. */
static bool next_line(const char **p, size_t *left, struct line *l)
{
    if (!*left) return false;
    size_t n = 0;
    while (n < *left && (*p)[n] != '\n' && (*p)[n] != '\r') n++;
    size_t end = n < *left ? n + 1 : n;
    if (end < *left && (*p)[n] == '\r' && (*p)[end] == '\n') end++;
    *l = (struct line){*p, n, l->number + 1};
    *p += end;
    *left -= end;
    return true;
}

struct cue {
    double start, end;
    char *said;
    size_t n, room;
    bool open;
};

static int add_said(struct cue *c, const struct line *l)
{
    if (c->n + l->n + 2 > c->room) {
        size_t room = 2 * (c->n + l->n) + 256;
        char *grown = realloc(c->said, room);
        if (!grown) return MOIM_ENOMEM;
        c->said = grown;
        c->room = room;
    }
    if (c->n) c->said[c->n++] = ' ';
    memcpy(c->said + c->n, l->text, l->n);
    c->n += l->n;
    return MOIM_OK;
}

/* A cue of WebVTT's: its voice tag's name, if it has one, and its words. */
static int push_voiced(struct moim_transcript_file *t, struct cue *c)
{
    size_t n_who;
    const char *tag = moim_cue_voice(c->said, c->n, &n_who);
    char *who = tag ? strndup(tag, n_who) : NULL;
    if (tag && !who) return MOIM_ENOMEM;
    c->n = moim_cue_words(c->said, c->n);
    int rc = who ? push(t, who, moim_cue_words(who, n_who), c->said, c->n, c->start, c->end)
                 : push_said(t, c->said, c->n, c->start, c->end);
    free(who);
    return rc;
}

static int end_cue(struct moim_transcript_file *t, struct cue *c, bool vtt)
{
    int rc = !c->open         ? MOIM_OK
             : vtt && c->said ? push_voiced(t, c)
                              : push_said(t, c->said ? c->said : "", c->n, c->start, c->end);
    c->n = 0;
    c->open = false;
    return rc;
}

/* The number that a line is, -1 when it is none. */
static long number_in(const struct line *l)
{
    long v = 0;
    for (size_t i = 0; i < l->n; i++) {
        if (!isdigit((unsigned char)l->text[i]) || v > 100000000) return -1;
        v = v * 10 + (l->text[i] - '0');
    }
    return l->n ? v : -1;
}

/* A block of WebVTT that is no speech: its header, a note, a style, a region. */
static bool opens_block(const struct line *l)
{
    static const char *const word[] = {"WEBVTT", "NOTE", "STYLE", "REGION"};
    for (int i = 0; i < 4; i++) {
        size_t n = strlen(word[i]);
        if (l->n >= n && !memcmp(l->text, word[i], n) && (l->n == n || strchr(" \t:", l->text[n])))
            return true;
    }
    return false;
}

/* Whether the line only names the cue that follows it: after a blank line SubRip's counter or whatever name
 * WebVTT gives, without one the counter that comes next. *counter is the last one. */
static bool names_cue(const struct line *l, const char *p, size_t left, bool after_blank, bool vtt,
                      long *counter)
{
    struct line next = *l;
    double a, b;
    long number = number_in(l);
    if (!(after_blank ? vtt || number >= 0 : number == *counter + 1)) return false;
    if (!next_line(&p, &left, &next) || !cue_times(next.text, next.n, &a, &b)) return false;
    if (number >= 0) *counter = number;
    return true;
}

/* Subtitles name who speaks where that changes. */
static int name_all(struct moim_transcript_file *t)
{
    for (int i = 1; i < t->n; i++) {
        if (*t->turns[i].speaker || !*t->turns[i - 1].speaker) continue;
        char *who = strdup(t->turns[i - 1].speaker);
        if (!who) return MOIM_ENOMEM;
        free((char *)(uintptr_t)t->turns[i].speaker);
        t->turns[i].speaker = who;
    }
    return MOIM_OK;
}

/* Cues end where the next begins, with or without a blank line between; text after a blank line is still the
 * cue's. *bad: the line that cannot be read. */
static int parse_subtitles(struct moim_transcript_file *t, const char *p, size_t n, bool vtt, int *bad)
{
    struct cue c = {0};
    struct line l = {0};
    double start, end;
    bool blank = true, block = false;
    long counter = 0;
    int rc = MOIM_OK;
    while (!rc && next_line(&p, &n, &l)) {
        int times = cue_times(l.text, l.n, &start, &end);
        bool after_blank = blank;
        blank = strspn(l.text, " \t") >= l.n;
        block = !blank && (block || (vtt && after_blank && opens_block(&l)));
        if (blank || block || names_cue(&l, p, n, after_blank, vtt, &counter)) continue;
        if (times < 0 || (!times && !c.open)) {
            *bad = l.number;
            rc = MOIM_EFORMAT;
        } else if (times) {
            rc = end_cue(t, &c, vtt);
            c.start = start;
            c.end = end;
            c.open = true;
        } else {
            rc = add_said(&c, &l);
        }
    }
    if (!rc) rc = end_cue(t, &c, vtt);
    free(c.said);
    return rc || vtt ? rc : name_all(t);
}

/* Korean when a tenth of what is not blank is Hangul. */
static void guess_language(struct moim_transcript_file *t)
{
    size_t hangul = 0, all = 0;
    for (int i = 0; i < t->n; i++)
        for (const unsigned char *p = (const unsigned char *)t->turns[i].text; *p; p++) {
            if ((*p & 0xc0) == 0x80 || isspace(*p)) continue;
            all++;
            hangul += *p >= 0xea && *p <= 0xed;
        }
    memcpy(t->language, hangul * 10 > all ? "ko" : "en", 3);
}

static int parse_form(struct moim_transcript_file *t, const char *form, const char *data, size_t n, int *bad)
{
    if (!strcasecmp(form, "json")) return parse_json(t, data, n);
    if (!strcasecmp(form, "srt") || !strcasecmp(form, "vtt"))
        return parse_subtitles(t, data, n, !strcasecmp(form, "vtt"), bad);
    return parse_txt(t, data, n);
}

static int parse_clean(struct moim_transcript_file *t, const char *name, const char *data, size_t n,
                       struct moim_err *err)
{
    int bad = 0;
    if (n >= 3 && !memcmp(data, "\xef\xbb\xbf", 3)) data += 3, n -= 3;
    int rc = parse_form(t, ending(name), data, n, &bad);
    if (!rc && !t->title && !(t->title = strdup(""))) rc = MOIM_ENOMEM;
    if (rc) {
        moim_transcript_file_clear(t);
        if (bad) return moim_fail(err, rc, "%s: line %d: neither a cue's times nor in a cue", name, bad);
        return moim_fail(err, rc, rc == MOIM_ENOMEM ? "%s: out of memory" : "%s: not a transcript in JSON",
                         name);
    }
    if (!t->n) {
        moim_transcript_file_clear(t);
        return moim_fail(err, MOIM_EFORMAT, "%s: nothing is said in it", name);
    }
    if (!*t->language) guess_language(t);
    return MOIM_OK;
}

int moim_transcript_file_parse(struct moim_transcript_file *t, const char *name, const char *data, size_t n,
                               struct moim_err *err)
{
    memset(t, 0, sizeof *t);
    char *own = malloc(n + 1);
    if (!own) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", name);
    memcpy(own, data, n);
    own[n] = 0;
    int rc = as_utf8(&own, &n) ? parse_clean(t, name, own, n, err)
                               : moim_fail(err, MOIM_EFORMAT, "%s: not a text in UTF-8 or CP949", name);
    free(own);
    return rc;
}

int moim_transcript_file_read(struct moim_transcript_file *t, const char *path, struct moim_err *err)
{
    memset(t, 0, sizeof *t);
    FILE *f = fopen(path, "rb");
    if (!f) return moim_fail_errno(err, "%s", path);
    size_t cap = 1 << 16, n = 0, got;
    char *data = malloc(cap);
    while (data && (got = fread(data + n, 1, cap - n, f)) > 0) {
        n += got;
        if (n < cap) continue;
        if (cap >= FILE_MAX) break;
        char *grown = realloc(data, cap *= 2);
        if (!grown) free(data);
        data = grown;
    }
    bool bad = ferror(f);
    int rc = !data           ? moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path)
             : bad           ? moim_fail_errno(err, "%s", path)
             : n >= FILE_MAX ? moim_fail(err, MOIM_EINVAL, "%s: larger than 64 MB", path)
                             : moim_transcript_file_parse(t, path, data, n, err);
    fclose(f);
    free(data);
    return rc;
}
