#include "audio/decode.h"
#include "audio/gain.h"
#include "audio/segment.h"
#include "base/json.h"
#include "base/text.h"
#include "firmware/pipeline/engine_int.h"
#include "firmware/pipeline/transcribe_gaps.h"
#include "lm/itn.h"
#include "lm/punctuate.h"
#include "lm/stock.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct work {
    struct moim_engine *e;
    const struct moim_transcribe_options *opt;
    struct moim_transcript *out;
    struct moim_asr *asr;
    struct moim_segmenter *segmenter;
    char context[512]; /* the preceding words, for recognisers that use them */
    char lang[8];      /* the requested language; under "auto" the current one, or "" */
    double skipped;    /* seconds of the recording before the part */
    uint64_t left;     /* sample at which a text broke off before its stretch ended; 0: none */
};

static bool by_whisper(const struct work *w)
{
    return !strcmp(w->out->model, "whisper");
}

static struct moim_nbest *push_stretch(struct moim_transcript *t)
{
    if (t->n == t->cap) {
        int cap = t->cap ? t->cap * 2 : 64;
        struct moim_nbest *grown = realloc(t->stretch, sizeof *grown * (size_t)cap);
        if (!grown) return NULL;
        t->stretch = grown;
        t->cap = cap;
    }
    memset(&t->stretch[t->n], 0, sizeof *t->stretch);
    return &t->stretch[t->n++];
}

/* Keeps the last words only, cut at a space: older context helps little. */
static void remember(struct work *w, const char *text)
{
    size_t have = strlen(w->context), add = strlen(text);
    if (add >= sizeof w->context / 2) text += add - sizeof w->context / 2, add = sizeof w->context / 2;
    if (have + add + 2 > sizeof w->context) {
        size_t drop = have + add + 2 - sizeof w->context;
        memmove(w->context, w->context + drop, have - drop + 1);
        have -= drop;
    }
    w->context[have] = ' ';
    memcpy(w->context + have + 1, text, add + 1);
    /* The front may have been cut inside a word, or inside a character. */
    char *word = strchr(w->context, ' ');
    if (word) memmove(w->context, word + 1, strlen(word + 1) + 1);
}

/* Korean has fewer errors in long windows, English more than in stretches that end at pauses
 * (docs/experiments.md). */
static bool wants_windows(const char *lang)
{
    return !strcmp(lang, "ko");
}

/* Whether Whisper searches a stretch with full effort. After words of the same language a single narrow search has no
 * more errors, except in Korean (docs/experiments.md). */
static bool searches_wide(const struct work *w)
{
    return w->out->rescored && (!by_whisper(w) || wants_windows(w->lang) || !*w->context);
}

/* The optional second encoding starts 0.37 s later: other frames, other errors. */
static void set_passes(struct work *w)
{
    struct moim_whisper_tuning t = moim_whisper_defaults();
    if (!by_whisper(w)) return;
    t.ensemble_passes = w->opt->ensemble_passes > 0                   ? w->opt->ensemble_passes
                        : searches_wide(w) && !wants_windows(w->lang) ? 2
                                                                      : 1;
    if (t.ensemble_passes > MOIM_WHISPER_MAX_PASSES) t.ensemble_passes = MOIM_WHISPER_MAX_PASSES;
    moim_whisper_tune(w->asr, &t);
}

/* How many hypotheses to request: those the user wants to see, or those to rescore. */
static int wanted(const struct work *w, double seconds)
{
    int least = searches_wide(w) ? moim_rescoring_nbest(&w->e->rescoring, w->out->model, seconds) : 1;
    return w->opt->nbest > least ? w->opt->nbest : least;
}

static struct moim_asr_options asked(const struct work *w, double seconds)
{
    return (struct moim_asr_options){.lang = w->lang,
                                     .beam = w->opt->beam,
                                     .nbest = wanted(w, seconds),
                                     .vocab = w->opt->vocab,
                                     .n_vocab = w->opt->n_vocab,
                                     .context = *w->context ? w->context : NULL,
                                     .spoken_numbers = w->opt->plain};
}

