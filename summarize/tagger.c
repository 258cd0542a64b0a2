#include "summarize/tagger.h"
#include "base/mapfile.h"
#include "summarize/language.h"
#include "summarize/word_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LANGUAGES 2 /* ko, en */
#define NETS_MAX 8
#define WINDOW 2
#define COLUMNS ((2 * WINDOW + 1) * MOIM_TAGS)
#define INPUT (2 * MOIM_TAGS + MOIM_TAGGER_DENSE)
#define LAYERS 3
#define KERNEL 5
#define WIDTH_MAX 256
#define STATES_MAX 64 /* channels that a turn's states are brought to */
#define VERSION 2

/* [rows][cols] in 8 bits with a scale a row. */
struct matrix {
    int rows, cols;
    const float *scale;
    const int8_t *w;
};

struct table {
    int n;
    const uint32_t *gram; /* [n] moim_by_int */
    struct matrix weight; /* [n][COLUMNS]: turn - 2, - 1, itself, + 1, + 2 */
    const float *dense;   /* [MOIM_TAGGER_DENSE][COLUMNS] */
    const float *bias;    /* [MOIM_TAGS] */
};

/* Residual convolutions over turns: layer l looks at turns t + (j - KERNEL / 2) << l. */
struct net {
    struct matrix state; /* [states][MOIM_TURN_STATE] */
    struct matrix in, conv[LAYERS], out, query, key, pair, role;
    const float *state_bias, *in_bias, *conv_bias[LAYERS], *out_bias, *query_bias, *key_bias, *role_bias,
        *none, *skip;
    int states, hidden, link; /* states 0: of n-grams and numbers alone */
};

/* The networks for turns without states and for turns with them. */
struct nets {
    struct net net[NETS_MAX];
    int n;
    float limit[LANGUAGES][3][4]; /* shown, asserted, slope and offset of the honest log-odds */
};

struct moim_tagger {
    struct table table[LANGUAGES];
    const float *mean, *spread; /* [MOIM_TURN_STATE] of states */
    struct nets without, with;
};

/* ---- reading ---- */

static const float *floats(struct moim_cursor *c, int n)
{
    return (const float *)(const void *)moim_read_bytes(c, sizeof(float) * (uint64_t)n);
}

/* Sizes are checked against what the code expects; data are padded to four bytes. */
static void read_matrix(struct moim_cursor *c, struct matrix *m, int rows, int cols)
{
    uint32_t r = moim_read_u32(c), k = moim_read_u32(c);
    if (r != (uint32_t)rows || k != (uint32_t)cols) c->ok = false;
    if (!c->ok) return;
    m->rows = rows;
    m->cols = cols;
    m->scale = floats(c, rows);
    m->w = (const int8_t *)moim_read_bytes(c, ((uint64_t)rows * (uint64_t)cols + 3) / 4 * 4);
}

static void read_table(struct moim_cursor *c, struct table *t)
{
    uint32_t n = moim_read_u32(c);
    if (n > 1u << 20) c->ok = false;
    if (!c->ok) return;
    t->n = (int)n;
    t->gram = (const uint32_t *)moim_read_bytes(c, 4 * (uint64_t)n);
    read_matrix(c, &t->weight, t->n, COLUMNS);
    t->dense = floats(c, MOIM_TAGGER_DENSE * COLUMNS);
    t->bias = floats(c, MOIM_TAGS);
}

static void read_net(struct moim_cursor *c, struct net *n)
{
    uint32_t hidden = moim_read_u32(c), link = moim_read_u32(c), states = moim_read_u32(c);
    if (!hidden || hidden > WIDTH_MAX || !link || link > WIDTH_MAX || states > STATES_MAX) c->ok = false;
    if (!c->ok) return;
    n->hidden = (int)hidden, n->link = (int)link, n->states = (int)states;
    if (n->states) {
        read_matrix(c, &n->state, n->states, MOIM_TURN_STATE);
        n->state_bias = floats(c, n->states);
    }
    read_matrix(c, &n->in, n->hidden, INPUT + n->states);
    n->in_bias = floats(c, n->hidden);
    for (int l = 0; l < LAYERS; l++) {
        read_matrix(c, &n->conv[l], n->hidden, n->hidden * KERNEL);
        n->conv_bias[l] = floats(c, n->hidden);
    }
    read_matrix(c, &n->out, MOIM_TAGS, 2 * n->hidden);
    n->out_bias = floats(c, MOIM_TAGS);
    n->skip = floats(c, MOIM_TAGS);
    read_matrix(c, &n->query, n->link, 2 * n->hidden);
    n->query_bias = floats(c, n->link);
    read_matrix(c, &n->key, n->link, 2 * n->hidden);
    n->key_bias = floats(c, n->link);
    read_matrix(c, &n->pair, n->link, MOIM_TAGGER_PAIR);
    read_matrix(c, &n->role, MOIM_LINKS, n->link);
    n->role_bias = floats(c, MOIM_LINKS);
    n->none = floats(c, MOIM_LINKS);
}

