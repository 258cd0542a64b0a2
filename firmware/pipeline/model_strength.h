/* The strength of the installed language models (summarize/strength.h): measured once for each file, cached
 * in the data directory. */
#ifndef MOIM_FIRMWARE_PIPELINE_MODEL_STRENGTH_H
#define MOIM_FIRMWARE_PIPELINE_MODEL_STRENGTH_H

#include "firmware/pipeline/models.h"
#include "summarize/strength.h"

/* The strength of this file as it was measured on this machine, if size and modification time match. */
bool moim_strength_measured(const char *path, enum moim_strength *out);
/* The same, else what a model of the manifest is taken for. */
bool moim_strength_known(const char *path, enum moim_strength *out);
/* The cached strength, else measured with the open model and cached; a failed write of the cache only repeats
 * the measurement next time. */
int moim_strength_of(struct moim_llm *model, const char *path, const volatile int *cancel,
                     enum moim_strength *out, struct moim_err *err);
/* Opens and measures the file anew. pool may be NULL. */
int moim_strength_test(const char *path, struct moim_pool *pool, struct moim_strength_result *out,
                       struct moim_err *err);

#endif
