/* What a question asks for: kinds of answer, the thing it asks about, and whether a text holds an answer of that kind. */
#ifndef MOIM_SUMMARIZE_INQUIRY_H
#define MOIM_SUMMARIZE_INQUIRY_H

#include "summarize/answer_check.h"

enum moim_asked { /* bits: "who and by when" asks for two */
                  MOIM_ASKED_WHO = 1,
                  MOIM_ASKED_DAY = 2,
                  MOIM_ASKED_HOUR = 4,
                  MOIM_ASKED_COUNT = 8,
                  MOIM_ASKED_MONEY = 16,
                  MOIM_ASKED_SPAN = 32, /* how long */
                  MOIM_ASKED_WHY = 64,
                  MOIM_ASKED_WHERE = 128,
                  MOIM_ASKED_WHAT = 256,
                  MOIM_ASKED_HOW = 512,
                  MOIM_ASKED_NAME = 1024,    /* what somebody or something is called */
                  MOIM_ASKED_AGE = 2048,     /* of a person */
                  MOIM_ASKED_CONTACT = 4096, /* number, address or password */
                  MOIM_ASKED_WHETHER = 8192  /* yes or no */
};
#define MOIM_ASKED_KINDS 14
/* Kinds whose answers have a form of their own: a text without it cannot answer. */
#define MOIM_ASKED_FORMAL                                                                                    \
    (MOIM_ASKED_DAY | MOIM_ASKED_HOUR | MOIM_ASKED_COUNT | MOIM_ASKED_MONEY | MOIM_ASKED_SPAN |              \
     MOIM_ASKED_AGE | MOIM_ASKED_CONTACT | MOIM_ASKED_NAME)

struct moim_inquiry {
    const char *text;
    unsigned kinds; /* MOIM_ASKED_... */
    char unit[32];  /* that a count is asked in, or "" */
    char head[64];  /* the attribute or sort that is asked for: "입장료", "surname", "fish"; or "" */
    bool settled;   /* asks what came out, not what was proposed */
    struct moim_question_keys keys;
};

void moim_inquiry_read(struct moim_inquiry *q, const char *text);
/* Which of the kinds asked for a text could answer by its form. What is said by somebody in the first person names its speaker. */
unsigned moim_inquiry_answered(const struct moim_inquiry *q, const char *text);
/* Whether a text names a number, in digits or in words. */
bool moim_names_number(const char *text);

#endif