/* The second pass: what it does not put first stays in the list, with rank and scores. sentence: a window's part.
 * bare: the recogniser wrote no signs; in Korean they are put in, so that what follows is not written without them, too. next: when the
 * words after it begin. */
static int finish_stretch(struct work *w, struct moim_nbest *nb, bool sentence, bool bare, double next,
                          struct moim_err *err)
{
    const char *before = *w->context ? w->context : NULL;
    int rc = MOIM_OK;
    if (w->out->rescored)
        rc = moim_rescoring_run(&w->e->rescoring, w->out->model, nb, sentence, before, w->opt->vocab,
                                w->opt->n_vocab, err);
    if (rc) return rc;
    if (bare && !strcmp(nb->lang, "ko")) rc = moim_punctuate_ko(nb);
    remember(w, nb->hyps[0].text);
    if (!rc && by_whisper(w) && !strcmp(nb->lang, "ko")) rc = moim_mend_signs_ko(nb, next);
    for (int i = 0; !rc && !w->opt->plain && i < nb->n; i++) rc = moim_itn_written(&nb->hyps[i], nb->lang);
    if (rc) return moim_fail(err, rc, "out of memory");
    if (w->opt->said) w->opt->said(w->opt->arg, nb);
    return MOIM_OK;
}

#define LEAST_SPEECH 0.1    /* least audio of a sentence in seconds; with less it is a hallucination */
#define LEAST_A_LETTER 0.02 /* ... and for each byte of a stock phrase */
#define STOCK_SURE (-0.4f)  /* mean log-probability of a spoken one */

/* Whether the text is a hallucination. ahead: offset in seconds of the window's times to nb's. */
static bool made_up(const struct work *w, const struct moim_nbest *nb, double ahead)
{
    const struct moim_hyp *h = &nb->hyps[0];
    size_t from = (size_t)(fmax(0, nb->start + ahead) * MOIM_RATE),
           to = (size_t)(fmax(0, nb->end + ahead) * MOIM_RATE);
    double voiced = moim_segmenter_voiced(w->segmenter, from, to);
    if (voiced < LEAST_SPEECH) return true;
    return moim_is_stock_phrase(nb->lang, h->text) && (voiced < LEAST_A_LETTER * (double)strlen(h->text) ||
                                                       h->total < STOCK_SURE || nb->no_speech > 0.3f);
}

#define TRUSTED (-0.9) /* least mean log-probability of a text that may prompt the next window */

#define LEAST_BARE 15 /* words without any sign that are more than one sentence's */

/* Whether the text has no sentence ends, as after a prompt without them. */
static bool without_signs(const struct moim_whisper_told *t)
{
    int words = 0;
    for (int i = 0; i < t->n; i++) {
        if (moim_punctuated(t->part[i].hyps[0].text)) return false;
        words += t->part[i].hyps[0].n_words;
    }
    return words >= LEAST_BARE;
}

#define SKIPPED 1.5     /* seconds of speech before the first word */
#define DOUBTED (-0.7f) /* mean log-probability */

/* Whether a text may continue the prompt instead of the audio: its start is missing, or of low probability.
 * nb: its first part. */
static bool misled(const struct work *w, const struct moim_nbest *nb, double sure, double t0, size_t offset)
{
    if (!*w->context || !nb->n || !nb->hyps[0].n_words) return false;
    double first = nb->hyps[0].words[0].start - t0;
    return sure < DOUBTED ||
           (first > SKIPPED &&
            moim_segmenter_voiced(w->segmenter, offset, offset + (size_t)(first * MOIM_RATE)) > SKIPPED);
}

