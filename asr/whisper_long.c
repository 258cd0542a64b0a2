/* Long recordings: a window of up to 30 s is decoded as one, then told sentence by sentence. What the search
 * was not sure of is searched again by itself, from the nodes that are there, in a wider beam. */
#include "asr/whisper_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRAME 0.02
#define AT_END 1.0   /* seconds before the window's end from which on a sentence may be cut */
#define SHORTEST 1.5 /* seconds of a sentence that stands by itself */
#define NEAR 0.6     /* seconds by which another text of a sentence may end earlier */
#define BEYOND 0.25  /* ... and later: in more, words of what comes next have room */
#define MAX_SPANS 224
#define BEAM_SECONDS 48 /* the beam of a second search times the seconds of its sentence, */
#define LEAST_BEAM 8    /* ... but no narrower than this */

/* Text between two times: tokens [first, last) of a hypothesis. */
struct span {
    int first, last;
    bool closed;     /* by a time */
    bool sign;       /* it ends with a sign, and another follows at once */
    double from, to; /* seconds, by attention */
};

static void copy_best(struct whisper_recogniser *r, const struct whisper_search *p,
                      const struct whisper_hyp *h)
{
    struct whisper_hyp to = r->best;
    memcpy(to.tokens, h->tokens, (size_t)h->n * sizeof(int));
    memcpy(to.lp, h->lp, (size_t)(h->n + 1) * sizeof(float));
    memcpy(to.path, h->path, (size_t)(p->prefix + h->n) * sizeof(int));
    r->best = *h;
    r->best.tokens = to.tokens;
    r->best.lp = to.lp;
    r->best.path = to.path;
}

/* The best text that is in use, into r->best; how far it tells, in seconds. */
static double choose_best(struct whisper_recogniser *r, const struct whisper_search *p, double seconds)
{
    bool out_of_use[MOIM_WHISPER_MAX_BEAM];
    double told = whisper_rule_out(r, p, seconds, out_of_use);
    int best = 0;
    while (best + 1 < r->beams.n_done && out_of_use[best]) best++;
    copy_best(r, p, r->beams.done[best]);
    return told;
}

/* Whether token i of r->best ends a sentence: a sign, and a space after it. */
static bool sentence_ends(const struct whisper_recogniser *r, int i)
{
    const struct whisper_hyp *h = &r->best;
    size_t len, next_len;
    if (i + 1 >= h->n || h->tokens[i + 1] >= r->m->ids.eot) return false;
    const char *next = whisper_token(&r->m->words, h->tokens[i + 1], &next_len);
    const char *text = whisper_token(&r->m->words, h->tokens[i], &len);
    return whisper_sentence_sign(text, len) && next_len && *next == ' ';
}

/* Spans of r->best: between two times, and sentences; r->start and r->end hold its tokens' times. */
static int split(const struct whisper_recogniser *r, struct span *span)
{
    const struct whisper_hyp *h = &r->best;
    int n = 0;
    for (int i = 0, first = 0; i <= h->n; i++) {
        bool time = i < h->n && h->tokens[i] >= r->m->ids.time0;
        bool sign =
            i < h->n && !time && i > first && r->end[i] - r->start[first] >= SHORTEST && sentence_ends(r, i);
        if (i < h->n && !time && !sign) continue;
        int last = sign ? i + 1 : i;
        if (last > first && n < MAX_SPANS)
            span[n++] = (struct span){first, last, time, sign, r->start[first], r->end[last - 1]};
        first = i + 1;
    }
    return n;
}

/* When a span ends: by its closing time where that is a little later than where its last word listens. */
static double ends_at(const struct whisper_recogniser *r, const struct span *s)
{
    double closing = s->closed ? (r->best.tokens[s->last] - r->m->ids.time0) * FRAME : 0;
    return closing > s->to && closing < s->to + WHISPER_PAUSE ? closing : s->to;
}

/* Where the next call begins, in seconds, when the sound goes on in speech; leaves in span[*n] what has been
 * told until there. */
