#include "summarize/note_style.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool in_list(const char *w, size_t n, const char *const *list)
{
    for (; *list; list++)
        if (strlen(*list) == n && !strncasecmp(*list, w, n)) return true;
    return false;
}

static bool word_ends(const char *w, size_t n, const char *suffix)
{
    size_t m = strlen(suffix);
    return n > m && !memcmp(w + n - m, suffix, m);
}

static void cut_bytes(char *s, size_t from, size_t to)
{
    while (s[to] == ' ' || s[to] == ',') to++;
    memmove(s + from, s + to, strlen(s + to) + 1);
}

static void tidy(char *s)
{
    size_t n = strlen(s), k = 0;
    for (size_t i = 0; i < n; i++)
        if (s[i] != ' ' || (k && s[k - 1] != ' ')) s[k++] = s[i];
    while (k && strchr(" .,!?~:", s[k - 1])) k--;
    s[k] = 0;
}

/* ---- Korean ---- */

static const char *const ko_pronoun[] = {"제가",   "저는", "내가",   "나는", "저희가",
                                         "저희는", "전",   "제가요", NULL};
static const char *const ko_filler[] = {"좀",     "한번",   "그거",   "그것", "그건", "이건", "그거는",
                                        "그것은", "그것도", "그걸",   "이걸", "다들", "우선", "일단",
                                        "먼저요", "그럼",   "그러면", "그런", "혹시", "이제", "빨리",
                                        "저도",   "음",     "어",     "아",   "뭐",   NULL};
static const char *const ko_thin[] = {
    "직접", "바로",   "다시",     "먼저",   "꼭",       "최대한", "빨리",   "같이",   "함께",
    "따로", "미리",   "전부",     "다",     "더",       "각자",   "오늘",   "내일",   "이번에",
    "이번", "그렇게", "나머지는", "나머지", "그",       "이",     "저",     "네",     "지금",
    "당장", "이따가", "오전",     "오후",   "기준으로", "전화로", "메일로", "한번씩", NULL};

/* "안내문은 제가 붙이기": without the speaker its topic is an object, unless there is one. */
static void topic_to_object(char *s, size_t end, bool has_object)
{
    size_t len;
    if (end < 6) return;
    bool eun = !memcmp(s + end - 3, "은", 3), neun = !memcmp(s + end - 3, "는", 3);
    unsigned before = moim_ko_last(s, end - 3, &len);
    if ((!eun && !neun) || (eun && moim_ko_final(before) <= 0)) return;
    bool place = end > 9 && (!memcmp(s + end - 6, "께", 3) || !memcmp(s + end - 6, "에", 3) ||
                             !memcmp(s + end - 6, "테", 3));
    if (place)
        memmove(s + end - 3, s + end, strlen(s + end) + 1);
    else if (has_object || !memcmp(s + end - 6, "쪽", 3))
        memmove(s + end - 2, s + end, strlen(s + end) + 1), s[end - 3] = ':';
    else
        memcpy(s + end - 3, eun ? "을" : "를", 3);
}

static void drop_ko_words(char *s, bool speaker)
{
    bool object = false;
    for (const char *p = s; *p;) {
        size_t n = strcspn(p, " ");
        object = object || word_ends(p, n, "을") || word_ends(p, n, "를");
        p += n + strspn(p + n, " ");
    }
    for (size_t at = 0; s[at];) {
        size_t n = strcspn(s + at, " ,");
        bool pronoun = speaker && in_list(s + at, n, ko_pronoun);
        if (pronoun || in_list(s + at, n, ko_filler)) {
            cut_bytes(s, at, at + n);
            if (pronoun && at > 1) topic_to_object(s, at - 1, object);
            continue;
        }
        at += strcspn(s + at, " ");
        at += strspn(s + at, " ");
    }
}

/* "아직 안 정했는데 제가 할게요", "정해졌으니까 바로 내세요": the reason stands before, the task after. */
static void drop_reason(char *s)
{
    static const char *const joint[] = {"는데 제가 ",  "는데 내가 ",  "지만 제가 ",
                                        "니까 제가 ",  "니까 내가 ",  "으니까 ",
                                        "는데, 제가 ", "니까, 제가 ", NULL};
    for (int i = 0; joint[i]; i++) {
        char *p = strstr(s, joint[i]);
        const char *self = p ? strstr(joint[i], " ") : NULL;
        if (!p || strlen(p) < strlen(joint[i]) + 6) continue;
        p += self - joint[i] + 1;
        memmove(s, p, strlen(p) + 1);
        return;
    }
}

