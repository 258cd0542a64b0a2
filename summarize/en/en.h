/* The English pack's own parts; summarize/language.h is what others use. */
#ifndef MOIM_SUMMARIZE_EN_EN_H
#define MOIM_SUMMARIZE_EN_EN_H

#include "summarize/cues.h"
#include "summarize/language.h"

extern const struct moim_language moim_language_en;

void moim_en_note(char *out, enum moim_act act);
bool moim_en_vague(const char *note);
int moim_en_things(const char *sentence, const struct moim_turn_text *turns, int n_turns,
                   char out[][MOIM_WORD_MAX], int cap);
bool moim_en_names_object(const char *text, const struct moim_turn_text *turns, int n_turns);
bool moim_en_sound_point(const char *note, const char *sentence);

/* What the verifier asks of a line or of what was said (summarize/line_check.h). */
bool moim_en_negated(const char *s);
bool moim_en_conditional(const char *s);
bool moim_en_asks(const char *s);
bool moim_en_sound_line(const char *line, const char *source);
int moim_en_content(const char *line, char word[][64], int cap);
bool moim_en_says(const char *text, const char *word);

#endif
