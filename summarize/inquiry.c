#include "summarize/inquiry.h"
#include "summarize/evidence.h"
#include "summarize/language.h"
#include "summarize/word_text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---- kinds ---- */

struct asking {
    unsigned kind;
    const char *word[16];
};

/* Earlier rows hide what they hold from later ones: "얼마나 걸" asks no price. */
static const struct asking asks_ko[] = {
    {MOIM_ASKED_CONTACT,
     {"전화번호", "연락처", "이메일", "메일 주소", "계좌번호", "계좌 번호", "비밀번호", "비번", NULL}},
    {MOIM_ASKED_AGE, {"연세", "나이가", "나이는", "몇 살", "몇살", "춘추", NULL}},
    {MOIM_ASKED_NAME, {"성함", "이름", "성이 뭐", "호칭", NULL}},
    {MOIM_ASKED_SPAN,
     {"얼마나 걸", "얼마 동안", "며칠이나", "며칠 동안", "며칠 걸", "몇 시간", "얼마나 오래", "몇 년", NULL}},
    {MOIM_ASKED_WHY, {"왜", "이유", "어째서", "까닭", "뭣 때문", "뭐 때문", NULL}},
    {MOIM_ASKED_HOUR, {"몇 시", "몇시", NULL}},
    {MOIM_ASKED_DAY,
     {"언제", "며칠", "몇 일", "무슨 요일", "어느 요일", "날짜", "마감", "몇 월", "기한", NULL}},
    {MOIM_ASKED_MONEY, {"얼마", "시급", "값은", "값이", "가격", "정가", "월세", "연봉", NULL}},
    {MOIM_ASKED_COUNT, {"몇", NULL}},
    {MOIM_ASKED_WHO, {"누가", "누구", "누굴", "담당", "누군", NULL}},
    {MOIM_ASKED_WHERE, {"어디", "어데", NULL}},
    {MOIM_ASKED_HOW, {"어떻게", "어찌", "어떡", NULL}},
    {MOIM_ASKED_WHAT, {"뭐", "뭘", "무엇", "뭔", "무슨", "어느", "어떤", "뭣", NULL}},
};

static const struct asking asks_en[] = {
    {MOIM_ASKED_CONTACT,
     {"phone number", "email address", "e-mail address", "password", "the code", "passcode", "account number",
      "home address", NULL}},
    {MOIM_ASKED_AGE, {"how old", "what age", NULL}},
    {MOIM_ASKED_NAME, {"name of", "'s name", "surname", "last name", "title of", "called", "name is", NULL}},
    {MOIM_ASKED_SPAN, {"how long", "longest", "how many hours", "how many minutes", "how many years", NULL}},
    {MOIM_ASKED_WHY,
     {"why", "what was wrong", "what was the problem", "reason", "how come", "put them off", "put us off",
      "what's wrong with", "what is wrong with", NULL}},
    {MOIM_ASKED_HOUR, {"what time", "what hour", "which hours", NULL}},
    {MOIM_ASKED_DAY,
     {"when", "what day", "which day", "what date", "which month", "what month", "which date", "deadline",
      NULL}},
    {MOIM_ASKED_MONEY,
     {"how much", " cost", "price of", "price for", "the charge", "budget", "the fee", " pay ", NULL}},
    {MOIM_ASKED_COUNT, {"how many", "number of", NULL}},
    {MOIM_ASKED_WHO, {"who", "whose", "whom", NULL}},
    {MOIM_ASKED_WHERE, {"where", NULL}},
    {MOIM_ASKED_HOW, {"how", NULL}},
    {MOIM_ASKED_WHAT, {"what", "which", NULL}},
};

