#include "base/clock.h"
#include "firmware/daemon/job_queue_int.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/removal.h"
#include "firmware/pipeline/process.h"
#include "firmware/pipeline/semantic_index.h"
#include "firmware/platform/log.h"

#include <cjson/cJSON.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define CALLS_MAX 8          /* requests that may wait for the models */
#define TRANSIENT 1000000000 /* ids of jobs that are not in the store */
#define RETRY_S 3            /* seconds after which a meeting that another program holds is tried again */

/* ---- adding ---- */

static char *title_of(struct moim_store *s, int64_t meeting, double *sound)
{
    struct moim_meeting m;
    *sound = 0;
    if (moim_meeting_get(s, meeting, &m, NULL)) return strdup("");
    char *title = strdup(m.title);
    if (*m.audio) *sound = m.duration;
    moim_meeting_clear(&m);
    return title;
}

/* Of all the meeting's sound; the job may be about a part. */
static void set_sound(struct job *b, double all)
{
    b->sound = b->row.end > 0 ? b->row.end - b->row.start : all;
    moim_pace_begin(&b->run, b->sound, b->row.end > 0 ? MOIM_PACE_WORDS : MOIM_PACE_ALL);
}

static int64_t running_id(struct moim_jobs *j, const struct moim_job_row *row)
{
    if (!strcmp(row->kind, "process") && !row->again) return 0;
    pthread_mutex_lock(&j->lock);
    int64_t id = j->running && !j->running->call ? j->running->row.id : 0;
    pthread_mutex_unlock(&j->lock);
    return id;
}

int moim_jobs_add(struct moim_jobs *j, struct moim_store *s, const struct moim_job_row *row, cJSON **json,
                  struct moim_err *err)
{
    struct moim_job_row r = *row;
    bool fresh;
    int rc = moim_job_add(s, row, running_id(j, row), &r.id, &fresh, err);
    if (rc) return rc;
    double sound;
    char *title = title_of(s, row->meeting, &sound);
    struct job *b = title ? moim_queued_new(&r, title) : NULL, *same = NULL;
    if (b) set_sound(b, sound);
    free(title);
    if (!b) return moim_fail(err, MOIM_ENOMEM, "out of memory"); /* the row waits for the next start */
    pthread_mutex_lock(&j->lock);
    for (struct job *o = j->list; o; o = o->next)
        if (o->row.id == r.id) same = o;
    if (!same) {
        moim_queued_forget_failures(j, row->meeting);
        moim_queued_append(j, b);
    } else {
        moim_queued_free(b);
    }
    cJSON *o = moim_queued_json(j, same ? same : b);
    pthread_mutex_unlock(&j->lock);
    moim_events_publish(j->events, "job", cJSON_Duplicate(o, 1));
    if (json)
        *json = o;
    else
        cJSON_Delete(o);
    return MOIM_OK;
}

bool moim_jobs_call(struct moim_jobs *j, const char *kind, struct moim_work *w)
{
    int waiting = 0;
    struct job *b = moim_queued_new(&(struct moim_job_row){.kind = (char *)(uintptr_t)kind}, "");
    if (!b) return false;
    b->call = w;
    pthread_mutex_lock(&j->lock);
    for (struct job *o = j->list; o; o = o->next) waiting += o->call != NULL;
    bool room = waiting < CALLS_MAX && !j->stopping;
    if (room) {
        b->row.id = TRANSIENT + j->next_id++;
        /* A client waits for the answer: before the meetings' jobs. */
        struct job **p = &j->list;
        while (*p && ((*p)->state != QUEUED || (*p)->call)) p = &(*p)->next;
        b->next = *p;
        *p = b;
        pthread_cond_signal(&j->job_queued);
    }
    pthread_mutex_unlock(&j->lock);
    if (!room) moim_queued_free(b);
    return room;
}

/* ---- taking back ---- */

static struct job *find_job(struct moim_jobs *j, int64_t id)
{
    struct job *b = j->list;
    while (b && b->row.id != id) b = b->next;
    return b;
}

