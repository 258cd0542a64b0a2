/* Beam search and sampling. Each step runs all live hypotheses as rows of one product; candidates are the
 * best tokens of each row and the tokens that a vocabulary word wants next. */
#include "asr/whisper_int.h"
#include "nn/vec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WISHES 64 /* vocabulary tokens tried for each hypothesis and step */
#define SPARE 4   /* candidates beyond the beam, for those that say the same */
#define CANDS (MOIM_WHISPER_MAX_BEAM + SPARE + WISHES)

struct cand {
    int row, token, bias;
    float lp, bonus;
    double score;
};

int whisper_beams_init(struct whisper_beams *b, const struct whisper_model *m)
{
    memset(b, 0, sizeof *b);
    size_t ctx = (size_t)m->dims.text_ctx;
    int n = (int)(sizeof b->store / sizeof *b->store);
    for (int i = 0; i < n; i++) {
        b->store[i].tokens = malloc(ctx * sizeof(int));
        b->store[i].path = malloc(ctx * sizeof(int));
        b->store[i].lp = malloc((ctx + 1) * sizeof(float));
        if (!b->store[i].tokens || !b->store[i].path || !b->store[i].lp) return MOIM_ENOMEM;
    }
    for (int i = 0; i < MOIM_WHISPER_MAX_BEAM; i++) {
        b->active[i] = &b->store[3 * i];
        b->next[i] = &b->store[3 * i + 1];
        b->done[i] = &b->store[3 * i + 2];
    }
    return MOIM_OK;
}

void whisper_beams_free(struct whisper_beams *b)
{
    for (size_t i = 0; i < sizeof b->store / sizeof *b->store; i++) {
        free(b->store[i].tokens);
        free(b->store[i].path);
        free(b->store[i].lp);
    }
    memset(b, 0, sizeof *b);
}

bool whisper_repeats_tokens(const int *tokens, int n)
{
    for (int period = 1; period <= n / 3; period++) {
        int times = period == 1 ? 6 : period < 5 ? 4 : 3, run = 0;
        for (int i = period; i < n; i++) {
            run = tokens[i] == tokens[i - period] ? run + 1 : 0;
            if (run >= period * (times - 1)) return true;
        }
    }
    return false;
}

struct step {
    const struct whisper_model *m;
    const struct whisper_search *p;
    struct whisper_hyp **hyp;
    float *logits;
    struct cand (*cand)[CANDS]; /* [rows] */
    int *n_cand;
    uint64_t seed;
};

/* How many times h ends with, at most two: one closes a sentence, two have opened the next. */
static int times_at_end(const struct whisper_model *m, const struct whisper_hyp *h)
{
    int n = 0;
    while (n < 2 && n < h->n && h->tokens[h->n - 1 - n] >= m->ids.time0) n++;
    return n;
}

/* All times that may follow h become one candidate, in the place of <|startoftranscript|>, which never
 * follows: what the model leaves open is when a sentence ended, not whether. Returns the likeliest of them.
 */
static int join_times(const struct whisper_model *m, const struct whisper_hyp *h, float *logits)
{
    int closing = times_at_end(m, h), from = m->ids.time0, best;
    size_t text = (size_t)m->ids.eot;
    for (int i = 0; i < h->n; i++)
        if (h->tokens[i] >= m->ids.time0) from = h->tokens[i];
    if (closing == 0 && h->n) from++; /* a sentence takes time */
    best = from;
    for (int i = from; i < m->dims.vocab; i++)
        if (logits[i] > logits[best]) best = i;
    bool may = h->n && closing < 2 && from < m->dims.vocab;
    logits[m->ids.sot] = may ? moim_logsumexp(logits + from, (size_t)(m->dims.vocab - from)) : -INFINITY;
    if (closing == 1)
        for (size_t i = 0; i < text; i++) logits[i] = -INFINITY; /* no text outside of a sentence */
    return best;
}

void whisper_mask(const struct whisper_model *m, const struct whisper_search *p, float *logits, bool first)
{
    uint8_t banned = (uint8_t)((first ? 3 : 1) | (p->spoken_numbers ? 4 : 0) | (p->hangul ? 8 : 0));
    for (int i = 0; i <= m->ids.eot; i++)
        if (m->suppress[i] & banned) logits[i] = -INFINITY;
}

