#include "summarize/constrained_decode.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int moim_writer_init(struct moim_writer *w, struct moim_llm *model, const struct moim_script *script,
                     const volatile int *cancel, struct moim_err *err)
{
    *w = (struct moim_writer){.model = model, .script = script, .cancel = cancel};
    if (!model) return MOIM_OK;
    w->logits = malloc(sizeof *w->logits * (size_t)moim_llm_n_vocab(model));
    w->token = malloc(sizeof *w->token * (size_t)moim_llm_n_ctx(model));
    w->held = malloc(sizeof *w->held * (size_t)moim_llm_n_ctx(model));
    if (w->logits && w->token && w->held) return MOIM_OK;
    moim_writer_clear(w);
    return moim_fail(err, MOIM_ENOMEM, "minutes: out of memory");
}

void moim_writer_clear(struct moim_writer *w)
{
    free(w->logits);
    free(w->token);
    free(w->held);
    free(w->said);
    memset(w, 0, sizeof *w);
}

/* Evaluates tok[n] at `past`, but for those that the cache holds there; the last one always, for what comes next. */
static int eval(struct moim_writer *w, const int32_t *tok, int n, int past, struct moim_err *err)
{
    int had = 0;
    while (had < n - 1 && past + had < w->n_held && w->held[past + had] == tok[had]) had++;
    w->n_held = past + had;
    w->cost.reused += had;
    int rc = moim_llm_eval(w->model, tok + had, n - had, past + had, w->logits, err);
    if (rc) return rc;
    memcpy(w->held + past + had, tok + had, sizeof *tok * (size_t)(n - had));
    w->n_held = past + n;
    return MOIM_OK;
}

/* Evaluates n tokens of w->token at *past and moves it on. */
static int feed(struct moim_writer *w, int n, int *past, struct moim_err *err)
{
    if (n < 0) return moim_fail(err, n, "minutes: out of memory");
    if (n > moim_llm_n_ctx(w->model) - *past)
        return moim_fail(err, MOIM_EINVAL, "minutes: %d tokens do not fit the model's context", *past + n);
    int reused = w->cost.reused, rc = n ? eval(w, w->token, n, *past, err) : MOIM_OK;
    w->cost.read += n - (w->cost.reused - reused);
    *past += n;
    return rc;
}

/* A marked part of a prompt; *role as in moim_chat_tokenize(). */
static int feed_prompt(struct moim_writer *w, const char *text, int flags, char *role, int *past,
                       struct moim_err *err)
{
    int n = moim_chat_tokenize(moim_llm_chat(w->model), moim_llm_tokenizer(w->model), text, flags, role,
                               w->token, moim_llm_n_ctx(w->model));
    return feed(w, n, past, err);
}

static int feed_text(struct moim_writer *w, const char *text, size_t len, int *past, struct moim_err *err)
{
    return feed(w,
                moim_tokenize(moim_llm_tokenizer(w->model), text, len, 0, w->token, moim_llm_n_ctx(w->model)),
                past, err);
}

int moim_writer_prefix(struct moim_writer *w, const char *text, struct moim_err *err)
{
    w->n_prefix = 0;
    w->role = 0;
    if (!w->model) {
        free(w->said);
        w->said = strdup(text);
        return w->said ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "minutes: out of memory");
    }
    if (!*text) return MOIM_OK;

    return feed_prompt(w, text, MOIM_TOK_BOS, &w->role, &w->n_prefix, err);
}

/* The likeliest token whose bytes the grammar takes; -1 when there is none. Whatever is unlikely enough comes
 * after a hundred thousand others, so that first bytes are sorted out before tokens are tried. */
static int32_t pick(struct moim_writer *w, const struct moim_grammar *g, struct moim_grammar_state *s,
                    const char **bytes, size_t *len)
{
    const struct moim_tokenizer *tok = moim_llm_tokenizer(w->model);
    int n = moim_llm_n_vocab(w->model), most = moim_tokenizer_size(tok);
    struct moim_grammar_state after = *s;
    bool may[256];
    int32_t best = -1;
    float top = -INFINITY;
    for (int b = 0; b < 256; b++) {
        struct moim_grammar_state copy = *s;
        may[b] = moim_grammar_accept(g, &copy, (uint8_t)b);
    }
    for (int32_t i = 0; i < n && i < most; i++) {
        size_t m;
        if (!(w->logits[i] > top)) continue;
        const char *p = moim_token_bytes(tok, i, &m);
        struct moim_grammar_state copy = *s;
        if (!m || !may[(uint8_t)*p] || moim_token_is_control(tok, i) || !moim_grammar_try(g, &copy, p, m))
            continue;
        top = w->logits[i], best = i, after = copy;
        *bytes = p, *len = m;
    }
    *s = after;
    return best;
}

/* The script's reply, held to the grammar as a model's is. */
static int run_script(struct moim_writer *w, const char *text, const struct moim_grammar *g, char *out,
                      size_t cap, struct moim_err *err)
{
    char *prompt;
    struct moim_grammar_state s;
    if (w->cancel && *w->cancel) return moim_fail(err, MOIM_ECANCEL, "minutes: stopped");
    if (asprintf(&prompt, "%s%s", w->said ? w->said : "", text) < 0)
        return moim_fail(err, MOIM_ENOMEM, "minutes: out of memory");
    char *readable = moim_chat_text(prompt);
    free(prompt);
    if (!readable) return moim_fail(err, MOIM_ENOMEM, "minutes: out of memory");
    int rc = w->script->reply(w->script->arg, readable, out, cap);
    free(readable);
    if (rc) return moim_fail(err, rc, "minutes: no reply");
    moim_grammar_start(g, &s);
    if (!moim_grammar_try(g, &s, out, strlen(out)) || !moim_grammar_done(g, &s))
        return moim_fail(err, MOIM_EFORMAT, "minutes: the reply does not fit its grammar: %.100s", out);
    return MOIM_OK;
}

int moim_writer_run(struct moim_writer *w, const char *text, const struct moim_grammar *g, char *out,
                    size_t cap, struct moim_err *err)
{
    if (!w->model) return run_script(w, text, g, out, cap, err);
    struct moim_grammar_state s;
    int past = w->n_prefix;
    size_t n = 0;
    char role = w->role;
    w->cost.calls++;
    int rc = feed_prompt(w, text, 0, &role, &past, err);
    moim_grammar_start(g, &s);
    while (!rc) {
        if (w->cancel && *w->cancel) return moim_fail(err, MOIM_ECANCEL, "minutes: stopped");
        /* Text that the grammar determines needs no sampling: it is evaluated in one batch. */
        size_t forced = moim_grammar_forced(g, &s, out + n, cap - 1 - n);
        if (forced) rc = feed_text(w, out + n, forced, &past, err);
        n += forced;
        if (rc || moim_grammar_done(g, &s)) break;
        const char *bytes;
        size_t len;
        int32_t id = pick(w, g, &s, &bytes, &len);
        if (id < 0 || n + len + 1 > cap || past + 1 > moim_llm_n_ctx(w->model))
            return moim_fail(err, MOIM_EINVAL, "minutes: the text grew too long");
        memcpy(out + n, bytes, len);
        n += len;
        if (moim_grammar_done(g, &s)) break;
        rc = eval(w, &id, 1, past++, err);
        w->cost.written++;
    }
    out[n] = 0;
    return rc;
}