/* English words begin where they are looked for; Korean ones may stand anywhere. */
static char *find_asking(char *text, const char *word)
{
    for (char *p = text; (p = strcasestr(p, word)); p++) {
        bool whole = p == text || !isalpha((unsigned char)p[-1]) || !isalpha((unsigned char)*word);
        size_t n = strlen(word);
        bool ends = !isalpha((unsigned char)p[n]) || !isalpha((unsigned char)word[n - 1]) || n > 6;
        if (moim_hangul_at(word) || (whole && ends)) return p;
    }
    return NULL;
}

static unsigned kinds_of(const char *text, bool korean)
{
    char left[1024];
    unsigned kinds = 0;
    const struct asking *list = korean ? asks_ko : asks_en;
    size_t n = korean ? sizeof asks_ko / sizeof *asks_ko : sizeof asks_en / sizeof *asks_en;
    snprintf(left, sizeof left, "%s", text);
    for (size_t i = 0; i < n; i++)
        for (int k = 0; list[i].word[k]; k++)
            for (char *p; (p = find_asking(left, list[i].word[k]));) {
                kinds |= list[i].kind;
                memset(p, '#', strlen(list[i].word[k]));
            }
    /* "무슨 요일에 어디서": a formal kind names the word that asks; "what does it cost" asks one thing. */
    unsigned named = MOIM_ASKED_CONTACT | MOIM_ASKED_AGE | MOIM_ASKED_NAME | MOIM_ASKED_SPAN |
                     MOIM_ASKED_WHY | MOIM_ASKED_HOUR | MOIM_ASKED_DAY | MOIM_ASKED_MONEY;
    if (kinds & (MOIM_ASKED_CONTACT | MOIM_ASKED_AGE)) kinds &= MOIM_ASKED_CONTACT | MOIM_ASKED_AGE;
    if (kinds & MOIM_ASKED_NAME) kinds &= ~(unsigned)(MOIM_ASKED_WHO | MOIM_ASKED_WHAT | MOIM_ASKED_HOW);
    if (kinds & named) kinds &= ~(unsigned)(MOIM_ASKED_WHAT | MOIM_ASKED_HOW);
    return kinds ? kinds : MOIM_ASKED_WHETHER;
}

/* ---- the attribute ---- */

static size_t next_word(const char **p, char out[64])
{
    while (**p && (unsigned char)**p < 0x80 && !isalnum((unsigned char)**p)) ++*p;
    size_t n = 0;
    for (; **p && ((unsigned char)**p >= 0x80 || isalnum((unsigned char)**p) || **p == '\''); ++*p)
        if (n + 1 < 64) out[n++] = **p;
    out[n] = 0;
    return n;
}

static bool is_asking_ko(const char *w)
{
    static const char *const stem[] = {"얼마", "언제", "몇",   "누구", "누가",   "어디", "뭐",
                                       "뭘",   "무엇", "며칠", "뭔",   "어떻게", "왜",   NULL};
    return moim_starts_any(w, stem);
}

/* "과학관 입장료는 한 명당 얼마": the last word with a subject's particle before the one that asks; "어느 업체": the one behind. */
static void head_ko(const char *text, char head[64])
{
    static const char *const sort[] = {"어느", "어떤", "무슨", NULL}, *const subject[] = {"은", "는", "이",
                                                                                          "가", NULL};
    char w[64];
    bool take = false;
    *head = 0;
    for (const char *p = text; next_word(&p, w);) {
        if (moim_word_in(w, strlen(w), sort)) {
            take = true;
            continue;
        }
        if (is_asking_ko(w) && !take) return;
        size_t n = strlen(w);
        bool particle = n > 6 && moim_word_in(w + n - 3, 3, subject);
        if (!take && !particle) continue;
        char key[2][64];
        if (moim_question_words(w, key, 2) == 1) snprintf(head, 64, "%s", key[0]);
        if (take) return;
    }
    *head = 0; /* nothing asked behind it */
}

