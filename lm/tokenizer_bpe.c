/* Byte-level BPE: cut the text into words by the model's pattern, then merge the bytes of each word.
 *
 * The patterns are regular expressions in the models' files; they are matched here by hand:
 *   qwen2, llama3  (?i:'s|'t|'re|'ve|'m|'ll|'d) | [^\r\n\p{L}\p{N}]?\p{L}+ | \p{N} (llama3: \p{N}{1,3})
 *                  | ' '?[^\s\p{L}\p{N}]+[\r\n]* | \s*[\r\n]+ | \s+(?!\S) | \s+
 *   gpt2           's|'t|'re|'ve|'m|'ll|'d | ' '?\p{L}+ | ' '?\p{N}+ | ' '?[^\s\p{L}\p{N}]+ | \s+(?!\S) | \s+
 *   digits         each \p{N} first, then gpt2 between them
 *   gpt-4o, tekken as llama3, qwen2, but letters are cut where a small one (not A-Z) is followed by a capital (not a-z),
 *                  a contraction ends a word (gpt-4o) or is none (tekken), and [\r\n/]* follow signs
 */
#include "base/unicode.h"
#include "lm/tokenizer_int.h"
#include <stdlib.h>
#include <string.h>

int tok_gpt2_byte(uint32_t cp)
{
    /* Printable Latin-1 stands for itself; the other 68 bytes, in order, for U+0100 on. */
    if ((cp >= '!' && cp <= '~') || (cp >= 0xA1 && cp <= 0xAC) || (cp >= 0xAE && cp <= 0xFF)) return (int)cp;
    if (cp < 0x100 || cp >= 0x100 + 68) return -1;
    cp -= 0x100;
    if (cp < 33) return (int)cp;              /* 0x00 - 0x20 */
    if (cp < 67) return (int)(cp - 33 + 127); /* 0x7F - 0xA0 */
    return 0xAD;
}

/* One code point of the text to cut. */
struct piece {
    uint32_t cp;
    uint32_t pos; /* its bytes begin here in the cleaned text */
    uint8_t cls;
};

static bool newline(uint32_t cp)
{
    return cp == '\r' || cp == '\n';
}

static size_t run(const struct piece *p, size_t i, size_t n, int cls)
{
    while (i < n && p[i].cls == cls) i++;
    return i;
}