int moim_jobs_cancel(struct moim_jobs *j, struct moim_store *s, int64_t id, cJSON **json,
                     struct moim_err *err)
{
    *json = NULL;
    pthread_mutex_lock(&j->lock);
    struct job *b = find_job(j, id);
    int rc = !b        ? moim_fail_why(err, MOIM_ENOENT, "no_job", "no job %lld", (long long)id)
             : b->call ? moim_fail(err, MOIM_ESTATE, "somebody waits for its answer")
                       : MOIM_OK;
    bool gone = !rc && b->state != RUNNING, waited = gone && b->state == QUEUED;
    if (!rc && !gone) j->cancel = 1; /* it is told at its next step */
    if (gone) {
        b->state = CANCELLED;
        moim_queued_unlink(j, b);
    }
    if (!rc) *json = moim_queued_json(j, b);
    pthread_cond_broadcast(&j->job_queued); /* a paused one must see it */
    pthread_mutex_unlock(&j->lock);
    if (rc) return rc;
    if (gone) moim_queued_free(b);
    if (waited) rc = moim_job_remove(s, id, err);
    if (gone && !rc) moim_events_publish(j->events, "job", cJSON_Duplicate(*json, 1));
    if (!rc) return MOIM_OK;
    cJSON_Delete(*json);
    *json = NULL;
    return rc;
}

/* ---- the thread ---- */

struct moim_engine *moim_jobs_engine(struct moim_jobs *j, struct moim_err *err)
{
    pthread_mutex_lock(&j->lock);
    bool stopping = j->stopping;
    pthread_mutex_unlock(&j->lock);
    if (stopping) {
        moim_fail_why(err, MOIM_ECANCEL, "shutting_down", "the recorder is shutting down");
        return NULL;
    }
    if (!j->engine && !moim_engine_new(&j->engine, j->threads, err))
        moim_engine_set_cancel(j->engine, &j->cancel);
    return j->engine;
}

static void publish_changed(struct moim_jobs *j, int64_t meeting)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "id", (double)meeting);
    cJSON_AddStringToObject(o, "change", "changed");
    moim_events_publish(j->events, "meeting", o);
}

void moim_jobs_progress(void *arg, const char *stage, double done)
{
    struct moim_jobs *j = arg;
    struct job *b = j->running;
    double t = moim_monotonic();
    pthread_mutex_lock(&j->lock);
    bool next = strcmp(b->stage, stage) != 0, publish = next || t - j->last_progress > 0.5,
         ended = next && *b->stage;
    snprintf(b->stage, sizeof b->stage, "%s", stage);
    b->progress = done < 0 ? 0 : done > 1 ? 1 : done;
    if (!b->call) moim_pace_report(&j->pace, &b->run, stage, done, t);
    cJSON *o = publish ? moim_queued_json(j, b) : NULL;
    pthread_mutex_unlock(&j->lock);
    if (publish) {
        j->last_progress = t;
        moim_events_publish(j->events, "job", o);
    }
    if (ended && b->row.meeting)
        publish_changed(j, b->row.meeting); /* what the stage before made can be read */
    pthread_mutex_lock(&j->lock);
    while (j->paused && !j->stopping && !j->cancel) pthread_cond_wait(&j->job_queued, &j->lock);
    pthread_mutex_unlock(&j->lock);
}

void moim_jobs_pause(struct moim_jobs *j, bool paused)
{
    pthread_mutex_lock(&j->lock);
    j->paused = paused;
    pthread_cond_broadcast(&j->job_queued);
    pthread_mutex_unlock(&j->lock);
}

static void writing_minutes(void *jobs, double done)
{
    moim_jobs_progress(jobs, "writing minutes", done);
}

/* The job's own choice, else the setting. */
static char *choice(struct moim_store *s, const char *own, const char *key, const char *fallback)
{
    char *v = NULL;
    if (own && *own) return strdup(own);
    return moim_setting_get(s, key, fallback, &v, NULL) ? NULL : v;
}

