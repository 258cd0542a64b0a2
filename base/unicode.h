/* The little of Unicode that tokenizers and scoring need: UTF-8 stepping and four character classes. */
#ifndef MOIM_BASE_UNICODE_H
#define MOIM_BASE_UNICODE_H

#include <stddef.h>
#include <stdint.h>

enum moim_uc {
    MOIM_UC_OTHER,
    MOIM_UC_LETTER, /* general category L* */
    MOIM_UC_NUMBER, /* general category N* */
    MOIM_UC_SPACE,  /* White_Space property */
};

enum moim_uc moim_uc_class(uint32_t cp);

/* Decodes the code point at s[0..n), n >= 1, into *cp and returns the bytes used. A malformed sequence gives
 * U+FFFD and uses one byte; overlong forms and surrogates pass (as in llama.cpp, which tokenizers follow). */
size_t moim_utf8_next(const char *s, size_t n, uint32_t *cp);

/* Encodes cp (<= 0x10FFFF) into dst[4]; returns the bytes written. */
size_t moim_utf8_put(uint32_t cp, char *dst);

#endif
