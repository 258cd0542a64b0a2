#include "firmware/recorder.h"
#include "audio/ring.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RING_SECONDS 120 /* how far captions may lag before they miss something */
#define EVENTS 16

struct event {
    char text[160];
    uint64_t at;
};

struct moim_recorder {
    struct moim_source *source;
    struct moim_journal *journal;
    struct moim_ring *ring;
    bool wait;
    pthread_t thread;
    bool started;
    atomic_bool stop, ended, paused;
    pthread_mutex_t lock; /* journal marks, events, level */
    struct event event[EVENTS];
    int n_events;
    float peak, rms;
    atomic_uint_fast64_t samples;
    uint64_t read_at;
    int status; /* why recording ended early */
    struct moim_err err;
};

static enum moim_mark_kind mark_of(enum moim_block_kind kind)
{
    switch (kind) {
    case MOIM_BLOCK_GAP: return MOIM_MARK_GAP;
    case MOIM_BLOCK_OVERRUN: return MOIM_MARK_OVERRUN;
    case MOIM_BLOCK_DEVICE_LOST: return MOIM_MARK_DEVICE_LOST;
    case MOIM_BLOCK_DEVICE_BACK: return MOIM_MARK_DEVICE_BACK;
    case MOIM_BLOCK_CLIPPED: return MOIM_MARK_CLIPPED;
    default: return MOIM_MARK_SILENT;
    }
}

static void take_event(struct moim_recorder *r, const struct moim_block *b)
{
    pthread_mutex_lock(&r->lock);
    if (b->kind != MOIM_BLOCK_HEARD) moim_journal_mark(r->journal, mark_of(b->kind), b->at, b->text, NULL);
    if (r->n_events < EVENTS) {
        struct event *e = &r->event[r->n_events++];
        snprintf(e->text, sizeof e->text, "%s", b->text);
        e->at = b->at;
    }
    pthread_mutex_unlock(&r->lock);
}

static int take_sound(struct moim_recorder *r, const struct moim_block *b)
{
    pthread_mutex_lock(&r->lock);
    int rc = moim_journal_write(r->journal, b->pcm, b->n, &r->err);
    moim_source_level(r->source, &r->peak, &r->rms);
    pthread_mutex_unlock(&r->lock);
    if (rc) return rc;
    atomic_fetch_add(&r->samples, b->n);
    moim_ring_write(r->ring, b->pcm, b->n); /* full: the captions miss it, and the ring remembers how much */
    return MOIM_OK;
}

/* Keeps the ring from filling before it does: losing nothing is better than counting losses. */
static void let_captions_catch_up(struct moim_recorder *r)
{
    while (r->wait && !atomic_load(&r->stop) &&
           moim_ring_readable(r->ring) > (size_t)RING_SECONDS * 16000 / 2)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

static void *record(void *arg)
{
    struct moim_recorder *r = arg;
    bool paused = false;
    while (!atomic_load(&r->stop)) {
        struct moim_block b;
        bool want = atomic_load(&r->paused);
        if (want != paused) {
            paused = want;
            moim_source_pause(r->source, paused);
            pthread_mutex_lock(&r->lock);
            moim_journal_mark(r->journal, paused ? MOIM_MARK_PAUSE : MOIM_MARK_RESUME,
                              moim_journal_samples(r->journal), NULL, NULL);
            pthread_mutex_unlock(&r->lock);
        }
        let_captions_catch_up(r);
        r->status = moim_source_next(r->source, &b, 100, &r->err);
        if (r->status || b.kind == MOIM_BLOCK_END) break;
        if (b.kind == MOIM_BLOCK_SOUND)
            r->status = take_sound(r, &b);
        else if (b.kind != MOIM_BLOCK_NOTHING)
            take_event(r, &b);
        if (r->status) break;
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
    pthread_mutex_init(&r->lock, NULL);
    int rc = moim_ring_new(&r->ring, (size_t)RING_SECONDS * 16000, 1, err);
    if (!rc) rc = moim_journal_create(&r->journal, journal_path, NULL, err);
    if (!rc && pthread_create(&r->thread, NULL, record, r))
        rc = moim_fail(err, MOIM_ENOMEM, "recording: no thread");
    r->started = !rc;
    if (rc) {
        if (r->journal) moim_journal_close(r->journal, NULL);
        r->journal = NULL;
        moim_recorder_free(r);
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

bool moim_recorder_event(struct moim_recorder *r, char text[160], uint64_t *at)
{
    pthread_mutex_lock(&r->lock);
    bool any = r->n_events > 0;
    if (any) {
        memcpy(text, r->event[0].text, 160);
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

int moim_recorder_note(struct moim_recorder *r, bool memo, const char *text, struct moim_err *err)
{
    pthread_mutex_lock(&r->lock);
    int rc = moim_journal_mark(r->journal, memo ? MOIM_MARK_MEMO : MOIM_MARK_BOOKMARK,
                               moim_journal_samples(r->journal), text, err);
    pthread_mutex_unlock(&r->lock);
    return rc;
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

int moim_recorder_stop(struct moim_recorder *r, struct moim_err *err)
{
    atomic_store(&r->stop, true);
    if (r->started) pthread_join(r->thread, NULL);
    r->started = false;
    int rc = r->status;
    if (rc && err) *err = r->err;
    int closed = r->journal ? moim_journal_close(r->journal, rc ? NULL : err) : MOIM_OK;
    r->journal = NULL;
    return rc ? rc : closed;
}

void moim_recorder_free(struct moim_recorder *r)
{
    if (!r) return;
    if (r->started || r->journal) moim_recorder_stop(r, NULL);
    moim_source_close(r->source);
    moim_ring_free(r->ring);
    pthread_mutex_destroy(&r->lock);
    free(r);
}
