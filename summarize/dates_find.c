/* Finds the days in a sentence and selects the relevant one. */
#include "summarize/dates.h"
#include "summarize/dates_words.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 128
#define SPAN_MAX 7
#define REFUSED_WITHIN 28 /* bytes after an English day in which it is turned down */

struct span {
    const char *from, *to;
};

static int split(const char *text, struct span *w)
{
    int n = 0;
    for (const char *p = text; *p && n < WORDS_MAX;) {
        while (*p == ' ') p++;
        if (!*p) break;
        w[n].from = p;
        while (*p && *p != ' ') p++;
        w[n++].to = p;
    }
    return n;
}

static bool resolve_span(const struct span *w, int first, int last, struct moim_date m, struct moim_date *due)
{
    char part[256];
    size_t n = (size_t)(w[last].to - w[first].from);
    if (n >= sizeof part) return false;
    memcpy(part, w[first].from, n);
    part[n] = 0;
    return moim_date_resolve(part, m, due);
}

static bool word_is(const struct span *w, const char *const *list)
{
    size_t n = (size_t)(w->to - w->from);
    while (n && strchr(".,?!", w->from[n - 1])) n--;
    for (; *list; list++)
        if (strlen(*list) == n && !strncasecmp(w->from, *list, n)) return true;
    return false;
}

static bool starts_any(const char *p, const char *const *list)
{
    for (; *list; list++)
        if (!strncasecmp(p, *list, strlen(*list))) return true;
    return false;
}

static bool ends_any(const char *from, const char *to, const char *const *list)
{
    for (; *list; list++) {
        size_t n = strlen(*list);
        if ((size_t)(to - from) > n && !strncasecmp(to - n, *list, n)) return true;
    }
    return false;
}

/* "금요일은 휴무라서", "다음 주에나": a day that is talked about, not a limit. */
static bool opens_clause(const struct span *w)
{
    static const char *const ending[] = {"은",     "는",   "에나", "에야", "부터", "이니까", "니까",
                                         "이라서", "라서", "인데", "이었", "였는", "였던",   NULL};
    static const char *const limit[] = {"까지는", "에는", "안에는", "중에는", "내로는", NULL};
    return !ends_any(w->from, w->to, limit) && ends_any(w->from, w->to, ending);
}

/* "12월까지만 목요일에": what follows is another day. */
static bool sets_limit(const struct span *w)
{
    static const char *const end[] = {"까지", "까지만", "까지는", "까지요", "안에", NULL};
    return ends_any(w->from, w->to, end);
}

/* "3시까지", "오후", "중으로": closes a day that was named. */
static bool closes(const struct span *w)
{
    static const char *const word[] = {"까지",          "까지는",    "안으로",   "안에",     "안에는",
                                       "중으로",        "중에",      "중",       "내로",     "이내로",
                                       "이내에",        "전까지",    "전에",     "오전까지", "오후까지",
                                       "오전",          "오후에",    "오후",     "오전에",   "퇴근",
                                       "아침에",        "아침까지",  "점심까지", "저녁까지", "밤까지",
                                       "정도까지",      "정도에",    "초에",     "초까지",   "말에",
                                       "말까지",        "쯤",        "낮",       "새벽",     "새벽에",
                                       "저녁",          "저녁에",    "밤",       "밤에",     "정오까지",
                                       "morning",       "afternoon", "evening",  "night",    "noon",
                                       "at the latest", "점심",      "점심때",   NULL};
    if (word_is(w, word)) return true;
    return isdigit((unsigned char)*w->from) && memmem(w->from, (size_t)(w->to - w->from), "시", 3) &&
           w->to - w->from < 16;
}

static bool is_month(const struct span *w)
{
    static const char *const name[] = {
        "january", "february", "march",    "april", "may", "june", "july", "august", "september",
        "october", "november", "december", "jan",   "feb", "mar",  "apr",  "jun",    "jul",
        "aug",     "sept",     "sep",      "oct",   "nov", "dec",  NULL};
    size_t n = (size_t)(w->to - w->from);
    return word_is(w, name) ||
           (isdigit((unsigned char)*w->from) && n > 3 && n < 6 && !memcmp(w->to - 3, "월", 3));
}

