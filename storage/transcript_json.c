#include "storage/transcript_json.h"
#include "base/text.h"
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

/* Three places, without zeros at the end. A long meeting has a hundred thousand numbers, for which printf is slow. */
static void put_number(struct buffer *b, double v)
{
    char s[40], *end = s + sizeof s, *p = end;
    long long thousandths = fabs(v) < 1e12 ? llrint(v * 1000) : 0;
    unsigned long long n = (unsigned long long)llabs(thousandths), whole = n / 1000, rest = n % 1000;
    for (int place = 0; place < 3; place++, rest /= 10)
        if (p != end || rest % 10) *--p = (char)('0' + rest % 10);
    if (p != end) *--p = '.';
    do *--p = (char)('0' + whole % 10);
    while (whole /= 10);
    if (thousandths < 0) *--p = '-';
    put(b, p, (size_t)(end - p));
}

static void put_word(struct buffer *b, const struct moim_word *w)
{
    put_text(b, "{\"start\":");
    put_number(b, w->start);
    put_text(b, ",\"end\":");
    put_number(b, w->end);
    put_text(b, ",\"confidence\":");
    put_number(b, (double)w->confidence);
    put_text(b, ",\"text\":");
    put_string(b, w->text);
    if (w->spoken) {
        put_text(b, ",\"spoken\":");
        put_string(b, w->spoken);
    }
    put(b, "}", 1);
}

uint32_t moim_segment_tag(const struct moim_segment *g)
{
    char who[16];
    snprintf(who, sizeof who, "%d", g->speaker);
    return moim_tag_text(moim_tag_text(MOIM_TAG, g->text), who);
}

/* Without an id, nothing of the store's: a recording that was only transcribed. */
static void put_identity(struct buffer *b, const struct moim_segment *g)
{
    char id[96];
    snprintf(id, sizeof id, "\"id\":%lld,\"etag\":\"%08x\",\"speaker_number\":%d,", (long long)g->id,
             moim_segment_tag(g), g->speaker);
    if (g->id) put_text(b, id);
}

static void put_segment(struct buffer *b, const struct moim_segment *g, const char *language)
{
    char own[MOIM_LABEL];
    const char *label = moim_speaker_label(own, g, language);
    put(b, "{", 1);
    put_identity(b, g);
    put_text(b, "\"start\":");
    put_number(b, g->start);
    put_text(b, ",\"end\":");
    put_number(b, g->end);
    if (*label) {
        put_text(b, ",\"speaker\":");
        put_string(b, label);
    }
    if (g->speaker_certainty > 0) {
        put_text(b, ",\"speaker_certainty\":");
        put_number(b, g->speaker_certainty);
    }
    put_text(b, ",\"text\":");
    put_string(b, g->text);
    put_text(b, ",\"confidence\":");
    put_number(b, g->confidence);
    put_text(b, g->edited ? ",\"edited\":true" : ",\"edited\":false");
    if (g->highlighted) put_text(b, ",\"highlighted\":true");
    if (g->clean) {
        put_text(b, ",\"clean\":");
        put_string(b, g->clean);
    }
    if (g->first_pass && *g->first_pass && strcmp(g->first_pass, g->text)) {
        put_text(b, ",\"first_pass\":");
        put_string(b, g->first_pass);
    }
    put_text(b, ",\"words\":[");
    for (int i = 0; i < g->n_words; i++) {
        if (i) put(b, ",", 1);
        put_word(b, &g->words[i]);
    }
    put_text(b, "]}");
}

static char *finish(struct buffer *b)
{
    if (b->failed) {
        free(b->text);
        return NULL;
    }
    b->text[b->n] = 0;
    return b->text;
}

char *moim_segment_json(const struct moim_segment *g, const char *language)
{
    struct buffer b = {0};
    put_segment(&b, g, language);
    return finish(&b);
}

char *moim_segments_json(const struct moim_segment *list, int n, const char *language)
{
    struct buffer b = {0};
    put(&b, "[", 1);
    for (int i = 0; i < n; i++) {
        if (i) put(&b, ",", 1);
        put_segment(&b, &list[i], language);
    }
    put(&b, "]", 1);
    return finish(&b);
}
