/* Things are nouns as the meeting uses them (things() of the language). How often, by whom, where in a sentence and beside which findings
 * they are said tells what the meeting was about; the weights were learnt from what the summaries of a corpus name. */
#include "summarize/subjects.h"
#include "summarize/evidence.h"
#include "summarize/word_text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THINGS 24      /* of a sentence */
#define CANDIDATES 600 /* of a part */
#define SENTENCES 120  /* that they are taken from: the weightiest */
#define AROUND 80      /* turns around a sentence that show which of its words are nouns */
#define OPENING 60     /* bytes of a sentence that can only announce */
#define MARKED 36      /* bytes from a sentence's beginning to what its first word announces */
#define CLUSTER 10
#define WORDS 8

/* Features, all 0..1 or logarithms of counts. */
enum {
    F_ONE,
    F_MENTIONS, /* turns that say it */
    F_FOUND,    /* probability of the likeliest finding that cites one of them */
    F_ALONE,    /* first said by itself: "Tickets?" */
    F_LEADS,    /* at the front of a sentence */
    F_CASED,    /* before "건", "은"; after "about the" */
    F_WORDS,
    F_EARLY,
    F_SPREAD,
    F_WEIGHT,  /* of the weightiest sentence that says it */
    F_CLUSTER, /* most turns of ten that say it */
    F_HEAD,    /* in the sentence that makes a finding */
    F_LAST,    /* how much oftener its last word is said */
    F_ASKED,   /* in a question or proposal */
    F_MARKED,  /* first said behind "next", "and", "그리고" */
    FEATURES
};

struct candidate {
    struct moim_subject s;
    double f[FEATURES];
    int alone, marked; /* the turn where it stands by itself, or behind "next"; -1 */
};

bool moim_shares_word(const struct moim_language *l, const char *a, const char *b)
{
    char word[WORDS][MOIM_WORD_MAX];
    int n = l->content(a, word, WORDS);
    for (int i = 0; i < n; i++)
        if (l->says(b, word[i])) return true;
    n = l->content(b, word, WORDS);
    for (int i = 0; i < n; i++)
        if (l->says(a, word[i])) return true;
    return false;
}

/* "Minister", "Chair": a speaker's label is not a subject. */
static bool is_speaker(const struct moim_job *j, const char *text)
{
    for (int t = 0; t < j->req->n_turns; t++)
        if (strcasestr(j->req->turns[t].speaker, text)) return true;
    return false;
}

static const char *find_thing(const struct moim_job *j, const char *text, const char *thing)
{
    const char *p = j->talk->by_syllable ? strstr(text, thing) : strcasestr(text, thing);
    while (p && p > text && !j->talk->by_syllable && isalpha((unsigned char)p[-1]))
        p = strcasestr(p + 1, thing);
    while (p && p > text && j->talk->by_syllable && p[-1] != ' ') p = strstr(p + 1, thing);
    return p;
}

/* What may stand around a thing that is announced. */
static const char *const behind_ko[] = {" 건",   " 얘기", " 이야기", " 문제",  "부터", " 관련",
                                        "에 대", " 안건", "은 ",     "는 ",    "은요", "는요",
                                        "은?",   "는?",   "건이",    "입니다", NULL};
static const char *const before_en[] = {"about the ",   "about ",  "item one, ", "bring up the ",
                                        "discuss the ", "so the ", "next the ",  "now the ",
                                        "the ",         NULL};
static const char *const marker[] = {
    "자,",    "자 ",   "그리고", "다음", "아 그리고", "또 ",    "마지막", "한 가지", "저기",       "근데",
    "오늘은", "오늘 ", "그 ",    "일단", "우선",      "next",   "also",   "and ",    "what about", "so the",
    "so,",    "okay",  "right",  "now ", "item",      "oh and", "can i",  "can we",  "last",       NULL};

static void look_at_place(const struct moim_job *j, const struct moim_unit *u, struct candidate *c)
{
    const char *p = find_thing(j, u->text, c->s.text);
    if (!p) return;
    size_t n = strlen(c->s.text), all = strlen(u->text), at = (size_t)(p - u->text);
    bool mark = false;
    for (int i = 0; marker[i]; i++) mark = mark || !strncasecmp(u->text, marker[i], strlen(marker[i]));
    if (all <= OPENING && 2 * n >= all && (c->alone < 0 || u->turn < c->alone)) c->alone = u->turn;
    if (mark && at <= MARKED && (c->marked < 0 || u->turn < c->marked)) c->marked = u->turn;
    if (at <= (j->talk->by_syllable ? 14 : 10)) c->f[F_LEADS] = 1;
    if (j->talk->by_syllable) {
        if (moim_starts_any(p + n, behind_ko)) c->f[F_CASED] = 1;
        return;
    }
    for (int i = 0; before_en[i]; i++) {
        size_t m = strlen(before_en[i]);
        if (at >= m && !strncasecmp(p - m, before_en[i], m)) c->f[F_CASED] = 1;
    }
}

static void consider(const struct moim_job *j, const struct moim_unit *u, const char *text,
                     struct candidate *c, int *n)
{
    int i = 0;
    if (!*text || moim_holds_any(text, j->talk->chat)) return;
    while (i < *n && strcasecmp(c[i].s.text, text)) i++;
    if (i == *n) {
        if (*n == CANDIDATES || moim_names_only(j, text) || is_speaker(j, text)) return;
        memset(&c[i], 0, sizeof c[i]);
        snprintf(c[i].s.text, sizeof c[i].s.text, "%.*s", MOIM_WORD_MAX, text);
        c[i].s.turn = u->turn;
        c[i].alone = c[i].marked = -1;
        ++*n;
    }
    if (u->turn < c[i].s.turn) c[i].s.turn = u->turn;
    if (u->weight > c[i].f[F_WEIGHT]) c[i].f[F_WEIGHT] = u->weight;
    if (u->cue.act == MOIM_ACT_ASK || u->cue.act == MOIM_ACT_PROPOSE) c[i].f[F_ASKED] = 1;
    look_at_place(j, u, &c[i]);
}

