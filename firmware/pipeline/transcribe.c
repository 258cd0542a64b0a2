#include "audio/decode.h"
#include "audio/segment.h"
#include "base/json.h"
#include "base/text.h"
#include "firmware/pipeline/engine_int.h"
#include "lm/itn.h"

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
    char context[512]; /* the words just before, for recognisers that use them */
};

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

/* Keeps the last words only, cut at a space: what lies further back tells little about what comes next. */
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

/* How many hypotheses the recogniser is asked for: those the user wants to see, or those to choose among. */
static int wanted(const struct work *w, double seconds)
{
    int least = w->out->rescored ? moim_rescoring_nbest(&w->e->rescoring, w->out->model, seconds) : 1;
    return w->opt->nbest > least ? w->opt->nbest : least;
}

/* *told of the n samples have been recognised: all, unless the recogniser broke off. */
static int recognise_stretch(struct work *w, const float *pcm, size_t n, uint64_t start, size_t *told,
                             struct moim_err *err)
{
    *told = n;
    int rc =
        w->out->rescored ? moim_rescoring_open(&w->e->rescoring, &w->e->models, w->e->pool, err) : MOIM_OK;
    if (rc) return rc;
    const char *before = *w->context ? w->context : NULL;
    struct moim_asr_options o = {w->opt->lang,  w->opt->beam,    wanted(w, (double)n / MOIM_RATE),
                                 w->opt->vocab, w->opt->n_vocab, before,
                                 w->opt->plain};
    struct moim_nbest *nb = push_stretch(w->out);
    if (!nb) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    rc = moim_asr_decode(w->asr, pcm, n, (double)start / MOIM_RATE, &o, nb, err);
    if (strcmp(w->out->model, "whisper")) nb->no_speech = 1 - moim_segmenter_speech(w->segmenter);
    if (rc || !nb->n || !nb->hyps[0].n_words) {
        moim_nbest_free(nb);
        w->out->n--;
        return rc;
    }
    size_t heard = (size_t)((nb->end - nb->start) * MOIM_RATE);
    if (heard >= MOIM_RATE / 2 && heard < n) *told = heard;
    /* The second pass: what it does not put first stays in the list, with rank and scores. */
    if (w->out->rescored)
        rc = moim_rescoring_run(&w->e->rescoring, w->out->model, nb, before, w->opt->vocab, w->opt->n_vocab,
                                err);
    if (rc) return rc;
    remember(w, nb->hyps[0].text);
    for (int i = 0; !rc && !w->opt->plain && i < nb->n; i++) rc = moim_itn_written(&nb->hyps[i], nb->lang);
    if (rc) return moim_fail(err, rc, "out of memory");
    if (w->opt->said) w->opt->said(w->opt->arg, nb);
    return MOIM_OK;
}

static int take_finished(struct work *w, struct moim_err *err)
{
    const float *pcm;
    size_t n;
    uint64_t start;
    int rc = MOIM_OK;
    while (!rc && moim_segmenter_next(w->segmenter, &pcm, &n, &start))
        for (size_t told; !rc && n; pcm += told, n -= told, start += told)
            rc = recognise_stretch(w, pcm, n, start, &told, err);
    return rc;
}

static int run(struct work *w, struct moim_reader *r, struct moim_err *err)
{
    float block[MOIM_VAD_WINDOW];
    uint64_t at = 0;
    long got;
    int rc = MOIM_OK;
    double length = moim_reader_duration(r);
    while (!rc && (got = moim_reader_read(r, block, MOIM_VAD_WINDOW, err)) != 0) {
        if (got < 0) return (int)got;
        for (size_t used = 0; !rc && used < (size_t)got;) {
            used += moim_segmenter_push(w->segmenter, block + used, (size_t)got - used);
            rc = take_finished(w, err);
        }
        at += (uint64_t)got;
        if (w->opt->progress && length > 0 && at % (MOIM_RATE * 2) < MOIM_VAD_WINDOW)
            w->opt->progress(w->opt->arg, fmin(1, (double)at / MOIM_RATE / length));
    }
    moim_segmenter_end(w->segmenter);
    if (!rc) rc = take_finished(w, err);
    w->out->duration = (double)at / MOIM_RATE;
    w->out->damaged = moim_reader_damaged(r);
    return rc;
}

/* The language that most words are in. */
static void settle_language(struct moim_transcript *t)
{
    int ko = 0, en = 0;
    for (int i = 0; i < t->n; i++)
        *(strcmp(t->stretch[i].lang, "ko") ? &en : &ko) += t->stretch[i].hyps[0].n_words;
    snprintf(t->lang, sizeof t->lang, "%s", ko + en == 0 ? "" : ko >= en ? "ko" : "en");
}

static const char *choose_model(const struct moim_transcribe_options *opt)
{
    return opt->model ? opt->model : "whisper";
}

/* The second view hears the sound 0.37 s later, before 4 s of silence: other frames, other errors. */
static void set_views(struct work *w)
{
    struct moim_whisper_tuning t = moim_whisper_defaults();
    if (strcmp(w->out->model, "whisper")) return;
    t.views = w->opt->views > 0 ? w->opt->views : w->out->rescored ? 2 : 1;
    if (t.views > MOIM_WHISPER_MAX_VIEWS) t.views = MOIM_WHISPER_MAX_VIEWS;
    moim_whisper_tune(w->asr, &t);
}