static int process_meeting(struct moim_jobs *j, struct moim_store *s, struct job *b, struct moim_err *warning,
                           struct moim_err *err)
{
    char *lang = choice(s, b->row.language, "speech_language", "auto");
    bool part = b->row.end > 0;
    char *model = choice(s, part ? NULL : b->row.model, "minutes_model", "");
    char *template_name = choice(s, b->row.template_name, "minutes_template", "plain");
    char *minutes_lang = choice(s, NULL, "minutes_language", "");
    struct moim_process_options o = {
        .lang = lang ? lang : "auto",
        .minutes_model = model && *model ? model : NULL,
        .minutes_template = template_name && strcmp(template_name, "plain") ? template_name : NULL,
        .again = b->row.again,
        .model = part && *b->row.model ? b->row.model : NULL,
        .from = b->row.start,
        .to = b->row.end,
        .minutes_language = minutes_lang && *minutes_lang ? minutes_lang : NULL,
        .progress = moim_jobs_progress,
        .arg = j};
    int rc = moim_minutes_names(s, moim_engine_models(j->engine), o.minutes_model, o.minutes_template, err);
    if (!rc) rc = moim_process(j->engine, s, b->row.meeting, &o, warning, err);
    free(lang);
    free(model);
    free(template_name);
    free(minutes_lang);
    return rc;
}

static int write_minutes(struct moim_jobs *j, struct moim_store *s, struct job *b, struct moim_err *err)
{
    struct moim_meeting m;
    struct moim_meeting_lock lock;
    int rc = moim_meeting_lock(s, b->row.meeting, &lock, &m, err);
    if (rc) return rc;
    writing_minutes(j, 0); /* a stage says that the meeting is in this job's hands */
    char *model = choice(s, b->row.model, "minutes_model", "");
    char *template_name = choice(s, b->row.template_name, "minutes_template", "plain");
    char *lang = choice(s, b->row.language, "minutes_language", "");
    rc = moim_minutes_names(s, moim_engine_models(j->engine), model, template_name, err);
    if (!rc)
        rc = moim_write_minutes(j->engine, s, &m, model && *model ? model : NULL,
                                template_name && *template_name ? template_name : NULL,
                                lang && *lang ? lang : NULL, writing_minutes, j, err);
    free(lang);
    free(model);
    free(template_name);
    moim_meeting_unlock(&lock);
    moim_meeting_clear(&m);
    return rc;
}

static void learn_pace(struct moim_jobs *j, struct moim_store *s, struct job *b)
{
    struct moim_err why = {0};
    pthread_mutex_lock(&j->lock);
    bool learnt = moim_pace_end(&j->pace, &b->run, moim_monotonic());
    struct moim_pace pace = j->pace;
    pthread_mutex_unlock(&j->lock);
    if (learnt && moim_pace_save(&pace, s, &why))
        moim_log(MOIM_LOG_WARNING, "how long processing takes is not kept: %s", why.msg);
}

static int do_job(struct moim_jobs *j, struct job *b, struct moim_err *warning, struct moim_err *err)
{
    struct moim_store *s;
    if (!moim_jobs_engine(j, err)) return err->code;
    int rc = moim_store_open(&s, j->db, err);
    if (rc) return rc;
    rc = !strcmp(b->row.kind, "minutes") ? write_minutes(j, s, b, err)
                                         : process_meeting(j, s, b, warning, err);
    if (!rc) learn_pace(j, s, b);
    int left;
    if (!rc) moim_embed_waiting(j->engine, s, 20, NULL, NULL, &left, NULL); /* corrected ones too */
    /* Failed or not, it is not tried again by itself: a person reads the error and asks. */
    if ((rc != MOIM_ECANCEL || j->cancel) && rc != MOIM_ESTATE) moim_job_remove(s, b->row.id, NULL);
    moim_store_close(s);
    return rc;
}

/* Another program holds its meeting: it is queued again, with the reason as its note. */
static void postpone(struct moim_jobs *j, struct job *b, const char *why)
{
    pthread_mutex_lock(&j->lock);
    bool published = !strcmp(b->note, why);
    b->state = QUEUED;
    b->due = moim_monotonic() + RETRY_S;
    snprintf(b->note, sizeof b->note, "%s", why);
    cJSON *o = published ? NULL : moim_queued_json(j, b);
    pthread_mutex_unlock(&j->lock);
    if (o) moim_events_publish(j->events, "job", o);
}

