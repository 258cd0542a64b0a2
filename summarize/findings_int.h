/* Inside of findings, for summarize/findings*.c only. */
#ifndef MOIM_SUMMARIZE_FINDINGS_INT_H
#define MOIM_SUMMARIZE_FINDINGS_INT_H

#include "summarize/findings.h"
#include "summarize/language.h"
#include "summarize/tagger.h"

struct moim_hunt {
    const struct moim_minutes_request *req;
    const struct moim_tagger *tagger;
    struct moim_tagger_input in;
    struct moim_tagging t;
    struct moim_findings *out;
    const struct moim_language *lang;
};

/* The sentence of a turn that speaks most for a tag. */
int moim_hunt_unit(const struct moim_hunt *h, int turn, enum moim_tag tag);
/* Probability that turn i does what tag says to turn j before it. */
double moim_hunt_linked(const struct moim_hunt *h, int i, int j, enum moim_tag tag, enum moim_link link);

/* Adds a turn to those that are cited, in order; -1 adds none. */
void moim_finding_cite(struct moim_finding *f, int turn);

/* Owner and day of a task whose head, and acceptance if any, are known. */
void moim_hunt_owner(const struct moim_hunt *h, struct moim_finding *f);
void moim_hunt_due(const struct moim_hunt *h, struct moim_finding *f);
bool moim_hunt_names_day(const struct moim_hunt *h, int turn);
/* Whether a turn names a day and says little else. */
bool moim_hunt_only_day(const struct moim_hunt *h, int turn);
/* Whether the turn names the day that the task has. */
bool moim_hunt_same_day(const struct moim_hunt *h, const struct moim_finding *f, int turn);
/* "언제까지?", "By when?": asks a task its day and is none. */
bool moim_hunt_asks_when(const struct moim_hunt *h, int turn);
bool moim_hunt_first_person(const char *text);
/* Whether turn i asks another for something rather than promises it. */
bool moim_hunt_asked(const struct moim_hunt *h, int i);

/* Whether a word points to what was said before: "그거", "that". */
bool moim_hunt_points(const char *text);
/* Whether a turn holds little content: "네, 받아 올게요". */
bool moim_hunt_thin(const struct moim_hunt *h, int turn);
/* All turns that a finding cites, in quotation marks; the caller frees. NULL when memory runs out. */
char *moim_hunt_quote(const struct moim_hunt *h, const struct moim_finding *f);
/* Fills text, source, context, vague and quoted. MOIM_ENOMEM. */
int moim_hunt_word(const struct moim_hunt *h, struct moim_finding *f);

#endif