/* The sentences of a window; decoded again without the prompt if that may have misled the model. */
static int tell(struct work *w, const float *pcm, size_t n, bool open, size_t offset, double t0,
                struct moim_whisper_told *t, struct moim_err *err)
{
    set_passes(w);
    struct moim_asr_options o = asked(w, 1);
    int rc = moim_whisper_tell(w->asr, pcm, n, open, t0, &o, t, err);
    if (rc || !t->n || !misled(w, &t->part[0], t->sure, t0, offset)) return rc;
    moim_whisper_told_free(t);
    *w->context = 0;
    o = asked(w, 1);
    return moim_whisper_tell(w->asr, pcm, n, open, t0, &o, t, err);
}

/* Recognises by itself what a text passes over, up to its end. pcm[n] begins at second t0, where what comes before the
 * text ends. */
static int fill_gaps(struct work *w, const float *pcm, size_t n, size_t offset, double t0,
                     struct moim_nbest *nb, struct moim_err *err)
{
    double from, to, after = t0;
    int rc = MOIM_OK;
    while (!rc && moim_text_gap(&nb->hyps[0], w->segmenter, t0, offset, after, nb->end, &from, &to)) {
        struct moim_nbest gap = {0};
        struct moim_asr_options o = asked(w, to - from);
        o.context = NULL;
        o.nbest = 1;
        size_t first = (size_t)((from - t0) * MOIM_RATE), last = (size_t)((to - t0) * MOIM_RATE);
        rc = moim_asr_decode(w->asr, pcm + first, (last < n ? last : n) - first, from, &o, &gap, err);
        const struct moim_hyp *said = gap.n ? &gap.hyps[0] : NULL;
        bool sure = !rc && said && said->n_words && said->total > DOUBTED &&
                    !moim_is_stock_phrase(nb->lang, said->text);
        for (int i = 0; sure && !rc && i < nb->n; i++)
            if (moim_insert_words(&nb->hyps[i], said, from, to))
                rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
        moim_nbest_free(&gap);
        after = to + 0.01;
    }
    return rc;
}

/* A window of up to 30 s by Whisper, sentence by sentence. */
static int tell_window(struct work *w, const float *pcm, size_t n, bool open, size_t offset, uint64_t start,
                       size_t *told, struct moim_err *err)
{
    struct moim_whisper_told t = {0};
    double t0 = (double)start / MOIM_RATE;
    int rc = tell(w, pcm, n, open, offset, t0, &t, err);
    bool bare = !rc && without_signs(&t);
    double before = t0;
    if (bare || (!rc && t.n && t.sure < TRUSTED)) *w->context = 0;
    for (int i = 0; !rc && i < t.n; i++) {
        if (made_up(w, &t.part[i], (double)offset / MOIM_RATE - t0)) continue;
        struct moim_nbest *nb = push_stretch(w->out);
        if (!nb) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
        if (!rc) *nb = t.part[i], memset(&t.part[i], 0, sizeof t.part[i]);
        size_t from = (size_t)((before - t0) * MOIM_RATE);
        if (!rc && from < n) rc = fill_gaps(w, pcm + from, n - from, offset + from, before, nb, err);
        if (!rc) before = fmax(before, moim_word_until(&nb->hyps[0].words[nb->hyps[0].n_words - 1]));
        double next = i + 1 < t.n ? t.part[i + 1].start
                      : open      ? w->out->stretch[w->out->n - 1].end
                                  : INFINITY;
        if (!rc) rc = finish_stretch(w, nb, true, bare, next, err);
    }
    *told = t.told >= MOIM_RATE / 2 && t.told < n ? t.told : n;
    moim_whisper_told_free(&t);
    return rc;
}

/* Whether sound is what a text before it took for no speech. */
static bool is_rest(const struct work *w, uint64_t start)
{
    return w->left && start == w->left;
}

