#include "audio/capture.h"
#include "base/json.h"
#include "firmware/daemon/recording_service_int.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/recordings.h"
#include "firmware/platform/log.h"
#include "firmware/platform/paths.h"
#include "firmware/recording/control_socket.h"
#include "firmware/recording/source_simulated.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum action { START, STOP, PAUSE, RESUME, BOOKMARK, MEMO, DEVICES };

struct moim_mic_command {
    enum action action;
    const struct moim_mic_request *request;
    const char *text;
    int64_t meeting;
    double at;
    int rc;
    struct moim_err *err;
    bool finished;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- what others see ---- */

static cJSON *recording_json(struct moim_mic *m)
{
    if (!m->meeting) return cJSON_CreateNull();
    cJSON *o = cJSON_CreateObject();
    char when[32];
    struct tm tm;
    time_t t = (time_t)m->started_at;
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
    cJSON_AddNumberToObject(o, "id", (double)m->meeting);
    cJSON_AddStringToObject(o, "title", m->title);
    cJSON_AddStringToObject(o, "started_at", when);
    cJSON_AddNumberToObject(o, "duration_s", (double)(long long)(m->seconds * 1000) / 1000);
    cJSON_AddBoolToObject(o, "paused", m->paused);
    cJSON_AddBoolToObject(o, "captions", m->captions);
    if (*m->note) cJSON_AddStringToObject(o, "captions_note", m->note);
    cJSON_AddStringToObject(o, "language", m->language);
    cJSON_AddStringToObject(o, "device", m->device);
    cJSON_AddNumberToObject(o, "peak_db", (double)(int)(m->peak * 10) / 10);
    cJSON_AddNumberToObject(o, "rms_db", (double)(int)(m->rms * 10) / 10);
    return o;
}

cJSON *moim_mic_json(struct moim_mic *m)
{
    pthread_mutex_lock(&m->lock);
    cJSON *o = recording_json(m);
    pthread_mutex_unlock(&m->lock);
    return o;
}

int64_t moim_mic_meeting(struct moim_mic *m)
{
    pthread_mutex_lock(&m->lock);
    int64_t id = m->meeting;
    pthread_mutex_unlock(&m->lock);
    return id;
}

bool moim_mic_simulated(const struct moim_mic *m)
{
    return m->opt.from != NULL;
}

double moim_mic_heartbeat(struct moim_mic *m)
{
    pthread_mutex_lock(&m->lock);
    double t = m->heartbeat;
    pthread_mutex_unlock(&m->lock);
    return t;
}

int moim_mic_muted(struct moim_mic *m)
{
    return atomic_load(&m->muted);
}

static void publish_state(struct moim_mic *m)
{
    cJSON *o = cJSON_CreateObject();
    if (moim_mic_muted(m) >= 0) cJSON_AddBoolToObject(o, "muted", moim_mic_muted(m));
    moim_json_set(o, "recording", moim_mic_json(m));
    moim_json_set(o, "jobs", moim_jobs_json(m->opt.jobs));
    moim_events_publish(m->opt.events, "state", o);
}

void moim_mic_set_muted(struct moim_mic *m, bool muted)
{
    atomic_store(&m->muted, muted);
    publish_state(m);
}

static void publish_meeting(struct moim_mic *m, int64_t id, const char *change)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "id", (double)id);
    cJSON_AddStringToObject(o, "change", change);
    moim_events_publish(m->opt.events, "meeting", o);
}

/* ---- the owner: starting ---- */

static void add_device(cJSON *list, const struct moim_device *d, const char *chosen)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "index", d->index);
    cJSON_AddStringToObject(o, "name", d->name);
    cJSON_AddStringToObject(o, "api", d->api);
    cJSON_AddNumberToObject(o, "channels", d->channels);
    cJSON_AddNumberToObject(o, "rate", d->rate);
    cJSON_AddBoolToObject(o, "default", d->is_default);
    cJSON_AddBoolToObject(o, "chosen", *chosen ? !strcmp(chosen, d->name) : d->is_default);
    moim_json_append(list, o);
}

static char *setting(struct moim_mic *m, const char *key, const char *fallback)
{
    struct moim_store *s;
    char *v = NULL;
    if (moim_store_open(&s, m->opt.db, NULL)) return strdup(fallback);
    if (moim_setting_get(s, key, fallback, &v, NULL)) v = strdup(fallback);
    moim_store_close(s);
    return v;
}

