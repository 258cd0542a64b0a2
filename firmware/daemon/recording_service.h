/* Recordings of the daemon. An owner thread starts, controls and ends them, so that PortAudio is called from one
 * thread only; a second thread makes captions, which may lag or fail without losing a sample. The HTTP interface
 * and the device's button call the functions below from any other thread; each returns when the owner has
 * executed the command. */
#ifndef MOIM_FIRMWARE_DAEMON_RECORDING_SERVICE_H
#define MOIM_FIRMWARE_DAEMON_RECORDING_SERVICE_H

#include "base/status.h"
#include "firmware/daemon/job_queue.h"
#include "firmware/platform/event_hub.h"
#include <stdbool.h>
#include <stdint.h>

struct moim_mic;

struct moim_mic_options {
    const char *db;
    const char *from; /* a file instead of a microphone, or NULL */
    bool loop, fast;  /* how that is played (firmware/recording/source_simulated.h) */
    int threads;      /* for captions; 0: all cores */
    struct moim_events *events;
    struct moim_jobs *jobs;
    struct cJSON *(*state)(void *arg); /* State of docs/openapi.yaml, published when it changes */
    void *state_arg;
};

/* The strings must outlive the microphone. */
int moim_mic_open(struct moim_mic **out, const struct moim_mic_options *opt, struct moim_err *err);
/* Ends a recording in order. From here on every command is MOIM_ECANCEL; queries still work. */
void moim_mic_end(struct moim_mic *m);
void moim_mic_close(struct moim_mic *m); /* ends, and frees: no more queries */

struct moim_mic_request {
    const char *title, *device, *language; /* NULL: the date; the one in the settings; likewise */
    const char *call; /* what hears the far side, "": nothing; NULL: the one in the settings */
    int channel;      /* 0: all, mixed */
    bool remote;      /* the sound comes by moim_mic_push */
    bool captions;
};

/* MOIM_ESTATE when there is a recording, or none, already. */
int moim_mic_start(struct moim_mic *m, const struct moim_mic_request *q, int64_t *meeting,
                   struct moim_err *err);
/* Sound of a remote recording (audio/source_remote.h). MOIM_ESTATE: that meeting is not being recorded so. */
int moim_mic_push(struct moim_mic *m, int64_t meeting, uint64_t at, const int16_t *pcm, size_t n,
                  uint64_t *next, struct moim_err *err);
/* The sound is on disk when this returns, and the meeting's job queued. */
int moim_mic_stop(struct moim_mic *m, int64_t *meeting, struct moim_err *err);
int moim_mic_pause(struct moim_mic *m, bool paused, struct moim_err *err);
/* *at: seconds of the recording. */
int moim_mic_note(struct moim_mic *m, bool memo, const char *text, double *at, struct moim_err *err);

struct cJSON;
/* Device of docs/openapi.yaml, all of them; while recording those of before. */
int moim_mic_devices(struct moim_mic *m, struct cJSON **list, struct moim_err *err);

/* These do not wait for the owner. */
/* The devices as last seen; what is older than ten seconds is looked for again, and a state event tells when
 * that changed anything. */
struct cJSON *moim_mic_known_devices(struct moim_mic *m);
/* Outputs that a call's far side can be heard from, as seen with the devices. */
struct cJSON *moim_mic_outputs(struct moim_mic *m);
void moim_mic_look(struct moim_mic *m); /* look again: another one was chosen */
/* Was there no microphone to record with when last looked, and why. False while nobody has looked. */
bool moim_mic_missing(struct moim_mic *m, char *why, size_t cap);
struct cJSON *moim_mic_json(struct moim_mic *m);     /* Recording, or JSON null */
struct cJSON *moim_mic_captions(struct moim_mic *m); /* final captions of the recording so far */
int64_t moim_mic_meeting(struct moim_mic *m);        /* being recorded, or 0 */
bool moim_mic_simulated(const struct moim_mic *m);
/* The device's mute switch: 1, 0, or -1 until one has moved. */
void moim_mic_set_muted(struct moim_mic *m, bool muted);
int moim_mic_muted(struct moim_mic *m);
/* Monotonic seconds of the owner's last loop iteration: for the watchdog. */
double moim_mic_heartbeat(struct moim_mic *m);

#endif