/* Whether a stretch's text is made up: a stock phrase, or a doubtful one of a rest. */
static bool is_unsaid(const struct work *w, const struct moim_nbest *nb, uint64_t start)
{
    const struct moim_hyp *h = &nb->hyps[0];
    if (is_rest(w, start) && h->total < DOUBTED) return true;
    return h->total < STOCK_SURE && moim_is_stock_phrase(nb->lang, h->text);
}

/* told: how many of the n samples were recognised: all, unless the recogniser stopped early. */
static int recognise_stretch(struct work *w, const float *pcm, size_t n, size_t offset, uint64_t start,
                             size_t *told, struct moim_err *err)
{
    *told = n;
    if (is_rest(w, start) && moim_segmenter_voiced(w->segmenter, offset, offset + n) < LEAST_SPEECH)
        return MOIM_OK;
    set_passes(w);
    struct moim_asr_options o = asked(w, (double)n / MOIM_RATE);
    double t0 = (double)start / MOIM_RATE;
    struct moim_nbest *nb = push_stretch(w->out);
    if (!nb) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    int rc = moim_asr_decode(w->asr, pcm, n, t0, &o, nb, err);
    if (!rc && by_whisper(w) && nb->n && misled(w, nb, nb->hyps[0].total, t0, offset)) {
        moim_nbest_free(nb);
        *w->context = 0;
        o.context = NULL;
        rc = moim_asr_decode(w->asr, pcm, n, t0, &o, nb, err);
    }
    if (strcmp(w->out->model, "whisper")) nb->no_speech = 1 - moim_segmenter_speech(w->segmenter);
    bool unsaid = !rc && by_whisper(w) && nb->n && is_unsaid(w, nb, start);
    if (rc || unsaid || !nb->n || !nb->hyps[0].n_words) {
        moim_nbest_free(nb);
        w->out->n--;
        return rc;
    }
    size_t heard = (size_t)((nb->end - nb->start) * MOIM_RATE);
    if (heard >= MOIM_RATE / 2 && heard < n) *told = heard;
    if (*told < n) w->left = start + *told;
    if (by_whisper(w) && nb->n == 1) rc = fill_gaps(w, pcm, n, offset, t0, nb, err);
    return rc ? rc : finish_stretch(w, nb, false, false, INFINITY, err);
}

static bool is_auto(const struct work *w)
{
    return !w->opt->lang || !*w->opt->lang || !strcmp(w->opt->lang, "auto");
}

/* Under "auto" every recording is read in windows; English is then split at its longer pauses. */
static bool in_windows(const struct work *w)
{
    return by_whisper(w) && (is_auto(w) || wants_windows(w->opt->lang));
}

/* Words of one language are no context for another. */
static void speak(struct work *w, const char *lang)
{
    if (*w->lang && strcmp(w->lang, lang)) *w->context = 0;
    snprintf(w->lang, sizeof w->lang, "%s", lang);
}

/* Sound of a window from its sample `at` on: n samples, of which `sure` end at a pause or where speech is weakest.
 * piece: those until the first pause; next: where what follows it begins. */
struct heard {
    const float *pcm;
    size_t at, n, sure, piece, next;
    uint64_t start; /* of the window, in the recording */
};

/* Under "auto": the language at the start of the audio, and its extent. For a language without windows only
 * the piece is examined, which is then decoded as it is. */
static int find_language(struct work *w, const struct heard *h, size_t *until, struct moim_err *err)
{
    char lang[8];
    const char *before = *w->lang ? w->lang : NULL;
    bool by_pieces = before && !wants_windows(before);
    size_t n = by_pieces ? h->piece : h->n;
    int rc = moim_whisper_language_of(w->asr, h->pcm, n, before, lang, until, err);
    if (!rc && by_pieces && wants_windows(lang) && *until == n && n < h->n)
        rc = moim_whisper_language_of(w->asr, h->pcm, h->n, lang, lang, until, err);
    if (!rc) speak(w, lang);
    return rc;
}

