/* The tasks of all meetings: the actions of their current minutes, by owner, day, state and words. A task is a line of its
 * meeting's minutes (storage/minutes_lines.h), and changed as one. */
#ifndef MOIM_STORAGE_TASKS_H
#define MOIM_STORAGE_TASKS_H

#include "storage/store.h"

#include <stdio.h>

struct moim_task {
    struct moim_meeting meeting; /* id, title, started_at and language alone */
    struct moim_item item;
};

enum moim_task_state { MOIM_TASKS_ALL, MOIM_TASKS_OPEN, MOIM_TASKS_DONE };

struct moim_task_query {
    const char *owner, *text;         /* a part of them, case does not matter for ASCII; NULL: any */
    bool nobody;                      /* without an owner alone */
    const char *due_from, *due_until; /* YYYY-MM-DD, both included; NULL: any, and such without a day */
    enum moim_task_state state;
    int64_t meeting;   /* 0: all but those in the trash */
    int limit, offset; /* limit 0: all */
};

/* Open ones first, by day, those without one last, the newest meetings first. *total: how many there are. */
int moim_tasks(struct moim_store *s, const struct moim_task_query *q, struct moim_task **list, int *n,
               int *total, struct moim_err *err);
void moim_tasks_free(struct moim_task *list, int n);

/* Who has open tasks, by name; "" for those that nobody has. */
struct moim_task_owner {
    char *owner;
    int open;
};
int moim_task_owners(struct moim_store *s, struct moim_task_owner **list, int *n, struct moim_err *err);
void moim_task_owners_free(struct moim_task_owner *list, int n);

/* As moim_export writes one meeting's, csv and ics. */
int moim_tasks_csv(FILE *out, const struct moim_task *list, int n, bool korean);
int moim_tasks_ics(FILE *out, const struct moim_task *list, int n);

#endif
