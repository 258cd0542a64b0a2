/* Who spoke: what telling the speakers apart found, what the user said about it, and remembered voices. The
 * store sees voices only as sealed bytes; firmware/library/voiceprint_store.h holds the key. */
#ifndef MOIM_STORAGE_SPEAKERS_H
#define MOIM_STORAGE_SPEAKERS_H

#include "storage/store.h"

/* Writes speakers into the transcript. parts: the meeting's segments in order, each once or cut into several
 * parts that follow each other and share its id; the first part keeps the id and what refers to it. A segment
 * whose speaker the user set keeps that speaker, an edited one also stays whole. Segments that parts does not
 * name stay as they are. One transaction, which also raises the state to at least `state`. */
int moim_speakers_put(struct moim_store *s, int64_t meeting, const struct moim_segment *parts, int n,
                      enum moim_state state, struct moim_err *err);

/* The user's word: segment belongs to speaker (> 0), now and after the speakers are told apart again.
 * MOIM_ENOENT. */
int moim_segment_set_speaker(struct moim_store *s, int64_t meeting, int64_t segment, int speaker,
                             struct moim_err *err);
/* The same for several segments: one step, which is taken back at once. MOIM_ENOENT if one is not the meeting's. */
int moim_segments_give(struct moim_store *s, int64_t meeting, const int64_t *segments, int n, int speaker,
                       struct moim_err *err);
/* The next free number. */
int moim_speaker_next(struct moim_store *s, int64_t meeting, int *number, struct moim_err *err);

/* ---- remembered voices ---- */

struct moim_voice_row {
    int64_t id;
    unsigned char *sealed; /* [n] */
    size_t n;
};
int moim_voice_add(struct moim_store *s, const void *sealed, size_t n, int64_t *id, struct moim_err *err);
int moim_voice_remove(struct moim_store *s, int64_t id, struct moim_err *err); /* MOIM_ENOENT */
int moim_voice_list(struct moim_store *s, struct moim_voice_row **list, int *n, struct moim_err *err);
void moim_voice_list_free(struct moim_voice_row *list, int n);

/* That a speaker of a meeting sounds like a remembered voice; goes when the voice or the meeting goes. */
struct moim_offer {
    int speaker;
    int64_t voice;
    double similarity;
};
int moim_offers_put(struct moim_store *s, int64_t meeting, const struct moim_offer *list, int n,
                    struct moim_err *err);
int moim_offers_get(struct moim_store *s, int64_t meeting, struct moim_offer **list, int *n,
                    struct moim_err *err); /* released with free */

#endif
