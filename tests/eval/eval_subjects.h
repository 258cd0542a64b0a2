/* What a title could name in transcripts, what sentences may be facts and which turn may say what another one is about, with what tells good
 * ones from bad ones, for training. */
#ifndef MOIM_EVAL_SUBJECTS_H
#define MOIM_EVAL_SUBJECTS_H

#include "base/status.h"
#include "lm/embed.h"
#include <stdio.h>

enum moim_eval_sort { MOIM_EVAL_TURNS, MOIM_EVAL_SUBJECTS, MOIM_EVAL_FACTS, MOIM_EVAL_CONTEXTS };

/* Lines about the transcript DIR/NAME, with tabs between. A subject: name, log-odds by the program's weights (two), turn, features, text. A
 * sentence: name, turn, features, text. A turn and those before it: name, turn, features of the turn as a decision's, of each before it. m:
 * for contexts, else NULL. */
int moim_eval_put_sentences(FILE *out, enum moim_eval_sort what, struct moim_embed *m, const char *dir,
                            const char *name, struct moim_err *err);

#endif
