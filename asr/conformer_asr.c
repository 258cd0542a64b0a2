#include "asr/conformer_asr.h"
#include "asr/conformer.h"
#include "asr/conformer_words.h"

#include <stdlib.h>
#include <string.h>

#define MAX_FRAMES ((int)(MOIM_ASR_MAX_SECONDS * MOIM_ASR_RATE / MOIM_CONFORMER_HOP) + 2)

struct recogniser {
    struct moim_conformer *net;
    struct moim_conformer_words words;
    float *logprob; /* [MAX_FRAMES][191] */
};

static bool speaks(const char *lang)
{
    return !lang || !*lang || !strcmp(lang, "auto") || !strcmp(lang, "en");
}

static int set_beam(struct recogniser *r, int beam, struct moim_err *err)
{
    int want = beam > 1 ? beam : moim_ctc_defaults.beam;
    if (want < moim_ctc_defaults.beam)
        want = moim_ctc_defaults.beam; /* a beam of Whisper's size finds nothing here */
    if (want == r->words.params.beam) return MOIM_OK;
    struct moim_ctc_params p = r->words.params;
    p.beam = want;
    return moim_conformer_words_tune(&r->words, &p, err);
}

static int recognise(struct recogniser *r, const float *pcm, size_t n, double t0,
                     const struct moim_asr_options *opt, struct moim_nbest *out, struct moim_err *err)
{
    int t = moim_conformer_frames(n), rc = moim_conformer_run(r->net, pcm, n, r->logprob, err);
    if (rc) return rc;
    if (opt->beam == 1) return moim_conformer_words_greedy(&r->words, r->logprob, t, t0, out, err);
    rc = set_beam(r, opt->beam, err);
    if (!rc) rc = moim_conformer_words_begin(&r->words, opt->vocab, opt->n_vocab, err);
    if (rc) return rc;
    moim_ctc_push(r->words.ctc, r->logprob, t);
    return moim_conformer_words_finish(&r->words, r->logprob, t, t0, opt->nbest, out, err);
}

static int decode(void *impl, const float *pcm, size_t n, double t0, const struct moim_asr_options *opt,
                  struct moim_nbest *out, struct moim_err *err)
{
    int rc = MOIM_OK;
    out->start = t0;
    out->end = t0 + (double)n / MOIM_ASR_RATE;
    strcpy(out->lang, "en");
    if (!speaks(opt->lang))
        rc = moim_fail(err, MOIM_EUNSUP, "conformer: knows English only, not %.8s (try --model whisper)",
                       opt->lang);
    if (!rc && n >= MOIM_ASR_RATE / 20) rc = recognise(impl, pcm, n, t0, opt, out, err);
    if (!rc && !out->n && !moim_nbest_add(out)) rc = moim_fail(err, MOIM_ENOMEM, "conformer: out of memory");
    if (rc) moim_nbest_free(out);
    return rc;
}

static void close_recogniser(void *impl)
{
    struct recogniser *r = impl;
    moim_conformer_close(r->net);
    moim_conformer_words_close(&r->words);
    free(r->logprob);
    free(r);
}

int moim_conformer_asr_open(struct moim_asr *out, const struct moim_conformer_files *files,
                            struct moim_pool *pool, struct moim_err *err)
{
    static const struct moim_asr_vtable vtable = {"conformer", decode, close_recogniser};
    struct recogniser *r = calloc(1, sizeof *r);
    if (!r) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", files->model);
    int rc = moim_conformer_open(&r->net, files->model, MAX_FRAMES, pool, err);
    if (!rc) rc = moim_conformer_words_open(&r->words, files, pool, err);
    if (!rc && !(r->logprob = malloc(sizeof *r->logprob * MAX_FRAMES * MOIM_CTC_SYMBOLS)))
        rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", files->model);
    if (rc) {
        close_recogniser(r);
        return rc;
    }
    *out = (struct moim_asr){&vtable, r};
    return MOIM_OK;
}
