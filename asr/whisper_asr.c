/* The recogniser: language, prompt, search with its guards, words. */
#include "asr/whisper_int.h"
#include "base/unicode.h"
#include "nn/vec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct moim_whisper_tuning moim_whisper_defaults(void)
{
    return (struct moim_whisper_tuning){.margin = 30,
                                        .vocab_bonus = 1.0f,
                                        .no_speech = 0.6f,
                                        .min_avg_logprob = -1.0f,
                                        .fallback = 1,
                                        .sure = 4,
                                        .length_penalty = 1.0f,
                                        .prune = 6.0f,
                                        .timed = true,
                                        .ensemble_passes = 1,
                                        .view = {{0, 30, 1}, {0.37, 4, 1}, {0, 30, 0.93}, {0, 30, 1.07}}};
}

void moim_whisper_tune(struct moim_asr *a, const struct moim_whisper_tuning *t)
{
    struct whisper_recogniser *r = a->impl;
    r->tune = *t;
}

/* The sound as a view hears it: after a lead of silence, at another speed. */
static int view_sound(struct whisper_recogniser *r, const struct moim_whisper_view *v, const float *pcm,
                      size_t *n)
{
    size_t lead = (size_t)(v->lead * MOIM_ASR_RATE), out = (size_t)((double)*n / v->speed);
    if (whisper_need(&r->sound, lead + out + 1)) return MOIM_ENOMEM;
    memset(r->sound.p, 0, lead * sizeof(float));
    for (size_t i = 0; i < out; i++) {
        double at = (double)i * v->speed;
        size_t k = (size_t)at;
        float f = (float)(at - (double)k);
        const float a = k ? pcm[k - 1] : 0, b = pcm[k], c = k + 1 < *n ? pcm[k + 1] : 0,
                    d = k + 2 < *n ? pcm[k + 2] : 0;
        r->sound.p[lead + i] =
            v->speed == 1
                ? pcm[i]
                : b + 0.5f * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)));
    }
    *n = lead + out;
    return MOIM_OK;
}

static int encode_pass(struct whisper_recogniser *r, int pass, const float *pcm, size_t n)
{
    struct moim_whisper_view v = r->tune.view[pass];
    int rc = MOIM_OK;
    if (!pass) v.margin = r->tune.margin, v.lead = 0, v.speed = 1;
    if (v.lead > 0 || v.speed != 1) {
        rc = view_sound(r, &v, pcm, &n);
        pcm = r->sound.p;
    }
    if (!rc) rc = whisper_encode(r->m, &r->enc, pcm, n, v.margin);
    return rc ? rc : whisper_decoder_begin(&r->dec[pass], r->m, r->enc.out, r->enc.frames);
}

/* Tells one piece of sound, and how it is to be heard, from another. */
static uint64_t mark_of(const struct whisper_recogniser *r, const float *pcm, size_t n)
{
    uint64_t h = 14695981039346656037u ^ n ^ (uint64_t)(r->tune.margin * 1000);
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &pcm[i], sizeof bits);
        h = (h ^ bits) * 0x100000001B3u;
    }
    return h ? h : 1;
}

/* What has just been encoded, to tell its language, is not encoded again. */
int whisper_listen(struct whisper_recogniser *r, const float *pcm, size_t n)
{
    uint64_t mark = mark_of(r, pcm, n);
    r->dec->nodes = 0;
    if (mark == r->heard) return MOIM_OK;
    r->heard = 0;
    int rc = encode_pass(r, 0, pcm, n);
    if (!rc) r->heard = mark;
    r->sound_frames = (int)(n / (MOIM_ASR_RATE / 50));
    return rc;
}

/* [prev, last tokens of the context,] sot, [language, transcribe,] no_timestamps */
static int build_prefix(const struct whisper_recogniser *r, const char *context, int lang, int *ids, int *sot)
{
    const struct whisper_ids *s = &r->m->ids;
    int n = 0;
    if (context && *context) {
        size_t len = strlen(context);
        const char *tail =
            len > 1200 ? context + len - 1200 : context; /* some 223 tokens are wanted at most */
        while (((uint8_t)*tail & 0xC0) == 0x80) tail++;
        int tokens[1300], have = whisper_tokenize(&r->m->words, tail, tokens, 1300);
        int take = have < MAX_PROMPT ? have : MAX_PROMPT;
        ids[n++] = s->prev;
        for (int i = have - take; i < have; i++) ids[n++] = tokens[i];
    }
    *sot = n;
    ids[n++] = s->sot;
    if (whisper_multilingual(r->m)) {
        ids[n++] = s->lang0 + lang;
        ids[n++] = s->transcribe;
    }
    ids[n++] = r->tune.timed ? s->time0 : s->no_timestamps;
    return n;
}

