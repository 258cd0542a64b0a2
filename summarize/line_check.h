/* The verifier of a finding's line: each claim must occur in the cited turns in the same sense. It adds no
 * citation: other turns do not count. */
#ifndef MOIM_SUMMARIZE_LINE_CHECK_H
#define MOIM_SUMMARIZE_LINE_CHECK_H

#include "summarize/findings.h"
#include "summarize/language.h"

enum moim_line_fault {
    MOIM_LINE_TRUE,
    MOIM_LINE_FORM,      /* an ending that is not known, words that only point, nothing it is about */
    MOIM_LINE_CLAIM,     /* a number, name or day that the cited turns lack */
    MOIM_LINE_UNSAID,    /* a content word that they lack */
    MOIM_LINE_POLARITY,  /* says yes where no was said, or no where yes was */
    MOIM_LINE_MOOD,      /* a question as a fact, or a fact as a question */
    MOIM_LINE_CONDITION, /* what holds only under a condition, without it */
    MOIM_LINE_SUBJECT,   /* names somebody else as who does it */
};

/* cited: indices of turns; unsaid receives the first word that was not said ("" otherwise), may be NULL. */
enum moim_line_fault moim_line_check(const struct moim_language *lang, const struct moim_turn_text *turns,
                                     int n_turns, const struct moim_finding *f, const char *line,
                                     char unsaid[MOIM_WORD_MAX]);

/* Whether every content word of a statement occurs in a cited turn or in the name of its speaker. */
bool moim_words_said(const struct moim_language *lang, const struct moim_turn_text *turns, const int *cited,
                     int n_cited, const char *statement, char unsaid[MOIM_WORD_MAX]);

/* Finds the turns that a statement rests on, near one another: of turns [a, b) the one that says most of its content words (of
 * `speaker`, if not NULL), then those at most `reach` turns away that say what it lacks. True when they say every word but `spare`
 * of them, hold its numbers, names and days, and mean it the same way. cited ascending. */
bool moim_find_support(const struct moim_language *lang, const struct moim_turn_text *turns, int a, int b,
                       const char *statement, const char *speaker, int reach, int spare, int *cited,
                       int *n_cited, int cap);

#endif