/* Keeps the k largest in descending order; returns how many there are. */
static int best_tokens(const float *x, int n, int k, struct cand *out)
{
    int have = 0;
    float least = -INFINITY;
    for (int i = 0; i < n; i++) {
        if (!(x[i] > least)) continue; /* false for NaN, too */
        int at = have < k ? have++ : k - 1;
        for (; at > 0 && out[at - 1].lp < x[i]; at--) out[at] = out[at - 1];
        out[at] = (struct cand){.token = i, .lp = x[i]};
        if (have == k) least = out[k - 1].lp;
    }
    return have;
}

static double uniform(uint64_t x) /* splitmix64 */
{
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return (double)((x ^ (x >> 31)) >> 11) * 0x1p-53;
}

/* One token drawn from softmax(logits / temperature). */
static int sample(const float *x, int n, float temperature, double u)
{
    float top = -INFINITY;
    for (int i = 0; i < n; i++) top = x[i] > top ? x[i] : top;
    double sum = 0;
    for (int i = 0; i < n; i++) sum += expf((x[i] - top) / temperature);
    double left = u * sum;
    int last = -1;
    for (int i = 0; i < n; i++) {
        float w = expf((x[i] - top) / temperature);
        if (!(w > 0)) continue;
        last = i;
        if ((left -= w) <= 0) break;
    }
    return last;
}

/* Candidates of one row, each with its log-probability and vocabulary bonus. */
static void row_task(void *arg, int row, int rows)
{
    struct step *s = arg;
    const struct whisper_hyp *h = s->hyp[row];
    int n = s->m->ids.eot + 1, count;
    float *x = s->logits + (size_t)row * (size_t)s->m->dims.vocab;
    struct cand *c = s->cand[row];
    whisper_mask(s->m, s->p, x, h->n == s->p->given && !s->p->may_end);
    int time = -1;
    if (s->p->timed) time = join_times(s->m, h, x), n++;
    float z = moim_logsumexp(x, (size_t)n);
    if (s->p->temperature > 0) {
        int token = sample(x, n, s->p->temperature, uniform(s->seed + (uint64_t)(row + rows * (h->n + 1))));
        count = token >= 0;
        if (count) c[0] = (struct cand){.token = token, .lp = x[token]};
    } else {
        count = best_tokens(x, n, s->p->beam + SPARE, c);
        int wish[WISHES], wishes = whisper_bias_tokens(s->p->bias, h->bias, wish, WISHES), best = count;
        for (int i = 0; i < wishes; i++) {
            bool have = !(x[wish[i]] > -INFINITY);
            for (int k = 0; k < best && !have; k++) have = c[k].token == wish[i];
            if (!have) c[count++] = (struct cand){.token = wish[i], .lp = x[wish[i]]};
        }
    }
    for (int i = 0; i < count; i++) {
        c[i].row = row;
        c[i].lp -= z;
        if (c[i].token == s->m->ids.sot) c[i].token = time;
        c[i].bonus = whisper_bias_step(s->p->bias, h->bias, c[i].token, &c[i].bias);
        c[i].score = h->sum + h->bonus + c[i].lp + c[i].bonus;
    }
    s->n_cand[row] = count;
}

static int by_score(const void *a, const void *b)
{
    double x = ((const struct cand *)a)->score, y = ((const struct cand *)b)->score;
    return (x < y) - (x > y);
}

static void extend(struct whisper_hyp *to, const struct whisper_hyp *from, const struct cand *c, int prefix,
                   bool end)
{
    int n = from->n;
    memcpy(to->tokens, from->tokens, (size_t)n * sizeof(int));
    memcpy(to->lp, from->lp, (size_t)n * sizeof(float));
    memcpy(to->path, from->path, (size_t)(prefix + n) * sizeof(int));
    to->n = n;
    to->lp[n] = c->lp;
    if (!end) to->tokens[to->n++] = c->token;
    to->sum = from->sum + c->lp;
    to->bonus = from->bonus + c->bonus;
    to->bias = c->bias;
    to->ended = end;
}

