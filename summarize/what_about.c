/* What a finding is about, where its own turn does not say it: the turn before that most probably does. */
#include "summarize/what_about.h"
#include "summarize/findings_int.h"
#include "summarize/language.h"
#include "summarize/minutes_int.h"
#include "summarize/subjects.h"
#include "summarize/tagger.h"

#include <math.h>
#include <string.h>

#define NOUNS 60   /* turns around that show which words are nouns */
#define THINGS 8   /* of a turn that are counted */
#define CONTENT 24 /* words of a turn that are compared */
#define NEAR 6
#define RATHER                                                                                               \
    0.8 /* log-odds by which a turn that names something is left alone: what is quoted in vain misleads */
#define NAMED 1.2  /* log-odds that a turn which names it may fall behind one that does not */
#define LINKED 0.7 /* log-odds that the tagger's link is worth */

/* The turns around one, by which nouns are told: from *from, so many. */
static int around(const struct moim_job *j, int turn, const struct moim_turn_text **from)
{
    int a = turn > NOUNS ? turn - NOUNS : 0,
        b = turn + NOUNS < j->req->n_turns ? turn + NOUNS : j->req->n_turns;
    *from = j->req->turns + a;
    return b - a;
}

static bool says_what(const struct moim_job *j, int head, const char *text)
{
    const struct moim_turn_text *near;
    int n = around(j, head, &near);
    return !moim_hunt_points(text) && j->talk->names_object(text, near, n);
}

bool moim_says_what(const struct moim_job *j, const struct moim_finding *f, const char *text)
{
    return says_what(j, f->head, text);
}

enum { /* of a turn before the head */
       B_BACK,
       B_NEAR,
       B_OBJECT,
       B_THINGS,
       B_LENGTH,
       B_ASKS,
       B_SPEAKER,
       B_OBJECT_NEAR,
       B_ANSWERED,
       B_WORDS,   /* that both say */
       B_SUBJECT, /* log-odds of the likeliest subject that it says */
       B_SHARED,  /* the same of one that both say */
       B_PROPOSES,
       B_GIVES,
       B_SETTLED, /* most that a turn between them settles */
       B_ALIKE,   /* cosine of the states, the meeting's mean taken out */
       B_STATES,  /* whether there are any */
       BEFORE
};
enum { /* of the head */
       S_ONE,
       S_OBJECT,
       S_THINGS,
       S_LENGTH,
       S_SUBJECT,
       S_TASK,
       S_QUESTION,
       SELF
};
_Static_assert((int)BEFORE == MOIM_CONTEXT_BEFORE && (int)SELF == MOIM_CONTEXT_SELF, "features of a context");

/* Learnt by summarize/training/contexts.py: of a turn before; of the head, which may say it itself. */
static const struct {
    double before[2][BEFORE], self[2][SELF];
} learnt = {
#include "summarize/context_weights.inc"
};

/* Log-odds of the likeliest subject in both texts; b: NULL for any. */
static double likeliest_subject(const struct moim_job *j, const char *a, const char *b)
{
    double best = -3;
    for (int i = 0; i < j->n_subjects; i++) {
        const struct moim_subject *s = &j->subject[i];
        if (s->names > best && strcasestr(a, s->text) && (!b || strcasestr(b, s->text))) best = s->names;
    }
    return best < 3 ? best : 3;
}

static int words_in_both(const struct moim_job *j, const char *a, const char *b)
{
    char word[CONTENT][MOIM_WORD_MAX];
    int both = 0, n = j->talk->content(a, word, CONTENT);
    for (int i = 0; i < n; i++) both += j->talk->says(b, word[i]);
    return both;
}

static double alike(const struct moim_job *j, int a, int b)
{
    double dot = 0, aa = 1e-9, bb = 1e-9;
    const float *mean = j->mean_state, *x = j->req->state + (size_t)a * MOIM_TURN_STATE,
                *y = j->req->state + (size_t)b * MOIM_TURN_STATE;
    for (int k = 0; k < MOIM_TURN_STATE; k++) {
        double u = (double)(x[k] - mean[k]), v = (double)(y[k] - mean[k]);
        dot += u * v;
        aa += u * u;
        bb += v * v;
    }
    return dot / sqrt(aa * bb);
}

