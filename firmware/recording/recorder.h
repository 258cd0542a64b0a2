/* The running recording: one thread moves sound from the source into the journal and never waits for anything
 * else; the caller's thread reads the same sound from a ring for captions, and controls it.
 *
 *     source ──► recorder thread ──► journal (disk)
 *                      └──► ring ──► captions (may fall behind: the recording does not) */
#ifndef MOIM_FIRMWARE_RECORDING_RECORDER_H
#define MOIM_FIRMWARE_RECORDING_RECORDER_H

#include "audio/journal.h"
#include "audio/source.h"

#define MOIM_NOTE_CHARACTERS 1000 /* characters of a bookmark or a memo, wherever it comes from */

struct moim_recorder;

/* Takes the source over, makes the journal and holds its lock until moim_recorder_unlock, then begins. wait:
 * when the ring is full, a file waits for the captions; a microphone never does. */
int moim_recorder_start(struct moim_recorder **out, struct moim_source *source, const char *journal_path,
                        bool wait, struct moim_err *err);

/* Up to n samples of what was recorded, at *at; 0 when there is none yet. */
size_t moim_recorder_read(struct moim_recorder *r, float *pcm, size_t n, uint64_t *at);

/* The next event (lost device, gap, clipping, ...), if there is one. */
bool moim_recorder_event(struct moim_recorder *r, char text[MOIM_EVENT_TEXT], uint64_t *at);

void moim_recorder_pause(struct moim_recorder *r, bool paused);
/* A bookmark (memo false) or a memo at this moment, on disk when this returns; where the disk does not take
 * it, it is kept for moim_recorder_unsaved, and an event says so. *at: its moment in seconds. MOIM_EFORMAT:
 * no text that can be shown, or more than MOIM_NOTE_CHARACTERS characters; MOIM_ESTATE after the end. */
int moim_recorder_note(struct moim_recorder *r, bool memo, const char *text, double *at,
                       struct moim_err *err);
void moim_recorder_level(struct moim_recorder *r, float *peak_db, float *rms_db);
uint64_t moim_recorder_samples(struct moim_recorder *r);
bool moim_recorder_ended(struct moim_recorder *r); /* the file is at its end, or recording failed */
/* The file that was recorded from is damaged or could not be read to its end. */
bool moim_recorder_broke_off(struct moim_recorder *r);

/* Stops and closes the journal; the status says whether everything is on disk, and why recording ended early
 * if it did. Unread sound stays readable until moim_recorder_free. */
int moim_recorder_stop(struct moim_recorder *r, struct moim_err *err);
/* After stop: the marks that are not on disk. They stay the recorder's. */
const struct moim_mark *moim_recorder_unsaved(const struct moim_recorder *r, size_t *n);
/* Releases the file's lock: the recording is in the store, or removed. */
void moim_recorder_unlock(struct moim_recorder *r);
void moim_recorder_free(struct moim_recorder *r);

#endif
