#include "summarize/answer_rank.h"
#include "summarize/evidence.h"
#include "summarize/language.h"
#include "summarize/word_text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEFORE 4 /* turns that say what a turn is about */
#define AFTER 2
#define LEAST_BYTES 8 /* of a turn that is shown beside another */
#define SUPPLIES 2.5  /* worth of a turn that answers a part that is missing */
#define NONE (-1e9)

enum feature {
    F_BIAS,
    F_COSINE,
    F_BEHIND, /* of the nearest in the store */
    F_OWN,    /* share of the keys in the turn itself */
    F_NEAR,   /* and around it */
    F_TITLED,
    F_ABSENT, /* share of the keys that the meeting never says */
    F_HEAD_OWN,
    F_HEAD_NEAR,
    F_HEAD_UNSAID,
    F_FORM, /* share of the kinds that its form answers */
    F_FORM_NEAR,
    F_ASKS,
    F_DECISION,
    F_SETTLES,
    F_TASK,
    F_SETTLED_ASKED,
    F_TASK_ASKED,
    F_ACCEPTED,
    F_SHORT,
    F_LONG,
    F_LATE,
    F_NOTED,
    F_NOTE_FITS,
    F_NOTE_SAYS,
    F_SPEAKER,
    F_DENIES,
    F_FOREIGN, /* of another script than the question */
    F_VERBS,
    F_UNVECTORED,
    F_UNIT,
    F_RARE,
    F_KINDS, /* one for each kind */
    F_COSINE_NEAR =
        F_KINDS + MOIM_ASKED_KINDS, /* the closest passage of the turns before, which ask for it */
    F_COSINE_MEAN,
    F_COSINE_MOST, /* of the meeting */
    F_CONTEXT,
    F_FORM_SAID,
    F_HEAD_MEANT,
    F_SEVERAL, /* answers more than one kind */
    F_READ,    /* what the reader says; 0 without it */
    F_END
};
_Static_assert((int)F_END <= MOIM_ANSWER_FEATURES, "a place for each");

static const float weight[MOIM_ANSWER_FEATURES] = {
#include "summarize/answer_rank_weights.inc"
};

double moim_answer_score(const float f[MOIM_ANSWER_FEATURES])
{
    double sum = 0;
    for (int i = 0; i < F_READ; i++) sum += (double)weight[i] * (double)f[i];
    return sum;
}

/* Where it was read: a conditional logit like the first, over what was read for 420 questions that the reader was not learnt from. */
double moim_answer_worth(const struct moim_answer_view *v, const float f[MOIM_ANSWER_FEATURES])
{
    if (!v->read) return moim_answer_score(f);
    return 0.517 + 0.677 * moim_answer_score(f) + 0.764 * (double)f[F_READ] + 0.672 * (double)f[F_FORM] +
           1.019 * (double)f[F_ABSENT];
}

int moim_tagging_of(const struct moim_minutes_request *req, struct moim_tagging *out, struct moim_err *err)
{
    struct moim_tagger *tagger = NULL;
    struct moim_tagger_input in;
    memset(out, 0, sizeof *out);
    int rc = moim_tagger_open(&tagger, moim_tagger_weights,
                              (uintptr_t)moim_tagger_weights_end - (uintptr_t)moim_tagger_weights, err);
    if (rc) return rc;
    rc = moim_tagger_read(&in, req, err);
    if (!rc) {
        rc = moim_tagger_run(tagger, &in, out, err);
        moim_tagger_input_free(&in);
    }
    moim_tagger_close(tagger);
    return rc;
}

/* ---- words ---- */

/* 1 for a key as it was asked, less for its first two syllables alone ("맡기는": "맡기고"). */
static double says(const char *text, const char *word)
{
    if (moim_says_key(text, word)) return 1;
    if (!moim_hangul_at(word) || strlen(word) < 6) return 0;
    char stem[8];
    snprintf(stem, sizeof stem, "%.6s", word);
    return strlen(word) > 6 && strstr(text, stem) ? 0.6 : 0;
}

/* How much each turn says each key, its speaker's name included, and what its form answers. */
struct moim_answer_words {
    float (*said)[16];
    float rarity[16], anywhere[16];
    float *head;
    unsigned *answered;
    bool titled[16], head_titled;
};

void moim_answer_view_close(struct moim_answer_view *v)
{
    if (!v->words) return;
    free(v->words->said);
    free(v->words->head);
    free(v->words->answered);
    free(v->words);
    v->words = NULL;
}

