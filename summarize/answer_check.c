#include "summarize/answer_check.h"
#include "summarize/evidence.h"
#include "summarize/language.h"
#include "summarize/line_check.h"
#include "summarize/word_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEAR 6
#define SETTLES 10   /* turns after an amount in which it may be changed */
#define MISSING 0.25 /* of a question's weight that may be said in other words */

static bool ends(const char *w, const char *suffix)
{
    size_t n = strlen(w), m = strlen(suffix);
    return n > m && !strcmp(w + n - m, suffix);
}

/* ---- what a question is about ---- */

/* Words that every question of its kind contains: no evidence for a passage. */
static bool is_generic(const char *w)
{
    static const char *const list[] = {
        "날짜", "기한",     "담당",   "담당자", "시간",  "장소",     "금액", "가격",     "비용",
        "사람", "이유",     "방법",   "내용",   "결과",  "일정",     "정도", "개수",     "인원",
        "달",   "달에",     "하루",   "하루에", "매달",  "일주일에", "월에", "담당자가", "day",
        "date", "deadline", "person", "people", "price", "amount",   "time", "place",    "reason",
        "way",  "thing",    "team",   "group",  NULL};
    for (int i = 0; list[i]; i++)
        if (!strcasecmp(w, list[i])) return true;
    return false;
}

/* 0.7 for a specific verb such as "퇴원하지"; 0 for verbs with many synonyms. Cuts the ending off. */
static double verb_weight(char *w)
{
    static const char *const doing[] = {"하기로", "한다고", "했다고", "하는지", "했는지", "했더라", "하나요",
                                        "했나요", "합니까", "했어요", "하지",   "했지",   "하나",   "했나",
                                        "해요",   "했어",   "하는",   "하기",   "할까",   "해서",   "해야",
                                        "하고",   "하",     "한",     "된",     "할",     "될",     NULL};
    static const char *const common[] = {"확정", "결정", "진행", "시작",   "예정", "담당",
                                         "준비", "정리", "말씀", "이야기", "얘기", "제안",
                                         "논의", "합의", "변경", "전달",   NULL};
    static const char *const verb[] = {"기로", "다고", "라고", "는지", "었지", "았지", "렸지", "났지",
                                       "왔지", "졌지", "뤘지", "꿨어", "꿨지", "었어", "았어", "었나",
                                       "았나", "나요", "까요", "니까", "어요", "기",   "지",   "어",
                                       "나",   "까",   "니",   "야",   "요",   "아",   NULL};
    for (int i = 0; doing[i]; i++) {
        if (!ends(w, doing[i])) continue;
        w[strlen(w) - strlen(doing[i])] = 0;
        for (int k = 0; common[k]; k++)
            if (!strcmp(w, common[k])) return 0;
        return strlen(w) >= 6 ? 0.7 : 0;
    }
    static const char *const noun[] = {"경기", "시기", "용기", "전기", "후기", "계기", "연기", "일기",
                                       "대기", "공기", "공지", "표지", "휴지", "편지", "재고", "광고",
                                       "공고", "사고", "보고", "창고", "원고", "신고", "분야", "날짜",
                                       "하나", "언어", "용어", "단어", "필요", "수요", "종이", NULL};
    if (ends(w, "인지")) w[strlen(w) - 6] = 0;
    for (int i = 0; noun[i]; i++)
        if (!strcmp(w, noun[i]) || ends(w, noun[i])) return 1;
    if (!strcmp(w, "안") || !strcmp(w, "못")) return 0;
    for (int i = 0; verb[i]; i++)
        if (ends(w, verb[i])) return 0;
    return 1;
}

static double english_weight(const char *w)
{
    static const char *const verb[] = {
        "make",   "makes",   "take",   "takes",    "get",     "gets",  "go",      "goes", "come",  "comes",
        "start",  "starts",  "happen", "happened", "use",     "need",  "needs",   "want", "pick",  "picks",
        "change", "changed", "put",    "settle",   "settled", "plan",  "planned", "new",  "old",   "ask",
        "asked",  "cant",    "can't",  "why",      "could",   "they",  "long",    "set",  "bring", "brings",
        "write",  "writes",  "update", "updates",  "send",    "sends", "call",    NULL};
    for (int i = 0; verb[i]; i++)
        if (!strcasecmp(w, verb[i])) return 0.5;
    return 1;
}