static void make_ko(char *out, enum moim_act act)
{
    switch (act) {
    case MOIM_ACT_PROMISE:
    case MOIM_ACT_REQUEST: moim_ko_task(out); break;
    case MOIM_ACT_DECIDE:
    case MOIM_ACT_SO:
    case MOIM_ACT_PROPOSE: moim_ko_decision(out); break;
    case MOIM_ACT_ASK: break;
    default: moim_ko_nominal(out); break;
    }
}

/* "정리해서", "나왔으니까", "먹고": how or why, not what; "두 개", "스무 명 정도": how many. */
static bool is_circumstance(const char *w, size_t n)
{
    static const char *const joined[] = {"서",   "고",   "니까", "면", "며", "지만",
                                         "면서", "는데", "려고", "게", "씩", NULL};
    static const char *const amount[] = {
        "한",     "두", "세",   "네",   "다섯", "여섯", "일곱",     "여덟", "아홉", "열",     "열두",
        "스무",   "개", "명",   "번",   "편",   "장",   "곳",       "군데", "정도", "정도만", "하나",
        "하나씩", "둘", "번씩", "개씩", "번째", "가지", "부서별로", "시",   "시에", "쪽",     NULL};
    static const char *const counter[] = {"개",     "명", "번",   "편",     "장", "건", "곳", "원",
                                          "퍼센트", "시", "시에", "시까지", "분", "쪽", NULL};
    for (int i = 0; joined[i]; i++)
        if (word_ends(w, n, joined[i])) return true;
    if (isdigit((unsigned char)*w))
        for (int i = 0; counter[i]; i++)
            if (word_ends(w, n, counter[i])) return true;
    return in_list(w, n, amount);
}

static bool vague_ko(const char *note)
{
    int content = 0, words = 0;
    for (const char *p = note; *p;) {
        size_t n = strcspn(p, " ");
        const char *next = p + n + strspn(p + n, " ");
        words++;
        bool thin = in_list(p, n, ko_thin) || in_list(p, n, ko_filler) || in_list(p, n, ko_pronoun);
        bool where = word_ends(p, n, "에") || word_ends(p, n, "에게") || word_ends(p, n, "한테") ||
                     word_ends(p, n, "께");
        if (*next && !thin && !where && !is_circumstance(p, n)) content++;
        p = next;
    }
    /* A decision names a number or an outcome even in two words: "24일로 확정함" is vague about what, not
     * about how. */
    return content == 0 || words < 2;
}

static bool bare_topic_ko(char *out, const char *s);

static bool topic_ko(char *out, const char *sentence)
{
    static const char *const not_topic[] = {
        "저는",   "나는",   "그건",   "이건",   "지금은",   "오늘은",   "아직은", "우리는",
        "저희는", "그거는", "그것은", "올해는", "작년에는", "이번에는", "전에는", "다음에는",
        "것은",   "하나는", "보통은", "사실은", "이제는",   "때는",     "일은",   "있는",
        "하는",   "없는",   "되는",   "같은",   "그는",     "저건",     "언제는", NULL};
    static const char *const noun[] = {"건", "것", "걸", "게", "데", "일", "거", "지", NULL};
    char s[MOIM_NOTE_MAX];
    snprintf(s, sizeof s, "%s", sentence);
    moim_ko_strip_lead(s);
    for (int pass = 0; pass < 3; pass++) {
        static const char *const particle[3][3] = {
            {"은", "는", NULL}, {"을", "를", NULL}, {"이", "가", NULL}};

        for (size_t at = 0; s[at];) {
            size_t n = strcspn(s + at, " ,"), gap = at + n + strspn(s + at + n, " ,");
            size_t m = strcspn(s + gap, " ,");
            for (int k = 0; particle[pass][k]; k++) {
                if (!word_ends(s + at, n, particle[pass][k]) || in_list(s + at, n, not_topic) ||
                    in_list(s + at, n, ko_pronoun))
                    continue;
                if (pass == 0 && in_list(s + gap, m, noun)) continue;
                size_t from = pass == 0 && at <= 45 ? 0 : at, to = at + n - strlen(particle[pass][k]);
                if (to - from < 4 || to - from > 60) continue;
                for (size_t c = from; c < to; c++) /* "주차 문제가 풀린다고 보고, 위치" */
                    if (s[c] == ',') from = c + 1 + (s[c + 1] == ' ');
                if (to - from < 4) continue;
                snprintf(out, MOIM_NOTE_MAX, "%.*s", (int)(to - from), s + from);
                return true;
            }

            at = gap;
        }
    }
    return bare_topic_ko(out, s);
}

