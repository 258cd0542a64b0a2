#include "summarize/tagger_grams.h"
#include "base/status.h"
#include "base/unicode.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST 5 /* syllables of an n-gram, with the marks of begin and end */

enum { MARK_BEGIN = 1, MARK_END, MARK_LATIN, MARK_NUMBER };

struct bag {
    uint32_t *id;
    int n, cap;
    bool oom;
};

static void put(struct bag *b, uint32_t id)
{
    if (b->n == b->cap) {
        int cap = b->cap ? 2 * b->cap : 128;
        uint32_t *grown = realloc(b->id, sizeof *grown * (size_t)cap);
        if (!grown) {
            b->oom = true;
            return;
        }
        b->id = grown;
        b->cap = cap;
    }
    b->id[b->n++] = id;
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static int finish(struct bag *b, uint32_t **gram, int *n)
{
    int kept = 0;
    if (b->oom) {
        free(b->id);
        *gram = NULL;
        *n = 0;
        return MOIM_ENOMEM;
    }
    if (b->n) qsort(b->id, (size_t)b->n, sizeof *b->id, ascending);
    for (int i = 0; i < b->n; i++)
        if (!kept || b->id[kept - 1] != b->id[i]) b->id[kept++] = b->id[i];
    *gram = b->id;
    *n = kept;
    return MOIM_OK;
}

/* FNV-1a over numbers, and a last mixing so that low bits are as good as high ones. */
static uint32_t step(uint32_t h, uint32_t x)
{
    for (int i = 0; i < 3; i++, x >>= 8) h = (h ^ (x & 0xff)) * 16777619u;
    return h;
}

static uint32_t mixed(uint32_t h)
{
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    h ^= h >> 13;
    h *= 0xc2b2ae35u;
    return h ^ h >> 16;
}

/* ---- reading: syllables and words as two streams ---- */

struct stream {
    uint32_t *syllable; /* [n] code points, marks for other bytes */
    int n;
    uint32_t *word;  /* [n_words] hashes of Latin words and numbers, marks */
    uint32_t *start; /* hash of a word's first four letters; 0 for marks */
    bool *content;
    int n_words;
};

static bool is_hangul(uint32_t c)
{
    return c >= 0xac00 && c <= 0xd7a3;
}

static uint32_t folded(uint32_t c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static void push_mark(struct stream *s, uint32_t mark)
{
    if (s->n && s->syllable[s->n - 1] == mark) return; /* "12,000" is one number */
    s->syllable[s->n++] = mark;
}

/* A word of Latin letters from p on; apostrophes inside are left out: "I'll" is "ill". */
static size_t read_word(struct stream *s, const char *p, size_t n)
{
    uint32_t h = 2166136261u, first = 0, c;
    size_t at = 0, letters = 0;
    while (at < n) {
        size_t k = moim_utf8_next(p + at, n - at, &c);
        bool apostrophe = c == '\'' || c == 0x2019;
        if (!apostrophe && (moim_uc_class(c) != MOIM_UC_LETTER || is_hangul(c))) break;
        at += k;
        if (apostrophe) continue;
        h = step(h, folded(c));
        if (++letters == 4) first = h;
    }
    s->word[s->n_words] = h;
    s->start[s->n_words] = letters > 5 ? first ^ 0x5bd1e995u : 0;
    s->content[s->n_words++] = letters >= 4;
    push_mark(s, MARK_LATIN);
    return at;
}

static size_t read_number(struct stream *s, const char *p, size_t n)
{
    uint32_t h = 2166136261u;
    size_t at = 0;
    for (; at < n && p[at] >= '0' && p[at] <= '9'; at++) h = step(h, (uint32_t)p[at]);
    s->word[s->n_words] = MARK_NUMBER;
    s->start[s->n_words] = h; /* its value is content, and no n-gram */
    s->content[s->n_words++] = true;
    push_mark(s, MARK_NUMBER);
    return at;
}

static void read_stream(struct stream *s, const char *text, size_t n)
{
    push_mark(s, MARK_BEGIN);
    s->word[s->n_words++] = MARK_BEGIN;
    for (size_t at = 0; at < n;) {
        uint32_t c;
        size_t k = moim_utf8_next(text + at, n - at, &c);
        if (is_hangul(c)) {
            s->syllable[s->n++] = c;
            at += k;
        } else if (c >= '0' && c <= '9') {
            at += read_number(s, text + at, n - at);
        } else if (moim_uc_class(c) == MOIM_UC_LETTER) {
            at += read_word(s, text + at, n - at);
        } else {
            at += k;
        }
    }
    push_mark(s, MARK_END);
    s->word[s->n_words++] = MARK_END;
}

static void free_stream(struct stream *s)
{
    free(s->syllable);
    free(s->word);
    free(s->start);
    free(s->content);
}

static int open_stream(struct stream *s, const char *text)
{
    size_t n = strlen(text);
    memset(s, 0, sizeof *s);
    s->syllable = calloc(n + 3, sizeof *s->syllable);
    s->word = calloc(n + 3, sizeof *s->word);
    s->start = calloc(n + 3, sizeof *s->start);
    s->content = calloc(n + 3, sizeof *s->content);
    if (s->syllable && s->word && s->start && s->content) {
        read_stream(s, text, n);
        return MOIM_OK;
    }
    free_stream(s);
    return MOIM_ENOMEM;
}

/* ---- n-grams ---- */

static void syllable_grams(struct bag *b, const struct stream *s)
{
    for (int i = 0; i < s->n; i++) {
        uint32_t h = 0x10001u, tail = 0x20002u, c = s->syllable[i];
        /* From a final consonant on: "할게요", "볼게요" share "ㄹ게요". */
        if (is_hangul(c)) tail = step(tail, (c - 0xac00) % 28 + 0x100);
        for (int k = 0; k < LONGEST && i + k < s->n; k++) {
            uint32_t d = s->syllable[i + k];
            h = step(h, d);
            if (k || is_hangul(d)) put(b, mixed(h));
            if (!k || !is_hangul(c) || k == LONGEST - 1) continue;
            tail = step(tail, d);
            put(b, mixed(tail));
        }
    }
}

static void word_grams(struct bag *b, const struct stream *s)
{
    if (s->n_words == 2) return;
    for (int i = 0; i < s->n_words; i++) {
        uint32_t h = 0x30003u;
        for (int k = 0; k < 4 && i + k < s->n_words; k++) {
            h = step(step(h, s->word[i + k]), s->word[i + k] >> 16);
            if (k || s->word[i] > MARK_NUMBER) put(b, mixed(h));
        }
        /* A gap of one word: "i'll * that". */
        if (i + 2 < s->n_words) {
            h = step(step(0x40004u, s->word[i]), s->word[i] >> 16);
            put(b, mixed(step(step(h, s->word[i + 2]), s->word[i + 2] >> 16)));
        }
        if (s->word[i] > MARK_NUMBER && s->start[i])
            put(b, mixed(step(step(0x50005u, s->start[i]), s->start[i] >> 16)));
    }
}

int moim_tagger_grams(const char *text, uint32_t **gram, int *n)
{
    struct stream s;
    struct bag b = {0};
    *gram = NULL;
    *n = 0;
    if (open_stream(&s, text)) return MOIM_ENOMEM;
    syllable_grams(&b, &s);
    word_grams(&b, &s);
    free_stream(&s);
    return finish(&b, gram, n);
}

int moim_tagger_content(const char *text, uint32_t **gram, int *n)
{
    struct stream s;
    struct bag b = {0};
    *gram = NULL;
    *n = 0;
    if (open_stream(&s, text)) return MOIM_ENOMEM;
    for (int i = 0; i + 1 < s.n; i++)
        if (is_hangul(s.syllable[i]) && is_hangul(s.syllable[i + 1]))
            put(&b, mixed(step(step(0x60006u, s.syllable[i]), s.syllable[i + 1])));
    for (int i = 0; i < s.n_words; i++)
        if (s.content[i]) put(&b, mixed(s.start[i] ? s.start[i] : s.word[i]));
    free_stream(&s);
    return finish(&b, gram, n);
}
