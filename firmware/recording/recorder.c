#include "firmware/recording/recorder.h"
#include "audio/record.h"
#include "audio/ring.h"
#include "base/clock.h"
#include "base/text.h"
#include "firmware/library/audio_files.h"
#include "storage/export.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RING_SECONDS 60 /* how far captions may lag before they miss something */
#define EVENTS 16
#define LEAST_SLEEP 1.0 /* seconds of a sleep that is told */
#define STEP_MS 20      /* how long a pause or the end may wait for a block */

struct event {
    char text[MOIM_EVENT_TEXT];
    uint64_t at;
};

struct moim_recorder {
    struct moim_source *source;
    struct moim_journal *journal; /* NULL after stop */
    struct moim_ring *ring;
    bool wait;
    pthread_t thread;
    bool started;
    atomic_bool stop, ended, paused, broke_off;
    pthread_mutex_t lock; /* what follows, down to the levels */
    struct event event[EVENTS];
    int n_events;
    float peak, rms;
    atomic_uint_fast64_t samples;
    uint64_t read_at;
    int status; /* why recording ended early */
    struct moim_err err;
    pthread_mutex_t noting; /* the journal is there while a note is written */
    struct moim_mark *unsaved;
    size_t n_unsaved;
    int file_lock;                 /* of the sound's file, -1 when let go */
    double slept;                  /* the machine, until now */
    float both[MOIM_SOURCE_BLOCK]; /* the recording thread's */
};

static void take_event(struct moim_recorder *r, const char *text, uint64_t at)
{
    pthread_mutex_lock(&r->lock);
    if (r->n_events < EVENTS) {
        struct event *e = &r->event[r->n_events++];
        if (snprintf(e->text, sizeof e->text, "%s", text) >= (int)sizeof e->text) moim_cut_whole(e->text);
        e->at = at;
    }
    pthread_mutex_unlock(&r->lock);
}

static void take_sound(struct moim_recorder *r, const struct moim_block *b)
{
    pthread_mutex_lock(&r->lock);
    moim_source_level(r->source, &r->peak, &r->rms);
    pthread_mutex_unlock(&r->lock);
    atomic_fetch_add(&r->samples, b->n);
    const float *heard = b->pcm;
    if (b->far) { /* captions hear both sides at once; the journal keeps them apart */
        for (size_t i = 0; i < b->n; i++) r->both[i] = fminf(fmaxf(b->pcm[i] + b->far[i], -1), 1);
        heard = r->both;
    }
    moim_ring_write(r->ring, heard, b->n); /* full: the captions miss it, and the ring remembers how much */
}