uint64_t whisper_letters(uint64_t letters, const char *text, size_t len, bool gaps)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t c = (uint8_t)text[i];
        if (c >= 'A' && c <= 'Z') c += 32;
        bool counts = c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (gaps && c == ' ');
        if (counts) letters = (letters ^ c) * 0x100000001B3u;
    }
    return letters;
}

/* Hypotheses that differ in signs or spacing alone would fill the beam and the list with what no score of
 * letters tells apart; the best of them stands for all. */
static bool seen(uint64_t *have, int *n, uint64_t letters)
{
    for (int i = 0; i < *n; i++)
        if (have[i] == letters) return true;
    if (*n < MOIM_WHISPER_MAX_BEAM) have[(*n)++] = letters;
    return false;
}

/* Takes h into the done list if there is room or it beats the worst. */
static void finish(struct whisper_beams *b, int room, struct whisper_hyp *h, int given, float penalty)
{
    h->score = (h->sum + h->bonus) / pow(h->n - given + 1, penalty);
    for (int i = 0; i < b->n_done; i++) {
        if (b->done[i]->letters != h->letters) continue;
        if (b->done[i]->score >= h->score) return;
        struct whisper_hyp *worse = b->done[i]; /* the new one takes its place */
        for (; i + 1 < b->n_done; i++) b->done[i] = b->done[i + 1];
        b->done[--b->n_done] = worse;
    }
    bool full = b->n_done >= room;
    int at = full ? room - 1 : b->n_done++;
    if (full && b->done[at]->score >= h->score) return;
    struct whisper_hyp *slot = b->done[at], keep = *slot;
    *slot = *h; /* trade buffers: h gets the old ones */
    h->tokens = keep.tokens;
    h->lp = keep.lp;
    h->path = keep.path;
    for (; at > 0 && b->done[at - 1]->score < slot->score; at--) {
        b->done[at] = b->done[at - 1];
        b->done[at - 1] = slot;
    }
}

/* Whether a hypothesis of n tokens is too far behind the best of its step, or what has ended; one that ended
 * early is no measure. */
static bool hopeless(const struct whisper_beams *b, double score, int n, double best,
                     const struct whisper_search *p)
{
    double prune = p->prune;
    if (score < best - prune) return true;
    for (int i = 0; i < b->n_done; i++)
        if (4 * (b->done[i]->n - p->given) >= 3 * (n - p->given) &&
            score < b->done[i]->sum + b->done[i]->bonus - prune)
            return true;
    return false;
}

bool whisper_sentence_sign(const char *text, size_t len)
{
    if (!len) return false;
    if (strchr(".?!", text[len - 1])) return len < 2 || text[len - 2] != '.'; /* "..." goes on */
    return len >= 3 && (!memcmp(text + len - 3, "。", 3) || !memcmp(text + len - 3, "？", 3));
}

/* The end of the text, or of the sentence that is searched by itself: then its sign belongs to it. */
static bool ends(const struct step *s, const struct whisper_decoder *d, const struct whisper_hyp *h,
                 int token, bool *sign)
{
    const struct whisper_search *p = s->p;
    size_t len;
    *sign = false;
    if (token == s->m->ids.eot) return true;
    if (!p->from || h->n == p->given) return false;
    if (token >= s->m->ids.time0) return token >= p->close && !times_at_end(s->m, h);
    const char *text = whisper_token(&s->m->words, token, &len);
    if (!p->signs || !whisper_sentence_sign(text, len)) return false;
    struct whisper_hyp said = whisper_tail(h, p->given);
    return *sign = whisper_coverage_end(d, s->m, &said, p, d->frames * 0.02) >= p->heard;
}

