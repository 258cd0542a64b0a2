/* x = E[token] + P[pos] -> blocks: x += Self(LN(x)); x += Cross(LN(x)); x += W2 GELU(W1 LN(x)) -> LN -> x Eᵀ
 *
 * Keys and values belong to nodes of a tree, not to beams:
 *
 *     sot ─ ko ─ transcribe ─┬─ 오늘 ─┬─ 회의     a beam is a path; beams that share a past share its nodes,
 *                            │        └─ 은       and choosing new beams copies no cache
 *                            └─ 오 ─── 늘                                                                  */
#include "asr/whisper_int.h"
#include "nn/vec.h"

#include <stdlib.h>
#include <string.h>

static size_t round16(int n)
{
    return ((size_t)n + 15) & ~(size_t)15;
}

int whisper_decoder_init(struct whisper_decoder *s, const struct whisper_model *m, bool attentive)
{
    memset(s, 0, sizeof *s);
    s->attentive = attentive;
    size_t n = (size_t)m->dims.text_layers;
    s->cross_k = calloc(n, sizeof *s->cross_k);
    s->cross_v = calloc(n, sizeof *s->cross_v);
    s->k = calloc(n, sizeof *s->k);
    s->v = calloc(n, sizeof *s->v);
    return s->cross_k && s->cross_v && s->k && s->v ? MOIM_OK : MOIM_ENOMEM;
}

void whisper_decoder_free(struct whisper_decoder *s, const struct whisper_model *m)
{
    for (int l = 0; l < m->dims.text_layers; l++) {
        if (s->cross_k) free(s->cross_k[l]);
        if (s->cross_v) free(s->cross_v[l]);
        if (s->k) free(s->k[l]);
        if (s->v) free(s->v[l]);
    }
    free(s->cross_k);
    free(s->cross_v);
    free(s->k);
    free(s->v);
    struct wbuf *bufs[] = {&s->x,      &s->h,    &s->q,      &s->y,    &s->ff,
                           &s->scores, &s->self, &s->logits, &s->keys, &s->turned};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++) free(bufs[i]->p);
    free(s->att);
    memset(s, 0, sizeof *s);
}

/* What is kept of the sound is f16, as the products that made it are no surer: keys of each head as columns ... */
static void keep_cross_keys(struct whisper_decoder *s, size_t d, int layer, int frames)
{
    size_t t16 = round16(frames);
    moim_transpose(s->turned.p, t16, s->keys.p, d, (size_t)frames, d);
    moim_f32_to_f16(s->cross_k[layer], s->turned.p, d * t16);
}

/* ... and values of each head together. */
static void keep_cross_values(struct whisper_decoder *s, size_t d, int layer, int frames)
{
    for (size_t at = 0; at < d; at += HEAD)
        for (size_t t = 0; t < (size_t)frames; t++)
            moim_f32_to_f16(s->cross_v[layer] + at * (size_t)frames + t * HEAD, s->keys.p + t * d + at, HEAD);
}

int whisper_decoder_begin(struct whisper_decoder *s, const struct whisper_model *m, const float *enc,
                          int frames)
{
    size_t d = (size_t)m->dims.d, need = round16(frames) * d,
           wide = (size_t)moim_pool_threads(m->pool) * HEAD * round16(frames);
    if (whisper_need(&s->keys, need) || whisper_need(&s->turned, need > wide ? need : wide))
        return MOIM_ENOMEM;
    for (int l = 0; l < m->dims.text_layers; l++) {
        if (need > s->cross_cap) {
            free(s->cross_k[l]);
            free(s->cross_v[l]);
            s->cross_k[l] = malloc(need * sizeof **s->cross_k);
            s->cross_v[l] = malloc(need * sizeof **s->cross_v);
            if (!s->cross_k[l] || !s->cross_v[l]) {
                s->cross_cap = 0; /* layers before this one are grown again next time */
                return MOIM_ENOMEM;
            }
        }
        int rc = whisper_linear(m, &m->dec[l].cross.k, enc, frames, s->keys.p);
        if (rc) return rc;
        keep_cross_keys(s, d, l, frames);
        if ((rc = whisper_linear(m, &m->dec[l].cross.v, enc, frames, s->keys.p))) return rc;
        keep_cross_values(s, d, l, frames);
    }
    if (need > s->cross_cap) s->cross_cap = need;
    if (frames != s->frames) { /* attention rows have another length */
        free(s->att);
        s->att = NULL;
        s->cap = 0;
    }
    s->frames = frames;
    s->nodes = s->hear_from = s->hear_to = 0;
    return MOIM_OK;
}