static double average(const struct whisper_hyp *h)
{
    return h->sum / (h->n + 1);
}

/* A result that no speaker said: it loops, or it tells a stretch of sound twice. */
bool whisper_stuck(const struct whisper_recogniser *r, const struct whisper_hyp *h,
                   const struct whisper_search *p)
{
    int text[512], n = 0;
    for (int i = 0; i < h->n && n < 512; i++)
        if (h->tokens[i] < r->m->ids.eot) text[n++] = h->tokens[i];
    return whisper_repeats_tokens(text, n) || whisper_repeats_audio(r->dec, r->m, h, p) ||
           whisper_attends_backwards(r->dec, r->m, h, p);
}

/* Beam search; where its best result loops, samples at rising temperature until one does not. */
int whisper_decide(struct whisper_recogniser *r, struct whisper_search *p)
{
    static const float temperatures[] = {0, 0.2f, 0.4f, 0.6f, 0.8f, 1.0f};
    int tries = r->tune.fallback ? 6 : 1;
    for (int i = 0; i < tries; i++) {
        p->temperature = temperatures[i];
        p->seed = (uint64_t)i * 1000003u;
        int rc = whisper_search(&r->beams, r->dec, r->m, p);
        if (rc) return rc;
        for (int k = 0; k < r->beams.n_done; k++)
            if (!whisper_stuck(r, r->beams.done[k], p)) return MOIM_OK;
    }
    return MOIM_OK;
}

/* Bytes of one UTF-8 character at s (n left), 0 when malformed. */
static size_t utf8_len(const uint8_t *s, size_t n)
{
    size_t len = s[0] < 0x80                   ? 1
                 : s[0] >= 0xC2 && s[0] < 0xE0 ? 2
                 : s[0] >= 0xE0 && s[0] < 0xF0 ? 3
                 : s[0] >= 0xF0 && s[0] < 0xF5 ? 4
                                               : 0;
    if (!len || len > n) return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xC0) != 0x80) return 0;
    return len;
}

#define WORD_BYTES 1024
struct word_builder {
    char text[WORD_BYTES];
    size_t len;
    int tokens;
    double start, end, logprob;
    bool gap;
};

/* Without spaces each token is a word, unless a character or a sign goes on in the next. */
static bool parts(const struct word_builder *w, const char *next, size_t len)
{
    uint32_t c;
    size_t last = w->len;
    while (last && ((uint8_t)w->text[last - 1] & 0xC0) == 0x80) last--;
    bool whole =
        last && utf8_len((const uint8_t *)w->text + last - 1, w->len - last + 1) == w->len - last + 1;
    moim_utf8_next(next, len, &c);
    enum moim_uc k = moim_uc_class(c);
    return whole && (k == MOIM_UC_LETTER || k == MOIM_UC_NUMBER);
}

static int flush_word(struct moim_hyp *out, struct word_builder *w, double t0)
{
    char clean[WORD_BYTES + 1];
    size_t n = 0;
    for (size_t i = 0; i < w->len;) { /* a token may end inside a character: what stays broken is left out */
        size_t len = utf8_len((const uint8_t *)w->text + i, w->len - i);
        if (len && !(n == 0 && w->text[i] == ' ')) {
            memcpy(clean + n, w->text + i, len);
            n += len;
        }
        i += len ? len : 1;
    }
    while (n && clean[n - 1] == ' ') n--;
    clean[n] = 0;
    int rc = MOIM_OK;
    if (n)
        rc = moim_hyp_add_word(out, clean, t0 + w->start, t0 + w->end, (float)exp(w->logprob / w->tokens),
                               w->gap && out->n_words > 0);
    w->len = 0;
    w->tokens = 0;
    w->logprob = 0;
    return rc;
}

/* A first word that swallowed the silence before it is cut to a speakable length. */
static void trim_first(struct moim_hyp *out)
{
    if (!out->n_words) return;
    struct moim_word *w = &out->words[0];
    double most = 0.6 + 0.08 * (double)strlen(w->text);
    if (w->end - w->start > most) w->start = w->end - most;
}

