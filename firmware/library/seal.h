/* A file sealed with a passphrase: Argon2id makes the key, libsodium's secretstream (XChaCha20-Poly1305)
 * seals it in blocks, so that a changed, reordered or cut-off file is told. "moim sealed 1\n" and two zero
 * bytes, salt (16), secretstream header (24), blocks of 64 KiB + 17 */
#ifndef MOIM_FIRMWARE_LIBRARY_SEAL_H
#define MOIM_FIRMWARE_LIBRARY_SEAL_H

#include "base/status.h"
#include <stdbool.h>

bool moim_is_sealed(const char *path);
/* to is created 0600 and must not be there; it is removed again when anything fails. MOIM_EACCES: the
 * passphrase is not the right one, or the file is damaged at its beginning; MOIM_EFORMAT: damaged later. */
int moim_seal(const char *from, const char *to, const char *passphrase, struct moim_err *err);
int moim_unseal(const char *from, const char *to, const char *passphrase, struct moim_err *err);

#define MOIM_PASSPHRASE_MAX 1024
/* The first line of a file; path NULL: "". MOIM_EINVAL when there is none. */
int moim_passphrase_read(const char *path, char out[MOIM_PASSPHRASE_MAX], struct moim_err *err);

#endif
