/* Korean sentence ends from the words themselves: a text that a recogniser wrote without any sign gets full
 * stops and question marks after the endings that close a sentence (-ㅂ니다, -어요, -ㅂ니까, ...). */
#ifndef MOIM_LM_PUNCTUATE_H
#define MOIM_LM_PUNCTUATE_H

#include "nn/nbest.h"
#include <stdbool.h>

/* True when text holds a full stop, a question mark or an exclamation mark. */
bool moim_punctuated(const char *text);

/* The sign that a Korean word calls for: '.', '?', or 0. A plain ending (했다, 이다) and an elliptic one (하고요) close a sentence only
 * before a pause. */
char moim_sentence_sign_ko(const char *word, bool pause);

/* Puts signs into every hypothesis of a Korean list, into its words and its text; the list's last word is
 * taken to stand before a pause. Errors: MOIM_ENOMEM. */
int moim_punctuate_ko(struct moim_nbest *nb);

/* Puts into a list that has signs those that it lacks: sentence ends and, after an ending that connects, commas, each
 * only where the speaker pauses; "-ㅂ니까." becomes a question. next: when the words after the list begin, in seconds;
 * INFINITY: none follow. Errors: MOIM_ENOMEM. */
int moim_mend_signs_ko(struct moim_nbest *nb, double next);

#endif
