/* States of texts in the context of their neighbours. Windows begin where the last one's new texts ended. */
#include "lm/embed_int.h"
#include "nn/vec.h"

#include <stdlib.h>
#include <string.h>

#define TOKENS 120      /* of a text that are read */
#define BEFORE 3        /* texts before the new ones of a window */
#define BEFORE_ROOM 250 /* tokens that they leave at most taken */
#define NEW 5           /* texts of which a window gives the states */
#define NEW_ROOM 420
#define AFTER 2
#define AFTER_ROOM 500
#define WINDOW 512
#define WORDS 66 /* tokens of words by themselves, marks included */

struct texts {
    int32_t (*token)[TOKENS];
    int *length; /* tokens of each */
    int n;
    int32_t begin[16]; /* what the model expects in front of a text */
    int n_begin;
};

static void close_texts(struct texts *t)
{
    free(t->token);
    free(t->length);
}

static int open_texts(struct moim_embed *m, const char *const *text, int n, struct texts *t)
{
    t->n = n;
    t->token = calloc((size_t)n + 1, sizeof *t->token);
    t->length = calloc((size_t)n + 1, sizeof *t->length);
    t->n_begin = moim_unigram_encode(m->tokenizer, "passage:", 8, t->begin, 16);
    if (!t->token || !t->length || t->n_begin < 1) return MOIM_ENOMEM;
    for (int i = 0; i < n; i++) {
        int k = moim_unigram_encode(m->tokenizer, text[i], strlen(text[i]), t->token[i], TOKENS);
        if (k < 0) return MOIM_ENOMEM;
        if (k == 0) t->token[i][0] = t->begin[0], k = 1; /* a text without words */
        t->length[i] = k < TOKENS ? k : TOKENS;
    }
    return MOIM_OK;
}

/* Texts [from, to) of a window, of which [first, last) are new. */
struct window {
    int from, first, last, to;
};

static struct window choose(const struct texts *t, int first)
{
    struct window w = {first > BEFORE ? first - BEFORE : 0, first, first, 0};
    int sum = 2 + t->n_begin;
    for (int i = w.from; i < first; i++) sum += t->length[i];
    while (w.from < first && sum > BEFORE_ROOM) sum -= t->length[w.from++];
    while (w.last < t->n && w.last < first + NEW && sum + t->length[w.last] < NEW_ROOM)
        sum += t->length[w.last++];
    w.to = w.last;
    while (w.to < t->n && w.to < w.last + AFTER && sum + t->length[w.to] < AFTER_ROOM)
        sum += t->length[w.to++];
    return w;
}

/* The layers whose states are taken: two thirds of them. */
static int layers_of(const struct moim_embed *m)
{
    return m->layers * 2 / 3;
}

/* Takes the states in x of each new text's tokens. */
struct taker {
    void (*take)(struct taker *to, int text, const float *row, int n);
    float *state;
    int *length; /* of tokens; from text `from` on */
    int from, to, at, cap;
    size_t dim;
};

/* Adds the mean of n rows. */
static void add_mean(float *to, const float *row, int n, size_t dim)
{
    for (int k = 0; k < n; k++) moim_axpy(to, 1 / (float)n, row + (size_t)k * dim, dim);
}

static void take_mean(struct taker *to, int text, const float *row, int n)
{
    add_mean(to->state + (size_t)text * to->dim, row, n, to->dim);
}

static void take_tokens(struct taker *to, int text, const float *row, int n)
{
    if (text >= to->to) return;
    if (to->at + n <= to->cap)
        memcpy(to->state + (size_t)to->at * to->dim, row, (size_t)n * to->dim * sizeof *row);
    to->length[text - to->from] = n;
    to->at += n;
}

