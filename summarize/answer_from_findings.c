#include "summarize/answer_from_findings.h"
#include "summarize/answer_extract.h"
#include "summarize/evidence.h"
#include "summarize/findings.h"
#include "summarize/line_check.h"
#include "summarize/quotation.h"
#include "summarize/word_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 12
#define LEAST 0.55 /* of the question's words, weighted, that a finding must be about */

enum asks { ASKS_NOTHING, ASKS_WHO, ASKS_WHEN, ASKS_AMOUNT, ASKS_WHAT };

/* What kind of thing would answer. Reasons are no findings. */
static enum asks kind_of(const char *q)
{
    static const char *const why[] = {"왜", "어째서", "why ", NULL};
    static const char *const who[] = {"누가", "누구", "담당", "who ", "who's", "whose", NULL};
    static const char *const when[] = {"언제",  "며칠",     "날짜",      "기한", "무슨 요일",
                                       "when ", "what day", "which day", NULL};
    static const char *const amount[] = {"얼마", "몇", "how much", "how many", NULL};
    static const char *const settled[] = {"기로 ", "정했",   "정하기", "결정",  "확정",     "바꾸",   "바뀌",
                                          "줄였",  "줄이",   "늘렸",   "늘리",  "올랐",     "올렸",   "올리",
                                          "맞추",  "decide", "agree",  "will ", "going to", "settle", NULL};
    if (moim_holds_any(q, why)) return ASKS_NOTHING;
    if (moim_holds_any(q, who)) return ASKS_WHO;
    if (moim_holds_any(q, when)) return ASKS_WHEN;
    /* "42건이 들어왔나" asks for a fact, "얼마로 정했지" for a decision. */
    if (!moim_holds_any(q, settled)) return ASKS_NOTHING;
    return moim_holds_any(q, amount) ? ASKS_AMOUNT : ASKS_WHAT;
}

struct words {
    char word[WORDS][64];
    double weight[WORDS];
    int n;
};

/* Nouns identify the subject; verbs have many synonyms ("끝내기로", "마무리할게요"). */
static void read_words(struct words *w, const char *question)
{
    static const char *const verb[] = {"기", "지", "어", "나", "까", "니", "야", "요", "로"};
    static const char *const kind[] = {"날짜", "기한", "담당",
                                       "담당자"}; /* the requested attribute, not the subject */
    w->n = moim_question_words(question, w->word, WORDS);
    for (int i = 0; i < w->n; i++) {
        size_t n = strlen(w->word[i]);
        w->weight[i] = n < 3 ? 0.5 : 1;
        for (size_t k = 0; k < sizeof kind / sizeof *kind; k++)
            if (!strcmp(w->word[i], kind[k])) w->weight[i] = 0.3;
        for (size_t k = 0; n > 6 && k < sizeof verb / sizeof *verb; k++)
            if (moim_hangul_at(w->word[i]) && !strcmp(w->word[i] + n - 3, verb[k])) w->weight[i] = 0.4;
    }
}

/* By two syllables or five letters, where a word begins. */
static bool says(const char *text, const char *word)
{
    char stem[8];
    bool hangul = moim_hangul_at(word);
    snprintf(stem, sizeof stem, "%.*s", hangul ? 6 : 5, word);
    for (const char *p = text; (p = strcasestr(p, stem)); p++)
        if (hangul || p == text || !isalnum((unsigned char)p[-1])) return true;
    return false;
}

static bool holds_amount(const char *s)
{
    static const char *const number[] = {"one",  "two", "three",   "four", "five", "six",  "seven", "eight",
                                         "nine", "ten", "hundred", "만 ",  "천 ",  "백 ",  "하루",  "이틀",
                                         "한 ",  "두 ", "세 ",     "네 ",  "다섯", "여섯", "열",    NULL};
    return strpbrk(s, "0123456789") || moim_holds_any(s, number) || moim_number_in_words(s);
}

static bool names_month(const char *s)
{
    static const char *const month[] = {"January",  "February", "March",  "April",     "May ",
                                        "June",     "July",     "August", "September", "October",
                                        "November", "December", NULL};
    return moim_holds_any(s, month);
}

static bool fits(const struct moim_finding *f, enum asks asks, struct moim_date day)
{
    struct moim_date d;
    size_t from, to;
    switch (asks) {
    case ASKS_WHO: return f->kind == MOIM_FOUND_ACTION && *f->owner;
    case ASKS_WHEN:
        return f->kind == MOIM_FOUND_ACTION
                   ? *f->due_date != 0
                   : f->kind == MOIM_FOUND_DECISION &&
                         (moim_date_find(f->text, day, &d, &from, &to) || names_month(f->text));
    case ASKS_AMOUNT: return f->kind == MOIM_FOUND_DECISION && holds_amount(f->text);
    case ASKS_WHAT: return f->kind == MOIM_FOUND_DECISION;
    default: return false;
    }
}

