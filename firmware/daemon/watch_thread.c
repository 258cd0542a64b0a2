#include "firmware/daemon/watch_thread.h"
#include "firmware/library/import_file.h"
#include "firmware/library/watch_folder.h"
#include "firmware/platform/log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct moim_watching {
    struct moim_watch *watch;
    char *db;
    struct moim_jobs *jobs;
    void (*added)(void *arg, int64_t meeting);
    void *arg;
    atomic_bool stop;
    pthread_t thread;
};

static void queue(struct moim_watching *w, struct moim_store *s, int64_t id)
{
    struct moim_err err;
    struct moim_job_row row = {.meeting = id,
                               .kind = (char *)(uintptr_t) "process",
                               .language = (char *)(uintptr_t) "",
                               .model = (char *)(uintptr_t) "",
                               .template_name = (char *)(uintptr_t) ""};
    if (w->added) w->added(w->arg, id);
    if (w->jobs && moim_jobs_add(w->jobs, s, &row, NULL, &err)) moim_log(MOIM_LOG_WARNING, "%s", err.msg);
}

/* A full disk leaves the file where it is: there may be room later. */
static int take(struct moim_watching *w, struct moim_store *s, const char *path)
{
    struct moim_imported done;
    struct moim_err why, err;
    int rc = moim_import_file(s, path, NULL, &(struct moim_import_options){0}, &done, &why);
    if (rc) moim_log(MOIM_LOG_WARNING, "%s", why.msg);
    if (rc == MOIM_ENOSPC) return rc;
    if (moim_watch_done(w->watch, path, rc ? why.msg : NULL, &err)) {
        moim_log(MOIM_LOG_WARNING, "%s", err.msg);
        if (!rc) queue(w, s, done.id);
        return MOIM_EIO; /* it would be taken in again and again */
    }
    if (!rc) queue(w, s, done.id);
    return MOIM_OK;
}

static void rest(struct moim_watching *w, int seconds)
{
    for (int i = 0; i < 10 * seconds && !atomic_load(&w->stop); i++)
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
}

static void *run(void *arg)
{
    struct moim_watching *w = arg;
    char path[4400];
    struct moim_err err;
    while (!atomic_load(&w->stop)) {
        int rc = moim_watch_next(w->watch, 500, path, sizeof path, &err);
        struct moim_store *s = NULL;
        if (rc == 1 && !(rc = moim_store_open(&s, w->db, &err))) rc = take(w, s, path);
        if (s) moim_store_close(s);
        if (rc == MOIM_EIO) break;
        if (rc < 0) {
            moim_log(MOIM_LOG_WARNING, "the watched folder: %s", err.msg);
            rest(w, 30);
        }
    }
    return NULL;
}

int moim_watching_start(struct moim_watching **out, const char *dir, const char *db, struct moim_jobs *jobs,
                        void (*added)(void *arg, int64_t meeting), void *arg, struct moim_err *err)
{
    struct moim_watching *w = calloc(1, sizeof *w);
    *out = NULL;
    if (!w || !(w->db = strdup(db))) {
        free(w);
        return moim_fail(err, MOIM_ENOMEM, "out of memory");
    }
    w->jobs = jobs;
    w->added = added;
    w->arg = arg;
    int rc = moim_watch_open(&w->watch, dir, MOIM_WATCH_SETTLE, err);
    if (!rc && pthread_create(&w->thread, NULL, run, w))
        rc = moim_fail(err, MOIM_EIO, "%s: no thread can be started", dir);
    if (!rc) {
        *out = w;
        return MOIM_OK;
    }
    moim_watch_close(w->watch);
    free(w->db);
    free(w);
    return rc;
}

void moim_watching_stop(struct moim_watching *w)
{
    if (!w) return;
    atomic_store(&w->stop, true);
    pthread_join(w->thread, NULL);
    moim_watch_close(w->watch);
    free(w->db);
    free(w);
}
