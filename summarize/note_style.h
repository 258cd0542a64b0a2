/* A sentence of the meeting as a line of its notes, and who is meant in it. */
#ifndef MOIM_SUMMARIZE_NOTE_STYLE_H
#define MOIM_SUMMARIZE_NOTE_STYLE_H

#include "summarize/dates.h"
#include "summarize/findings.h"
#include "summarize/ko/endings.h"

/* Writes what act makes of the sentence. bytes from..to of it, a name that is addressed, are left out (0, 0:
 * none); of a promise or request so is the day, which has its own place. */
struct moim_language;
void moim_note_write(const struct moim_language *lang, char out[MOIM_NOTE_MAX], const char *sentence,
                     enum moim_act act, struct moim_date date, size_t from, size_t to);
/* The sentence itself between the quotation marks of the language, hesitation apart; one too long ends at a word. */
void moim_note_quote(const struct moim_language *lang, char out[MOIM_NOTE_MAX], const char *sentence);
/* English as spoken without its hesitations: "um", "uh", a word said twice in a row. In place. */
void moim_note_fluent(char *text);

/* The person that a sentence gives something to do: one of the labels (never number `speaker`), or a name
 * with a title. Receives the name, and the bytes it takes with its particle. */
bool moim_note_addressee(const char *sentence, const char *const *label, int n, int speaker, char *out,
                         size_t cap, size_t *from, size_t *to);

#endif