/* Just before, where what a short answer is about was named. */
static bool said_near(const struct moim_minutes_request *m, int turn, const char *word)
{
    for (int t = turn > 3 ? turn - 3 : 0; t <= turn; t++)
        if (says(m->turns[t].text, word)) return true;
    return false;
}

/* The share of the question that the finding and the turns it was found in are about, the meeting's title
 * counting as said everywhere; 0 when they say hardly anything beyond the title. */
static double match(const struct moim_minutes_request *m, const char *title, const struct words *w,
                    const struct moim_finding *f)
{
    double all = 0, had = 0, beyond = 0, own = 0, near = 0, named = 0, subject = 0;
    for (int i = 0; i < w->n; i++) {
        bool titled = says(title, w->word[i]);
        bool noted = says(f->text, w->word[i]) || says(f->source, w->word[i]) || says(f->context, w->word[i]);
        bool here = noted;
        for (int t = 0; t < f->n_turns && !here; t++) here = says(m->turns[f->turns[t]].text, w->word[i]);
        double share = titled || here ? 1 : said_near(m, f->turns[0], w->word[i]) ? 0.7 : 0;
        if (!titled && w->weight[i] >= 1) subject = 1, named += here;
        all += w->weight[i];
        had += share * w->weight[i];
        beyond += titled ? 0 : w->weight[i];
        own += titled ? 0 : share * w->weight[i];
        near += noted ? w->weight[i] : 0;
    }
    /* Of the nouns asked about, one at least occurs in the finding's own turns. */
    if (all <= 0 || near <= 0 || own < beyond / 2 || named < subject) return 0;
    return 0.9 * had / all + 0.1 * near / all;
}

static void write_answer(const struct moim_finding *f, const char *line, enum asks asks,
                         const struct moim_language *lang, char *out, size_t cap)
{
    const char *dash = *f->owner ? " – " : "", *due = *f->due_text ? lang->label.by_day : "";
    if (f->kind == MOIM_FOUND_DECISION)
        snprintf(out, cap, "%s", line);
    else if (asks == ASKS_WHEN)
        snprintf(out, cap, "%s (%s): %s%s%s", f->due_text, f->due_date, f->owner, dash, line);
    else
        snprintf(out, cap, "%s%s%s%s%s%s", f->owner, dash, line, due, f->due_text, *due ? ")" : "");
}

/* The first turn of a finding and its last ones. */
static int choose_refs(const struct moim_finding *f, int refs[MOIM_ANSWER_REFS])
{
    int n = 0;
    for (int i = 0; i < f->n_turns; i++)
        if (i == 0 || i > f->n_turns - MOIM_ANSWER_REFS) refs[n++] = f->turns[i];
    return n;
}

int moim_recall(const struct moim_minutes_request *meeting, bool noted, const char *title,
                const char *question, struct moim_recalled *out, struct moim_err *err)
{
    struct words w;
    struct moim_findings own = {0};
    enum asks asks = kind_of(question);
    memset(out, 0, sizeof *out);
    struct moim_answer_basis basis = {question, title, meeting->turns, meeting->n_turns};
    if (asks == ASKS_NOTHING) {
        moim_answer_extract(&basis, &out->answer, &out->match);
        return MOIM_OK;
    }
    read_words(&w, question);
    int rc = meeting->findings ? MOIM_OK : moim_findings_get(meeting, &own, err);
    if (rc) return rc;
    const struct moim_findings *found = meeting->findings ? meeting->findings : &own;
    const struct moim_finding *best = NULL;
    for (int i = 0; i < found->n; i++) {
        const struct moim_finding *f = &found->list[i];
        if (f->doubtful || !f->n_turns || !fits(f, asks, meeting->date) ||
            !moim_question_grounded(&basis, f->turns, f->n_turns))
            continue;
        double m = match(meeting, title, &w, f);
        if (m >= LEAST && m >= out->match) out->match = m, best = f; /* the last word counts */
    }
    if (best) {
        char line[MOIM_QUOTE_MAX];
        const struct moim_language *lang = moim_language_get(meeting->language);
        snprintf(line, sizeof line, "%s", best->text);
        if (!noted && (best->quoted || best->vague ||
                       moim_line_check(lang, meeting->turns, meeting->n_turns, best, best->text, NULL) !=
                           MOIM_LINE_TRUE))
            moim_quote_finding(lang, meeting->turns, best, line);
        write_answer(best, line, asks, lang, out->answer.text, sizeof out->answer.text);
        out->answer.n_refs = choose_refs(best, out->answer.refs);
    }
    moim_findings_free(&own);
    struct moim_answer turn;
    double at;
    moim_answer_extract(&basis, &turn, &at);
    if (turn.n_refs && at > out->match + 0.15) out->answer = turn, out->match = at;
    return MOIM_OK;
}
