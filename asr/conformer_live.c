#include "asr/conformer_live.h"
#include "asr/conformer_words.h"

#include <stdlib.h>
#include <string.h>

#define SYMBOLS MOIM_CONFORMER_SYMBOLS
#define MOST ((int)(MOIM_ASR_MAX_SECONDS / MOIM_CONFORMER_SECONDS) + 64)

#define SETTLED 25 /* frames after which words are decided: fewer cost accuracy, see docs/experiments.md */

struct moim_conformer_live {
    struct moim_conformer_stream *stream;
    struct moim_conformer_words words;
    float *logprob; /* [MOST][191] final frames, then the preliminary ones */
    int n, ahead;
    size_t pushed;
    const struct moim_vocab_word *vocab;
    int n_vocab;
};

int moim_conformer_live_open(struct moim_conformer_live **out, const struct moim_conformer_files *files,
                             const struct moim_conformer_stream_params *stream, struct moim_pool *pool,
                             struct moim_err *err)
{
    *out = NULL;
    struct moim_conformer_live *l = calloc(1, sizeof *l);
    if (!l) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", files->model);
    int rc = moim_conformer_stream_open(&l->stream, files->model, stream, pool, err);
    if (!rc) rc = moim_conformer_words_open(&l->words, files, pool, err);
    if (!rc && !(l->logprob = malloc(sizeof *l->logprob * MOST * SYMBOLS)))
        rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", files->model);
    if (rc) {
        moim_conformer_live_close(l);
        return rc;
    }
    *out = l;
    return MOIM_OK;
}

void moim_conformer_live_close(struct moim_conformer_live *l)
{
    if (!l) return;
    moim_conformer_stream_close(l->stream);
    moim_conformer_words_close(&l->words);
    free(l->logprob);
    free(l);
}

int moim_conformer_live_begin(struct moim_conformer_live *l, const struct moim_vocab_word *vocab, int n_vocab,
                              struct moim_err *err)
{
    l->n = l->ahead = 0;
    l->pushed = 0;
    l->vocab = vocab;
    l->n_vocab = n_vocab;
    moim_conformer_stream_begin(l->stream);
    return moim_conformer_words_begin(&l->words, vocab, n_vocab, err);
}

/* A chunk that is complete goes to the search; the frames ahead of it wait for somebody who asks. */
static bool take_chunk(struct moim_conformer_live *l)
{
    const float *lp;
    int n, ahead;
    if (!moim_conformer_stream_next(l->stream, &lp, &n, &ahead)) return false;
    if (n > MOST - l->n) n = MOST - l->n, ahead = 0;
    if (ahead > MOST - l->n - n) ahead = MOST - l->n - n;
    memcpy(l->logprob + (size_t)l->n * SYMBOLS, lp, sizeof *lp * (size_t)(n + ahead) * SYMBOLS);
    moim_ctc_push(l->words.ctc, l->logprob + (size_t)l->n * SYMBOLS, n);
    moim_ctc_settle(l->words.ctc, SETTLED);
    l->n += n;
    l->ahead = ahead;
    return true;
}

bool moim_conformer_live_push(struct moim_conformer_live *l, const float *pcm, size_t n)
{
    bool changed = false;
    for (size_t used = 0; used < n;) {
        used += moim_conformer_stream_push(l->stream, pcm + used, n - used);
        changed = take_chunk(l) || changed;
    }
    l->pushed += n;
    return changed;
}

int moim_conformer_live_words(struct moim_conformer_live *l, struct moim_ctc_word *words, int cap,
                              int *stable)
{
    return moim_conformer_words_so_far(&l->words, l->logprob + (size_t)l->n * SYMBOLS, l->ahead, words, cap,
                                       stable);
}

int moim_conformer_live_end(struct moim_conformer_live *l, size_t n, double t0, int want,
                            struct moim_nbest *out, struct moim_err *err)
{
    int rc = MOIM_OK;
    moim_conformer_stream_end(l->stream);
    take_chunk(l);
    out->start = t0;
    out->end = t0 + (double)n / MOIM_ASR_RATE;
    strcpy(out->lang, "en");
    /* A stretch that was cut in mid-speech ends before what was heard: the rest belongs to the next one. */
    int frames = moim_conformer_frames(n);
    if (frames + (int)(1.2 / MOIM_CONFORMER_SECONDS) < l->n) {
        l->n = frames;
        rc = moim_conformer_words_begin(&l->words, l->vocab, l->n_vocab, err);
        if (!rc) moim_ctc_push(l->words.ctc, l->logprob, l->n);
    }
    if (!rc) rc = moim_conformer_words_finish(&l->words, l->logprob, l->n, t0, want, out, err);
    if (!rc && !out->n && !moim_nbest_add(out)) rc = moim_fail(err, MOIM_ENOMEM, "conformer: out of memory");
    if (rc) moim_nbest_free(out);
    return rc;
}