/* A word before the day that belongs to it: "다음 주", "12월", "by the". */
static bool belongs(const struct span *w)
{
    static const char *const with[] = {
        "다음", "다다음", "이번",   "오는",   "주",        "달",     "다음주", "이번주", "다다음주",
        "담주", "다담주", "차주",   "내주",   "금주",      "다음달", "이번달", "내달",   "담달",
        "이달", "내년",   "늦어도", "next",   "this",      "by",     "until",  "till",   "before",
        "on",   "for",    "the",    "coming", "within",    "end",    "of",     "early",  "late",
        "mid",  "middle", "start",  "week",   "beginning", NULL};
    return word_is(w, with) || is_month(w);
}

/* Words that go on naming a day: "the 10th" and "of July", "Monday" and "the 20th", "after next", "week". Returns how
 * many of the words after `j` belong to it, 0 none. */
static int goes_on(const struct span *w, int n, int i, int j, struct moim_date m, struct moim_date *due)
{
    static const char *const link[] = {"of", "the", "after", NULL}, *const next[] = {"next", NULL};
    struct moim_date wider, alone;
    if (j + 2 >= n || j + 2 >= i + SPAN_MAX || !word_is(&w[j + 1], link)) return 0;
    const char *const of[] = {"of", NULL}, *const after[] = {"after", NULL};
    bool is_of = word_is(&w[j + 1], of), is_after = word_is(&w[j + 1], after);
    if (is_after && !word_is(&w[j + 2], next)) return 0;
    if (!is_of && !is_after && !resolve_span(w, j + 2, j + 2, m, &alone)) return 0;
    if (!resolve_span(w, i, j + 2, m, &wider)) return 0;
    /* "Monday the 20th": the number says which Monday. */
    *due = is_of || is_after ? wider : alone;
    return 2;
}

/* "tomorrow" is said by "the day after tomorrow" too, "Thursday" by "a week from Thursday". */
static int day_after(const struct span *w, int i, int j, struct moim_date m, struct moim_date *due)
{
    static const char *const after[] = {"after", NULL}, *const day[] = {"day", NULL};
    static const char *const from[] = {"from", NULL}, *const week[] = {"week", NULL},
                             *const a[] = {"a", "one", NULL};
    if (i >= 3 && word_is(&w[i - 1], from) && word_is(&w[i - 2], week) && word_is(&w[i - 3], a) &&
        resolve_span(w, i - 3, j, m, due))
        return i - 3;
    if (i >= 2 && word_is(&w[i - 1], after) && word_is(&w[i - 2], day) && resolve_span(w, i - 2, j, m, due))
        return i - 2;
    return i;
}

/* ---- days by another day: "그 전날까지", "the day before" ---- */

struct relative {
    const char *word;
    int days;       /* from the day named before */
    const char *as; /* read instead with what follows, from that day; NULL: the day itself */
    bool whole;     /* only as a word, perhaps with a particle */
};

static const struct relative relatives[] = {
    {"그 전날", -1, NULL, false},
    {"그전날", -1, NULL, false},
    {"전날", -1, NULL, true},
    {"그 다음 날", 1, NULL, false},
    {"그다음 날", 1, NULL, false},
    {"그다음날", 1, NULL, false},
    {"그 다음날", 1, NULL, false},
    {"당일", 0, NULL, true},
    {"그날", 0, NULL, true},
    {"그 날", 0, NULL, true},
    {"그때까지", 0, NULL, false},
    {"그 때까지", 0, NULL, false},
    {"그전까지", 0, NULL, false},
    {"그 전까지", 0, NULL, false},
    {"그 전에", 0, NULL, true},
    {"그때 주", 0, NULL, false},
    {"그 전주 ", -7, "이번 주 ", false},
    {"그 전 주 ", -7, "이번 주 ", false},
    {"그 주 ", 0, "이번 주 ", false},
    {"그다음 주 ", 0, "다음 주 ", false},
    {"그 다음 주 ", 0, "다음 주 ", false},
    {"the day before", -1, NULL, true},
    {"the night before", -1, NULL, true},
    {"the day after", 1, NULL, true},
    {"on the day", 0, NULL, true},
    {"by then", 0, NULL, true},
    {"before then", 0, NULL, true},
    {"before that", 0, NULL, true},
    {"that day", 0, NULL, true},
    {"the following ", 0, "", false},
};