int whisper_words(const struct whisper_recogniser *r, const struct whisper_hyp *h, int first, int last,
                  const double *start, const double *end, double seconds, double t0, struct moim_hyp *out)
{
    int rc = MOIM_OK;
    struct word_builder w = {.len = 0};
    for (int i = first; !rc && i < last; i++) {
        size_t len;
        const char *text = whisper_token(&r->m->words, h->tokens[i], &len);
        if (h->tokens[i] >= r->m->ids.eot) continue; /* a time */
        bool gap = len && text[0] == ' ';
        if (w.tokens && (gap || w.len + len > WORD_BYTES || (r->unspaced && parts(&w, text, len))))
            rc = flush_word(out, &w, t0);
        if (!w.tokens) {
            if (start[i] > seconds + 0.2) break;
            w.gap = gap;
            w.start = fmin(start[i], seconds);
        }
        if (len > WORD_BYTES) len = WORD_BYTES; /* no token is that long */
        memcpy(w.text + w.len, text, len);
        w.len += len;
        w.end = fmin(fmax(end[i], w.start), seconds);
        w.logprob += h->lp[i];
        w.tokens++;
    }
    if (!rc && w.tokens) rc = flush_word(out, &w, t0);
    if (!rc) trim_first(out);
    return rc;
}

/* Words of h; those that the sound does not reach are an invention and end it. */
static int to_words(struct whisper_recogniser *r, const struct whisper_hyp *h, const struct whisper_search *p,
                    double seconds, double t0, struct moim_hyp *out)
{
    int rc = whisper_align(r->dec, r->m, h, p, r->start, r->end);
    if (!rc) rc = whisper_words(r, h, p->given, h->n, r->start, r->end, seconds, t0, out);
    if (!rc && p->given && out->n_words) { /* behind the text that was given */
        size_t len;
        const char *first = whisper_token(&r->m->words, h->tokens[p->given], &len);
        out->words[0].space_before = len && *first == ' ';
    }
    out->acoustic = (float)h->sum;
    out->total = (float)h->score;
    return rc;
}

bool whisper_text_is_double(const struct moim_nbest *nb)
{
    for (int i = 0; i + 1 < nb->n; i++)
        if (!strcmp(nb->hyps[i].text, nb->hyps[nb->n - 1].text)) return true;
    return false;
}

void whisper_drop_last(struct moim_nbest *nb)
{
    struct moim_nbest one = {.hyps = malloc(sizeof *one.hyps), .n = 1};
    if (!one.hyps) return; /* a double entry does less harm */
    one.hyps[0] = nb->hyps[--nb->n];
    moim_nbest_free(&one);
}

#define CREDIBLE 0.3 /* nats a token less than the best: still no invention */

double whisper_quietest(const float *pcm, size_t n, double from, double to)
{
    size_t width = MOIM_ASR_RATE / 10, at = (size_t)(fmax(from, 0) * MOIM_ASR_RATE), best = at;
    double least = INFINITY;
    for (size_t i = at; i + width <= n && i < (size_t)(to * MOIM_ASR_RATE); i += width / 4) {
        double sum = 0;
        for (size_t k = i; k < i + width; k++) sum += (double)pcm[k] * pcm[k];
        if (sum < least) least = sum, best = i;
    }
    return (double)(best + width / 2) / MOIM_ASR_RATE;
}

double whisper_cut_behind(const float *pcm, size_t n, double to)
{
    return whisper_quietest(pcm, n, to - 0.1, fmin(to + WHISPER_PAUSE, (double)n / MOIM_ASR_RATE));
}

/* Rules out of the n_done texts those that are stuck, unless all are, and those that break off: they are
 * cheaper than what goes on, and count for nothing where that is as sure of itself. Returns how far the rest
 * tells. */
double whisper_rule_out(const struct whisper_recogniser *r, const struct whisper_search *p, double seconds,
                        bool *out_of_use)
{
    const struct whisper_beams *b = &r->beams;
    double told[MOIM_WHISPER_MAX_BEAM] = {0}, furthest = 0, best = -INFINITY;
    bool all = true;
    for (int i = 0; i < b->n_done; i++) all = (out_of_use[i] = whisper_stuck(r, b->done[i], p)) && all;
    if (all && !r->tune.strict) /* better than nothing */
        memset(out_of_use, 0, (size_t)b->n_done * sizeof *out_of_use);
    if (!r->tune.timed) return seconds; /* a caption's window ends in the middle of speech */
    for (int i = 0; i < b->n_done; i++) {
        if (out_of_use[i]) continue;
        told[i] = whisper_coverage_end(r->dec, r->m, b->done[i], p, seconds);
        best = fmax(best, b->done[i]->score);
        if (b->done[i]->score >= best - CREDIBLE) furthest = fmax(furthest, told[i]);
    }
    for (int i = 0; i < b->n_done; i++) out_of_use[i] = out_of_use[i] || told[i] < furthest - WHISPER_UNTOLD;
    return furthest;
}