/* Without particles to go by: "관련 연구 정리하고 있는데" is about 관련 연구 정리. */
static bool bare_topic_ko(char *out, const char *s)
{
    static const char *const doing[] = {"하고", "하는", "하면", "하려고", "했고", "했는데",
                                        "해서", "해야", "할",   "한",     NULL};
    size_t at = 0, n_words = 0;
    out[0] = 0;
    for (const char *p = s; *p && n_words < 3;) {
        size_t n = strcspn(p, " ,"), cut = n;
        bool skip = in_list(p, n, ko_pronoun) || in_list(p, n, ko_filler) || in_list(p, n, ko_thin),
             last = false;
        for (int i = 0; doing[i] && !last; i++)
            if (word_ends(p, n, doing[i]) && n - strlen(doing[i]) >= 6)
                cut = n - strlen(doing[i]), last = true;
        if (!skip && !last &&
            (is_circumstance(p, n) || word_ends(p, n, "요") || word_ends(p, n, "다") ||
             word_ends(p, n, "요.")))
            return n_words > 1;
        if (!skip && at + cut + 2 < MOIM_NOTE_MAX) {
            at += (size_t)snprintf(out + at, MOIM_NOTE_MAX - at, "%s%.*s", at ? " " : "", (int)cut, p);
            n_words++;
        }
        if (last) return at >= 6;
        p += n + strspn(p + n, " ,");
    }
    return false;
}

/* ---- English ---- */

static const char *const en_lead[] = {"okay",         "ok",         "so",        "well",
                                      "um",           "uh",         "then",      "and",
                                      "but",          "yes",        "yeah",      "sure",
                                      "fine",         "alright",    "right",     "now",
                                      "great",        "agreed",     "also",      "hmm",
                                      "oh",           "good",       "maybe",     "actually",
                                      "sorry",        "i think",    "i mean",    "you know",
                                      "all right",    "no problem", "of course", "we've decided then",
                                      "in that case", NULL};
static const char *const en_task[] = {"i'll",
                                      "i will",
                                      "i'm going to",
                                      "i am going to",
                                      "let me",
                                      "i shall",
                                      "i can",
                                      "i could",
                                      "can you",
                                      "could you",
                                      "would you",
                                      "will you",
                                      "please",
                                      "i want you to",
                                      "i'd like you to",
                                      "i need you to",
                                      "you're going to",
                                      "let's",
                                      "we'll",
                                      "you should",
                                      "make sure you",
                                      NULL};
static const char *const en_stop[] = {
    "a",     "an",    "the",     "and",   "or",    "but",   "if",    "of",     "to",    "in",    "on",
    "at",    "by",    "for",     "with",  "from",  "about", "is",    "are",    "was",   "were",  "be",
    "been",  "am",    "do",      "does",  "did",   "done",  "have",  "has",    "had",   "will",  "would",
    "can",   "could", "should",  "may",   "might", "must",  "shall", "i",      "you",   "he",    "she",
    "it",    "we",    "they",    "them",  "him",   "her",   "me",    "us",     "my",    "your",  "our",
    "their", "its",   "this",    "that",  "these", "those", "there", "here",   "what",  "who",   "when",
    "where", "why",   "how",     "which", "not",   "no",    "yes",   "so",     "then",  "just",  "very",
    "too",   "also",  "well",    "okay",  "ok",    "um",    "uh",    "mm",     "like",  "know",  "think",
    "mean",  "get",   "got",     "go",    "going", "gonna", "want",  "need",   "say",   "said",  "see",
    "yeah",  "right", "really",  "quite", "some",  "any",   "all",   "one",    "up",    "out",   "down",
    "as",    "than",  "because", "let's", "i'll",  "i'm",   "it's",  "that's", "we're", "we'll", "don't",
    "far",   "still", "into",    "again", "much",  "more",  "make",  "sure",   NULL};

static void strip_en(char *s)
{
    for (bool again = true; again;) {
        again = false;
        while (*s && strchr(" ,.;-", *s)) memmove(s, s + 1, strlen(s));
        for (int i = 0; en_lead[i]; i++) {
            size_t n = strlen(en_lead[i]);
            if (strncasecmp(s, en_lead[i], n) || (s[n] && !strchr(" ,.:", s[n]))) continue;
            memmove(s, s + n + (s[n] == ':' || s[n] == ','), strlen(s + n) + 1);
            again = true;
            break;
        }
    }
}

static size_t en_word(const char *p)
{
    size_t n = 0;
    while (isalnum((unsigned char)p[n]) || p[n] == '\'' || (p[n] & 0x80)) n++;
    return n;
}