/* "what fish did", "what's the total budget for", "how much is the charge": the noun that is asked for. */
static void head_en(const char *text, char head[64])
{
    static const char *const wh[] = {"what", "which", "what's", "whats", "much", "many", NULL};
    static const char *const skip[] = {"is",  "are",  "was",   "were", "the", "a",  "an",   "our",   "their",
                                       "his", "her",  "will",  "does", "did", "do", "be",   "kind",  "sort",
                                       "of",  "more", "would", "we",   "you", "it", "they", "total", NULL};
    static const char *const stop[] = {"for", "in",  "on",   "at",   "to",   "from",   "with", "cost", "go",
                                       "did", "are", "is",   "does", "do",   "will",   "can",  "was",  "were",
                                       "and", "the", "that", "who",  "have", "should", "we",   "of",   NULL};
    char w[64];
    bool open = false;
    *head = 0;
    for (const char *p = text; next_word(&p, w);) {
        size_t n = strlen(w);
        if (!open) {
            open = moim_word_in(w, n, wh);
            continue;
        }
        if (!*head && moim_word_in(w, n, skip)) continue;
        if (moim_word_in(w, n, stop)) break;
        if (n > 2 && !strcmp(w + n - 2, "'s")) {
            continue; /* the owner of what is asked for */
        }
        snprintf(head, 64, "%s", w);
    }
    char key[2][64];
    if (*head && !moim_question_words(head, key, 2)) *head = 0;
}

void moim_inquiry_read(struct moim_inquiry *q, const char *text)
{
    static const char *const out[] = {"기로",   "정했",       "정해졌",  "결국",   "최종",  "바뀌",
                                      "바뀐",   "됐지",       "됐어",    "하래",   "agree", "decide",
                                      "settle", "in the end", "land on", "choose", "chose", "did we",
                                      "now",    "going to",   NULL};
    bool korean = moim_language_of(text) == moim_language_get("ko");
    memset(q, 0, sizeof *q);
    q->text = text;
    q->kinds = kinds_of(text, korean);
    if (q->kinds & MOIM_ASKED_COUNT) moim_asked_unit(text, q->unit);
    korean ? head_ko(text, q->head) : head_en(text, q->head);
    q->settled = moim_holds_any(text, out);
    moim_question_keys(text, &q->keys);
}

/* ---- what a text holds ---- */

static bool word_of(const char *text, const char *const *list)
{
    char w[64];
    for (const char *p = text; next_word(&p, w);)
        if (moim_word_in(w, strlen(w), list)) return true;
    return false;
}

static bool names_number_en(const char *text)
{
    static const char *const number[] = {
        "one",       "two",      "three",    "four",    "five",     "six",      "seven",   "eight",
        "nine",      "ten",      "eleven",   "twelve",  "thirteen", "fourteen", "fifteen", "sixteen",
        "seventeen", "eighteen", "nineteen", "twenty",  "thirty",   "forty",    "fifty",   "sixty",
        "seventy",   "eighty",   "ninety",   "hundred", "thousand", "million",  "half",    "dozen",
        "fiver",     "tenner",   "couple",   "both",    "none",     NULL};
    return word_of(text, number);
}

/* "두 분", "세시": a short numeral with what it counts; "네 알겠습니다", "한 거라" count nothing. */
static bool counts_things(const char *p)
{
    static const char *const numeral[] = {"한", "두", "세", "네", "석", "넉", NULL};
    static const char *const counter[] = {
        "개",   "명", "사람", "분",   "대",     "장", "마리", "병",   "잔",   "곳",   "번째", "시",   "달",
        "주",   "배", "통",   "박스", "상자",   "봉", "켤레", "벌",   "권",   "자루", "줄",   "칸",   "채",
        "집",   "팀", "쪽",   "가지", "군데",   "끼", "그릇", "조각", "판",   "되",   "말",   "포대", "차",
        "세트", "쌍", "살",   "해",   "바퀴",   "컵", "층",   "방",   "자리", "표",   "건",   "차례", "트럭",
        "묶음", "부", "편",   "단",   "팔레트", "번", "천",   "만",   NULL};
    static const char *const nothing[] = {"한번",  "한 번 ",  "한쪽",    "한 건데", "한 건 ", "한 말",
                                          "한 해", "네 분명", "네 시작", "네 대표", NULL};
    if (!moim_starts_any(p, numeral) || moim_starts_any(p, nothing)) return false;
    const char *q = p + 3;
    return moim_starts_any(*q == ' ' ? q + 1 : q, counter);
}

