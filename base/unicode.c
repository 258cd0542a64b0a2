#include "base/unicode.h"
#include "base/unicode_table.h"
#include <stdbool.h>

static bool in_ranges(const struct uc_range *r, size_t n, uint32_t cp)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (cp > r[mid].last)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n && cp >= r[lo].first;
}

static bool is_space(uint32_t cp)
{
    return (cp >= 0x9 && cp <= 0xD) || cp == 0x20 || cp == 0x85 || cp == 0xA0 || cp == 0x1680 ||
           (cp >= 0x2000 && cp <= 0x200A) || cp == 0x2028 || cp == 0x2029 || cp == 0x202F || cp == 0x205F ||
           cp == 0x3000;
}

enum moim_uc moim_uc_class(uint32_t cp)
{
    if (cp < 128) {
        uint32_t low = cp | 32;
        if (low >= 'a' && low <= 'z') return MOIM_UC_LETTER;
        if (cp >= '0' && cp <= '9') return MOIM_UC_NUMBER;
        return is_space(cp) ? MOIM_UC_SPACE : MOIM_UC_OTHER;
    }
    if (cp >= 0xAC00 && cp <= 0xD7A3) return MOIM_UC_LETTER; /* Hangul syllables: the common case here */
    if (is_space(cp)) return MOIM_UC_SPACE;
    if (in_ranges(uc_letters, sizeof uc_letters / sizeof *uc_letters, cp)) return MOIM_UC_LETTER;
    if (in_ranges(uc_numbers, sizeof uc_numbers / sizeof *uc_numbers, cp)) return MOIM_UC_NUMBER;
    return MOIM_UC_OTHER;
}

size_t moim_utf8_next(const char *s, size_t n, uint32_t *cp)
{
    const unsigned char *b = (const unsigned char *)s;
    size_t len = b[0] < 0x80 ? 1 : b[0] < 0xC0 ? 0 : b[0] < 0xE0 ? 2 : b[0] < 0xF0 ? 3 : b[0] < 0xF8 ? 4 : 0;
    static const uint8_t mask[5] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    *cp = 0xFFFD;
    if (!len || len > n) return 1;
    uint32_t v = b[0] & mask[len];
    for (size_t i = 1; i < len; i++) {
        if ((b[i] & 0xC0) != 0x80) return 1;
        v = v << 6 | (b[i] & 0x3F);
    }
    if (v > 0x10FFFF) return 1;
    *cp = v;
    return len;
}

size_t moim_utf8_put(uint32_t cp, char *dst)
{
    if (cp < 0x80) {
        dst[0] = (char)cp;
        return 1;
    }
    size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, cp >>= 6) dst[i] = (char)(0x80 | (cp & 0x3F));
    static const uint8_t lead[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    dst[0] = (char)(lead[n] | cp);
    return n;
}
