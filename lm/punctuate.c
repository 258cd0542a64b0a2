#include "lm/punctuate.h"
#include "base/unicode.h"

#include <stdlib.h>
#include <string.h>

#define PAUSE 0.3 /* seconds */
#define COMMA_PAUSE 0.4
#define HANGUL 0xAC00u
#define LAST_HANGUL 0xD7A3u

enum { CODA_N = 4, CODA_L = 8, CODA_B = 17, CODA_SS = 20, CODA_NG = 21 };

bool moim_punctuated(const char *text)
{
    return strpbrk(text, ".?!") || strstr(text, "。") || strstr(text, "？") || strstr(text, "！");
}

/* The last three characters of word, the last one first; 0 where there are fewer. Returns how many word has. */
static int last_characters(const char *word, uint32_t last[3])
{
    int count = 0;
    size_t n = strlen(word), used;
    memset(last, 0, 3 * sizeof *last);
    for (size_t i = 0; i < n; i += used, count++) {
        last[2] = last[1];
        last[1] = last[0];
        used = moim_utf8_next(word + i, n - i, &last[0]);
    }
    return count;
}

/* Number of a syllable's final consonant, 0: none; -1: no Korean syllable. */
static int coda(uint32_t c)
{
    return c >= HANGUL && c <= LAST_HANGUL ? (int)((c - HANGUL) % 28) : -1;
}

static bool ends_with(const char *word, const char *const *ends, size_t n)
{
    size_t len = strlen(word);
    for (size_t i = 0; i < n; i++) {
        size_t k = strlen(ends[i]);
        if (len >= k && !strcmp(word + len - k, ends[i])) return true;
    }
    return false;
}
#define ENDS_WITH(word, list) ends_with(word, list, sizeof(list) / sizeof *(list))

static char polite(const char *word, bool pause)
{
    static const char *const asks[] = {"까요", "나요", "가요", "을래요", "실래요"};
    static const char *const tells[] = {"어요", "아요", "여요", "해요", "돼요",  "에요", "예요",
                                        "세요", "네요", "군요", "지요", "든요",  "데요", "게요",
                                        "래요", "워요", "와요", "져요", "려요",  "쳐요", "켜요",
                                        "봐요", "줘요", "써요", "커요", "나봐요"};
    static const char *const elliptic[] = {"고요", "구요", "서요", "니까요", "면요", "다고요", "라고요"};
    if (ENDS_WITH(word, elliptic)) return pause ? '.' : 0;
    if (ENDS_WITH(word, asks)) return '?';
    if (ENDS_WITH(word, tells)) return '.';
    static const char *const nouns[] = {"필요", "중요", "주요", "수요", "개요",
                                        "동요", "소요", "강요", "요요", "불필요"};
    return pause && !ENDS_WITH(word, nouns) ? '.' : 0;
}

/* Endings among friends, which are also parts of other words: before a pause alone. c: the last characters. */
static bool plain_end(const char *word, const uint32_t *c)
{
    static const char *const ends[] = {"잖아",   "거지", "그렇지", "더라고", "이야",
                                       "아니야", "하자", "가자",   "보자"};
    bool past = coda(c[1]) == CODA_SS;
    if (c[0] == 0xC5B4 || c[0] == 0xC9C0) return past || ENDS_WITH(word, ends); /* 었어, 됐지 */
    if (c[0] == 0xB124) return coda(c[1]) > 0 && coda(c[1]) != CODA_NG; /* 겠네, 그렇네; not 동네 */
    if (c[0] == 0xAC8C) return coda(c[1]) == CODA_L;                    /* 할게 */
    return ENDS_WITH(word, ends);
}

