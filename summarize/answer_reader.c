#include "summarize/answer_reader.h"
#include "lm/embed_adapter.h"
#include "nn/vec.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define DIM MOIM_EMBED_DIM
#define PLACE MOIM_READING_PLACE /* dimensions in which tokens are compared */
#define KIND 32                  /* in which what is asked and what is told are */
#define FEATURES 12
#define HIDDEN 24
#define QUESTION MOIM_READER_QUESTION
#define TOKENS 80 /* of a turn that are compared */
#define GROUP 200 /* tokens that see each other */
#define BEFORE 3  /* turns around one that may say what the question names */
#define AFTER 2
#define RUN_TOKENS 6144
#define SHARP 8.0F /* of the soft minimum over the question's tokens */

/* The file after its header: factors, then these as float16. */
struct head {
    float mark[2][DIM]; /* added to tokens of the question, of turns */
    float turn[PLACE][DIM], question[PLACE][DIM];
    float weigh[DIM], weigh_bias;
    float asked[KIND][DIM], asked_bias[KIND], told[KIND][DIM], told_bias[KIND];
    float farther[BEFORE + 1 + AFTER];
    float hidden[HIDDEN][FEATURES], hidden_bias[HIDDEN], out[HIDDEN], out_bias;
    float linear[FEATURES], linear_bias;
    float center[DIM];
};
#define HEAD_FLOATS (sizeof(struct head) / sizeof(float))

struct header {
    char magic[4];
    uint32_t version, from, layers, rank;
};

struct moim_answer_reader {
    struct moim_embed *m;
    struct moim_embed_adapter *adapter;
    struct head h;
    int n_question;
    float question[QUESTION][PLACE],
        weight[QUESTION]; /* of its tokens: unit vectors; how much each counts, sum 1 */
    float asked[KIND], meant[DIM];
    float *state;                             /* [RUN_TOKENS][DIM] */
    uint8_t digest[crypto_hash_sha256_BYTES]; /* of its weights */
};

/* ---- weights ---- */

static int load(struct moim_answer_reader *r, const unsigned char *p, size_t n, struct moim_err *err)
{
    struct header h;
    if (n < sizeof h) return moim_fail(err, MOIM_EFORMAT, "reader: damaged weights");
    memcpy(&h, p, sizeof h);
    bool sane = !memcmp(h.magic, "MRDR", 4) && h.version == 1 && h.layers <= 64 && h.rank <= 256;
    size_t factors = sane ? h.layers * MOIM_EMBED_FACTORS(h.rank) : 0;
    if (!sane || n != sizeof h + 2 * (factors + HEAD_FLOATS))
        return moim_fail(err, MOIM_EFORMAT, "reader: damaged weights");
    moim_f16_to_f32(&r->h.mark[0][0], p + sizeof h + 2 * factors, HEAD_FLOATS);
    crypto_hash_sha256(r->digest, p, n);
    return moim_embed_adapter_new(&r->adapter, r->m, (int)h.from, (int)h.layers, (int)h.rank, p + sizeof h,
                                  err);
}

int moim_answer_reader_open(struct moim_answer_reader **out, struct moim_embed *m, const void *weights,
                            size_t n, struct moim_err *err)
{
    *out = NULL;
    struct moim_answer_reader *r = calloc(1, sizeof *r);
    if (r) r->state = malloc((size_t)RUN_TOKENS * DIM * sizeof *r->state), r->m = m;
    int rc = r && r->state ? load(r, weights, n, err) : moim_fail(err, MOIM_ENOMEM, "reader: out of memory");
    if (rc)
        moim_answer_reader_close(r);
    else
        *out = r;
    return rc;
}

void moim_answer_reader_close(struct moim_answer_reader *r)
{
    if (!r) return;
    moim_embed_adapter_free(r->adapter);
    free(r->state);
    free(r);
}

/* ---- vectors ---- */

static void to_length_one(float *v, int n)
{
    float length = sqrtf(moim_dot(v, v, (size_t)n));
    for (int i = 0; i < n; i++) v[i] /= length > 1e-12F ? length : 1;
}