static float said_by(const struct moim_turn_text *t, const char *word)
{
    double text = says(t->text, word), name = *t->speaker ? 0.8 * says(t->speaker, word) : 0;
    return (float)fmax(text, name);
}

/* Words that few turns say tell more. */
static void count_key(struct moim_answer_view *v, int k)
{
    struct moim_answer_words *w = v->words;
    const char *word = v->q->keys.word[k];
    int n = 0;
    for (int t = 0; t < v->n_turns; t++) {
        w->said[t][k] = said_by(&v->turns[t], word);
        n += w->said[t][k] > 0;
        w->anywhere[k] = fmaxf(w->anywhere[k], w->said[t][k]);
    }
    w->rarity[k] = (float)(1 / (1 + log(1 + n)));
    w->titled[k] = v->title && moim_says_key(v->title, word);
}

int moim_answer_view_open(struct moim_answer_view *v, struct moim_err *err)
{
    size_t n = (size_t)(unsigned)v->n_turns + 1;
    struct moim_answer_words *w = v->words = calloc(1, sizeof *w);
    if (w)
        w->said = calloc(n, sizeof *w->said), w->head = calloc(n, sizeof *w->head),
        w->answered = calloc(n, sizeof *w->answered);
    if (!w || !w->said || !w->head || !w->answered) {
        moim_answer_view_close(v);
        return moim_fail(err, MOIM_ENOMEM, "answer: out of memory");
    }
    for (int k = 0; k < v->q->keys.n; k++) count_key(v, k);
    for (int t = 0; t < v->n_turns; t++) {
        w->answered[t] = moim_inquiry_answered(v->q, v->turns[t].text);
        if (*v->q->head) w->head[t] = said_by(&v->turns[t], v->q->head);
    }
    w->head_titled = v->title && *v->q->head && moim_says_key(v->title, v->q->head);
    return MOIM_OK;
}

static double most_of(const struct moim_answer_view *v, int a, int z, int k)
{
    float most = 0;
    for (int t = a < 0 ? 0 : a; t <= z && t < v->n_turns; t++)
        most = fmaxf(most, k < 0 ? v->words->head[t] : v->words->said[t][k]);
    return (double)most;
}

static void measure_words(const struct moim_answer_view *v, int t, float *out)
{
    const struct moim_question_keys *k = &v->q->keys;
    double all = 0, own = 0, near = 0, titled = 0, absent = 0, verbs = 0, rare = 0;
    for (int i = 0; i < k->n; i++) {
        double weighs = k->weight[i], here = most_of(v, t, t, i);
        if (weighs <= 0) { /* a verb with many synonyms */
            verbs = fmax(verbs, here);
            continue;
        }
        double around = most_of(v, t - BEFORE, t + AFTER, i), rarity = (double)v->words->rarity[i];
        if (v->words->titled[i]) titled += weighs;
        if (v->words->titled[i] && around <= 0) continue; /* it chose the meeting */
        if (weighs >= 1) rare = fmax(rare, rarity * around);
        weighs *= rarity;
        all += weighs;
        own += weighs * here;
        near += weighs * around;
        if (v->words->anywhere[i] <= 0) absent += weighs;
    }
    out[F_OWN] = all > 0 ? (float)(own / all) : 0;
    out[F_NEAR] = all > 0 ? (float)(near / all) : 0;
    out[F_ABSENT] = all > 0 ? (float)(absent / all) : 0;
    out[F_TITLED] = (float)fmin(titled, 2);
    out[F_VERBS] = (float)verbs;
    out[F_RARE] = (float)rare;
}

static void measure_head(const struct moim_answer_view *v, int t, float *out)
{
    if (!*v->q->head) return;
    double own = most_of(v, t - 1, t, -1), near = most_of(v, t - BEFORE, t + AFTER, -1);
    out[F_HEAD_OWN] = (float)own;
    out[F_HEAD_NEAR] = (float)near;
    out[F_HEAD_UNSAID] = near <= 0 && !v->words->head_titled;
}

/* ---- what the turn does ---- */

static bool is_question(const char *text)
{
    size_t n = strlen(text);
    return n && text[n - 1] == '?';
}

