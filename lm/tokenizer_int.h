/* Inside of the tokenizers: shared by tokenizer.c, tokenizer_load.c, tokenizer_bpe.c, tokenizer_merge.c. */
#ifndef MOIM_LM_TOKENIZER_INT_H
#define MOIM_LM_TOKENIZER_INT_H

#include "base/strmap.h"
#include "lm/tokenizer.h"
#include <stdbool.h>

enum tok_kind { TOK_BPE, TOK_SPM };
enum tok_split { SPLIT_QWEN2, SPLIT_LLAMA3, SPLIT_GPT2, SPLIT_DIGITS, SPLIT_GPT4O, SPLIT_TEKKEN };

/* GGUF tokenizer.ggml.token_type */
enum tok_type { TT_NORMAL = 1, TT_UNKNOWN, TT_CONTROL, TT_USER, TT_UNUSED, TT_BYTE };

struct tok_merge {
    int32_t left, right; /* ids; left -1: free slot */
    int32_t rank, id;    /* id of the product */
};

struct moim_tokenizer {
    enum tok_kind kind;
    enum tok_split split;
    bool whole_word_first; /* llama 3: a word that is a token is never merged from parts */
    bool add_bos, add_space_prefix;
    int n;                  /* vocabulary */
    char *text;             /* all strings, as running text: GPT-2 alphabet undone, U+2581 turned to space */
    uint32_t *text_off;     /* [n + 1] */
    char *stored;           /* SPM: strings as stored, else NULL */
    uint32_t *stored_off;   /* [n + 1] */
    uint8_t *type;          /* [n] */
    float *score;           /* [n], SPM */
    struct moim_strmap map; /* SPM: stored -> id; BPE: text -> id */
    struct tok_merge *merges; /* BPE: open addressing, merge_cap slots */
    size_t merge_cap;
    int32_t byte_id[256]; /* token of a lone byte, -1 if none */
    int32_t *special;     /* control and user-defined tokens, sorted by bytes */
    int n_special;
    int32_t bos, eos, eot;
};

struct tok_out {
    int32_t *ids;
    size_t cap, n; /* n counts on past cap */
};
static inline void tok_emit(struct tok_out *o, int32_t id)
{
    if (o->n < o->cap) o->ids[o->n] = id;
    o->n++;
}

/* One symbol of a text being merged; a doubly linked list by index. */
struct tok_sym {
    int32_t prev, next; /* -1: none */
    uint32_t pos, len;  /* bytes of the text; len 0: merged away */
    int32_t id;
};
struct tok_bigram {
    float key; /* smaller first */
    int32_t left, right;
    uint32_t len;
    int32_t id;
};
struct tok_scratch {
    struct tok_sym *sym;
    struct tok_bigram *heap;
    size_t sym_cap, heap_cap, n_heap;
};

/* Merges sym[0..n) over text, best pair first, until no pair is a token. */
int tok_merge_all(const struct moim_tokenizer *t, struct tok_scratch *s, const char *text, int n);
int tok_scratch_syms(struct tok_scratch *s, size_t n);
void tok_scratch_free(struct tok_scratch *s);
/* The slot of that pair, or the free slot (left -1) where it would lie; needs merge_cap > 0. */
struct tok_merge *tok_merge_slot(const struct moim_tokenizer *t, int32_t left, int32_t right);

/* As moim_tokenize, but control tokens are recognised only where is_mark[len] says so (NULL: everywhere). */
int tok_encode_marked(const struct moim_tokenizer *t, const char *text, size_t len, const uint8_t *is_mark,
                      int flags, int32_t *ids, int cap);

/* Encode one fragment that holds no special token. */
int tok_encode_bpe(const struct moim_tokenizer *t, struct tok_scratch *s, const char *text, size_t len,
                   struct tok_out *out);
int tok_encode_spm(const struct moim_tokenizer *t, struct tok_scratch *s, const char *text, size_t len,
                   bool prefix, struct tok_out *out);

/* The byte that a code point of the GPT-2 byte alphabet stands for, or -1. */
int tok_gpt2_byte(uint32_t cp);

#endif
