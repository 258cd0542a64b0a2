#include "summarize/quoted_turns.h"
#include "summarize/evidence.h"
#include "summarize/findings_int.h"
#include "summarize/language.h"
#include "summarize/subjects.h"
#include "summarize/tagger.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOUNS 60      /* turns around that show which words are nouns */
#define THINGS 8      /* of a turn that are counted */
#define CONTENT 24    /* words of a turn that are compared */
#define QUOTED (-1.0) /* log-odds from which on a turn is quoted */
#define NAMING (-2.2) /* the same of one that names what it is about, where no other does */
#define MOST 4        /* turns of a line */

/* The turns around one, by which nouns are told: from *from, so many. */
static int around(const struct moim_job *j, int turn, const struct moim_turn_text **from)
{
    int a = turn > NOUNS ? turn - NOUNS : 0,
        b = turn + NOUNS < j->req->n_turns ? turn + NOUNS : j->req->n_turns;
    *from = j->req->turns + a;
    return b - a;
}

bool moim_says_what(const struct moim_job *j, const struct moim_finding *f, const char *text)
{
    const struct moim_turn_text *near;
    int n = around(j, f->head, &near);
    return !moim_hunt_points(text) && j->talk->names_object(text, near, n);
}

/* ---- what it rests on ---- */

enum {
    Q_ONE,
    Q_FAR,
    Q_NEAR,
    Q_ROLE, /* about, accept, due, condition, put_off */
    Q_HEAD = Q_ROLE + 5,
    Q_TURN = Q_HEAD + 4, /* likewise object, things, length, subject */
    Q_ASKS = Q_TURN + 4,
    Q_SPEAKER,
    Q_POINTS,
    Q_TAG,
    Q_HEAD_LINK = Q_TAG + MOIM_TAGS,   /* how the finding's own belongs to it */
    Q_LINK = Q_HEAD_LINK + MOIM_LINKS, /* how it belongs to the finding's own */
    Q_BETWEEN = Q_LINK + MOIM_LINKS,   /* the most that a turn in between settles, takes on, proposes */
    Q_WORDS = Q_BETWEEN + 3,           /* that both say */
    Q_SHARED,                          /* log-odds of the likeliest subject that both say */
    Q_ALIKE,                           /* cosine of the states, the meeting's mean taken out */
    Q_DECISION,
    Q_TASK,
    FEATURES
};
_Static_assert((int)FEATURES == MOIM_QUOTED_FEATURES, "features of a turn");

