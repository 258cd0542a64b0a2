#include "audio/call.h"
#include "audio/drift.h"
#include "audio/source_vt.h"
#include "base/clock.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLL_MS 20
#define DUE_LEAST 320   /* samples of silence for a microphone that is away */
#define ABSENT_S 2.5    /* without a block from it, that it is away is only not told yet */
#define FAR_BLOCKS 4096 /* of one look at the far device: more than its buffers hold */

struct call {
    struct moim_source base;
    struct moim_source *near, *far;
    char *name;
    bool files, was_paused;
    bool near_lost, near_ended, far_ended, far_heard;
    double near_at;    /* when it gave sound last */
    uint64_t stood_in; /* samples of silence given for it, which its own silence must not repeat */
    uint64_t swallow;  /* samples that come and are given already */
    uint64_t far_swallow;
    struct moim_drift *drift;
    struct moim_block told; /* an event of the far side that waits; kind NOTHING: none */
    float silence[MOIM_SOURCE_BLOCK], side[MOIM_SOURCE_BLOCK];
    float rest[MOIM_SOURCE_BLOCK]; /* of a far file's block */
    size_t n_rest;
};

/* ---- the far side ---- */

/* An event of the far side in its own words. What a microphone is told about its level says nothing there. */
static void keep_event(struct call *c, const struct moim_block *b)
{
    static const char *const nothing =
        "nothing heard from the far side for 30 s: is the right output chosen?";
    bool level = b->kind == MOIM_BLOCK_CLIPPED || b->kind == MOIM_BLOCK_HEARD || b->kind == MOIM_BLOCK_SILENT;
    if (level && (b->kind != MOIM_BLOCK_SILENT || c->far_heard)) return;
    c->told = *b;
    if (level)
        snprintf(c->told.text, sizeof c->told.text, "%s", nothing);
    else if (snprintf(c->told.text, sizeof c->told.text, "the far side: %s", b->text) >=
             (int)sizeof c->told.text)
        moim_cut_whole(c->told.text);
    c->told.missing = 0; /* this side lost nothing */
}

static void take_far(struct call *c, const struct moim_block *b, double now)
{
    const float *pcm = b->pcm;
    size_t n = b->n, drop = c->far_swallow < n ? (size_t)c->far_swallow : n;
    c->far_swallow -= drop;
    for (size_t i = 0; i < n && !c->far_heard; i++) c->far_heard = pcm[i] > 1e-3f || pcm[i] < -1e-3f;
    if (n > drop) moim_drift_second(c->drift, now, pcm + drop, n - drop);
}

/* All that the far device has by now, or up to its next event. */
static int look_at_far(struct call *c, struct moim_err *err)
{
    struct moim_block b = {.kind = MOIM_BLOCK_SOUND};
    for (int i = 0; i < FAR_BLOCKS && !c->far_ended && !c->told.kind; i++) {
        int rc = moim_source_next(c->far, &b, 0, err);
        if (rc) return rc;
        if (b.kind == MOIM_BLOCK_NOTHING) break;
        if (b.kind == MOIM_BLOCK_END) c->far_ended = true;
        if (b.kind == MOIM_BLOCK_SOUND) take_far(c, &b, moim_monotonic());
        if (b.kind == MOIM_BLOCK_SOUND || b.kind == MOIM_BLOCK_END) continue;
        if (b.kind == MOIM_BLOCK_DEVICE_BACK) {
            c->far_swallow = b.missing; /* its place was silent already */
            moim_drift_restart_second(c->drift);
        }
        keep_event(c, &b);
    }
    return MOIM_OK;
}

/* The next n samples of a far file. */
static int read_far(struct call *c, float *out, size_t n, struct moim_err *err)
{
    size_t done = 0;
    while (done < n && (c->n_rest || !c->far_ended)) {
        struct moim_block b = {0};
        if (!c->n_rest) {
            int rc = moim_source_next(c->far, &b, 0, err);
            if (rc) return rc;
            c->far_ended = b.kind == MOIM_BLOCK_END;
            if (b.kind != MOIM_BLOCK_SOUND) continue;
            memcpy(c->rest, b.pcm, b.n * sizeof *b.pcm);
            c->n_rest = b.n;
        }
        size_t take = n - done < c->n_rest ? n - done : c->n_rest;
        memcpy(out + done, c->rest, take * sizeof *out);
        memmove(c->rest, c->rest + take, (c->n_rest - take) * sizeof *out);
        c->n_rest -= take;
        done += take;
    }
    memset(out + done, 0, (n - done) * sizeof *out);
    return MOIM_OK;
}

static int add_far(struct call *c, struct moim_block *b, struct moim_err *err)
{
    int rc = MOIM_OK;
    if (c->files)
        rc = read_far(c, c->side, b->n, err);
    else
        moim_drift_take(c->drift, c->side, b->n);
    b->far = c->side;
    return rc;
}

/* ---- this side ---- */

static void stand_in(struct call *c, struct moim_block *b, size_t n)
{
    b->kind = MOIM_BLOCK_SOUND;
    b->pcm = c->silence;
    b->n = n < MOIM_SOURCE_BLOCK ? n : MOIM_SOURCE_BLOCK;
}

