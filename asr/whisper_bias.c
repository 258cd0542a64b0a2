/* User vocabulary inside the beam: each token of a word earns a bonus at once, so that the word survives
 * pruning, and gives it back if the word is not finished. */
#include "asr/whisper_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bias_node {
    int token, child, sibling; /* 0: none, as the root is nobody's child */
    int unpaid; /* tokens since the last whole word on this path: what breaking off gives back */
    bool whole;
};

struct whisper_bias {
    struct bias_node *node;
    int n, cap;
    float bonus;
};

static int child_of(const struct whisper_bias *b, int node, int token)
{
    int c = b->node[node].child;
    while (c && b->node[c].token != token) c = b->node[c].sibling;
    return c;
}

static int add_child(struct whisper_bias *b, int node, int token)
{
    if (b->n == b->cap) {
        struct bias_node *grown = realloc(b->node, sizeof *grown * (size_t)b->cap * 2);
        if (!grown) return 0;
        b->node = grown;
        b->cap *= 2;
    }
    b->node[b->n] = (struct bias_node){.token = token, .sibling = b->node[node].child};
    b->node[node].child = b->n;
    return b->n++;
}

static int insert(struct whisper_bias *b, const int *ids, int n)
{
    int at = 0;
    for (int i = 0; i < n; i++) {
        int c = child_of(b, at, ids[i]);
        if (!c && !(c = add_child(b, at, ids[i]))) return MOIM_ENOMEM;
        at = c;
    }
    if (at) b->node[at].whole = true;
    return MOIM_OK;
}

static void count_unpaid(struct whisper_bias *b, int node, int before)
{
    for (int c = b->node[node].child; c; c = b->node[c].sibling) {
        b->node[c].unpaid = b->node[c].whole ? 0 : before + 1;
        count_unpaid(b, c, b->node[c].unpaid);
    }
}

int whisper_bias_new(struct whisper_bias **out, const struct whisper_vocab *v,
                     const struct moim_vocab_word *words, int n, float bonus)
{
    *out = NULL;
    if (n <= 0 || bonus <= 0) return MOIM_OK;
    struct whisper_bias *b = calloc(1, sizeof *b);
    if (b) b->node = calloc(64, sizeof *b->node);
    if (!b || !b->node) {
        free(b);
        return MOIM_ENOMEM;
    }
    b->cap = 64;
    b->n = 1;
    b->bonus = bonus;
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < 2 * n; i++) {
        char text[200];
        int ids[48];
        const char *form = i < n ? words[i].text : words[i - n].sounds_like; /* both may be written */
        if (!form || !*form) continue;
        snprintf(text, sizeof text, " %s", form);
        rc = insert(b, ids, whisper_tokenize(v, text, ids, 48));
        if (!rc) rc = insert(b, ids, whisper_tokenize(v, text + 1, ids, 48)); /* inside a compound */
    }
    if (rc) {
        whisper_bias_free(b);
        return rc;
    }
    count_unpaid(b, 0, 0);
    *out = b;
    return MOIM_OK;
}

void whisper_bias_free(struct whisper_bias *b)
{
    if (!b) return;
    free(b->node);
    free(b);
}

float whisper_bias_step(const struct whisper_bias *b, int node, int token, int *next)
{
    *next = 0;
    if (!b) return 0;
    if ((*next = child_of(b, node, token))) return b->bonus;
    float back = b->bonus * (float)b->node[node].unpaid;
    *next = node ? child_of(b, 0, token) : 0;
    return (*next ? b->bonus : 0) - back;
}

int whisper_bias_tokens(const struct whisper_bias *b, int node, int *tokens, int max)
{
    int n = 0;
    if (!b) return 0;
    for (int c = b->node[node].child; c && n < max; c = b->node[c].sibling) tokens[n++] = b->node[c].token;
    for (int c = node ? b->node[0].child : 0; c && n < max; c = b->node[c].sibling)
        tokens[n++] = b->node[c].token;
    return n;
}
