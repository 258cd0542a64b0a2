#include "summarize/answer_extract.h"
#include "summarize/evidence.h"
#include "summarize/language.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define BESIDE 3   /* turns before and after that say what a short answer is about */
#define LEAST 0.85 /* share of the question's weight that a passage must contain */

/* "300부", "20명": an amount of things, and neither a day nor an hour. */
static bool counts_things(const char *s)
{
    static const char *const unit[] = {"부", "명", "개",   "건",   "박스", "장", "대", "권", "세트",
                                       "곳", "회", "킬로", "시간", "리터", "년", "배", NULL};
    for (const char *p = s; (p = strpbrk(p, "0123456789"));) {
        p += strspn(p, "0123456789,.");
        for (int i = 0; unit[i]; i++)
            if (!strncmp(p + (*p == ' '), unit[i], strlen(unit[i]))) return true;
    }
    return false;
}

static bool holds_money(const char *s)
{
    static const char *const money[] = {"원",      "만 ",      "만",     "천",      "백",
                                        "hundred", "thousand", "cents",  "dollar",  "euro",
                                        "pound",   "$",        "퍼센트", "percent", NULL};
    return moim_holds_any(s, money) || moim_number_in_words(s);
}

enum asked { NOTHING, AMOUNT, MONEY, TIME, REASON };

static enum asked kind_of(const char *q, char unit[32])
{
    static const char *const when[] = {"언제", "며칠에", "무슨 요일", "when ", "what day", "which day", NULL},
                             *const much[] = {"얼마", "how much", NULL};
    moim_asked_unit(q, unit);
    if (moim_asks_why(q)) return REASON;
    if (*unit) return AMOUNT;
    if (moim_holds_any(q, much)) return MONEY;
    return moim_holds_any(q, when) ? TIME : NOTHING;
}

static bool settles(enum moim_act act)
{
    return act == MOIM_ACT_DECIDE || act == MOIM_ACT_SO || act == MOIM_ACT_PROMISE;
}

/* "언제까지 받기로 했지": the answer names a limit or promises, and does not only tell a day. */
static bool sets_day(const char *question, const char *sentence)
{
    static const char *const until[] = {"까지", "by when", NULL};
    static const char *const limit[] = {"까지", "안에", "안으로",  "중으로", "전에",
                                        "이면", "by ",  "before ", NULL};
    if (!moim_holds_any(question, until)) return true;
    return moim_holds_any(sentence, limit) || settles(moim_language_of(sentence)->cue(sentence).act);
}

/* Whether a sentence of the turn settles, or accepts where `accepts`. */
static bool turn_settles(const struct moim_turn_text *turn, bool accepts)
{
    const struct moim_language *lang = moim_language_of(turn->text);
    const char *p = turn->text;
    for (size_t len; (len = moim_next_sentence(&p)); p += len) {
        char s[512];
        snprintf(s, sizeof s, "%.*s", (int)(len < sizeof s - 1 ? len : sizeof s - 1), p);
        enum moim_act act = lang->cue(s).act;
        if (settles(act) || (accepts && act == MOIM_ACT_ACCEPT)) return true;
    }
    return false;
}

/* Whether what turn t says is agreed to: by its own words or by one of the two turns after it. */
static bool agreed(const struct moim_answer_basis *b, int t)
{
    bool yes = turn_settles(&b->turns[t], false);
    for (int k = t + 1; !yes && k <= t + 2 && k < b->n_turns; k++) yes = turn_settles(&b->turns[k], true);
    return yes;
}

static bool answers(const char *sentence, const char *q, enum asked kind, const char *unit,
                    const struct moim_question_keys *k)
{
    bool names = false; /* the question's subject: then any amount belongs to it */
    for (int i = 0; i < k->n && !names; i++) names = k->weight[i] > 0 && moim_says_key(sentence, k->word[i]);
    if (strchr(sentence, '?') || moim_language_of(sentence)->asks(sentence)) return false;
    switch (kind) {
    case AMOUNT: return moim_counts_in(sentence, unit);
    case MONEY:
        return moim_answer_fits(q, sentence) && ((names && counts_things(sentence)) || holds_money(sentence));
    case TIME:
        return moim_answer_fits(q, sentence) && sets_day(q, sentence) && !strstr(sentence, "오늘은") &&
               !strstr(sentence, "지금은") && strncmp(sentence, "다음은", 9);
    case REASON: return moim_gives_reason(sentence);
    default: return false;
    }
}

