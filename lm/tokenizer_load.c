/* Builds a tokenizer from GGUF metadata (keys tokenizer.ggml.*). Everything is copied out of the file. */
#include "base/unicode.h"
#include "lm/tokenizer.h"
#include "lm/tokenizer_int.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY "tokenizer.ggml."
enum { MAX_VOCAB = 1 << 22 };

/* A growing arena of strings; offsets, since it moves while it grows. */
struct arena {
    char *data;
    size_t n, cap;
};

static int arena_add(struct arena *a, const char *s, size_t len)
{
    if (len > UINT32_MAX - a->n) return MOIM_EFORMAT;
    if (a->n + len > a->cap) {
        size_t cap = (a->n + len) * 2 + 4096;
        char *p = realloc(a->data, cap);
        if (!p) return MOIM_ENOMEM;
        a->data = p, a->cap = cap;
    }
    if (len) memcpy(a->data + a->n, s, len);
    a->n += len;
    return MOIM_OK;
}

/* Undoes the GPT-2 alphabet in place of dst; text outside it is kept as it is. Returns the length. */
static size_t undo_gpt2(const char *s, size_t len, char *dst)
{
    size_t n = 0;
    for (size_t i = 0; i < len;) {
        uint32_t cp;
        size_t k = moim_utf8_next(s + i, len - i, &cp);
        int b = tok_gpt2_byte(cp);
        if (b < 0) {
            memcpy(dst + n, s + i, k);
            n += k;
        } else
            dst[n++] = (char)b;
        i += k;
    }
    return n;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte of an SPM piece <0xNN>, or -1. */
static int byte_piece(const char *s, size_t len)
{
    if (len != 6 || memcmp(s, "<0x", 3) != 0 || s[5] != '>') return -1;
    int hi = hex_digit(s[3]), lo = hex_digit(s[4]);
    return hi < 0 || lo < 0 ? -1 : hi * 16 + lo;
}

/* The running text of a token into dst (room for len bytes). */
static size_t running_text(const struct moim_tokenizer *t, int type, const char *s, size_t len, char *dst)
{
    if (t->kind == TOK_BPE && type == TT_NORMAL) return undo_gpt2(s, len, dst);
    int byte = type == TT_BYTE ? byte_piece(s, len) : -1;
    if (byte >= 0) {
        dst[0] = (char)byte;
        return 1;
    }
    size_t n = 0;
    for (size_t i = 0; i < len;) {
        bool space = t->kind == TOK_SPM && len - i >= 3 && memcmp(s + i, "\xE2\x96\x81", 3) == 0;
        dst[n++] = space ? ' ' : s[i];
        i += space ? 3 : 1;
    }
    return n;
}

static bool name_in(const char *s, size_t len, const char *const *names)
{
    for (; *names; names++)
        if (strlen(*names) == len && memcmp(s, *names, len) == 0) return true;
    return false;
}

/* Tokens that files often mistype; llama.cpp takes these names for control tokens wherever they occur. */
static const char *const turn_ends[] = {
    "<|eot_id|>",    "<|im_end|>", "<|end|>",         "<end_of_turn>",      "<EOT>", "_<EOT>", "[EOT]",
    "<|endoftext|>", "<|eom_id|>", "<|end_of_text|>", "<end_of_utterance>", "</s>",  NULL};
static const char *const fill_names[] = {
    "<|fim_prefix|>", "<fim-prefix>",  "<fim_prefix>", "<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>",
    "<|fim_middle|>", "<fim-middle>",  "<fim_middle>", "<|fim_pad|>",    "<fim-pad>",    "<fim_pad>",
    "<|fim_repo|>",   "<|repo_name|>", "<fim-repo>",   "<reponame>",     "<|file_sep|>", NULL};

static int load_strings(struct moim_tokenizer *t, const struct moim_weights *g, struct arena *text,
                        struct arena *stored, struct moim_err *err)
{
    char *tmp = NULL;
    size_t tmp_cap = 0;
    int rc = MOIM_OK;
    for (int i = 0; i < t->n && !rc; i++) {
        const char *s;
        size_t len;
        double v;
        if (!moim_weights_arr_str(g, KEY "tokens", (size_t)i, &s, &len)) {
            rc = moim_fail(err, MOIM_EFORMAT, "%s: token %d is no string", moim_weights_path(g), i);
            break;
        }
        t->type[i] = moim_weights_arr_f64(g, KEY "token_type", (size_t)i, &v) && v >= 1 && v <= 6 ? (uint8_t)v
                                                                                                  : TT_NORMAL;
        if (name_in(s, len, turn_ends) || name_in(s, len, fill_names)) t->type[i] = TT_CONTROL;
        if (t->kind == TOK_SPM)
            t->score[i] = moim_weights_arr_f64(g, KEY "scores", (size_t)i, &v) ? (float)v : 0;
        if (!tmp || len > tmp_cap) {
            char *p = realloc(tmp, tmp_cap = len * 2 + 1);
            if (!p) rc = MOIM_ENOMEM;
            if (!p) break;
            tmp = p;
        }
        t->text_off[i] = (uint32_t)text->n;
        rc = arena_add(text, tmp, running_text(t, t->type[i], s, len, tmp));
        if (!rc && t->kind == TOK_SPM) {
            t->stored_off[i] = (uint32_t)stored->n;
            rc = arena_add(stored, s, len);
        }
    }
    free(tmp);
    t->text_off[t->n] = (uint32_t)text->n;
    if (t->kind == TOK_SPM) t->stored_off[t->n] = (uint32_t)stored->n;
    return rc;
}

/* Fills map and byte_id. Of two tokens with one text the later wins, but a normal one always wins over a
 * special one (specials are cut out before merging). */
static int index_tokens(struct moim_tokenizer *t)
{
    int rc = moim_strmap_reserve(&t->map, (size_t)t->n);
    const char *text = t->kind == TOK_SPM ? t->stored : t->text;
    const uint32_t *off = t->kind == TOK_SPM ? t->stored_off : t->text_off;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < t->n && !rc; i++) {
            bool plain = t->kind == TOK_SPM || t->type[i] == TT_NORMAL;
            if (plain == (pass == 1)) rc = moim_strmap_put(&t->map, text + off[i], off[i + 1] - off[i], i);
        }
    for (int b = 0; b < 256; b++) {
        char piece[8], raw = (char)b;
        snprintf(piece, sizeof piece, "<0x%02X>", b);
        t->byte_id[b] = t->kind == TOK_SPM ? moim_strmap_get(&t->map, piece, 6) : -1;
        if (t->byte_id[b] < 0) t->byte_id[b] = moim_strmap_get(&t->map, &raw, 1);
    }
    return rc;
}

