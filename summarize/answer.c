#include "summarize/answer.h"
#include "base/text.h"
#include "summarize/answer_check.h"
#include "summarize/constrained_decode.h"
#include "summarize/evidence.h"
#include "summarize/ko/endings.h"
#include "summarize/language.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROMPT_MAX 24576

static const char pattern[] = "{\"found\":%e,\"refs\":%[1-4 %i%],\"answer\":%s160}";
static const char *const found[] = {"yes", "no"};

/* ---- content words ---- */

static const char *const asking[] = {
    /* Korean words that only ask or carry the sentence */
    "누가", "누구", "누구가", "누구지", "누구야", "누구를", "언제", "언제지", "언제야", "언제까지", "어디",
    "어디서", "어디로", "어디에서", "무엇", "무엇을", "무엇이", "무엇으로", "뭐", "뭐가", "뭐라고", "뭐지",
    "뭐야", "뭘", "뭐였지", "왜", "어떻게", "어떤", "무슨", "어느", "얼마", "얼마나", "얼마야", "얼마지",
    "얼마로", "얼마였지", "몇", "몇명", "하기로", "했지", "했어", "했나", "했나요", "했어요", "합니까",
    "하지", "해", "하나", "하나요", "했던", "했더라", "한다고", "정했지", "정했어", "정했나", "정했나요",
    "되었나", "됐지", "됐어", "됐나", "됐나요", "되나", "되나요", "있지", "있어", "있나", "있나요", "있었지",
    "있어요", "그", "저", "이", "것", "거", "건", "걸", "수", "좀", "우리", "우리가", "저희", "회의",
    "회의에서", "까지", "대해", "대한", "관련", "이야기", "얘기", "이름이", "이야", "인가", "인가요", "이지",
    "맡았지", "맡았나", "맡기로", "하는", "할", "한", "였지", "이었지", "말했지", "말했어", "알려줘",
    /* and English ones */
    "who", "whom", "whose", "what", "when", "where", "which", "why", "how", "did", "do", "does", "done", "is",
    "are", "was", "were", "be", "been", "we", "they", "he", "she", "it", "you", "i", "the", "a", "an", "to",
    "of", "for", "in", "on", "at", "by", "with", "about", "from", "and", "or", "that", "this", "will",
    "would", "should", "can", "could", "has", "have", "had", "many", "much", "long", "decide", "decided",
    "agree", "agreed", "say", "said", "going", "any", "our", "us", "there", "meeting"};

static const char *const particle[] = {
    "에서는", "으로는", "에게는", "까지는", "부터는", "에서", "으로", "에게", "한테", "까지",
    "부터",   "이랑",   "보다",   "처럼",   "마다",   "하고", "은",   "는",   "이",   "가",
    "을",     "를",     "에",     "의",     "로",     "와",   "과",   "도",   "만",   "랑"};

/* "얼마씩", "얼마짜리로", "언제로": what is asked with, whatever stands behind it. */
static bool asks_by_its_beginning(const char *w)
{
    static const char *const stem[] = {"얼마", "언제", "며칠", "누구", "어떻게", "무슨", NULL};
    for (int i = 0; stem[i]; i++)
        if (!strncmp(w, stem[i], strlen(stem[i]))) return true;
    return false;
}

static bool only_asks(const char *w)
{
    if (asks_by_its_beginning(w)) return true;
    for (size_t i = 0; i < sizeof asking / sizeof *asking; i++)
        if (!strcasecmp(w, asking[i])) return true;
    return false;
}

/* Takes one particle off a Korean word that keeps two syllables without it. */
static void strip_particle(char *w)
{
    size_t n = strlen(w);
    for (size_t i = 0; i < sizeof particle / sizeof *particle; i++) {
        size_t k = strlen(particle[i]);
        if (n >= k + 6 && !strcmp(w + n - k, particle[i])) {
            w[n - k] = 0;
            return;
        }
    }
}

int moim_question_words(const char *question, char word[][64], int cap)
{
    int n = 0;
    for (const char *p = question; *p && n < cap;) {
        size_t len = 0;
        char *w = word[n];
        while (*p && ((unsigned char)*p < 0x80 && !isalnum((unsigned char)*p))) p++;
        for (; *p && ((unsigned char)*p >= 0x80 || isalnum((unsigned char)*p)); p++)
            if (len + 1 < 64) w[len++] = *p;
        while (len && ((unsigned char)w[len - 1] & 0xc0) == 0x80 && len == 63) len--; /* a cut character */
        w[len] = 0;
        if (!len || only_asks(w)) continue;
        if (moim_has_hangul(w)) strip_particle(w);
        if (only_asks(w) || strlen(w) < 2) continue;
        bool twice = false;
        for (int i = 0; i < n; i++) twice = twice || !strcasecmp(word[i], w);
        if (!twice) n++;
    }
    return n;
}

/* ---- the model ---- */

static int put_turns(const struct moim_answer_request *req, char *out, size_t cap, struct moim_err *err)
{
    size_t at = 0;
    for (int i = 0; i < req->n_turns; i++) {
        const struct moim_turn_text *t = &req->turns[i];
        int n = snprintf(out + at, cap - at, "%s%s%s[%d] %s%s%s\n", req->heading[i] ? "# " : "",
                         req->heading[i] ? req->heading[i] : "", req->heading[i] ? "\n" : "", i + 1,
                         t->speaker, *t->speaker ? ": " : "", t->text);
        if (n < 0 || (size_t)n >= cap - at) return moim_fail(err, MOIM_EINVAL, "answer: too many words");
        at += (size_t)n;
    }
    return MOIM_OK;
}