void moim_note_fluent(char *text)
{
    static const char *const um[] = {"um", "uh", "uhm", "umm", "mm", "hmm", "er", "erm", "mm-hmm", NULL};
    char *to = text;
    const char *last = NULL;
    size_t n_last = 0;
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, " "), core = en_word(p);
        const char *rest = p + core;
        bool drop = core && (in_list(p, core, um) ||
                             (last && core == n_last && n == core && !strncasecmp(p, last, core)));
        if (drop && *rest && *rest != ' ' && *rest != ',' && to > text && to[-1] == ' ')
            to[-1] = *rest, *to++ = ' ';
        if (!drop) {
            memmove(to, p, n);
            last = to;
            n_last = n;
            to += n;
            if (p[n]) *to++ = ' ';
        }
        p += n + strspn(p + n, " ");
    }
    while (to > text && to[-1] == ' ') to--;
    *to = 0;
}

static void make_en(char *out, enum moim_act act)
{
    moim_note_fluent(out);
    strip_en(out);
    if (act == MOIM_ACT_PROMISE || act == MOIM_ACT_REQUEST || act == MOIM_ACT_DECIDE ||
        act == MOIM_ACT_PROPOSE)
        for (bool again = true; again;) {
            again = false;
            for (int i = 0; en_task[i] && !again; i++) {
                size_t n = strlen(en_task[i]);
                if (strncasecmp(out, en_task[i], n) || out[n] != ' ') continue;
                memmove(out, out + n + 1, strlen(out + n + 1) + 1);
                again = true;
            }
        }
    tidy(out);
    if (islower((unsigned char)*out)) *out = (char)toupper((unsigned char)*out);
}

static bool vague_en(const char *note)
{
    int content = 0;
    for (const char *p = note; *p;) {
        size_t n = en_word(p);
        if (n && !in_list(p, n, en_stop)) content++;
        p += n ? n : 1;
    }
    return content < 2;
}

static bool topic_en(char *out, const char *sentence)
{
    const char *best = NULL, *end = NULL, *from = NULL;
    int run = 0, most = 0;
    for (const char *p = sentence; *p;) {
        size_t n = en_word(p);
        if (!n) {
            if (*p != ' ') run = 0;
            p++;
            continue;
        }
        if (in_list(p, n, en_stop)) {
            run = 0;
        } else {
            if (!run++) from = p;
            if (run >= most) most = run, best = from, end = p + n;
        }
        p += n;
    }
    if (!best || end - best > 60) return false;
    snprintf(out, MOIM_NOTE_MAX, "%.*s", (int)(end - best), best);
    return true;
}

/* ---- both ---- */

void moim_note_make(char out[MOIM_NOTE_MAX], const char *sentence, enum moim_act act, bool ko,
                    struct moim_date date, size_t from, size_t to)
{
    struct moim_date due;
    snprintf(out, MOIM_NOTE_MAX, "%s", sentence);
    size_t n = strlen(out);
    while (n && ((unsigned char)out[n - 1] & 0xc0) == 0x80 && n == MOIM_NOTE_MAX - 1)
        n--; /* a character cut in two */
    out[n] = 0;
    if (to > from && to <= n && from < MOIM_NOTE_MAX) {
        cut_bytes(out, from, to);
        /* "문구는 유라 님이 써 주세요" */
        if (ko && from > 3) /* cppcheck-suppress pointerOutOfBoundsCond */
            topic_to_object(out, from - 1, strstr(out + from, "을 ") || strstr(out + from, "를 "));
    }
    if ((act == MOIM_ACT_PROMISE || act == MOIM_ACT_REQUEST) && moim_date_find(out, date, &due, &from, &to))
        cut_bytes(out, from, to);
    if (ko) {
        moim_ko_strip_lead(out);
        if (act == MOIM_ACT_PROMISE || act == MOIM_ACT_REQUEST) drop_reason(out);

        char *last = strrchr(out, ' ');
        if (last && moim_ko_ends(out, "그럼")) *last = 0;
        drop_ko_words(out, act == MOIM_ACT_PROMISE || act == MOIM_ACT_REQUEST);
        tidy(out);
        make_ko(out, act);
    } else {
        make_en(out, act);
    }
    tidy(out);
}

bool moim_note_vague(const char *note, bool ko)
{
    return ko ? vague_ko(note) : vague_en(note);
}

bool moim_note_topic(char out[MOIM_NOTE_MAX], const char *sentence, bool ko)
{
    return ko ? topic_ko(out, sentence) : topic_en(out, sentence);
}
