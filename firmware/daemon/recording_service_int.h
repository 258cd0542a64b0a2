/* Inside of firmware/daemon/recording_service.c and captions_thread.c. */
#ifndef MOIM_FIRMWARE_DAEMON_RECORDING_SERVICE_INT_H
#define MOIM_FIRMWARE_DAEMON_RECORDING_SERVICE_INT_H

#include "audio/source_remote.h"
#include "firmware/daemon/recording_service.h"
#include "firmware/recording/session.h"

#include <cjson/cJSON.h>
#include <pthread.h>
#include <stdatomic.h>

struct moim_mic {
    struct moim_mic_options opt;
    pthread_t owner;
    pthread_mutex_t lock; /* everything but what is the owner's */
    pthread_cond_t asked, done;
    struct moim_mic_command *command; /* one at a time; others wait for their turn */
    bool closing;
    double heartbeat;
    atomic_int muted;    /* moim_mic_muted */
    cJSON *devices;      /* as last seen, NULL: not yet */
    cJSON *outputs;      /* likewise */
    double looked;       /* when */
    bool look_wanted;    /* somebody asks for them */
    char no_device[512]; /* why a recording would find none, "" when it would */

    /* Of the owner thread alone. */
    struct moim_session *session; /* NULL: none; it stays until its captions have ended */
    struct moim_store *store;     /* the session's */
    double level_published;       /* when the level was last published */

    /* Shown to others, under the lock. */
    int64_t meeting;                /* 0: no recording */
    const struct moim_meeting *row; /* the session's; its title is that of the start */
    char language[8], note[512];
    bool paused, captions, call;
    struct moim_remote *remote; /* the session's source, NULL: it has another */
    double seconds;
    float peak, rms;

    /* Captions: a thread for each recording that wants them. */
    pthread_t caption_thread;
    bool caption_started;
    atomic_bool caption_stop;
    struct moim_draft draft; /* under the lock */
};

int moim_mic_captions_start(struct moim_mic *m); /* the owner calls these; without memory there are none */
void moim_mic_captions_stop(struct moim_mic *m); /* gives up what was not heard yet */
void moim_mic_captions_clear(struct moim_mic *m);

#endif