static void read_nets(struct moim_cursor *c, struct nets *s, bool with_states)
{
    uint32_t n = moim_read_u32(c);
    if (!n || n > NETS_MAX) c->ok = false;
    for (; c->ok && s->n < (int)n; s->n++) {
        read_net(c, &s->net[s->n]);
        if (c->ok && (s->net[s->n].states > 0) != with_states) c->ok = false;
    }
    const float *limit = floats(c, LANGUAGES * 3 * 4);
    if (c->ok) memcpy(s->limit, limit, sizeof s->limit);
}

int moim_tagger_open(struct moim_tagger **out, const void *bytes, size_t size, struct moim_err *err)
{
    struct moim_cursor c = {.data = bytes, .size = size, .ok = true};
    *out = NULL;
    const uint8_t *magic = moim_read_bytes(&c, 4);
    if (!magic || memcmp(magic, "MTAG", 4))
        return moim_fail(err, MOIM_EFORMAT, "tagger weights: not such a file");
    if (moim_read_u32(&c) != VERSION) return moim_fail(err, MOIM_EVERSION, "tagger weights: another version");
    struct moim_tagger *t = calloc(1, sizeof *t);
    if (!t) return moim_fail(err, MOIM_ENOMEM, "tagger weights: out of memory");
    for (int l = 0; l < LANGUAGES; l++) read_table(&c, &t->table[l]);
    read_nets(&c, &t->without, false);
    t->mean = floats(&c, MOIM_TURN_STATE);
    t->spread = floats(&c, MOIM_TURN_STATE);
    if (c.ok) read_nets(&c, &t->with, true);
    if (!c.ok || c.pos != size) {
        free(t);
        return moim_fail(err, MOIM_EFORMAT, "tagger weights: damaged");
    }
    *out = t;
    return MOIM_OK;
}

void moim_tagger_close(struct moim_tagger *t)
{
    free(t);
}

/* ---- arithmetic ---- */

static float sigmoid(float x)
{
    return 1 / (1 + expf(-x));
}

/* y = W x + bias (bias may be NULL). */
static void multiply(const struct matrix *m, const float *x, const float *bias, float *y)
{
    for (int r = 0; r < m->rows; r++) {
        const int8_t *w = m->w + (size_t)r * (size_t)m->cols;
        float sum = 0;
        for (int c = 0; c < m->cols; c++) sum += (float)w[c] * x[c];
        y[r] = sum * m->scale[r] + (bias ? bias[r] : 0);
    }
}

static int find_gram(const struct table *t, uint32_t gram)
{
    int a = 0, b = t->n;
    while (a < b) {
        int mid = (a + b) / 2;
        if (t->gram[mid] < gram)
            a = mid + 1;
        else
            b = mid;
    }
    return a < t->n && t->gram[a] == gram ? a : -1;
}

/* Sums the rows of known n-grams, each counted once, into out[COLUMNS]; row is scratch. */
static void sum_grams(const struct table *t, int *row, int n, float *out)
{
    int kept = 0;
    qsort(row, (size_t)n, sizeof *row, moim_by_int);
    for (int i = 0; i < n; i++)
        if (!i || row[i] != row[i - 1]) row[kept++] = row[i];
    float share = 3 / sqrtf((float)kept + 4);
    memset(out, 0, sizeof *out * COLUMNS);
    for (int i = 0; i < kept; i++) {
        const int8_t *w = t->weight.w + (size_t)row[i] * COLUMNS;
        float s = share * t->weight.scale[row[i]];
        for (int c = 0; c < COLUMNS; c++) out[c] += s * (float)w[c];
    }
}