/* y = W x (+ b) */
static void apply(const float *w, int rows, const float *bias, const float *x, float *y)
{
    for (int i = 0; i < rows; i++) y[i] = moim_dot(w + (size_t)i * DIM, x, DIM) + (bias ? bias[i] : 0);
}

static void mark(const struct moim_answer_reader *r, int which, float *x, int n)
{
    for (int i = 0; i < n; i++) moim_axpy(x + (size_t)i * DIM, 1, r->h.mark[which], DIM);
}

/* Direction from the mean of all turns. */
static void centered(const struct moim_answer_reader *r, const float *mean, float *out)
{
    for (int i = 0; i < DIM; i++) out[i] = mean[i] - r->h.center[i];
    to_length_one(out, DIM);
}

/* ---- the question ---- */

int moim_answer_reader_ask(struct moim_answer_reader *r, const char *question, struct moim_err *err)
{
    float mean[DIM] = {0}, most = -1e30F, sum = 0;
    int n = moim_embed_question_states(r->m, question, r->state, QUESTION, err);
    if (n < 0) return n;
    mark(r, 0, r->state, n);
    int rc = moim_embed_adapter_run(r->adapter, r->state, n, err);
    if (rc) return rc;
    for (int i = 0; i < n; i++) {
        const float *x = r->state + (size_t)i * DIM;
        moim_axpy(mean, 1 / (float)n, x, DIM);
        apply(r->h.question[0], PLACE, NULL, x, r->question[i]);
        to_length_one(r->question[i], PLACE);
        r->weight[i] = moim_dot(r->h.weigh, x, DIM) + r->h.weigh_bias;
        most = fmaxf(most, r->weight[i]);
    }
    for (int i = 0; i < n; i++) sum += r->weight[i] = expf(r->weight[i] - most);
    for (int i = 0; i < n; i++) r->weight[i] /= sum;
    apply(r->h.asked[0], KIND, r->h.asked_bias, mean, r->asked);
    centered(r, mean, r->meant);
    r->n_question = n;
    return MOIM_OK;
}

/* ---- turns ---- */

/* Their digest: of the reader and of what was said, so that a reading of other words or by other weights is known. */
void moim_answer_reader_digest(const struct moim_answer_reader *r, const struct moim_turn_text *turns, int n,
                               uint8_t digest[MOIM_READING_DIGEST])
{
    crypto_hash_sha256_state st;
    _Static_assert(MOIM_READING_DIGEST == crypto_hash_sha256_BYTES, "a SHA-256");
    crypto_hash_sha256_init(&st);
    crypto_hash_sha256_update(&st, r->digest, sizeof r->digest);
    for (int t = 0; t < n; t++) {
        crypto_hash_sha256_update(&st, (const uint8_t *)turns[t].speaker, strlen(turns[t].speaker) + 1);
        crypto_hash_sha256_update(&st, (const uint8_t *)turns[t].text, strlen(turns[t].text) + 1);
    }
    crypto_hash_sha256_final(&st, digest);
}

static void add_turn(const struct moim_answer_reader *r, const float *x, int n, struct moim_reading *out)
{
    float place[TOKENS][PLACE], mean[DIM] = {0};
    for (int k = 0; k < n; k++, x += DIM) {
        moim_axpy(mean, 1 / (float)n, x, DIM);
        apply(r->h.turn[0], PLACE, NULL, x, place[k]);
        to_length_one(place[k], PLACE);
    }
    moim_reading_add(out, place[0], n, mean);
}

/* Turns [from, to) whose states lie in r->state, with length[to - from] tokens each: in groups through the changed layers. */
static int read_groups(struct moim_answer_reader *r, int from, int to, const int *length,
                       struct moim_reading *out, struct moim_err *err)
{
    float *group = malloc((size_t)(GROUP + TOKENS) * DIM * sizeof *group);
    int rc = group ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "reader: out of memory");
    const float *x = r->state;
    for (int first = from, next; first < to && !rc; first = next) {
        int n = 0, at = 0;
        for (next = first; next < to; x += (size_t)length[next++ - from] * DIM) {
            int k = length[next - from] < TOKENS ? length[next - from] : TOKENS;
            if (n && n + k > GROUP) break;
            memcpy(group + (size_t)n * DIM, x, (size_t)k * DIM * sizeof *group);
            n += k;
        }
        mark(r, 1, group, n);
        rc = moim_embed_adapter_run(r->adapter, group, n, err);
        for (int t = first; t < next && !rc; t++) {
            int k = length[t - from] < TOKENS ? length[t - from] : TOKENS;
            add_turn(r, group + (size_t)at * DIM, k, out);
            at += k;
        }
    }
    free(group);
    return rc;
}

