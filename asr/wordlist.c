#include "asr/wordlist.h"
#include "base/mapfile.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MOST_BYTES (64u << 20)
#define LONGEST_WORD 128

/* ---- MessagePack, as much of it as such a list uses ---- */

enum kind { ARRAY, MAP, STRING, OTHER };

static uint32_t big_endian(struct moim_cursor *c, uint64_t n)
{
    const uint8_t *p = moim_read_bytes(c, n);
    uint32_t v = 0;
    for (uint64_t i = 0; p && i < n; i++) v = v << 8 | p[i];
    return v;
}

/* The head of the next value and its size: elements, pairs, or bytes. */
static enum kind read_head(struct moim_cursor *c, uint32_t *n)
{
    uint8_t b = moim_read_u8(c);
    *n = 0;
    if (!c->ok) return OTHER;
    if (b >= 0x80 && b < 0x90) return *n = b & 15, MAP;
    if (b >= 0x90 && b < 0xA0) return *n = b & 15, ARRAY;
    if (b >= 0xA0 && b < 0xC0) return *n = b & 31, STRING;
    switch (b) {
    case 0xD9: return *n = big_endian(c, 1), STRING;
    case 0xDA: return *n = big_endian(c, 2), STRING;
    case 0xDB: return *n = big_endian(c, 4), STRING;
    case 0xDC: return *n = big_endian(c, 2), ARRAY;
    case 0xDD: return *n = big_endian(c, 4), ARRAY;
    default:
        *n = b; /* a small whole number is itself */
        return OTHER;
    }
}

static bool read_text(struct moim_cursor *c, const char **s, uint32_t *n)
{
    if (read_head(c, n) != STRING) return c->ok = false;
    *s = (const char *)moim_read_bytes(c, *n);
    return c->ok;
}

static bool read_preamble(struct moim_cursor *c)
{
    uint32_t pairs, n, value;
    const char *key;
    if (read_head(c, &pairs) != MAP || pairs != 2) return false;
    for (int i = 0; i < 2; i++) {
        if (!read_text(c, &key, &n)) return false;
        if (n == 6 && !memcmp(key, "format", 6)) {
            if (!read_text(c, &key, &n) || n != 2 || memcmp(key, "cB", 2)) return false;
        } else if (n == 7 && !memcmp(key, "version", 7)) {
            if (read_head(c, &value) != OTHER || value != 1) return false;
        } else {
            return false;
        }
    }
    return c->ok;
}

/* ---- the list ---- */

static bool put(struct moim_wordlist *w, size_t *used, const char *s, uint32_t n, double logp)
{
    if (n == 0 || n > LONGEST_WORD || memchr(s, 0, n)) return false;
    w->at[w->n] = (uint32_t)*used;
    w->logp[w->n++] = (float)logp;
    memcpy(w->text + *used, s, n);
    w->text[*used + n] = 0;
    *used += n + 1;
    return true;
}

static bool read_bins(struct moim_wordlist *w, struct moim_cursor *c, uint32_t bins, int max)
{
    size_t used = 0;
    for (uint32_t bin = 0; bin < bins; bin++) {
        uint32_t words, n;
        const char *s;
        if (read_head(c, &words) != ARRAY) return false;
        for (uint32_t i = 0; i < words; i++) {
            if (w->n == max) return true;
            if (!read_text(c, &s, &n) || !put(w, &used, s, n, -(double)bin / 100 * log(10))) return false;
        }
    }
    return c->ok;
}

int moim_wordlist_parse(struct moim_wordlist *out, const uint8_t *data, size_t size, int max,
                        const char *name, struct moim_err *err)
{
    memset(out, 0, sizeof *out);
    struct moim_cursor c = {data, size, 0, true};
    uint32_t bins;
    if (size > MOST_BYTES || read_head(&c, &bins) != ARRAY || bins < 2 || !read_preamble(&c))
        return moim_fail(err, MOIM_EFORMAT, "%s: not a word frequency list of wordfreq", name);
    /* A word takes at least two bytes of the file, so these hold whatever it has. */
    out->text = malloc(size + 1);
    out->at = malloc(sizeof *out->at * (size / 2 + 1));
    out->logp = malloc(sizeof *out->logp * (size / 2 + 1));
    int rc = MOIM_OK;
    if (!out->text || !out->at || !out->logp)
        rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", name);
    else if (!read_bins(out, &c, bins - 1, max > 0 ? max : INT_MAX) || !out->n)
        rc = moim_fail(err, MOIM_EFORMAT, "%s: a damaged word frequency list", name);
    if (rc) moim_wordlist_free(out);
    return rc;
}

/* Unpacks a whole gzip file; *out is malloc'ed. */
static int gunzip(const struct moim_map *map, const char *path, uint8_t **out, size_t *n,
                  struct moim_err *err)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)map->data, .avail_in = (uInt)map->size};
    size_t cap = map->size * 4 + 4096;
    *n = 0;
    *out = NULL;
    if (map->size > MOST_BYTES) return moim_fail(err, MOIM_EFORMAT, "%s: too large", path);
    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
        return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    int rc = MOIM_OK, state = Z_OK;
    while (!rc && state == Z_OK) {
        uint8_t *grown = cap > MOST_BYTES ? NULL : realloc(*out, cap);
        if (!grown) {
            rc = moim_fail(err, MOIM_EFORMAT, "%s: unpacks to more than 64 MB", path);
            break;
        }
        *out = grown;
        z.next_out = grown + *n;
        z.avail_out = (uInt)(cap - *n);
        state = inflate(&z, Z_NO_FLUSH);
        *n = cap - z.avail_out;
        if (state == Z_OK && z.avail_out)
            state = Z_DATA_ERROR; /* the file is at its end, the stream is not */
        cap *= 2;
    }
    inflateEnd(&z);
    if (!rc && state != Z_STREAM_END) rc = moim_fail(err, MOIM_EFORMAT, "%s: damaged gzip data", path);
    return rc;
}

int moim_wordlist_open(struct moim_wordlist *out, const char *path, int max, struct moim_err *err)
{
    struct moim_map map;
    memset(out, 0, sizeof *out);
    int rc = moim_map_open(&map, path, err);
    if (rc) return rc;
    uint8_t *data;
    size_t n;
    rc = gunzip(&map, path, &data, &n, err);
    moim_map_close(&map);
    if (!rc) rc = moim_wordlist_parse(out, data, n, max, path, err);
    free(data);
    return rc;
}

void moim_wordlist_free(struct moim_wordlist *w)
{
    free(w->text);
    free(w->at);
    free(w->logp);
    memset(w, 0, sizeof *w);
}