static int read_answer(const struct moim_answer_request *req, const char *json, struct moim_answer *out)
{
    cJSON *o = cJSON_Parse(json);
    const cJSON *f = cJSON_GetObjectItem(o, "found"), *text = cJSON_GetObjectItem(o, "answer"), *r;
    if (cJSON_IsString(f) && !strcmp(f->valuestring, "yes") && cJSON_IsString(text)) {
        snprintf(out->text, sizeof out->text, "%s", text->valuestring);
        cJSON_ArrayForEach(r, cJSON_GetObjectItem(o, "refs"))
        {
            int i = cJSON_IsNumber(r) ? (int)r->valuedouble - 1 : -1;
            if (i >= 0 && i < req->n_turns && out->n_refs < MOIM_ANSWER_REFS) out->refs[out->n_refs++] = i;
        }
    }
    cJSON_Delete(o);
    return out->n_refs;
}

/* "24일", "3시", "5/12", in English any number: a day or an hour, and no price. */
static bool holds_day(const char *s)
{
    static const char *const unit[] = {"월", "일", "시", "년", "주", "달", "개월", "분", "/", "-", ":"};
    for (const char *p = s; (p = strpbrk(p, "0123456789"));) {
        p += strspn(p, "0123456789");
        if (!moim_has_hangul(s)) return true;
        for (size_t i = 0; i < sizeof unit / sizeof *unit; i++)
            if (!strncmp(p, unit[i], strlen(unit[i]))) return true;
    }
    return false;
}

bool moim_answer_fits(const char *question, const char *answer)
{
    static const char *const when[] = {"언제", "며칠", "몇 시", "when ", "what day", NULL};
    static const char *const time[] = {"요일",    "오늘",     "내일",   "모레",  "어제",  "다음",  "이번",
                                       "지난",    "매주",     "매일",   "월말",  "연말",  "day",   "week",
                                       "month",   "year",     "June",   "July",  "March", "April", "May ",
                                       "January", "February", "August", "ember", "ober",  NULL};
    static const char *const amount[] = {"얼마", "몇 ", "how many", "how much", NULL};
    static const char *const number[] = {"one",   "two",  "three", "four",    "five", "six",  "seven",
                                         "eight", "nine", "ten",   "hundred", "half", "한 ",  "두 ",
                                         "세 ",   "네 ",  "다섯",  "여섯",    "일곱", "여덟", "아홉",
                                         "열",    "스무", "절반",  "만 ",     "천 ",  "백 ",  NULL};
    static const char *const asks[] = {"나요", "습니까", "뭐였죠", "없나요", NULL};
    bool digit = strpbrk(answer, "0123456789") != NULL;
    size_t n = strlen(answer);
    for (int i = 0; asks[i]; i++)
        if (moim_ko_ends(answer, asks[i])) return false;
    if (n && answer[n - 1] == '?') return false;
    if (moim_holds_any(question, when)) return holds_day(answer) || moim_holds_any(answer, time);
    return !moim_holds_any(question, amount) || digit || moim_holds_any(answer, number) ||
           moim_number_in_words(answer);
}

int moim_answer_write(struct moim_llm *model, const struct moim_answer_request *req, struct moim_answer *out,
                      struct moim_err *err)
{
    struct moim_err local = {0};
    if (!err) err = &local;
    memset(out, 0, sizeof *out);
    if (req->n_turns < 1) return MOIM_OK;
    struct moim_writer w;
    struct moim_grammar *g = NULL;
    char *prompt = malloc(PROMPT_MAX), json[2048];
    const struct moim_language *lang = moim_language_of(req->question);
    int rc = prompt ? moim_writer_init(&w, model, req->script, req->cancel, err)
                    : moim_fail(err, MOIM_ENOMEM, "answer: out of memory");
    if (rc) {
        free(prompt);
        return rc;
    }
    rc = moim_grammar_new(&g, pattern, req->n_turns, found, 2, err);
    snprintf(prompt, PROMPT_MAX, MOIM_CHAT_SYSTEM "%s" MOIM_CHAT_END MOIM_CHAT_USER, lang->prompt.answer);
    if (!rc) rc = moim_writer_prefix(&w, prompt, err);
    if (!rc) rc = put_turns(req, prompt, PROMPT_MAX - 2048, err);
    if (!rc) {
        size_t at = strlen(prompt);
        snprintf(prompt + at, PROMPT_MAX - at, "\n%s: %.1000s" MOIM_CHAT_END MOIM_CHAT_ASSISTANT,
                 lang->prompt.question, req->question);
        rc = moim_writer_run(&w, prompt, g, json, sizeof json, err);
    }
    if (!rc && read_answer(req, json, out) && !moim_answer_fits(req->question, out->text)) out->n_refs = 0;
    if (!rc && !out->n_refs) *out->text = 0;
    moim_grammar_free(g);
    moim_writer_clear(&w);
    free(prompt);
    return rc;
}
