#include "audio/capture_pulse.h"
#include "base/clock.h"
#include "base/json.h"
#include "firmware/daemon/recording_service_int.h"
#include "firmware/platform/log.h"
#include "firmware/recording/microphone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_SECONDS 10 /* how old the list of devices may be before it is looked at again */

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

/* ---- published state ---- */

static cJSON *recording_json(struct moim_mic *m)
{
    if (!m->meeting) return cJSON_CreateNull();
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "id", (double)m->meeting);
    cJSON_AddStringToObject(o, "title", m->row->title);
    moim_json_instant(o, "started_at", m->row->started_at);
    cJSON_AddNumberToObject(o, "duration_s", (double)(long long)(m->seconds * 1000) / 1000);
    cJSON_AddBoolToObject(o, "paused", m->paused);
    cJSON_AddBoolToObject(o, "captions", m->captions);
    if (*m->note) cJSON_AddStringToObject(o, "captions_note", m->note);
    cJSON_AddBoolToObject(o, "call", m->call);
    cJSON_AddBoolToObject(o, "remote", m->remote != NULL);
    cJSON_AddStringToObject(o, "language", m->language);
    cJSON_AddStringToObject(o, "device", m->row->source);
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
    if (m->opt.state) moim_events_publish(m->opt.events, "state", m->opt.state(m->opt.state_arg));
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

/* "" when nothing was chosen, or the store cannot be read. */
static char *chosen_microphone(struct moim_mic *m)
{
    struct moim_store *s;
    char *name = NULL;
    if (moim_store_open(&s, m->opt.db, NULL)) return strdup("");
    if (moim_microphone_chosen(s, &name, NULL)) name = strdup("");
    moim_store_close(s);
    return name;
}

/* What a call's far side can be heard from; without a sound server there is nothing. */
static cJSON *find_outputs(struct moim_mic *m)
{
    struct moim_device *list = NULL,
                       simulated = {.name = "simulated", .api = "file", .index = -1, .output = true};
    struct moim_store *s;
    cJSON *all = cJSON_CreateArray();
    char *call = NULL;
    int n = 1;
    if (!m->opt.from && moim_pulse_outputs(&list, &n, NULL)) n = 0; /* costs no microphone */
    if (!moim_store_open(&s, m->opt.db, NULL)) {
        if (moim_call_chosen(s, &call, NULL)) call = NULL;
        moim_store_close(s);
    }
    for (int i = 0; i < n; i++)
        moim_json_append(all, moim_device_json(m->opt.from ? &simulated : &list[i], call ? call : ""));
    free(call);
    free(list);
    return all;
}

/* With the lock held: why a recording would find no device; failed: the look's own reason. */
static void set_missing(struct moim_mic *m, const cJSON *all, const char *failed, const char *chosen)
{
    const cJSON *d;
    bool found = false;
    cJSON_ArrayForEach(d, all) found |= cJSON_IsTrue(cJSON_GetObjectItem(d, "chosen"));
    if (failed)
        snprintf(m->no_device, sizeof m->no_device, "%s", failed);
    else if (found)
        *m->no_device = 0;
    else if (cJSON_GetArraySize(all) && *chosen)
        snprintf(m->no_device, sizeof m->no_device, "the microphone chosen in the settings is not there: %s",
                 chosen);
    else
        snprintf(m->no_device, sizeof m->no_device, "%s",
                 cJSON_GetArraySize(all) ? "no microphone is the system's default: choose one in the settings"
                                         : "no microphone is connected");
    moim_cut_whole(m->no_device);
}

static int find_devices(struct moim_mic *m, struct moim_err *err)
{
    struct moim_device *list = NULL, simulated = {.name = "simulated",
                                                  .api = "file",
                                                  .channels = 1,
                                                  .rate = 16000,
                                                  .is_default = true};
    int n = 1, rc = m->opt.from ? MOIM_OK : moim_capture_devices(&list, &n, err);
    char *chosen = m->opt.from ? NULL : chosen_microphone(m);
    cJSON *all = cJSON_CreateArray();
    for (int i = 0; !rc && i < n; i++)
        moim_json_append(all, moim_device_json(m->opt.from ? &simulated : &list[i], chosen ? chosen : ""));
    cJSON *outputs = find_outputs(m);
    pthread_mutex_lock(&m->lock);
    cJSON_Delete(m->outputs);
    m->outputs = outputs;
    set_missing(m, all, rc ? err->msg : NULL, chosen ? chosen : "");
    cJSON_Delete(m->devices);
    m->devices = all;
    m->looked = moim_monotonic();
    m->look_wanted = false;
    pthread_mutex_unlock(&m->lock);
    free(chosen);
    free(list);
    return rc;
}

