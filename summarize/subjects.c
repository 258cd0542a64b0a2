/* Things are nouns as the meeting uses them (things() of the language). How often, by whom, where in a sentence and beside which findings
 * they are said, and what the sentence encoder makes of those turns, tells what the meeting was about; the weights were learnt from what
 * the summaries of a corpus name, and from what readers of its meetings said of each thing. */
#include "summarize/subjects.h"
#include "nn/vec.h"
#include "summarize/evidence.h"
#include "summarize/word_text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THINGS 24 /* of a sentence */
#define CANDIDATES 1200
#define SENTENCES 240 /* that they are taken from: the weightiest */
#define AROUND 80     /* turns around a sentence that show which of its words are nouns */
#define OPENING 60    /* bytes of a sentence that can only announce */
#define MARKED 36     /* bytes from a sentence's beginning to what its first word announces */
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
    F_LETTERS, /* its length */
    F_SPEAKERS,
    F_OPENING, /* said in the first turns */
    F_TODAY,
    F_OPENED,    /* there, beside "today", "얘기" and the like */
    F_DECISIONS, /* probabilities of the findings of each kind that cite one of its turns */
    F_TASKS,
    F_QUESTIONS,
    F_TOPICS, /* share of the topics that say it */
    F_TWO,    /* of two words; of three */
    F_THREE,
    F_CAPITAL, /* written with a capital within a sentence */
    F_OBJECT,  /* how often before the particle of an object; behind an article */
    F_TOPICAL, /* before "은", "이"; before "is" and the like */
    F_ENDS,    /* at the end of a sentence */
    F_RAREST,  /* how often the rarest of its words is said, and the most frequent */
    F_COMMONEST,
    F_RANKS,   /* weights of all sentences that say it */
    F_LENGTHS, /* mean length of the turns */
    FEATURES
};
_Static_assert(FEATURES == MOIM_SUBJECT_FEATURES, "features of a subject");

/* Sums learnt by summarize/training/subjects.py, by language: of features and of hashed parts of words, in units of scale; and, where
 * there is an encoder, of features and worth, of the mean state of the turns that say it, and of the words' own state. */
#define HASHED 4096
enum { WORTH, NAMES, HEADS, SUMS };
enum { SEEN_NAMES, SEEN_HEADS, SEEN };
static const struct {
    struct {
        double dense[2][FEATURES], scale[2];
        signed char word[2][HASHED];
    } sum[SUMS];
    struct {
        double dense[2][FEATURES + 1];
        float turn[2][MOIM_TURN_STATE], words[2][MOIM_TURN_STATE];
    } seen[SEEN];
} learnt = {
#include "summarize/subject_weights.inc"
};

struct candidate {
    struct moim_subject s;
    int alone, marked; /* the turn where it stands by itself, or behind "next"; -1 */
    double seen[SEEN]; /* what states add */
};

typedef float seen_sums[SEEN]; /* of a turn's state */

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
    if (at <= (j->talk->by_syllable ? 14 : 10)) c->s.f[F_LEADS] = 1;
    if (j->talk->by_syllable) {
        if (moim_starts_any(p + n, behind_ko)) c->s.f[F_CASED] = 1;
        return;
    }
    for (int i = 0; before_en[i]; i++) {
        size_t m = strlen(before_en[i]);
        if (at >= m && !strncasecmp(p - m, before_en[i], m)) c->s.f[F_CASED] = 1;
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
    c[i].s.f[F_RANKS] += u->weight;
    if (u->weight > c[i].s.f[F_WEIGHT]) c[i].s.f[F_WEIGHT] = u->weight;
    if (u->cue.act == MOIM_ACT_ASK || u->cue.act == MOIM_ACT_PROPOSE) c[i].s.f[F_ASKED] = 1;
    look_at_place(j, u, &c[i]);
}