/* The next sentences of a window; *told samples are done then. */
static int hear(struct work *w, struct heard *h, bool open, size_t *told, struct moim_err *err)
{
    size_t end, until = h->n;
    h->piece = h->next = h->sure;
    if (moim_segmenter_pause(w->segmenter, h->at, h->at + h->n, &end, &h->next))
        h->piece = end - h->at, h->next -= h->at;
    int rc = is_auto(w) ? find_language(w, h, &until, err) : MOIM_OK;
    if (rc) return rc;
    if (wants_windows(w->lang))
        return tell_window(w, h->pcm, until, open && until == h->n, h->at, h->start + h->at, told, err);
    size_t n = until < h->piece ? until : h->piece;
    rc = recognise_stretch(w, h->pcm, n, h->at, h->start + h->at, told, err);
    if (*told == h->piece) *told = h->next;
    return rc;
}

/* A window that ends within speech is decoded once; its rest starts the next one. */
static int take_window(struct work *w, const float *pcm, size_t n, uint64_t start, struct moim_err *err)
{
    size_t beyond = moim_segmenter_beyond(w->segmenter), told = 0;
    int rc = MOIM_OK;
    if (beyond) {
        struct heard h = {.pcm = pcm, .n = beyond, .sure = n, .start = start};
        rc = hear(w, &h, true, &told, err);
        moim_segmenter_told(w->segmenter, told);
        return rc;
    }
    for (size_t at = 0; !rc && at < n; at += told) {
        struct heard h = {.pcm = pcm + at, .at = at, .n = n - at, .sure = n - at, .start = start};
        rc = hear(w, &h, false, &told, err);
    }
    return rc;
}

static int take_finished(struct work *w, struct moim_err *err)
{
    const float *pcm;
    size_t n;
    uint64_t start;
    int rc = MOIM_OK;
    while (!rc && moim_segmenter_next(w->segmenter, &pcm, &n, &start)) {
        if (w->out->rescored) rc = moim_rescoring_open(&w->e->rescoring, &w->e->models, w->e->pool, err);
        if (!rc && in_windows(w)) {
            rc = take_window(w, pcm, n, start, err);
            continue;
        }
        for (size_t at = 0, told; !rc && at < n; at += told)
            rc = recognise_stretch(w, pcm + at, n - at, at, start + at, &told, err);
    }
    return rc;
}

/* Sound that was read and still waits for its stretch to end is not done. */
static void report(struct work *w, uint64_t at, double length)
{
    const float *pcm;
    uint64_t start;
    size_t open = moim_segmenter_open(w->segmenter, &pcm, &start);
    if (w->opt->progress && length > 0)
        w->opt->progress(w->opt->arg, fmin(1, (double)(at - open) / MOIM_RATE / length));
}

static int run(struct work *w, struct moim_reader *r, struct moim_err *err)
{
    float block[MOIM_VAD_WINDOW];
    uint64_t at = 0;
    long got;
    int rc = MOIM_OK;
    double to = w->opt->to, length = to > 0 ? to : moim_reader_duration(r);
    while (!rc && (to <= 0 || (double)at < to * MOIM_RATE) &&
           (got = moim_reader_read(r, block, MOIM_VAD_WINDOW, err)) != 0) {
        if (got < 0) return (int)got;
        if (to > 0 && (double)at < w->opt->from * MOIM_RATE) {
            at += (uint64_t)got;
            w->skipped = (double)at / MOIM_RATE;
            continue;
        }
        for (size_t used = 0; !rc && used < (size_t)got;) {
            used += moim_segmenter_push(w->segmenter, block + used, (size_t)got - used);
            rc = take_finished(w, err);
            if (!rc) rc = moim_engine_check(w->e, err);
        }
        at += (uint64_t)got;
        if (at % (MOIM_RATE * 2) < MOIM_VAD_WINDOW) report(w, at, length);
    }
    moim_segmenter_end(w->segmenter);
    if (!rc) rc = take_finished(w, err);
    if (!rc) report(w, at, length);
    w->out->duration = (double)at / MOIM_RATE;
    w->out->damaged = moim_reader_damaged(r);
    return rc;
}

