/* The text of a WebVTT cue: who speaks, and the words without tags and entities. */
#ifndef MOIM_STORAGE_CUE_TEXT_H
#define MOIM_STORAGE_CUE_TEXT_H

#include <stddef.h>

/* The name in the first voice tag ("<v Name>", also with classes), as it is written: *n_who bytes within said; NULL when
 * there is none. */
const char *moim_cue_voice(const char *said, size_t n, size_t *n_who);
/* Rewrites the n bytes at said in place, without tags and with entities as what they stand for; returns how many are
 * left. */
size_t moim_cue_words(char *said, size_t n);

#endif