/* Keeps the ring from filling before it does: losing nothing is better than counting losses. */
static void let_captions_catch_up(struct moim_recorder *r)
{
    while (r->wait && !atomic_load(&r->stop) &&
           moim_ring_readable(r->ring) > (size_t)RING_SECONDS * 16000 / 2)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

/* A machine that slept recorded nothing, and no clock of the sound's tells: the moment is marked, with the time of day. */
static void note_sleep(struct moim_recorder *r)
{
    double slept = moim_slept(), more = slept - r->slept;
    r->slept = slept;
    if (more < LEAST_SLEEP) return;
    char text[MOIM_EVENT_TEXT], length[32], clock[16];
    time_t now = time(NULL);
    struct tm tm;
    moim_clock(length, sizeof length, more);
    strftime(clock, sizeof clock, "%H:%M:%S", localtime_r(&now, &tm));
    snprintf(text, sizeof text, "the machine slept for %s and recorded nothing; it goes on at %s", length,
             clock);
    uint64_t at = atomic_load(&r->samples);
    moim_journal_mark(r->journal, MOIM_MARK_GAP, at, text,
                      NULL); /* one that is not on disk is kept (journal.h) */
    take_event(r, text, at);
}

static void *record(void *arg)
{
    struct moim_recorder *r = arg;
    bool paused = false;
    while (!r->status && !atomic_load(&r->stop)) {
        struct moim_block b = {0};
        bool want = atomic_load(&r->paused);
        if (want != paused) moim_record_pause(r->source, r->journal, paused = want);
        let_captions_catch_up(r);
        note_sleep(r);
        r->status = moim_record_step(r->source, r->journal, &b, STEP_MS, &r->err);
        if (b.kind == MOIM_BLOCK_END) atomic_store(&r->broke_off, *b.text != 0);
        if (r->status || b.kind == MOIM_BLOCK_END) break;
        if (b.kind == MOIM_BLOCK_SOUND)
            take_sound(r, &b);
        else if (b.kind != MOIM_BLOCK_NOTHING)
            take_event(r, b.text, b.at);
    }
    atomic_store(&r->ended, true);
    return NULL;
}

int moim_recorder_start(struct moim_recorder **out, struct moim_source *source, const char *journal_path,
                        bool wait, struct moim_err *err)
{
    *out = NULL;
    struct moim_recorder *r = calloc(1, sizeof *r);
    if (!r) {
        moim_source_close(source);
        return moim_fail(err, MOIM_ENOMEM, "out of memory");
    }
    r->source = source;
    r->wait = wait;
    r->file_lock = -1;
    r->slept = moim_slept();
    pthread_mutex_init(&r->lock, NULL);
    pthread_mutex_init(&r->noting, NULL);
    int rc = moim_ring_new(&r->ring, (size_t)RING_SECONDS * 16000, 1, err);
    struct moim_journal_options kind = {.channels = moim_source_channels(source)};
    if (!rc) rc = moim_journal_create(&r->journal, journal_path, &kind, err);
    if (!rc && (r->file_lock = moim_journal_lock(r->journal)) < 0)
        rc = moim_fail_errno(err, "%s", journal_path);
    if (!rc && pthread_create(&r->thread, NULL, record, r))
        rc = moim_fail(err, MOIM_ENOMEM, "recording: cannot start a thread");
    r->started = !rc;
    if (rc) {
        bool made = r->journal != NULL;
        moim_recorder_free(r);
        if (made) moim_remove_sound(journal_path, NULL);
        return rc;
    }
    *out = r;
    return MOIM_OK;
}

size_t moim_recorder_read(struct moim_recorder *r, float *pcm, size_t n, uint64_t *at)
{
    struct moim_gap gap;
    if (moim_ring_take_gap(r->ring, &gap))
        r->read_at += gap.frames; /* captions missed that; the journal did not */
    size_t got = moim_ring_read(r->ring, pcm, n);
    *at = r->read_at;
    r->read_at += got;
    return got;
}

bool moim_recorder_event(struct moim_recorder *r, char text[MOIM_EVENT_TEXT], uint64_t *at)
{
    pthread_mutex_lock(&r->lock);
    bool any = r->n_events > 0;
    if (any) {
        memcpy(text, r->event[0].text, MOIM_EVENT_TEXT);
        *at = r->event[0].at;
        memmove(r->event, r->event + 1, sizeof *r->event * (size_t)--r->n_events);
    }
    pthread_mutex_unlock(&r->lock);
    return any;
}

void moim_recorder_pause(struct moim_recorder *r, bool paused)
{
    atomic_store(&r->paused, paused);
}

static int check_note(const char *text, struct moim_err *err)
{
    int characters;
    if (!moim_text_ok(text, &characters))
        return moim_fail(err, MOIM_EFORMAT, "note: not valid UTF-8, or holds control characters");
    if (characters > MOIM_NOTE_CHARACTERS)
        return moim_fail(err, MOIM_EFORMAT, "note: longer than %d characters (it has %d)",
                         MOIM_NOTE_CHARACTERS, characters);
    return MOIM_OK;
}

int moim_recorder_note(struct moim_recorder *r, bool memo, const char *text, double *at, struct moim_err *err)
{
    struct moim_err why;
    char told[sizeof why.msg + 64];
    int rc = check_note(text, err);
    if (rc) return rc;
    /* The caller waits for the disk, the sound does not. */
    pthread_mutex_lock(&r->noting);
    uint64_t now = atomic_load(&r->samples);
    *at = (double)now / 16000;
    rc = r->journal
             ? moim_journal_mark(r->journal, memo ? MOIM_MARK_MEMO : MOIM_MARK_BOOKMARK, now, text, &why)
             : moim_fail_why(&why, MOIM_ESTATE, "not_recording", "the recording has ended");
    pthread_mutex_unlock(&r->noting);
    if (rc == MOIM_ESTATE || rc == MOIM_ENOMEM) return moim_fail(err, rc, "%s", why.msg);
    if (!rc) return MOIM_OK;
    snprintf(told, sizeof told, "a note is kept in memory until the recording ends: %s", why.msg);
    take_event(r, told, now);
    return MOIM_OK;
}

void moim_recorder_level(struct moim_recorder *r, float *peak_db, float *rms_db)
{
    pthread_mutex_lock(&r->lock);
    *peak_db = r->peak;
    *rms_db = r->rms;
    pthread_mutex_unlock(&r->lock);
}

uint64_t moim_recorder_samples(struct moim_recorder *r)
{
    return atomic_load(&r->samples);
}
bool moim_recorder_ended(struct moim_recorder *r)
{
    return atomic_load(&r->ended);
}
bool moim_recorder_broke_off(struct moim_recorder *r)
{
    return atomic_load(&r->broke_off);
}

int moim_recorder_stop(struct moim_recorder *r, struct moim_err *err)
{
    atomic_store(&r->stop, true);
    if (r->started) pthread_join(r->thread, NULL);
    r->started = false;
    int rc = r->status, closed = MOIM_OK;
    if (rc && err) *err = r->err;
    pthread_mutex_lock(&r->noting);
    if (r->journal) {
        moim_journal_unsaved(r->journal, &r->unsaved, &r->n_unsaved);
        closed = moim_journal_close(r->journal, rc ? NULL : err);
    }
    r->journal = NULL;
    pthread_mutex_unlock(&r->noting);
    return rc ? rc : closed;
}

const struct moim_mark *moim_recorder_unsaved(const struct moim_recorder *r, size_t *n)
{
    *n = r->n_unsaved;
    return r->unsaved;
}

void moim_recorder_unlock(struct moim_recorder *r)
{
    if (r->file_lock >= 0) close(r->file_lock);
    r->file_lock = -1;
}

void moim_recorder_free(struct moim_recorder *r)
{
    if (!r) return;
    if (r->started || r->journal) moim_recorder_stop(r, NULL);
    moim_recorder_unlock(r);
    moim_marks_free(r->unsaved, r->n_unsaved);
    moim_source_close(r->source);
    moim_ring_free(r->ring);
    pthread_mutex_destroy(&r->lock);
    pthread_mutex_destroy(&r->noting);
    free(r);
}
