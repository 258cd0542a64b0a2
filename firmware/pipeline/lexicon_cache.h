/* The files that the Conformer recogniser needs, and the lexicon that is built from them once. */
#ifndef MOIM_FIRMWARE_PIPELINE_LEXICON_CACHE_H
#define MOIM_FIRMWARE_PIPELINE_LEXICON_CACHE_H

#include "asr/conformer_asr.h"
#include "firmware/pipeline/models.h"
#include <stdbool.h>

struct moim_conformer_paths {
    struct moim_conformer_files files; /* point into path */
    char path[7][4300];
};

/* MOIM_ENOENT names the model that is missing. The lexicon's path is set whether it is there or not. */
int moim_conformer_paths(const struct moim_models *m, struct moim_conformer_paths *out, struct moim_err *err);

/* Builds the lexicon if there is no complete one of this version, or if forced: half a minute on two cores,
 * progress through the callback (may be NULL). One process builds, others wait. */
int moim_lexicon_ensure(const struct moim_models *m, const struct moim_conformer_paths *paths, bool again,
                        struct moim_pool *pool, void (*progress)(void *arg, double done), void *arg,
                        struct moim_err *err);

#endif
