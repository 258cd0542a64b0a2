/* Control of the running recording by other processes of the same user: `moim bookmark now`. A separate thread
 * answers, so that a note gets the moment it was sent, however busy captions are.
 *
 * A UNIX socket beside the store, audio/live.sock, mode 0600; one message a connection:
 *     "b" or "m", then the note's text    bookmark or memo at this moment
 * and one line back: "ok SECONDS" (the note is on disk), "refused WHY" (too long, or no text) or "error WHY".
 */
#ifndef MOIM_FIRMWARE_RECORDING_CONTROL_SOCKET_H
#define MOIM_FIRMWARE_RECORDING_CONTROL_SOCKET_H

#include "firmware/recording/recorder.h"
#include "storage/store.h"

struct moim_control;

/* Listens for r, which must outlive it. A socket that a crash left is replaced; MOIM_ESTATE when another recording
 * answers there. */
int moim_control_open(struct moim_control **out, const struct moim_store *s, struct moim_recorder *r,
                      struct moim_err *err);
void moim_control_close(struct moim_control *l);

/* Notes text in the running recording; *at: its moment in seconds. MOIM_ENOENT when none is,
 * MOIM_EFORMAT when it has more than MOIM_NOTE_CHARACTERS characters or is no text. */
int moim_control_note(const struct moim_store *s, bool memo, const char *text, double *at,
                      struct moim_err *err);

#endif
