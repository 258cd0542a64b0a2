/* Inside of the job queue: shared by firmware/daemon/job_*.c only. */
#ifndef MOIM_FIRMWARE_DAEMON_JOB_QUEUE_INT_H
#define MOIM_FIRMWARE_DAEMON_JOB_QUEUE_INT_H

#include "firmware/daemon/job_queue.h"
#include "firmware/pipeline/pace.h"

#include <pthread.h>

enum state { QUEUED, RUNNING, DONE, FAILED, CANCELLED };

struct job {
    struct job *next;
    struct moim_job_row row;
    enum state state;
    char *title;
    double sound; /* seconds of the meeting's sound */
    struct moim_pace_run run;
    double started; /* when it began to run */
    char stage[32];
    double progress;
    char note[512], error[512];
    struct moim_work *call; /* a request, not a meeting's job */
    double due;             /* not before that time: another program held its meeting */
};

struct moim_jobs {
    char *db;
    struct moim_events *events;
    int threads;
    struct moim_engine *engine; /* of the job thread alone */
    struct job *running;        /* likewise; its shown fields under the lock */
    double last_progress;       /* when progress was last published */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t job_queued, thread_done;
    struct job *list; /* in order; the failed ones first */
    int64_t next_id;
    bool stopping, ended, paused;
    volatile int cancel; /* the job at work, wherever it is */
    struct moim_pace pace;
};

/* job_list.c; all with the lock held. */
struct job *moim_queued_new(const struct moim_job_row *row, const char *title); /* NULL: out of memory */
void moim_queued_free(struct job *b);
void moim_queued_append(struct moim_jobs *j, struct job *b); /* and wakes the thread */
void moim_queued_unlink(struct moim_jobs *j, struct job *b);
/* A failure is shown until the meeting's next job, or until there are too many. */
void moim_queued_forget_failures(struct moim_jobs *j, int64_t meeting);
struct cJSON *moim_queued_json(const struct moim_jobs *j, const struct job *b); /* Job of docs/openapi.yaml */

#endif