#define RUN 40 /* turns that are read at once: their tokens fit */

int moim_answer_reader_read(struct moim_answer_reader *r, const struct moim_turn_text *turns, int n,
                            const volatile int *cancel, struct moim_reading *out, struct moim_err *err)
{
    _Static_assert(RUN * 120 <= RUN_TOKENS, "120 tokens of a turn are read");
    uint8_t digest[MOIM_READING_DIGEST];
    int length[RUN];
    moim_answer_reader_digest(r, turns, n, digest);
    int rc = moim_reading_new(out, n, n * TOKENS, digest, err);
    if (rc) return rc;
    char **text = moim_turn_texts(turns, n);
    if (!text) rc = moim_fail(err, MOIM_ENOMEM, "reader: out of memory");
    for (int t = 0, to; t < n && !rc; t = to) {
        to = t + RUN < n ? t + RUN : n;
        if (cancel && *cancel) rc = moim_fail(err, MOIM_ECANCEL, "reader: stopped");
        if (!rc)
            rc = moim_embed_tokens_in_context(r->m, (const char *const *)text, n, t, to, r->state, RUN_TOKENS,
                                              length, err);
        if (!rc) rc = read_groups(r, t, to, length, out, err);
    }
    moim_texts_free(text, n);
    if (rc) moim_reading_free(out);
    return rc;
}

/* ---- the score ---- */

/* What the score of each turn is made of. */
struct seen {
    float *agree; /* [n][n_question], the closest token of the turn to each of the question's */
    float *mean;  /* [n][DIM] over its tokens */
    int n;
};

static void seen_free(struct seen *s)
{
    free(s->agree);
    free(s->mean);
}

static void look_at(const struct moim_answer_reader *r, const struct moim_reading *reading, int turn,
                    struct seen *s)
{
    float place[PLACE], *agree = s->agree + (size_t)turn * (size_t)r->n_question;
    const int8_t *token;
    int n = moim_reading_tokens(reading, turn, &token);
    for (int i = 0; i < r->n_question; i++) agree[i] = -1;
    for (int k = 0; k < n; k++, token += PLACE) {
        for (int i = 0; i < PLACE; i++) place[i] = (float)token[i] / 127;
        for (int i = 0; i < r->n_question; i++)
            agree[i] = fmaxf(agree[i], moim_dot(place, r->question[i], PLACE));
    }
    moim_reading_mean(reading, turn, s->mean + (size_t)turn * DIM);
}

static int seen_new(const struct moim_answer_reader *r, const struct moim_reading *reading, struct seen *s)
{
    size_t many = (size_t)reading->n_turns + 1;
    *s = (struct seen){malloc(many * (size_t)r->n_question * sizeof *s->agree),
                       malloc(many * DIM * sizeof *s->mean), reading->n_turns};
    if (!s->agree || !s->mean) return MOIM_ENOMEM;
    for (int t = 0; t < s->n; t++) look_at(r, reading, t, s);
    return MOIM_OK;
}

static float agreement(const struct moim_answer_reader *r, const struct seen *s, int turn, int token)
{
    return turn >= 0 && turn < s->n ? s->agree[(size_t)turn * (size_t)r->n_question + (size_t)token] : -1;
}

/* How far the turn itself says what is asked. */
static float own(const struct moim_answer_reader *r, const struct seen *s, int turn)
{
    float sum = 0;
    if (turn < 0 || turn >= s->n) return 0;
    for (int i = 0; i < r->n_question; i++) sum += r->weight[i] * agreement(r, s, turn, i);
    return sum;
}

