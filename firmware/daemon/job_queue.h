/* One thread, at nice 10, for all that needs the big models: processing meetings, rewriting minutes, requests
 * that a model answers. Jobs about meetings are rows of the store, so that a restart resumes them. Models are
 * loaded when a job starts and unloaded when the queue is empty. */
#ifndef MOIM_FIRMWARE_DAEMON_JOB_QUEUE_H
#define MOIM_FIRMWARE_DAEMON_JOB_QUEUE_H

#include "firmware/pipeline/transcribe.h"
#include "firmware/platform/event_hub.h"
#include "firmware/platform/work.h"
#include "storage/queue.h"

struct moim_jobs;

/* Queues what the store holds: pending jobs, and meetings whose processing stopped half way without an error.
 * threads: for computation, 0: all cores. */
int moim_jobs_start(struct moim_jobs **out, const char *db, struct moim_events *events, int threads,
                    struct moim_err *err);
/* Fails queued requests with 503, then waits up to `seconds` for the running job; false when it still runs. Its
 * row is in the store, so that the next start resumes it. */
bool moim_jobs_stop(struct moim_jobs *j, double seconds);
void moim_jobs_free(struct moim_jobs *j); /* after a stop that returned true */

/* Queues a job about a meeting through the caller's store. *json, when wanted, is the job (Job of
 * docs/openapi.yaml). */
int moim_jobs_add(struct moim_jobs *j, struct moim_store *s, const struct moim_job_row *row,
                  struct cJSON **json, struct moim_err *err);
/* Queues a request that a model answers; false when too many wait. kind: "transcription", "ask". */
bool moim_jobs_call(struct moim_jobs *j, const char *kind, struct moim_work *w);
/* For such a request, on the job thread: the models (NULL: unavailable, *err says why), and progress reports. */
struct moim_engine *moim_jobs_engine(struct moim_jobs *j, struct moim_err *err);
void moim_jobs_progress(void *jobs, const char *stage, double done);

/* Pauses the queue (heat, a weak battery): no job starts, and the running one blocks at its next progress report,
 * until the queue is resumed. */
void moim_jobs_pause(struct moim_jobs *j, bool paused);

/* Takes a waiting job back, stops the one at work soon, or forgets a failure. *json is the job as it is then. What a stage has
 * finished stays. MOIM_ENOENT; MOIM_ESTATE for a request that somebody waits for. */
int moim_jobs_cancel(struct moim_jobs *j, struct moim_store *s, int64_t id, struct cJSON **json,
                     struct moim_err *err);

struct cJSON *moim_jobs_json(struct moim_jobs *j); /* queued, running, and the last that failed */
bool moim_jobs_has(struct moim_jobs *j, int64_t meeting);
void moim_jobs_forget(struct moim_jobs *j,
                      int64_t meeting);     /* the meeting was deleted, and its rows with it */
int moim_jobs_waiting(struct moim_jobs *j); /* the running one included */

#endif