static void add_dense(const struct table *t, const float *dense, float *out)
{
    for (int d = 0; d < MOIM_TAGGER_DENSE; d++)
        for (int c = 0; dense[d] != 0 && c < COLUMNS; c++) out[c] += dense[d] * t->dense[d * COLUMNS + c];
}

/* ---- first stage: z[n_turns][MOIM_TAGS], dense[n_turns][MOIM_TAGGER_DENSE] ---- */

struct first {
    float (*sum)[COLUMNS], (*z)[MOIM_TAGS], (*dense)[MOIM_TAGGER_DENSE];
    float *state; /* [n_turns][MOIM_TURN_STATE] less their mean, by their spread; NULL: none */
    int *row;
};

static int known_rows(const struct table *t, const struct moim_tagger_unit *u, int *row)
{
    int n = 0;
    for (int g = 0; g < u->n_grams; g++) {
        int r = find_gram(t, u->gram[g]);
        if (r >= 0) row[n++] = r;
    }
    return n;
}

static void sum_turn(const struct table *t, const struct moim_tagger_input *in, int turn, struct first *f,
                     struct moim_tagging *out)
{
    float one[COLUMNS];
    int n = 0;
    for (int i = in->first[turn]; i < in->first[turn + 1]; i++) {
        const struct moim_tagger_unit *u = &in->unit[i];
        int more = known_rows(t, u, f->row + n);
        sum_grams(t, f->row + n, more, one);
        add_dense(t, u->dense, one);
        memcpy(out->unit[i], one + WINDOW * MOIM_TAGS, sizeof out->unit[i]);
        n += more;
        for (int d = 0; d < MOIM_TAGGER_DENSE; d++)
            if (u->dense[d] > f->dense[turn][d]) f->dense[turn][d] = u->dense[d];
    }
    sum_grams(t, f->row, n, f->sum[turn]);
    add_dense(t, f->dense[turn], f->sum[turn]);
}

static int open_first(struct first *f, const struct moim_tagger_input *in)
{
    size_t n = (size_t)in->req->n_turns, most = 1;
    for (int t = 0; t < in->req->n_turns; t++) {
        size_t grams = 0;
        for (int i = in->first[t]; i < in->first[t + 1]; i++) grams += (size_t)in->unit[i].n_grams;
        if (grams > most) most = grams;
    }
    f->sum = calloc(n, sizeof *f->sum);
    f->z = calloc(n, sizeof *f->z);
    f->dense = calloc(n, sizeof *f->dense);
    f->row = calloc(most, sizeof *f->row);
    return f->sum && f->z && f->dense && f->row ? MOIM_OK : MOIM_ENOMEM;
}

static void close_first(struct first *f)
{
    free(f->sum);
    free(f->z);
    free(f->dense);
    free(f->state);
    free(f->row);
}

/* Of like size in all places. */
static int take_states(const struct moim_tagger *t, const struct moim_minutes_request *req, struct first *f)
{
    size_t n = (size_t)req->n_turns * MOIM_TURN_STATE;
    if (!req->state) return MOIM_OK;
    f->state = malloc(n * sizeof *f->state);
    if (!f->state) return MOIM_ENOMEM;
    for (size_t i = 0; i < n; i++)
        f->state[i] = (req->state[i] - t->mean[i % MOIM_TURN_STATE]) / t->spread[i % MOIM_TURN_STATE];
    return MOIM_OK;
}

static void run_first(const struct table *t, const struct moim_tagger_input *in, struct first *f,
                      struct moim_tagging *out)
{
    int n = in->req->n_turns;
    for (int i = 0; i < n; i++) sum_turn(t, in, i, f, out);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < MOIM_TAGS; k++) {
            float z = t->bias[k];
            for (int d = -WINDOW; d <= WINDOW; d++)
                if (i + d >= 0 && i + d < n) z += f->sum[i + d][(WINDOW + d) * MOIM_TAGS + k];
            f->z[i][k] = z < -8 ? -8 : z > 4 ? 4 : z;
        }
}

/* ---- second stage ---- */

struct second {
    float *e, *h, *next, *joined, *q, *k, *seen; /* projected input, layers, joined, query, key, one window */
};

