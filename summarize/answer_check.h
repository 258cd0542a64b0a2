/* Whether an answer about a meeting may be given: what the question is about was said there, and the answer says nothing that its
 * turns do not. */
#ifndef MOIM_SUMMARIZE_ANSWER_CHECK_H
#define MOIM_SUMMARIZE_ANSWER_CHECK_H

#include "summarize/answer.h"

/* Turns of one meeting in their order, and its title: words of the title chose the meeting and need not be said again. */
struct moim_answer_basis {
    const char *question, *title;
    const struct moim_turn_text *turns;
    int n_turns;
};

/* The content words of a question and their weights: 1 for nouns and names, less for verbs, 0 for words that
 * every question of its kind contains (a day, an amount, who is responsible). */
struct moim_question_keys {
    char word[16][64];
    double weight[16];
    int n;
};
void moim_question_keys(const char *question, struct moim_question_keys *out);

/* Whether the keys occur at most six turns from the cited ones. A quality that was not mentioned does not
 * count. */
bool moim_question_grounded(const struct moim_answer_basis *b, const int *cited, int n);
/* Whether every content word, number, name and day of the answer occurs in the cited turns; words of the
 * question may be repeated. */
bool moim_answer_grounded(const struct moim_answer_basis *b, const char *answer, const int *cited, int n);

/* Whether a text says a key as it was asked: all its syllables, or both halves of a long compound. */
bool moim_says_key(const char *text, const char *word);
/* The turn's own words as the answer; false, with nothing cited, when they are too long to quote. */
bool moim_answer_quote(const struct moim_answer_basis *b, struct moim_answer *a, int turn);
/* "칠백이십", "삼백 이십", "십이일": a number said by its Sino-Korean digits, of two syllables at least. */
bool moim_number_in_words(const char *text);
/* What an amount is asked in: "대" of "몇 대", "buttons" of "how many buttons"; "" for none. Whether a text counts in it. */
void moim_asked_unit(const char *question, char unit[32]);
bool moim_counts_in(const char *text, const char *unit);
bool moim_asks_why(const char *question);
/* Whether a turn gives a reason. */
bool moim_gives_reason(const char *text);

/* "How many did we settle on": of the turns after `turn` the last that names another amount of the same kind while something is
 * settled; -1: none. */
int moim_settled_later(const struct moim_answer_basis *b, int turn, const char *answer);

/* Lets an answer stand, puts the words of its turns in its place, or clears it: it is cleared when the question is not about what
 * was said there, or asks why and no cited turn or one beside it gives a reason; an amount that was changed later gives way to the
 * settled one. refs are indices of the basis' turns. Returns whether an answer is left. */
bool moim_answer_verify(const struct moim_answer_basis *b, struct moim_answer *a);

/* A question in two parts ("Who does it, and why?", "얼마로 정했고 누가 내지?"): the parts as questions of their own, the second with
 * the first one's subject when it names none. Returns how many, 1 or 2. */
int moim_question_parts(const char *question, char part[2][1024]);

#endif
