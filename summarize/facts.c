/* How probably a sentence is a fact that minutes keep: a number, an amount, a day, what is told rather than asked or promised, said neither
 * in a finding nor at the end of a turn. The weights were learnt from the facts that the authors of a corpus marked, and from what readers
 * said of its sentences. */
#include "summarize/facts.h"
#include "nn/vec.h"
#include "summarize/dates.h"
#include "summarize/subjects.h"
#include "summarize/word_text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUBJECTS 12 /* of the meeting that count */
#define CONTENT 24  /* words of a sentence that are counted */
#define STRESS 3.0  /* of what a template asks for */
#define STEERED 2.0 /* log-odds for each unit of what the user's notes and bookmarks add */
#define DETAILED 3  /* digits from which a number is a detail */

enum {
    F_ONE,
    F_RANK, /* logarithm of the weight by TextRank and cues */
    F_LENGTH,
    F_TURN, /* length of its turn */
    F_DIGIT,
    F_DETAIL,
    F_AMOUNT, /* a number in words, or a unit */
    F_CITED,  /* its turn is cited by a finding */
    F_HEAD,   /* and makes it */
    F_SUBJECTS,
    F_FIRST, /* of its turn */
    F_LAST,
    F_PLACE, /* in the topic, 0..1 */
    F_ASKS,
    F_NEGATED,
    F_OBJECT,
    F_CONTENT,
    F_DAY,
    F_ACT,                          /* one of MOIM_ACT_COUNT */
    F_TAG = F_ACT + MOIM_ACT_COUNT, /* what its turn does, by the tagger */
    FEATURES = F_TAG + MOIM_TAGS
};
_Static_assert(FEATURES == MOIM_FACT_FEATURES, "features of a fact");

/* By language, learnt by summarize/training/facts.py: of the features where there is no encoder, where there is; of the turn's state and of
 * the sentence's own. */
static const struct {
    float without[2][FEATURES], with[2][FEATURES], turn[2][MOIM_TURN_STATE], sentence[2][MOIM_TURN_STATE];
} learnt = {
#include "summarize/fact_weights.inc"
};

/* "삼십육 도", "오백만 원": numerals right before a unit. */
static bool amount_ko(const char *s)
{
    static const char *const numeral[] = {"일",  "이",  "삼",  "사",  "오",  "육",  "칠",  "팔",
                                          "구",  "십",  "백",  "천",  "만",  "억",  "한 ", "두 ",
                                          "세 ", "네 ", "섯 ", "곱 ", "덟 ", "홉 ", "열 ", "물 ",
                                          "른 ", "흔 ", "쉰 ", "순 ", NULL};
    static const char *const unit[] = {"명",   "원",   "개 ", "개월", "건",   "프로",   "퍼센트",
                                       "시간", "분 ",  "년",  "배 ",  "도 ",  "도까지", "킬로",
                                       "번 ",  "권",   "부 ", "층",   "미터", "장 ",    "마리",
                                       "대 ",  "박스", "만",  "천",   "백",   NULL};
    for (int i = 0; numeral[i]; i++)
        for (const char *p = s; (p = strstr(p, numeral[i]));) {
            p += strlen(numeral[i]);
            if (moim_starts_any(p + (*p == ' '), unit)) return true;
        }
    return strstr(s, "퍼센트") || strstr(s, "프로") || strstr(s, "만 원");
}

static bool amount_en(const char *s)
{
    static const char *const word[] = {
        "ten",      "eleven",   "twelve",  "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
        "eighteen", "nineteen", "twenty",  "thirty",   "forty",    "fifty",   "sixty",   "seventy",
        "eighty",   "ninety",   "hundred", "thousand", "million",  "percent", "cent",    "quid",
        "pounds",   "dollars",  "bucks",   "euros",    "grand",    "three",   "four",    "five",
        "six",      "seven",    "eight",   "nine",     "half",     NULL};
    for (const char *p = s; *p;) {
        size_t n = 0;
        while (isalpha((unsigned char)p[n])) n++;
        if (n && moim_word_in(p, n, word)) return true;
        p += n ? n : 1;
    }
    return false;
}