/* "몇 시에", "몇 박스": the counted noun, which the answer repeats. */
static bool is_counted_in(const char *question, const char *word)
{
    const char *p = strstr(question, "몇 ");
    return p && !strncmp(p + 4, word, strlen(word));
}

void moim_question_keys(const char *question, struct moim_question_keys *out)
{
    char word[16][64];
    int n = moim_question_words(question, word, 16);
    out->n = 0;
    for (int i = 0; i < n; i++) {
        bool hangul = moim_hangul_at(word[i]);
        double w = is_generic(word[i]) ? 0 : hangul ? verb_weight(word[i]) : english_weight(word[i]);
        if (is_counted_in(question, word[i]) || is_generic(word[i]) ||
            (hangul && strlen(word[i]) < 6 && !strcmp(word[i], "님")))
            w = 0;
        if (strlen(word[i]) < 3) w *= 0.5;
        memcpy(out->word[out->n], word[i], sizeof word[i]);
        out->weight[out->n++] = w;
    }
}

/* A text without its blanks: compounds are written both ways. */
static void squeeze(const char *s, char *out, size_t cap)
{
    size_t n = 0;
    for (; *s && n + 1 < cap; s++)
        if (*s != ' ') out[n++] = *s;
    out[n] = 0;
}

/* A key as it was asked: all its syllables, or both halves of a long compound. */
bool moim_says_key(const char *text, const char *word)
{
    if (!moim_hangul_at(word)) return moim_language_get("en")->says(text, word) || strcasestr(text, word);
    char flat[4096], half[64];
    squeeze(text, flat, sizeof flat);
    if (strstr(flat, word)) return true;
    size_t n = strlen(word);
    if (n < 12) return false;
    snprintf(half, sizeof half, "%.6s", word);
    return strstr(flat, half) && strstr(flat, word + 6);
}

static bool said_near(const struct moim_answer_basis *b, const int *cited, int n, const char *word)
{
    for (int i = 0; i < n; i++)
        for (int t = cited[i] > NEAR ? cited[i] - NEAR : 0; t < b->n_turns && t <= cited[i] + NEAR; t++)
            if (moim_says_key(b->turns[t].text, word) ||
                (*b->turns[t].speaker && moim_says_key(b->turns[t].speaker, word)))
                return true;
    return false;
}

bool moim_question_grounded(const struct moim_answer_basis *b, const int *cited, int n)
{
    struct moim_question_keys k;
    double all = 0, missing = 0;
    bool beyond = false, found = false;
    moim_question_keys(b->question, &k);
    for (int i = 0; i < k.n; i++) {
        if (k.weight[i] <= 0) continue;
        bool titled = b->title && moim_says_key(b->title, k.word[i]),
             said = said_near(b, cited, n, k.word[i]);
        if (titled && !said) continue; /* it chose the meeting */
        beyond = true;
        found = found || said;
        all += k.weight[i];
        missing += said ? 0 : k.weight[i];
    }
    return n > 0 && (!beyond || found) && missing <= MISSING * all;
}

/* ---- what an answer says ---- */

/* "17일입니다", "부르기로 했습니다": politeness that no turn need have. */
static void plain_answer(const char *answer, char *out, size_t cap)
{
    static const char *const polite[] = {"하였습니다", "되었습니다", "했습니다", "됐습니다", "합니다",
                                         "됩니다",     "있습니다",   "없습니다", "입니다",   "이었습니다",
                                         "였습니다",   "예정",       "겠습니다", "습니다",   "이에요",
                                         "예요",       "ㅂ니다",     NULL};
    size_t at = 0;
    *out = 0;
    for (const char *p = answer; *p;) {
        char w[128];
        size_t n = strcspn(p, " ");
        snprintf(w, sizeof w, "%.*s", (int)n, p);
        p += n + strspn(p + n, " ");
        size_t m = strlen(w);
        while (m && strchr(".,!?", w[m - 1])) w[--m] = 0;
        for (int i = 0; polite[i]; i++)
            if (m >= strlen(polite[i]) && !strcmp(w + m - strlen(polite[i]), polite[i])) {
                w[m - strlen(polite[i])] = 0;
                break;
            }
        if (strlen(w) < 2 || !strcmp(w, "정") || !strcmp(w, "하기로") || !strcmp(w, "결정") ||
            !strcmp(w, "확정"))
            continue;
        int k = snprintf(out + at, cap - at, "%s%s", at ? " " : "", w);
        if (k < 0 || (size_t)k >= cap - at) return;
        at += (size_t)k;
    }
}

