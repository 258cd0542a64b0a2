/* The user's corrections. A corrected segment stays whatever is recognised later; table heard holds what the
 * recogniser says at its time. Internal to storage/; the calls for users are in storage/store.h. */
#ifndef MOIM_STORAGE_CORRECTIONS_H
#define MOIM_STORAGE_CORRECTIONS_H

#include "storage/store.h"

/* Times of a corrected segment's words by what is heard below it now. In a transaction. */
int moim_correction_fit(struct moim_store *s, const struct moim_segment *g, struct moim_err *err);
/* What the recogniser said of a line that is about to be the user's goes below it. In a transaction. */
int moim_correction_keep_heard(struct moim_store *s, int64_t segment, struct moim_err *err);

#endif