static int grow(uint16_t **p, size_t n)
{
    uint16_t *q = realloc(*p, n * sizeof *q);
    if (!q) return MOIM_ENOMEM;
    *p = q;
    return MOIM_OK;
}

static int reserve(struct whisper_decoder *s, const struct whisper_model *m, int nodes)
{
    if (nodes <= s->cap) return MOIM_OK;
    int cap = nodes + nodes / 2 + 64;
    for (int l = 0; l < m->dims.text_layers; l++)
        if (grow(&s->k[l], (size_t)cap * (size_t)m->dims.d) ||
            grow(&s->v[l], (size_t)cap * (size_t)m->dims.d))
            return MOIM_ENOMEM;
    size_t cells = (size_t)cap * (size_t)m->n_align * (size_t)s->frames;
    float *att = s->attentive ? realloc(s->att, cells * sizeof *att) : s->att;
    if (s->attentive && !att) return MOIM_ENOMEM;
    s->att = att;
    s->cap = cap;
    return MOIM_OK;
}

struct pass {
    struct whisper_decoder *s;
    const struct whisper_model *m;
    const struct wrow *rows;
    int n, layer;
    const float *q;
    float *out;
};

/* One row, all heads: scores over its ancestors. */
static void self_task(void *arg, int i, int n)
{
    (void)n;
    struct pass *p = arg;
    size_t d = (size_t)p->m->dims.d, heads = d / HEAD, ctx = (size_t)p->m->dims.text_ctx;
    const struct wrow *row = &p->rows[i];
    const float *q = p->q + (size_t)i * d;
    float *out = p->out + (size_t)i * d, *score = p->s->self.p + (size_t)i * (heads * ctx + d),
          *wide = score + heads * ctx;
    for (int j = 0; j <= row->pos; j++) {
        moim_f16_to_f32(wide, p->s->k[p->layer] + (size_t)row->path[j] * d, d);
        for (size_t h = 0; h < heads; h++)
            score[h * ctx + (size_t)j] = 0.125f * moim_dot(q + h * HEAD, wide + h * HEAD, HEAD);
    }
    for (size_t h = 0; h < heads; h++) moim_softmax(score + h * ctx, (size_t)row->pos + 1);
    memset(out, 0, d * sizeof *out);
    for (int j = 0; j <= row->pos; j++) {
        moim_f16_to_f32(wide, p->s->v[p->layer] + (size_t)row->path[j] * d, d);
        for (size_t h = 0; h < heads; h++)
            moim_axpy(out + h * HEAD, score[h * ctx + (size_t)j], wide + h * HEAD, HEAD);
    }
}

/* Scores of t frames to shares of attention; frames that are not listened to have none. */
static void attend_within(const struct whisper_decoder *s, float *score, size_t t)
{
    size_t from = (size_t)s->hear_from, to = s->hear_to > 0 ? (size_t)s->hear_to : t;
    moim_softmax(score + from, to - from);
    memset(score, 0, from * sizeof *score);
    memset(score + to, 0, (t - to) * sizeof *score);
}

