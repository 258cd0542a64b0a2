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

/* More bytes that are no UTF-8 than syllables that are (two bytes of CP949 may look like one): maybe CP949; Korean in
 * UTF-8 that was damaged has more syllables. */
static bool may_be_cp949(const char *s)
{
    size_t broken = 0, syllables = 0;
    for (int n; *s; s += n ? n : 1) {
        n = moim_utf8_length(s);
        broken += !n;
        syllables += n > 2;
    }
    return broken > syllables;
}

static bool is_clean(const char *s, bool lines)
{
    for (int n; *s; s += n)
        if (!(n = moim_utf8_length(s)) || (moim_is_control(s) && !(lines && (*s == '\n' || *s == '\t'))))
            return false;
    return true;
}

/* MOIM_EFORMAT: bytes[n] are not of that encoding. */
static int convert(const char *from, const char *bytes, size_t n, char **out, size_t *out_n)
{
    size_t room = 3 * n + 4, left = n;
    char *in = malloc(n + 1), *text = malloc(room + 1), *at = in, *to = text;
    iconv_t cd = in && text ? iconv_open("UTF-8", from) : (iconv_t)-1;
    int rc = cd != (iconv_t)-1 ? MOIM_OK : MOIM_ENOMEM;
    if (!rc) {
        memcpy(in, bytes, n);
        if (iconv(cd, &at, &left, &to, &room) == (size_t)-1 || left) rc = MOIM_EFORMAT;
        iconv_close(cd);
    }
    free(in);
    if (rc) {
        free(text);
        return rc;
    }
    *to = 0;
    *out = text;
    *out_n = (size_t)(to - text);
    return MOIM_OK;
}

