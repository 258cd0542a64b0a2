/* Scores answers to questions about scripted meetings. */
#ifndef MOIM_TESTS_EVAL_ASK_H
#define MOIM_TESTS_EVAL_ASK_H

#include "firmware/cli/commands.h"
#include "firmware/pipeline/ask.h"

/* Asks the questions of the file `list` of the transcripts in n folders, or, n = 0, of the store of the command line, and prints how many
 * were answered rightly. quiet: without each answer. */
int moim_eval_questions(struct moim_cli *cli, const char *list, char *const *dirs, int n, bool quiet,
                        struct moim_ask_filter *f);

#endif