/* Times of a part count from where the recording begins. */
static void shift(struct moim_transcript *t, double by)
{
    for (int i = 0; by > 0 && i < t->n; i++)
        for (int k = 0; k < t->stretch[i].n; k++)
            for (int j = 0; j < t->stretch[i].hyps[k].n_words; j++) {
                t->stretch[i].hyps[k].words[j].start += by;
                t->stretch[i].hyps[k].words[j].end += by;
            }
}

/* The language that most of the text is in. */
static void settle_language(struct moim_transcript *t)
{
    size_t most = 0;
    for (int i = 0; i < t->n; i++) {
        size_t said = 0;
        for (int k = 0; k < t->n; k++)
            if (!strcmp(t->stretch[k].lang, t->stretch[i].lang))
                said += (size_t)t->stretch[k].hyps[0].n_words;
        if (said <= most) continue;
        most = said;
        snprintf(t->lang, sizeof t->lang, "%s", t->stretch[i].lang);
    }
}

static const char *choose_model(const struct moim_transcribe_options *opt)
{
    return opt->model ? opt->model : "whisper";
}

int moim_transcribe(struct moim_engine *e, const char *path, const struct moim_transcribe_options *opt,
                    struct moim_transcript *out, struct moim_err *err)
{
    memset(out, 0, sizeof *out);
    out->model = choose_model(opt);
    out->rescored = !opt->no_rescore;
    struct work w = {.e = e, .opt = opt, .out = out};
    struct moim_sound *sound;
    struct moim_reader *r;
    struct moim_vad *vad;
    int rc = moim_sound_open(&sound, path, err);
    if (rc) return rc;
    rc = moim_gain_reader(&r, sound, opt->part, err);
    if (rc) {
        moim_sound_close(sound);
        return rc;
    }
    rc = moim_engine_vad(e, &vad, err);
    if (!rc) rc = moim_engine_asr(e, out->model, &w.asr, err);
    if (!rc) speak(&w, in_windows(&w) && is_auto(&w) ? "" : opt->lang ? opt->lang : "auto");
    if (opt->context) remember(&w, opt->context);
    const struct moim_segment_params *cuts = in_windows(&w)   ? &moim_segment_whole
                                             : by_whisper(&w) ? &moim_segment_packed
                                                              : &moim_segment_defaults;
    if (!rc) rc = moim_segmenter_new(&w.segmenter, vad, cuts, err);
    if (!rc) rc = run(&w, r, err);
    moim_segmenter_free(w.segmenter);
    moim_reader_close(r);
    moim_sound_close(sound);
    if (rc)
        moim_transcript_free(out);
    else
        settle_language(out), shift(out, w.skipped);
    return rc;
}

void moim_transcript_free(struct moim_transcript *t)
{
    for (int i = 0; i < t->n; i++) moim_nbest_free(&t->stretch[i]);
    free(t->stretch);
    memset(t, 0, sizeof *t);
}

/* Keeps letters, digits and apostrophes; all else separates words, except the point in "e.g.". */
static void keep_words(const char *s, FILE *out)
{
    for (; *s; s++) {
        if ((unsigned char)*s >= 0x80 || isalnum((unsigned char)*s) || *s == '\'')
            putc(*s, out);
        else if (strchr(" -/", *s))
            putc(' ', out);
    }
}

char *moim_transcript_plain(const struct moim_transcript *t)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    if (!out) return NULL;
    bool whole = true;
    for (int i = 0; i < t->n; i++) {
        char *said = moim_itn_spoken(t->stretch[i].hyps[0].text, t->stretch[i].lang);
        if (i) putc(' ', out);
        if (said) keep_words(said, out);
        whole = whole && said;
        free(said);
    }
    if (moim_stream_end(out, &text) && whole) return text;
    free(text);
    return NULL;
}
