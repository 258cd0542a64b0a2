/* mel [F][80] -> conv1 (3, stride 1) GELU [F][d] -> conv2 (3, stride 2) GELU [T][d] -> + positions
 *   -> blocks: x += Attn(LN(x)); x += W2 GELU(W1 LN(x)) -> LN -> [T][d] */
#include "asr/whisper_int.h"
#include "nn/vec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOP 160
#define EPS 1e-5f

int whisper_need(struct wbuf *b, size_t n)
{
    if (n <= b->n) return MOIM_OK;
    float *p = malloc(n * sizeof *p); /* old contents are never wanted */
    if (!p) return MOIM_ENOMEM;
    free(b->p);
    *b = (struct wbuf){p, n};
    /* cppcheck-suppress memleak */
    return MOIM_OK;
}

void whisper_encoder_free(struct whisper_encoder *e)
{
    struct wbuf *all[] = {&e->pcm, &e->mel, &e->a, &e->b,  &e->x,   &e->h,
                          &e->q,   &e->k,   &e->v, &e->kt, &e->att, &e->ff};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]->p);
    memset(e, 0, sizeof *e);
}

struct rows_job {
    float *y;
    const float *x;
    const struct wnorm *ln;
    int n, d;
};
#define ROWS 16

static void norm_task(void *arg, int task, int tasks)
{
    (void)tasks;
    struct rows_job *j = arg;
    for (int i = task * ROWS; i < j->n && i < (task + 1) * ROWS; i++) {
        size_t at = (size_t)i * (size_t)j->d;
        moim_layernorm(j->y + at, j->x + at, j->ln->g, j->ln->b, (size_t)j->d, EPS);
    }
}

void whisper_norm_rows(struct moim_pool *pool, float *y, const float *x, const struct wnorm *ln, int n, int d)
{
    struct rows_job j = {y, x, ln, n, d};
    int tasks = (n + ROWS - 1) / ROWS;
    moim_pool_run(tasks > 1 ? pool : NULL, norm_task, &j, tasks);
}

static void gelu_task(void *arg, int task, int tasks)
{
    (void)tasks;
    struct rows_job *j = arg;
    int last = (task + 1) * ROWS < j->n ? (task + 1) * ROWS : j->n;
    moim_gelu_erf(j->y + (size_t)task * ROWS * (size_t)j->d, (size_t)(last - task * ROWS) * (size_t)j->d);
}

void whisper_gelu_rows(struct moim_pool *pool, float *x, int n, int d)
{
    struct rows_job j = {x, NULL, NULL, n, d};
    int tasks = (n + ROWS - 1) / ROWS;
    moim_pool_run(tasks > 1 ? pool : NULL, gelu_task, &j, tasks);
}

int whisper_linear(const struct whisper_model *m, const struct wlin *l, const float *x, int n, float *y)
{
    return moim_matmul(m->pool, m->ws, l->w, x, (size_t)moim_weight_cols(l->w), n, l->b, y,
                       (size_t)moim_weight_rows(l->w));
}

/* The reference takes 30 s of samples; frames beyond the margin would all be alike. */
int whisper_logmel(const struct whisper_model *m, struct whisper_encoder *e, const float *pcm, size_t n,
                   double margin, int *frames)
{
    size_t most = (size_t)m->dims.audio_ctx * 2, mels = (size_t)m->dims.mels;
    size_t f = n / HOP + (size_t)(margin * MOIM_ASR_RATE / HOP) + 1;
    f += f & 1;
    if (f > most) f = most;
    if (n > f * HOP) n = f * HOP;
    if (whisper_need(&e->pcm, f * HOP) || whisper_need(&e->mel, f * mels)) return MOIM_ENOMEM;
    for (size_t i = 0; i < n; i++) e->pcm.p[i] = isfinite(pcm[i]) ? pcm[i] : 0;
    memset(e->pcm.p + n, 0, (f * HOP - n) * sizeof(float));
    moim_mel_run(m->mel, e->pcm.p, f * HOP, 0, (int)f, e->mel.p);
    float top = -INFINITY;
    for (size_t i = 0; i < f * mels; i++) top = e->mel.p[i] > top ? e->mel.p[i] : top;
    for (size_t i = 0; i < f * mels; i++) e->mel.p[i] = (fmaxf(e->mel.p[i], top - 8) + 4) / 4;
    *frames = (int)f;
    return MOIM_OK;
}

/* out[t] = rows stride * t - 1 ... stride * t + 1 of x[n][width], zeros beyond its ends. */
static void three_rows(float *out, const float *x, int n, int width, int stride)
{
    size_t w = (size_t)width;
    for (int t = 0; t * stride < n; t++)
        for (int k = 0; k < 3; k++, out += w) {
            int row = t * stride + k - 1;
            if (row < 0 || row >= n)
                memset(out, 0, w * sizeof *out);
            else
                memcpy(out, x + (size_t)row * w, w * sizeof *out);
        }
}