static void choose(struct whisper_beams *b, struct step *s, const struct whisper_decoder *d, struct cand *all)
{
    const struct whisper_search *p = s->p;
    int n = 0, kept = 0, n_have = 0, rank = 0;
    uint64_t have[MOIM_WHISPER_MAX_BEAM];
    for (int i = 0; i < b->n_active; i++) {
        memcpy(all + n, s->cand[i], sizeof *all * (size_t)s->n_cand[i]);
        n += s->n_cand[i];
    }
    if (p->temperature <= 0) qsort(all, (size_t)n, sizeof *all, by_score);
    for (int i = 0; i < n && kept < p->beam; i++) {
        bool sign, end = ends(s, d, b->active[all[i].row], all[i].token, &sign);
        uint64_t letters = b->active[all[i].row]->letters;
        int length = b->active[all[i].row]->n;
        if (p->temperature <= 0 && hopeless(b, all[i].score, length, all->score, p)) continue;
        if (!end || sign) {
            size_t len;
            const char *text = whisper_token(&s->m->words, all[i].token, &len);
            letters = whisper_letters(letters, text, len, !p->hangul);
            if (!end && p->temperature <= 0 && seen(have, &n_have, letters)) continue;
        }
        /* An end counts only among the beam's own number of candidates: one further down would only fill the
         * list with texts that break off. */
        if (rank++ >= p->beam && end) continue;
        b->next[kept]->letters = letters;
        extend(b->next[kept], b->active[all[i].row], &all[i], p->prefix, end && !sign);
        if (end)
            finish(b, p->beam, b->next[kept], p->given, p->length_penalty);
        else
            kept++;
    }
    for (int i = 0; i < kept; i++) {
        struct whisper_hyp *h = b->active[i];
        b->active[i] = b->next[i];
        b->next[i] = h;
    }
    b->n_active = kept;
}

int whisper_run_prompt(struct whisper_decoder *s, const struct whisper_model *m, struct whisper_search *p,
                       int *path)
{
    struct wrow rows[512];
    if (p->prefix > 512 || p->prefix > m->dims.text_ctx / 2 + 8) return MOIM_EINVAL;
    for (int v = 0; v < p->ensemble_passes; v++) s[v].nodes = 0;
    for (int i = 0; i < p->prefix; i++) {
        path[i] = i;
        rows[i] = (struct wrow){p->prefix_tokens[i], i, path};
    }
    int rc = whisper_forward_ensemble(s, m, rows, p->prefix, p->sot, p->ensemble_passes);
    if (rc) return rc;
    p->no_speech = expf(s->logits.p[m->ids.no_speech] - moim_logsumexp(s->logits.p, (size_t)m->dims.vocab));
    return MOIM_OK;
}

/* Runs the prefix; the first logits row is that of <|startoftranscript|>, the last that of the first text
 * token. */
static int run_prefix(struct whisper_beams *b, struct whisper_decoder *s, const struct whisper_model *m,
                      struct whisper_search *p, int copies)
{
    struct whisper_hyp *h = b->active[0];
    int rc = whisper_run_prompt(s, m, p, h->path);
    if (rc) return rc;
    size_t vocab = (size_t)m->dims.vocab;
    float *last = s->logits.p + (size_t)(p->prefix - 1 - p->sot) * vocab;
    for (int i = 0; i < copies; i++) {
        struct whisper_hyp *c = b->active[i];
        if (i) memcpy(c->path, h->path, (size_t)p->prefix * sizeof(int));
        c->n = c->bias = 0;
        c->letters = 14695981039346656037u;
        c->sum = c->bonus = 0;
    }
    b->n_active = copies;
    b->n_done = 0;
    if (last != s->logits.p) memmove(s->logits.p, last, vocab * sizeof(float));
    return MOIM_OK;
}

struct whisper_hyp whisper_tail(const struct whisper_hyp *h, int given)
{
    struct whisper_hyp t = *h;
    t.n -= given;
    t.tokens += given;
    t.lp += given;
    t.path += given;
    return t;
}