static bool ends_here(const char *p)
{
    static const char *const particle[] = {"까지", "에 ",  "에는", "에 ",  "엔 ",  "로 ",
                                           "이요", "요",   " ",    ".",    ",",    "?",
                                           "밤",   "아침", "오전", "오후", "저녁", NULL};
    return !*p || !strcmp(p, "에") || starts_any(p, particle);
}

/* A day named by `before`; false when the text names none so. */
static bool by_another(const char *text, struct moim_date before, struct moim_day *d)
{
    for (size_t k = 0; k < sizeof relatives / sizeof *relatives; k++) {
        const struct relative *r = &relatives[k];
        const char *p = strcasestr(text, r->word), *end = p ? p + strlen(r->word) : NULL;
        if (!p || (p > text && p[-1] != ' ' && p[-1] != ',')) continue;
        if (r->whole && !ends_here(end)) continue;
        if (!strncasecmp(end, " tomorrow", 9) || !strncasecmp(end, " yesterday", 10)) continue;
        d->date = moim_date_add(before, r->days);
        if (r->as) {
            char said[96];
            struct moim_date from = d->date;
            int n = (int)strcspn(end, " ");
            snprintf(said, sizeof said, "%s%.*s", r->as, n, end);
            /* "그 주 월요일" may lie before the day that names the week. */
            if (!strcmp(r->as, "이번 주 ")) from = moim_date_add(from, -moim_date_weekday(from));
            if (!moim_date_resolve(said, from, &d->date)) continue;
            end += n;
        }
        d->from = (size_t)(p - text);
        d->to = (size_t)(end - text);
        return true;
    }
    return false;
}

bool moim_day_is_told(const char *text)
{
    struct moim_day d;
    return by_another(text, (struct moim_date){2000, 1, 1}, &d);
}

/* ---- the days of a sentence ---- */

static bool is_limit(const char *s, size_t n)
{
    static const char *const mark[] = {"까지", "안에", "안으로",  "중으로", "내로",
                                       "전에", "by ",  "before ", "until "};
    for (size_t i = 0; i < sizeof mark / sizeof *mark; i++) {
        const char *p = memmem(s, n, mark[i], strlen(mark[i]));
        bool morning = p && p - s >= 3 && !memcmp(p - 3, "오전에", 9);
        if (p && !morning) return true;
    }
    return false;
}

/* "이번 수요일 말고", "Monday's a bit tight": it is not that day. */
static bool turned_down(const char *text, const char *from, const char *to)
{
    static const char *const ko[] = {"말고",  "아니고", "아니라", "빼고", "어렵", "어려", "힘들", "힘드",
                                     "안 되", "안 돼",  "안되",   "안돼", "못",   "빠듯", "무리", "휴가",
                                     "연차",  "휴무",   "쉬는",   "바쁘", "바빠", "꽉",   "곤란", NULL};
    static const char *const much[] = {"좀 ", "너무 ", "조금 ", "도저히 ", NULL};
    static const char *const before[] = {"not ",         "not on ",     "can't do ",
                                         "cant do ",     "can't make ", "instead of ",
                                         "rather than ", "except ",     NULL};
    static const char *const after[] = {"doesn't work", "doesnt work", "won't work", "wont work", "tight",
                                        "no good",      "too soon",    "too early",  "is out",    NULL};
    const char *p = to;
    char near[REFUSED_WITHIN + 1] = "";
    while (*p == ' ') p++;
    if (starts_any(p, much)) p = strchr(p, ' ') + 1;
    if (starts_any(p, ko) || ends_any(text, from, before)) return true;
    if ((size_t)(from - text) == 4 && !strncasecmp(text, "not ", 4)) return true;
    strncpy(near, to, REFUSED_WITHIN);
    near[strcspn(near, ",.?!;")] = 0;
    if (to > text && to[-1] == 's' && !strcasecmp(near, " out")) return true; /* "Thursday's out" */
    for (int i = 0; after[i]; i++)
        if (strcasestr(near, after[i])) return true;
    return false;
}

