/* Sounds of hesitation ("음", "어", "um"), by which an export leaves out what nobody wants to read. Answers
 * ("네", "uh-huh") and reactions ("아", "oh") are words. Korean and English; other languages have none. */
#ifndef MOIM_LM_FILLER_H
#define MOIM_LM_FILLER_H

#include <stdbool.h>

/* Whether a word as it is written, with its signs, is a filler by itself. A word that also means something
 * ("그", "저", "well") is one only with a comma or dots behind it. lang is "ko", "en", ... */
bool moim_is_filler(const char *lang, const char *word);

/* filler[n] of the words[n] of a line in order: as above, and such a word before a filler ("그 어 제가"). */
void moim_mark_fillers(const char *lang, const char *const *words, int n, bool *filler);

/* text, whose words are parted by spaces, without its fillers: a sentence's sign goes to the word before, a capital to
 * the word after. "" where nothing else is said. The result is malloc'ed, NULL when memory runs out. */
char *moim_without_fillers(const char *lang, const char *text);

#endif