/* By the clock the microphone should have given this; *any: it is so. */
static bool stand_in_for_lost(struct call *c, struct moim_block *b, double now)
{
    if (!c->near_lost && now - c->near_at < ABSENT_S) return false;
    size_t due = moim_drift_due(c->drift, now);
    if (due < DUE_LEAST) return false;
    stand_in(c, b, due);
    c->stood_in += b->n;
    return true;
}

/* The microphone's own events: the far side went on meanwhile, so silence that it brings stands there already. */
static void take_event(struct call *c, struct moim_block *b)
{
    if (b->kind == MOIM_BLOCK_DEVICE_LOST) c->near_lost = true;
    if (b->kind != MOIM_BLOCK_DEVICE_BACK) return;
    c->swallow = c->stood_in < b->missing ? c->stood_in : b->missing;
    b->missing -= c->swallow;
    c->stood_in = 0;
    c->near_lost = false;
    moim_drift_restart_first(c->drift);
}

/* Sound that was not given yet; false when all of the block was. */
static bool take_near(struct call *c, struct moim_block *b, double now)
{
    size_t drop = c->swallow < b->n ? (size_t)c->swallow : b->n;
    c->near_at = now;
    c->swallow -= drop;
    b->pcm += drop;
    b->n -= drop;
    if (!b->n) return false;
    if (!c->files) moim_drift_first(c->drift, now, b->n);
    return true;
}

static int next_of_files(struct call *c, struct moim_block *b, int timeout_ms, struct moim_err *err)
{
    uint64_t at = b->at;
    int rc = c->near_ended ? MOIM_OK : moim_source_next(c->near, b, timeout_ms, err);
    b->at = at;
    if (rc) return rc;
    if (b->kind == MOIM_BLOCK_END) c->near_ended = true;
    if (c->near_ended && !(c->far_ended && !c->n_rest)) stand_in(c, b, MOIM_SOURCE_BLOCK);
    if (c->near_ended && b->kind == MOIM_BLOCK_NOTHING) b->kind = MOIM_BLOCK_END;
    return b->kind == MOIM_BLOCK_SOUND ? add_far(c, b, err) : MOIM_OK;
}

/* A pause is a hole for both clocks. */
static void follow_pause(struct call *c)
{
    moim_source_pause(c->near, c->base.paused);
    moim_source_pause(c->far, c->base.paused);
    if (c->was_paused && !c->base.paused) {
        moim_drift_restart_first(c->drift);
        moim_drift_restart_second(c->drift);
        c->near_at = moim_monotonic();
        c->stood_in = 0;
    }
    c->was_paused = c->base.paused;
}

static int next_of_devices(struct call *c, struct moim_block *b, int timeout_ms, struct moim_err *err)
{
    uint64_t at = b->at;
    int rc = look_at_far(c, err);
    if (!rc && c->told.kind) {
        *b = c->told;
        b->at = at;
        c->told.kind = MOIM_BLOCK_NOTHING;
        return MOIM_OK;
    }
    if (!rc) rc = moim_source_next(c->near, b, timeout_ms < POLL_MS ? timeout_ms : POLL_MS, err);
    b->at = at;
    if (rc) return rc;
    double now = moim_monotonic();
    if (b->kind == MOIM_BLOCK_SOUND && !take_near(c, b, now)) b->kind = MOIM_BLOCK_NOTHING;
    if (b->kind != MOIM_BLOCK_SOUND) take_event(c, b);
    if (b->kind == MOIM_BLOCK_NOTHING && !c->base.paused && !c->swallow) stand_in_for_lost(c, b, now);
    return b->kind == MOIM_BLOCK_SOUND ? add_far(c, b, err) : MOIM_OK;
}

static int call_next(struct moim_source *s, struct moim_block *b, int timeout_ms, struct moim_err *err)
{
    struct call *c = s->impl;
    follow_pause(c);
    return c->files ? next_of_files(c, b, timeout_ms, err) : next_of_devices(c, b, timeout_ms, err);
}

/* ---- life ---- */

static void call_close(struct moim_source *s)
{
    struct call *c = s->impl;
    moim_source_close(c->near);
    moim_source_close(c->far);
    moim_drift_free(c->drift);
    free(c->name);
    free(c);
}

int moim_source_call(struct moim_source **out, struct moim_source *near, struct moim_source *far, bool files,
                     struct moim_err *err)
{
    *out = NULL;
    struct call *c = calloc(1, sizeof *c);
    if (!c) {
        moim_source_close(near);
        moim_source_close(far);
        return moim_fail(err, MOIM_ENOMEM, "out of memory for a call");
    }
    c->near = near;
    c->far = far;
    c->files = files;
    c->near_at = moim_monotonic();
    int rc = moim_drift_new(&c->drift, err);
    if (!rc && asprintf(&c->name, "%s + %s", moim_source_name(near), moim_source_name(far)) < 0) {
        c->name = NULL;
        rc = moim_fail(err, MOIM_ENOMEM, "out of memory for a call");
    }
    c->base = (struct moim_source){.impl = c,
                                   .name = c->name,
                                   .duration = moim_source_duration(near),
                                   .channels = 2,
                                   .parts_tell = true,
                                   .next = call_next,
                                   .close = call_close};
    moim_level_reset(&c->base.level);
    if (rc)
        call_close(&c->base);
    else
        *out = &c->base;
    return rc;
}
