/* A meeting without what must not go on: words, names, numbers or stretches of time are replaced in the transcript, the
 * minutes, the marks and the sound. The result is a meeting of its own; the original stays until it is deleted. */
#ifndef MOIM_FIRMWARE_LIBRARY_REDACT_H
#define MOIM_FIRMWARE_LIBRARY_REDACT_H

#include "storage/store.h"

struct moim_redaction {
    const char *const *words; /* [n_words] passages, found in any letter case, also inside words */
    int n_words;
    bool names; /* of the speakers, as labels and where they are said; of a Korean name also the given name */
    bool
        numbers; /* two figures and more, with what stands between them, and digits said one by one in Korean */
    double from, to; /* seconds: everything said meanwhile; to <= from: no such stretch */
    bool tone;       /* a tone where the sound was, else silence */
};

struct moim_redacted {
    int lines; /* of the transcript that were changed */
    int items; /* of the minutes that were changed, or left out since they rest on a stretch that is gone */
    double seconds; /* of sound that were replaced */
};

/* The sound goes from 0.15 s before a word to 0.15 s after it; a line without times of its own goes whole. MOIM_EINVAL
 * when nothing of the kind is in the meeting. */
int moim_redact(struct moim_store *s, int64_t meeting, const struct moim_redaction *how, int64_t *id,
                struct moim_redacted *done, struct moim_err *err);

struct moim_replaced {
    int meetings, lines, items;
};
/* Puts with in the place of old, as it is written, in titles, transcripts (each as a correction that can be taken back),
 * speakers' names and the current minutes (a new version): of one meeting, or of all (meeting 0). A meeting is changed
 * whole or not at all. */
int moim_replace(struct moim_store *s, int64_t meeting, const char *old, const char *with,
                 struct moim_replaced *done, struct moim_err *err);

#endif
