/* Folders of transcripts. */
#ifndef MOIM_EVAL_FILES_H
#define MOIM_EVAL_FILES_H

#include "base/status.h"

/* Files of DIR that end in .json, in alphabetical order, each to `visit` with its place, until one fails. Returns how many there are, or
 * an error: visit's, or that of reading the folder. */
int moim_eval_each_json(const char *dir,
                        int (*visit)(void *arg, const char *name, int place, int of, struct moim_err *err),
                        void *arg, struct moim_err *err);

#endif
