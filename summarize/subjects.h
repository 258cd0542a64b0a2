/* What a meeting is about: the things that were spoken of, with how probably a good title, topic or summary names each. */
#ifndef MOIM_SUMMARIZE_SUBJECTS_H
#define MOIM_SUMMARIZE_SUBJECTS_H

#include "summarize/minutes_int.h"

#define MOIM_SUBJECT_FEATURES 34

struct moim_subject {
    char text[MOIM_WORD_MAX + 12];   /* as it was said, without particle or article */
    int turn;                        /* where it is said first */
    int turns;                       /* that say it */
    double worth;                    /* log-odds that summary or keys name it */
    double names;                    /* log-odds that it names, by itself, what was discussed */
    double titles;                   /* the same, and log-odds that a title has it */
    double f[MOIM_SUBJECT_FEATURES]; /* what it rests on */
};

/* Fills subject[]; findings, units and topics are known. MOIM_ENOMEM. */
int moim_subjects_read(struct moim_job *j, struct moim_err *err);
/* In how many of the turns [a, b) it is said. */
int moim_subject_turns(const struct moim_job *j, const struct moim_subject *s, int a, int b);

/* title.c: the subjects that stand out in turns [a, b), at most `most`, none that names a topic already; "" when there are none.
 * MOIM_ENOMEM. */
int moim_name_part(const struct moim_job *j, int a, int b, int most, char out[MOIM_NOTE_MAX]);

/* title.c: the subjects of the whole meeting, in its order: at most `most`, after the first only what is probable; and the turns where each
 * is said first. MOIM_ENOMEM. */
int moim_name_meeting(const struct moim_job *j, int most, char out[MOIM_NOTE_MAX], int *turn, int *n_turns);

/* Whether two texts share a content word. */
bool moim_shares_word(const struct moim_language *l, const char *a, const char *b);

#endif
