/* Whether the words of a meeting support a statement about it. */
#ifndef MOIM_SUMMARIZE_EVIDENCE_H
#define MOIM_SUMMARIZE_EVIDENCE_H

#include "summarize/minutes.h"

/* Numbers, names and days of a statement are its claims. A number stands in a turn in digits or, up to 99, in
 * words; a speaker's name as a word of the text or by speaking there; a capitalised English word that begins
 * no sentence counts as a name; a day is a weekday or "다음 주" and the like. */

/* Whether the text cites turns and every claim occurs in them. */
bool moim_evidence_holds(const struct moim_turn_text *turns, int n_turns, const char *text,
                         const int *evidence, int n_evidence);

/* Adds, for each claim that the cited turns lack, the turn nearest to the first cited one that holds it, at
 * most `reach` turns away. evidence has room for cap, and ends ascending. False: some claim stands nowhere
 * there. */
bool moim_evidence_mend(const struct moim_turn_text *turns, int n_turns, const char *text, int reach,
                        int *evidence, int *n_evidence, int cap);

/* Finds what supports a statement: of the turns cited those that share something with it stay; when none
 * does, the turn that shares most takes their place; then as moim_evidence_mend. False: nothing supports it.
 */
bool moim_evidence_check(const struct moim_turn_text *turns, int n_turns, const char *statement,
                         int *evidence, int *n_evidence, int cap);

/* The share of a statement's words that begin like a word of the turns: four letters or two syllables long at
 * least, the first five letters or two syllables alike; words of speakers' names do not count. Tells a
 * summary from a fancy that only borrows a word or two. */
double moim_words_known(const struct moim_turn_text *turns, int n_turns, const char *statement);

/* Whether a list of turns holds that one. */
bool moim_cites(const int *turns, int n, int turn);
/* Whether text holds one of the strings of a list that NULL ends, case aside. */
bool moim_holds_any(const char *text, const char *const *list);
/* How much two texts say the same: Dice coefficient of their character bigrams, 0..1, spaces and case aside.
 */
double moim_text_overlap(const char *a, const char *b);
/* The share of part's character bigrams that occur in whole. */
double moim_text_covered(const char *part, const char *whole);

#endif
