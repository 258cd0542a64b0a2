/* What was settled, taken on and left open in a meeting. A learned tagger (summarize/tagger.h) judges each turn
 * in its surroundings and links what belongs together: a settling turn to its proposal, a request to its
 * answer, a day to its task. Cues (summarize/cues.h), days and addressees are features of it and resolve owner
 * and day. No model but the tagger's own weights takes part, and these are part of the program. */
#ifndef MOIM_SUMMARIZE_FINDINGS_H
#define MOIM_SUMMARIZE_FINDINGS_H

#include "summarize/cues.h"
#include "summarize/minutes.h"

#define MOIM_FINDING_TURNS 8

struct moim_tagger; /* summarize/tagger.h */

enum moim_finding_kind { MOIM_FOUND_DECISION, MOIM_FOUND_ACTION, MOIM_FOUND_QUESTION };

struct moim_finding {
    enum moim_finding_kind kind;
    /* A line for the minutes without any language model: a note where the ending of the sentence is known, else
     * the cleaned words of the turns that make the finding (proposal and settling turn, request and answer). */
    char *text;
    char *source;  /* the sentence of turn `head` that makes the finding; UTF-8, never empty */
    char *context; /* the sentence that it answers, settles or accepts (of turn `about`), or "" */
    char
        owner[512]; /* a speaker's label, a name that occurs, or ""; empty unless kind is MOIM_FOUND_ACTION */
    char due_text[96]; /* the words of the day as spoken in turn `due`, or "" */
    char due_date[11]; /* YYYY-MM-DD or "" */
    bool vague;        /* text quotes, or does not say by itself what about: a model may word it */
    bool quoted;       /* text is a quotation, not a note */
    float probability; /* calibrated probability, 0..1, of this kind */
    bool doubtful;     /* probable enough to be shown, not to be asserted ("to be confirmed") */
    /* Turns by role; -1: none. All but `head` may be -1; the others are in turns. */
    int head;      /* settles the decision; promises or asks for the task; asks the question */
    int about;     /* the proposal that was settled; the question or remark that a promise answers */
    int accept;    /* accepts a task that was asked for */
    int due;       /* names the day */
    int condition; /* under which it holds; a decision or task */
    int put_off;   /* puts the question off */
    int topic;     /* before the head, to say what it is about where that does not */
    int turns[MOIM_FINDING_TURNS]; /* what to cite: indices of turns, ascending, `head` among them */
    int n_turns;                   /* >= 1 */
};

/* Ascending by head; for equal heads decisions, tasks, questions. */
struct moim_findings {
    struct moim_finding *list;
    int n;
    float *tag; /* [n_turns][MOIM_TAGS] what each turn does (summarize/tagger.h), or NULL */
};

/* MOIM_ENOMEM. Only turns, language and date of the request are read. */
int moim_findings_get(const struct moim_minutes_request *req, struct moim_findings *out,
                      struct moim_err *err);
/* The same by other weights than the program's. */
int moim_findings_with(const struct moim_tagger *tagger, const struct moim_minutes_request *req,
                       struct moim_findings *out, struct moim_err *err);
void moim_findings_free(struct moim_findings *f);

#endif