static double leave_open(const struct whisper_recogniser *r, const float *pcm, size_t n, struct span *span,
                         int *spans)
{
    double seconds = (double)n / MOIM_ASR_RATE;
    struct span *last = &span[*spans - 1];
    bool whole = (last->closed || last->sign) && last->to < seconds - AT_END;
    if (!whole && *spans > 1 && last->from > seconds / 3) {
        --*spans;
        return whisper_quietest(pcm, n, last[-1].to - 0.1, fmax(last->from, last[-1].to) + 0.1);
    }
    if (whole || last->to < seconds - 2 * AT_END) return whisper_cut_behind(pcm, n, ends_at(r, last));
    double cut = whisper_quietest(pcm, n, fmax(seconds - 8, 0), seconds - 0.5);
    while (last->last > last->first + 1 && r->start[last->last - 1] > cut) last->last--;
    return cut;
}

/* Until when a sentence listens, its sign left out: that listens into the pause, or to what comes next. */
static double heard_until(const struct whisper_recogniser *r, const struct whisper_search *p,
                          const struct whisper_hyp *h, bool sign)
{
    struct whisper_hyp said = *h;
    if (sign && said.n > 1) said.n--;
    return whisper_coverage_end(r->dec, r->m, &said, p, (double)r->dec->frames * FRAME);
}

static bool ends_with_sign(const struct whisper_recogniser *r, const struct whisper_hyp *h)
{
    size_t len;
    const char *text = h->n ? whisper_token(&r->m->words, h->tokens[h->n - 1], &len) : NULL;
    return text && whisper_sentence_sign(text, len);
}

static int add_other(struct whisper_recogniser *r, const struct whisper_search *p,
                     const struct whisper_hyp *h, const struct span *s, double heard, double seconds,
                     double t0, struct moim_nbest *nb)
{
    struct whisper_hyp said = whisper_tail(h, s->first);
    bool sign = !h->ended && ends_with_sign(r, &said);
    if ((!h->ended && !sign) || whisper_repeats_tokens(said.tokens, said.n) ||
        whisper_attends_backwards(r->dec, r->m, &said, p))
        return MOIM_OK;
    double later = heard_until(r, p, &said, sign) - heard;
    if (later < -NEAR || later > BEYOND) return MOIM_OK;
    struct moim_hyp *out = moim_nbest_add(nb);
    int rc = out ? whisper_align(r->dec, r->m, &said, p, r->start, r->end) : MOIM_ENOMEM;
    if (!rc) rc = whisper_words(r, &said, 0, said.n, r->start, r->end, seconds, t0, out);
    if (rc) return rc;
    out->acoustic = (float)h->sum;
    out->total = (float)h->score;
    if (!out->n_words || whisper_text_is_double(nb)) whisper_drop_last(nb);
    return MOIM_OK;
}

/* Searches a sentence again by itself; what comes behind r->best's own text goes into nb. */
static int search_again(struct whisper_recogniser *r, const struct whisper_search *window,
                        const struct span *s, int beam, double seconds, double t0, struct moim_nbest *nb)
{
    struct whisper_search p = *window;
    struct whisper_hyp own = r->best, said;
    own.n = s->last;
    said = whisper_tail(&own, s->first);
    double heard = heard_until(r, &p, &said, s->sign);
    p.from = &r->best;
    p.given = s->first;
    p.beam = beam;
    p.max_new = (s->last - s->first) * 4 / 3 + 8;
    if (p.max_new > r->m->dims.text_ctx - p.prefix - p.given - 1)
        p.max_new = r->m->dims.text_ctx - p.prefix - p.given - 1;
    p.close = s->closed ? r->best.tokens[s->last] - (int)(NEAR / FRAME)
              : s->sign ? r->m->ids.time0 + (int)((s->to - NEAR) / FRAME)
                        : r->m->dims.vocab;
    p.signs = s->sign;
    p.heard = heard - NEAR;
    p.frame0 = (int)(fmax(0, s->from - NEAR) / FRAME);
    if (s->closed || s->sign) p.frames = (int)(fmin(seconds + 1, s->to + NEAR) / FRAME);
    int rc = whisper_search(&r->beams, r->dec, r->m, &p);
    for (int i = 0; !rc && i < r->beams.n_done && nb->n < beam; i++)
        rc = add_other(r, &p, r->beams.done[i], s, heard, seconds, t0, nb);
    return rc;
}

/* How many hypotheses of a sentence so long. */
static int width(int most, double seconds)
{
    int n = (int)fmax(LEAST_BEAM, BEAM_SECONDS / fmax(seconds, 1));
    n = n < most ? n : most;
    return n < MOIM_WHISPER_MAX_BEAM ? n : MOIM_WHISPER_MAX_BEAM;
}

