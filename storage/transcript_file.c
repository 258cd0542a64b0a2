#include "base/text.h"
#include "storage/record.h"
#include "storage/transcript_file_int.h"

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
    static const char *const known[] = {"json", "txt",  "srt",  "vtt", "md", "markdown",
                                        "docx", "hwpx", "html", "htm", "pdf"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcasecmp(ending(path), known[i])) return true;
    return false;
}

void moim_transcript_file_clear(struct moim_transcript_file *t)
{
    for (int i = 0; i < t->n; i++) {
        free((char *)(uintptr_t)t->turns[i].speaker);
        free((char *)(uintptr_t)t->turns[i].text);
        moim_words_free(t->words[i].list, t->words[i].n);
    }
    for (int i = 0; i < t->n_notes; i++) free(t->notes[i].text);
    free(t->notes);
    free(t->words);
    free(t->date_line);
    free(t->turns);
    free(t->title);
    cJSON_Delete(t->root);
    memset(t, 0, sizeof *t);
}

/* Spoken Korean is about six syllables a second, English fifteen letters. */
static double spoken_seconds(const char *text)
{
    double s = 0.5;
    for (; *text; text++) s += (*text & 0x80) ? 0.055 : 0.065;
    return s;
}

int moim_turn_push(struct moim_transcript_file *t, const char *speaker, size_t n_speaker, const char *text,
                   size_t n, double start, double end)
{
    while (n && isspace((unsigned char)text[n - 1])) n--;
    while (n && isspace((unsigned char)*text)) text++, n--;
    if (!n) return MOIM_OK;
    if (!(t->n & (t->n - 1))) { /* room doubles at every power of two */
        struct moim_turn_text *grown = realloc(t->turns, sizeof *grown * (size_t)(t->n ? 2 * t->n : 1));
        if (!grown) return MOIM_ENOMEM;
        t->turns = grown;
        struct moim_turn_words *more = realloc(t->words, sizeof *more * (size_t)(t->n ? 2 * t->n : 1));
        if (!more) return MOIM_ENOMEM;
        t->words = more;
    }
    t->words[t->n] = (struct moim_turn_words){NULL, 0};
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

/* ---- lines ---- */

double moim_text_clock(const char *p, size_t n, size_t *used)
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

size_t moim_text_name(const char *p, size_t n)
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

int moim_turn_said(struct moim_transcript_file *t, const char *p, size_t n, double start, double end)
{
    size_t who = moim_text_name(p, n), rest = who ? who + 1 : n;
    while (rest < n && isspace((unsigned char)p[rest])) rest++;
    if (rest == n) who = 0; /* a name alone is what was said */
    return who ? moim_turn_push(t, p, who, p + who + 1, n - who - 1, start, end)
               : moim_turn_push(t, "", 0, p, n, start, end);
}

bool moim_text_line_next(const char **p, size_t *left, struct moim_text_line *l)
{
    if (!*left) return false;
    size_t n = 0;
    while (n < *left && (*p)[n] != '\n' && (*p)[n] != '\r') n++;
    size_t end = n < *left ? n + 1 : n;
    if (end < *left && (*p)[n] == '\r' && (*p)[end] == '\n') end++;
    *l = (struct moim_text_line){*p, n, l->number + 1};
    *p += end;
    *left -= end;
    return true;
}

/* ---- the file ---- */

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

int moim_transcript_note(struct moim_transcript_file *t, double at, const char *before, const char *text,
                         size_t n)
{
    struct moim_transcript_note *grown = realloc(t->notes, sizeof *grown * (size_t)(t->n_notes + 1));
    if (!grown) return MOIM_ENOMEM;
    t->notes = grown;
    grown[t->n_notes] = (struct moim_transcript_note){.at = at > 0 ? at : 0, .remark = *before != 0};
    if (asprintf(&grown[t->n_notes].text, "%s%.*s", before, (int)n, text) < 0) return MOIM_ENOMEM;
    t->n_notes++;
    return MOIM_OK;
}

/* What the content says of the form of a file whose name says nothing. */
static const char *form_of(const char *name, const char *data)
{
    if (moim_transcript_file_named(name)) return ending(name);
    data += strspn(data, " \t\r\n");
    const char *arrow = strstr(data, "-->");
    if (*data == '{' || *data == '[')
        return *data == '[' && !strchr("{]", data[1 + strspn(data + 1, " \t\r\n")]) ? "txt" : "json";
    if (!strncmp(data, "WEBVTT", 6)) return "vtt";
    return arrow && arrow - data < 200 ? "srt" : "txt";
}

static int parse_form(struct moim_transcript_file *t, const char *form, const char *data, size_t n, int *bad)
{
    if (!strcasecmp(form, "json")) return moim_parse_json(t, data, n);
    if (!strcasecmp(form, "srt") || !strcasecmp(form, "vtt"))
        return moim_parse_subtitles(t, data, n, !strcasecmp(form, "vtt"), bad);
    return moim_parse_text(t, data, n, !strncasecmp(form, "md", 2) || !strcasecmp(form, "markdown"));
}

/* An export of ours without its transcript. */
static bool is_minutes(const struct moim_transcript_file *t)
{
    const cJSON *r = t->root;
    return t->minutes_alone || (cJSON_HasObjectItem(r, "state") && cJSON_HasObjectItem(r, "started_at") &&
                                cJSON_HasObjectItem(r, "duration_s") && !cJSON_HasObjectItem(r, "segments"));
}

static int nothing_said(struct moim_transcript_file *t, const char *name, struct moim_err *err)
{
    bool minutes = is_minutes(t);
    moim_transcript_file_clear(t);
    return moim_fail(err, MOIM_EFORMAT,
                     minutes ? "%s: holds minutes alone, no transcript" : "%s: nothing is said in it", name);
}

static int parse_clean(struct moim_transcript_file *t, const char *name, const char *form, const char *data,
                       size_t n, struct moim_err *err)
{
    int bad = 0;
    t->title = strdup("");
    t->date_line = strdup("");
    int rc = t->title && t->date_line ? parse_form(t, form, data, n, &bad) : MOIM_ENOMEM;
    if (!rc && !t->has_date) t->has_date = moim_date_parse(t->date_line, &t->date);
    if ((!rc && !t->n) || (rc == MOIM_EFORMAT && is_minutes(t))) return nothing_said(t, name, err);
    if (rc) {
        moim_transcript_file_clear(t);
        if (bad) return moim_fail(err, rc, "%s: line %d: neither a cue's times nor in a cue", name, bad);
        return moim_fail(err, rc,
                         rc == MOIM_ENOMEM           ? "%s: out of memory"
                         : !strcasecmp(form, "json") ? "%s: not a transcript in JSON"
                                                     : "%s: more lines than a transcript has",
                         name);
    }
    if (!*t->language) guess_language(t);
    return MOIM_OK;
}

/* A document's lines, or the meeting that moim put into it. */
static int parse_lines(struct moim_transcript_file *t, const char *name, char *text, const char *json,
                       bool changed, struct moim_err *err)
{
    moim_hangul_compose(text);
    if (json) return parse_clean(t, name, "json", json, strlen(json), err);
    int rc = parse_clean(t, name, "txt", text, strlen(text), err);
    if (!rc && changed && moim_transcript_note(t, 0, MOIM_RECORD_CHANGED, "", 0)) {
        moim_transcript_file_clear(t);
        rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", name);
    }
    return rc;
}

static int parse_package(struct moim_transcript_file *t, const char *name, struct moim_package *p,
                         struct moim_err *err)
{
    char *json = p->record ? moim_record_open(p->record, p->n_record, p->bare) : NULL;
    int rc = parse_lines(t, name, p->text, json, p->record != NULL, err);
    free(json);
    moim_package_clear(p);
    return rc;
}

static int parse_zip(struct moim_transcript_file *t, const char *name, const char *data, size_t n,
                     struct moim_err *err)
{
    struct moim_package p;
    int rc = moim_package_read(data, n, &p);
    if (!rc) return parse_package(t, name, &p, err);
    return moim_fail(err, rc,
                     rc == MOIM_ENOMEM   ? "%s: out of memory"
                     : rc == MOIM_EINVAL ? "%s: larger than 64 MB"
                                         : "%s: neither a Word nor a Hangul document that can be read",
                     name);
}

static int parse_pdf(struct moim_transcript_file *t, const char *name, const char *data, size_t n,
                     struct moim_err *err)
{
    struct moim_pdf_text p;
    int rc = moim_pdf_read(data, n, &p);
    if (rc)
        return moim_fail(err, rc,
                         rc == MOIM_ENOMEM   ? "%s: out of memory"
                         : rc == MOIM_EINVAL ? "%s: larger than 64 MB"
                         : rc == MOIM_EUNSUP ? "%s: PDF needs Poppler; install libpoppler-glib8"
                                             : "%s: not a PDF that can be read (damaged, or locked)",
                         name);
    rc = parse_lines(t, name, p.text, p.json, false, err);
    free(p.text);
    free(p.json);
    return rc;
}

static int parse_html(struct moim_transcript_file *t, const char *name, const char *text, size_t n,
                      struct moim_err *err)
{
    struct moim_package p;
    int rc = moim_html_read(text, n, &p);
    return rc ? moim_fail(err, rc, "%s: out of memory", name) : parse_package(t, name, &p, err);
}

static bool is_html(const char *name, const char *text)
{
    const char *end = ending(name);
    if (!strcasecmp(end, "html") || !strcasecmp(end, "htm")) return true;
    text += strspn(text, " \t\r\n");
    return !strncasecmp(text, "<!doctype html", 14) || !strncasecmp(text, "<html", 5);
}

int moim_transcript_file_parse(struct moim_transcript_file *t, const char *name, const char *data, size_t n,
                               struct moim_err *err)
{
    memset(t, 0, sizeof *t);
    if (n > 4 && !memcmp(data, "PK\3\4", 4)) return parse_zip(t, name, data, n, err);
    if (n > 5 && !memcmp(data, "%PDF-", 5)) return parse_pdf(t, name, data, n, err);
    char *own;
    int rc = moim_text_decode(data, n, &own, &n);
    if (rc)
        return moim_fail(err, rc,
                         rc == MOIM_ENOMEM ? "%s: out of memory" : "%s: not a text in UTF-8, UTF-16 or CP949",
                         name);
    rc = is_html(name, own) ? parse_html(t, name, own, n, err)
                            : parse_clean(t, name, form_of(name, own), own, n, err);
    free(own);
    return rc;
}

static int read_whole(FILE *f, const char *path, bool html, char **out, size_t *n, struct moim_err *err)
{
    struct moim_html_data skip = {0};
    size_t cap = 1 << 16, got;
    char *data = malloc(cap);
    *n = 0;
    while (data && (got = fread(data + *n, 1, cap - *n, f)) > 0) {
        *n += html ? moim_html_drop_data(&skip, data + *n, got) : got;
        if (*n < cap) continue;
        if (cap >= FILE_MAX) break;
        char *grown = realloc(data, cap *= 2);
        if (!grown) free(data);
        data = grown;
    }
    *out = data;
    if (!data) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    if (ferror(f)) return moim_fail_errno(err, "%s", path);
    return *n >= FILE_MAX ? moim_fail(err, MOIM_EINVAL, "%s: larger than 64 MB", path) : MOIM_OK;
}

int moim_transcript_file_read_as(struct moim_transcript_file *t, const char *path, const char *shown,
                                 struct moim_err *err)
{
    const char *name = shown ? shown : path;
    char *data;
    size_t n;
    memset(t, 0, sizeof *t);
    FILE *f = fopen(path, "rb");
    if (!f) return moim_fail_errno(err, "%s", path);
    int rc = read_whole(f, path, is_html(name, ""), &data, &n, err);
    if (!rc) rc = moim_transcript_file_parse(t, name, data, n, err);
    fclose(f);
    free(data);
    return rc;
}

int moim_transcript_file_read(struct moim_transcript_file *t, const char *path, struct moim_err *err)
{
    return moim_transcript_file_read_as(t, path, NULL, err);
}