char *moim_text_from_cp949(const char *bytes)
{
    char *text;
    size_t n;
    if (!may_be_cp949(bytes)) return NULL;
    return convert("CP949", bytes, strlen(bytes), &text, &n) ? NULL : text;
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

/* ---- Hangul ---- */

enum {
    L_FIRST = 0x1100,
    L_COUNT = 19,
    V_FIRST = 0x1161,
    V_COUNT = 21,
    T_FIRST = 0x11A7,
    T_COUNT = 28,
    S_FIRST = 0xAC00
};

/* A conjoining jamo or a syllable at s, three bytes each; 0: neither. */
static unsigned hangul_at(const char *s)
{
    const unsigned char *b = (const unsigned char *)s;
    if (b[0] < 0xE1 || b[0] > 0xED || (b[1] & 0xC0) != 0x80 || (b[2] & 0xC0) != 0x80) return 0;
    return (unsigned)(b[0] & 15) << 12 | (unsigned)(b[1] & 63) << 6 | (b[2] & 63);
}

static unsigned with_vowel(unsigned l, unsigned v)
{
    if (l < L_FIRST || l >= L_FIRST + L_COUNT || v < V_FIRST || v >= V_FIRST + V_COUNT) return 0;
    return S_FIRST + ((l - L_FIRST) * V_COUNT + (v - V_FIRST)) * T_COUNT;
}

static unsigned with_final(unsigned s, unsigned t)
{
    bool open = s >= S_FIRST && s < S_FIRST + L_COUNT * V_COUNT * T_COUNT && (s - S_FIRST) % T_COUNT == 0;
    return open && t > T_FIRST && t < T_FIRST + T_COUNT ? s + (t - T_FIRST) : 0;
}

static char *put_syllable(char *to, unsigned c)
{
    *to++ = (char)(0xE0 | c >> 12);
    *to++ = (char)(0x80 | (c >> 6 & 63));
    *to++ = (char)(0x80 | (c & 63));
    return to;
}

void moim_hangul_compose(char *text)
{
    char *from, *to;
    if (!strstr(text, "\xE1\x85") && !strstr(text, "\xE1\x86") && !strstr(text, "\xE1\x87"))
        return; /* no vowel, no final */
    for (from = to = text; *from;) {
        unsigned c = hangul_at(from), made = c ? with_vowel(c, hangul_at(from + 3)) : 0;
        size_t used = made ? 6 : 3;
        if (!made) made = c;
        unsigned whole = made ? with_final(made, hangul_at(from + used)) : 0;
        if (whole) used += 3;
        if (c && (whole || used > 3)) {
            to = put_syllable(to, whole ? whole : made);
            from += used;
        } else {
            *to++ = *from++;
        }
    }
    *to = 0;
}

char *moim_text_clean(const char *bytes, bool lines)
{
    bool well = is_clean(bytes, lines);
    char *korean = well ? NULL : moim_text_from_cp949(bytes);
    char *clean = well ? strdup(bytes) : escape(korean ? korean : bytes, lines);
    free(korean);
    if (clean) moim_hangul_compose(clean);
    return clean;
}

/* ---- files ---- */

/* The byte order of what is UTF-16, by its mark or, without one, by where its zeros are; NULL: it is not. */
static const char *wide_order(const char *b, size_t n, size_t *mark)
{
    size_t zero[2] = {0}, look = n < 512 ? n & ~(size_t)1 : 512;
    *mark = 2;
    if (n >= 2 && !memcmp(b, "\xFF\xFE", 2)) return "UTF-16LE";
    if (n >= 2 && !memcmp(b, "\xFE\xFF", 2)) return "UTF-16BE";
    *mark = 0;
    if (n < 4 || n & 1) return NULL;
    for (size_t i = 0; i < look; i++) zero[i & 1] += !b[i];
    if (zero[1] > look / 16 && !zero[0]) return "UTF-16LE";
    return zero[0] > look / 16 && !zero[1] ? "UTF-16BE" : NULL;
}

static bool is_utf8(const char *s, size_t n)
{
    size_t at = 0;
    for (int k; at < n && (k = moim_utf8_length(s + at)); at += (size_t)k) continue;
    return at == n;
}

static int copy_bytes(const char *bytes, size_t n, char **out, size_t *out_n)
{
    *out = malloc(n + 1);
    if (!*out) return MOIM_ENOMEM;
    memcpy(*out, bytes, n);
    (*out)[n] = 0;
    *out_n = n;
    return MOIM_OK;
}

int moim_text_decode(const char *bytes, size_t n, char **out, size_t *out_n)
{
    size_t mark;
    const char *order = wide_order(bytes, n, &mark);
    *out = NULL;
    if (!order) mark = n >= 3 && !memcmp(bytes, "\xEF\xBB\xBF", 3) ? 3 : 0;
    int rc = order ? convert(order, bytes + mark, n - mark, out, out_n)
                   : copy_bytes(bytes + mark, n - mark, out, out_n);
    if (!rc && strlen(*out) == *out_n && !is_utf8(*out, *out_n)) {
        char *korean = NULL;
        rc = may_be_cp949(*out) ? convert("CP949", *out, *out_n, &korean, out_n) : MOIM_EFORMAT;
        free(*out);
        *out = korean;
    }
    if (!rc && strlen(*out) != *out_n) rc = MOIM_EFORMAT;
    if (rc) {
        free(*out);
        *out = NULL;
        return rc;
    }
    moim_hangul_compose(*out);
    *out_n = strlen(*out);
    return MOIM_OK;
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
    moim_hangul_compose(text);
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

bool moim_stream_end(FILE *out, char *const *text)
{
    bool failed = ferror(out);
    return !fclose(out) && !failed && *text;
}

bool moim_has_hangul(const char *text)
{
    /* U+AC00 to U+D7A3 begin with the bytes EA to ED; what else begins so is private or rare. */
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (*p >= 0xea && *p <= 0xed) return true;
    return false;
}

uint32_t moim_tag_text(uint32_t h, const char *text)
{
    do h = (h ^ (unsigned char)*text) * 16777619u; /* FNV-1a */
    while (*text++);
    return h;
}

bool moim_choice_in(const char *choices, const char *text)
{
    size_t n = strlen(text);
    for (const char *p = choices; n && p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
        if (!strncmp(p, text, n) && (p[n] == '|' || !p[n])) return true;
    return false;
}