static int to_nbest(struct whisper_recogniser *r, const struct whisper_search *p, int want, const float *pcm,
                    size_t n, double t0, struct moim_nbest *out)
{
    const struct whisper_beams *b = &r->beams;
    bool out_of_use[MOIM_WHISPER_MAX_BEAM];
    double seconds = (double)n / MOIM_ASR_RATE, told = whisper_rule_out(r, p, seconds, out_of_use);
    for (int i = 0; i < b->n_done && out->n < want; i++) {
        if (out_of_use[i]) continue;
        struct moim_hyp *h = moim_nbest_add(out);
        int rc = h ? to_words(r, b->done[i], p, seconds, t0, h) : MOIM_ENOMEM;
        if (rc) return rc;
        if (whisper_text_is_double(out)) whisper_drop_last(out);
    }
    if (told < seconds - WHISPER_UNTOLD) {
        out->end = t0 + whisper_cut_behind(pcm, n, told);
        for (int i = 0; i < out->n; i++) { /* what comes after is no part of the last word */
            struct moim_hyp *h = &out->hyps[i];
            struct moim_word *last = h->n_words ? &h->words[h->n_words - 1] : NULL;
            if (last) last->end = fmax(last->start, fmin(last->end, out->end));
        }
    }
    return MOIM_OK;
}

bool whisper_is_silent(const struct whisper_recogniser *r, float no_speech)
{
    const struct whisper_beams *b = &r->beams;
    if (!b->n_done || !b->done[0]->n) return true;
    return no_speech > r->tune.no_speech && average(b->done[0]) < r->tune.min_avg_logprob;
}

/* Digital silence, or so near that the features would be its noise blown up. */
bool whisper_is_quiet(const float *pcm, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)pcm[i] * pcm[i];
    return n < MOIM_ASR_RATE / 20 || !(sum / (double)n > 1e-9);
}

/* English is as well known to the model in words as in figures; Korean is not. */
static bool speaks_numbers(const struct moim_asr_options *opt, const char *lang)
{
    return opt->spoken_numbers && !strcmp(lang, "en");
}

int whisper_prepare(struct whisper_recogniser *r, const float *pcm, size_t n,
                    const struct moim_asr_options *opt, struct whisper_search *p, int *ids,
                    struct whisper_bias **bias, char lang[8], struct moim_err *err)
{
    int language, rc = whisper_listen(r, pcm, n);
    if (rc) return moim_fail(err, rc, "whisper: out of memory");
    if ((rc = whisper_choose_language(r, opt, &language, err))) return rc;
    strcpy(lang, whisper_lang_code(language));
    r->unspaced = !moim_whisper_spaced(lang);
    *p = (struct whisper_search){.prefix_tokens = ids,
                                 .length_penalty = r->tune.length_penalty,
                                 .prune = r->tune.prune,
                                 .ensemble_passes = r->tune.ensemble_passes,
                                 .timed = r->tune.timed,
                                 .spoken_numbers = speaks_numbers(opt, lang),
                                 .hangul = !strcmp(lang, "ko")};
    for (int v = 1; !rc && v < p->ensemble_passes; v++) rc = encode_pass(r, v, pcm, n);
    if (rc) return moim_fail(err, rc, "whisper: out of memory");
    p->beam = opt->beam > 0 ? opt->beam : 5;
    p->prefix = build_prefix(r, opt->context, language, ids, &p->sot);
    double seconds = (double)n / MOIM_ASR_RATE;
    p->frames = (int)(50 * (seconds + 1)); /* and a second, where a word may end */
    p->max_new = 16 + (int)(seconds * 16); /* nobody speaks faster; a stuck search stops sooner */
    int room = r->m->dims.text_ctx - p->prefix - 1;
    if (p->max_new > room) p->max_new = room;
    if (p->max_new > 224) p->max_new = 224;
    rc = whisper_bias_new(bias, &r->m->words, opt->vocab, opt->n_vocab, r->tune.vocab_bonus);
    p->bias = *bias;
    return rc ? moim_fail(err, rc, "whisper: out of memory") : MOIM_OK;
}