static void measure_acts(const struct moim_answer_view *v, int t, float *out)
{
    const unsigned kinds = v->q->kinds;
    if (!v->tags) return;
    const float *tag = v->tags->tag[t];
    out[F_DECISION] = tag[MOIM_TAG_DECISION];
    out[F_SETTLES] = fmaxf(tag[MOIM_TAG_SETTLES], tag[MOIM_TAG_PROPOSES]);
    out[F_TASK] = fmaxf(tag[MOIM_TAG_TASK], fmaxf(tag[MOIM_TAG_TAKES], tag[MOIM_TAG_GIVES]));
    out[F_SETTLED_ASKED] = v->q->settled ? fmaxf(tag[MOIM_TAG_DECISION], tag[MOIM_TAG_SETTLES]) : 0;
    out[F_TASK_ASKED] = kinds & MOIM_ASKED_WHO ? out[F_TASK] : 0;
    for (int k = t + 1; k <= t + 2 && k < v->n_turns; k++)
        out[F_ACCEPTED] = fmaxf(out[F_ACCEPTED],
                                fmaxf(v->tags->tag[k][MOIM_TAG_ACCEPTS], v->tags->tag[k][MOIM_TAG_SETTLES]));
}

static bool cites(const struct moim_noted *n, int t)
{
    for (int i = 0; i < n->n_turns; i++)
        if (n->turns[i] == t) return true;
    return false;
}

static void measure_notes(const struct moim_answer_view *v, int t, float *out)
{
    for (int i = 0; i < v->n_notes; i++) {
        const struct moim_noted *n = &v->note[i];
        if (!cites(n, t)) continue;
        out[F_NOTED] = 1;
        bool fits =
            n->kind == MOIM_FOUND_ACTION
                ? (v->q->kinds & MOIM_ASKED_WHO && *n->owner) || (v->q->kinds & MOIM_ASKED_DAY && *n->due)
                : n->kind == MOIM_FOUND_DECISION && !(v->q->kinds & (MOIM_ASKED_WHO | MOIM_ASKED_WHY));
        out[F_NOTE_FITS] = fmaxf(out[F_NOTE_FITS], fits);
        double all = 0, had = 0;
        for (int k = 0; k < v->q->keys.n; k++) {
            all += v->q->keys.weight[k];
            had += v->q->keys.weight[k] * says(n->text, v->q->keys.word[k]);
        }
        if (all > 0) out[F_NOTE_SAYS] = fmaxf(out[F_NOTE_SAYS], (float)(had / all));
    }
}

/* ---- form ---- */

static int bits_of(unsigned x)
{
    int n = 0;
    for (; x; x &= x - 1) n++;
    return n;
}

/* Parts of the answer may stand in the turn before, which it replies to, or in the two behind. */
static unsigned answered_near(const struct moim_answer_view *v, int t)
{
    unsigned had = 0;
    for (int k = t - 1; k <= t + 2; k++)
        if (k >= 0 && k < v->n_turns && !is_question(v->turns[k].text)) had |= v->words->answered[k];
    return had;
}

static void measure_form(const struct moim_answer_view *v, int t, unsigned had, float *out)
{
    const char *text = v->turns[t].text;
    size_t n = strlen(text);
    int asked = bits_of(v->q->kinds);
    out[F_FORM] = (float)bits_of(had) / (float)asked;
    out[F_FORM_NEAR] = (float)bits_of(answered_near(v, t)) / (float)asked;
    out[F_FOREIGN] = moim_language_of(text) != moim_language_of(v->q->text);
    out[F_ASKS] = is_question(text);
    out[F_SHORT] = n < 15;
    out[F_LONG] = (float)fmin(1, (double)n / 300);
    out[F_LATE] = (float)t / (float)(v->n_turns > 1 ? v->n_turns - 1 : 1);
    out[F_DENIES] =
        v->q->kinds & (MOIM_ASKED_WHY | MOIM_ASKED_WHETHER) ? moim_language_of(text)->negated(text) : 0;
    out[F_UNIT] = *v->q->unit && moim_counts_in(text, v->q->unit);
    for (int i = 0; i < v->q->keys.n; i++)
        if (*v->turns[t].speaker && says(v->turns[t].speaker, v->q->keys.word[i]) >= 1) out[F_SPEAKER] = 1;
    for (int i = 0; i < MOIM_ASKED_KINDS; i++) out[F_KINDS + i] = v->q->kinds >> i & 1;
}

static void measure_meaning(const struct moim_answer_view *v, int t, float *out)
{
    float sum = 0;
    out[F_COSINE] = v->cosine[t];
    out[F_BEHIND] = v->nearest - v->cosine[t];
    out[F_COSINE_NEAR] = v->cosine[t];
    for (int k = t - BEFORE; k <= t + 1; k++)
        if (k >= 0 && k < v->n_turns) out[F_COSINE_NEAR] = fmaxf(out[F_COSINE_NEAR], v->cosine[k]);
    for (int k = t - 3; k <= t + 3; k++) sum += v->cosine[k < 0 ? 0 : k < v->n_turns ? k : v->n_turns - 1];
    out[F_COSINE_MEAN] = sum / 7;
    out[F_COSINE_MOST] = v->cosine[0];
    for (int k = 1; k < v->n_turns; k++) out[F_COSINE_MOST] = fmaxf(out[F_COSINE_MOST], v->cosine[k]);
}

