/* One recording from its first sample to its row in the store, for `moim record` and the daemon alike.
 *
 *     start    source -> new file beside the store, locked, sound flows -> row -> control socket
 *     stop     control socket closed -> file closed
 *     finish   length, marks and why it ended early into the row -> lock given up
 *
 * The file is locked before its row is there, and until its row is complete: who finds a file without a row, or a row
 * without a length, and gets the lock, knows that a crash came between. */
#ifndef MOIM_FIRMWARE_RECORDING_SESSION_H
#define MOIM_FIRMWARE_RECORDING_SESSION_H

#include "firmware/recording/draft.h"
#include "firmware/recording/recorder.h"
#include "storage/store.h"

struct moim_session;

struct moim_remote;

struct moim_session_options {
    struct moim_remote *
        remote; /* another device's microphone (audio/source_remote.h), which outlives the session; NULL: none */
    const char *from; /* a file instead of a microphone, or NULL */
    bool simulated,
        loop;           /* which stands for a microphone (source_simulated.h), and begins again at its end */
    bool fast;          /* as fast as it can be read */
    const char *device; /* NULL: the chosen one (microphone.h) */
    bool remember;      /* device becomes the chosen one once it is open */
    int channel;        /* from 1: that one alone; 0: all, mixed */
    const char *
        call; /* what hears the far side of a call; "": nothing, this is none; NULL: the chosen one (microphone.h) */
    const char *from_call; /* a file instead of it, with from; NULL: none */
    const char *title;     /* NULL or "": the date */
    bool captions;         /* the recorder's sound will be read: a fast file waits for it */
};

/* s must outlive the session, and the caller's thread alone uses it meanwhile. *warning, its message empty otherwise:
 * there is no control socket. When it fails nothing is left, neither file nor row. */
int moim_session_start(struct moim_session **out, struct moim_store *s, const struct moim_session_options *o,
                       struct moim_err *warning, struct moim_err *err);
struct moim_recorder *moim_session_recorder(struct moim_session *n);
/* The row as it was at the start. */
const struct moim_meeting *moim_session_meeting(const struct moim_session *n);
bool moim_session_call(const struct moim_session *n);      /* both sides of a call are recorded */
double moim_session_seconds(const struct moim_session *n); /* recorded so far */

/* The status of the recording: what kept it from going on, or from being on disk. */
int moim_session_stop(struct moim_session *n, struct moim_err *err);
/* After stop. What could be recorded is kept in any case; the meeting's error says why the recording ended early. draft, or
 * NULL, becomes the meeting's lines; where that fails, *warning says so (its message empty otherwise). */
int moim_session_finish(struct moim_session *n, const struct moim_draft *draft, struct moim_err *warning,
                        struct moim_err *err);
void moim_session_free(struct moim_session *n); /* NULL is none */

#endif