static int recognise(struct whisper_recogniser *r, const float *pcm, size_t n, double t0,
                     const struct moim_asr_options *opt, struct moim_nbest *out, struct moim_err *err)
{
    int ids[MAX_PROMPT + 8], want = opt->nbest > 1 ? opt->nbest : 1;
    struct whisper_search p;
    struct whisper_bias *bias = NULL;
    int rc = whisper_prepare(r, pcm, n, opt, &p, ids, &bias, out->lang, err);
    if (rc) return rc;
    if (p.beam < want) p.beam = want;
    if (p.beam > MOIM_WHISPER_MAX_BEAM) p.beam = MOIM_WHISPER_MAX_BEAM;
    if (opt->prefix) rc = whisper_force(r, &p, opt->prefix);
    if (!rc) rc = whisper_decide(r, &p);
    whisper_bias_free(bias);
    out->no_speech = p.no_speech;
    if (!rc && !whisper_is_silent(r, p.no_speech)) rc = to_nbest(r, &p, want, pcm, n, t0, out);
    return rc ? moim_fail(err, rc, "whisper: out of memory") : MOIM_OK;
}

static int decode(void *impl, const float *pcm, size_t n, double t0, const struct moim_asr_options *opt,
                  struct moim_nbest *out, struct moim_err *err)
{
    int rc = MOIM_OK;
    out->start = t0;
    out->end = t0 + (double)n / MOIM_ASR_RATE;
    out->no_speech = 1;
    if (!whisper_is_quiet(pcm, n)) rc = recognise(impl, pcm, n, t0, opt, out, err);
    if (!rc && !out->n && !moim_nbest_add(out)) rc = moim_fail(err, MOIM_ENOMEM, "whisper: out of memory");
    if (rc) moim_nbest_free(out);
    return rc;
}

static void close_recogniser(void *impl)
{
    struct whisper_recogniser *r = impl;
    whisper_beams_free(&r->beams);
    for (int v = 0; v < MOIM_WHISPER_MAX_PASSES; v++)
        if (r->dec[v].k) whisper_decoder_free(&r->dec[v], r->m);
    free(r->sound.p);
    whisper_encoder_free(&r->enc);
    whisper_unload(r->m);
    free(r->start);
    free(r->end);
    free(r->best.tokens);
    free(r->best.lp);
    free(r->best.path);
    free(r);
}

static int open_recogniser(struct moim_asr *out, const char *path, bool lean, struct moim_pool *pool,
                           struct moim_err *err)
{
    static const struct moim_asr_vtable vtable = {"whisper", decode, close_recogniser};
    struct whisper_model *m;
    int rc = whisper_load(&m, path, lean, pool, err);
    if (rc) return rc;
    struct whisper_recogniser *r = calloc(1, sizeof *r);
    if (!r) {
        whisper_unload(m);
        return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    }
    r->m = m;
    r->tune = moim_whisper_defaults();
    r->start = calloc((size_t)m->dims.text_ctx, sizeof *r->start);
    r->end = calloc((size_t)m->dims.text_ctx, sizeof *r->end);
    size_t ctx = (size_t)m->dims.text_ctx;
    r->best.tokens = calloc(ctx, sizeof(int));
    r->best.path = calloc(ctx, sizeof(int));
    r->best.lp = calloc(ctx + 1, sizeof(float));
    int short_of = !r->start || !r->end || !r->best.tokens || !r->best.path || !r->best.lp ||
                   whisper_beams_init(&r->beams, m);
    for (int v = 0; v < MOIM_WHISPER_MAX_PASSES && !short_of; v++)
        short_of = whisper_decoder_init(&r->dec[v], m, v == 0);
    if (short_of) {
        close_recogniser(r);
        return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    }
    *out = (struct moim_asr){&vtable, r};
    return MOIM_OK;
}

int moim_whisper_open(struct moim_asr *out, const char *path, struct moim_pool *pool, struct moim_err *err)
{
    return open_recogniser(out, path, false, pool, err);
}

int moim_whisper_open_lean(struct moim_asr *out, const char *path, struct moim_pool *pool,
                           struct moim_err *err)
{
    return open_recogniser(out, path, true, pool, err);
}
