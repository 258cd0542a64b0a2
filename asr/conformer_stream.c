#include "asr/conformer_stream.h"
#include "asr/conformer_int.h"

#include <stdlib.h>
#include <string.h>

#define HOP 160   /* samples between mel rows */
#define BEHIND 2  /* mel rows whose sound is kept, so that the next one's window is whole */
#define REACH 200 /* samples that a mel row reaches to both sides */
#define CONTEXT (KERNEL / 2)

const struct moim_conformer_stream_params moim_conformer_stream_defaults = {16, 64, 512};

/* Sound:    pcm[0] is sample base of the utterance, base a multiple of HOP; mel rows before n_mel are made.
 * Mel rows: feat[0] is row 2 * at - 1 (zeros for row -1), where `at` is the first frame not yet final. */
struct moim_conformer_stream {
    struct moim_conformer *c;
    struct moim_conformer_stream_params p;
    float *pcm, *feat, *logprob;
    size_t n_pcm, cap_pcm, base;
    int n_mel, at, rows; /* rows: most frames in one go */
    float *past[BLOCKS]; /* [left][3 D] keys and values of the frames before `at` */
    float *conv[BLOCKS]; /* [CONTEXT][D] */
    int n_past, heard;   /* heard: frames worked out so far, preliminary ones too */
    int keep, ahead;
    bool ready, ended;
};

static bool take_memory(struct moim_conformer_stream *s)
{
    size_t rows = (size_t)s->rows;
    bool ok = true;
    s->cap_pcm = (rows * 2 + 8) * HOP;
    s->pcm = malloc(s->cap_pcm * sizeof *s->pcm);
    s->feat = malloc((2 * rows + 4) * MELS * sizeof *s->feat);
    s->logprob = malloc(rows * SYMBOLS * sizeof *s->logprob);
    for (int i = 0; i < BLOCKS; i++) {
        s->past[i] = malloc((size_t)(s->p.left + 1) * 3 * D * sizeof *s->past[i]);
        s->conv[i] = malloc((size_t)CONTEXT * D * sizeof *s->conv[i]);
        ok = ok && s->past[i] && s->conv[i];
    }
    return ok && s->pcm && s->feat && s->logprob;
}

int moim_conformer_stream_open(struct moim_conformer_stream **out, const char *path,
                               const struct moim_conformer_stream_params *params, struct moim_pool *pool,
                               struct moim_err *err)
{
    *out = NULL;
    struct moim_conformer_stream_params p = params ? *params : moim_conformer_stream_defaults;
    if (p.chunk < 1 || p.ahead < 0 || p.left < 0 || p.chunk + p.ahead > 1000 || p.left > 4000)
        return moim_fail(err, MOIM_EINVAL, "conformer: chunk %d, ahead %d, left %d", p.chunk, p.ahead,
                         p.left);
    struct moim_conformer_stream *s = calloc(1, sizeof *s);
    if (!s) return moim_fail(err, MOIM_ENOMEM, "conformer: out of memory");
    s->p = p;
    s->rows = p.chunk + p.ahead + 2; /* the end may bring one more frame than a chunk has */
    int rc = conformer_open(&s->c, path, s->rows, p.left, pool, err);
    if (!rc && !take_memory(s)) rc = moim_fail(err, MOIM_ENOMEM, "conformer: out of memory");
    if (rc) {
        moim_conformer_stream_close(s);
        return rc;
    }
    moim_conformer_stream_begin(s);
    *out = s;
    return MOIM_OK;
}

void moim_conformer_stream_close(struct moim_conformer_stream *s)
{
    if (!s) return;
    moim_conformer_close(s->c);
    free(s->pcm);
    free(s->feat);
    free(s->logprob);
    for (int i = 0; i < BLOCKS; i++) {
        free(s->past[i]);
        free(s->conv[i]);
    }
    free(s);
}

void moim_conformer_stream_begin(struct moim_conformer_stream *s)
{
    s->n_pcm = s->base = 0;
    s->n_mel = s->at = s->n_past = s->heard = 0;
    s->ready = s->ended = false;
    memset(s->feat, 0, sizeof *s->feat * MELS);
    for (int i = 0; i < BLOCKS; i++) memset(s->conv[i], 0, sizeof *s->conv[i] * CONTEXT * D);
}

/* ---- one chunk ---- */