bool moim_answer_grounded(const struct moim_answer_basis *b, const char *answer, const int *cited, int n)
{
    const struct moim_language *lang = moim_language_of(answer);
    char plain[1024], word[24][MOIM_WORD_MAX];
    if (n < 1) return false;
    plain_answer(answer, plain, sizeof plain);
    int words = lang->content(plain, word, 24);
    for (int i = 0; i < words; i++) {
        bool said = lang->says(b->question, word[i]);
        for (int t = 0; t < n && !said; t++)
            said = lang->says(b->turns[cited[t]].text, word[i]) ||
                   (*b->turns[cited[t]].speaker && strcasestr(b->turns[cited[t]].speaker, word[i]));
        if (!said) return false;
    }
    return words < 24 && moim_evidence_holds(b->turns, b->n_turns, plain, cited, n);
}

/* ---- reasons ---- */

bool moim_asks_why(const char *q)
{
    static const char *const why[] = {"왜", "어째서", "이유", "why", NULL};
    return moim_holds_any(q, why);
}

bool moim_gives_reason(const char *text)
{
    static const char *const reason[] = {
        "때문",    "라서",    "쳐서",   "혀서",      "켜서",     "겨서",    "줘서",      "나서",    "내서",
        "돼서",    "워서",    "해서",   "아서",      "어서",     "져서",    "려서",      "와서",    "가서",
        "니까",    "거든",    "이라",   "으로 인해", "덕분",     "바람에",  "느라",      "못 해서", "가지고",
        "어 갖고", "because", "cause ", "since ",    "due to",   "so that", "otherwise", "afraid",  "worried",
        "depends", "can't",   "cant",   "not using", "too much", NULL};
    return moim_holds_any(text, reason);
}

/* ---- amounts that change ---- */

/* "42건", "3만 5천 원", "two boxes": the unit after the first number of a text; "" when there is none. */
static void unit_of(const char *s, char unit[16])
{
    static const char *const units[] = {
        "만 원",  "만원", "천 원",   "원",     "명",  "개",     "박스",  "부",   "건", "퍼센트",
        "프로",   "시",   "일",      "월",     "주",  "장",     "대",    "곳",   "팀", "분",
        "dollar", "euro", "percent", "people", "box", "copies", "weeks", "days", NULL};
    static const char *const number[] = {"한",   "두",   "세", "네", "다섯", "여섯", "일곱",
                                         "여덟", "아홉", "열", "반", "열두", "스무", NULL};
    unit[0] = 0;
    for (const char *p = s; *p; p++) {
        size_t n = strspn(p, "0123456789,.");
        for (int k = 0; !n && (p == s || p[-1] == ' ') && number[k]; k++) /* "두시", "아홉 시" */
            if (!strncmp(p, number[k], strlen(number[k]))) n = strlen(number[k]);
        for (int i = 0; n && units[i]; i++) {
            const char *at = strstr(p + n, units[i]);
            if (!at || at - (p + n) > (isdigit((unsigned char)*p) ? 8 : 1)) continue;
            snprintf(unit, 16, "%s", units[i]);
            return;
        }
        if (isdigit((unsigned char)*p)) p += n - 1;
    }
}

bool moim_number_in_words(const char *text)
{
    static const char *const digit[] = {"일", "이", "삼", "사", "오", "육", "칠", "팔", "구", NULL};
    static const char *const power[] = {"십", "백", "천", "만", "억", NULL};
    for (const char *p = text; *p; p++) {
        int n = 0, powers = 0;
        if (p > text && p[-1] != ' ') continue;
        for (const char *q = p; moim_starts_any(q, digit) || moim_starts_any(q, power); q += 3)
            n++, powers += moim_starts_any(q, power);
        if (n > 1 && powers) return true;
    }
    return false;
}

