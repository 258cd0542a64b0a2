/* The public face of the tokenizers: special tokens are cut out first, then each fragment between them goes
 * to BPE or SentencePiece. */
#include "lm/tokenizer.h"
#include "base/unicode.h"
#include "lm/tokenizer_int.h"
#include <stdlib.h>
#include <string.h>

/* SentencePiece: one symbol per UTF-8 character (by lead byte alone, so broken text is cut the same way as
 * llama.cpp cuts it), merged by score; what is no token falls back to <0xNN>. */
int tok_encode_spm(const struct moim_tokenizer *t, struct tok_scratch *s, const char *text, size_t len,
                   bool prefix, struct tok_out *out)
{
    char *esc = malloc(len * 3 + 4);
    int rc = esc ? tok_scratch_syms(s, len + 1) : MOIM_ENOMEM;
    size_t n = 0;
    if (!rc && prefix) memcpy(esc, "\xE2\x96\x81", 3), n = 3;
    for (size_t i = 0; !rc && i < len; i++) {
        if (text[i] == ' ')
            memcpy(esc + n, "\xE2\x96\x81", 3), n += 3;
        else
            esc[n++] = text[i];
    }
    static const uint8_t lead_len[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4};
    int count = 0;
    for (size_t i = 0; !rc && i < n;) {
        size_t k = lead_len[(unsigned char)esc[i] >> 4];
        if (k > n - i) k = n - i;
        s->sym[count++] = (struct tok_sym){.pos = (uint32_t)i, .len = (uint32_t)k, .id = -1};
        i += k;
    }
    if (!rc && count) rc = tok_merge_all(t, s, esc, count);
    for (int32_t i = count ? 0 : -1; !rc && i >= 0; i = s->sym[i].next) {
        const struct tok_sym *y = &s->sym[i];
        int32_t id = y->id >= 0 ? y->id : moim_strmap_get(&t->map, esc + y->pos, y->len);
        if (id >= 0) {
            tok_emit(out, id);
            continue;
        }
        for (uint32_t k = 0; k < y->len; k++) {
            id = t->byte_id[(unsigned char)esc[y->pos + k]];
            if (id >= 0) tok_emit(out, id);
        }
    }
    free(esc);
    return rc;
}

/* A special token found in the text. */
struct hit {
    size_t pos;
    uint32_t len;
    int32_t id;
};

static int hit_order(const void *x, const void *y)
{
    const struct hit *a = x, *b = y;
    if (a->len != b->len) return a->len > b->len ? -1 : 1;
    if (a->id != b->id) return a->id < b->id ? -1 : 1;
    return a->pos < b->pos ? -1 : a->pos > b->pos;
}

static int hit_position(const void *x, const void *y)
{
    const struct hit *a = x, *b = y;
    return a->pos < b->pos ? -1 : a->pos > b->pos;
}

static const char *special_text(const struct moim_tokenizer *t, int i, size_t *len)
{
    int32_t id = t->special[i];
    const uint32_t *off = t->stored ? t->stored_off : t->text_off;
    *len = off[id + 1] - off[id];
    return (t->stored ? t->stored : t->text) + off[id];
}

