/* What a title could name in transcripts, and what tells good names from bad ones, for training. */
#ifndef MOIM_EVAL_SUBJECTS_H
#define MOIM_EVAL_SUBJECTS_H

#include "base/status.h"
#include <stdio.h>

/* A line a subject of the transcript DIR/NAME: name, log-odds by the program's weights, turn, features, text, with tabs between. */
int moim_eval_put_subjects(FILE *out, const char *dir, const char *name, struct moim_err *err);

#endif
