/* Which letters of a text must go. Internal to redact.c. */
#ifndef MOIM_FIRMWARE_LIBRARY_REDACT_MARKS_H
#define MOIM_FIRMWARE_LIBRARY_REDACT_MARKS_H

#include <stdbool.h>
#include <stddef.h>

/* hit[strlen(text)], zeroed by the caller, gets true at each byte of every occurrence of word. */
void moim_mark_word(const char *text, const char *word, bool *hit);
void moim_mark_numbers(const char *text, bool *hit);
/* The text with each run of marked bytes replaced by with; white space between two runs goes with them. Malloc'ed; NULL
 * when memory runs out. */
char *moim_unmarked(const char *text, const bool *hit, const char *with);

#endif
