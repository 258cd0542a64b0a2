/* Captions by Whisper, which knows no streams: what is open is recognised again and again, and the words that
 * two runs in succession begin with are settled (LocalAgreement-2; Macháček, Dabre and Bojar, "Turning
 * Whisper into Real-Time Transcription System", 2023). Settled words move the window's start forward, so that
 * runs stay short. */
#include "firmware/recording/captions_int.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RATE MOIM_ASR_RATE
#define FIRST_RUN 1.0    /* seconds of an open stretch before the first run */
#define STEP 0.8         /* of new sound between runs, at least */
#define LOAD 0.6         /* of real time that runs may take; the rest of the time is for others */
#define LAG 1.0          /* seconds that wait already: no partial captions now */
#define LONGEST_WINDOW 9 /* seconds; then it starts behind the settled words */
#define MAX_WORDS 200

struct word {
    char text[64];
    double end; /* seconds of the recording */
    bool space;
};

struct whisper_captions {
    struct moim_asr *asr;
    bool open;                                    /* a stretch is */
    uint64_t start;                               /* its first sample */
    size_t window;                                /* where runs begin now, samples behind start */
    size_t seen;                                  /* samples of the stretch at the last run */
    double step;                                  /* seconds until the next */
    double begin;                                 /* when the first word began */
    struct word said[MAX_WORDS], last[MAX_WORDS]; /* settled; behind them in the last run */
    int n_said, n_last;
    char lang[8]; /* of the stretch, once it is known */
    char text[CAPTION_BYTES];
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- words ---- */

/* The same but for case and the signs around it. */
static bool same_word(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (*a && !((unsigned char)*a >= 0x80 || isalnum((unsigned char)*a))) a++;
        while (*b && !((unsigned char)*b >= 0x80 || isalnum((unsigned char)*b))) b++;
        if (!*a || !*b) return *a == *b;
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b)) return false;
    }
}

static struct word copy_word(const struct moim_word *w)
{
    struct word out = {.end = w->end, .space = w->space_before};
    size_t n = strlen(w->text);
    if (n >= sizeof out.text) n = sizeof out.text - 1;
    while (n && (w->text[n] & 0xC0) == 0x80) n--;
    memcpy(out.text, w->text, n);
    return out;
}

/* Words of a run that follow the settled ones: behind those it repeats, or, where it heard them otherwise,
 * behind their end. */
static int rest_of(const struct whisper_captions *k, const struct moim_hyp *h, struct word *out, int cap)
{
    double end = k->n_said ? k->said[k->n_said - 1].end : 0;
    int from = 0, n = 0;
    for (int i = 0; i < h->n_words && k->n_said; i++)
        if (h->words[i].end <= end + 0.1) from = i + 1;
    /* Times wander a little from run to run; the settled word itself is the better mark. */
    for (int i = from < 2 ? 0 : from - 2; k->n_said && i < h->n_words && i < from + 2; i++)
        if (fabs(h->words[i].end - end) < 0.6 && same_word(h->words[i].text, k->said[k->n_said - 1].text))
            from = i + 1;
    for (int i = from; i < h->n_words && n < cap; i++) out[n++] = copy_word(&h->words[i]);
    return n;
}

static size_t append(char *text, size_t n, const struct word *w)
{
    int k = snprintf(text + n, CAPTION_BYTES - n, "%s%s", n && w->space ? " " : "", w->text);
    return k > 0 && n + (size_t)k < CAPTION_BYTES ? n + (size_t)k : n;
}

/* Settled words and what follows them; returns the bytes that are settled. */
static size_t compose(struct whisper_captions *k, const struct word *rest, int n_rest)
{
    size_t n = 0;
    k->text[0] = 0;
    for (int i = 0; i < k->n_said; i++) n = append(k->text, n, &k->said[i]);
    size_t settled = n;
    for (int i = 0; i < n_rest; i++) n = append(k->text, n, &rest[i]);
    k->text[n] = 0;
    return settled;
}

/* ---- runs ---- */