static void run_meeting_job(struct moim_jobs *j, struct job *b)
{
    struct moim_err err = {0}, warning = {0};
    int rc = do_job(j, b, &warning, &err);
    if (rc == MOIM_ESTATE) {
        postpone(j, b, err.msg);
        return;
    }
    pthread_mutex_lock(&j->lock);
    bool cancelled = rc == MOIM_ECANCEL && j->cancel;
    b->state = cancelled ? CANCELLED : rc ? FAILED : DONE;
    b->progress = rc ? b->progress : 1;
    snprintf(b->error, sizeof b->error, "%s", rc ? err.msg : "");
    snprintf(b->note, sizeof b->note, "%s", rc ? "" : warning.msg);
    cJSON *o = moim_queued_json(j, b);
    int64_t meeting = b->row.meeting;
    if (!rc || cancelled) {
        moim_queued_unlink(j, b);
        moim_queued_free(b);
    }
    pthread_mutex_unlock(&j->lock);
    if (rc) moim_log(MOIM_LOG_WARNING, "meeting %lld: %s", (long long)meeting, err.msg);
    moim_events_publish(j->events, "job", o);
    publish_changed(j, meeting);
}

static void run_call(struct moim_jobs *j, struct job *b)
{
    b->call->run(b->call);
    pthread_mutex_lock(&j->lock);
    b->state = DONE;
    b->progress = 1;
    /* Who was told that it runs is told that it does not any more. */
    cJSON *o = *b->stage ? moim_queued_json(j, b) : NULL;
    moim_queued_unlink(j, b);
    pthread_mutex_unlock(&j->lock);
    if (o) moim_events_publish(j->events, "job", o);
    moim_queued_free(b);
}

/* Returns the models' memory to the system, not only to malloc. */
static void unload_models(struct moim_jobs *j)
{
    moim_engine_free(j->engine);
    j->engine = NULL;
    malloc_trim(0);
}

static struct job *next_job(struct moim_jobs *j)
{
    double t = moim_monotonic();
    for (struct job *b = j->list; b; b = b->next)
        if (b->state == QUEUED && b->due <= t && (j->stopping ? b->call != NULL : !j->paused)) return b;
    return NULL;
}

/* With the lock held: until a job is queued, or a postponed one may be due. */
static void wait_for_job(struct moim_jobs *j)
{
    bool postponed = false;
    for (struct job *b = j->list; b; b = b->next) postponed |= b->state == QUEUED && b->due > 0;
    struct timespec until = moim_deadline(1);
    if (postponed && !j->paused)
        pthread_cond_clockwait(&j->job_queued, &j->lock, CLOCK_MONOTONIC, &until);
    else
        pthread_cond_wait(&j->job_queued, &j->lock);
}

static void *job_thread(void *arg)
{
    struct moim_jobs *j = arg;
    /* This thread alone, and those it starts: on Linux a thread has its own nice value. */
    setpriority(PRIO_PROCESS, (id_t)gettid(), 10);
    pthread_mutex_lock(&j->lock);
    for (;;) {
        struct job *b = next_job(j);
        if (!b && j->stopping) break;
        if (!b) {
            pthread_mutex_unlock(&j->lock);
            if (j->engine) unload_models(j);
            pthread_mutex_lock(&j->lock);
            if (!next_job(j) && !j->stopping) wait_for_job(j);
            continue;
        }
        b->state = RUNNING;
        b->started = moim_monotonic();
        j->cancel = 0;
        j->running = b;
        pthread_mutex_unlock(&j->lock);
        if (b->call)
            run_call(j, b);
        else
            run_meeting_job(j, b);
        pthread_mutex_lock(&j->lock);
        j->running = NULL;
    }
    j->ended = true;
    pthread_cond_broadcast(&j->thread_done);
    pthread_mutex_unlock(&j->lock);
    if (j->engine) unload_models(j);
    return NULL;
}

