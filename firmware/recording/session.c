#include "firmware/recording/session.h"
#include "audio/call.h"
#include "audio/capture.h"
#include "audio/source_remote.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/recordings.h"
#include "firmware/recording/control_socket.h"
#include "firmware/recording/microphone.h"
#include "firmware/recording/source_simulated.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct moim_session {
    struct moim_store *store;
    struct moim_recorder *recorder;
    struct moim_control *control; /* NULL: there is none */
    struct moim_meeting row;
    char audio[4096];
    bool call;
    struct moim_remote *remote; /* or NULL */
    struct moim_err early;      /* why the recording ended early; code MOIM_OK: it did not */
};

/* ---- start ---- */

/* never: what hears the far side, or NULL. */
static int open_microphone(struct moim_store *s, const struct moim_session_options *o, const char *never,
                           struct moim_source **source, struct moim_err *err)
{
    char *chosen = NULL;
    int rc = o->device ? MOIM_OK : moim_microphone_chosen(s, &chosen, err);
    struct moim_capture_options capture = {
        .device = o->device ? o->device : chosen, .channel = o->channel, .never = never};
    if (!rc) rc = moim_source_capture(source, &capture, err);
    free(chosen);
    /* By its name: an index is valid only until devices come or go. A store that is busy costs no recording. */
    if (!rc && o->device && o->remember) moim_microphone_choose(s, moim_source_name(*source), NULL);
    return rc;
}

/* Both sides of a call; the far one first, so that a microphone that takes over is not the same. */
static int open_call(struct moim_store *s, const struct moim_session_options *o, const char *name,
                     struct moim_source **source, struct moim_err *err)
{
    struct moim_source *near, *far;
    int rc = moim_call_open(&far, name, err);
    if (rc) return rc;
    rc = open_microphone(s, o, moim_source_name(far), &near, err);
    if (!rc) return moim_source_call(source, near, far, false, err);
    moim_source_close(far);
    return rc;
}

static int open_devices(struct moim_store *s, const struct moim_session_options *o,
                        struct moim_source **source, struct moim_err *err)
{
    char *chosen = NULL;
    int rc = o->call ? MOIM_OK : moim_call_chosen(s, &chosen, err);
    const char *call = o->call ? o->call : chosen;
    if (!rc) rc = *call ? open_call(s, o, call, source, err) : open_microphone(s, o, NULL, source, err);
    if (!rc && o->call && o->remember) moim_call_choose(s, o->call, NULL);
    free(chosen);
    return rc;
}

static int open_files(const struct moim_session_options *o, struct moim_source **source, struct moim_err *err)
{
    struct moim_source *near, *far;
    int rc = o->simulated ? moim_source_simulated(&near, o->from, o->loop, o->fast, err)
                          : moim_source_file(&near, o->from, !o->fast, err);
    if (!rc && !o->from_call) *source = near;
    if (rc || !o->from_call) return rc;
    rc = moim_source_file(&far, o->from_call, false, err);
    if (!rc) return moim_source_call(source, near, far, true, err);
    moim_source_close(near);
    return rc;
}

static int open_source(struct moim_store *s, const struct moim_session_options *o,
                       struct moim_source **source, struct moim_err *err)
{
    if (o->remote) return moim_source_remote(source, o->remote, err);
    return o->from ? open_files(o, source, err) : open_devices(s, o, source, err);
}

/* The file, locked, and the sound into it; the source is the recorder's then, or closed. */
static int start_file(struct moim_session *n, struct moim_source *source, bool wait, struct moim_err *err)
{
    int rc = moim_recording_name(n->store, n->audio, sizeof n->audio, err);
    if (!rc) return moim_recorder_start(&n->recorder, source, n->audio, wait, err);
    moim_source_close(source);
    return rc;
}

static int add_row(struct moim_session *n, const char *title, const char *source, struct moim_err *err)
{
    int64_t id;
    int rc = moim_store_begin(n->store, err);
    if (rc) return rc;
    rc = moim_recording_add(n->store, n->audio, title, source, (int64_t)time(NULL), &id, err);
    if (!rc) rc = moim_meeting_get(n->store, id, &n->row, err);
    return moim_store_end(n->store, rc, err);
}

int moim_session_start(struct moim_session **out, struct moim_store *s, const struct moim_session_options *o,
                       struct moim_err *warning, struct moim_err *err)
{
    struct moim_source *source;
    *out = NULL;
    memset(warning, 0, sizeof *warning);
    struct moim_session *n = calloc(1, sizeof *n);
    if (!n) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    n->store = s;
    n->remote = o->remote;
    int rc = open_source(s, o, &source, err);
    n->call = !rc && moim_source_channels(source) == 2;
    char *name = rc ? NULL : strdup(moim_source_name(source)); /* the source goes to the recorder's thread */
    if (!rc) rc = start_file(n, source, o->fast && o->captions, err);
    if (!rc) rc = name ? add_row(n, o->title, name, err) : moim_fail(err, MOIM_ENOMEM, "out of memory");
    free(name);
    if (rc) {
        if (n->recorder) {
            moim_recorder_stop(n->recorder, NULL);
            moim_remove_sound(n->audio, NULL);
        }
        moim_session_free(n);
        return rc;
    }
    moim_control_open(&n->control, s, n->recorder, warning);
    *out = n;
    return MOIM_OK;
}

/* ---- while it records, and the end ---- */

struct moim_recorder *moim_session_recorder(struct moim_session *n)
{
    return n->recorder;
}

const struct moim_meeting *moim_session_meeting(const struct moim_session *n)
{
    return &n->row;
}

bool moim_session_call(const struct moim_session *n)
{
    return n->call;
}

double moim_session_seconds(const struct moim_session *n)
{
    return (double)moim_recorder_samples(n->recorder) / 16000;
}

/* What came over the network is recorded to its last sample; a disk that takes nothing ends the recorder itself. */
static void take_the_rest(struct moim_session *n)
{
    moim_remote_end(n->remote);
    while (!moim_recorder_ended(n->recorder)) nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

int moim_session_stop(struct moim_session *n, struct moim_err *err)
{
    moim_control_close(n->control);
    n->control = NULL;
    if (n->remote) take_the_rest(n);
    int rc = moim_recorder_stop(n->recorder, &n->early);
    if (rc && err) *err = n->early;
    return rc;
}

int moim_session_finish(struct moim_session *n, const struct moim_draft *draft, struct moim_err *warning,
                        struct moim_err *err)
{
    size_t count;
    memset(warning, 0, sizeof *warning);
    const struct moim_mark *unsaved = moim_recorder_unsaved(n->recorder, &count);
    int rc = moim_recorded(n->store, n->row.id, n->audio, moim_session_seconds(n), unsaved, count, err);
    if (!rc && draft) moim_draft_put(draft, n->store, n->row.id, warning);
    if (!rc && n->early.code) moim_meeting_set_error(n->store, n->row.id, n->early.msg, NULL);
    moim_recorder_unlock(n->recorder);
    return rc;
}

void moim_session_free(struct moim_session *n)
{
    if (!n) return;
    moim_control_close(n->control);
    moim_recorder_free(n->recorder);
    moim_meeting_clear(&n->row);
    free(n);
}
