/* Where moim keeps its things, after the XDG base directory specification. */
#ifndef MOIM_FIRMWARE_PLATFORM_PATHS_H
#define MOIM_FIRMWARE_PLATFORM_PATHS_H

#include "base/status.h"
#include <stddef.h>

/* Each writes a NUL-terminated path into out[cap] and returns MOIM_OK, or MOIM_EINVAL when HOME is unset or
 * cap too small. */
int moim_path_data(char *out, size_t cap, const char *leaf,
                   struct moim_err *err); /* $XDG_DATA_HOME/moim/leaf */
int moim_path_config(char *out, size_t cap, const char *leaf,
                     struct moim_err *err); /* $XDG_CONFIG_HOME/moim/leaf */
int moim_path_models(char *out, size_t cap, const char *leaf,
                     struct moim_err *err); /* $MOIM_MODELS or $XDG_CACHE_HOME/moim/models */
/* A file that comes with the program (models.manifest, web/, ...): $MOIM_SHARE, beside the build tree, or
 * PREFIX/share/moim. */
int moim_path_share(char *out, size_t cap, const char *leaf, struct moim_err *err);

/* Creates path's missing parent directories with mode 0700. */
int moim_make_parents(const char *path, struct moim_err *err);

#endif
