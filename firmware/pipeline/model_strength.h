/* What the installed language models are trusted with (summarize/strength.h): measured once for each file, remembered in the data
 * directory. */
#ifndef MOIM_FIRMWARE_PIPELINE_MODEL_STRENGTH_H
#define MOIM_FIRMWARE_PIPELINE_MODEL_STRENGTH_H

#include "firmware/pipeline/models.h"
#include "summarize/strength.h"

/* The strength remembered for this file, as long as its size and time of change are the same; else that of the catalogue's models. */
bool moim_strength_known(const char *path, enum moim_strength *out);
/* What is known, else measured with the model, which is open, and remembered; a store that cannot be written to costs only the next
 * measuring. */
int moim_strength_of(struct moim_llm *model, const char *path, const volatile int *cancel,
                     enum moim_strength *out, struct moim_err *err);
/* Opens and measures the file anew. pool may be NULL. */
int moim_strength_test(const char *path, struct moim_pool *pool, struct moim_strength_result *out,
                       struct moim_err *err);

#endif
