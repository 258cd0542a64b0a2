/* Captions by Whisper, which knows no streams: what is open is recognised again and again on a short window.
 * Words are settled when two runs in succession begin with them (LocalAgreement-2; Macháček, Dabre and Bojar,
 * "Turning Whisper into Real-Time Transcription System", 2023), or at once where the run is sure of them and
 * they were spoken some time before its end. A run does not hear settled words anew: they are given to the
 * decoder, which goes on behind them, so that no word is said twice or taken back. */
#include "base/clock.h"
#include "firmware/recording/captions_int.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE MOIM_ASR_RATE
#define MAX_WORDS 200
#define LEAST_REST 0.8 /* seconds behind the settled words that may hold another */
#define LAST_MARGIN 4  /* seconds of silence behind a line's last run */

struct word {
    char text[256];
    double end; /* seconds of the recording */
    bool space;
};

struct whisper_captions {
    struct moim_asr *asr;
    struct moim_caption_pace pace;
    bool open;                                    /* a stretch is */
    uint64_t start;                               /* its first sample */
    size_t window;                                /* where runs begin now, samples behind start */
    size_t seen;                                  /* samples of the stretch at the last run */
    double step;                                  /* seconds until the next */
    double begin;                                 /* when the first word began */
    struct word said[MAX_WORDS], last[MAX_WORDS]; /* settled; behind them in the last run */
    int n_said, n_last;
    int in_window;             /* the first of said that the window holds */
    char lang[8];              /* of the stretch, once it is known */
    char spoken[8];            /* of the stretch before it */
    struct caption_words ends; /* of text, as compose left it */
    char text[CAPTION_BYTES], prefix[CAPTION_BYTES];
};

struct moim_caption_pace moim_caption_pace_defaults(void)
{
    return (struct moim_caption_pace){.first = 0.6,
                                      .step = 0.4,
                                      .load = 0.6,
                                      .lag = 1.0,
                                      .window = 5,
                                      .keep = 1.5,
                                      .margin = 3,
                                      .sure = 0.85,
                                      .heard = 0.45};
}

