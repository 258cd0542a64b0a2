#include "firmware/api/segments_json.h"
#include "base/json.h"
#include "storage/export.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct buffer {
    char *text;
    size_t n, room;
    bool failed;
};

static bool need(struct buffer *b, size_t more)
{
    if (b->failed || b->n + more + 1 <= b->room) return !b->failed;
    size_t room = b->room ? b->room : 65536;
    while (room < b->n + more + 1) room *= 2;
    char *grown = realloc(b->text, room);
    b->failed = !grown;
    if (!grown) return false;
    b->text = grown;
    b->room = room;
    return true;
}

static void put(struct buffer *b, const char *s, size_t n)
{
    if (!need(b, n)) return;
    memcpy(b->text + b->n, s, n);
    b->n += n;
}

static void put_text(struct buffer *b, const char *s)
{
    put(b, s, strlen(s));
}

static void put_string(struct buffer *b, const char *s)
{
    put(b, "\"", 1);
    for (;;) {
        size_t plain = 0;
        while ((unsigned char)s[plain] >= 32 && s[plain] != '"' && s[plain] != '\\') plain++;
        put(b, s, plain);
        s += plain;
        if (!*s) break;
        char escaped[8];
        int n = *s == '"' || *s == '\\' ? snprintf(escaped, sizeof escaped, "\\%c", *s)
                                        : snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned char)*s);
        put(b, escaped, (size_t)n);
        s++;
    }
    put(b, "\"", 1);
}

/* Three places, without zeros at the end. */
static void put_number(struct buffer *b, double v)
{
    char s[40];
    if (!(fabs(v) < 1e12)) v = 0;
    int n = snprintf(s, sizeof s, "%.3f", v);
    while (n > 1 && s[n - 1] == '0') n--;
    if (s[n - 1] == '.') n--;
    put(b, s, (size_t)n);
}

static const char *skip(const char *s, const char *what)
{
    while (*s == ' ' || *s == '\n') s++;
    size_t n = strlen(what);
    return strncmp(s, what, n) ? NULL : s + n;
}

/* A JSON number as it stands. */
static const char *copy_number(struct buffer *b, const char *s)
{
    while (*s == ' ' || *s == '\n') s++;
    size_t n = strspn(s, "+-.0123456789eE");
    if (!n || n > 30) return NULL;
    put(b, s, n);
    return s + n;
}

/* A JSON string as it stands, escapes and all. */
static const char *copy_string(struct buffer *b, const char *s)
{
    while (*s == ' ' || *s == '\n') s++;
    if (*s != '"') return NULL;
    const char *e = s + 1;
    while (*e && *e != '"') e += *e == '\\' && e[1] ? 2 : 1;
    if (!*e) return NULL;
    put(b, s, (size_t)(e + 1 - s));
    return e + 1;
}

/* One [start, end, confidence, "word"] as an object; NULL when it is none. */
static const char *copy_word(struct buffer *b, const char *s)
{
    static const char *const key[] = {"{\"start\":", ",\"end\":", ",\"confidence\":"};
    if (!(s = skip(s, "["))) return NULL;
    for (int i = 0; i < 3; i++) {
        put_text(b, key[i]);
        if (!(s = copy_number(b, s)) || !(s = skip(s, ","))) return NULL;
    }
    put_text(b, ",\"text\":");
    if (!(s = copy_string(b, s))) return NULL;
    put(b, "}", 1);
    return skip(s, "]");
}

/* What is stored otherwise than moim stores it has no words here. */
static void put_words(struct buffer *b, const char *stored)
{
    size_t begin = b->n;
    const char *s = stored ? skip(stored, "[") : NULL, *next;
    put(b, "[", 1);
    if (s && (next = skip(s, "]"))) {
        put(b, "]", 1);
        return;
    }
    while (s && (s = copy_word(b, s))) {
        if (skip(s, "]")) {
            put(b, "]", 1);
            return;
        }
        s = skip(s, ",");
        put(b, ",", 1);
    }
    b->n = begin;
    put(b, "[]", 2);
}

static void put_segment(struct buffer *b, const struct moim_segment *g, const char *language)
{
    char own[MOIM_LABEL], id[64];
    snprintf(id, sizeof id, "{\"id\":%lld,\"speaker_number\":%d,\"start\":", (long long)g->id, g->speaker);
    put_text(b, id);
    put_number(b, g->start);
    put_text(b, ",\"end\":");
    put_number(b, g->end);
    const char *label = moim_speaker_label(own, g, language);
    if (*label) {
        put_text(b, ",\"speaker\":");
        put_string(b, label);
    }
    put_text(b, ",\"text\":");
    put_string(b, g->text);
    put_text(b, ",\"confidence\":");
    put_number(b, g->confidence);
    put_text(b, g->edited ? ",\"edited\":true" : ",\"edited\":false");
    if (g->first_pass && *g->first_pass && strcmp(g->first_pass, g->text)) {
        put_text(b, ",\"first_pass\":");
        put_string(b, g->first_pass);
    }
    put_text(b, ",\"words\":");
    put_words(b, g->words);
    put(b, "}", 1);
}

char *moim_segments_json(const cJSON *object, const struct moim_segment *list, int count,
                         const char *language, size_t *n)
{
    struct buffer b = {0};
    char *head = moim_json_text(object, false);
    size_t len = head ? strlen(head) : 0;
    if (len < 2) {
        free(head);
        return NULL;
    }
    put(&b, head, len - 1);
    put_text(&b, len > 2 ? ",\"segments\":[" : "\"segments\":[");
    free(head);
    for (int i = 0; i < count; i++) {
        if (i) put(&b, ",", 1);
        put_segment(&b, &list[i], language);
    }
    put_text(&b, "]}");
    if (b.failed) {
        free(b.text);
        return NULL;
    }
    b.text[b.n] = 0;
    *n = b.n;
    return b.text;
}
