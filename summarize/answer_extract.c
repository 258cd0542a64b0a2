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
    return moim_holds_any(s, money);
}

enum asked { NOTHING, AMOUNT, MONEY, TIME, REASON };

static enum asked kind_of(const char *q, char unit[32])
{
    static const char *const when[] = {"언제", "며칠에", "when ", "what day", "which day", NULL},
                             *const much[] = {"얼마", "how much", NULL};
    moim_asked_unit(q, unit);
    if (moim_asks_why(q)) return REASON;
    if (*unit) return AMOUNT;
    if (moim_holds_any(q, much)) return MONEY;
    return moim_holds_any(q, when) ? TIME : NOTHING;
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
        return moim_answer_fits(q, sentence) && !strstr(sentence, "오늘은") && !strstr(sentence, "지금은") &&
               strncmp(sentence, "다음은", 9);
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