/* "수요일은 돼요", "오늘은 제가" say yes to the day that they talk about. */
static bool agreed_to(const char *to)
{
    static const char *const yes[] = {"제가", "내가", "돼", "되죠", "됩니다", "되",
                                      "가능", "괜찮", "좋", "어때", NULL};
    while (*to == ' ') to++;
    return starts_any(to, yes);
}

/* "She's in Lagos till Friday", "off until Monday", "leave that open until next week": how long somebody is away, or a matter rests. */
static bool away_until(const char *text, const char *from)
{
    static const char *const until[] = {"until ", "till ", NULL};
    static const char *const away[] = {"off ",       "away ",       "holiday ",    "out ",      "'s in ",
                                       "s in ",      "closed ",     "not back",    "on leave ", "open ",
                                       "leave it ",  "leave that ", "leave this ", "wait ",     "park it ",
                                       "park that ", NULL};
    char before[REFUSED_WITHIN + 1];
    size_t n = (size_t)(from - text);
    if (!starts_any(from, until)) return false;
    snprintf(before, sizeof before, "%.*s", (int)(n < REFUSED_WITHIN ? n : REFUSED_WITHIN),
             n < REFUSED_WITHIN ? text : from - REFUSED_WITHIN);
    for (int i = 0; away[i]; i++)
        if (strcasestr(before, away[i])) return true;
    return false;
}

/* "오늘 통화했는데", "오늘 안 왔지": what was done that day; "했으면" is a wish. */
static bool is_past(const char *to)
{
    static const char *const past[] = {"했", "왔", "갔", "났", "었", "았", "였", "됐", "봤", "샀", NULL};
    struct span w[WORDS_MAX];
    int n = split(to, w);
    for (int k = 0; k < n && k < 3; k++) {
        char word[64];
        snprintf(word, sizeof word, "%.*s", (int)(w[k].to - w[k].from), w[k].from);
        for (int i = 0; past[i]; i++) {
            const char *p = strstr(word, past[i]);
            if (p && p > word && !strstr(p, "으면") && !strstr(p, "던")) return true;
            if (p == word && k && !strstr(p, "으면") && !strstr(p, "던")) return true;
        }
    }
    return false;
}

/* "Same time next Monday", "see you on Friday", "금요일에 뵐게요": when people meet again, and nobody's due day. */
static bool tells_next_meeting(const char *text, const char *from, const char *to)
{
    static const char *const meet[] = {"에 뵙",      "에 뵐", "에 봬", "에 다시 뵙", "에 다시 봬",
                                       "에 다시 모", "뵙",    "뵐",    "봬",         " 뵙",
                                       " 뵐",        " 봬",   NULL};
    static const char *const again[] = {"same time ",       "see you ",         "see you on ",
                                        "see you all ",     "meet again ",      "meet again on ",
                                        "next meeting is ", "next meeting on ", NULL};
    for (int i = 0; again[i]; i++) {
        size_t n = strlen(again[i]);
        if ((size_t)(from - text) >= n && !strncasecmp(from - n, again[i], n)) return true;
    }
    return starts_any(to, meet);
}

/* "오늘 본론이", "today's agenda", "that is all for today": the meeting that is going on, and nobody's due day. */
static bool tells_this_meeting(const char *text, const char *from, const char *to)
{
    static const char *const all[] = {"all for today", "it for today", "enough for today", "done for today",
                                      NULL};
    static const char *const today[] = {"오늘", "금일", "today's", "Today's", NULL};
    static const char *const meeting[] = {"본론", "안건", "주제", "agenda", "topic", "main thing", NULL};
    const char *end = to;
    while (end > from && strchr(".,!?", end[-1])) end--;
    if (ends_any(text, end, all)) return true;
    if (!starts_any(from, today)) return false;
    while (*to == ' ') to++;
    return starts_any(to, meeting);
}

