/* Sentences that Whisper learned from subtitles of films and broadcasts and writes where nobody speaks. */
#ifndef MOIM_LM_STOCK_H
#define MOIM_LM_STOCK_H

#include <stdbool.h>

/* Whether text says nothing but such a sentence, in whatever signs, spaces and capitals. lang is "ko", "en", ... */
bool moim_is_stock_phrase(const char *lang, const char *text);

#endif