/* "몇 대", "몇 시에": what an amount is counted in; English: the word behind "how many". "" for none. */
void moim_asked_unit(const char *q, char unit[32])
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
            static const char *const particle[] = {"이나", "이었지", "였지", "이야", "이지", "인지",
                                                   "인가", "이죠",   "에",   "이",   "가",   "을",
                                                   "를",   "로",     "으로", "야",   NULL};
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

bool moim_counts_in(const char *text, const char *unit)
{
    if (!moim_hangul_at(unit)) return strcasestr(text, unit) && moim_answer_fits("how many", text);
    static const char *const number[] = {"한",   "두",   "세",   "네",   "한 ",  "두 ", "세 ",  "네 ",
                                         "다섯", "여섯", "일곱", "여덟", "아홉", "열",  "스무", "서른",
                                         "마흔", "쉰",   "백",   "십",   "천",   "만",  NULL};
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

int moim_settled_later(const struct moim_answer_basis *b, int turn, const char *answer)
{
    char unit[16], other[16];
    int found = -1;
    const struct moim_language *lang = moim_language_of(b->question);
    char asked[32];
    moim_asked_unit(b->question, asked);
    unit_of(answer, unit);
    bool clock = !strcmp(unit, "시") || !strcmp(unit, "일") || !strcmp(unit, "월") || !strcmp(unit, "분");
    if (!*asked && (!*unit || clock)) return -1;
    for (int t = turn + 1; t < b->n_turns && t <= turn + SETTLES; t++) {
        unit_of(b->turns[t].text, other);
        if (*asked ? !moim_counts_in(b->turns[t].text, asked) : strcmp(unit, other) != 0) continue;
        const char *p = b->turns[t].text;
        bool settles = false;
        for (size_t len; (len = moim_next_sentence(&p)) && !settles; p += len) {
            char s[512];
            snprintf(s, sizeof s, "%.*s", (int)(len < sizeof s - 1 ? len : sizeof s - 1), p);
            enum moim_act act = lang->cue(s).act;
            settles = act == MOIM_ACT_DECIDE || act == MOIM_ACT_SO || act == MOIM_ACT_PROMISE;
        }
        for (int k = t + 1; !settles && k <= t + 2 && k < b->n_turns; k++) { /* proposed, then agreed to */
            enum moim_act act = lang->cue(b->turns[k].text).act;
            settles = act == MOIM_ACT_ACCEPT || act == MOIM_ACT_SO || act == MOIM_ACT_DECIDE;
        }
        if (settles) found = t;
    }
    return found;
}

/* ---- the whole check ---- */

/* Ann “We can be here Friday.”: of a turn the sentences that answer, each with its speaker. */
static void quote_turn(const struct moim_answer_basis *b, int t, char *out, size_t cap)
{
    const struct moim_language *lang = moim_language_of(b->turns[t].text);
    const char *p = b->turns[t].text, *best = NULL;
    size_t best_len = 0;
    for (size_t len; (len = moim_next_sentence(&p)); p += len) {
        char s[1024];
        snprintf(s, sizeof s, "%.*s", (int)(len < sizeof s - 1 ? len : sizeof s - 1), p);
        bool fits = moim_answer_fits(b->question, s) && (!moim_asks_why(b->question) || moim_gives_reason(s));
        if (fits && len > best_len) best = p, best_len = len;
    }
    if (strlen(b->turns[t].text) <= 240) best = b->turns[t].text, best_len = strlen(best);
    if (!best || best_len > 480) {
        *out = 0;
        return;
    }
    snprintf(out, cap, "%.100s%s%s%.*s%s", b->turns[t].speaker, *b->turns[t].speaker ? " " : "",
             lang->label.quote[0], (int)best_len, best, lang->label.quote[1]);
}

bool moim_answer_quote(const struct moim_answer_basis *b, struct moim_answer *a, int t)
{
    quote_turn(b, t, a->text, sizeof a->text);
    a->refs[0] = t;
    a->n_refs = *a->text ? 1 : 0;
    return a->n_refs > 0;
}

static bool refuse(struct moim_answer *a)
{
    memset(a, 0, sizeof *a);
    return false;
}

/* A cited or adjacent turn that gives a reason; -1: none. */
static int reason_beside(const struct moim_answer_basis *b, const struct moim_answer *a)
{
    for (int d = 0; d <= 1; d++)
        for (int i = 0; i < a->n_refs; i++)
            for (int t = a->refs[i] - d; t <= a->refs[i] + d; t++)
                if (t >= 0 && t < b->n_turns && moim_gives_reason(b->turns[t].text)) return t;
    return -1;
}

bool moim_answer_verify(const struct moim_answer_basis *b, struct moim_answer *a)
{
    if (!a->n_refs || !moim_question_grounded(b, a->refs, a->n_refs)) return refuse(a);
    int later = moim_settled_later(b, a->refs[a->n_refs - 1], a->text);
    if (later >= 0) return moim_answer_quote(b, a, later);
    if (moim_asks_why(b->question)) {
        int t = reason_beside(b, a);
        if (t < 0) return refuse(a);
        if (!moim_answer_grounded(b, a->text, a->refs, a->n_refs)) return moim_answer_quote(b, a, t);
        bool cited = false;
        for (int i = 0; i < a->n_refs; i++) cited = cited || a->refs[i] == t;
        if (!cited && a->n_refs < MOIM_ANSWER_REFS) a->refs[a->n_refs++] = t;
        return true;
    }
    if (moim_answer_grounded(b, a->text, a->refs, a->n_refs)) return true;
    for (int i = a->n_refs - 1; i >= 0; i--)
        if (moim_answer_fits(b->question, b->turns[a->refs[i]].text))
            return moim_answer_quote(b, a, a->refs[i]);
    return refuse(a);
}

/* ---- two parts ---- */

static size_t joint(const char *q, size_t *gap)
{
    static const char *const ko[] = {"누가", "누구", "언제", "얼마",   "왜", "어디",
                                     "뭐",   "무엇", "몇",   "어떻게", NULL};
    static const char *const en[] = {" and who", " and what", " and when",    " and where",
                                     " and why", " and how",  " and by when", ", who",
                                     ", when",   ", why",     ", how",        NULL};
    for (int i = 0; en[i]; i++) {
        const char *p = strcasestr(q, en[i]);
        if (p && p > q + 8) {
            *gap = (size_t)(strrchr(en[i], ' ') - en[i]) + 1;
            if (strstr(en[i], "by when")) *gap = 5;
            return (size_t)(p - q);
        }
    }
    const char *mark = strchr(q, '?');
    if (mark && strlen(mark) > 8) {
        *gap = 1;
        return (size_t)(mark - q);
    }
    for (const char *p = q; (p = strchr(p, ' ')); p++) { /* "정했고 누가", "하지, 그리고 왜" */
        bool ends_clause = p - q > 9 && (!strncmp(p - 3, "고", 3) || p[-1] == ',');
        for (int i = 0; ends_clause && ko[i]; i++) {
            const char *next = strstr(p + 1, ko[i]);
            if (next && next - p < 40) {
                *gap = 1;
                return (size_t)(p - q);
            }
        }
    }
    return 0;
}

static bool has_asking(const char *s)
{
    static const char *const asking[] = {"누가",  "누구", "언제", "얼마",   "왜",  "어디", "뭐",
                                         "뭘",    "무엇", "몇",   "어떻게", "who", "what", "when",
                                         "where", "why",  "how",  "which",  NULL};
    return moim_holds_any(s, asking);
}

int moim_question_parts(const char *question, char part[2][1024])
{
    size_t gap = 0, at = joint(question, &gap);
    snprintf(part[0], 1024, "%s", question);
    if (!at || strlen(question) >= 1000) return 1;
    char first[1024], second[1024];
    snprintf(first, sizeof first, "%.*s?", (int)at, question);
    snprintf(second, sizeof second, "%s", question + at + gap);
    if (!has_asking(first) || !has_asking(second)) return 1;
    struct moim_question_keys a, b;
    moim_question_keys(first, &a);
    moim_question_keys(second, &b);
    double weight = 0;
    for (int i = 0; i < b.n; i++) weight += b.weight[i];
    snprintf(part[0], 1024, "%s", first);
    size_t n = 0;
    part[1][0] = 0;
    for (int i = 0; i < a.n && weight < 1; i++)
        if (a.weight[i] >= 1 && n < 500) n += (size_t)snprintf(part[1] + n, 1024 - n, "%s ", a.word[i]);
    snprintf(part[1] + n, 1024 - n, "%s", second);
    return 2;
}