/* Nothing waits for this look; who follows the events learns what changed. */
static void look_again(struct moim_mic *m)
{
    struct moim_err ignored;
    pthread_mutex_lock(&m->lock);
    char *before = m->devices ? cJSON_PrintUnformatted(m->devices) : NULL;
    pthread_mutex_unlock(&m->lock);
    find_devices(m, &ignored);
    pthread_mutex_lock(&m->lock);
    char *after = cJSON_PrintUnformatted(m->devices);
    pthread_mutex_unlock(&m->lock);
    if (!before || !after || strcmp(before, after)) publish_state(m);
    cJSON_free(before);
    cJSON_free(after);
}

static void show_recording(struct moim_mic *m, const struct moim_mic_request *q, struct moim_remote *remote)
{
    pthread_mutex_lock(&m->lock);
    m->row = moim_session_meeting(m->session);
    m->meeting = m->row->id;
    m->paused = false;
    m->captions = q->captions;
    m->call = moim_session_call(m->session);
    m->remote = remote;
    m->seconds = 0;
    m->peak = m->rms = -120;
    m->note[0] = 0;
    snprintf(m->language, sizeof m->language, "%s", q->language ? q->language : "auto");
    pthread_mutex_unlock(&m->lock);
}

/* Others see no recording from here on; the session stays for its captions (clean_up). */
static void hide_recording(struct moim_mic *m)
{
    pthread_mutex_lock(&m->lock);
    m->meeting = 0;
    pthread_mutex_unlock(&m->lock);
}

static int start(struct moim_mic *m, struct moim_mic_command *c)
{
    const struct moim_mic_request *q = c->request;
    struct moim_session_options o = {.from = m->opt.from,
                                     .simulated = true,
                                     .loop = m->opt.loop,
                                     .fast = m->opt.fast,
                                     .device = q->device,
                                     .call = q->call,
                                     .from_call = m->opt.from && q->call && *q->call ? m->opt.from : NULL,
                                     .channel = q->channel,
                                     .title = q->title,
                                     .captions = q->captions};
    struct moim_err warning;
    struct moim_remote *remote = NULL;
    if (m->session)
        return moim_fail_why(c->err, MOIM_ESTATE, "already_recording",
                             "meeting %lld is being recorded already", (long long)m->meeting);
    int rc = q->remote ? moim_remote_new(&remote, c->err) : MOIM_OK;
    o.remote = remote;
    if (!rc) rc = moim_store_open(&m->store, m->opt.db, c->err);
    if (!rc) rc = moim_session_start(&m->session, m->store, &o, &warning, c->err);
    if (rc) {
        moim_remote_free(remote);
        moim_store_close(m->store);
        m->store = NULL;
        return rc;
    }
    show_recording(m, q, remote);
    c->meeting = m->meeting;
    if (warning.code) /* the page can still mark */
        moim_log(MOIM_LOG_WARNING, "no bookmarks from other programs: %s", warning.msg);
    if (q->captions) moim_mic_captions_start(m);
    moim_log(MOIM_LOG_NOTICE, "recording meeting %lld from %s", (long long)c->meeting, m->row->source);
    publish_meeting(m, c->meeting, "added");
    return MOIM_OK;
}

/* ---- the owner: while it records, and the end ---- */