static void insert_merge(struct moim_tokenizer *t, struct tok_merge m)
{
    struct tok_merge *slot = tok_merge_slot(t, m.left, m.right);
    if (slot->left < 0) *slot = m;
}

/* merges: "left right" in the GPT-2 alphabet (which holds no space), by rank. In every known file the
 * parts and the product of a merge are tokens themselves; a merge for which that is not so is left out. */
static int load_merges(struct moim_tokenizer *t, const struct moim_weights *g, struct moim_err *err)
{
    size_t n = moim_weights_arr_len(g, KEY "merges");
    if (n == 0 || n > MAX_VOCAB)
        return moim_fail(err, MOIM_EFORMAT, "%s: no BPE merges", moim_weights_path(g));
    for (t->merge_cap = 64; t->merge_cap < n * 2;) t->merge_cap *= 2;
    t->merges = malloc(t->merge_cap * sizeof *t->merges);
    if (!t->merges) return MOIM_ENOMEM;
    for (size_t i = 0; i < t->merge_cap; i++) t->merges[i].left = -1;
    char buf[1024];
    for (size_t i = 0; i < n; i++) {
        const char *s;
        size_t len;
        if (!moim_weights_arr_str(g, KEY "merges", i, &s, &len) || len > sizeof buf) continue;
        const char *gap = len > 1 ? memchr(s + 1, ' ', len - 1) : NULL;
        if (!gap) return moim_fail(err, MOIM_EFORMAT, "%s: merge %zu has one part", moim_weights_path(g), i);
        size_t a = undo_gpt2(s, (size_t)(gap - s), buf);
        size_t b = undo_gpt2(gap + 1, len - (size_t)(gap - s) - 1, buf + a);
        int32_t l = moim_strmap_get(&t->map, buf, a), r = moim_strmap_get(&t->map, buf + a, b);
        int32_t both = moim_strmap_get(&t->map, buf, a + b);
        if (l >= 0 && r >= 0 && both >= 0) insert_merge(t, (struct tok_merge){l, r, (int32_t)i, both});
    }
    return MOIM_OK;
}

