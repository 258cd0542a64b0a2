/* What a title could name in transcripts and what sentences may be facts, with what tells good ones from bad ones, for training. */
#ifndef MOIM_EVAL_SUBJECTS_H
#define MOIM_EVAL_SUBJECTS_H

#include "base/status.h"
#include <stdbool.h>
#include <stdio.h>

/* A line a subject of the transcript DIR/NAME: name, log-odds by the program's weights, turn, features, text, with tabs between; or a line
 * a sentence: name, turn, features, text. */
int moim_eval_put_sentences(FILE *out, bool facts, const char *dir, const char *name, struct moim_err *err);

#endif
