/* Whether a file can do what a role asks of it, and which models fit this machine. */
#ifndef MOIM_FIRMWARE_PIPELINE_MODEL_CHECK_H
#define MOIM_FIRMWARE_PIPELINE_MODEL_CHECK_H

#include "firmware/pipeline/models.h"

/* Opens file as the engine would in that role and closes it again: seconds, and the model's memory, for a large one. The
 * reader's own message on failure. */
int moim_model_check(const char *role, const char *file, struct moim_err *err);

/* The role that a file is for, by its contents: "minutes" for a GGUF, "asr-accurate" for a Whisper. MOIM_EFORMAT when no
 * reader takes it. */
int moim_model_role(const char *file, const char **role, struct moim_err *err);

struct moim_machine {
    double memory_mb; /* of the machine */
    int cores;
    const char *simd;       /* moim_simd_name() */
    double gmac_per_second; /* of one core: measured on 8-bit products, half a second */
};
int moim_machine_look(struct moim_machine *m, struct moim_err *err);

/* How a model fits a machine. */
enum moim_fit { MOIM_FIT_NOT, MOIM_FIT_AFTER, MOIM_FIT_LIVE }; /* too large; after the meeting; live */
enum moim_fit moim_model_fit(const struct moim_model *x, const struct moim_machine *m);
/* The best model of a role (the largest that fits as asked) on this machine; NULL when none does. */
const struct moim_model *moim_model_best(const struct moim_models *all, const char *role, enum moim_fit least,
                                         const struct moim_machine *m);

#endif
