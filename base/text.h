/* Text that came from outside: file names, device names, tags, what another program wrote into a store. */
#ifndef MOIM_BASE_TEXT_H
#define MOIM_BASE_TEXT_H

#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Bytes of the UTF-8 character at s, 0 when there is none: overlong forms, surrogates and what lies above
 * U+10FFFF are none. */
int moim_utf8_length(const char *s);

/* C0, DEL, and C1, which some terminals obey too. */
bool moim_is_control(const char *s);

/* CP949 (Windows, Korean) as UTF-8, malloc'ed; NULL when it is none, or may be damaged UTF-8. */
char *moim_text_from_cp949(const char *bytes);

/* Any text file's bytes as UTF-8 without a byte order mark: UTF-8, UTF-16 (with a mark, or plainly so without one) or
 * CP949, its Hangul composed. *out_n bytes and a NUL, malloc'ed. MOIM_EFORMAT when it is none of them or holds a NUL,
 * MOIM_ENOMEM. */
int moim_text_decode(const char *bytes, size_t n, char **out, size_t *out_n);

/* Hangul that macOS wrote in pieces (conjoining jamo) becomes syllables (Unicode 3.12), in place: text that looks
 * alike is alike. Only whole UTF-8 characters are looked at. */
void moim_hangul_compose(char *text);

/* Whether the text holds a Hangul syllable. */
bool moim_has_hangul(const char *text);

/* The same text as valid UTF-8 without control characters, its Hangul composed. Text that is no UTF-8 but is CP949 (Windows, Korean)
 * is decoded; other bytes and control characters are written as \xNN or \u00NN. lines: tab and line feed may
 * stay. Malloc'ed; NULL when memory runs out. */
char *moim_text_clean(const char *bytes, bool lines);
/* As above in place, cut between characters where cap bytes are too few. */
void moim_text_clean_in(char *text, size_t cap, bool lines);

/* Closes a stream of open_memstream's, whose text *text is; false when not everything was written or *text is
 * gone: its fclose says nothing when memory runs out. What *text holds is the caller's to free either way. */
bool moim_stream_end(FILE *out, char *const *text);

/* Valid UTF-8 without control characters but tab and line feed; *characters counts them. */
bool moim_text_ok(const char *text, int *characters);

/* Whether text is one of the choices "a|b|c"; an empty text is none. */
bool moim_choice_in(const char *choices, const char *text);

/* Tells whether texts are still as somebody saw them: mixes text, with its end, into h (at first MOIM_TAG). */
#define MOIM_TAG 2166136261u
uint32_t moim_tag_text(uint32_t h, const char *text);

#endif
