/* How often lines are their speaker's, by how sure they are of it: the calibration of asr/certainty.h. */
#ifndef MOIM_EVAL_CERTAINTY_H
#define MOIM_EVAL_CERTAINTY_H

#include "asr/diarize.h"

#include <stdio.h>

#define MOIM_EVAL_BINS 6

struct moim_calibration {
    int lines[MOIM_EVAL_BINS], right[MOIM_EVAL_BINS];
    double told[MOIM_EVAL_BINS]; /* sum of the certainties */
    double loss;                 /* sum of -ln of the probability given to what is so */
};

/* Makes lines of 0.3 s words where the reference (turns of speakers 0, 1, ...) has speech, gives them speakers as the
 * program does, and counts those that are the reference's speaker of most of the line. table: a line each, tab-separated:
 * name, start, end, right, certainty, signs; or NULL. */
int moim_eval_certainty(const char *name, const struct moim_diarization *d, const struct moim_turn *ref,
                        int n_ref, int ref_speakers, struct moim_calibration *sum, FILE *table,
                        struct moim_err *err);
void moim_eval_print_calibration(const struct moim_calibration *c);

#endif