static int stem(const struct whisper_model *m, struct whisper_encoder *e, int frames)
{
    int d = m->dims.d, mels = m->dims.mels, t = frames / 2;
    size_t in1 = (size_t)frames * (size_t)mels * 3, in2 = (size_t)t * (size_t)d * 3;
    if (whisper_need(&e->a, in1 > in2 ? in1 : in2) || whisper_need(&e->b, (size_t)frames * (size_t)d))
        return MOIM_ENOMEM;
    three_rows(e->a.p, e->mel.p, frames, mels, 1);
    int rc = whisper_linear(m, &m->conv1, e->a.p, frames, e->b.p);
    if (rc) return rc;
    whisper_gelu_rows(m->pool, e->b.p, frames, d);
    three_rows(e->a.p, e->b.p, frames, d, 2);
    rc = whisper_linear(m, &m->conv2, e->a.p, t, e->x.p);
    if (rc) return rc;
    whisper_gelu_rows(m->pool, e->x.p, t, d);
    moim_axpy(e->x.p, 1, m->enc_pos, (size_t)t * (size_t)d);
    return MOIM_OK;
}

#define QUERIES 48 /* rows that a task takes: their scores stay in the second-level cache */

struct attend_job {
    const struct whisper_model *m;
    struct whisper_encoder *e;
    int t, t16;
};

/* Every tasks-th pair of a head and a block of queries. */
static void attend_some(void *arg, int task, int tasks)
{
    struct attend_job *j = arg;
    size_t d = (size_t)j->m->dims.d, t16 = (size_t)j->t16;
    float *score = j->e->att.p + (size_t)task * QUERIES * t16;
    int heads = j->m->dims.audio_heads, blocks = (j->t + QUERIES - 1) / QUERIES;
    for (int item = task; item < heads * blocks; item += tasks) {
        size_t at = (size_t)(item / blocks) * HEAD, r0 = (size_t)(item % blocks) * QUERIES;
        size_t rows = (size_t)j->t - r0 < QUERIES ? (size_t)j->t - r0 : QUERIES;
        moim_gemm(rows, t16, HEAD, 0.125f, j->e->q.p + r0 * d + at, d, j->e->kt.p + at * t16, t16, score,
                  t16);
        for (size_t i = 0; i < rows; i++) moim_softmax(score + i * t16, (size_t)j->t);
        moim_gemm(rows, HEAD, (size_t)j->t, 1, score, t16, j->e->v.p + at, d, j->e->h.p + r0 * d + at, d);
    }
}

static void attend(const struct whisper_model *m, struct whisper_encoder *e, int t)
{
    int threads = moim_pool_threads(m->pool);
    struct attend_job j = {m, e, t, (t + 15) & ~15};
    moim_transpose(e->kt.p, (size_t)j.t16, e->k.p, (size_t)m->dims.d, (size_t)t, (size_t)m->dims.d);
    moim_pool_run(m->pool, attend_some, &j, threads);
}

static int block(const struct whisper_model *m, struct whisper_encoder *e, const struct wblock *b, int t)
{
    int d = m->dims.d, rc;
    size_t all = (size_t)t * (size_t)d;
    whisper_norm_rows(m->pool, e->h.p, e->x.p, &b->self.ln, t, d);
    if ((rc = whisper_linear(m, &b->self.q, e->h.p, t, e->q.p)) ||
        (rc = whisper_linear(m, &b->self.k, e->h.p, t, e->k.p)) ||
        (rc = whisper_linear(m, &b->self.v, e->h.p, t, e->v.p)))
        return rc;
    attend(m, e, t);
    if ((rc = whisper_linear(m, &b->self.o, e->h.p, t, e->q.p))) return rc;
    moim_axpy(e->x.p, 1, e->q.p, all);
    whisper_norm_rows(m->pool, e->h.p, e->x.p, &b->ln, t, d);
    if ((rc = whisper_linear(m, &b->up, e->h.p, t, e->ff.p))) return rc;
    whisper_gelu_rows(m->pool, e->ff.p, t, 4 * d);
    if ((rc = whisper_linear(m, &b->down, e->ff.p, t, e->q.p))) return rc;
    moim_axpy(e->x.p, 1, e->q.p, all);
    return MOIM_OK;
}

int whisper_encode(const struct whisper_model *m, struct whisper_encoder *e, const float *pcm, size_t n,
                   double margin)
{
    int frames, d = m->dims.d;
    int rc = whisper_logmel(m, e, pcm, n, margin, &frames);
    if (rc) return rc;
    int t = frames / 2;
    size_t all = (size_t)t * (size_t)d;
    if (whisper_need(&e->x, all) || whisper_need(&e->h, all) || whisper_need(&e->q, all) ||
        whisper_need(&e->k, all) || whisper_need(&e->v, all) || whisper_need(&e->ff, all * 4) ||
        whisper_need(&e->kt, ((size_t)t + 15) * (size_t)d) ||
        whisper_need(&e->att, (size_t)moim_pool_threads(m->pool) * QUERIES * ((size_t)t + 15)))
        return MOIM_ENOMEM;
    rc = stem(m, e, frames);
    for (int i = 0; !rc && i < m->dims.audio_layers; i++) rc = block(m, e, &m->enc[i], t);
    if (rc) return rc;
    whisper_norm_rows(m->pool, e->x.p, e->x.p, &m->enc_ln, t, d);
    e->frames = t;
    e->out = e->x.p;
    return MOIM_OK;
}
