#include "storage/person_names.h"
#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Particles with two forms: after a final consonant, after a vowel. */
static const char *const pair[][2] = {{"으로부터", "로부터"}, {"으로서", "로서"}, {"이라고", "라고"},
                                      {"이라는", "라는"},     {"이라도", "라도"}, {"이랑", "랑"},
                                      {"이나", "나"},         {"으로", "로"},     {"은", "는"},
                                      {"이", "가"},           {"을", "를"},       {"과", "와"}};
#define PAIRS ((int)(sizeof pair / sizeof *pair))

static const char *const fixed[] = {"에게서는", "에게서", "에게는", "에게도", "에게", "한테서", "한테는",
                                    "한테",     "께서는", "께서",   "께는",   "께",   "까지",   "부터",
                                    "처럼",     "보다",   "도",     "만",     "의",   "측",     NULL};

static unsigned decode(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    if (u[0] < 0x80) return u[0];
    if (u[0] < 0xe0) return (u[0] & 0x1fu) << 6 | (u[1] & 0x3fu);
    if (u[0] < 0xf0) return (u[0] & 0xfu) << 12 | (u[1] & 0x3fu) << 6 | (u[2] & 0x3fu);
    return (u[0] & 7u) << 18 | (u[1] & 0x3fu) << 12 | (u[2] & 0x3fu) << 6 | (u[3] & 0x3fu);
}

/* The character that ends before p. */
static unsigned before(const char *text, const char *p)
{
    if (p == text) return 0;
    do p--;
    while (p > text && ((unsigned char)*p & 0xc0) == 0x80);
    return decode(p);
}

static bool is_letter(unsigned c)
{
    if (c < 0x80) return isalnum((int)c);
    return c != 0xb7 && !(c >= 0x2000 && c < 0x2070) && !(c >= 0x3000 && c < 0x3040) &&
           !(c >= 0xff00 && c < 0xff10);
}

static bool is_hangul(unsigned c)
{
    return c >= 0xac00 && c <= 0xd7a3;
}

/* How a name ends when read aloud: 0 a vowel, 1 a consonant, 8 the consonant ㄹ, -1 not known. */
static int final_of(const char *name)
{
    static const int digit[] = {1, 8, 0, 1, 0, 0, 1, 8, 8, 0}; /* 영 일 이 삼 사 오 육 칠 팔 구 */
    unsigned c = before(name, name + strlen(name));
    if (c >= '0' && c <= '9') return digit[c - '0'];
    if (!is_hangul(c)) return -1;
    unsigned jong = (c - 0xac00) % 28;
    return jong == 8 ? 8 : jong != 0;
}

static bool starts(const char *p, const char *with)
{
    return !strncmp(p, with, strlen(with));
}

/* What follows a name, p: *n bytes of particle that it takes along (0: none), and which pair it is (-1: none). False when the
 * name goes on: it was another word. */
static bool ends_here(const char *p, size_t *n, int *which)
{
    *n = 0;
    *which = -1;
    if (!is_letter(decode(p))) return true;
    bool title = starts(p, "님") || starts(p, "씨");
    size_t skip = title ? strlen("님") : 0;
    if (title && !is_letter(decode(p + skip))) return true;
    for (int i = 0; i < 2 * PAIRS; i++) {
        const char *form = pair[i / 2][i % 2];
        if (!starts(p + skip, form) || is_letter(decode(p + skip + strlen(form)))) continue;
        if (title) return true;
        *n = strlen(form);
        *which = i / 2;
        return true;
    }
    for (int i = 0; fixed[i]; i++)
        if (starts(p + skip, fixed[i]) && !is_letter(decode(p + skip + strlen(fixed[i])))) return true;
    return false;
}

char *moim_name_replace(const char *text, const char *old, const char *new_name, bool *changed)
{
    char *out = NULL;
    size_t size, len = strlen(old);
    FILE *f = open_memstream(&out, &size);
    *changed = false;
    if (!f) return NULL;
    int final = final_of(new_name);
    for (const char *p = text; *p;) {
        size_t n;
        int which;
        bool here =
            len && !strncmp(p, old, len) && !is_letter(before(text, p)) && ends_here(p + len, &n, &which);
        if (!here) {
            fputc(*p++, f);
            continue;
        }
        *changed = true;
        fputs(new_name, f);
        p += len;
        if (which < 0 || final < 0) continue;
        /* 으로 is 로 after ㄹ too. */
        bool vowel = final == 0 || (final == 8 && starts(pair[which][0], "으로"));
        fputs(pair[which][vowel], f);
        p += n;
    }
    if (moim_stream_end(f, &out)) return out;
    free(out);
    return NULL;
}
