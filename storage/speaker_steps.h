/* What was done to the speakers of a meeting, step by step, so that each step can be taken back: names, merges, lines given to
 * somebody else. A step keeps what it replaced by its time, so that it can be taken back after the meeting was recognised
 * again, and what it changed in the minutes. */
#ifndef MOIM_STORAGE_SPEAKER_STEPS_H
#define MOIM_STORAGE_SPEAKER_STEPS_H

#include "storage/store.h"

struct moim_speaker_step {
    char *kind; /* "rename", "merge", "assign"; NULL: there is none to take back */
    int number; /* who was named, merged or taken from */
    int other;  /* who it was merged into or given to */
    char *name; /* what number was called before, "" by number alone */
    int64_t at;
};
/* The step that moim_speaker_undo would take back. */
int moim_speaker_last_step(struct moim_store *s, int64_t meeting, struct moim_speaker_step *step,
                           struct moim_err *err);
void moim_speaker_step_clear(struct moim_speaker_step *step);
/* MOIM_ENOENT: nothing to take back. */
int moim_speaker_undo(struct moim_store *s, int64_t meeting, struct moim_err *err);

/* Internal to storage/, within a change: before it, what is there, and after it, what became of the name in the minutes.
 * condition picks the segments that change (?1 the meeting, ?2 value, as text), NULL none. */
int moim_speaker_step_begin(struct moim_store *s, int64_t meeting, const char *kind, int number, int other,
                            const char *condition, const char *value, int64_t *step, struct moim_err *err);
/* Whoever was called as `number` is called name in the current minutes; NULL: as speaker `other` is. Older versions stay as they
 * were written. */
int moim_speaker_step_names(struct moim_store *s, int64_t meeting, int64_t step, int number, const char *name,
                            int other, struct moim_err *err);

#endif
