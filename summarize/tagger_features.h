/* What the meeting tagger sees: sentences of the meeting, each as hashed n-grams and a few numbers, and numbers for
 * pairs of turns. The one place where they are computed: training reads what `moim-eval features` writes. */
#ifndef MOIM_SUMMARIZE_TAGGER_FEATURES_H
#define MOIM_SUMMARIZE_TAGGER_FEATURES_H

#include "summarize/cues.h"
#include "summarize/dates.h"
#include "summarize/minutes.h"

#include <stdint.h>

#define MOIM_TAGGER_DENSE 48                   /* numbers of a sentence */
#define MOIM_TAGGER_LIMIT (MOIM_ACT_COUNT + 2) /* of them: a day that is a limit */
#define MOIM_TAGGER_PAIR 8                     /* numbers of a pair of turns */
#define MOIM_TAGGER_REACH 14                   /* turns between which there are pairs */

struct moim_tagger_unit {
    char *text; /* a sentence, or a piece of a long one without marks */
    int turn;
    struct moim_cue cue;
    bool has_date;
    struct moim_date date;
    size_t from, to;      /* of the day in text */
    struct moim_day *day; /* [n_days] all days it names, including those relative to recently named days */
    int n_days;
    int addressee;      /* number of the person given something or called by name, -1 none */
    char stranger[512]; /* a name with a title that is addressed and not present, or "" */
    uint32_t *gram;     /* [n_grams] hashes, not reduced, each once */
    int n_grams;
    float dense[MOIM_TAGGER_DENSE];
};

struct moim_tagger_input {
    const struct moim_minutes_request *req;
    struct moim_tagger_unit *unit; /* [n_units] in the order of speech */
    int n_units;
    int *first;          /* [n_turns + 1] number of a turn's first unit */
    int *speaker;        /* [n_turns] number of the person, -1 unknown */
    const char **person; /* [n_persons] labels, borrowed from the request */
    int n_persons;
    uint32_t **content; /* [n_turns] ascending hashes of what the turn is about */
    int *n_content;
};

/* MOIM_ENOMEM. The request must outlive the input. */
int moim_tagger_read(struct moim_tagger_input *in, const struct moim_minutes_request *req,
                     struct moim_err *err);
void moim_tagger_input_free(struct moim_tagger_input *in);

/* Numbers of turn j before turn i, 0 <= i - j <= MOIM_TAGGER_REACH. */
void moim_tagger_pair(const struct moim_tagger_input *in, int j, int i, float out[MOIM_TAGGER_PAIR]);

#endif