static void describe(const char *text, const char *from, const char *to, bool talked_about,
                     struct moim_day *d)
{
    static const char *const wide[] = {"주말", "weekend", "week", "달 안", "월말", "month", NULL};
    d->from = (size_t)(from - text);
    d->to = (size_t)(to - text);
    d->limit = is_limit(from, (size_t)(to - from));
    d->denied = turned_down(text, from, to) || away_until(text, from) || (talked_about && !agreed_to(to));
    d->denied = d->denied || (!d->limit && is_past(to)) || tells_this_meeting(text, from, to) ||
                tells_next_meeting(text, from, to);
    d->told = d->wide = false;
    for (int i = 0; wide[i]; i++)
        if (memmem(from, (size_t)(to - from), wide[i], strlen(wide[i]))) d->wide = true;
}

/* The first day from word *at on; *at is set behind it. */
static bool find_next(const char *text, const struct span *w, int n, int *at, struct moim_date meeting,
                      struct moim_day *out)
{
    static const char *const past[] = {"지난", "저번",  "작년",     "지난주", "지난달", "어제",
                                       "last", "since", "previous", "past",   "every",  "each",
                                       "매주", "merry", "happy",    NULL};
    struct moim_date d, wider;
    for (int j = *at; j < n; j++) {
        int i = j; /* the fewest words before j that name a day with it */
        while (i >= *at && j - i < SPAN_MAX && !resolve_span(w, i, j, meeting, &d)) {
            i--;
            if (i >= 0 && opens_clause(&w[i])) i = -1; /* what was said up to there is another matter */
        }
        if (i < *at || j - i >= SPAN_MAX) continue;
        i = day_after(w, i, j, meeting, &d);
        while (i > *at && belongs(&w[i - 1]) && resolve_span(w, i - 1, j, meeting, &d)) i--;
        /* Words that go on naming it: "이번 주" and then "금요일", "5일" after "다음 달". */
        while (j + 1 < n && j + 1 < i + SPAN_MAX && !opens_clause(&w[j]) && !sets_limit(&w[j]) &&
               resolve_span(w, i, j + 1, meeting, &wider) &&
               (!moim_date_same(d, wider) || resolve_span(w, j + 1, j + 1, meeting, &d))) {
            d = wider;
            j++;
        }
        j += goes_on(w, n, i, j, meeting, &d);
        bool about = opens_clause(&w[j]);
        if ((i && word_is(&w[i - 1], past)) || word_is(&w[i], past)) continue;
        if (memmem(w[i].from, (size_t)(w[j].to - w[i].from), "마다", 6)) continue;
        while (!about && j + 1 < n && closes(&w[j + 1])) j++;
        out->date = d;
        describe(text, w[i].from, w[j].to, about, out);
        *at = j + 1;
        return true;
    }
    return false;
}

static int find_all(const char *text, struct moim_date meeting, const struct moim_date *before,
                    struct moim_day *day, int cap)
{
    struct span w[WORDS_MAX];
    int n = split(text, w), found = 0, at = 0;
    while (found < cap && find_next(text, w, n, &at, meeting, &day[found])) found++;
    if (found == cap) return found;
    /* The reference day may occur earlier in the same sentence. */
    struct moim_day rel = {0};
    struct moim_date base = before ? *before : meeting;
    bool told = before && by_another(text, base, &rel);
    for (int k = 0; k < found; k++)
        if (by_another(text, day[k].date, &rel) && day[k].to <= rel.from) {
            told = true;
            base = day[k].date;
        }
    if (!told || !by_another(text, base, &rel)) return found;
    describe(text, text + rel.from, text + rel.to, false, &rel);
    rel.told = true;
    int kept = 0;
    for (int k = 0; k < found; k++) /* "그 전주 금요일" is no Friday of its own */
        if (day[k].to <= rel.from || day[k].from >= rel.to) day[kept++] = day[k];
    found = kept;
    while (kept && day[kept - 1].from > rel.from) kept--;
    memmove(day + kept + 1, day + kept, sizeof *day * (size_t)(found - kept));
    day[kept] = rel;
    return found + 1;
}

