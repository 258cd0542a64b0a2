/* The recorder's own certificate for HTTPS: tls-key.pem and tls-cert.pem beside the store, made when they are first wanted (ECDSA on
 * P-256, X.509 v3, self-signed). Nobody vouches for it: a person compares its fingerprint with the one that `moim pair` shows. A
 * certificate of the user's own may stand in their place. */
#ifndef MOIM_FIRMWARE_HTTP_CERTIFICATE_H
#define MOIM_FIRMWARE_HTTP_CERTIFICATE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

#define MOIM_FINGERPRINT 96 /* "AB:CD:..." of SHA-256, as browsers show it */

struct moim_certificate {
    char *key, *cert; /* PEM */
    char fingerprint[MOIM_FINGERPRINT];
};

/* dir: with its slash. names: host names for it besides this machine's, separated by spaces, or NULL. Our own is made anew, with the
 * key that there is, when less than a month of it is left. MOIM_EFORMAT: a file is damaged, or the two do not belong together. */
int moim_certificate_open(struct moim_certificate *c, const char *dir, const char *names,
                          struct moim_err *err);
void moim_certificate_clear(struct moim_certificate *c);
/* Of the certificate that there is; MOIM_ENOENT: none. */
int moim_certificate_fingerprint(const char *dir, char out[MOIM_FINGERPRINT], struct moim_err *err);

#endif
