#include "firmware/device/controller.h"
#include "base/clock.h"
#include "firmware/device/hal.h"
#include "firmware/platform/log.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STEP_MS 50
#define RECORDER_MS 250 /* between polls of the recording and the jobs */
#define SENSORS_MS 2000
#define REFUSED_MS 1000 /* how long a brief light stays */
#define MARKED_MS 300
/* Where a warning begins, and where it ends again. */
#define HOT 80.0
#define COOL 75.0
#define BATTERY_LOW 5.0
#define BATTERY_OK 8.0
#define DISK_LOW (500LL << 20)
#define DISK_OK (600LL << 20)

struct moim_controller {
    struct moim_hal *hal;
    struct moim_mic *mic;
    struct moim_jobs *jobs;
    struct moim_box box;
    struct moim_button button;
    struct moim_contacts contacts;
    enum moim_box_led brief; /* REFUSED or MARKED until brief_until */
    long long brief_until, recorder_polled, sensors_polled;
    double battery;
    bool was_paused;
    pthread_t thread;
    atomic_bool stop;
};

static long long now_ms(void)
{
    return (long long)(moim_monotonic() * 1000);
}

static void show_briefly(struct moim_controller *p, enum moim_box_led led, int ms)
{
    p->brief = led;
    p->brief_until = now_ms() + ms;
    moim_hal_led(p->hal, led, now_ms()); /* at least once, however late the next step comes */
}

static void dispatch(struct moim_controller *p, enum moim_box_event e);

static void start(struct moim_controller *p)
{
    struct moim_mic_request q = {.captions = true};
    struct moim_err err;
    int64_t meeting;
    int rc = moim_mic_start(p->mic, &q, &meeting, &err);
    if (rc && rc != MOIM_ESTATE) moim_log(MOIM_LOG_WARNING, "button: %s", err.msg);
    dispatch(p, rc && rc != MOIM_ESTATE ? MOIM_BOX_FAILED : MOIM_BOX_STARTED);
}

static void stop(struct moim_controller *p)
{
    struct moim_err err;
    int64_t meeting;
    int rc = moim_mic_stop(p->mic, &meeting, &err);
    if (rc && rc != MOIM_ESTATE) moim_log(MOIM_LOG_WARNING, "button: %s", err.msg);
    dispatch(p, MOIM_BOX_STOPPED);
}

static void apply(struct moim_controller *p, unsigned actions)
{
    struct moim_err err;
    double at;
    if (actions & MOIM_BOX_HOLD_JOBS) moim_jobs_pause(p->jobs, true);
    if (actions & MOIM_BOX_GO_ON) moim_jobs_pause(p->jobs, false);
    if (actions & MOIM_BOX_START) start(p);
    if (actions & MOIM_BOX_STOP) stop(p);
    if (actions & (MOIM_BOX_PAUSE | MOIM_BOX_RESUME)) {
        p->was_paused = actions & MOIM_BOX_PAUSE;
        moim_mic_pause(p->mic, p->was_paused, &err);
    }
    if (actions & MOIM_BOX_BOOKMARK) {
        if (moim_mic_note(p->mic, false, "", &at, &err))
            show_briefly(p, MOIM_LED_REFUSED, REFUSED_MS);
        else
            show_briefly(p, MOIM_LED_MARKED, MARKED_MS);
    }
    if (actions & MOIM_BOX_REFUSE) show_briefly(p, MOIM_LED_REFUSED, REFUSED_MS);
}

static void dispatch(struct moim_controller *p, enum moim_box_event e)
{
    enum moim_box_state before = p->box.state;
    unsigned actions = moim_box_step(&p->box, e);
    if (before != p->box.state || actions)
        moim_log(MOIM_LOG_DEBUG, "box: %s, %s -> %s", moim_box_event_name(e), moim_box_state_name(before),
                 moim_box_state_name(p->box.state));
    if (actions & (MOIM_BOX_START | MOIM_BOX_STOP))
        moim_hal_led(p->hal, moim_box_led(&p->box), now_ms()); /* it takes a while */
    apply(p, actions);
}

static void apply_contacts(struct moim_controller *p, const struct moim_contacts *c)
{
    enum moim_button_press press = moim_button_feed(&p->button, c->button, c->at_ms);
    if (press != MOIM_BUTTON_NOTHING) dispatch(p, press == MOIM_BUTTON_LONG ? MOIM_BOX_LONG : MOIM_BOX_SHORT);
    if (c->mute != p->contacts.mute) {
        dispatch(p, c->mute ? MOIM_BOX_MUTE_ON : MOIM_BOX_MUTE_OFF);
        moim_mic_set_muted(p->mic, c->mute);
    }
    p->contacts = *c;
}