static int gather(const struct moim_job *j, int a, int b, struct candidate *c)
{
    bool *done = calloc((size_t)j->n_units + 1, sizeof *done);
    char thing[THINGS][MOIM_WORD_MAX];
    int n = 0;
    if (!done) return -1;
    for (int k = 0; k < SENTENCES; k++) {
        int best = -1;
        for (int i = 0; i < j->n_units; i++)
            if (!done[i] && j->unit[i].turn >= a && j->unit[i].turn < b &&
                (best < 0 || j->unit[i].weight > j->unit[best].weight))
                best = i;
        if (best < 0) break;
        done[best] = true;
        const struct moim_unit *u = &j->unit[best];
        int near = u->turn > AROUND ? u->turn - AROUND : 0,
            far = u->turn + AROUND < j->req->n_turns ? u->turn + AROUND : j->req->n_turns;
        int m = j->talk->things(u->text, j->req->turns + near, far - near, thing, THINGS);
        for (int i = 0; i < m; i++) consider(j, u, thing[i], c, &n);
    }
    free(done);
    return n;
}

/* Which turns of [a, b) say it, into said, and where first and last. Returns their number. */
static int where_said(const struct moim_job *j, int a, int b, const char *text, bool *said, int *from,
                      int *to)
{
    int turns = 0;
    for (int t = a; t < b; t++) {
        said[t - a] = find_thing(j, j->req->turns[t].text, text) != NULL;
        if (!said[t - a]) continue;
        if (!turns++) *from = t;
        *to = t;
    }
    return turns;
}

static int most_together(const bool *said, int n)
{
    int most = 0, k = 0;
    for (int t = 0; t < n; t++) {
        k += said[t] - (t >= CLUSTER && said[t - CLUSTER]);
        if (k > most) most = k;
    }
    return most;
}

static void look_at_findings(const struct moim_job *j, int a, int b, const bool *said, struct candidate *c)
{
    for (int i = 0; i < j->found.n; i++) {
        const struct moim_finding *f = &j->found.list[i];
        bool holds = false;
        for (int k = 0; k < f->n_turns && !holds; k++)
            holds = f->turns[k] >= a && f->turns[k] < b && said[f->turns[k] - a];
        if (!holds) continue;
        if (f->probability > c->f[F_FOUND]) c->f[F_FOUND] = f->probability;
        if (find_thing(j, f->source, c->s.text) || find_thing(j, f->context, c->s.text)) c->f[F_HEAD] = 1;
    }
}

static void rate(const struct moim_job *j, int a, int b, bool *said, struct candidate *c)
{
    int from = a, to = a, heads = 0, turns = where_said(j, a, b, c->s.text, said, &from, &to);
    const char *head = strrchr(c->s.text, ' ');
    look_at_findings(j, a, b, said, c);
    c->f[F_ONE] = 1;
    c->f[F_MENTIONS] = log(1 + turns);
    c->f[F_ALONE] = c->alone >= 0 && c->alone == from;
    c->f[F_MARKED] = c->marked >= 0 && c->marked == from;
    c->f[F_SPREAD] = (double)(to - from) / (b - a);
    c->f[F_EARLY] = 1 - (double)(c->s.turn - a) / (b - a);
    c->f[F_CLUSTER] = log(1 + most_together(said, b - a));
    for (const char *p = c->s.text; *p; p++) c->f[F_WORDS] += *p == ' ';
    if (head) heads = where_said(j, a, b, head + 1, said, &from, &to);
    c->f[F_LAST] = head ? log(1 + heads) - log(1 + turns) : 0;
}

static int by_worth(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->s.worth != y->s.worth) return x->s.worth < y->s.worth ? 1 : -1;
    return x->s.turn - y->s.turn;
}

struct moim_subject *moim_subjects_get(const struct moim_job *j, int a, int b, int *n)
{
    /* By the table of the language: logistic regression on whether the reference summary says it (summarize/training/README.md). */
    static const double weight[2][FEATURES] = {
        {-3.75, 0.53, 1.32, -0.10, 0.30, 0.23, -0.23, 0.62, 0.52, 0.23, 0.59, 0.89, 2.38, 0.36, 0.53},
        {-2.47, 0.95, 0.86, 0.28, 0.18, 0.46, -0.15, 0.07, -0.46, 0.18, -0.34, 1.18, -0.24, 0.20, 0.85}};
    struct candidate *c = calloc(CANDIDATES, sizeof *c);
    bool *said = calloc((size_t)(b - a) + 1, sizeof *said);
    struct moim_subject *out = NULL;
    *n = c && said ? gather(j, a, b, c) : -1;
    if (*n >= 0) out = calloc((size_t)*n + 1, sizeof *out);
    for (int i = 0; i < *n && out; i++) {
        rate(j, a, b, said, &c[i]);
        for (int k = 0; k < FEATURES; k++) c[i].s.worth += c[i].f[k] * weight[j->talk->weights][k];
    }
    if (out) {
        qsort(c, (size_t)*n, sizeof *c, by_worth);
        for (int i = 0; i < *n; i++) out[i] = c[i].s;
    }
    free(said);
    free(c);
    return out;
}