static int special_order(const void *x, const void *y, void *ctx)
{
    const struct moim_tokenizer *t = ctx;
    int32_t a = *(const int32_t *)x, b = *(const int32_t *)y;
    const uint32_t *off = t->stored ? t->stored_off : t->text_off;
    const char *text = t->stored ? t->stored : t->text;
    uint32_t la = off[a + 1] - off[a], lb = off[b + 1] - off[b];
    int c = memcmp(text + off[a], text + off[b], la < lb ? la : lb);
    return c ? c : la < lb ? -1 : la > lb ? 1 : a < b ? -1 : a > b;
}

static int collect_specials(struct moim_tokenizer *t)
{
    t->special = malloc(((size_t)t->n + 1) * sizeof *t->special);
    if (!t->special) return MOIM_ENOMEM;
    const uint32_t *off = t->stored ? t->stored_off : t->text_off;
    for (int i = 0; i < t->n; i++)
        if ((t->type[i] == TT_CONTROL || t->type[i] == TT_USER || t->type[i] == TT_UNKNOWN) &&
            off[i + 1] > off[i])
            t->special[t->n_special++] = i;
    qsort_r(t->special, (size_t)t->n_special, sizeof *t->special, special_order, t);
    int32_t *fit = realloc(t->special, ((size_t)t->n_special + 1) * sizeof *fit);
    if (fit) t->special = fit;
    return MOIM_OK;
}

/* The model family and, for BPE, the pattern that cuts words. */
static int load_kind(struct moim_tokenizer *t, const struct moim_weights *g, struct moim_err *err)
{
    static const struct {
        const char *pre;
        enum tok_split split;
        bool whole_word_first, add_bos;
    } known[] = {{"qwen2", SPLIT_QWEN2, false, false},      {"deepseek-r1-qwen", SPLIT_QWEN2, false, false},
                 {"megrez", SPLIT_QWEN2, false, false},     {"stablelm2", SPLIT_QWEN2, false, false},
                 {"hunyuan", SPLIT_QWEN2, false, false},    {"kormo", SPLIT_QWEN2, false, false},
                 {"llama-bpe", SPLIT_LLAMA3, true, true},   {"llama3", SPLIT_LLAMA3, true, true},
                 {"llama-v3", SPLIT_LLAMA3, true, true},    {"falcon3", SPLIT_LLAMA3, true, true},
                 {"pixtral", SPLIT_LLAMA3, true, true},     {"midm-2.0", SPLIT_LLAMA3, true, true},
                 {"lfm2", SPLIT_LLAMA3, true, true},        {"smaug-bpe", SPLIT_LLAMA3, false, false},
                 {"dbrx", SPLIT_LLAMA3, false, false},      {"chatglm-bpe", SPLIT_LLAMA3, false, false},
                 {"gpt-2", SPLIT_GPT2, false, false},       {"gpt2", SPLIT_GPT2, false, false},
                 {"phi-2", SPLIT_GPT2, false, false},       {"roberta-bpe", SPLIT_GPT2, false, false},
                 {"mpt", SPLIT_GPT2, false, false},         {"exaone4", SPLIT_GPT2, false, false},
                 {"a.x-4.0", SPLIT_GPT2, false, false},     {"olmo", SPLIT_GPT2, false, false},
                 {"trillion", SPLIT_GPT2, false, false},    {"exaone", SPLIT_DIGITS, false, false},
                 {"smollm", SPLIT_DIGITS, false, false},    {"starcoder", SPLIT_DIGITS, false, false},
                 {"refact", SPLIT_DIGITS, false, false},    {"command-r", SPLIT_DIGITS, false, false},
                 {"codeshell", SPLIT_DIGITS, false, false}, {"gpt-4o", SPLIT_GPT4O, false, false},
                 {"llama4", SPLIT_GPT4O, false, false},     {"kanana2", SPLIT_GPT4O, false, false},
                 {"tekken", SPLIT_TEKKEN, true, true}};
    const char *model, *pre = "default";
    size_t len, pre_len = 7;
    if (!moim_weights_str(g, KEY "model", &model, &len))
        return moim_fail(err, MOIM_EFORMAT, "%s: no tokenizer in the file", moim_weights_path(g));
    moim_weights_str(g, KEY "pre", &pre, &pre_len);
    t->add_space_prefix = true;
    if (len == 5 && memcmp(model, "llama", 5) == 0) {
        t->kind = TOK_SPM, t->add_bos = true;
        return MOIM_OK;
    }
    if (len != 4 || memcmp(model, "gpt2", 4) != 0)
        return moim_fail(err, MOIM_EUNSUP, "%s: unknown tokenizer \"%.*s\"", moim_weights_path(g), (int)len,
                         model);
    t->kind = TOK_BPE;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strlen(known[i].pre) != pre_len || memcmp(known[i].pre, pre, pre_len)) continue;
        t->split = known[i].split, t->whole_word_first = known[i].whole_word_first,
        t->add_bos = known[i].add_bos;
        return MOIM_OK;
    }
    return moim_fail(err, MOIM_EUNSUP, "%s: unknown pre-tokenizer \"%.*s\"", moim_weights_path(g),
                     (int)pre_len, pre);
}