static void look_at_findings(const struct moim_job *j, int turn, double *f)
{
    for (int i = 0; i < j->found.n; i++) {
        if (j->found.list[i].head == turn) f[F_HEAD] = 1;
        for (int k = 0; k < j->found.list[i].n_turns; k++)
            if (j->found.list[i].turns[k] == turn) f[F_CITED] = 1;
    }
}

static void measure(const struct moim_job *j, int i, double *f)
{
    const struct moim_unit *u = &j->unit[i];
    char word[CONTENT][MOIM_WORD_MAX];
    struct moim_date day;
    size_t from, to;
    int topic = 0, digits = 0, near = u->turn > 60 ? u->turn - 60 : 0,
        far = u->turn + 60 < j->req->n_turns ? u->turn + 60 : j->req->n_turns;
    while (topic + 1 < j->n_topics && j->first[topic + 1] <= u->turn) topic++;
    for (const char *p = u->text; *p; p++) digits += isdigit((unsigned char)*p) != 0;
    for (int k = 0; k < j->n_subjects && k < SUBJECTS; k++)
        f[F_SUBJECTS] += strstr(u->text, j->subject[k].text) != NULL;
    look_at_findings(j, u->turn, f);
    f[F_ONE] = 1;
    f[F_RANK] = log(u->weight + 0.05);
    f[F_LENGTH] = log(1 + (double)strlen(u->text));
    f[F_TURN] = log(1 + (double)strlen(j->req->turns[u->turn].text));
    f[F_DIGIT] = digits > 0;
    f[F_DETAIL] = digits >= DETAILED;
    f[F_AMOUNT] = j->talk->by_syllable ? amount_ko(u->text) : amount_en(u->text);
    f[F_FIRST] = !i || j->unit[i - 1].turn != u->turn;
    f[F_LAST] = i + 1 == j->n_units || j->unit[i + 1].turn != u->turn;
    f[F_PLACE] = (double)(u->turn - j->first[topic]) / (j->first[topic + 1] - j->first[topic]);
    f[F_ASKS] = j->talk->asks(u->text);
    f[F_NEGATED] = j->talk->negated(u->text);
    f[F_OBJECT] = j->talk->names_object(u->text, j->req->turns + near, far - near);
    f[F_CONTENT] = j->talk->content(u->text, word, CONTENT);
    f[F_DAY] = moim_date_find(u->text, j->req->date, &day, &from, &to);
    f[F_ACT + u->cue.act] = 1;
    for (int k = 0; k < MOIM_TAGS && j->found.tag; k++) f[F_TAG + k] = j->found.tag[u->turn * MOIM_TAGS + k];
}

void moim_facts_measure(const struct moim_job *j, double (*f)[MOIM_FACT_FEATURES])
{
    memset(f, 0, sizeof *f * (size_t)j->n_units);
    for (int i = 0; i < j->n_units; i++) measure(j, i, f[i]);
}

/* What the encoder adds. */
static int add_states(const struct moim_job *j, struct moim_unit *u, struct moim_err *err)
{
    float own[MOIM_TURN_STATE];
    const float *turn = j->req->state + (size_t)u->turn * MOIM_TURN_STATE;
    int l = j->talk->weights, rc = moim_check_stop(j, err);
    if (!rc) rc = moim_embed_words(j->req->encoder, u->text, own, err);
    if (rc) return rc;
    u->fact += (double)moim_dot(learnt.turn[l], turn, MOIM_TURN_STATE) +
               (double)moim_dot(learnt.sentence[l], own, MOIM_TURN_STATE);
    return MOIM_OK;
}

int moim_facts_rate(struct moim_job *j, struct moim_err *err)
{
    const float *weight = (j->req->encoder ? learnt.with : learnt.without)[j->talk->weights];
    double(*f)[FEATURES] = malloc(sizeof *f * ((size_t)j->n_units + 1));
    int rc = f ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "minutes: out of memory");
    if (!rc) moim_facts_measure(j, f);
    for (int i = 0; i < j->n_units && !rc; i++) {
        struct moim_unit *u = &j->unit[i];
        u->fact = STEERED * u->steered + STRESS * log(j->template.weight[u->cue.act]);
        for (int k = 0; k < FEATURES; k++) u->fact += f[i][k] * weight[k];
        if (j->req->encoder) rc = add_states(j, u, err);
    }
    free(f);
    return rc;
}