static double now(const struct moim_captions *c)
{
    return c->opt.clock ? c->opt.clock(c->opt.clock_arg) : moim_monotonic();
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

static int copy_words(const struct moim_hyp *h, struct word *out, float *sure)
{
    int n = h->n_words < MAX_WORDS ? h->n_words : MAX_WORDS;
    for (int i = 0; i < n; i++) {
        out[i] = copy_word(&h->words[i]);
        sure[i] = h->words[i].confidence;
    }
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
    k->ends.n = 0;
    for (int i = 0; i < k->n_said; i++)
        caption_word(&k->ends, n = append(k->text, n, &k->said[i]), k->said[i].end);
    size_t settled = n;
    for (int i = 0; i < n_rest; i++) caption_word(&k->ends, n = append(k->text, n, &rest[i]), rest[i].end);
    k->text[n] = 0;
    return settled;
}

/* What the decoder is given: words before the window as context, those in it as the beginning of its text. */
static void compose_prompt(struct whisper_captions *k)
{
    size_t n = 0, m = 0;
    k->text[0] = k->prefix[0] = 0;
    for (int i = 0; i < k->in_window; i++) n = append(k->text, n, &k->said[i]);
    for (int i = k->in_window; i < k->n_said; i++) {
        if (!m && k->said[i].space) k->prefix[m++] = ' ';
        m = append(k->prefix, m, &k->said[i]);
    }
    k->text[n] = k->prefix[m] = 0;
}

/* ---- runs ---- */

static int recognise(struct moim_captions *c, const float *pcm, size_t n, int beam, struct moim_nbest *nb,
                     struct moim_err *err)
{
    struct whisper_captions *k = c->impl;
    size_t from = k->window < n ? k->window : n;
    compose_prompt(k);
    /* A run that only shows what is coming need not be tried again; the next one follows. */
    struct moim_whisper_tuning t = moim_whisper_defaults();
    t.ensemble_passes = 1;
    t.fallback = beam != 1;
    /* A full window costs three times the time; before so little silence texts need no times to be whole. */
    t.margin = beam == 1 ? k->pace.margin : fmax(k->pace.margin, LAST_MARGIN);
    t.timed = false;
    t.strict = true;
    moim_whisper_tune(k->asr, &t);
    /* Two seconds tell the language; until then it is the one that was spoken before. */
    const char *lang = *k->lang ? k->lang : n <= 2 * RATE && *k->spoken ? k->spoken : c->opt.lang;
    struct moim_asr_options o = {.lang = lang,
                                 .nbest = 1,
                                 .beam = beam,
                                 .vocab = c->opt.vocab,
                                 .n_vocab = c->opt.n_vocab,
                                 .context = *k->text ? k->text : NULL,
                                 .likely = *k->spoken ? k->spoken : NULL,
                                 .prefix = *k->prefix ? k->prefix : NULL};
    int rc = moim_asr_decode(k->asr, pcm + from, n - from, (double)(k->start + from) / RATE, &o, nb, err);
    if (!rc && nb->n && nb->hyps[0].n_words && n > 2 * RATE)
        snprintf(k->lang, sizeof k->lang, "%s", nb->lang);
    if (!rc && nb->n) snprintf(c->spoken, sizeof c->spoken, "%s", nb->lang);
    if (!rc && nb->n && nb->hyps[0].n_words && !k->n_said) k->begin = nb->hyps[0].words[0].start;
    return rc;
}

static void begin(struct whisper_captions *k, uint64_t start)
{
    k->open = true;
    k->start = start;
    k->window = k->seen = 0;
    k->n_said = k->n_last = k->in_window = 0;
    k->step = k->pace.first;
    if (*k->lang) memcpy(k->spoken, k->lang, sizeof k->spoken);
    k->lang[0] = 0;
}

/* How many of a run's first words are settled: on which the last run agrees, and behind those the ones that
 * are sure and were spoken well before the sound ends. */
static int count_settled(const struct whisper_captions *k, const struct word *rest, const float *sure, int n,
                         double end)
{
    int i = 0;
    while (i < n && i < k->n_last && same_word(rest[i].text, k->last[i].text)) i++;
    while (i < n && sure[i] >= k->pace.sure && rest[i].end <= end - k->pace.heard) i++;
    return i < MAX_WORDS - k->n_said ? i : MAX_WORDS - k->n_said;
}

static void settle(struct whisper_captions *k, struct word *rest, int n, int settled)
{
    memcpy(k->said + k->n_said, rest, sizeof *rest * (size_t)settled);
    k->n_said += settled;
    k->n_last = n - settled;
    memmove(rest, rest + settled, sizeof *rest * (size_t)k->n_last);
    memcpy(k->last, rest, sizeof *rest * (size_t)k->n_last);
}

/* A window that has grown too long begins behind a settled word; some seconds of settled words stay in it, for
 * the decoder to go on from. */
static void move_window(struct whisper_captions *k, size_t n)
{
    if ((double)(n - k->window) < k->pace.window * RATE || k->n_said <= k->in_window) return;
    int to = k->n_said - 1;
    double latest = k->said[to].end - k->pace.keep;
    while (to > k->in_window && k->said[to].end > latest) to--;
    double at = (k->said[to].end - (double)k->start / RATE) * RATE;
    if (at <= (double)k->window || at >= (double)n) return;
    k->window = (size_t)at;
    k->in_window = to + 1;
}

static int follow(struct moim_captions *c, const float *pcm, size_t n, uint64_t start, size_t waiting,
                  struct moim_err *err)
{
    struct whisper_captions *k = c->impl;
    struct word rest[MAX_WORDS];
    float sure[MAX_WORDS];
    if (!k->open) begin(k, start);
    if ((double)(n - k->seen) < k->step * RATE || waiting > (size_t)(k->pace.lag * RATE)) return MOIM_OK;
    struct moim_nbest nb = {0};
    double before = now(c), end = (double)(start + n) / RATE;
    move_window(k, n);
    int rc = recognise(c, pcm, n, 1, &nb, err);
    if (rc) return rc;
    int count = nb.n ? copy_words(&nb.hyps[0], rest, sure) : 0;
    moim_nbest_free(&nb);
    settle(k, rest, count, count_settled(k, rest, sure, count, end));
    size_t settled = compose(k, rest, k->n_last);
    caption_tell(c, MOIM_CAPTION_PARTIAL, k->begin, end, k->text, settled, NULL);
    k->seen = n;
    k->step = fmax(k->pace.step, (now(c) - before) / k->pace.load);
    return MOIM_OK;
}

/* The rest of a line without the settled words, where the decoder could not go on behind them. */
static int recognise_rest(struct moim_captions *c, const float *pcm, size_t n, struct moim_nbest *nb,
                          struct moim_err *err)
{
    struct whisper_captions *k = c->impl;
    double from = (k->said[k->n_said - 1].end - (double)k->start / RATE) * RATE;
    if (from < (double)k->window || (double)n - from < LEAST_REST * RATE) return MOIM_OK;
    k->window = (size_t)from;
    k->in_window = k->n_said;
    moim_nbest_free(nb);
    return recognise(c, pcm, n, 0, nb, err);
}

static int finish(struct moim_captions *c, const float *pcm, size_t n, uint64_t start, struct moim_err *err)
{
    struct whisper_captions *k = c->impl;
    struct word rest[MAX_WORDS];
    float sure[MAX_WORDS];
    struct moim_nbest nb = {0};
    if (!k->open) begin(k, start);
    int rc = recognise(c, pcm, n, 0, &nb, err);
    bool nothing = !rc && (!nb.n || !nb.hyps[0].n_words);
    if (nothing && k->n_said) rc = recognise_rest(c, pcm, n, &nb, err);
    if (!rc) {
        int count = nb.n ? copy_words(&nb.hyps[0], rest, sure) : 0;
        compose(k, rest, count);
        double end = count ? rest[count - 1].end : k->n_said ? k->said[k->n_said - 1].end : k->begin;
        caption_tell(c, MOIM_CAPTION_FINAL, k->begin, end, k->text, strlen(k->text), &k->ends);
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
    k->pace = c->opt.pace ? *c->opt.pace : moim_caption_pace_defaults();
    c->backend = &backend;
    c->impl = k;
    return moim_engine_asr(c->e, "whisper-lean", &k->asr, err);
}
