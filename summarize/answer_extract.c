#include "summarize/answer_extract.h"
#include "summarize/evidence.h"
#include "summarize/language.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define BESIDE 3   /* turns before and after that say what a short answer is about */
#define LEAST 0.85 /* of the question's weight that must stand there */

/* "몇 대", "몇 시에": what an amount is counted in; English: the word behind "how many". "" for none. */
static void asked_unit(const char *q, char unit[32])
{
    static const char *const before[] = {"몇 ", "몇", "how many ", NULL};
    unit[0] = 0;
    if (strstr(q, "며칠")) {
        snprintf(unit, 32, "일");
        return;
    }
    for (int i = 0; before[i]; i++) {
        const char *p = strcasestr(q, before[i]);
        if (!p) continue;
        p += strlen(before[i]);
        size_t n = 0;
        while (isalpha((unsigned char)p[n]) || (p[n] & 0x80)) n++;
        snprintf(unit, 32, "%.*s", (int)n, p);
        for (int k = 0; k < 2; k++) { /* "시에", "건이" */
            static const char *const particle[] = {"이나", "에", "이", "가", "을", "를", "로", "으로", NULL};
            size_t m = strlen(unit);
            for (int j = 0; particle[j]; j++)
                if (m > strlen(particle[j]) + 2 && !strcmp(unit + m - strlen(particle[j]), particle[j])) {
                    unit[m - strlen(particle[j])] = 0;
                    break;
                }
        }
        return;
    }
}

static bool counts_in(const char *text, const char *unit)
{
    static const char *const number[] = {"한",   "두",   "세",   "네",   "한 ",  "두 ",  "세 ",
                                         "네 ",  "다섯", "여섯", "일곱", "여덟", "아홉", "열",
                                         "스무", "서른", "마흔", "쉰",   "백 ",  NULL};
    for (const char *p = text; (p = strstr(p, unit)); p++) {
        const char *q = p;
        while (q > text && q[-1] == ' ') q--;
        if (q > text && isdigit((unsigned char)q[-1])) return true;
        for (int i = 0; number[i]; i++) {
            size_t n = strlen(number[i]);
            if ((size_t)(p - text) >= n && !memcmp(p - n, number[i], n)) return true;
            if (q > text && (size_t)(q - text) >= n && !memcmp(q - n, number[i], n)) return true;
        }
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
    asked_unit(q, unit);
    if (moim_asks_why(q)) return REASON;
    if (*unit) return AMOUNT;
    if (moim_holds_any(q, much)) return MONEY;
    return moim_holds_any(q, when) ? TIME : NOTHING;
}

static bool answers(const char *sentence, const char *q, enum asked kind, const char *unit)
{
    bool korean = moim_language_of(q) == moim_language_get("ko");
    if (strchr(sentence, '?') || moim_language_of(sentence)->asks(sentence)) return false;
    switch (kind) {
    case AMOUNT:
        return korean ? counts_in(sentence, unit)
                      : strcasestr(sentence, unit) && moim_answer_fits("how many", sentence);
    case MONEY: return moim_answer_fits(q, sentence) && holds_money(sentence);
    case TIME:
        return moim_answer_fits(q, sentence) && !strstr(sentence, "오늘은") && !strstr(sentence, "지금은");
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
    /* A reason or a day is given at once; what an amount is of may stand further away. */
    int before = kind == REASON || kind == TIME ? 1 : BESIDE;
    for (int t = 0; kind != NOTHING && t < b->n_turns; t++) {
        bool fits = false;
        const char *p = b->turns[t].text;
        for (size_t len; (len = moim_next_sentence(&p)) && !fits; p += len) {
            char s[1024];
            snprintf(s, sizeof s, "%.*s", (int)(len < sizeof s - 1 ? len : sizeof s - 1), p);
            fits = answers(s, b->question, kind, unit) &&
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