static int find_devices(struct moim_mic *m, struct moim_err *err)
{
    struct moim_device *list = NULL, simulated = {.name = "simulated",
                                                  .api = "file",
                                                  .channels = 1,
                                                  .rate = 16000,
                                                  .is_default = true};
    int n = 1, rc = m->opt.from ? MOIM_OK : moim_capture_devices(&list, &n, err);
    if (rc) return rc;
    char *chosen = setting(m, "microphone", "");
    cJSON *all = cJSON_CreateArray();
    for (int i = 0; i < n; i++) add_device(all, m->opt.from ? &simulated : &list[i], chosen ? chosen : "");
    free(chosen);
    free(list);
    pthread_mutex_lock(&m->lock);
    cJSON_Delete(m->devices);
    m->devices = all;
    pthread_mutex_unlock(&m->lock);
    return MOIM_OK;
}

static int open_source(struct moim_mic *m, const struct moim_mic_request *q, struct moim_source **source,
                       struct moim_err *err)
{
    if (m->opt.from) return moim_source_simulated(source, m->opt.from, m->opt.loop, m->opt.fast, err);
    char *chosen = q->device ? strdup(q->device) : setting(m, "microphone", "");
    struct moim_capture_options o = {.device = chosen, .channel = q->channel};
    int rc = moim_source_capture(source, &o, err);
    free(chosen);
    return rc;
}

/* What others are shown of it from now on. */
static int show_recording(struct moim_mic *m, const struct moim_mic_request *q, int64_t id,
                          struct moim_err *err)
{
    struct moim_meeting row;
    int rc = moim_meeting_get(m->store, id, &row, err);
    if (rc) return rc;
    pthread_mutex_lock(&m->lock);
    m->meeting = id;
    m->started_at = row.started_at;
    m->paused = false;
    m->captions = q->captions;
    m->seconds = 0;
    m->peak = m->rms = -120;
    m->note[0] = 0;
    free(m->title);
    free(m->device);
    m->title = row.title;
    m->device = row.source;
    snprintf(m->language, sizeof m->language, "%s", q->language ? q->language : "auto");
    pthread_mutex_unlock(&m->lock);
    row.title = row.source = NULL;
    moim_meeting_clear(&row);
    return MOIM_OK;
}

static void clear_recording(struct moim_mic *m)
{
    pthread_mutex_lock(&m->lock);
    m->meeting = 0;
    pthread_mutex_unlock(&m->lock);
    moim_store_close(m->store);
    m->store = NULL;
}

/* Sound first, in a file that is locked; then the meeting. */
static int record(struct moim_mic *m, const struct moim_mic_request *q, int64_t *id, struct moim_err *err)
{
    struct moim_source *source;
    char *name = NULL;
    int rc = open_source(m, q, &source, err);
    if (rc) return rc;
    rc = moim_recording_name(m->store, m->audio, sizeof m->audio, err);
    if (!rc && !(name = strdup(moim_source_name(source)))) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    if (rc)
        moim_source_close(source);
    else
        rc = moim_recorder_start(&m->rec, source, m->audio, m->opt.fast && q->captions, err);
    if (!rc) rc = moim_recording_add(m->store, m->audio, q->title, name, (int64_t)time(NULL), id, err);
    if (!rc && (rc = show_recording(m, q, *id, err))) moim_meeting_delete(m->store, *id, NULL);
    free(name);
    if (rc && m->rec) {
        moim_recorder_stop(m->rec, NULL);
        moim_remove_sound(m->audio, NULL);
        moim_recorder_free(m->rec);
        m->rec = NULL;
    }
    return rc;
}

static int start(struct moim_mic *m, struct moim_mic_command *c)
{
    if (m->rec)
        return moim_fail(c->err, MOIM_ESTATE, "meeting %lld is being recorded already",
                         (long long)m->meeting);
    int rc = moim_store_open(&m->store, m->opt.db, c->err);
    if (!rc) rc = record(m, c->request, &c->meeting, c->err);
    if (rc) {
        clear_recording(m);
        return rc;
    }
    struct moim_err shut;
    if (moim_control_open(&m->live, m->store, m->rec, &shut)) /* without it the page can still mark */
        moim_log(MOIM_LOG_WARNING, "no bookmarks from other programs: %s", shut.msg);
    if (c->request->captions) moim_mic_captions_start(m);
    moim_log(MOIM_LOG_NOTICE, "recording meeting %lld from %s", (long long)c->meeting, m->device);
    publish_meeting(m, c->meeting, "added");
    return MOIM_OK;
}

/* ---- the owner: while it records, and the end ---- */