/* ---- start and stop ---- */

/* A meeting that stopped half way, by a crash or a restart: nobody holds its sound, and no error stands at
 * it. */
static bool is_unfinished(struct moim_store *s, const struct moim_meeting *m)
{
    char audio[4096];
    int fd = -1;
    if (!moim_meeting_unfinished(m) || *m->error || !*m->audio) return false;
    if (moim_audio_path(s, m->audio, audio, sizeof audio, NULL) || moim_sound_lock(audio, &fd, NULL))
        return false;
    if (fd >= 0) close(fd);
    return true;
}

static int resume_pending(struct moim_jobs *j, struct moim_err *err)
{
    struct moim_store *s;
    struct moim_job_row *rows = NULL;
    struct moim_meeting *list = NULL;
    int n = 0, m = 0, rc = moim_store_open(&s, j->db, err);
    if (rc) return rc;
    moim_pace_load(&j->pace, s);
    rc = moim_job_list(s, &rows, &n, err);
    for (int i = 0; !rc && i < n; i++) {
        double sound;
        char *title = title_of(s, rows[i].meeting, &sound);
        struct job *b = title ? moim_queued_new(&rows[i], title) : NULL;
        if (b) set_sound(b, sound);
        if (b) moim_queued_append(j, b);
        free(title);
    }
    moim_job_free(rows, n);
    if (!rc) rc = moim_meeting_list(s, &list, &m, err);
    for (int i = m - 1; !rc && i >= 0; i--) {
        struct moim_job_row row = {
            .meeting = list[i].id, .kind = "process", .language = "", .model = "", .template_name = ""};
        struct moim_err why;
        /* A full disk is no reason not to start: what is to be deleted is deleted by the page. */
        if (is_unfinished(s, &list[i]) && !moim_jobs_has(j, list[i].id) &&
            moim_jobs_add(j, s, &row, NULL, &why))
            moim_log(MOIM_LOG_WARNING, "meeting %lld waits for the next start: %s", (long long)list[i].id,
                     why.msg);
    }
    moim_meeting_list_free(list, m);
    moim_store_close(s);
    return rc;
}

int moim_jobs_start(struct moim_jobs **out, const char *db, struct moim_events *events, int threads,
                    struct moim_err *err)
{
    *out = NULL;
    struct moim_jobs *j = calloc(1, sizeof *j);
    if (!j || !(j->db = strdup(db))) {
        free(j);
        return moim_fail(err, MOIM_ENOMEM, "out of memory");
    }
    j->events = events;
    j->threads = threads;
    pthread_mutex_init(&j->lock, NULL);
    pthread_cond_init(&j->job_queued, NULL);
    pthread_cond_init(&j->thread_done, NULL);
    int rc = resume_pending(j, err);
    if (!rc && pthread_create(&j->thread, NULL, job_thread, j))
        rc = moim_fail(err, MOIM_ENOMEM, "cannot start a thread");
    if (rc) {
        moim_jobs_free(j);
        return rc;
    }
    *out = j;
    return MOIM_OK;
}

bool moim_jobs_stop(struct moim_jobs *j, double seconds)
{
    struct timespec until = moim_deadline(seconds);
    pthread_mutex_lock(&j->lock);
    j->stopping = true;
    pthread_cond_signal(&j->job_queued);
    int timed_out = 0;
    while (!j->ended && !timed_out)
        timed_out = pthread_cond_clockwait(&j->thread_done, &j->lock, CLOCK_MONOTONIC, &until);
    bool ended = j->ended;
    pthread_mutex_unlock(&j->lock);
    if (ended) pthread_join(j->thread, NULL);
    return ended;
}

void moim_jobs_free(struct moim_jobs *j)
{
    if (!j) return;
    while (j->list) {
        struct job *b = j->list;
        moim_queued_unlink(j, b);
        moim_queued_free(b);
    }
    moim_engine_free(j->engine);
    pthread_cond_destroy(&j->job_queued);
    pthread_cond_destroy(&j->thread_done);
    pthread_mutex_destroy(&j->lock);
    free(j->db);
    free(j);
}
