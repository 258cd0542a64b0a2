/* The jobs that wait, run or failed: the list, and how it is told. */
#include "base/clock.h"
#include "base/json.h"
#include "firmware/daemon/job_queue_int.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#define FAILED_KEPT 8 /* failures that are still shown */

void moim_queued_free(struct job *b)
{
    free(b->row.kind);
    free(b->row.language);
    free(b->row.model);
    free(b->row.template_name);
    free(b->title);
    free(b);
}

struct job *moim_queued_new(const struct moim_job_row *row, const char *title)
{
    struct job *b = calloc(1, sizeof *b);
    if (!b) return NULL;
    b->row = *row;
    b->row.kind = strdup(row->kind);
    b->row.language = strdup(row->language ? row->language : "");
    b->row.model = strdup(row->model ? row->model : "");
    b->row.template_name = strdup(row->template_name ? row->template_name : "");
    b->title = strdup(title);
    if (b->row.kind && b->row.language && b->row.model && b->row.template_name && b->title) return b;
    moim_queued_free(b);
    return NULL;
}

void moim_queued_append(struct moim_jobs *j, struct job *b)
{
    struct job **p = &j->list;
    while (*p) p = &(*p)->next;
    *p = b;
    pthread_cond_signal(&j->job_queued);
}

void moim_queued_unlink(struct moim_jobs *j, struct job *b)
{
    struct job **p = &j->list;
    while (*p && *p != b) p = &(*p)->next;
    if (*p) *p = b->next;
    b->next = NULL;
}

void moim_queued_forget_failures(struct moim_jobs *j, int64_t meeting)
{
    int kept = 0;
    for (struct job *b = j->list; b; b = b->next) kept += b->state == FAILED;
    for (struct job *b = j->list, *next; b; b = next) {
        next = b->next;
        if (b->state != FAILED || (b->row.meeting != meeting && kept <= FAILED_KEPT)) continue;
        moim_queued_unlink(j, b);
        moim_queued_free(b);
        kept--;
    }
}

/* What is left to wait for, in seconds; -1: not known. */
static double time_left(const struct moim_jobs *j, const struct job *b)
{
    bool minutes = !strcmp(b->row.kind, "minutes");
    if (b->call || (!minutes && strcmp(b->row.kind, "process"))) return -1;
    return minutes && b->run.stage < 0 ? -1 : moim_pace_left(&j->pace, &b->run, moim_monotonic());
}

cJSON *moim_queued_json(const struct moim_jobs *j, const struct job *b)
{
    static const char *const name[] = {"queued", "running", "done", "failed", "cancelled"};
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "id", (double)b->row.id);
    cJSON_AddNumberToObject(o, "meeting", (double)b->row.meeting);
    cJSON_AddStringToObject(o, "title", b->title);
    cJSON_AddStringToObject(o, "kind", b->row.kind);
    cJSON_AddStringToObject(o, "state", name[b->state]);
    if (*b->stage) cJSON_AddStringToObject(o, "stage", b->stage);
    cJSON_AddNumberToObject(o, "progress", (double)(long)(b->progress * 1000) / 1000);
    if (b->sound > 0) cJSON_AddNumberToObject(o, "sound_s", (double)(long)(b->sound * 1000) / 1000);
    if (b->state == RUNNING)
        cJSON_AddNumberToObject(o, "elapsed_s", (double)(long)(moim_monotonic() - b->started));
    double left = b->state <= RUNNING ? time_left(j, b) : -1;
    if (left >= 0) cJSON_AddNumberToObject(o, "remaining_s", (double)(long)(left + 0.5));
    if (b->row.end > 0) {
        cJSON_AddNumberToObject(o, "start", b->row.start);
        cJSON_AddNumberToObject(o, "end", b->row.end);
    }
    if (*b->note) cJSON_AddStringToObject(o, "note", b->note);
    if (*b->error) cJSON_AddStringToObject(o, "error", b->error);
    return o;
}

cJSON *moim_jobs_json(struct moim_jobs *j)
{
    cJSON *all = cJSON_CreateArray();
    pthread_mutex_lock(&j->lock);
    for (struct job *b = j->list; b; b = b->next) moim_json_append(all, moim_queued_json(j, b));
    pthread_mutex_unlock(&j->lock);
    return all;
}

bool moim_jobs_has(struct moim_jobs *j, int64_t meeting)
{
    bool any = false;
    pthread_mutex_lock(&j->lock);
    for (struct job *b = j->list; b; b = b->next) any |= b->row.meeting == meeting && b->state < DONE;
    pthread_mutex_unlock(&j->lock);
    return any;
}

void moim_jobs_forget(struct moim_jobs *j, int64_t meeting)
{
    pthread_mutex_lock(&j->lock);
    for (struct job *b = j->list, *next; b; b = next) {
        next = b->next;
        if (b->row.meeting != meeting || b->call || b->state == RUNNING) continue;
        moim_queued_unlink(j, b);
        moim_queued_free(b);
    }
    pthread_mutex_unlock(&j->lock);
}

int moim_jobs_waiting(struct moim_jobs *j)
{
    int n = 0;
    pthread_mutex_lock(&j->lock);
    for (struct job *b = j->list; b; b = b->next) n += b->state < DONE;
    pthread_mutex_unlock(&j->lock);
    return n;
}