/* Every tasks-th head, all rows: they share the sound. */
static void cross_task(void *arg, int task, int tasks)
{
    struct pass *p = arg;
    size_t d = (size_t)p->m->dims.d, t = (size_t)p->s->frames, t16 = round16(p->s->frames),
           rows = (size_t)p->n;
    float *wide = p->s->turned.p + (size_t)task * HEAD * t16;
    for (size_t h = (size_t)task; h < (size_t)p->m->dims.text_heads; h += (size_t)tasks) {
        size_t at = h * HEAD;
        float *score = p->s->scores.p + h * rows * t16;
        moim_f16_to_f32(wide, p->s->cross_k[p->layer] + at * t16, HEAD * t16);
        moim_gemm(rows, t16, HEAD, 0.125f, p->q + at, d, wide, t16, score, t16);
        for (size_t i = 0; i < rows; i++) attend_within(p->s, score + i * t16, t);
        moim_f16_to_f32(wide, p->s->cross_v[p->layer] + at * t, HEAD * t);
        moim_gemm(rows, HEAD, t, 1, score, t16, wide, HEAD, p->out + at, d);
    }
}

static void cross_attend(struct pass *p)
{
    int heads = p->m->dims.text_heads, t = p->s->frames, before = 0;
    moim_pool_run(p->m->pool, cross_task, p, moim_pool_threads(p->m->pool));
    if (!p->s->attentive) return;
    for (int i = 0; i < p->layer * heads; i++) before += p->m->align[i];
    for (int h = 0; h < heads; h++) {
        if (!p->m->align[p->layer * heads + h]) continue;
        for (int i = 0; i < p->n; i++) {
            size_t node = (size_t)p->rows[i].path[p->rows[i].pos];
            memcpy(p->s->att + (node * (size_t)p->m->n_align + (size_t)before) * (size_t)t,
                   p->s->scores.p + ((size_t)h * (size_t)p->n + (size_t)i) * round16(t),
                   (size_t)t * sizeof(float));
        }
        before++;
    }
}

/* Keys and values of the rows' own nodes; rows of one call have consecutive nodes, s->nodes on. */
static int self_keys(struct pass *p, const struct wattn *a)
{
    size_t d = (size_t)p->m->dims.d, at = (size_t)p->s->nodes * d, all = (size_t)p->n * d;
    int rc = whisper_linear(p->m, &a->k, p->s->h.p, p->n, p->s->y.p);
    if (rc) return rc;
    moim_f32_to_f16(p->s->k[p->layer] + at, p->s->y.p, all);
    if ((rc = whisper_linear(p->m, &a->v, p->s->h.p, p->n, p->s->y.p))) return rc;
    moim_f32_to_f16(p->s->v[p->layer] + at, p->s->y.p, all);
    return MOIM_OK;
}

static int decoder_block(struct pass *p, const struct wblock *b)
{
    struct whisper_decoder *s = p->s;
    const struct whisper_model *m = p->m;
    int rc, n = p->n, d = m->dims.d;
    size_t all = (size_t)n * (size_t)d;
    whisper_norm_rows(m->pool, s->h.p, s->x.p, &b->self.ln, n, d);
    if ((rc = whisper_linear(m, &b->self.q, s->h.p, n, s->q.p)) || (rc = self_keys(p, &b->self))) return rc;
    moim_pool_run(m->pool, self_task, p, n);
    if ((rc = whisper_linear(m, &b->self.o, s->y.p, n, s->h.p))) return rc;
    moim_axpy(s->x.p, 1, s->h.p, all);
    whisper_norm_rows(m->pool, s->h.p, s->x.p, &b->cross.ln, n, d);
    if ((rc = whisper_linear(m, &b->cross.q, s->h.p, n, s->q.p))) return rc;
    cross_attend(p);
    if ((rc = whisper_linear(m, &b->cross.o, s->y.p, n, s->h.p))) return rc;
    moim_axpy(s->x.p, 1, s->h.p, all);
    whisper_norm_rows(m->pool, s->h.p, s->x.p, &b->ln, n, d);
    if ((rc = whisper_linear(m, &b->up, s->h.p, n, s->ff.p))) return rc;
    whisper_gelu_rows(m->pool, s->ff.p, n, 4 * d);
    if ((rc = whisper_linear(m, &b->down, s->ff.p, n, s->h.p))) return rc;
    moim_axpy(s->x.p, 1, s->h.p, all);
    return MOIM_OK;
}