static int gather(const struct moim_job *j, struct candidate *c)
{
    bool *done = calloc((size_t)j->n_units + 1, sizeof *done);
    char thing[THINGS][MOIM_WORD_MAX];
    int n = 0;
    if (!done) return -1;
    for (int k = 0; k < SENTENCES; k++) {
        int best = -1;
        for (int i = 0; i < j->n_units; i++)
            if (!done[i] && (best < 0 || j->unit[i].weight > j->unit[best].weight)) best = i;
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

/* Which turns say it, into said, and where first and last. Returns their number. */
static int where_said(const struct moim_job *j, const char *text, bool *said, int *from, int *to)
{
    int turns = 0;
    for (int t = 0; t < j->req->n_turns; t++) {
        said[t] = find_thing(j, j->req->turns[t].text, text) != NULL;
        if (!said[t]) continue;
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

static void look_at_findings(const struct moim_job *j, const bool *said, struct candidate *c)
{
    for (int i = 0; i < j->found.n; i++) {
        const struct moim_finding *f = &j->found.list[i];
        bool holds = false;
        for (int k = 0; k < f->n_turns && !holds; k++) holds = said[f->turns[k]];
        if (!holds) continue;
        c->s.f[F_DECISIONS + f->kind] += f->probability;
        if (f->probability > c->s.f[F_FOUND]) c->s.f[F_FOUND] = f->probability;
        if (find_thing(j, f->source, c->s.text) || find_thing(j, f->context, c->s.text)) c->s.f[F_HEAD] = 1;
    }
}

/* How often the words behind or before the places where it is said make it an object, what a sentence is about, or its end. */
static void look_at_uses(const struct moim_job *j, const char *text, const char *thing, double use[3])
{
    static const char *const object_ko[] = {"을 ", "를 ", NULL}, *const topic_ko[] = {"은 ", "는 ",  "이 ",
                                                                                      "가 ", "은요", "는요",
                                                                                      NULL},
                             *const verb_en[] = {" is", " are", " was", " has", " will", "'s ", NULL};
    size_t n = strlen(thing);
    for (const char *p = text; (p = find_thing(j, p, thing)); p += n) {
        const char *e = p + n;
        if (!*e || strchr(".?!", *e)) use[2]++;
        if (j->talk->by_syllable) {
            use[0] += moim_starts_any(e, object_ko);
            use[1] += moim_starts_any(e, topic_ko);
        } else {
            use[0] += p - text >= 4 && !strncasecmp(p - 4, "the ", 4);
            use[1] += moim_starts_any(e, verb_en);
        }
    }
}

static bool inside_capital(const char *text, const char *p)
{
    return isupper((unsigned char)*p) && p > text + 1 && p[-1] == ' ' && !strchr(".?!:", p[-2]);
}

/* Words by which a meeting is opened: what stands beside them is what it was called for. */
static const char *const called_for[] = {"건입니다",   "건이",       "건으로",  "건부터",        "안건",
                                         "의논",       "상의",       "얘기 좀", "얘기하",        "얘기할",
                                         "이야기하",   "이야기할",   "논의",    "회의",          "때문에 모",
                                         "관련",       "대해",       "agenda",  "talk about",    "here to",
                                         "here for",   "here about", "discuss", "meeting",       "called",
                                         "so this is", "item",       "purpose", "come together", "topic",
                                         NULL},
                         *const today[] = {"오늘", "today", "tonight", "this morning", "this evening", NULL};

static void look_at_turns(const struct moim_job *j, const bool *said, const seen_sums *seen,
                          struct candidate *c)
{
    double use[3] = {0};
    const char *who[64];
    int n = 0, turns = 0, first = 4 + j->req->n_turns / 12;
    for (int t = 0; t < j->req->n_turns; t++) {
        const struct moim_turn_text *u = &j->req->turns[t];
        bool had = n == 64;
        if (!said[t]) continue;
        for (int i = 0; i < n && !had; i++) had = !strcmp(who[i], u->speaker);
        if (!had) who[n++] = u->speaker;
        look_at_uses(j, u->text, c->s.text, use);
        const char *p = find_thing(j, u->text, c->s.text);
        if (p && inside_capital(u->text, p)) c->s.f[F_CAPITAL] = 1;
        c->s.f[F_LENGTHS] += log(1 + (double)strlen(u->text));
        for (int k = 0; k < SEEN; k++) c->seen[k] += seen[t][k];
        turns++;
        if (t >= first) continue;
        c->s.f[F_OPENING] = 1;
        if (moim_holds_any(u->text, called_for)) c->s.f[F_OPENED] = 1;
        if (moim_holds_any(u->text, today)) c->s.f[F_TODAY] = 1;
    }
    if (turns) c->s.f[F_LENGTHS] /= turns;
    for (int k = 0; k < SEEN && turns; k++) c->seen[k] /= turns;
    c->s.f[F_SPEAKERS] = log(1 + n);
    for (int k = 0; k < 3; k++) c->s.f[F_OBJECT + k] = log(1 + use[k]);
    int topics = 0;
    for (int k = 0; k < j->n_topics; k++)
        for (int t = j->first[k]; t < j->first[k + 1]; t++)
            if (said[t]) {
                topics++;
                break;
            }
    c->s.f[F_TOPICS] = j->n_topics ? (double)topics / j->n_topics : 0;
}

/* How often each of its words is said. */
static void look_at_words(const struct moim_job *j, bool *said, struct candidate *c)
{
    char word[MOIM_WORD_MAX + 12];
    int least = j->req->n_turns, most = 0, from, to, words = 0;
    for (const char *p = c->s.text; *p; words++) {
        size_t n = strcspn(p, " ");
        snprintf(word, sizeof word, "%.*s", (int)n, p);
        int turns = where_said(j, word, said, &from, &to);
        least = turns < least ? turns : least;
        most = turns > most ? turns : most;
        p += n + strspn(p + n, " ");
    }
    c->s.f[F_RAREST] = log(1 + least);
    c->s.f[F_COMMONEST] = log(1 + most);
    c->s.f[F_TWO] = words == 2;
    c->s.f[F_THREE] = words > 2;
    c->s.f[F_LETTERS] = log((double)strlen(c->s.text) / (j->talk->by_syllable ? 3 : 1));
}

static void rate(const struct moim_job *j, bool *said, const seen_sums *seen, struct candidate *c)
{
    int all = j->req->n_turns, from = 0, to = 0, heads = 0,
        turns = where_said(j, c->s.text, said, &from, &to);
    const char *head = strrchr(c->s.text, ' ');
    c->s.turns = turns;
    look_at_findings(j, said, c);
    look_at_turns(j, said, seen, c);
    for (int k = 0; k < 3; k++) c->s.f[F_DECISIONS + k] = log(1 + c->s.f[F_DECISIONS + k]);
    c->s.f[F_RANKS] = log(1 + c->s.f[F_RANKS]);
    c->s.f[F_ONE] = 1;
    c->s.f[F_MENTIONS] = log(1 + turns);
    c->s.f[F_ALONE] = c->alone >= 0 && c->alone == from;
    c->s.f[F_MARKED] = c->marked >= 0 && c->marked == from;
    c->s.f[F_SPREAD] = (double)(to - from) / all;
    c->s.f[F_EARLY] = 1 - (double)c->s.turn / all;
    c->s.f[F_CLUSTER] = log(1 + most_together(said, all));
    for (const char *p = c->s.text; *p; p++) c->s.f[F_WORDS] += *p == ' ';
    if (head) heads = where_said(j, head + 1, said, &from, &to);
    look_at_words(j, said, c);
    c->s.f[F_LAST] = head ? log(1 + heads) - log(1 + turns) : 0;
}

/* Adds what a part of a word weighs in each sum. */
static void add_part(const struct moim_language *l, const char *part, size_t n, unsigned seed, int sum[SUMS])
{
    unsigned h = 2166136261U ^ seed;
    for (size_t i = 0; i < n; i++) h = (h ^ (unsigned char)tolower((unsigned char)part[i])) * 16777619U;
    for (int k = 0; k < SUMS; k++) sum[k] += learnt.sum[k].word[l->weights][h % HASHED];
}

/* Bytes of the first k letters of a word, of its last k. */
static size_t head_of(const char *w, size_t n, int k, bool wide)
{
    size_t at = 0;
    for (; k > 0 && at < n; k--)
        for (at++; wide && at < n && ((unsigned char)w[at] & 0xc0) == 0x80;) at++;
    return at;
}

static size_t tail_of(const char *w, size_t n, int k, bool wide)
{
    size_t at = n;
    for (; k > 0 && at > 0; k--)
        for (at--; wide && at > 0 && ((unsigned char)w[at] & 0xc0) == 0x80;) at--;
    return n - at;
}

/* What its words themselves tell: each whole, by its beginnings and its endings, the last one apart. */
static void by_words(const char *text, const struct moim_language *l, double out[SUMS])
{
    int sum[SUMS] = {0}, words = 1;
    bool wide = l->by_syllable;
    for (const char *p = text; *p; p++) words += *p == ' ';
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, " "), a = tail_of(p, n, wide ? 1 : 2, wide),
               b = tail_of(p, n, wide ? 2 : 3, wide);
        unsigned seed = p[n] ? 8 : 0;
        add_part(l, p, n, 1 + seed, sum);
        add_part(l, p, n, 6, sum);
        add_part(l, p + n - a, a, 2 + seed, sum);
        add_part(l, p + n - b, b, 3 + seed, sum);
        a = wide ? head_of(p, n, 1, true) : tail_of(p, n, 4, false);
        add_part(l, wide ? p : p + n - a, a, 4 + seed, sum);
        add_part(l, p, head_of(p, n, wide ? 2 : 4, wide), 5 + seed, sum);
        p += n + (p[n] == ' ');
    }
    for (int k = 0; k < SUMS; k++) out[k] = sum[k] * learnt.sum[k].scale[l->weights] / words;
}

static double dense_sum(const struct moim_subject *s, const double *weight)
{
    double sum = 0;
    for (int i = 0; i < FEATURES; i++) sum += s->f[i] * weight[i];
    return sum;
}

static int weigh(const struct moim_job *j, struct candidate *c, struct moim_err *err)
{
    int l = j->talk->weights;
    double sum[SUMS], seen[SEEN];
    float words[MOIM_TURN_STATE];
    struct moim_subject *s = &c->s;
    by_words(s->text, j->talk, sum);
    for (int k = 0; k < SUMS; k++) sum[k] += dense_sum(s, learnt.sum[k].dense[l]);
    s->worth = sum[WORTH];
    s->names = sum[NAMES];
    s->titles = sum[NAMES] + sum[HEADS];
    if (!j->req->encoder) return MOIM_OK;
    int rc = moim_embed_words(j->req->encoder, s->text, words, err);
    if (rc) return rc;
    for (int k = 0; k < SEEN; k++) {
        const double *dense = learnt.seen[k].dense[l];
        seen[k] = dense_sum(s, dense) + s->worth * dense[FEATURES] + c->seen[k] +
                  (double)moim_dot(learnt.seen[k].words[l], words, MOIM_TURN_STATE);
    }
    s->names = seen[SEEN_NAMES];
    s->titles = seen[SEEN_NAMES] + seen[SEEN_HEADS];
    return MOIM_OK;
}

static int by_worth(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->s.worth != y->s.worth) return x->s.worth < y->s.worth ? 1 : -1;
    return x->s.turn - y->s.turn;
}

/* NULL: no memory. */
static seen_sums *sums_of_states(const struct moim_job *j)
{
    seen_sums *sum = calloc((size_t)j->req->n_turns + 1, sizeof *sum);
    for (int t = 0; sum && j->req->encoder && t < j->req->n_turns; t++)
        for (int k = 0; k < SEEN; k++)
            sum[t][k] = moim_dot(learnt.seen[k].turn[j->talk->weights],
                                 j->req->state + (size_t)t * MOIM_TURN_STATE, MOIM_TURN_STATE);
    return sum;
}

int moim_subjects_read(struct moim_job *j, struct moim_err *err)
{
    int n = -1, rc = MOIM_OK;
    struct candidate *c = calloc(CANDIDATES, sizeof *c);
    bool *said = calloc((size_t)j->req->n_turns + 1, sizeof *said);
    seen_sums *seen = sums_of_states(j);
    if (c && said && seen) n = gather(j, c);
    if (n >= 0) j->subject = calloc((size_t)n + 1, sizeof *j->subject);
    if (!j->subject) rc = moim_fail(err, MOIM_ENOMEM, "minutes: out of memory");
    for (int i = 0; !rc && i < n; i++) {
        rate(j, said, seen, &c[i]);
        rc = moim_check_stop(j, err);
        if (!rc) rc = weigh(j, &c[i], err);
    }
    if (!rc) {
        qsort(c, (size_t)n, sizeof *c, by_worth);
        for (int i = 0; i < n; i++) j->subject[i] = c[i].s;
        j->n_subjects = n;
    }
    free(seen);
    free(said);
    free(c);
    return rc;
}

int moim_subject_turns(const struct moim_job *j, const struct moim_subject *s, int a, int b)
{
    int turns = 0;
    for (int t = a; t < b; t++) turns += find_thing(j, j->req->turns[t].text, s->text) != NULL;
    return turns;
}
