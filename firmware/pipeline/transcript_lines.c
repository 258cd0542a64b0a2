/* The recogniser's words as lines for a reader. */
#include "asr/whisper.h"
#include "firmware/pipeline/transcribe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_LINE 12.0 /* seconds */
#define LINE_PAUSE 0.8

bool moim_ends_sentence(const char *word)
{
    size_t n = strlen(word);
    while (n && strchr("\"')]", word[n - 1])) n--;
    if (n && strchr(".?!", word[n - 1])) return true;
    static const char *const wide[] = {"。", "？", "！"};
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (n >= 3 && !memcmp(word + n - 3, wide[i], 3)) return true;
    return false;
}

/* A word of a transcript, across the recogniser's segments. */
struct place {
    int stretch, word;
};

static const struct moim_word *word_at(const struct moim_transcript *t, struct place p)
{
    return &t->stretch[p.stretch].hyps[0].words[p.word];
}

/* The place after p, or false at the end. */
static bool step(const struct moim_transcript *t, struct place *p)
{
    p->word++;
    while (p->stretch < t->n && p->word >= t->stretch[p->stretch].hyps[0].n_words)
        *p = (struct place){p->stretch + 1, 0};
    return p->stretch < t->n;
}

static bool breaks_after(const struct moim_transcript *t, struct place p, double line_start)
{
    struct place next = p;
    const struct moim_word *w = word_at(t, p), *after;
    if (!step(t, &next) || strcmp(t->stretch[p.stretch].lang, t->stretch[next.stretch].lang)) return true;
    after = word_at(t, next);
    if (after->start - w->end >= LINE_PAUSE) return true;
    /* "Mr." and "3." end no line; a short sentence joins the next. */
    if (moim_ends_sentence(w->text) && w->end - line_start > 2) return true;
    return after->end - line_start > LONGEST_LINE;
}

/* Appends a word to a line, with a space where two segments join, unless the language writes none. */
static int append(struct moim_hyp *line, const struct moim_word *w, bool joint, const char *lang)
{
    bool gap = w->space_before || (joint && line->n_words && moim_whisper_spaced(lang));
    return moim_hyp_add_word(line, w->text, w->start, w->end, w->confidence, gap);
}

/* Adds the first-pass text between two times of one segment. */
static int add_first_pass(const struct moim_nbest *nb, double from, double to, struct moim_hyp *line)
{
    const struct moim_hyp *h = NULL;
    int rc = MOIM_OK;
    bool joint = true;
    for (int i = 0; i < nb->n; i++)
        if (nb->hyps[i].rank == 0) h = &nb->hyps[i];
    for (int i = 0; !rc && h && i < h->n_words; i++) {
        double middle = (h->words[i].start + h->words[i].end) / 2;
        if (middle < from || middle >= to) continue;
        rc = append(line, &h->words[i], joint, nb->lang);
        joint = false;
    }
    return rc;
}

static void free_line(struct moim_hyp *line)
{
    moim_words_free(line->words, line->n_words);
    free(line->text);
}

/* The first pass of a line; "" where that is its text. Malloc'ed. */
static char *first_pass_of(const struct moim_transcript *t, struct place first, struct place last,
                           const char *text)
{
    struct moim_hyp line = {.text = calloc(1, 1)};
    int rc = line.text ? MOIM_OK : MOIM_ENOMEM;
    for (int s = first.stretch; !rc && s <= last.stretch; s++) {
        const struct moim_hyp *h = &t->stretch[s].hyps[0];
        const struct moim_word *w = h->words;
        int a = s == first.stretch ? first.word : 0, b = s == last.stretch ? last.word : h->n_words - 1;
        double from = a > 0 ? (w[a - 1].end + w[a].start) / 2 : -INFINITY;
        double to = b + 1 < h->n_words ? (w[b].end + w[b + 1].start) / 2 : INFINITY;
        rc = add_first_pass(&t->stretch[s], from, to, &line);
    }
    char *said = rc ? NULL : strdup(text && !strcmp(line.text, text) ? "" : line.text);
    free_line(&line);
    return said;
}

/* The words of a line, in the store's steps of time. */
static int fill_line(const struct moim_transcript *t, struct place first, struct place last,
                     struct moim_hyp *line)
{
    int rc = line->text ? MOIM_OK : MOIM_ENOMEM;
    for (struct place p = first; !rc; step(t, &p)) {
        const struct moim_word *w = word_at(t, p);
        rc = append(line, w, p.word == 0, t->stretch[first.stretch].lang);
        if (rc) break;
        struct moim_word *own = &line->words[line->n_words - 1];
        own->start = round(w->start * 1000) / 1000;
        own->end = round(w->end * 1000) / 1000;
        if (w->spoken && !(own->spoken = strdup(w->spoken))) rc = MOIM_ENOMEM;
        if (p.stretch == last.stretch && p.word == last.word) break;
    }
    return rc;
}

static int add_line(const struct moim_transcript *t, struct place first, struct place last,
                    struct moim_segment **list, int *n)
{
    struct moim_segment *grown = realloc(*list, sizeof *grown * (size_t)(*n + 1));
    if (!grown) return MOIM_ENOMEM;
    *list = grown;
    struct moim_hyp line = {.text = calloc(1, 1)};
    int rc = fill_line(t, first, last, &line);
    struct moim_segment *g = &grown[(*n)++];
    *g = (struct moim_segment){.start = word_at(t, first)->start,
                               .end = word_at(t, last)->end,
                               .text = line.text,
                               .words = line.words,
                               .n_words = line.n_words,
                               .speaker_name = strdup(""),
                               .first_pass = rc ? NULL : first_pass_of(t, first, last, line.text),
                               .language = strdup(t->stretch[first.stretch].lang)};
    for (int i = 0; i < g->n_words; i++) g->confidence += (double)g->words[i].confidence / g->n_words;
    return g->text && g->speaker_name && g->first_pass && g->language ? rc : MOIM_ENOMEM;
}

int moim_transcript_lines(const struct moim_transcript *t, struct moim_segment **list, int *n,
                          struct moim_err *err)
{
    *list = NULL;
    *n = 0;
    int rc = MOIM_OK;
    struct place p = {0, -1}, first = {-1, 0};
    while (!rc && step(t, &p)) {
        if (first.stretch < 0) first = p;
        if (!breaks_after(t, p, word_at(t, first)->start)) continue;
        rc = add_line(t, first, p, list, n);
        first.stretch = -1;
    }
    if (!rc) return MOIM_OK;
    moim_segments_free(*list, *n);
    *list = NULL;
    *n = 0;
    return moim_fail(err, rc, "out of memory");
}