/* Learnt by summarize/training/quotes.py. */
static const double learnt[MOIM_QUOTED_SIDES][FEATURES] = {
#include "summarize/quoted_weights.inc"
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

void moim_quoted_open(struct moim_job *j)
{
    memset(j->mean_state, 0, sizeof j->mean_state);
    for (int t = 0; j->req->state && t < j->req->n_turns; t++)
        for (int k = 0; k < MOIM_TURN_STATE; k++)
            j->mean_state[k] +=
                j->req->state[(size_t)t * MOIM_TURN_STATE + (size_t)k] / (float)j->req->n_turns;
}

/* What a turn names by itself: object, things, length, subject. */
static void measure_names(const struct moim_job *j, int t, double out[4])
{
    const struct moim_turn_text *near;
    const char *text = j->req->turns[t].text;
    char thing[THINGS][MOIM_WORD_MAX];
    int n = around(j, t, &near);
    out[0] = !moim_hunt_points(text) && j->talk->names_object(text, near, n);
    out[1] = log(1 + j->talk->things(text, near, n, thing, THINGS));
    out[2] = log(1 + (double)strlen(text));
    out[3] = likeliest_subject(j, text, NULL);
}

/* What the tagger says of turn t, of the turns between and of how the two belong together. */
static void measure_tags(const struct moim_job *j, int head, int t, double *out)
{
    const struct moim_findings *f = &j->found;
    static const int between[] = {MOIM_TAG_SETTLES, MOIM_TAG_TASK, MOIM_TAG_PROPOSES};
    int a = t < head ? t : head, b = t < head ? head : t, d = b - a;
    if (!f->tag) return;
    for (int k = 0; k < MOIM_TAGS; k++) out[Q_TAG + k] = (double)f->tag[t * MOIM_TAGS + k];
    for (int i = a + 1; i < b; i++)
        for (int k = 0; k < 3; k++)
            out[Q_BETWEEN + k] = fmax(out[Q_BETWEEN + k], (double)f->tag[i * MOIM_TAGS + between[k]]);
    if (d < 1 || d > MOIM_TAGGER_REACH) return;
    const float *link = f->link + ((size_t)b * (MOIM_TAGGER_REACH + 1) + (size_t)(d - 1)) * MOIM_LINKS;
    for (int k = 0; k < MOIM_LINKS; k++) out[(t < head ? Q_HEAD_LINK : Q_LINK) + k] = exp((double)link[k]);
}

enum moim_quoted_side moim_quoted_side(const struct moim_finding *f, int t)
{
    return t < f->head ? MOIM_QUOTED_EARLIER : t > f->head ? MOIM_QUOTED_LATER : MOIM_QUOTED_OWN;
}

void moim_quoted_measure(const struct moim_job *j, const struct moim_finding *f, int t,
                         double out[MOIM_QUOTED_FEATURES])
{
    const struct moim_turn_text *turns = j->req->turns;
    const char *text = turns[t].text, *own = turns[f->head].text;
    const int role[] = {f->about, f->accept, f->due, f->condition, f->put_off};
    int far = abs(f->head - t);
    memset(out, 0, FEATURES * sizeof *out);
    out[Q_ONE] = 1;
    out[Q_FAR] = log(1 + far);
    out[Q_NEAR] = far ? 1.0 / far : 0;
    for (int i = 0; i < 5; i++) out[Q_ROLE + i] = role[i] == t;
    measure_names(j, f->head, out + Q_HEAD);
    measure_names(j, t, out + Q_TURN);
    out[Q_ASKS] = j->talk->asks(text);
    out[Q_SPEAKER] = !strcmp(turns[t].speaker, turns[f->head].speaker);
    out[Q_POINTS] = moim_hunt_points(text);
    measure_tags(j, f->head, t, out);
    if (far) {
        out[Q_WORDS] = log(1 + words_in_both(j, text, own));
        out[Q_SHARED] = likeliest_subject(j, text, own);
        if (j->req->state) out[Q_ALIKE] = alike(j, t, f->head);
    }
    out[Q_DECISION] = f->kind == MOIM_FOUND_DECISION;
    out[Q_TASK] = f->kind == MOIM_FOUND_ACTION;
}

/* ---- the choice ---- */

static double worth_of(const struct moim_job *j, const struct moim_finding *f, int t)
{
    double x[FEATURES], sum = 0;
    const double *weight = learnt[moim_quoted_side(f, t)];
    moim_quoted_measure(j, f, t, x);
    for (int i = 0; i < FEATURES; i++) sum += weight[i] * x[i];
    return sum;
}

/* Whether a turn names a thing at all, whatever it also points to. */
static bool names_thing(const struct moim_job *j, int t)
{
    const struct moim_turn_text *near;
    char thing[THINGS][MOIM_WORD_MAX];
    int n = around(j, t, &near);
    return j->talk->things(j->req->turns[t].text, near, n, thing, THINGS) > 0;
}

static void show(struct moim_finding *f, int turn)
{
    int at = 0;
    while (at < f->n_shown && f->shown[at] < turn) at++;
    memmove(f->shown + at + 1, f->shown + at, sizeof *f->shown * (size_t)(f->n_shown - at));
    f->shown[at] = turn;
    f->n_shown++;
}

void moim_choose_quoted(const struct moim_job *j, struct moim_finding *f)
{
    double worth[MOIM_QUOTED_BEFORE + 1 + MOIM_QUOTED_AFTER];
    int a = f->head > MOIM_QUOTED_BEFORE ? f->head - MOIM_QUOTED_BEFORE : 0,
        b = f->head + MOIM_QUOTED_AFTER < j->req->n_turns ? f->head + MOIM_QUOTED_AFTER : j->req->n_turns - 1;
    bool names = false;
    if (!j->found.tag) return;
    for (int t = a; t <= b; t++) worth[t - a] = worth_of(j, f, t);
    for (f->n_shown = 0; f->n_shown < MOST;) {
        int best = -1;
        for (int t = a; t <= b; t++)
            if (!moim_cites(f->shown, f->n_shown, t) && (best < 0 || worth[t - a] > worth[best - a]))
                best = t;
        if (best < 0 || (f->n_shown && worth[best - a] < QUOTED)) break;
        show(f, best);
        names = names || names_thing(j, best);
    }
    int naming = -1;
    for (int t = a; t <= b && !names; t++)
        if (worth[t - a] >= NAMING && (naming < 0 || worth[t - a] > worth[naming - a]) &&
            moim_says_what(j, f, j->req->turns[t].text))
            naming = t;
    if (naming >= 0 && f->n_shown < MOST) show(f, naming);
    f->n_turns = 0;
    for (int i = 0; i < f->n_shown; i++) moim_finding_cite(f, f->shown[i]);
    moim_finding_cite(f, f->head);
    moim_finding_cite(f, f->accept); /* who owns it */
    moim_finding_cite(f, f->due);
}