static bool names_number_ko(const char *text)
{
    static const char *const native[] = {
        "하나", "둘", "셋",   "넷",   "다섯", "여섯", "일곱", "여덟", "아홉", "열",  "스물",  "스무", "서른",
        "마흔", "쉰", "예순", "일흔", "여든", "아흔", "절반", "반반", "백 ",  "천 ", "만 원", NULL};
    static const char *const digit[] = {"일", "이", "삼", "사", "오", "육", "칠", "팔", "구", NULL};
    static const char *const more[] = {"십", "백", "천", "만", NULL};
    if (moim_number_in_words(text)) return true;
    for (const char *p = text; *p; p++) {
        bool first = p == text || p[-1] == ' ';
        if (first && (moim_starts_any(p, native) || counts_things(p))) return true;
        if (first && (moim_starts_any(p, digit) || moim_starts_any(p, more)) && strlen(p) > 3 &&
            (moim_starts_any(p + 3, more) || (moim_starts_any(p, more) && moim_starts_any(p + 3, digit))))
            return true;
    }
    return false;
}

bool moim_names_number(const char *text)
{
    return strpbrk(text, "0123456789") || names_number_en(text) || names_number_ko(text);
}

/* A number with one of the units behind it. */
static bool measures(const char *text, const char *const *unit)
{
    for (int i = 0; unit[i]; i++)
        if (moim_counts_in(text, unit[i])) return true;
    return false;
}

/* "십팔일", "칠월 사일", "오월": a numeral of at least `least` syllables at a word's beginning with the unit right behind it. */
static bool numbers_unit(const char *text, const char *unit, int least)
{
    static const char *const numeral[] = {"일", "이", "삼", "사", "오", "육", "칠", "팔",
                                          "구", "십", "백", "천", "유", "시", NULL}; /* 유월, 시월 */
    for (const char *p = text; *p; p++) {
        if (p > text && p[-1] != ' ') continue;
        int n = 0;
        for (const char *q = p; *q && moim_starts_any(q, numeral); q += 3)
            if (++n >= least && !strncmp(q + 3, unit, strlen(unit))) return true;
    }
    return false;
}

/* English days: "may" and "fall" are words of their own, and a week says when only as this or the next one. */
static bool names_day_en(const char *text)
{
    static const char *const day[] = {
        "monday",  "tuesday",   "wednesday", "thursday",  "friday",   "saturday",   "sunday",
        "today",   "tomorrow",  "tonight",   "january",   "february", "march",      "april",
        "june",    "july",      "august",    "september", "october",  "november",   "december",
        "weekend", "christmas", "easter",    "mondays",   "tuesdays", "wednesdays", "thursdays",
        "fridays", "saturdays", "sundays",   "autumn",    NULL};
    static const char *const phrase[] = {"next week",  "this week",     "next month",      "this month",
                                         "next year",  "this year",     "of the month",    "new year",
                                         "in spring",  "in the spring", "this summer",     "next summer",
                                         "this fall",  "this winter",   "next time",       "weeks' time",
                                         "weeks time", "in a week",     "end of the year", NULL};
    static const char *const th[] = {"st", "nd", "rd", "th", NULL};
    if (word_of(text, day) || moim_holds_any(text, phrase) || strstr(text, "May ")) return true;
    for (const char *p = text; *p; p++)
        if (isdigit((unsigned char)*p) && moim_starts_any(p + 1, th)) return true;
    return strcasestr(text, "first of") || strcasestr(text, "-first") || strcasestr(text, "eenth") ||
           strcasestr(text, "tieth");
}

