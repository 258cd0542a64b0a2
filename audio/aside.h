/* Files that could not be read whole, kept: NAME is renamed, copied or cut to NAME.damaged beside it, then
 * NAME.damaged-2, ... A name that is there already is never written over. */
#ifndef MOIM_AUDIO_ASIDE_H
#define MOIM_AUDIO_ASIDE_H

#include "base/status.h"
#include <stdint.h>

#define MOIM_ASIDE_NAME 264 /* a file's name with "-99" behind, and its end */

/* Gives the file another name beside it; where: that name, without its directory. */
int moim_aside_link(const char *path, char where[MOIM_ASIDE_NAME], struct moim_err *err);
/* Copies n bytes of fd from `at` on to a file of such a name, synced. */
int moim_aside_copy(int fd, uint64_t at, uint64_t n, const char *path, char where[MOIM_ASIDE_NAME],
                    struct moim_err *err);
/* Removes all that was kept of path. */
int moim_aside_remove(const char *path, struct moim_err *err);

#endif