static int open_second(struct second *s, const struct net *n, int turns)
{
    size_t t = (size_t)turns, w = (size_t)n->hidden;
    s->e = calloc(t * w, sizeof(float));
    s->h = calloc(t * w, sizeof(float));
    s->next = calloc(t * w, sizeof(float));
    s->joined = calloc(t * 2 * w, sizeof(float));
    s->q = calloc(t * (size_t)n->link, sizeof(float));
    s->k = calloc(t * (size_t)n->link, sizeof(float));
    s->seen = calloc(w * KERNEL, sizeof(float));
    return s->e && s->h && s->next && s->joined && s->q && s->k && s->seen ? MOIM_OK : MOIM_ENOMEM;
}

static void close_second(struct second *s)
{
    float *all[] = {s->e, s->h, s->next, s->joined, s->q, s->k, s->seen};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}

static void rectify(float *x, int n)
{
    for (int i = 0; i < n; i++)
        if (x[i] < 0) x[i] = 0;
}

static void project(const struct net *n, const struct first *f, int turns, float *e)
{
    for (int t = 0; t < turns; t++, e += n->hidden) {
        float x[INPUT + STATES_MAX], *channel = x + INPUT;
        for (int k = 0; k < MOIM_TAGS; k++) {
            x[k] = f->z[t][k] / 3;
            x[MOIM_TAGS + k] = sigmoid(f->z[t][k]);
        }
        memcpy(x + 2 * MOIM_TAGS, f->dense[t], sizeof f->dense[t]);
        if (n->states) multiply(&n->state, f->state + (size_t)t * MOIM_TURN_STATE, n->state_bias, channel);
        for (int k = 0; k < n->states; k++) channel[k] = tanhf(channel[k]);
        multiply(&n->in, x, n->in_bias, e);
        rectify(e, n->hidden);
    }
}

static void convolve(const struct net *n, int l, int turns, struct second *s)
{
    int w = n->hidden;
    for (int t = 0; t < turns; t++) {
        for (int j = 0; j < KERNEL; j++) {
            int from = t + (j - KERNEL / 2) * (1 << l);
            for (int i = 0; i < w; i++)
                s->seen[i * KERNEL + j] =
                    from >= 0 && from < turns ? s->h[(size_t)from * (size_t)w + (size_t)i] : 0;
        }
        float *y = s->next + (size_t)t * (size_t)w;
        multiply(&n->conv[l], s->seen, n->conv_bias[l], y);
        rectify(y, w);
    }
    for (size_t i = 0; i < (size_t)turns * (size_t)w; i++) s->h[i] += s->next[i];
}

static void encode(const struct net *n, const struct first *f, int turns, struct second *s)
{
    size_t w = (size_t)n->hidden;
    project(n, f, turns, s->e);
    memcpy(s->h, s->e, sizeof *s->h * w * (size_t)turns);
    for (int l = 0; l < LAYERS; l++) convolve(n, l, turns, s);
    for (size_t t = 0; t < (size_t)turns; t++) {
        float *joined = s->joined + t * 2 * w;
        memcpy(joined, s->h + t * w, sizeof *joined * w);
        memcpy(joined + w, s->e + t * w, sizeof *joined * w);
        multiply(&n->query, joined, n->query_bias, s->q + t * (size_t)n->link);
        multiply(&n->key, joined, n->key_bias, s->k + t * (size_t)n->link);
    }
}

static void add_tags(const struct net *n, const struct first *f, const struct second *s,
                     struct moim_tagging *out)
{
    for (int t = 0; t < out->n_turns; t++) {
        float y[MOIM_TAGS];
        multiply(&n->out, s->joined + (size_t)t * 2 * (size_t)n->hidden, n->out_bias, y);
        for (int k = 0; k < MOIM_TAGS; k++) out->tag[t][k] += y[k] + n->skip[k] * f->z[t][k];
    }
}

static void log_softmax(float score[MOIM_TAGGER_REACH + 1][MOIM_LINKS], int role, int first)
{
    float most = score[MOIM_TAGGER_REACH][role], sum = 0;
    for (int d = 0; d < first; d++)
        if (score[d][role] > most) most = score[d][role];
    for (int d = 0; d <= MOIM_TAGGER_REACH; d++)
        if (d < first || d == MOIM_TAGGER_REACH) sum += expf(score[d][role] - most);
    for (int d = 0; d <= MOIM_TAGGER_REACH; d++)
        score[d][role] = d < first || d == MOIM_TAGGER_REACH ? score[d][role] - most - logf(sum) : -60;
}

