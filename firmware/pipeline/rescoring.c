#include "firmware/pipeline/rescoring.h"

#include "asr/wordlist.h"
#include "firmware/platform/log.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CONFORMER_LM 0.4f
#define CONFORMER_LENGTH 0.8f
#define READS 6.0f          /* nats behind the best of a list within which the transformer reads */
#define SENTENCE_READS 2.0f /* ... of one sentence's (docs/experiments.md) */

/* ---- models ---- */

static int open_transformer(struct moim_rescoring *r, const struct moim_models *models,
                            struct moim_pool *pool, struct moim_err *err)
{
    char path[4300];
    struct moim_llm_params p = {.n_ctx = 1024, .n_batch = 256};
    int rc = moim_models_path(models, "rescorer", path, sizeof path, NULL);
    if (rc) return MOIM_OK; /* not installed */
    struct moim_err why;
    rc = moim_llm_open(&r->llm, path, pool, &p, &why);
    if (rc == MOIM_ENOMEM) return moim_fail(err, rc, "%s", why.msg);
    /* A transcript without rescoring is better than none. */
    if (rc) moim_log(MOIM_LOG_WARNING, "%s; going on without rescoring", why.msg);
    return MOIM_OK;
}

#define NGRAM_WORDS 100000 /* entries read of a list; the rest is names and typing errors */

/* Counts are frequencies as multiples of the rarest. */
static int make_ngram(const char *list, const char *path, struct moim_err *err)
{
    struct moim_wordlist words;
    struct moim_ngram_builder *b = NULL;
    int rc = moim_wordlist_open(&words, list, NGRAM_WORDS, err);
    if (rc) return rc;
    rc = moim_ngram_builder_new(&b, err);
    float least = words.n ? words.logp[words.n - 1] : 0;
    for (int i = 0; !rc && i < words.n; i++)
        rc = moim_ngram_add(b, words.text + words.at[i], exp((double)(words.logp[i] - least)), err);
    if (!rc) rc = moim_ngram_write(b, path, err);
    moim_ngram_builder_free(b);
    moim_wordlist_free(&words);
    return rc;
}

/* Built at first use, in under a second; rebuilt if unreadable. None without a word list or a writable cache. */
static void open_ngram(struct moim_ngram **m, const struct moim_models *models, const char *list,
                       const char *name)
{
    char from[4300], path[4300];
    snprintf(from, sizeof from, "%s/%s", models->dir, list);
    snprintf(path, sizeof path, "%s/%s", models->dir, name);
    if (!moim_ngram_open(m, path, NULL)) return;
    if (!access(from, R_OK) && !make_ngram(from, path, NULL)) moim_ngram_open(m, path, NULL);
}

int moim_rescoring_open(struct moim_rescoring *r, const struct moim_models *models, struct moim_pool *pool,
                        struct moim_err *err)
{
    if (r->tried) return MOIM_OK;
    int rc = open_transformer(r, models, pool, err);
    open_ngram(&r->ngram[0], models, "wordfreq-small-ko.msgpack.gz", "letters-ko.ngram");
    open_ngram(&r->ngram[1], models, "wordfreq-large-en.msgpack.gz", "letters-en.ngram");
    for (int i = 0; !rc && i < 2; i++) rc = moim_rescorer_new(&r->by_lang[i], r->llm, r->ngram[i], err);
    if (!rc) rc = moim_rescorer_new(&r->bare, r->llm, NULL, err);
    if (rc) {
        moim_rescoring_close(r);
        return rc;
    }
    r->tried = true;
    return MOIM_OK;
}

void moim_rescoring_close(struct moim_rescoring *r)
{
    for (int i = 0; i < 2; i++) {
        moim_rescorer_free(r->by_lang[i]);
        moim_ngram_close(r->ngram[i]);
    }
    moim_rescorer_free(r->bare);
    moim_llm_close(r->llm);
    memset(r, 0, sizeof *r);
}

int moim_rescoring_nbest(const struct moim_rescoring *r, const char *recogniser, double seconds)
{
    if (strcmp(recogniser, "whisper") || !r->llm) return 8;
    return (int)fmin(40, fmax(12, 224 / seconds));
}

int moim_rescoring_run(struct moim_rescoring *r, const char *recogniser, struct moim_nbest *nb,
                       bool by_sentences, const char *context, const struct moim_vocab_word *vocab,
                       int n_vocab, struct moim_err *err)
{
    const char *words[256];
    int n = 0;
    for (int i = 0; i < n_vocab && n < 255; i++) {
        words[n++] = vocab[i].text;
        if (vocab[i].sounds_like) words[n++] = vocab[i].sounds_like;
    }
    bool korean = !strcmp(nb->lang, "ko"), english = !strcmp(nb->lang, "en");
    struct moim_rescore_params p = moim_rescore_defaults(nb->lang, r->llm != NULL);
    p.reads = by_sentences ? SENTENCE_READS : READS;
    if (strcmp(recogniser,
               "conformer")) /* another language: the transformer may know it, the n-grams do not */
        return moim_rescore(korean || english ? r->by_lang[english] : r->bare, nb, context, words, n, &p,
                            err);
    p.lm = CONFORMER_LM;
    p.length = CONFORMER_LENGTH;
    p.ngram = 0;
    for (int i = 0; i < nb->n; i++) nb->hyps[i].acoustic = nb->hyps[i].total;
    return r->llm ? moim_rescore(r->bare, nb, context, words, n, &p, err) : MOIM_OK;
}
