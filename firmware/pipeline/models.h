/* The model list: the manifest's models, the installed ones, and the user's choices for a role. */
#ifndef MOIM_FIRMWARE_PIPELINE_MODELS_H
#define MOIM_FIRMWARE_PIPELINE_MODELS_H

#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct moim_model_file {
    char path[128];  /* below the model cache */
    char sha256[65]; /* "-": unknown; the first download records it */
    uint64_t bytes;  /* 0: not known */
};

struct moim_model {
    char name[48], role[32], licence[48], about[160];
    char languages[48], speed[12]; /* "ko,en"; "live", "fast", "medium" or "slow" */
    int memory_mb, size_mb;        /* in memory; on disk */
    bool by_default;               /* fetched by a plain `moim models fetch` */
    struct moim_model_file *files;
    int n_files;
};

struct moim_models {
    struct moim_model *list;
    int n;
    char dir[4096]; /* the model cache */
};

/* Reads the installed manifest. Release with moim_models_free. */
int moim_models_load(struct moim_models *m, struct moim_err *err);
int moim_models_parse(struct moim_models *m, const char *manifest_path, struct moim_err *err);
void moim_models_free(struct moim_models *m);

/* Whether all files of a model are in the cache with the right size. */
bool moim_model_installed(const struct moim_models *m, const struct moim_model *model);
/* MOIM_OK, MOIM_ENOENT or MOIM_EFORMAT after reading every byte and comparing its SHA-256. */
int moim_model_verify(const struct moim_models *m, const struct moim_model *model, struct moim_err *err);

/* Path of the first file of the model in a role: the user's own (`moim models use`), else the installed one.
 * MOIM_ENOENT names the model that is missing and the command that gets it. */
int moim_models_path(const struct moim_models *m, const char *role, char *out, size_t cap,
                     struct moim_err *err);
/* Path of one model's first file; MOIM_ENOENT with the same message if it is not installed. */
int moim_model_file(const struct moim_models *m, const struct moim_model *x, char *out, size_t cap,
                    struct moim_err *err);
const struct moim_model *moim_models_by_role(const struct moim_models *m, const char *role);

/* The model of that name whose role begins with role; NULL when there is none. */
const struct moim_model *moim_models_named(const struct moim_models *m, const char *name, const char *role);

/* MOIM_OK for a regular file that can be read; never waits, as opening a pipe would. MOIM_EINVAL for other
 * kinds. */
int moim_regular_file(const char *path, struct moim_err *err);

/* The file of weights that the user means by a file or by a folder: its model.safetensors or model.bin. */
void moim_models_weights(const char *file, char out[4300]);

/* The user's choice for a role; false if there is none. */
bool moim_models_chosen(const char *role, char *out, size_t cap);

/* Sets file as the model of a role after checking it; NULL returns to the manifest's. file may be the name of
 * an installed model of that role, a file, or a directory that holds model.safetensors or model.bin. */
int moim_models_use(const struct moim_models *m, const char *role, const char *file, struct moim_err *err);

#endif