char moim_sentence_sign_ko(const char *word, bool pause)
{
    static const char *const plain[] = {"이다", "니다", "아니다", "같다", "없다", "한다", "된다"};
    uint32_t c[3];
    int n = last_characters(word, c);
    if (n < 2) return 0;
    if (c[0] == 0xC694) return polite(word, pause);                              /* 요 */
    if (c[0] == 0xC8E0) return '.';                                              /* 죠 */
    if (c[0] == 0xAE4C && c[1] == 0xB2C8) return coda(c[2]) == CODA_B ? '?' : 0; /* ㅂ니까 */
    if (c[0] != 0xB2E4) return pause && plain_end(word, c) ? '.' : 0;            /* 다 */
    if (c[1] == 0xC2DC && coda(c[2]) == CODA_B) return '.';                      /* ㅂ시다 */
    if (c[1] == 0xB2C8 && coda(c[2]) == CODA_B) return '.';                      /* ㅂ니다 */
    bool closes = coda(c[1]) == CODA_SS || coda(c[1]) == CODA_N || ENDS_WITH(word, plain);
    return pause && closes ? '.' : 0;
}

static int add_sign(char **text, char sign)
{
    size_t n = strlen(*text);
    char *grown = realloc(*text, n + 2);
    if (!grown) return MOIM_ENOMEM;
    grown[n] = sign;
    grown[n + 1] = 0;
    *text = grown;
    return MOIM_OK;
}

static int rebuild(struct moim_hyp *h)
{
    size_t n = 1;
    for (int i = 0; i < h->n_words; i++) n += strlen(h->words[i].text) + 1;
    char *text = malloc(n), *to = text;
    if (!text) return MOIM_ENOMEM;
    *to = 0;
    for (int i = 0; i < h->n_words; i++) {
        if (i && h->words[i].space_before) *to++ = ' ';
        to = stpcpy(to, h->words[i].text);
    }
    free(h->text);
    h->text = text;
    return MOIM_OK;
}

static int punctuate(struct moim_hyp *h)
{
    int rc = MOIM_OK;
    bool changed = false;
    for (int i = 0; !rc && i < h->n_words; i++) {
        struct moim_word *w = &h->words[i];
        bool pause = i + 1 == h->n_words || w[1].start - w->end >= PAUSE;
        char sign = moim_sentence_sign_ko(w->text, pause);
        if (!sign) continue;
        rc = add_sign(&w->text, sign);
        changed = true;
    }
    return rc || !changed ? rc : rebuild(h);
}

/* Endings after which a sentence goes on, with a comma where the speaker pauses. */
static bool connects(const char *word)
{
    static const char *const ends[] = {"는데", "은데", "인데", "건데", "지만",
                                       "니까", "면서", "거든", "더니"};
    uint32_t c[3];
    return last_characters(word, c) > 2 && ENDS_WITH(word, ends);
}

/* A question that was written as a statement; true when it was. */
static bool mend_question(char *word)
{
    size_t n = strlen(word);
    if (n < 2 || word[n - 1] != '.' || word[n - 2] == '.') return false;
    word[n - 1] = 0;
    bool asks = moim_sentence_sign_ko(word, true) == '?';
    word[n - 1] = asks ? '?' : '.';
    return asks;
}

static int mend_word(struct moim_word *w, double gap, bool *changed)
{
    size_t n = strlen(w->text);
    if (mend_question(w->text)) *changed = true;
    if (!n || !(w->text[n - 1] & 0x80) || gap < PAUSE) return MOIM_OK;
    char sign = moim_sentence_sign_ko(w->text, true);
    if (!sign && gap >= COMMA_PAUSE && connects(w->text)) sign = ',';
    if (!sign) return MOIM_OK;
    *changed = true;
    return add_sign(&w->text, sign);
}

int moim_mend_signs_ko(struct moim_nbest *nb, double next)
{
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < nb->n; i++) {
        struct moim_hyp *h = &nb->hyps[i];
        bool changed = false;
        for (int k = 0; !rc && k < h->n_words; k++)
            rc = mend_word(&h->words[k],
                           (k + 1 < h->n_words ? h->words[k + 1].start : next) - h->words[k].end, &changed);
        if (!rc && changed) rc = rebuild(h);
    }
    return rc;
}

int moim_punctuate_ko(struct moim_nbest *nb)
{
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < nb->n; i++) rc = punctuate(&nb->hyps[i]);
    return rc;
}