static void publish_progress(struct moim_mic *m)
{
    char text[MOIM_EVENT_TEXT];
    uint64_t at;
    double t = now();
    while (moim_recorder_event(m->rec, text, &at)) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddNumberToObject(o, "meeting", (double)m->meeting);
        cJSON_AddNumberToObject(o, "at", (double)at / 16000);
        cJSON_AddStringToObject(o, "text", text);
        moim_log(MOIM_LOG_NOTICE, "meeting %lld at %.1f s: %s", (long long)m->meeting, (double)at / 16000,
                 text);
        moim_events_publish(m->opt.events, "notice", o);
    }
    if (t - m->level_published < 0.24) return;
    m->level_published = t;
    pthread_mutex_lock(&m->lock);
    if (moim_recorder_samples(m->rec)) moim_recorder_level(m->rec, &m->peak, &m->rms);
    m->seconds = (double)moim_recorder_samples(m->rec) / 16000;
    cJSON *all = recording_json(m), *o = cJSON_CreateObject();
    pthread_mutex_unlock(&m->lock);
    static const char *const shown[] = {"peak_db", "rms_db", "duration_s", "paused"};
    for (int i = 0; i < 4; i++) moim_json_set(o, shown[i], cJSON_DetachItemFromObject(all, shown[i]));
    cJSON_Delete(all);
    moim_events_publish(m->opt.events, "level", o);
}

/* Ends the recording, whoever asked or whatever happened. What could be recorded is kept in any case. */
static int stop(struct moim_mic *m, int64_t *meeting, struct moim_err *err)
{
    struct moim_err early = {0};
    if (!m->rec) return moim_fail(err, MOIM_ESTATE, "nothing is being recorded");
    *meeting = m->meeting;
    moim_control_close(m->live);
    m->live = NULL;
    if (moim_recorder_stop(m->rec, &early))
        moim_log(MOIM_LOG_ERROR, "meeting %lld: recording ended early: %s", (long long)*meeting, early.msg);
    double seconds = (double)moim_recorder_samples(m->rec) / 16000;
    size_t n;
    const struct moim_mark *unsaved = moim_recorder_unsaved(m->rec, &n);
    int rc = moim_recorded(m->store, *meeting, m->audio, seconds, unsaved, n, err);
    if (!rc && early.code) moim_meeting_set_error(m->store, *meeting, early.msg, NULL);
    moim_recorder_unlock(m->rec);
    struct moim_job_row job = {
        .meeting = *meeting, .kind = "process", .language = m->language, .model = "", .template_name = ""};
    if (!rc && !m->closing) rc = moim_jobs_add(m->opt.jobs, m->store, &job, NULL, err);
    moim_log(MOIM_LOG_NOTICE, "recorded meeting %lld, %.1f s", (long long)*meeting, seconds);
    clear_recording(m);
    publish_state(m);
    publish_meeting(m, *meeting, "changed");
    return rc;
}

/* After the answer was given: a caption may still be in the making. */
static void clean_up(struct moim_mic *m)
{
    moim_mic_captions_stop(m);
    moim_recorder_free(m->rec);
    m->rec = NULL;
}

static int set_paused(struct moim_mic *m, bool paused, struct moim_err *err)
{
    if (!m->rec) return moim_fail(err, MOIM_ESTATE, "nothing is being recorded");
    moim_recorder_pause(m->rec, paused);
    pthread_mutex_lock(&m->lock);
    m->paused = paused;
    pthread_mutex_unlock(&m->lock);
    publish_state(m);
    return MOIM_OK;
}

static int note(struct moim_mic *m, struct moim_mic_command *c)
{
    if (!m->rec) return moim_fail(c->err, MOIM_ESTATE, "nothing is being recorded");
    return moim_recorder_note(m->rec, c->action == MEMO, c->text, &c->at, c->err);
}

/* While it records nobody looks for others: the commands of the recording must not wait for that. */
static int show_devices(struct moim_mic *m)
{
    struct moim_device own = {.channels = 1, .rate = 16000, .is_default = true};
    pthread_mutex_lock(&m->lock);
    if (!m->devices) {
        snprintf(own.name, sizeof own.name, "%s", m->device ? m->device : "");
        moim_cut_whole(own.name);
        m->devices = cJSON_CreateArray();
        add_device(m->devices, &own, own.name);
    }
    pthread_mutex_unlock(&m->lock);
    return MOIM_OK;
}

static void execute(struct moim_mic *m, struct moim_mic_command *c)
{
    switch (c->action) {
    case START:
        c->rc = start(m, c);
        if (!c->rc) publish_state(m);
        break;
    case STOP: c->rc = stop(m, &c->meeting, c->err); break;
    case PAUSE:
    case RESUME: c->rc = set_paused(m, c->action == PAUSE, c->err); break;
    case BOOKMARK:
    case MEMO: c->rc = note(m, c); break;
    case DEVICES: c->rc = m->rec ? show_devices(m) : find_devices(m, c->err); break;
    }
}

/* With the lock held: waits for a command, or for the next look at the recording. */
static struct moim_mic_command *wait_for_command(struct moim_mic *m)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += m->rec ? 50000000 : 0;
    until.tv_sec += (m->rec ? 0 : 5) + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    m->heartbeat = now();
    if ((!m->command || m->command->finished) && !m->closing)
        pthread_cond_timedwait(&m->asked, &m->lock, &until);
    return m->command && !m->command->finished ? m->command : NULL;
}