static int recognise(struct moim_captions *c, const float *pcm, size_t n, int beam, struct moim_nbest *nb,
                     struct moim_err *err)
{
    struct whisper_captions *k = c->impl;
    size_t from = k->window < n ? k->window : n;
    if (n - from > (size_t)(MOIM_ASR_MAX_SECONDS * RATE)) from = n - (size_t)(MOIM_ASR_MAX_SECONDS * RATE);
    compose(k, NULL, 0);
    /* A run that only shows what is coming need not be tried again; the next one follows. */
    struct moim_whisper_tuning t = moim_whisper_defaults();
    t.ensemble_passes = 1;
    t.fallback = beam != 1;
    /* A full window costs three times the time; before so little silence texts need no times to be whole. */
    t.margin = 4;
    t.timed = false;
    moim_whisper_tune(k->asr, &t);
    struct moim_asr_options o = {.lang = *k->lang ? k->lang : c->opt.lang,
                                 .nbest = 1,
                                 .beam = beam,
                                 .vocab = c->opt.vocab,
                                 .n_vocab = c->opt.n_vocab,
                                 .context = k->window ? k->text : NULL};
    int rc = moim_asr_decode(k->asr, pcm + from, n - from, (double)(k->start + from) / RATE, &o, nb, err);
    /* Two seconds tell the language; with less it may still change. */
    if (!rc && nb->n && nb->hyps[0].n_words && n > 2 * RATE)
        snprintf(k->lang, sizeof k->lang, "%s", nb->lang);
    if (!rc && nb->n && nb->hyps[0].n_words && !k->n_said) k->begin = nb->hyps[0].words[0].start;
    return rc;
}

static void begin(struct whisper_captions *k, uint64_t start)
{
    k->open = true;
    k->start = start;
    k->window = k->seen = 0;
    k->n_said = k->n_last = 0;
    k->step = FIRST_RUN;
    k->lang[0] = 0;
}

/* Words on which this run and the last one agree become settled. */
static void settle(struct whisper_captions *k, struct word *rest, int n)
{
    int same = 0;
    while (same < n && same < k->n_last && same_word(rest[same].text, k->last[same].text)) same++;
    if (same > MAX_WORDS - k->n_said) same = MAX_WORDS - k->n_said;
    memcpy(k->said + k->n_said, rest, sizeof *rest * (size_t)same);
    k->n_said += same;
    k->n_last = n - same;
    memmove(rest, rest + same, sizeof *rest * (size_t)k->n_last);
    memcpy(k->last, rest, sizeof *rest * (size_t)k->n_last);
}

static void move_window(struct whisper_captions *k, size_t n)
{
    if (n - k->window < LONGEST_WINDOW * RATE || !k->n_said) return;
    double to = k->said[k->n_said - 1].end - (double)k->start / RATE;
    if (to * RATE > (double)k->window && to * RATE < (double)n) k->window = (size_t)(to * RATE);
}

static int follow(struct moim_captions *c, const float *pcm, size_t n, uint64_t start, size_t waiting,
                  struct moim_err *err)
{
    struct whisper_captions *k = c->impl;
    struct word rest[MAX_WORDS];
    if (!k->open) begin(k, start);
    if ((double)(n - k->seen) < k->step * RATE || waiting > (size_t)(LAG * RATE)) return MOIM_OK;
    struct moim_nbest nb = {0};
    double before = now();
    move_window(k, n);
    int rc = recognise(c, pcm, n, 1, &nb, err);
    if (rc) return rc;
    int count = nb.n ? rest_of(k, &nb.hyps[0], rest, MAX_WORDS) : 0;
    moim_nbest_free(&nb);
    settle(k, rest, count);
    size_t settled = compose(k, rest, k->n_last);
    caption_tell(c, MOIM_CAPTION_PARTIAL, k->begin, (double)(start + n) / RATE, k->text, settled);
    k->seen = n;
    k->step = fmax(STEP, (now() - before) / LOAD);
    return MOIM_OK;
}

static int finish(struct moim_captions *c, const float *pcm, size_t n, uint64_t start, struct moim_err *err)
{
    struct whisper_captions *k = c->impl;
    struct word rest[MAX_WORDS];
    struct moim_nbest nb = {0};
    if (!k->open) begin(k, start);
    int rc = recognise(c, pcm, n, 0, &nb, err);
    if (!rc) {
        int count = nb.n ? rest_of(k, &nb.hyps[0], rest, MAX_WORDS) : 0;
        compose(k, rest, count);
        double end = count ? rest[count - 1].end : k->n_said ? k->said[k->n_said - 1].end : k->begin;
        caption_tell(c, MOIM_CAPTION_FINAL, k->begin, end, k->text, strlen(k->text));
    }
    moim_nbest_free(&nb);
    k->open = false;
    return rc;
}

static void close_captions(void *impl)
{
    free(impl);
}

int caption_whisper(struct moim_captions *c, struct moim_err *err)
{
    static const struct caption_backend backend = {follow, finish, close_captions};
    struct whisper_captions *k = calloc(1, sizeof *k);
    if (!k) return moim_fail(err, MOIM_ENOMEM, "captions: out of memory");
    c->backend = &backend;
    c->impl = k;
    return moim_engine_asr(c->e, "whisper-lean", &k->asr, err);
}