static void publish_progress(struct moim_mic *m)
{
    struct moim_recorder *rec = moim_session_recorder(m->session);
    char text[MOIM_EVENT_TEXT];
    uint64_t at;
    double t = moim_monotonic();
    while (moim_recorder_event(rec, text, &at)) {
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
    if (moim_recorder_samples(rec)) moim_recorder_level(rec, &m->peak, &m->rms);
    m->seconds = moim_session_seconds(m->session);
    cJSON *all = recording_json(m), *o = cJSON_CreateObject();
    pthread_mutex_unlock(&m->lock);
    static const char *const shown[] = {"peak_db", "rms_db", "duration_s", "paused"};
    for (int i = 0; i < 4; i++) moim_json_set(o, shown[i], cJSON_DetachItemFromObject(all, shown[i]));
    cJSON_Delete(all);
    moim_events_publish(m->opt.events, "level", o);
}

/* The captions so far become the meeting's lines until recognition replaces them. */
static int finish(struct moim_mic *m, struct moim_err *warning, struct moim_err *err)
{
    pthread_mutex_lock(&m->lock);
    struct moim_draft draft = m->draft;
    m->draft = (struct moim_draft){
        0}; /* a caption that is still in the making begins another one, which is dropped */
    pthread_mutex_unlock(&m->lock);
    int rc = moim_session_finish(m->session, &draft, warning, err);
    moim_draft_clear(&draft);
    return rc;
}

/* Ends the recording, whoever asked and whatever happened. What could be recorded is kept in any case. */
static int stop(struct moim_mic *m, int64_t *meeting, struct moim_err *err)
{
    struct moim_err early, warning;
    if (!m->session) return moim_fail_why(err, MOIM_ESTATE, "not_recording", "nothing is being recorded");
    *meeting = m->meeting;
    if (moim_session_stop(m->session, &early))
        moim_log(MOIM_LOG_ERROR, "meeting %lld: recording ended early: %s", (long long)*meeting, early.msg);
    int rc = finish(m, &warning, err);
    if (warning.code)
        moim_log(MOIM_LOG_WARNING, "meeting %lld: no draft of its captions: %s", (long long)*meeting,
                 warning.msg);
    struct moim_job_row job = {
        .meeting = *meeting, .kind = "process", .language = m->language, .model = "", .template_name = ""};
    if (!rc && !m->closing) rc = moim_jobs_add(m->opt.jobs, m->store, &job, NULL, err);
    moim_log(MOIM_LOG_NOTICE, "recorded meeting %lld, %.1f s", (long long)*meeting,
             moim_session_seconds(m->session));
    hide_recording(m);
    publish_state(m);
    publish_meeting(m, *meeting, "changed");
    return rc;
}

/* After the answer was given: a caption may still be in the making. */
static void clean_up(struct moim_mic *m)
{
    moim_mic_captions_stop(m);
    moim_session_free(m->session);
    moim_store_close(m->store);
    m->session = NULL;
    m->store = NULL;
    pthread_mutex_lock(&m->lock);
    moim_remote_free(m->remote);
    m->remote = NULL;
    pthread_mutex_unlock(&m->lock);
}

static int set_paused(struct moim_mic *m, bool paused, struct moim_err *err)
{
    if (!m->session) return moim_fail_why(err, MOIM_ESTATE, "not_recording", "nothing is being recorded");
    moim_recorder_pause(moim_session_recorder(m->session), paused);
    pthread_mutex_lock(&m->lock);
    m->paused = paused;
    pthread_mutex_unlock(&m->lock);
    publish_state(m);
    return MOIM_OK;
}

static int note(struct moim_mic *m, struct moim_mic_command *c)
{
    if (!m->session) return moim_fail_why(c->err, MOIM_ESTATE, "not_recording", "nothing is being recorded");
    return moim_recorder_note(moim_session_recorder(m->session), c->action == MEMO, c->text, &c->at, c->err);
}

/* While it records, devices are not enumerated: the recording's commands must not wait for that. */
static int show_devices(struct moim_mic *m)
{
    struct moim_device own = {.channels = 1, .rate = 16000, .is_default = true};
    pthread_mutex_lock(&m->lock);
    if (!m->devices) {
        if (snprintf(own.name, sizeof own.name, "%s", m->row->source) >= (int)sizeof own.name)
            moim_cut_whole(own.name);
        m->devices = cJSON_CreateArray();
        moim_json_append(m->devices, moim_device_json(&own, own.name));
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
    case DEVICES: c->rc = m->session ? show_devices(m) : find_devices(m, c->err); break;
    }
}

/* With the lock held: waits for a command, or until the recording's progress is due. */
static struct moim_mic_command *wait_for_command(struct moim_mic *m)
{
    struct timespec until = moim_deadline(m->session ? 0.05 : 5);
    m->heartbeat = moim_monotonic();
    bool look = m->look_wanted && !m->session;
    if ((!m->command || m->command->finished) && !m->closing && !look)
        pthread_cond_clockwait(&m->asked, &m->lock, CLOCK_MONOTONIC, &until);
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
        bool closing = m->closing, look_now = !c && m->look_wanted && !m->session && !closing;
        pthread_mutex_unlock(&m->lock);
        if (c) execute(m, c);
        if (look_now) look_again(m);
        pthread_mutex_lock(&m->lock);
        if (c) c->finished = true;
        pthread_cond_broadcast(&m->done);
        pthread_mutex_unlock(&m->lock);
        if (m->session && moim_mic_meeting(m)) publish_progress(m);
        bool over = m->session && moim_mic_meeting(m) &&
                    (closing || moim_recorder_ended(moim_session_recorder(m->session)));
        if (over && stop(m, &meeting, &err) < 0) moim_log(MOIM_LOG_ERROR, "%s", err.msg);
        if (m->session && !moim_mic_meeting(m)) clean_up(m);
        pthread_mutex_lock(&m->lock);
        if (closing && !m->session) break;
    }
    pthread_mutex_unlock(&m->lock);
    return NULL;
}