bool moim_answer_features(const struct moim_answer_view *v, int t, float out[MOIM_ANSWER_FEATURES])
{
    const unsigned formal = v->q->kinds & MOIM_ASKED_FORMAL, had = v->words->answered[t];
    memset(out, 0, MOIM_ANSWER_FEATURES * sizeof *out);
    out[F_BIAS] = 1;
    out[F_UNVECTORED] = v->cosine == NULL;
    if (v->cosine) measure_meaning(v, t, out);
    measure_words(v, t, out);
    measure_head(v, t, out);
    measure_acts(v, t, out);
    measure_notes(v, t, out);
    measure_form(v, t, had, out);
    out[F_CONTEXT] = out[F_NEAR] * (1 - out[F_ABSENT]);
    out[F_FORM_SAID] = out[F_FORM] * out[F_NEAR];
    out[F_HEAD_MEANT] = out[F_HEAD_NEAR] * out[F_COSINE];
    out[F_SEVERAL] = bits_of(had) > 1;
    if (v->read) out[F_READ] = v->read[t];
    if (!v->read && out[F_HEAD_UNSAID] > 0) return false; /* an attribute that nobody mentioned */
    return !formal || had & formal;
}

/* ---- what is shown ---- */

/* What of a place is shown beside the turn that answers. */
struct showing {
    int reach;      /* turns within which more of the answer is looked for */
    int most;       /* turns of it */
    double less;    /* than the turn that answers, at most */
    double farther; /* less for each turn in between */
};

/* The reader tells the place better than the turn: more of the place is shown. */
static struct showing showing_of(const struct moim_answer_view *v)
{
    if (v->read) return (struct showing){MOIM_ANSWER_REACH, 5, 6, 0.1};
    return (struct showing){4, bits_of(v->q->kinds) > 1 ? 4 : 3, 3, 0.25};
}

/* How much a turn close by belongs to the answer of turn t. */
static double belongs(const struct moim_answer_view *v, int t, int k, unsigned missing, double farther)
{
    float f[MOIM_ANSWER_FEATURES];
    moim_answer_features(v, k, f);
    return moim_answer_worth(v, f) + (v->words->answered[k] & missing ? SUPPLIES : 0) - farther * abs(k - t);
}

int moim_answer_gather(const struct moim_answer_view *v, int t, int refs[MOIM_ANSWER_REFS])
{
    const unsigned missing = v->q->kinds & ~v->words->answered[t];
    const struct showing s = showing_of(v);
    double worth[2 * MOIM_ANSWER_REACH + 1], least = belongs(v, t, t, 0, 0) - s.less;
    int n = 0;
    refs[n++] = t;
    for (int i = 0; i <= 2 * s.reach; i++) {
        int k = t + i - s.reach;
        bool says_something = k != t && k >= 0 && k < v->n_turns && strlen(v->turns[k].text) >= LEAST_BYTES;
        worth[i] = says_something ? belongs(v, t, k, missing, s.farther) : NONE;
    }
    while (n < s.most) {
        int best = 0;
        for (int i = 1; i <= 2 * s.reach; i++)
            if (worth[i] > worth[best]) best = i;
        if (worth[best] < least) break;
        worth[best] = NONE;
        refs[n++] = t + best - s.reach;
    }
    qsort(refs, (size_t)n, sizeof *refs, moim_by_int);
    return n;
}

void moim_answer_compose(const struct moim_answer_view *v, const int *refs, int n, char *out, size_t cap)
{
    const struct moim_language *lang = moim_language_of(v->turns[refs[0]].text);
    size_t at = 0;
    *out = 0;
    for (int i = 0; i < n; i++) {
        struct moim_answer_basis b = {v->q->text, v->title, v->turns, v->n_turns};
        struct moim_answer a = {0};
        if (!moim_answer_quote(&b, &a, refs[i])) continue;
        int k = snprintf(out + at, cap - at, "%s%s", at ? lang->label.answered : "", a.text);
        if (k < 0 || (size_t)k >= cap - at)
            out[at] = 0; /* a turn stands whole or not at all */
        else
            at += (size_t)k;
    }
}