static int tell_span(struct whisper_recogniser *r, const struct whisper_search *p, const struct span *s,
                     int nbest, double seconds, double t0, struct moim_nbest *nb)
{
    double sum = 0;
    struct moim_hyp *own = moim_nbest_add(nb);
    int rc =
        own ? whisper_words(r, &r->best, s->first, s->last, r->start, r->end, seconds, t0, own) : MOIM_ENOMEM;
    if (rc) return rc;
    for (int i = s->first; i < s->last; i++) sum += r->best.lp[i];
    bool sure = sum > -r->tune.sure;
    if (!s->sign && (s->closed || r->best.ended)) sum += r->best.lp[s->last];
    own->acoustic = (float)sum;
    own->total = (float)(sum / (s->last - s->first + 1));
    nb->start = t0 + s->from;
    nb->end = t0 + s->to;
    nb->no_speech = p->no_speech;
    return nbest > 1 && !sure ? search_again(r, p, s, width(nbest, s->to - s->from), seconds, t0, nb)
                              : MOIM_OK;
}

static int tell(struct whisper_recogniser *r, const struct whisper_search *p, const float *pcm, size_t n,
                bool open, double t0, int nbest, const char *lang, struct moim_whisper_told *out)
{
    struct span span[MAX_SPANS];
    double seconds = (double)n / MOIM_ASR_RATE, told = choose_best(r, p, seconds);
    int rc = whisper_align(r->dec, r->m, &r->best, p, r->start, r->end), spans = rc ? 0 : split(r, span);
    if (rc || !spans) return rc;
    if (open)
        told = leave_open(r, pcm, n, span, &spans);
    else if (told < seconds - WHISPER_UNTOLD)
        told = whisper_cut_behind(pcm, n, told);
    else
        told = seconds;
    out->told = (size_t)(told * MOIM_ASR_RATE) < n ? (size_t)(told * MOIM_ASR_RATE) : n;
    out->sure = r->best.sum / (r->best.n + 1);
    out->part = calloc((size_t)spans, sizeof *out->part);
    if (!out->part) return MOIM_ENOMEM;
    int nodes = r->dec->nodes;
    size_t ctx = (size_t)r->m->dims.text_ctx;
    double *times = malloc(2 * ctx * sizeof *times); /* a second search overwrites them */
    if (!times) return MOIM_ENOMEM;
    memcpy(times, r->start, ctx * sizeof *times);
    memcpy(times + ctx, r->end, ctx * sizeof *times);
    for (int i = 0; !rc && i < spans; i++) {
        struct moim_nbest *nb = &out->part[out->n++];
        strcpy(nb->lang, lang);
        memcpy(r->start, times, ctx * sizeof *times);
        memcpy(r->end, times + ctx, ctx * sizeof *times);
        for (int v = 0; v < p->ensemble_passes; v++) r->dec[v].nodes = nodes;
        rc = tell_span(r, p, &span[i], nbest, seconds, t0, nb);
        if (!rc && !nb->hyps[0].n_words) moim_nbest_free(&out->part[--out->n]);
    }
    free(times);
    return rc;
}

int moim_whisper_tell(struct moim_asr *a, const float *pcm, size_t n, bool open, double t0,
                      const struct moim_asr_options *opt, struct moim_whisper_told *out, struct moim_err *err)
{
    struct whisper_recogniser *r = a->impl;
    struct whisper_search p;
    struct whisper_bias *bias = NULL;
    int ids[MAX_PROMPT + 8];
    char lang[8];
    out->told = n;
    if (whisper_is_quiet(pcm, n)) return MOIM_OK;
    int rc = whisper_prepare(r, pcm, n, opt, &p, ids, &bias, lang, err);
    if (rc) return rc;
    rc = whisper_decide(r, &p);
    if (!rc && !whisper_is_silent(r, p.no_speech)) rc = tell(r, &p, pcm, n, open, t0, opt->nbest, lang, out);
    whisper_bias_free(bias);
    if (rc) moim_whisper_told_free(out);
    return rc ? moim_fail(err, rc, "whisper: out of memory") : MOIM_OK;
}

void moim_whisper_told_free(struct moim_whisper_told *t)
{
    for (int i = 0; i < t->n; i++) moim_nbest_free(&t->part[i]);
    free(t->part);
    memset(t, 0, sizeof *t);
}
