/* Captions by the streaming Conformer: English. Words are settled once every reading that is left begins with
 * them; a long line is broken after settled words, so that final captions come while a stretch still goes on.
 */
#include "asr/conformer_live.h"
#include "firmware/pipeline/lexicon_cache.h"
#include "firmware/recording/captions_int.h"

#include <stdlib.h>
#include <string.h>

#define RATE MOIM_ASR_RATE
#define LAG 2 /* seconds that wait already: no partial captions now */
#define MAX_WORDS 200
#define LINE_WORDS 14     /* settled words that are enough for a line of their own */
#define LEAST_WORDS 5     /* and the fewest that a break may leave on either side */
#define WORD_SECONDS 0.35 /* about how long before its end a word began */

struct conformer_captions {
    struct moim_conformer_live *live;
    bool open;
    uint64_t start;
    size_t fed; /* samples of the stretch */
    int told;   /* words that final captions have taken already */
    struct moim_ctc_word words[MAX_WORDS];
    struct caption_words ends; /* of text */
    char text[CAPTION_BYTES], last[CAPTION_BYTES];
};

static double at(const struct conformer_captions *k, int frame)
{
    return (double)k->start / RATE + frame * MOIM_CONFORMER_SECONDS;
}

/* Words from ... to - 1 as text; returns the bytes of those before `settled`. */
static size_t compose(struct conformer_captions *k, int from, int to, int settled)
{
    size_t n = 0, solid = 0;
    k->text[0] = 0;
    k->ends.n = 0;
    for (int i = from; i < to; i++) {
        size_t len = strlen(k->words[i].text);
        if (n + len + 2 > sizeof k->text) break;
        if (n) k->text[n++] = ' ';
        memcpy(k->text + n, k->words[i].text, len + 1);
        n += len;
        caption_word(&k->ends, n, at(k, k->words[i].frame));
        if (i < settled) solid = n;
    }
    return solid;
}

static double begins(const struct conformer_captions *k, int word)
{
    double since = word ? at(k, k->words[word - 1].frame) : (double)k->start / RATE;
    double begin = at(k, k->words[word].frame) - WORD_SECONDS;
    return begin > since ? begin : since;
}

/* The longest pause between settled words, not too near to either end. */
static int break_after(const struct conformer_captions *k, int stable)
{
    int best = 0, longest = -1;
    for (int i = k->told + LEAST_WORDS; i <= stable - LEAST_WORDS; i++) {
        int pause = k->words[i].frame - k->words[i - 1].frame;
        if (pause > longest) longest = pause, best = i;
    }
    return best;
}

static void tell_words(struct moim_captions *c, int n, int stable)
{
    struct conformer_captions *k = c->impl;
    if (stable - k->told >= LINE_WORDS) {
        int to = break_after(k, stable);
        compose(k, k->told, to, to);
        caption_tell(c, MOIM_CAPTION_FINAL, begins(k, k->told), at(k, k->words[to - 1].frame), k->text,
                     strlen(k->text), &k->ends);
        k->told = to;
    }
    if (n <= k->told) return;
    size_t settled = compose(k, k->told, n, stable);
    size_t same = strcmp(k->text, k->last) == 0;
    memcpy(k->last, k->text, strlen(k->text) + 1);
    if (!same || settled == strlen(k->text))
        caption_tell(c, MOIM_CAPTION_PARTIAL, begins(k, k->told), at(k, k->words[n - 1].frame), k->text,
                     settled, NULL);
}

static int begin(struct moim_captions *c, uint64_t start, struct moim_err *err)
{
    struct conformer_captions *k = c->impl;
    k->open = true;
    k->start = start;
    k->fed = 0;
    k->told = 0;
    k->last[0] = 0;
    return moim_conformer_live_begin(k->live, c->opt.vocab, c->opt.n_vocab, err);
}

static int follow(struct moim_captions *c, const float *pcm, size_t n, uint64_t start, size_t waiting,
                  struct moim_err *err)
{
    struct conformer_captions *k = c->impl;
    int rc = k->open ? MOIM_OK : begin(c, start, err);
    if (rc || n <= k->fed) return rc;
    bool changed = moim_conformer_live_push(k->live, pcm + k->fed, n - k->fed);
    k->fed = n;
    if (!changed || waiting > LAG * RATE) return MOIM_OK;
    int stable, words = moim_conformer_live_words(k->live, k->words, MAX_WORDS, &stable);
    tell_words(c, words, stable);
    return MOIM_OK;
}

static int finish(struct moim_captions *c, const float *pcm, size_t n, uint64_t start, struct moim_err *err)
{
    struct conformer_captions *k = c->impl;
    struct moim_nbest nb = {0};
    int rc = k->open ? MOIM_OK : begin(c, start, err);
    if (!rc && n > k->fed) moim_conformer_live_push(k->live, pcm + k->fed, n - k->fed);
    if (!rc) rc = moim_conformer_live_end(k->live, n, (double)start / RATE, 1, &nb, err);
    k->open = false;
    if (rc) return rc;
    const struct moim_hyp *h = &nb.hyps[0];
    int count = 0;
    for (int i = 0; i < h->n_words && count < MAX_WORDS; i++) {
        struct moim_ctc_word *w = &k->words[count++];
        strncpy(w->text, h->words[i].text, sizeof w->text - 1);
        w->text[sizeof w->text - 1] = 0;
        w->frame = (int)((h->words[i].end - (double)k->start / RATE) / MOIM_CONFORMER_SECONDS);
    }
    if (count > k->told) {
        compose(k, k->told, count, count);
        caption_tell(c, MOIM_CAPTION_FINAL, h->words[k->told].start, h->words[count - 1].end, k->text,
                     strlen(k->text), &k->ends);
    }
    moim_nbest_free(&nb);
    return MOIM_OK;
}

static void close_captions(void *impl)
{
    struct conformer_captions *k = impl;
    moim_conformer_live_close(k->live);
    free(k);
}

int caption_conformer(struct moim_captions *c, struct moim_err *err)
{
    static const struct caption_backend backend = {follow, finish, close_captions};
    struct conformer_captions *k = calloc(1, sizeof *k);
    struct moim_conformer_paths *paths = calloc(1, sizeof *paths);
    int rc = k && paths ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "captions: out of memory");
    if (!rc) rc = moim_engine_conformer_files(c->e, paths, err);
    if (!rc) rc = moim_conformer_live_open(&k->live, &paths->files, NULL, c->e->pool, err);
    free(paths);
    if (rc) {
        free(k);
        return rc;
    }
    c->backend = &backend;
    c->impl = k;
    memcpy(c->spoken, "en", sizeof "en");
    return MOIM_OK;
}
