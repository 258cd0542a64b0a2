#include "firmware/recording/recorder.h"
#include "audio/record.h"
#include "audio/ring.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RING_SECONDS 60 /* how far captions may lag before they miss something */
#define EVENTS 16

#define NOTES 8

struct event {
    char text[160];
    uint64_t at;
};

struct note {
    enum moim_mark_kind kind;
    uint64_t at;
    char text[512];
};

struct moim_recorder {
    struct moim_source *source;
    struct moim_journal *journal;
    struct moim_ring *ring;
    bool wait;
    pthread_t thread;
    bool started;
    atomic_bool stop, ended, paused;
    pthread_mutex_t lock; /* what follows, down to the levels */
    struct event event[EVENTS];
    struct note note[NOTES];
    int n_events, n_notes;
    float peak, rms;
    atomic_uint_fast64_t samples;
    uint64_t read_at;
    int status; /* why recording ended early */
    struct moim_err err;
};

static void take_event(struct moim_recorder *r, const struct moim_block *b)
{
    pthread_mutex_lock(&r->lock);
    if (r->n_events < EVENTS) {
        struct event *e = &r->event[r->n_events++];
        snprintf(e->text, sizeof e->text, "%s", b->text);
        e->at = b->at;
    }
    pthread_mutex_unlock(&r->lock);
}

static void take_sound(struct moim_recorder *r, const struct moim_block *b)
{
    pthread_mutex_lock(&r->lock);
    moim_source_level(r->source, &r->peak, &r->rms);
    pthread_mutex_unlock(&r->lock);
    atomic_fetch_add(&r->samples, b->n);
    moim_ring_write(r->ring, b->pcm, b->n); /* full: the captions miss it, and the ring remembers how much */
}

/* Notes wait for this thread, because one thread at a time may use the journal. */
static void write_notes(struct moim_recorder *r)
{
    pthread_mutex_lock(&r->lock);
    for (int i = 0; i < r->n_notes; i++)
        moim_journal_mark(r->journal, r->note[i].kind, r->note[i].at, r->note[i].text, NULL);
    r->n_notes = 0;
    pthread_mutex_unlock(&r->lock);
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
    while (!r->status && !atomic_load(&r->stop)) {
        struct moim_block b = {0};
        bool want = atomic_load(&r->paused);
        if (want != paused) r->status = moim_record_pause(r->source, r->journal, paused = want, &r->err);
        let_captions_catch_up(r);
        if (!r->status) r->status = moim_record_step(r->source, r->journal, &b, 100, &r->err);
        write_notes(r);
        if (r->status || b.kind == MOIM_BLOCK_END) break;
        if (b.kind == MOIM_BLOCK_SOUND)
            take_sound(r, &b);
        else if (b.kind != MOIM_BLOCK_NOTHING)
            take_event(r, &b);
    }
    write_notes(r);
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
    bool room = r->n_notes < NOTES && !atomic_load(&r->ended);
    if (room) {
        struct note *n = &r->note[r->n_notes++];
        n->kind = memo ? MOIM_MARK_MEMO : MOIM_MARK_BOOKMARK;
        n->at = atomic_load(&r->samples);
        snprintf(n->text, sizeof n->text, "%s", text);
    }
    pthread_mutex_unlock(&r->lock);
    return room ? MOIM_OK : moim_fail(err, MOIM_ESTATE, "recording: too many notes at once");
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
