#include "lm/stock.h"
#include "base/unicode.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define MOST 160 /* bytes of letters; what is longer says more */

/* Letters alone, without spaces and signs. '*' stands for any letters, as a reporter's name. */
static const char *const ko[] = {"시청해주셔서감사합니다",
                                 "지금까지시청해주셔서감사합니다",
                                 "영상봐주셔서감사합니다",
                                 "끝까지시청해주셔서감사합니다",
                                 "오늘도시청해주셔서감사합니다",
                                 "구독과좋아요부탁드립니다",
                                 "구독과좋아요알림설정부탁드립니다",
                                 "구독좋아요부탁드려요",
                                 "다음영상에서만나요",
                                 "다음영상에서뵙겠습니다",
                                 "다음시간에만나요",
                                 "mbc뉴스*",
                                 "kbs뉴스*",
                                 "sbs뉴스*",
                                 "*입니다mbc뉴스*",
                                 "한글자막by*",
                                 "한국어자막by*",
                                 "자막제공*",
                                 "자막*한효정",
                                 "배달의민족광고였습니다",
                                 NULL};
static const char *const en[] = {"thankyouforwatching",
                                 "thanksforwatching",
                                 "thankyousomuchforwatching",
                                 "thankyouverymuchforwatching",
                                 "thankyouforwatching*",
                                 "pleasesubscribe*",
                                 "subscribetomychannel",
                                 "likeandsubscribe",
                                 "seeyouinthenextvideo",
                                 "illseeyouinthenextvideo",
                                 "subtitlesby*",
                                 "transcriptionby*",
                                 "captionsby*",
                                 "*amaraorg*",
                                 "musicplaying",
                                 NULL};

/* Letters of text, lowered, into to[MOST + 1]; false when there are more. */
static bool letters_of(const char *text, char *to)
{
    size_t n = strlen(text), used, k = 0;
    for (size_t i = 0; i < n; i += used) {
        uint32_t c;
        used = moim_utf8_next(text + i, n - i, &c);
        enum moim_uc kind = moim_uc_class(c);
        if (kind != MOIM_UC_LETTER && kind != MOIM_UC_NUMBER) continue;
        if (k + used > MOST) return false;
        memcpy(to + k, text + i, used);
        if (used == 1) to[k] = (char)tolower((unsigned char)to[k]);
        k += used;
    }
    to[k] = 0;
    return k > 0;
}

static bool fits(const char *pattern, const char *text)
{
    if (!*pattern) return !*text;
    if (*pattern != '*') return *pattern == *text && fits(pattern + 1, text + 1);
    for (;; text++) {
        if (fits(pattern + 1, text)) return true;
        if (!*text) return false;
    }
}

bool moim_is_stock_phrase(const char *lang, const char *text)
{
    char letters[MOST + 1];
    const char *const *list = !strcmp(lang, "ko") ? ko : !strcmp(lang, "en") ? en : NULL;
    if (!list || !letters_of(text, letters)) return false;
    for (; *list; list++)
        if (fits(*list, letters)) return true;
    return false;
}
