/* The Korean pack's own parts; summarize/language.h is what others use. */
#ifndef MOIM_SUMMARIZE_KO_KO_H
#define MOIM_SUMMARIZE_KO_KO_H

#include "summarize/cues.h"
#include "summarize/ko/endings.h"
#include "summarize/language.h"

extern const struct moim_language moim_language_ko;

void moim_ko_note(char *out, enum moim_act act);
void moim_ko_unaddressed(char *out, size_t from);
size_t moim_ko_clause(const char *sentence);
bool moim_ko_vague(const char *note);
int moim_ko_things(const char *sentence, const struct moim_turn_text *turns, int n_turns,
                   char out[][MOIM_WORD_MAX], int cap);
bool moim_ko_names_object(const char *text, const struct moim_turn_text *turns, int n_turns);
bool moim_ko_sound_point(const char *note, const char *sentence);

/* What the verifier asks of a line or of what was said (summarize/line_check.h). */
bool moim_ko_negated(const char *s);
bool moim_ko_conditional(const char *s);
bool moim_ko_asks(const char *s);
bool moim_ko_sound_line(const char *line, const char *source);
int moim_ko_content(const char *line, char word[][64], int cap);
bool moim_ko_says(const char *text, const char *word);

#endif
