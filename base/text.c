#include "base/text.h"

/* Length of the UTF-8 character at s, 0 when there is none: overlong forms, surrogates and what lies above
 * U+10FFFF are none. */
static int utf8_length(const unsigned char *s)
{
    if (s[0] < 0x80) return 1;
    int n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4) return 0;
    for (int i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f)) return 0;
    if ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)) return 0;
    return n;
}

bool moim_text_ok(const char *text, int *characters)
{
    const unsigned char *s = (const unsigned char *)text;
    *characters = 0;
    while (*s) {
        int n = utf8_length(s);
        if (!n || (*s < 32 && *s != '\n' && *s != '\t') || *s == 127) return false;
        s += n;
        (*characters)++;
    }
    return true;
}