int moim_transcribe(struct moim_engine *e, const char *path, const struct moim_transcribe_options *opt,
                    struct moim_transcript *out, struct moim_err *err)
{
    memset(out, 0, sizeof *out);
    out->model = choose_model(opt);
    out->rescored = !opt->no_rescore;
    struct work w = {.e = e, .opt = opt, .out = out};
    struct moim_reader *r;
    struct moim_vad *vad;
    int rc = moim_reader_open(&r, path, err);
    if (rc) return rc;
    rc = moim_engine_vad(e, &vad, err);
    if (!rc) rc = moim_engine_asr(e, out->model, &w.asr, err);
    if (!rc) set_views(&w);
    if (opt->context) remember(&w, opt->context);
    if (!rc) rc = moim_segmenter_new(&w.segmenter, vad, NULL, err);
    if (!rc) rc = run(&w, r, err);
    moim_segmenter_free(w.segmenter);
    moim_reader_close(r);
    if (rc)
        moim_transcript_free(out);
    else
        settle_language(out);
    return rc;
}

void moim_transcript_free(struct moim_transcript *t)
{
    for (int i = 0; i < t->n; i++) moim_nbest_free(&t->stretch[i]);
    free(t->stretch);
    memset(t, 0, sizeof *t);
}

/* Keeps letters, figures and apostrophes; what else there is parts words, but for the point of an "e.g.". */
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
    if (moim_stream_end(out) && whole) return text;
    free(text);
    return NULL;
}

/* ---- lines ---- */

#define LONGEST_LINE 12.0 /* seconds */
#define LINE_PAUSE 0.8

static bool ends_sentence(const char *word)
{
    size_t n = strlen(word);
    while (n && strchr("\"')]", word[n - 1])) n--;
    return n && strchr(".?!", word[n - 1]);
}

static bool breaks_after(const struct moim_word *w, int i, int n, double line_start)
{
    if (i + 1 == n) return true;
    if (w[i + 1].start - w[i].end >= LINE_PAUSE) return true;
    /* "Mr." and "3." end no line of their own; a short sentence joins the next. */
    if (ends_sentence(w[i].text) && w[i].end - line_start > 2) return true;
    return w[i + 1].end - line_start > LONGEST_LINE;
}

/* What the recogniser alone would have written between two moments; "" where that is text. Malloc'ed. */
static char *first_pass_between(const struct moim_nbest *nb, double from, double to, const char *text)
{
    const struct moim_hyp *h = NULL;
    struct moim_hyp line = {.text = calloc(1, 1)};
    for (int i = 0; i < nb->n; i++)
        if (nb->hyps[i].rank == 0) h = &nb->hyps[i];
    int rc = line.text ? MOIM_OK : MOIM_ENOMEM;
    for (int i = 0; !rc && h && i < h->n_words; i++) {
        const struct moim_word *w = &h->words[i];
        double middle = (w->start + w->end) / 2;
        if (middle >= from && middle < to)
            rc = moim_hyp_add_word(&line, w->text, w->start, w->end, w->confidence, w->space_before);
    }
    moim_words_free(line.words, line.n_words);
    if (!rc && text && strcmp(line.text, text)) return line.text;
    free(line.text);
    return rc ? NULL : strdup("");
}

/* Words first ... last as a line: its text, and a copy of each word. */
static int fill_line(const struct moim_word *w, int first, int last, struct moim_segment *g)
{
    size_t room = 1, n = 0;
    for (int i = first; i <= last; i++) room += strlen(w[i].text) + 1;
    g->text = malloc(room);
    if (!g->text || moim_words_copy(w + first, last - first + 1, &g->words)) return MOIM_ENOMEM;
    g->n_words = last - first + 1;
    for (int i = first; i <= last; i++) {
        n += (size_t)sprintf(g->text + n, "%s%s", n && w[i].space_before ? " " : "", w[i].text);
        struct moim_word *own = &g->words[i - first];
        own->start = round(own->start * 1000) / 1000; /* in the store's steps */
        own->end = round(own->end * 1000) / 1000;
        g->confidence += (double)w[i].confidence / g->n_words;
    }
    return MOIM_OK;
}

static int add_line(const struct moim_nbest *nb, int first, int last, struct moim_segment **list, int *n)
{
    const struct moim_word *w = nb->hyps[0].words;
    struct moim_segment *grown = realloc(*list, sizeof *grown * (size_t)(*n + 1));
    if (!grown) return MOIM_ENOMEM;
    *list = grown;
    struct moim_segment *g = &grown[(*n)++];
    *g = (struct moim_segment){.start = w[first].start, .end = w[last].end};
    int rc = fill_line(w, first, last, g);
    if (rc) return rc;
    g->speaker_name = strdup("");
    double from = first ? (w[first - 1].end + w[first].start) / 2 : -INFINITY;
    double to = last + 1 < nb->hyps[0].n_words ? (w[last].end + w[last + 1].start) / 2 : INFINITY;
    g->first_pass = first_pass_between(nb, from, to, g->text);
    g->language = strdup(nb->lang);
    return g->speaker_name && g->first_pass && g->language ? MOIM_OK : MOIM_ENOMEM;
}

int moim_transcript_lines(const struct moim_transcript *t, struct moim_segment **list, int *n,
                          struct moim_err *err)
{
    *list = NULL;
    *n = 0;
    int rc = MOIM_OK;
    for (int s = 0; !rc && s < t->n; s++) {
        const struct moim_hyp *h = &t->stretch[s].hyps[0];
        for (int i = 0, first = 0; !rc && i < h->n_words; i++) {
            if (!breaks_after(h->words, i, h->n_words, h->words[first].start)) continue;
            rc = add_line(&t->stretch[s], first, i, list, n);
            first = i + 1;
        }
    }
    if (!rc) return MOIM_OK;
    moim_segments_free(*list, *n);
    *list = NULL;
    *n = 0;
    return moim_fail(err, rc, "out of memory");
}
