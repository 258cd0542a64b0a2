/* The daemon's watched folder (firmware/library/watch_folder.h): what comes becomes a meeting and a job. Which folder is
 * said on the daemon's command line alone: whoever may use the HTTP interface must not choose files of this machine. */
#ifndef MOIM_FIRMWARE_DAEMON_WATCH_THREAD_H
#define MOIM_FIRMWARE_DAEMON_WATCH_THREAD_H

#include "firmware/daemon/job_queue.h"

struct moim_watching;

/* added, with arg: a meeting is new; from the thread. Everything outlives the thread. */
int moim_watching_start(struct moim_watching **out, const char *dir, const char *db, struct moim_jobs *jobs,
                        void (*added)(void *arg, int64_t meeting), void *arg, struct moim_err *err);
/* Waits for the file that is being taken in. NULL is well. */
void moim_watching_stop(struct moim_watching *w);

#endif