static int32_t special_id(const struct moim_tokenizer *t, const struct moim_weights *g, const char *key,
                          int32_t fallback)
{
    uint64_t v;
    if (!moim_weights_u64(g, key, &v)) return fallback < t->n ? fallback : -1;
    return v < (uint64_t)t->n ? (int32_t)v : -1;
}

static void load_special_ids(struct moim_tokenizer *t, const struct moim_weights *g)
{
    uint64_t v;
    bool spm = t->kind == TOK_SPM;
    t->bos = special_id(t, g, KEY "bos_token_id", spm ? 1 : -1);
    t->eos = special_id(t, g, KEY "eos_token_id", spm ? 2 : -1);
    t->eot = special_id(t, g, KEY "eot_token_id", -1);
    for (int i = 0; t->eot < 0 && turn_ends[i]; i++)
        if (strcmp(turn_ends[i], "<|endoftext|>") != 0)
            t->eot = moim_strmap_get(&t->map, turn_ends[i], strlen(turn_ends[i]));
    if (t->eot < 0) t->eot = t->eos;
    if (moim_weights_u64(g, KEY "add_bos_token", &v)) t->add_bos = v != 0;
    if (moim_weights_u64(g, KEY "add_space_prefix", &v)) t->add_space_prefix = v != 0;
}

static int load(struct moim_tokenizer *t, const struct moim_weights *g, struct moim_err *err)
{
    size_t n = moim_weights_arr_len(g, KEY "tokens");
    if (n == 0 || n > MAX_VOCAB)
        return moim_fail(err, MOIM_EFORMAT, "%s: %zu tokens", moim_weights_path(g), n);
    t->n = (int)n;
    int rc = load_kind(t, g, err);
    if (rc) return rc;
    struct arena text = {0}, stored = {0};
    t->type = malloc(n);
    t->text_off = malloc((n + 1) * sizeof *t->text_off);
    if (t->kind == TOK_SPM) {
        t->score = malloc(n * sizeof *t->score);
        t->stored_off = malloc((n + 1) * sizeof *t->stored_off);
    }
    if (!t->type || !t->text_off || (t->kind == TOK_SPM && (!t->score || !t->stored_off))) return MOIM_ENOMEM;
    rc = load_strings(t, g, &text, &stored, err);
    t->text = text.data, t->stored = stored.data;
    if (!rc) rc = index_tokens(t);
    if (!rc && t->kind == TOK_BPE) rc = load_merges(t, g, err);
    if (!rc) rc = collect_specials(t);
    if (!rc) load_special_ids(t, g);
    return rc;
}

int moim_tokenizer_new(struct moim_tokenizer **out, const struct moim_weights *gguf, struct moim_err *err)
{
    *out = NULL;
    struct moim_tokenizer *t = calloc(1, sizeof *t);
    if (!t) return moim_fail(err, MOIM_ENOMEM, "no memory for a tokenizer");
    int rc = load(t, gguf, err);
    if (rc) {
        moim_tokenizer_free(t);
        if (rc == MOIM_ENOMEM) moim_fail(err, rc, "no memory for a tokenizer");
        return rc;
    }
    *out = t;
    return MOIM_OK;
}

void moim_tokenizer_free(struct moim_tokenizer *t)
{
    if (!t) return;
    free(t->text);
    free(t->text_off);
    free(t->stored);
    free(t->stored_off);
    free(t->type);
    free(t->score);
    free(t->merges);
    free(t->special);
    moim_strmap_free(&t->map);
    free(t);
}