/* "오늘은 부산 건만 봅시다", "올해는 학생이 늘었어요" tell when something is said, not the day that is asked for. */
static bool only_now(const char *text)
{
    static const char *const now[] = {"오늘은", "올해는", "지금은", "이번에는", NULL};
    return moim_holds_any(text, now) && !strpbrk(text, "0123456789") && !strstr(text, "요일");
}

static bool names_day(const char *text)
{
    static const char *const ko[] = {
        "요일", "오늘", "내일", "모레", "글피", "다음 주", "이번 주", "담주",   "다음 달", "이번 달",
        "이달", "월말", "연말", "주말", "당장", "매주",    "봄에",    "여름에", "가을에",  "겨울에",
        "내년", "하순", "중순", "초순", "월요", "화요",    "수요일",  "목요",   "금요",    NULL};
    static const char *const unit[] = {"월", "일", NULL};
    if (only_now(text)) return false;
    if (names_day_en(text) || moim_holds_any(text, ko) || measures(text, unit)) return true;
    if (numbers_unit(text, "월", 1) || numbers_unit(text, "일", 2)) return true;
    struct moim_date d;
    return moim_language_of(text) == moim_language_get("ko") &&
           moim_date_resolve(text, (struct moim_date){2026, 1, 15}, &d);
}

/* "at eight", "eight to nine", "half past one": a number up to twelve where hours stand. */
static bool names_hour_en(const char *text)
{
    static const char *const hour[] = {"one",   "two",  "three", "four",   "five",   "six", "seven",
                                       "eight", "nine", "ten",   "eleven", "twelve", "1",   "2",
                                       "3",     "4",    "5",     "6",      "7",      "8",   "9",
                                       "10",    "11",   "12",    NULL};
    static const char *const before[] = {"at",     "by",    "from",  "to",     "till",
                                         "until",  "past",  "half",  "around", "about",
                                         "before", "after", "leave", "not",    NULL};
    static const char *const sure[] = {"noon", "midnight", "oclock", "o'clock", "am",
                                       "pm",   "midday",   "doors",  NULL};
    char w[64], last[64] = "";
    if (word_of(text, sure)) return true;
    for (const char *p = text; next_word(&p, w); snprintf(last, sizeof last, "%s", w))
        if (moim_word_in(w, strlen(w), hour) && (!*last || moim_word_in(last, strlen(last), before)))
            return true;
    return false;
}

static bool names_hour(const char *text)
{
    static const char *const ko[] = {"정오", "자정", "새벽에", "점심때", "점심 때", NULL};
    static const char *const unit[] = {"시", NULL};
    if (measures(text, unit) || moim_holds_any(text, ko)) return true;
    for (const char *p = strchr(text, ':'); p; p = strchr(p + 1, ':'))
        if (p > text && isdigit((unsigned char)p[-1]) && isdigit((unsigned char)p[1])) return true;
    return moim_language_of(text) != moim_language_get("ko") && names_hour_en(text);
}

/* "11일" is a day; "11일 동안", "열흘" are a length of time. */
static bool names_span(const char *text)
{
    static const char *const unit[] = {"주일", "주간",    "개월",  "시간",   "분",      "년",    "박",
                                       "일간", "일 동안", "일 걸", "일이면", "일 정도", "달",    "day",
                                       "week", "month",   "hour",  "minute", "year",    "night", NULL};
    static const char *const ko[] = {"하루",   "이틀",  "사흘",  "나흘",  "열흘",  "보름",  "한나절",
                                     "일주일", "한 주", "두 주", "세 주", "한 달", "두 달", NULL};
    return measures(text, unit) || moim_holds_any(text, ko);
}