/* "연봉은 아닌데, 간식비는 20만 원": the clause with the amount is about something else that it names. */
static bool about_another(const char *sentence, const struct moim_question_keys *k)
{
    const char *amount = strpbrk(sentence, "0123456789"), *from = sentence;
    if (!amount) return false;
    for (const char *p = sentence; p < amount; p++)
        if (*p == ',') from = p + 1;
    char clause[1024];
    snprintf(clause, sizeof clause, "%s", from);
    for (int i = 0; i < k->n; i++)
        if (k->weight[i] > 0 && moim_says_key(clause, k->word[i])) return false;
    for (const char *p = from; p < amount;) {
        size_t n = strcspn(p, " ");
        if (n >= 9 && (!memcmp(p + n - 3, "은", 3) || !memcmp(p + n - 3, "는", 3))) return true;
        p += n + strspn(p + n, " ");
    }
    return false;
}

static double said_at(const struct moim_answer_basis *b, const struct moim_question_keys *k, int a, int z,
                      double *all)
{
    double had = 0;
    *all = 0;
    for (int i = 0; i < k->n; i++) {
        bool titled = b->title && strcasestr(b->title, k->word[i]), said = false;
        for (int t = a < 0 ? 0 : a; t <= z && t < b->n_turns && !said; t++)
            said =
                moim_says_key(b->turns[t].text, k->word[i]) || moim_says_key(b->turns[t].speaker, k->word[i]);
        if (titled && !said) continue;
        *all += k->weight[i];
        had += said ? k->weight[i] : 0;
    }
    return had;
}

void moim_answer_extract(const struct moim_answer_basis *b, struct moim_answer *out, double *match)
{
    struct moim_question_keys k;
    char unit[32];
    enum asked kind = kind_of(b->question, unit);
    static const char *const on[] = {"기로 ", "정했", "agree", "decide", "settle", NULL};
    bool settled = moim_holds_any(b->question, on); /* asks what came out, not what was proposed */
    double best = 0;
    int found = -1;
    memset(out, 0, sizeof *out);
    *match = 0;
    moim_question_keys(b->question, &k);
    /* A reason or a day is close by; the noun of an amount may be further away. */
    int before = kind == REASON || kind == TIME ? 1 : BESIDE;
    for (int t = 0; kind != NOTHING && t < b->n_turns; t++) {
        bool fits = false;
        const char *p = b->turns[t].text;
        for (size_t len; (len = moim_next_sentence(&p)) && !fits; p += len) {
            char s[1024];
            snprintf(s, sizeof s, "%.*s", (int)(len < sizeof s - 1 ? len : sizeof s - 1), p);
            fits = answers(s, b->question, kind, unit, &k) &&
                   !((kind == AMOUNT || kind == MONEY) && about_another(s, &k));
        }
        if (fits && settled && (kind == AMOUNT || kind == MONEY)) fits = agreed(b, t);
        double all, own = fits ? said_at(b, &k, t, t, &all) : 0,
                    near = fits ? said_at(b, &k, t - before, t + (before > 1), &all) : 0;
        if (!fits || all < 1 || near < LEAST * all) continue;
        double m = 0.7 * near / all + 0.3 * own / all;
        if (m > best) best = m, found = t;
    }
    if (found < 0) return;
    snprintf(out->text, sizeof out->text, "%s", b->turns[found].text);
    out->refs[0] = found;
    out->n_refs = 1;
    int later = kind == AMOUNT || kind == MONEY ? moim_settled_later(b, found, out->text) : -1;
    if (moim_answer_quote(b, out, later >= 0 ? later : found)) *match = best;
}