/* 's 't 're ...: the end of the contraction that begins at i, or i. */
static size_t contraction(const struct piece *p, size_t i, size_t n, bool fold)
{
    if (p[i].cp != '\'' || i + 1 >= n) return i;
    uint32_t low = fold ? 32 : 0;
    uint32_t a = p[i + 1].cp < 128 ? p[i + 1].cp | low : 0;
    uint32_t b = i + 2 < n && p[i + 2].cp < 128 ? p[i + 2].cp | low : 0;
    if (a == 's' || a == 't' || a == 'm' || a == 'd') return i + 2;
    if ((a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l')) return i + 3;
    return i;
}

/* The three white-space branches of qwen2 and the two of gpt2. p[i] is white space. */
static size_t spaces(const struct piece *p, size_t i, size_t n, bool lines)
{
    size_t end = run(p, i, n, MOIM_UC_SPACE);
    if (lines)
        for (size_t k = end; k > i; k--)
            if (newline(p[k - 1].cp)) return k;
    if (end == n || end == i + 1) return end;
    return end - 1; /* the last one goes with the word that follows */
}

static size_t word_gpt2(const struct piece *p, size_t i, size_t n)
{
    size_t j = contraction(p, i, n, false);
    if (j > i) return j;
    j = i + (p[i].cp == ' ' && i + 1 < n);
    if (p[j].cls != MOIM_UC_SPACE) return run(p, j, n, p[j].cls);
    return spaces(p, i, n, false);
}

static size_t word_qwen(const struct piece *p, size_t i, size_t n, size_t digits)
{
    size_t j = contraction(p, i, n, true);
    if (j > i) return j;
    if (p[i].cls == MOIM_UC_LETTER) return run(p, i, n, MOIM_UC_LETTER);
    if (p[i].cls == MOIM_UC_NUMBER) {
        for (j = i; j < n && j < i + digits && p[j].cls == MOIM_UC_NUMBER;) j++;
        return j;
    }
    if (!newline(p[i].cp) && i + 1 < n && p[i + 1].cls == MOIM_UC_LETTER)
        return run(p, i + 1, n, MOIM_UC_LETTER);
    j = i + (p[i].cp == ' ' && i + 1 < n && p[i + 1].cls == MOIM_UC_OTHER);
    if (p[j].cls == MOIM_UC_OTHER) {
        j = run(p, j, n, MOIM_UC_OTHER);
        while (j < n && newline(p[j].cp)) j++;
        return j;
    }
    return spaces(p, i, n, true);
}

static bool capital(const struct piece *p) /* a letter, and no small one of ASCII */
{
    return p->cls == MOIM_UC_LETTER && !(p->cp >= 'a' && p->cp <= 'z');
}
static bool small(const struct piece *p)
{
    return p->cls == MOIM_UC_LETTER && !(p->cp >= 'A' && p->cp <= 'Z');
}

/* capital* small+, or capital+ small*, from i on; i when there is none. As a regular expression matches: a letter that is
 * both (all beyond ASCII are) goes with the capitals as long as one that is small follows. */
static size_t cased(const struct piece *p, size_t i, size_t n)
{
    size_t end = i, j;
    while (end < n && capital(&p[end])) end++;
    for (j = end; j < n && small(&p[j]);) j++;
    if (j > end) return j;
    for (size_t k = end; k > i; k--)
        if (small(&p[k - 1])) return end;
    return end; /* capital+ */
}

static size_t word_cased(const struct piece *p, size_t i, size_t n, bool contractions, size_t digits)
{
    bool lead = p[i].cls != MOIM_UC_LETTER && p[i].cls != MOIM_UC_NUMBER && !newline(p[i].cp);
    size_t j = i + (lead && i + 1 < n && p[i + 1].cls == MOIM_UC_LETTER);
    if (p[j].cls == MOIM_UC_LETTER) {
        j = cased(p, j, n);
        return contractions && j < n ? contraction(p, j, n, true) : j;
    }
    if (p[i].cls == MOIM_UC_NUMBER) {
        for (j = i; j < n && j < i + digits && p[j].cls == MOIM_UC_NUMBER;) j++;
        return j;
    }
    j = i + (p[i].cp == ' ' && i + 1 < n && p[i + 1].cls == MOIM_UC_OTHER);
    if (p[j].cls != MOIM_UC_OTHER) return spaces(p, i, n, true);
    j = run(p, j, n, MOIM_UC_OTHER);
    while (j < n && (newline(p[j].cp) || p[j].cp == '/')) j++;
    return j;
}

/* Digits cut the text first: what is between two is a text of its own. */
static size_t word_digits(const struct piece *p, size_t i, size_t n)
{
    if (p[i].cls == MOIM_UC_NUMBER) return i + 1;
    size_t end = i;
    while (end < n && p[end].cls != MOIM_UC_NUMBER) end++;
    return word_gpt2(p, i, end);
}

static size_t next_word(enum tok_split split, const struct piece *p, size_t i, size_t n)
{
    switch (split) {
    case SPLIT_GPT2: return word_gpt2(p, i, n);
    case SPLIT_DIGITS: return word_digits(p, i, n);
    case SPLIT_LLAMA3: return word_qwen(p, i, n, 3);
    case SPLIT_GPT4O: return word_cased(p, i, n, true, 3);
    case SPLIT_TEKKEN: return word_cased(p, i, n, false, 1);
    default: return word_qwen(p, i, n, 1);
    }
}

static int encode_word(const struct moim_tokenizer *t, struct tok_scratch *s, const char *w, size_t len,
                       struct tok_out *out)
{
    int32_t id;
    if (t->whole_word_first && (id = moim_strmap_get(&t->map, w, len)) >= 0) {
        tok_emit(out, id);
        return MOIM_OK;
    }
    int rc = tok_scratch_syms(s, len);
    if (rc) return rc;
    for (size_t i = 0; i < len; i++)
        s->sym[i] = (struct tok_sym){.pos = (uint32_t)i, .len = 1, .id = t->byte_id[(unsigned char)w[i]]};
    rc = tok_merge_all(t, s, w, (int)len);
    if (rc) return rc;
    for (int32_t i = 0; i >= 0; i = s->sym[i].next) {
        const struct tok_sym *y = &s->sym[i];
        if (y->id >= 0) {
            tok_emit(out, y->id);
            continue;
        }
        for (uint32_t k = 0; k < y->len; k++) {
            id = t->byte_id[(unsigned char)w[y->pos + k]];
            if (id >= 0) tok_emit(out, id);
        }
    }
    return MOIM_OK;
}

int tok_encode_bpe(const struct moim_tokenizer *t, struct tok_scratch *s, const char *text, size_t len,
                   struct tok_out *out)
{
    if (!len) return MOIM_OK;
    /* A broken byte becomes U+FFFD, three bytes. */
    struct piece *p = malloc((len + 1) * sizeof *p);
    char *clean = malloc(len * 3 + 4);
    int rc = p && clean ? MOIM_OK : MOIM_ENOMEM;
    size_t n = 0, bytes = 0;
    for (size_t i = 0; !rc && i < len; n++) {
        i += moim_utf8_next(text + i, len - i, &p[n].cp);
        p[n].pos = (uint32_t)bytes;
        p[n].cls = (uint8_t)moim_uc_class(p[n].cp);
        bytes += moim_utf8_put(p[n].cp, clean + bytes);
    }
    if (!rc) p[n].pos = (uint32_t)bytes;
    for (size_t i = 0; !rc && i < n;) {
        size_t j = next_word(t->split, p, i, n);
        rc = encode_word(t, s, clean + p[i].pos, p[j].pos - p[i].pos, out);
        i = j;
    }
    free(p);
    free(clean);
    return rc;
}