static int scratch(struct whisper_decoder *s, const struct whisper_model *m, int n, int from)
{
    size_t all = (size_t)n * (size_t)m->dims.d, heads = (size_t)m->dims.text_heads;
    bool short_of =
        whisper_need(&s->x, all) || whisper_need(&s->h, all) || whisper_need(&s->q, all) ||
        whisper_need(&s->y, all) || whisper_need(&s->ff, all * 4) ||
        whisper_need(&s->scores, heads * (size_t)n * round16(s->frames)) ||
        whisper_need(&s->self, (heads * (size_t)m->dims.text_ctx + (size_t)m->dims.d) * (size_t)n) ||
        whisper_need(&s->logits,
                     (size_t)(n - from > MOIM_WHISPER_MAX_BEAM ? n - from : MOIM_WHISPER_MAX_BEAM) *
                         (size_t)m->dims.vocab);
    return short_of ? MOIM_ENOMEM : reserve(s, m, s->nodes + n);
}

int whisper_forward(struct whisper_decoder *s, const struct whisper_model *m, const struct wrow *rows, int n,
                    int from)
{
    int d = m->dims.d, rc = scratch(s, m, n, from);
    if (rc) return rc;
    for (int i = 0; i < n; i++) {
        float *x = s->x.p + (size_t)i * (size_t)d;
        moim_tensor_row(m->embed, (uint64_t)rows[i].token, x);
        moim_axpy(x, 1, m->dec_pos + (size_t)rows[i].pos * (size_t)d, (size_t)d);
    }
    struct pass p = {s, m, rows, n, 0, s->q.p, s->y.p};
    for (int l = 0; !rc && l < m->dims.text_layers; l++) {
        p.layer = l;
        rc = decoder_block(&p, &m->dec[l]);
    }
    s->nodes += n;
    if (rc || from >= n) return rc;
    whisper_norm_rows(m->pool, s->h.p, s->x.p, &m->dec_ln, n, d);
    return moim_matmul(m->pool, m->ws, m->project, s->h.p + (size_t)from * (size_t)d, (size_t)d, n - from,
                       NULL, s->logits.p, (size_t)m->dims.vocab);
}

/* Views that hear the sound at other moments name other times: of those the mean is taken of all together,
 * and the first view tells which. */
static void average_row(struct whisper_decoder *s, const struct whisper_model *m, size_t row, int passes)
{
    float *x = s->logits.p + row, own, all;
    size_t text = (size_t)m->ids.time0, times = (size_t)m->dims.vocab - text;
    own = all = moim_logsumexp(x + text, times);
    for (int v = 1; v < passes; v++) {
        moim_axpy(x, 1, s[v].logits.p + row, text);
        all += moim_logsumexp(s[v].logits.p + row + text, times);
    }
    for (size_t i = 0; i < text; i++) x[i] *= 1.0f / (float)passes;
    for (size_t i = 0; i < times; i++) x[text + i] += all / (float)passes - own;
}

int whisper_forward_ensemble(struct whisper_decoder *s, const struct whisper_model *m,
                             const struct wrow *rows, int n, int from, int passes)
{
    int rc = whisper_forward(s, m, rows, n, from);
    for (int v = 1; !rc && v < passes; v++) rc = whisper_forward(&s[v], m, rows, n, from);
    if (rc || passes < 2 || from >= n) return rc;
    for (int i = 0; i < n - from; i++) average_row(s, m, (size_t)i * (size_t)m->dims.vocab, passes);
    return MOIM_OK;
}