static bool names_age(const char *text)
{
    static const char *const unit[] = {"살", "세", "years old", NULL};
    static const char *const en[] = {"years old", "year-old",    "year old",   "i'm sixty", "i'm fifty",
                                     "i'm forty", "i'm seventy", "i'm eighty", NULL};
    return measures(text, unit) || moim_holds_any(text, en);
}

static bool names_contact(const char *text)
{
    int digits = 0, most = 0;
    for (const char *p = text; *p; p++) {
        digits = isdigit((unsigned char)*p) ? digits + 1 : *p == '-' || *p == ' ' ? digits : 0;
        most = digits > most ? digits : most;
    }
    return strchr(text, '@') || most >= 5;
}

/* A name is told by a word that says so: what somebody is called by the way tells no name. */
static bool tells_name(const char *text)
{
    static const char *const list[] = {"이름", "성함", "라고 불", "라고 해", "라고 합", "이라는",
                                       "제목", "name", "called",  "titled",  "title",   NULL};
    return moim_holds_any(text, list);
}

/* Some number that counts no people, days or things of a known kind: "703호", "78세" are no price. */
static bool names_price(const char *text)
{
    static const char *const other[] = {"호",     "번",      "세",     "살",    "시",     "분",    "월",
                                        "일",     "층",      "명",     "마리",  "건",     "도",    "년",
                                        "주",     "쪽",      "페이지", "킬로",  "미터",   "센티",  " people",
                                        " hour",  " minute", " day",   " week", " month", " year", "th",
                                        "퍼센트", "프로",    "%",      "am",    "pm",     NULL};
    static const char *const money[] = {"원",   "달러",   "유로", "불",   "$",    "pound",
                                        "quid", "dollar", "euro", "buck", "cent", NULL};
    for (const char *p = text; (p = strpbrk(p, "0123456789"));) {
        p += strspn(p, "0123456789,.");
        if (!moim_starts_any(p, other)) return true;
    }
    if (strpbrk(text, "0123456789")) return moim_holds_any(text, money);
    return moim_names_number(text);
}

/* An amount in the unit that was asked for, or at least no number of something else alone: "300부", "그럼 열다섯". */
static bool counts(const struct moim_inquiry *q, const char *text)
{
    if (*q->unit && moim_counts_in(text, q->unit)) return true;
    return moim_names_number(text);
}

static bool promises(const char *text)
{
    static const char *const ko[] = {"제가", "내가", "나는",     "저는", "저희", "게요", "을게", "할게",
                                     "쓸게", "볼게", "겠습니다", "께예", "랑게", "님",   " 씨",  NULL};
    static const char *const en[] = {"i'll", "ill", "i", "i'd", "we'll", "me", NULL};
    return moim_hangul_at(text) || moim_language_of(text) == moim_language_get("ko")
               ? moim_holds_any(text, ko)
               : word_of(text, en);
}

unsigned moim_inquiry_answered(const struct moim_inquiry *q, const char *text)
{
    static const struct {
        unsigned kind;
        bool (*holds)(const char *text);
    } by[] = {{MOIM_ASKED_DAY, names_day},         {MOIM_ASKED_HOUR, names_hour},
              {MOIM_ASKED_MONEY, names_price},     {MOIM_ASKED_SPAN, names_span},
              {MOIM_ASKED_AGE, names_age},         {MOIM_ASKED_CONTACT, names_contact},
              {MOIM_ASKED_WHY, moim_gives_reason}, {MOIM_ASKED_WHO, promises},
              {MOIM_ASKED_NAME, tells_name}};
    unsigned had = q->kinds & (MOIM_ASKED_WHERE | MOIM_ASKED_WHAT | MOIM_ASKED_HOW | MOIM_ASKED_WHETHER);
    for (size_t i = 0; i < sizeof by / sizeof *by; i++)
        if (q->kinds & by[i].kind && by[i].holds(text)) had |= by[i].kind;
    if (q->kinds & MOIM_ASKED_COUNT && counts(q, text)) had |= MOIM_ASKED_COUNT;
    return had;
}