static void add_links(const struct net *n, const struct moim_tagger_input *in, const struct second *s,
                      struct moim_tagging *out)
{
    for (int t = 0; t < out->n_turns; t++) {
        float score[MOIM_TAGGER_REACH + 1][MOIM_LINKS] = {{0}}, pair[MOIM_TAGGER_PAIR], at[WIDTH_MAX];
        int most = t < MOIM_TAGGER_REACH ? t : MOIM_TAGGER_REACH;
        for (int d = 0; d < most; d++) {
            const float *q = s->q + (size_t)t * (size_t)n->link,
                        *k = s->k + (size_t)(t - d - 1) * (size_t)n->link;
            moim_tagger_pair(in, t - d - 1, t, pair);
            multiply(&n->pair, pair, NULL, at);
            for (int i = 0; i < n->link; i++) at[i] = tanhf(at[i] + q[i] + k[i]);
            multiply(&n->role, at, n->role_bias, score[d]);
        }
        memcpy(score[MOIM_TAGGER_REACH], n->none, sizeof score[0]);
        for (int r = 0; r < MOIM_LINKS; r++) log_softmax(score, r, most);
        for (int d = 0; d <= MOIM_TAGGER_REACH; d++)
            for (int r = 0; r < MOIM_LINKS; r++) out->link[t][d][r] += score[d][r];
    }
}

static int run_net(const struct net *n, const struct moim_tagger_input *in, const struct first *f,
                   struct moim_tagging *out)
{
    struct second s = {0};
    int rc = open_second(&s, n, out->n_turns);
    if (!rc) {
        encode(n, f, out->n_turns, &s);
        add_tags(n, f, &s, out);
        add_links(n, in, &s, out);
    }
    close_second(&s);
    return rc;
}

/* Logits of several networks are averaged, then made probabilities. */
static void average(struct moim_tagging *out, int nets)
{
    for (int t = 0; t < out->n_turns; t++) {
        for (int k = 0; k < MOIM_TAGS; k++) out->tag[t][k] = sigmoid(out->tag[t][k] / (float)nets);
        for (int d = 0; d <= MOIM_TAGGER_REACH; d++)
            for (int r = 0; r < MOIM_LINKS; r++) out->link[t][d][r] /= (float)nets;
    }
}

void moim_tagging_free(struct moim_tagging *t)
{
    free(t->tag);
    free(t->link);
    free(t->unit);
    memset(t, 0, sizeof *t);
}

int moim_tagger_run(const struct moim_tagger *t, const struct moim_tagger_input *in, struct moim_tagging *out,
                    struct moim_err *err)
{
    struct first f = {0};
    size_t n = (size_t)in->req->n_turns;
    memset(out, 0, sizeof *out);
    out->n_turns = in->req->n_turns;
    out->tag = calloc(n, sizeof *out->tag);
    out->link = calloc(n, sizeof *out->link);
    out->unit = calloc((size_t)in->n_units, sizeof *out->unit);
    int rc = out->tag && out->link && out->unit ? open_first(&f, in) : MOIM_ENOMEM;
    const struct nets *nets = in->req->state ? &t->with : &t->without;
    if (!rc) rc = take_states(t, in->req, &f);
    if (!rc) run_first(&t->table[moim_language_get(in->req->language)->weights], in, &f, out);
    for (int i = 0; !rc && i < nets->n; i++) rc = run_net(&nets->net[i], in, &f, out);
    if (!rc) average(out, nets->n);
    close_first(&f);
    if (!rc) return MOIM_OK;
    moim_tagging_free(out);
    return moim_fail(err, rc, "minutes: out of memory");
}

static const float *limits_of(const struct moim_tagger *t, const struct moim_minutes_request *req, int k)
{
    const struct nets *nets = req->state ? &t->with : &t->without;
    return nets->limit[moim_language_get(req->language)->weights][k];
}

void moim_tagger_limits(const struct moim_tagger *t, const struct moim_minutes_request *req, int k,
                        float *shown, float *asserted)
{
    *shown = limits_of(t, req, k)[0];
    *asserted = limits_of(t, req, k)[1];
}

float moim_tagger_calibrated(const struct moim_tagger *t, const struct moim_minutes_request *req, int k,
                             float p)
{
    const float *l = limits_of(t, req, k);
    p = p < 1e-6f ? 1e-6f : p > 1 - 1e-6f ? 1 - 1e-6f : p;
    return sigmoid(l[2] * logf(p / (1 - p)) + l[3]);
}