int moim_days_find(const char *text, struct moim_date meeting, const struct moim_date *before,
                   struct moim_day *day, int cap)
{
    size_t *at;
    char *figures = moim_date_figures(text, &at);
    int n = find_all(figures ? figures : text, meeting, before, day, cap);
    for (int i = 0; figures && i < n; i++) {
        day[i].from = at[day[i].from];
        day[i].to = at[day[i].to];
    }
    free(figures);
    free(at);
    return n;
}

/* "주말에 걸어 둘게요, 토요일 밤": the second says which day of the first. */
static bool narrows(const struct moim_day *wide, const struct moim_day *d)
{
    struct moim_date week = moim_date_add(wide->date, -6);
    char from[11], to[11], at[11];
    moim_date_format(week, from);
    moim_date_format(wide->date, to);
    moim_date_format(d->date, at);
    return wide->wide && !d->wide && strcmp(at, from) >= 0 && strcmp(at, to) <= 0;
}

/* Whether a day is said by its number: "19일", "the nineteenth". */
static bool is_numbered(const char *text, const struct moim_day *d)
{
    static const char *const end[] = {"st", "nd", "rd", "th", NULL}, *const month[] = {"month", NULL};
    const char *from = text + d->from, *to = text + d->to;
    return strcspn(from, "0123456789") < (size_t)(to - from) ||
           (ends_any(from, to, end) && !ends_any(from, to, month));
}

/* "Thursday then, the 19th": the number says which Thursday. */
static bool says_which(const char *text, const struct moim_day *d, const struct moim_day *later)
{
    return moim_date_weekday(d->date) == moim_date_weekday(later->date) &&
           !moim_date_same(d->date, later->date) && !is_numbered(text, d) && is_numbered(text, later);
}

/* "Wednesday. Actually, make it Thursday", "수요일까지 아니 목요일로": the second replaces the first. */
static bool replaces(const char *text, const struct moim_day *d, const struct moim_day *later)
{
    static const char *const word[] = {"no",         "nope",      "actually", "make it", "call it",
                                       "let me say", "let's say", "lets say", "i mean",  "sorry",
                                       "or rather",  "아니",      "아니다",   "아냐",    NULL};
    char between[160], *at;
    if (later->from <= d->to || later->from - d->to >= sizeof between - 2) return false;
    int n = snprintf(between, sizeof between, " %.*s", (int)(later->from - d->to), text + d->to);
    for (int i = 0; i < n; i++)
        if (strchr(",.?!;", between[i])) between[i] = ' ';
    for (int i = 0; word[i]; i++) {
        size_t long_ = strlen(word[i]);
        if ((at = strcasestr(between, word[i])) && at[-1] == ' ' && at[long_] == ' ') return true;
    }
    return false;
}

int moim_day_that_counts(const char *text, const struct moim_day *day, int n)
{
    int best = -1;
    for (int i = 0; i < n; i++) {
        if (day[i].denied) continue;
        bool korean = (unsigned char)text[day[i].from] >= 0x80 || strstr(text + day[i].from, "까지");
        if (best < 0 || narrows(&day[best], &day[i]) || says_which(text, &day[best], &day[i]) ||
            replaces(text, &day[best], &day[i]) || (day[i].limit && !day[best].limit) ||
            (korean && day[i].limit == day[best].limit && !day[i].limit))
            best = i;
    }
    return best;
}

bool moim_date_find(const char *text, struct moim_date meeting, struct moim_date *due, size_t *from,
                    size_t *to)
{
    struct moim_day day[MOIM_DAYS_MAX];
    int n = moim_days_find(text, meeting, NULL, day, MOIM_DAYS_MAX);
    int best = n ? moim_day_that_counts(text, day, n) : -1;
    if (best < 0) return false;
    *due = day[best].date;
    *from = day[best].from;
    *to = day[best].to;
    return true;
}