/* First special in [lo, hi) whose byte at depth is >= c (shorter strings come first: they count as less). */
static int narrow(const struct moim_tokenizer *t, int lo, int hi, size_t depth, int c)
{
    while (lo < hi) {
        int mid = lo + (hi - lo) / 2;
        size_t len;
        const char *s = special_text(t, mid, &len);
        if ((depth < len ? (unsigned char)s[depth] : -1) < c)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* All occurrences of special tokens, overlapping ones included. */
static int find_hits(const struct moim_tokenizer *t, const char *text, size_t len, const uint8_t *is_mark,
                     int flags, struct hit **hits, size_t *n_hits)
{
    size_t cap = 0, n = 0;
    *hits = NULL;
    for (size_t i = 0; i < len; i++) {
        int lo = 0, hi = t->n_special;
        for (size_t d = 0; i + d < len && lo < hi; d++) {
            int c = (unsigned char)text[i + d];
            lo = narrow(t, lo, hi, d, c);
            hi = narrow(t, lo, hi, d, c + 1);
            size_t slen = 0;
            if (lo < hi) special_text(t, lo, &slen);
            if (lo == hi || slen != d + 1) continue;
            int32_t id = t->special[lo];
            bool may = (flags & MOIM_TOK_SPECIAL) && (!is_mark || (is_mark[i] && is_mark[i + d]));
            if (!may && t->type[id] != TT_USER) continue;
            if (n == cap) {
                cap = cap ? cap * 2 : 32;
                void *p = realloc(*hits, cap * sizeof **hits);
                if (!p) return MOIM_ENOMEM;
                *hits = p;
            }
            (*hits)[n++] = (struct hit){i, (uint32_t)slen, id};
        }
    }
    *n_hits = n;
    return MOIM_OK;
}

/* Keeps hits that do not overlap, longest first as llama.cpp does, and leaves them in text order. */
static int choose_hits(struct hit *hits, size_t *n_hits, size_t len)
{
    if (*n_hits == 0) return MOIM_OK;
    unsigned char *taken = calloc(len, 1);
    if (!taken) return MOIM_ENOMEM;
    qsort(hits, *n_hits, sizeof *hits, hit_order);
    size_t kept = 0;
    for (size_t i = 0; i < *n_hits; i++) {
        /* hits come longest first, so an overlap always covers one of the ends */
        if (taken[hits[i].pos] || taken[hits[i].pos + hits[i].len - 1]) continue;
        memset(taken + hits[i].pos, 1, hits[i].len);
        hits[kept++] = hits[i];
    }
    free(taken);
    qsort(hits, kept, sizeof *hits, hit_position);
    *n_hits = kept;
    return MOIM_OK;
}

static int encode_fragment(const struct moim_tokenizer *t, struct tok_scratch *s, const char *text,
                           size_t len, bool after_special, struct tok_out *out)
{
    if (!len) return MOIM_OK;
    if (t->kind == TOK_BPE) return tok_encode_bpe(t, s, text, len, out);
    return tok_encode_spm(t, s, text, len, t->add_space_prefix && after_special, out);
}

int moim_tokenize(const struct moim_tokenizer *t, const char *text, size_t len, int flags, int32_t *ids,
                  int cap)
{
    return tok_encode_marked(t, text, len, NULL, flags, ids, cap);
}

int tok_encode_marked(const struct moim_tokenizer *t, const char *text, size_t len, const uint8_t *is_mark,
                      int flags, int32_t *ids, int cap)
{
    if (!t || (!text && len) || cap < 0 || (!ids && cap) || len > INT32_MAX / 4) return MOIM_EINVAL;
    struct tok_out out = {ids, (size_t)cap, 0};
    struct tok_scratch scratch = {0};
    struct hit *hits;
    size_t n_hits = 0, pos = 0;
    if ((flags & MOIM_TOK_BOS) && t->add_bos && t->bos >= 0) tok_emit(&out, t->bos);
    int rc = find_hits(t, text, len, is_mark, flags, &hits, &n_hits);
    if (!rc) rc = choose_hits(hits, &n_hits, len);
    for (size_t i = 0; !rc && hits && i < n_hits; i++) {
        rc = encode_fragment(t, &scratch, text + pos, hits[i].pos - pos, true, &out);
        tok_emit(&out, hits[i].id);
        pos = hits[i].pos + hits[i].len;
    }
    if (!rc) rc = encode_fragment(t, &scratch, text + pos, len - pos, true, &out);
    free(hits);
    tok_scratch_free(&scratch);
    return rc ? rc : (int)out.n;
}

const char *moim_token_bytes(const struct moim_tokenizer *t, int32_t id, size_t *len)
{
    if (id < 0 || id >= t->n || t->type[id] == TT_CONTROL || t->type[id] == TT_UNKNOWN ||
        t->type[id] == TT_UNUSED) {
        *len = 0;
        return "";
    }
    *len = t->text_off[id + 1] - t->text_off[id];
    return t->text + t->text_off[id];
}

int moim_tokenizer_size(const struct moim_tokenizer *t)
{
    return t->n;
}
int32_t moim_tokenizer_bos(const struct moim_tokenizer *t)
{
    return t->bos;
}
int32_t moim_tokenizer_eos(const struct moim_tokenizer *t)
{
    return t->eos;
}
int32_t moim_tokenizer_eot(const struct moim_tokenizer *t)
{
    return t->eot;
}

int32_t moim_tokenizer_find(const struct moim_tokenizer *t, const char *piece)
{
    size_t len = strlen(piece), n = 0;
    int32_t id = moim_strmap_get(&t->map, piece, len);
    if (t->kind == TOK_SPM || (id >= 0 && t->type[id] != TT_NORMAL)) return id;
    /* stored in the GPT-2 alphabet */
    char *raw = malloc(len + 1);
    if (!raw) return -1;
    for (size_t i = 0; i < len;) {
        uint32_t cp;
        i += moim_utf8_next(piece + i, len - i, &cp);
        int b = tok_gpt2_byte(cp);
        if (b < 0) {
            free(raw);
            return -1;
        }
        raw[n++] = (char)b;
    }
    id = moim_strmap_get(&t->map, raw, n);
    free(raw);
    return id;
}

int moim_token_is_control(const struct moim_tokenizer *t, int32_t id)
{
    return id >= 0 && id < t->n && (t->type[id] == TT_CONTROL || t->type[id] == TT_UNKNOWN);
}
