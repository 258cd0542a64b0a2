#include "base/text.h"

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int moim_utf8_length(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    if (s[0] < 0x80) return 1;
    int n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4) return 0;
    for (int i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f)) return 0;
    if ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)) return 0;
    return n;
}

bool moim_is_control(const char *s)
{
    unsigned char c = (unsigned char)*s;
    return c < 0x20 || c == 0x7f || (c == 0xc2 && (unsigned char)s[1] < 0xa0);
}

/* Some byte is no UTF-8, and none of it looks like Korean in UTF-8 that was damaged: maybe CP949. */
static bool may_be_cp949(const char *s)
{
    bool broken = false;
    for (int n; *s; s += n ? n : 1) {
        n = moim_utf8_length(s);
        broken |= !n;
        if (n > 2) return false;
    }
    return broken;
}

static bool is_clean(const char *s, bool lines)
{
    for (int n; *s; s += n)
        if (!(n = moim_utf8_length(s)) || (moim_is_control(s) && !(lines && (*s == '\n' || *s == '\t'))))
            return false;
    return true;
}

char *moim_text_from_cp949(const char *bytes)
{
    if (!may_be_cp949(bytes)) return NULL;
    size_t left = strlen(bytes), room = 3 * left + 1;
    char *out = malloc(room), *to = out, *from = strdup(bytes), *at = from;
    iconv_t cd = iconv_open("UTF-8", "CP949");
    bool whole = out && from && cd != (iconv_t)-1 && iconv(cd, &at, &left, &to, &room) == 0 && !left;
    if (cd != (iconv_t)-1) iconv_close(cd);
    free(from);
    if (whole) {
        *to = 0;
        return out;
    }
    free(out);
    return NULL;
}

static char *escape(const char *s, bool lines)
{
    char *out = malloc(6 * strlen(s) + 1), *to = out;
    if (!out) return NULL;
    for (int n; *s; s += n ? n : 1) {
        n = moim_utf8_length(s);
        bool stays = n && (!moim_is_control(s) || (lines && (*s == '\n' || *s == '\t')));
        if (stays)
            memcpy(to, s, (size_t)n), to += n;
        else
            to += n == 2 ? sprintf(to, "\\u%04x", (unsigned char)s[1])
                         : sprintf(to, "\\x%02x", (unsigned char)*s);
    }
    *to = 0;
    return out;
}

char *moim_text_clean(const char *bytes, bool lines)
{
    if (is_clean(bytes, lines)) return strdup(bytes);
    char *korean = moim_text_from_cp949(bytes);
    char *clean = escape(korean ? korean : bytes, lines);
    free(korean);
    return clean;
}

/* A text that fills its buffer may have been cut within a character. */
static void drop_cut_character(char *text, size_t cap)
{
    size_t n = strlen(text), at = n;
    if (n + 1 < cap) return;
    while (at && n - at < 4 && ((unsigned char)text[at - 1] & 0xc0) == 0x80) at--;
    if (at && (unsigned char)text[at - 1] >= 0xc0 && !moim_utf8_length(text + at - 1)) text[at - 1] = 0;
}

void moim_text_clean_in(char *text, size_t cap, bool lines)
{
    drop_cut_character(text, cap);
    if (is_clean(text, lines)) return;
    char *clean = moim_text_clean(text, lines);
    size_t n = 0;
    for (int k; clean && clean[n] && n + (size_t)(k = moim_utf8_length(clean + n)) < cap; n += (size_t)k) {
    }
    if (clean) memcpy(text, clean, n);
    text[n] = 0;
    free(clean);
}

bool moim_text_ok(const char *text, int *characters)
{
    *characters = 0;
    for (int n; *text; text += n, (*characters)++)
        if (!(n = moim_utf8_length(text)) || (moim_is_control(text) && *text != '\n' && *text != '\t'))
            return false;
    return true;
}

bool moim_stream_end(FILE *out)
{
    bool failed = ferror(out);
    return !fclose(out) && !failed;
}

uint32_t moim_tag_text(uint32_t h, const char *text)
{
    do h = (h ^ (unsigned char)*text) * 16777619u; /* FNV-1a */
    while (*text++);
    return h;
}
