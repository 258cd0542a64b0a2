/* Remembered voices: only those that the user asked to remember, sealed with libsodium's secretbox under a
 * key in a file of mode 0600 beside the store, offered by name when a later meeting has the like, and gone
 * for good when forgotten. A copy of the store without the key file tells nothing about a voice or a name. */
#ifndef MOIM_FIRMWARE_LIBRARY_VOICEPRINT_STORE_H
#define MOIM_FIRMWARE_LIBRARY_VOICEPRINT_STORE_H

#include "asr/speaker.h"
#include "storage/store.h"

/* As alike as two recordings of one voice usually are; below it nothing is offered. */
#define MOIM_VOICE_ALIKE 0.55f
#define MOIM_VOICE_NAME 120 /* bytes of a name, at most */

struct moim_known_voice {
    int64_t id;
    char name[MOIM_VOICE_NAME + 1];
    float voice[MOIM_SPEAKER_DIM];
};

/* Where the key lies: beside the store. */
int moim_voices_key_path(struct moim_store *s, char *out, size_t cap, struct moim_err *err);
/* Replaces a voice of the same name. Makes the key with the first voice. */
int moim_voices_remember(struct moim_store *s, const char *name, const float voice[MOIM_SPEAKER_DIM],
                         struct moim_err *err);
/* Those that the key opens; released with free. None, and MOIM_OK, when there is no key. */
int moim_voices_list(struct moim_store *s, struct moim_known_voice **list, int *n, struct moim_err *err);
/* Removes voice and offers of it; the key goes with the last voice. MOIM_ENOENT. */
int moim_voices_forget(struct moim_store *s, const char *name, struct moim_err *err);

/* Notes which speakers of a meeting sound like a known voice: voice[n], called number[n] there. Each voice is
 * offered to at most one speaker. */
int moim_voices_offer(struct moim_store *s, int64_t meeting, float (*voice)[MOIM_SPEAKER_DIM],
                      const int *number, int n, struct moim_err *err);

#endif