/* Keys, values and convolution inputs of the first `keep` frames become the past. */
static void remember(struct moim_conformer_stream *s, int block, int keep)
{
    int all = s->n_past + keep, n = all < s->p.left ? all : s->p.left;
    memcpy(s->past[block], s->c->wide + (size_t)(all - n) * 3 * D, sizeof(float) * (size_t)n * 3 * D);
}

/* Works out t frames from `at` on, of which the first `keep` become final. */
static void run(struct moim_conformer_stream *s, int t, int keep)
{
    struct moim_conformer *c = s->c;
    conformer_stem(c, s->feat, t);
    for (int i = 0; i < BLOCKS; i++) {
        const struct block *b = &c->block[i];
        conformer_feed_forward(c, &b->ffn1, t);
        memcpy(c->wide, s->past[i], sizeof(float) * (size_t)s->n_past * 3 * D);
        conformer_attend(c, b, t, s->n_past);
        remember(s, i, keep);
        memcpy(c->padded, s->conv[i], sizeof(float) * CONTEXT * D);
        conformer_convolve(c, b, t);
        memcpy(s->conv[i], c->padded + (size_t)keep * D, sizeof(float) * CONTEXT * D);
        conformer_feed_forward(c, &b->ffn2, t);
        conformer_norm(c, b, t);
    }
    conformer_project(c, t, s->logprob);
    s->n_past = s->n_past + keep < s->p.left ? s->n_past + keep : s->p.left;
    s->at += keep;
    s->heard = s->at + t - keep;
    s->keep = keep;
    s->ahead = t - keep;
    s->ready = true;
    /* Row 2 at - 1 is the next one's first. */
    int rows = s->n_mel + 1 - 2 * (s->at - keep);
    memmove(s->feat, s->feat + (size_t)keep * 2 * MELS, sizeof(float) * (size_t)(rows - 2 * keep) * MELS);
}

/* Mel rows up to (not with) row `to`, whose sound must be there. */
static void make_mel(struct moim_conformer_stream *s, int to)
{
    if (to <= s->n_mel) return;
    int first = s->n_mel - (int)(s->base / HOP), row = s->n_mel + 1 - 2 * s->at;
    conformer_mel(s->c, s->pcm, s->n_pcm, first, to - s->n_mel, s->feat + (size_t)row * MELS);
    s->n_mel = to;
    size_t done = (size_t)(to > BEHIND ? to - BEHIND : 0) * HOP;
    if (done <= s->base) return;
    size_t drop = done - s->base;
    memmove(s->pcm, s->pcm + drop, (s->n_pcm - drop) * sizeof *s->pcm);
    s->n_pcm -= drop;
    s->base = done;
}

/* Mel rows that the next results take. */
static int rows_wanted(const struct moim_conformer_stream *s)
{
    return 2 * (s->heard + s->p.chunk);
}

size_t moim_conformer_stream_push(struct moim_conformer_stream *s, const float *pcm, size_t n)
{
    if (s->ready || s->ended) return 0;
    size_t want = (size_t)(rows_wanted(s) - 1) * HOP + REACH + 1, have = s->base + s->n_pcm;
    size_t take = want > have ? want - have : 0;
    if (take > n) take = n;
    memcpy(s->pcm + s->n_pcm, pcm, take * sizeof *pcm);
    s->n_pcm += take;
    if (s->base + s->n_pcm < want) return take;
    make_mel(s, rows_wanted(s));
    int t = s->heard + s->p.chunk - s->at;
    run(s, t, t > s->p.ahead ? t - s->p.ahead : 0);
    return take;
}

void moim_conformer_stream_end(struct moim_conformer_stream *s)
{
    size_t n = s->base + s->n_pcm;
    if (s->ready || s->ended) return;
    s->ended = true;
    if (!n) return;
    /* The last frames' windows are mirrored at the utterance's end, as in a whole run. */
    make_mel(s, 1 + (int)(n / HOP));
    int t = moim_conformer_frames(n) - s->at, rows = s->n_mel + 1 - 2 * s->at;
    if (t <= 0) return;
    memset(s->feat + (size_t)rows * MELS, 0, sizeof(float) * MELS);
    run(s, t, t);
}

bool moim_conformer_stream_next(struct moim_conformer_stream *s, const float **logprob, int *n, int *ahead)
{
    bool ready = s->ready;
    *logprob = s->logprob;
    *n = ready ? s->keep : 0;
    *ahead = ready ? s->ahead : 0;
    s->ready = false;
    return ready;
}