static int run_window(struct moim_embed *m, const struct texts *t, const struct window *w, struct taker *to)
{
    int32_t id[WINDOW];
    int n = 0, at = 1 + t->n_begin;
    id[n++] = m->bos;
    for (int i = 0; i < t->n_begin; i++) id[n++] = t->begin[i];
    for (int i = w->from; i < w->to; i++)
        for (int k = 0; k < t->length[i]; k++) id[n++] = t->token[i][k];
    id[n++] = m->eos;
    moim_embed_place(m, id, n);
    int rc = moim_embed_layers(m, 0, layers_of(m), n);
    for (int i = w->from; i < w->last && !rc; at += t->length[i++])
        if (i >= w->first) to->take(to, i, m->x + (size_t)at * to->dim, t->length[i]);
    return rc;
}

static int run_all(struct moim_embed *m, const char *const *text, int n, struct taker *to,
                   const volatile int *cancel, struct moim_err *err)
{
    struct texts t = {0};
    to->dim = (size_t)m->dim;
    if (m->positions < WINDOW) return moim_fail(err, MOIM_EUNSUP, "embedding: a model of short texts only");
    int rc = open_texts(m, text, n, &t);
    for (int first = to->from; !rc && first < to->to;) {
        struct window w = choose(&t, first);
        rc = cancel && *cancel ? MOIM_ECANCEL : run_window(m, &t, &w, to);
        first = w.last;
    }
    close_texts(&t);
    if (!rc && to->length && to->at > to->cap)
        return moim_fail(err, MOIM_EINVAL, "embedding: too many words");
    return rc ? moim_fail(err, rc, rc == MOIM_ECANCEL ? "embedding: stopped" : "embedding: out of memory")
              : MOIM_OK;
}

int moim_embed_in_context(struct moim_embed *m, const char *const *text, int n, float *state,
                          const volatile int *cancel, struct moim_err *err)
{
    struct taker to = {.take = take_mean, .state = state, .to = n};
    memset(state, 0, (size_t)n * MOIM_EMBED_DIM * sizeof *state);
    return run_all(m, text, n, &to, cancel, err);
}

int moim_embed_tokens_in_context(struct moim_embed *m, const char *const *text, int n, int from, int to,
                                 float *state, int cap, int *length, struct moim_err *err)
{
    /* All that a window sees: the last one may take new texts behind `to`. */
    int a = from > BEFORE ? from - BEFORE : 0, z = to + NEW - 1 + AFTER < n ? to + NEW - 1 + AFTER : n;
    struct taker take = {
        .take = take_tokens, .state = state, .length = length, .from = from - a, .to = to - a, .cap = cap};
    return run_all(m, text + a, z - a, &take, NULL, err);
}

/* The states of a question's tokens, in m->x; returns how many, at most cap. */
static int question_layers(struct moim_embed *m, const char *question, int cap, struct moim_err *err)
{
    int32_t id[WINDOW];
    int room = cap - 2 < WINDOW - 2 ? cap - 2 : WINDOW - 2;
    int n = moim_embed_tokens(m, MOIM_EMBED_QUERY, question, id + 1, room);
    if (n < 0) return moim_fail(err, MOIM_ENOMEM, "embedding: out of memory");
    if (n > room) n = room;
    id[0] = m->bos;
    id[n + 1] = m->eos;
    n += 2;
    moim_embed_place(m, id, n);
    int rc = moim_embed_layers(m, 0, layers_of(m), n);
    return rc ? moim_fail(err, rc, "embedding: out of memory") : n;
}

int moim_embed_question_states(struct moim_embed *m, const char *question, float *state, int cap,
                               struct moim_err *err)
{
    int n = question_layers(m, question, cap, err);
    if (n > 0) memcpy(state, m->x, (size_t)n * (size_t)m->dim * sizeof *state);
    return n;
}

int moim_embed_words(struct moim_embed *m, const char *words, float *state, struct moim_err *err)
{
    size_t dim = (size_t)m->dim;
    int n = question_layers(m, words, WORDS, err);
    if (n < 0) return n;
    memset(state, 0, dim * sizeof *state);
    add_mean(state, m->x + dim, n - 2, dim);
    return MOIM_OK;
}
