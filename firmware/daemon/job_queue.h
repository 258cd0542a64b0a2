/* One thread, at nice 10, for all that needs the big models: processing meetings, writing minutes anew,
 * requests that are answered by a model. Jobs about meetings wait in the store, so that a restart takes them
 * up again. Models are loaded when a job starts and let go when nothing waits any more. */
#ifndef MOIM_FIRMWARE_DAEMON_JOB_QUEUE_H
#define MOIM_FIRMWARE_DAEMON_JOB_QUEUE_H

#include "firmware/pipeline/transcribe.h"
#include "firmware/platform/event_hub.h"
#include "firmware/platform/work.h"
#include "storage/queue.h"

struct moim_jobs;

/* Takes up what the store says is left: waiting jobs, and meetings that stopped half way without an error.
 * threads: to compute with, 0: all cores. */
int moim_jobs_start(struct moim_jobs **out, const char *db, struct moim_events *events, int threads,
                    struct moim_err *err);
/* Answers what waits with 503 and waits up to seconds for the job at work; false when it goes on. It costs
 * nothing to leave it then: its row is still in the store. */
bool moim_jobs_stop(struct moim_jobs *j, double seconds);
void moim_jobs_free(struct moim_jobs *j); /* after a stop that returned true */

/* Queues a job about a meeting through the caller's store. *json, when wanted, is the job (Job of
 * docs/openapi.yaml). */
int moim_jobs_add(struct moim_jobs *j, struct moim_store *s, const struct moim_job_row *row,
                  struct cJSON **json, struct moim_err *err);
/* Queues a request that a model answers; false when too many wait. kind: "transcription", "ask". */
bool moim_jobs_call(struct moim_jobs *j, const char *kind, struct moim_work *w);
/* For such a request, on the job's thread: the models, and how far it is. NULL: they cannot be had, and *err
 * says why. */
struct moim_engine *moim_jobs_engine(struct moim_jobs *j, struct moim_err *err);
void moim_jobs_progress(void *jobs, const char *stage, double done);

/* Heat or a weak battery: nothing begins, and the job at work rests at its next step, until it is let go on.
 */
void moim_jobs_pause(struct moim_jobs *j, bool paused);

struct cJSON *moim_jobs_json(struct moim_jobs *j); /* queued, running, and the last that failed */
bool moim_jobs_has(struct moim_jobs *j, int64_t meeting);
void moim_jobs_forget(struct moim_jobs *j, int64_t meeting); /* it was deleted, and its rows with it */
int moim_jobs_waiting(struct moim_jobs *j);                  /* with the one at work */

#endif