static bool has_recording(const struct moim_controller *p)
{
    return p->box.state == MOIM_BOX_RECORDING || p->box.state == MOIM_BOX_PAUSED;
}

/* Changes made elsewhere: on the page, or by a full disk. */
static void poll_recorder(struct moim_controller *p)
{
    char first[48] = "READY", second[48];
    cJSON *r = moim_mic_json(p->mic);
    bool recording = cJSON_IsObject(r), paused = cJSON_IsTrue(cJSON_GetObjectItem(r, "paused"));
    long seconds = recording ? (long)cJSON_GetNumberValue(cJSON_GetObjectItem(r, "duration_s")) : 0;
    cJSON_Delete(r);
    if (recording && !has_recording(p)) dispatch(p, MOIM_BOX_STARTED);
    if (!recording && has_recording(p)) dispatch(p, MOIM_BOX_STOPPED);
    if (recording && paused != p->was_paused)
        dispatch(p, paused ? MOIM_BOX_WAS_PAUSED : MOIM_BOX_WAS_RESUMED);
    p->was_paused = recording && paused;
    bool jobs = moim_jobs_waiting(p->jobs) > 0;
    if (jobs != p->box.jobs) dispatch(p, jobs ? MOIM_BOX_JOBS_BUSY : MOIM_BOX_JOBS_IDLE);
    if (recording)
        snprintf(first, sizeof first, "%s %ld:%02ld:%02ld", paused ? "PAUSED" : "REC", seconds / 3600,
                 seconds / 60 % 60, seconds % 60);
    else if (p->box.muted)
        strcpy(first, "MUTED");
    else if (jobs)
        strcpy(first, "WORKING");
    time_t t = time(NULL);
    struct tm tm;
    size_t n = strftime(second, sizeof second, "%H:%M", localtime_r(&t, &tm));
    if (!isnan(p->battery)) snprintf(second + n, sizeof second - n, "  %.0f%%", p->battery);
    moim_hal_show(p->hal, first, second);
}

static void poll_sensors(struct moim_controller *p)
{
    struct moim_sensors s;
    moim_hal_sensors(p->hal, &s);
    p->battery = s.battery;
    const struct moim_box *b = &p->box;
    if (!b->hot && s.temperature >= HOT) dispatch(p, MOIM_BOX_HOT);
    if (b->hot && s.temperature <= COOL) dispatch(p, MOIM_BOX_COOL);
    if (!b->battery_low && s.battery < BATTERY_LOW && !s.charging) dispatch(p, MOIM_BOX_BATTERY_LOW);
    if (b->battery_low && (s.battery >= BATTERY_OK || s.charging)) dispatch(p, MOIM_BOX_BATTERY_OK);
    if (!b->disk_low && s.free_bytes >= 0 && s.free_bytes < DISK_LOW) dispatch(p, MOIM_BOX_DISK_LOW);
    if (b->disk_low && s.free_bytes > DISK_OK) dispatch(p, MOIM_BOX_DISK_OK);
}

static void *run(void *arg)
{
    struct moim_controller *p = arg;
    struct moim_err err;
    struct moim_contacts c;
    while (!atomic_load(&p->stop)) {
        if (!moim_hal_wait(p->hal, STEP_MS, &c, &err)) apply_contacts(p, &c);
        long long t = now_ms();
        if (t - p->recorder_polled >= RECORDER_MS) {
            poll_recorder(p);
            p->recorder_polled = t;
        }
        if (t - p->sensors_polled >= SENSORS_MS) {
            poll_sensors(p);
            p->sensors_polled = t;
        }
        moim_hal_led(p->hal, t < p->brief_until ? p->brief : moim_box_led(&p->box), t);
    }
    return NULL;
}

int moim_controller_start(struct moim_controller **out, const char *hardware, const char *dir,
                          struct moim_mic *mic, struct moim_jobs *jobs, struct moim_err *err)
{
    *out = NULL;
    struct moim_controller *p = calloc(1, sizeof *p);
    if (!p) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    p->mic = mic;
    p->jobs = jobs;
    p->battery = NAN;
    int rc = moim_hal_open(&p->hal, hardware, dir, err);
    if (!rc && pthread_create(&p->thread, NULL, run, p))
        rc = moim_fail(err, MOIM_ENOMEM, "controller: cannot start a thread");
    if (rc) {
        moim_hal_close(p->hal);
        free(p);
        return rc;
    }
    *out = p;
    return MOIM_OK;
}

void moim_controller_stop(struct moim_controller *p)
{
    if (!p) return;
    atomic_store(&p->stop, true);
    pthread_join(p->thread, NULL);
    moim_hal_close(p->hal);
    free(p);
}
