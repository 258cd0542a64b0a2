/* What the daemon keeps in the store besides meetings: settings, and the jobs that wait or run. A job's row
 * goes when the job has ended, so that a restart takes up exactly what is left. */
#ifndef MOIM_STORAGE_QUEUE_H
#define MOIM_STORAGE_QUEUE_H

#include "storage/store.h"

/* *value is malloc'ed, a copy of fallback when the key was never set. */
int moim_setting_get(struct moim_store *s, const char *key, const char *fallback, char **value,
                     struct moim_err *err);
int moim_setting_set(struct moim_store *s, const char *key, const char *value, struct moim_err *err);

struct moim_job_row {
    int64_t id, meeting;
    char *kind;                             /* "process", "minutes" */
    bool again;                             /* process: recognise anew */
    char *language, *model, *template_name; /* "" the default; model: of minutes, for a part the recogniser */
    double start, end;                      /* process again only what lies between; end 0: all of it */
};

/* *id receives the job's number. A job that is the same as one that waits is not added twice: *id is that
 * one's, and *fresh false. at_work: a job that has begun, and so may not know what is asked for now; it does
 * not count (0: none). MOIM_ENOENT: no such meeting. */
int moim_job_add(struct moim_store *s, const struct moim_job_row *job, int64_t at_work, int64_t *id,
                 bool *fresh, struct moim_err *err);
int moim_job_remove(struct moim_store *s, int64_t id, struct moim_err *err);
/* Oldest first. */
int moim_job_list(struct moim_store *s, struct moim_job_row **list, int *n, struct moim_err *err);
void moim_job_free(struct moim_job_row *list, int n);

#endif