static void *owner_main(void *arg)
{
    struct moim_mic *m = arg;
    int64_t meeting;
    struct moim_err err;
    pthread_mutex_lock(&m->lock);
    for (;;) {
        struct moim_mic_command *c = wait_for_command(m);
        bool closing = m->closing;
        pthread_mutex_unlock(&m->lock);
        if (c) execute(m, c);
        pthread_mutex_lock(&m->lock);
        if (c) c->finished = true;
        pthread_cond_broadcast(&m->done);
        pthread_mutex_unlock(&m->lock);
        if (m->rec && moim_mic_meeting(m)) publish_progress(m);
        bool over = m->rec && moim_mic_meeting(m) && (closing || moim_recorder_ended(m->rec));
        if (over && stop(m, &meeting, &err) < 0) moim_log(MOIM_LOG_ERROR, "%s", err.msg);
        if (m->rec && !moim_mic_meeting(m)) clean_up(m);
        pthread_mutex_lock(&m->lock);
        if (closing && !m->rec) break;
    }
    pthread_mutex_unlock(&m->lock);
    return NULL;
}

/* ---- asking the owner ---- */

static int submit(struct moim_mic *m, struct moim_mic_command *c)
{
    pthread_mutex_lock(&m->lock);
    while (m->command && !m->closing) pthread_cond_wait(&m->done, &m->lock);
    if (m->closing) {
        pthread_mutex_unlock(&m->lock);
        return moim_fail(c->err, MOIM_ECANCEL, "the recorder is shutting down");
    }
    m->command = c;
    pthread_cond_signal(&m->asked);
    while (!c->finished) pthread_cond_wait(&m->done, &m->lock);
    m->command = NULL;
    pthread_cond_broadcast(&m->done);
    pthread_mutex_unlock(&m->lock);
    return c->rc;
}

int moim_mic_start(struct moim_mic *m, const struct moim_mic_request *q, int64_t *meeting,
                   struct moim_err *err)
{
    struct moim_mic_command c = {.action = START, .request = q, .err = err};
    int rc = submit(m, &c);
    *meeting = c.meeting;
    return rc;
}

int moim_mic_stop(struct moim_mic *m, int64_t *meeting, struct moim_err *err)
{
    struct moim_mic_command c = {.action = STOP, .err = err};
    int rc = submit(m, &c);
    *meeting = c.meeting;
    return rc;
}

int moim_mic_pause(struct moim_mic *m, bool paused, struct moim_err *err)
{
    struct moim_mic_command c = {.action = paused ? PAUSE : RESUME, .err = err};
    return submit(m, &c);
}

int moim_mic_note(struct moim_mic *m, bool memo, const char *text, double *at, struct moim_err *err)
{
    struct moim_mic_command c = {.action = memo ? MEMO : BOOKMARK, .text = text, .err = err};
    int rc = submit(m, &c);
    *at = c.at;
    return rc;
}

int moim_mic_devices(struct moim_mic *m, cJSON **list, struct moim_err *err)
{
    struct moim_mic_command c = {.action = DEVICES, .err = err};
    int rc = submit(m, &c);
    if (rc) return rc;
    pthread_mutex_lock(&m->lock);
    *list = cJSON_Duplicate(m->devices, 1);
    pthread_mutex_unlock(&m->lock);
    return MOIM_OK;
}

int moim_mic_open(struct moim_mic **out, const struct moim_mic_options *opt, struct moim_err *err)
{
    *out = NULL;
    struct moim_mic *m = calloc(1, sizeof *m);
    if (!m) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    m->opt = *opt;
    m->heartbeat = now();
    m->muted = -1;
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->asked, NULL);
    pthread_cond_init(&m->done, NULL);
    if (pthread_create(&m->owner, NULL, owner_main, m)) {
        free(m);
        return moim_fail(err, MOIM_ENOMEM, "cannot start a thread");
    }
    *out = m;
    return MOIM_OK;
}

void moim_mic_end(struct moim_mic *m)
{
    if (!m) return;
    pthread_mutex_lock(&m->lock);
    bool first = !m->closing;
    m->closing = true;
    pthread_cond_signal(&m->asked);
    pthread_cond_broadcast(&m->done);
    pthread_mutex_unlock(&m->lock);
    if (first) pthread_join(m->owner, NULL);
}

void moim_mic_close(struct moim_mic *m)
{
    if (!m) return;
    moim_mic_end(m);
    moim_mic_captions_clear(m);
    free(m->title);
    free(m->device);
    cJSON_Delete(m->devices);
    pthread_cond_destroy(&m->asked);
    pthread_cond_destroy(&m->done);
    pthread_mutex_destroy(&m->lock);
    free(m);
}
