/* Sound for the fleet alone: whoever has the public key seals, only who has the secret key opens. "moim fleet 1\n", a key
 * sealed for the fleet's (80 bytes, crypto_box_seal), secretstream header (24), blocks of 64 KiB + 17. */
#ifndef MOIM_STORAGE_FLEET_BOX_SEAL_H
#define MOIM_STORAGE_FLEET_BOX_SEAL_H

#include "base/status.h"
#include <sodium.h>

/* Keys as one line of hex in files of their own; make: secret 0600, neither may be there. */
int moim_fleet_keys_make(const char *public_file, const char *secret_file, struct moim_err *err);
int moim_fleet_key_read(const char *file, unsigned char key[crypto_box_PUBLICKEYBYTES], struct moim_err *err);

/* to is made 0600 and removed again when anything fails. MOIM_EACCES: sealed for another key; MOIM_EFORMAT: no such
 * file, or damaged, or cut off. */
int moim_fleet_seal(const char *from, const char *to, const unsigned char *public_key, struct moim_err *err);
int moim_fleet_unseal(const char *from, const char *to, const unsigned char *secret_key,
                      struct moim_err *err);

#endif
