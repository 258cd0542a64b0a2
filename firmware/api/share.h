/* A sealed meeting that is taken in by an upload. */
#ifndef MOIM_FIRMWARE_API_SHARE_H
#define MOIM_FIRMWARE_API_SHARE_H

#include "firmware/api/context.h"

/* The upload is such a file (firmware/library/seal.h); its passphrase stands percent-encoded in X-Moim-Passphrase. MOIM_EINVAL
 * with "sealed" without one, "wrong_passphrase" with another. */
int moim_share_upload(struct moim_store *s, const struct moim_http_request *rq, int64_t *id,
                      struct moim_err *err);

#endif
