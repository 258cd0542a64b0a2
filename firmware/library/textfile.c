#include "firmware/library/textfile.h"

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

bool moim_textfile_named(const char *path)
{
    static const char *const known[] = {"json", "txt", "srt", "vtt"};
    for (int i = 0; i < 4; i++)
        if (!strcasecmp(ending(path), known[i])) return true;
    return false;
}

void moim_textfile_clear(struct moim_textfile *t)
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

/* Length of the UTF-8 sequence at p, 0 when it is none; n bytes are there. */
static size_t sequence(const unsigned char *p, size_t n)
{
    size_t len = *p < 0x80 ? 1 : *p >= 0xc2 && *p <= 0xdf ? 2 : (*p & 0xf0) == 0xe0 ? 3 : 4;
    if (*p >= 0xf5 || (*p >= 0x80 && *p < 0xc2) || len > n || !*p) return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) || (*p == 0xf0 && p[1] < 0x90) ||
        (*p == 0xf4 && p[1] > 0x8f))
        return 0;
    return len;
}

static bool is_utf8(const char *s, size_t n)
{
    for (size_t i = 0, k; i < n; i += k)
        if (!(k = sequence((const unsigned char *)s + i, n - i))) return false;
    return true;
}

/* Spoken Korean is about six syllables a second, English fifteen letters. */
static double spoken_seconds(const char *text)
{
    double s = 0.5;
    for (; *text; text++) s += (*text & 0x80) ? 0.055 : 0.065;
    return s;
}

static int push(struct moim_textfile *t, const char *speaker, size_t n_speaker, const char *text, size_t n,
                double start, double end)
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

static int parse_json(struct moim_textfile *t, const char *data, size_t n)
{
    t->root = cJSON_ParseWithLength(data, n);
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(t->root, "turns"), *turn;
    if (!list) list = cJSON_GetObjectItemCaseSensitive(t->root, "segments");
    if (!cJSON_IsArray(list)) return MOIM_EFORMAT;
    int rc = MOIM_OK;
    cJSON_ArrayForEach(turn, list)
    {
        const char *who = string_of(turn, "speaker"), *what = string_of(turn, "text");
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

static int push_said(struct moim_textfile *t, const char *p, size_t n, double start, double end)
{
    size_t who = name_at(p, n);
    return who ? push(t, p, who, p + who + 1, n - who - 1, start, end) : push(t, "", 0, p, n, start, end);
}

static size_t line_length(const char *p, size_t n)
{
    const char *nl = memchr(p, '\n', n);
    return nl ? (size_t)(nl - p) : n;
}

static int parse_txt(struct moim_textfile *t, const char *p, size_t n)
{
    int rc = MOIM_OK;
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
        rc = push_said(t, p + at, len - at, start, -1);
        p += len < n ? len + 1 : len;
        n -= len < n ? len + 1 : len;
    }
    /* A turn that has a time of its own ends the one before. */
    for (int i = 0; i + 1 < t->n; i++)
        if (t->turns[i + 1].start > t->turns[i].start && t->turns[i + 1].start < t->turns[i].end)
            t->turns[i].end = t->turns[i + 1].start;
    return rc;
}

static bool cue_times(const char *p, size_t len, double *start, double *end)
{
    const char *arrow = memmem(p, len, "-->", 3);
    size_t used;
    if (!arrow) return false;
    *start = clock_at(p, (size_t)(arrow - p), &used);
    size_t rest = len - (size_t)(arrow + 3 - p);
    arrow += 3;
    while (rest && *arrow == ' ') arrow++, rest--;
    *end = clock_at(arrow, rest, &used);
    return *start >= 0 && *end >= 0;
}

static int parse_subtitles(struct moim_textfile *t, const char *p, size_t n)
{
    char said[4096];
    size_t got = 0;
    double start = -1, end = -1;
    int rc = MOIM_OK;
    bool in_cue = false;
    while (!rc) {
        size_t len = n ? line_length(p, n) : 0;
        size_t text = len && p[len - 1] == '\r' ? len - 1 : len;
        double a, b;
        if (!text || !n) {
            if (in_cue) rc = push_said(t, said, got, start, end);
            in_cue = false;
            got = 0;
        } else if (cue_times(p, text, &a, &b)) {
            start = a;
            end = b;
            in_cue = true;
            got = 0;
        } else if (in_cue && got + text + 1 < sizeof said) {
            if (got) said[got++] = ' ';
            memcpy(said + got, p, text);
            got += text;
        }
        if (!n) break;
        p += len < n ? len + 1 : len;
        n -= len < n ? len + 1 : len;
    }
    return rc;
}

/* Korean when a tenth of what is not blank is Hangul. */
static void guess_language(struct moim_textfile *t)
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

int moim_textfile_parse(struct moim_textfile *t, const char *name, const char *data, size_t n,
                        struct moim_err *err)
{
    memset(t, 0, sizeof *t);
    if (n >= 3 && !memcmp(data, "\xef\xbb\xbf", 3)) data += 3, n -= 3;
    if (!is_utf8(data, n)) return moim_fail(err, MOIM_EFORMAT, "%s: not a text in UTF-8", name);
    const char *form = ending(name);
    int rc = !strcasecmp(form, "json")                              ? parse_json(t, data, n)
             : !strcasecmp(form, "srt") || !strcasecmp(form, "vtt") ? parse_subtitles(t, data, n)
                                                                    : parse_txt(t, data, n);
    if (!rc && !t->title && !(t->title = strdup(""))) rc = MOIM_ENOMEM;
    if (rc) {
        moim_textfile_clear(t);
        return moim_fail(err, rc, rc == MOIM_ENOMEM ? "%s: out of memory" : "%s: not a transcript in JSON",
                         name);
    }
    if (!t->n) {
        moim_textfile_clear(t);
        return moim_fail(err, MOIM_EFORMAT, "%s: nothing is said in it", name);
    }
    if (!*t->language) guess_language(t);
    return MOIM_OK;
}

int moim_textfile_read(struct moim_textfile *t, const char *path, struct moim_err *err)
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
                             : moim_textfile_parse(t, path, data, n, err);
    fclose(f);
    free(data);
    return rc;
}
