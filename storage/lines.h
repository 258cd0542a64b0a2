/* Lines of a transcript as a reader wants them: cut in two, joined, highlighted. What is cut or joined keeps the times of its
 * words, the statements that rest on it, and the way back to what was recognised. */
#ifndef MOIM_STORAGE_LINES_H
#define MOIM_STORAGE_LINES_H

#include "storage/store.h"

/* at: characters of the text before the cut, which moves to the beginning of the word that it lies in. The first part keeps the
 * id, *second is the other's. MOIM_EINVAL where a part would be empty; MOIM_ENOENT. */
int moim_segment_split(struct moim_store *s, int64_t meeting, int64_t segment, int at, int64_t *second,
                       struct moim_err *err);
/* With the line that follows in time, which becomes the speaker's. MOIM_EINVAL: it is the last one. MOIM_ENOENT. */
int moim_segment_join(struct moim_store *s, int64_t meeting, int64_t segment, struct moim_err *err);
/* By its time, so that it stays when the meeting is recognised again. MOIM_ENOENT. */
int moim_segment_highlight(struct moim_store *s, int64_t meeting, int64_t segment, bool on,
                           struct moim_err *err);

#endif