static void measure_before(const struct moim_job *j, int head, int t, double *f)
{
    const struct moim_turn_text *turns = j->req->turns, *near;
    const char *text = turns[t].text, *own = turns[head].text;
    char thing[THINGS][MOIM_WORD_MAX];
    int n = around(j, head, &near);
    double back = head - t;
    f[B_BACK] = log(back);
    f[B_NEAR] = 1 / back;
    f[B_OBJECT] = j->talk->names_object(text, near, n);
    f[B_THINGS] = log(1 + j->talk->things(text, near, n, thing, THINGS));
    f[B_LENGTH] = log(1 + (double)strlen(text));
    f[B_ASKS] = j->talk->asks(text);
    f[B_SPEAKER] = !strcmp(turns[t].speaker, turns[head].speaker);
    f[B_OBJECT_NEAR] = f[B_OBJECT] && back <= NEAR;
    f[B_ANSWERED] = f[B_ASKS] && head == t + 1;
    f[B_WORDS] = log(1 + words_in_both(j, text, own));
    f[B_SUBJECT] = likeliest_subject(j, text, NULL);
    f[B_SHARED] = likeliest_subject(j, text, own);
    if (j->found.tag) {
        f[B_PROPOSES] = j->found.tag[t * MOIM_TAGS + MOIM_TAG_PROPOSES];
        f[B_GIVES] = j->found.tag[t * MOIM_TAGS + MOIM_TAG_GIVES];
        for (int k = t; k < head; k++)
            f[B_SETTLED] = fmax(f[B_SETTLED], (double)j->found.tag[k * MOIM_TAGS + MOIM_TAG_SETTLES]);
    }
    if (!j->req->state) return;
    f[B_ALIKE] = alike(j, t, head);
    f[B_STATES] = 1;
}

void moim_context_open(struct moim_job *j)
{
    memset(j->mean_state, 0, sizeof j->mean_state);
    for (int t = 0; j->req->state && t < j->req->n_turns; t++)
        for (int k = 0; k < MOIM_TURN_STATE; k++)
            j->mean_state[k] +=
                j->req->state[(size_t)t * MOIM_TURN_STATE + (size_t)k] / (float)j->req->n_turns;
}

void moim_context_measure(const struct moim_job *j, int head, int kind, double self[SELF],
                          double before[MOIM_CONTEXT_TURNS][BEFORE])
{
    const struct moim_turn_text *near;
    const char *text = j->req->turns[head].text;
    char thing[THINGS][MOIM_WORD_MAX];
    int n = around(j, head, &near);
    self[S_ONE] = 1;
    self[S_OBJECT] = says_what(j, head, text);
    self[S_THINGS] = log(1 + j->talk->things(text, near, n, thing, THINGS));
    self[S_LENGTH] = log(1 + (double)strlen(text));
    self[S_SUBJECT] = likeliest_subject(j, text, NULL);
    self[S_TASK] = kind == MOIM_FOUND_ACTION;
    self[S_QUESTION] = kind == MOIM_FOUND_QUESTION;
    memset(before, 0, MOIM_CONTEXT_TURNS * sizeof *before);
    for (int i = 1; i <= MOIM_CONTEXT_TURNS && i <= head; i++)
        measure_before(j, head, head - i, before[i - 1]);
}

static double sum_of(const double *f, const double *weight, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += f[i] * weight[i];
    return sum;
}

static void uncite(struct moim_finding *f, int turn)
{
    int n = 0;
    for (int i = 0; i < f->n_turns; i++)
        if (f->turns[i] != turn) f->turns[n++] = f->turns[i];
    f->n_turns = n;
}

void moim_add_what_about(const struct moim_job *j, struct moim_finding *f)
{
    double self[SELF], before[MOIM_CONTEXT_TURNS][BEFORE], worth[MOIM_CONTEXT_TURNS + 1] = {0};
    int l = j->talk->weights, n = f->head < MOIM_CONTEXT_TURNS ? f->head : MOIM_CONTEXT_TURNS, best = 0;
    moim_context_measure(j, f->head, (int)f->kind, self, before);
    worth[0] = sum_of(self, learnt.self[l], SELF) + RATHER * self[S_OBJECT];
    for (int i = 1; i <= n; i++) {
        worth[i] = sum_of(before[i - 1], learnt.before[l], BEFORE);
        if (f->kind != MOIM_FOUND_ACTION && f->head - i == f->about) worth[i] += LINKED;
        if (worth[i] > worth[best]) best = i;
    }
    int said = f->about < 0 ? 0 : f->head - f->about, named = best;
    if (said && said <= n && best != said && f->kind == MOIM_FOUND_ACTION) uncite(f, f->about);
    if (!best) return;
    if (best == said && !moim_says_what(j, f, j->req->turns[f->about].text)) /* "Could you do that?" */
        for (int i = 1; i <= n; i++)
            if (worth[i] > worth[best] - NAMED && moim_says_what(j, f, j->req->turns[f->head - i].text) &&
                (named == best || worth[i] > worth[named]))
                named = i;
    moim_finding_cite(f, f->head - best);
    moim_finding_cite(f, f->topic = f->head - named);
}