/* Goes on from a path that has been run already; its last token is run again for its logits. */
static int resume(struct whisper_beams *b, struct whisper_decoder *s, const struct whisper_model *m,
                  struct whisper_search *p)
{
    struct whisper_hyp *h = b->active[0];
    int last = p->prefix + p->given - 1;
    memcpy(h->path, p->from->path, (size_t)last * sizeof(int));
    memcpy(h->tokens, p->from->tokens, (size_t)p->given * sizeof(int));
    memcpy(h->lp, p->from->lp, (size_t)p->given * sizeof(float));
    h->path[last] = s->nodes;
    h->n = p->given;
    h->bias = 0;
    h->sum = h->bonus = 0;
    h->letters = 14695981039346656037u;
    h->ended = false;
    b->n_active = 1;
    b->n_done = 0;
    int token = p->given ? h->tokens[p->given - 1] : p->prefix_tokens[p->prefix - 1];
    struct wrow row = {token, last, h->path};
    return whisper_forward_ensemble(s, m, &row, 1, 0, p->ensemble_passes);
}

static int advance(struct whisper_beams *b, struct whisper_decoder *s, const struct whisper_model *m,
                   const struct whisper_search *p)
{
    struct wrow rows[MOIM_WHISPER_MAX_BEAM];
    for (int i = 0; i < b->n_active; i++) {
        struct whisper_hyp *h = b->active[i];
        int pos = p->prefix + h->n - 1;
        h->path[pos] = s->nodes + i;
        rows[i] = (struct wrow){h->tokens[h->n - 1], pos, h->path};
    }
    return whisper_forward_ensemble(s, m, rows, b->n_active, 0, p->ensemble_passes);
}

/* Once something has ended, what listens to the sound again only repeats it, and cheaply: its tokens are
 * easily guessed, so that it would outlive what is right. */
static void drop_repeating(struct whisper_beams *b, const struct whisper_decoder *d,
                           const struct whisper_model *m, const struct whisper_search *p)
{
    int kept = 0;
    if (!b->n_done || p->temperature > 0) return;
    for (int i = 0; i < b->n_active; i++) {
        struct whisper_hyp *h = b->active[i];
        struct whisper_hyp said = whisper_tail(h, p->given);
        if (whisper_attends_backwards(d, m, &said, p)) continue;
        b->active[i] = b->active[kept];
        b->active[kept++] = h;
    }
    b->n_active = kept;
}

/* Whether a live hypothesis stands better than all that have ended; those may have broken off in a pause. */
static bool promising(const struct whisper_beams *b, const struct whisper_search *p)
{
    if (p->temperature > 0) return false;
    for (int i = 0; i < b->n_active; i++) {
        const struct whisper_hyp *h = b->active[i];
        if ((h->sum + h->bonus) / pow(h->n - p->given + 1, p->length_penalty) > b->done[0]->score)
            return true;
    }
    return false;
}

int whisper_search(struct whisper_beams *b, struct whisper_decoder *d, const struct whisper_model *m,
                   struct whisper_search *p)
{
    int n_cand[MOIM_WHISPER_MAX_BEAM];
    struct cand(*cand)[CANDS] = malloc(2 * MOIM_WHISPER_MAX_BEAM * sizeof *cand);
    if (!cand) return MOIM_ENOMEM;
    if (p->ensemble_passes < 1) p->ensemble_passes = 1;
    struct step s = {m, p, b->active, NULL, cand, n_cand, p->seed};
    int copies = p->temperature > 0 ? p->beam : 1;
    int rc = p->from ? resume(b, d, m, p) : run_prefix(b, d, m, p, copies);
    if (!rc)
        for (int i = 1; i < copies; i++)
            memcpy(d->logits.p + (size_t)i * (size_t)m->dims.vocab, d->logits.p,
                   (size_t)m->dims.vocab * sizeof(float));
    for (int step = 0; !rc && step < p->max_new; step++) {
        if (step) rc = advance(b, d, m, p);
        if (rc) break;
        s.logits = d->logits.p;
        moim_pool_run(m->pool, row_task, &s, b->n_active);
        choose(b, &s, d, cand[MOIM_WHISPER_MAX_BEAM]);
        drop_repeating(b, d, m, p);
        if (!b->n_active || (b->n_done >= p->beam && !promising(b, p))) break;
    }
    for (int i = 0; !rc && i < b->n_active && b->n_done < p->beam; i++)
        finish(b, p->beam, b->active[i], p->given, p->length_penalty);
    free(cand);
    return rc;
}
