/* Small files beside the store that nobody else may read: the pairing token and code, the certificate's key. */
#ifndef MOIM_FIRMWARE_HTTP_PRIVATE_FILE_H
#define MOIM_FIRMWARE_HTTP_PRIVATE_FILE_H

#include "base/status.h"
#include <sys/stat.h>

/* The recorder's user is the directory's owner; another user's files it could not read, root's are given to it. MOIM_EACCES for
 * anybody else. */
int moim_private_owner(const char *path, struct stat *owner, struct moim_err *err);
/* Whole or not at all, mode 0600, the owner's. */
int moim_private_write(const char *path, const char *text, struct moim_err *err);
/* dir (with its slash) and a name in it. */
int moim_private_path(const char *dir, const char *leaf, char out[4200], struct moim_err *err);

#endif