/* ---- commands from other threads ---- */

static int submit(struct moim_mic *m, struct moim_mic_command *c)
{
    pthread_mutex_lock(&m->lock);
    while (m->command && !m->closing) pthread_cond_wait(&m->done, &m->lock);
    if (m->closing) {
        pthread_mutex_unlock(&m->lock);
        return moim_fail_why(c->err, MOIM_ECANCEL, "shutting_down", "the recorder is shutting down");
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

int moim_mic_push(struct moim_mic *m, int64_t meeting, uint64_t at, const int16_t *pcm, size_t n,
                  uint64_t *next, struct moim_err *err)
{
    *next = 0;
    pthread_mutex_lock(&m->lock);
    int rc =
        m->remote && m->meeting == meeting
            ? moim_remote_push(m->remote, at, pcm, n, next, err)
            : moim_fail_why(err, MOIM_ESTATE, "not_recording",
                            "meeting %lld is not being recorded from another device", (long long)meeting);
    pthread_mutex_unlock(&m->lock);
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

cJSON *moim_mic_outputs(struct moim_mic *m)
{
    pthread_mutex_lock(&m->lock);
    cJSON *all = m->outputs ? cJSON_Duplicate(m->outputs, 1) : cJSON_CreateArray();
    pthread_mutex_unlock(&m->lock);
    return all;
}

cJSON *moim_mic_known_devices(struct moim_mic *m)
{
    pthread_mutex_lock(&m->lock);
    if (moim_monotonic() - m->looked > LOOK_SECONDS && !m->look_wanted) {
        m->look_wanted = true;
        pthread_cond_signal(&m->asked);
    }
    cJSON *all = m->devices ? cJSON_Duplicate(m->devices, 1) : cJSON_CreateArray();
    pthread_mutex_unlock(&m->lock);
    return all;
}

void moim_mic_look(struct moim_mic *m)
{
    pthread_mutex_lock(&m->lock);
    m->look_wanted = true;
    pthread_cond_signal(&m->asked);
    pthread_mutex_unlock(&m->lock);
}

bool moim_mic_missing(struct moim_mic *m, char *why, size_t cap)
{
    pthread_mutex_lock(&m->lock);
    snprintf(why, cap, "%s", m->no_device);
    pthread_mutex_unlock(&m->lock);
    return *why;
}

int moim_mic_open(struct moim_mic **out, const struct moim_mic_options *opt, struct moim_err *err)
{
    *out = NULL;
    struct moim_mic *m = calloc(1, sizeof *m);
    if (!m) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    m->opt = *opt;
    m->heartbeat = moim_monotonic();
    m->look_wanted = true;
    m->muted = -1;
    free(chosen_microphone(m)); /* takes an old device.conf over, so that the page shows it */
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->asked, NULL);
    pthread_cond_init(&m->done, NULL);
    *out = m; /* before its thread runs, which publishes the state */
    if (pthread_create(&m->owner, NULL, owner_main, m)) {
        *out = NULL;
        free(m);
        return moim_fail(err, MOIM_ENOMEM, "cannot start a thread");
    }
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
    cJSON_Delete(m->devices);
    cJSON_Delete(m->outputs);
    pthread_cond_destroy(&m->asked);
    pthread_cond_destroy(&m->done);
    pthread_mutex_destroy(&m->lock);
    free(m);
}
