#include "audio/source_remote.h"
#include "audio/decode.h"
#include "audio/source_vt.h"
#include "base/clock.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROOM ((size_t)60 * MOIM_RATE)
#define AWAY_S 10.0 /* without a chunk: the connection is lost */

struct moim_remote {
    pthread_mutex_t lock; /* what follows */
    pthread_cond_t came;
    int16_t fifo[ROOM];
    uint64_t pushed, given;
    bool ended;
    double heard; /* when a chunk came last */
};

struct remote_source {
    struct moim_source base;
    struct moim_remote *remote;
    bool lost;
    double lost_at;
    float pcm[MOIM_SOURCE_BLOCK];
};

int moim_remote_new(struct moim_remote **out, struct moim_err *err)
{
    struct moim_remote *r = *out = calloc(1, sizeof *r);
    if (!r) return moim_fail(err, MOIM_ENOMEM, "out of memory for a recording");
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->came, NULL);
    r->heard = moim_monotonic();
    return MOIM_OK;
}

void moim_remote_free(struct moim_remote *r)
{
    if (!r) return;
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->came);
    free(r);
}

/* With the lock held. */
static int take(struct moim_remote *r, uint64_t at, const int16_t *pcm, size_t n, struct moim_err *err)
{
    if (r->ended) return moim_fail_why(err, MOIM_ESTATE, "not_recording", "the recording has ended");
    if (at > r->pushed)
        return moim_fail(err, MOIM_EINVAL, "sample %llu is wanted, not %llu", (unsigned long long)r->pushed,
                         (unsigned long long)at);
    size_t known = r->pushed - at < n ? (size_t)(r->pushed - at) : n;
    size_t room = ROOM - (size_t)(r->pushed - r->given), more = n - known < room ? n - known : room;
    for (size_t i = 0; i < more; i++) r->fifo[(r->pushed + i) % ROOM] = pcm[known + i];
    r->pushed += more;
    r->heard = moim_monotonic();
    pthread_cond_signal(&r->came);
    return MOIM_OK;
}

int moim_remote_push(struct moim_remote *r, uint64_t at, const int16_t *pcm, size_t n, uint64_t *next,
                     struct moim_err *err)
{
    pthread_mutex_lock(&r->lock);
    int rc = take(r, at, pcm, n, err);
    *next = r->pushed;
    pthread_mutex_unlock(&r->lock);
    return rc;
}

void moim_remote_end(struct moim_remote *r)
{
    pthread_mutex_lock(&r->lock);
    r->ended = true;
    pthread_cond_signal(&r->came);
    pthread_mutex_unlock(&r->lock);
}

/* ---- the source ---- */

/* That nothing comes, and that something does again. */
static bool tell_connection(struct remote_source *s, struct moim_block *b, double now)
{
    bool away = now - s->remote->heard > AWAY_S;
    if (away == s->lost || s->base.paused) return false;
    s->lost = away;
    if (away) s->lost_at = s->remote->heard;
    b->kind = away ? MOIM_BLOCK_DEVICE_LOST : MOIM_BLOCK_DEVICE_BACK;
    if (away)
        snprintf(b->text, sizeof b->text,
                 "the device that records is not connected: the recording waits for it");
    else
        snprintf(
            b->text, sizeof b->text,
            "the device that records is connected again after %.1f s; what it recorded meanwhile follows",
            now - s->lost_at);
    return true;
}

static void give(struct remote_source *s, struct moim_block *b)
{
    struct moim_remote *r = s->remote;
    size_t n = (size_t)(r->pushed - r->given);
    if (n > MOIM_SOURCE_BLOCK) n = MOIM_SOURCE_BLOCK;
    /* As the journal writes it: every sample comes out of there as it went in. */
    for (size_t i = 0; i < n; i++) s->pcm[i] = (float)r->fifo[(r->given + i) % ROOM] / 32767;
    r->given += n;
    b->kind = MOIM_BLOCK_SOUND;
    b->pcm = s->pcm;
    b->n = n;
}

static int remote_next(struct moim_source *base, struct moim_block *b, int timeout_ms, struct moim_err *err)
{
    struct remote_source *s = base->impl;
    struct moim_remote *r = s->remote;
    struct timespec until = moim_deadline(timeout_ms / 1000.0);
    (void)err;
    pthread_mutex_lock(&r->lock);
    bool some = r->pushed > r->given && (!base->paused || r->ended);
    if (!some && !r->ended) {
        pthread_cond_clockwait(&r->came, &r->lock, CLOCK_MONOTONIC, &until);
        some = r->pushed > r->given && !base->paused;
    }
    if (!r->ended && tell_connection(s, b, moim_monotonic())) some = false;
    if (some)
        give(s, b);
    else if (r->ended && r->pushed == r->given)
        b->kind = MOIM_BLOCK_END;
    pthread_mutex_unlock(&r->lock);
    return MOIM_OK;
}

static void remote_close(struct moim_source *s)
{
    free(s->impl);
}

int moim_source_remote(struct moim_source **out, struct moim_remote *r, struct moim_err *err)
{
    struct remote_source *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s) return moim_fail(err, MOIM_ENOMEM, "out of memory for a recording");
    s->remote = r;
    s->base =
        (struct moim_source){.impl = s, .name = MOIM_REMOTE_NAME, .next = remote_next, .close = remote_close};
    moim_level_reset(&s->base.level);
    *out = &s->base;
    return MOIM_OK;
}