/* How far it and the turns around do: the mean over the question's tokens, and nearly the least of them. */
static void around(const struct moim_answer_reader *r, const struct seen *s, int turn, float *mean,
                   float *least)
{
    float sum = 1e-30F, most = -1e30F, value[QUESTION];
    *mean = 0;
    for (int i = 0; i < r->n_question; i++) {
        float best = -1e30F;
        for (int d = -BEFORE; d <= AFTER; d++)
            best = fmaxf(best, agreement(r, s, turn + d, i) - r->h.farther[d + BEFORE]);
        *mean += r->weight[i] * best;
        value[i] = -SHARP * best + logf(r->weight[i] + 1e-6F);
        most = fmaxf(most, value[i]);
    }
    for (int i = 0; i < r->n_question; i++) sum += expf(value[i] - most);
    *least = -(most + logf(sum)) / SHARP;
}

/* The place's mean: two turns before, one before, the turn twice, one behind. */
static void place_mean(const struct seen *s, int turn, float *out)
{
    static const float weight[] = {1, 1, 2, 1};
    memset(out, 0, DIM * sizeof *out);
    for (int d = -2; d <= 1; d++)
        if (turn + d >= 0 && turn + d < s->n)
            moim_axpy(out, weight[d + 2] / 5, s->mean + (size_t)(turn + d) * DIM, DIM);
}

enum {
    F_AROUND,
    F_LEAST,
    F_OWN,
    F_BEFORE,
    F_BEHIND,
    F_TURN,
    F_PLACE,
    F_KIND,
    F_BOTH,
    F_AROUND_BELOW,
    F_PLACE_BELOW,
    F_MOST
};

static void measure(const struct moim_answer_reader *r, const struct seen *s, int t, float f[FEATURES])
{
    float told[KIND], mean[DIM], place[DIM];
    const float *turn = s->mean + (size_t)t * DIM;
    around(r, s, t, &f[F_AROUND], &f[F_LEAST]);
    f[F_OWN] = own(r, s, t);
    f[F_BEFORE] = own(r, s, t - 1);
    f[F_BEHIND] = own(r, s, t + 1);
    centered(r, turn, mean);
    f[F_TURN] = moim_dot(mean, r->meant, DIM);
    place_mean(s, t, place);
    centered(r, place, mean);
    f[F_PLACE] = moim_dot(mean, r->meant, DIM);
    apply(r->h.told[0], KIND, r->h.told_bias, turn, told);
    f[F_KIND] = moim_dot(told, r->asked, KIND) / 6;
    f[F_BOTH] = f[F_AROUND] * f[F_PLACE];
}

static float weigh(const struct head *h, const float f[FEATURES])
{
    float sum = h->linear_bias + h->out_bias + f[F_KIND];
    for (int i = 0; i < FEATURES; i++) sum += h->linear[i] * f[i];
    for (int k = 0; k < HIDDEN; k++) {
        float x = h->hidden_bias[k];
        for (int i = 0; i < FEATURES; i++) x += h->hidden[k][i] * f[i];
        if (x > 0) sum += h->out[k] * x;
    }
    return sum;
}

int moim_answer_reader_score(const struct moim_answer_reader *r, const struct moim_reading *reading,
                             float *score, struct moim_err *err)
{
    struct seen s;
    float(*f)[FEATURES] = calloc((size_t)reading->n_turns + 1, sizeof *f), most = -1e30F, closest = -1e30F;
    int rc = seen_new(r, reading, &s);
    if (!f || rc) rc = moim_fail(err, MOIM_ENOMEM, "reader: out of memory");
    for (int t = 0; t < s.n && !rc; t++) {
        measure(r, &s, t, f[t]);
        most = fmaxf(most, f[t][F_AROUND]);
        closest = fmaxf(closest, f[t][F_PLACE]);
    }
    for (int t = 0; t < s.n && !rc; t++) {
        f[t][F_AROUND_BELOW] = f[t][F_AROUND] - most;
        f[t][F_PLACE_BELOW] = f[t][F_PLACE] - closest;
        f[t][F_MOST] = most;
        score[t] = weigh(&r->h, f[t]);
    }
    seen_free(&s);
    free(f);
    return rc;
}
