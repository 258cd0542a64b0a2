#include "firmware/recording/source_simulated.h"
#include "audio/source_vt.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

#define SILENCE 320 /* 20 ms of it at a time */

struct simulated {
    struct moim_source base;
    struct moim_source *file;
    char *path;
    bool loop, fast, over;
    double next_at;
    float silence[SILENCE];
};

static int be_silent(struct simulated *m, struct moim_block *b, int timeout_ms)
{
    double now = moim_monotonic(), wait = timeout_ms / 1000.0;
    if (m->base.paused || m->next_at > now + wait) {
        moim_source_sleep(wait);
        if (m->base.paused) m->next_at = moim_monotonic();
        return MOIM_OK;
    }
    moim_source_sleep(m->next_at - now);
    m->next_at += SILENCE / 16000.0;
    b->kind = MOIM_BLOCK_SOUND;
    b->pcm = m->silence;
    b->n = SILENCE;
    return MOIM_OK;
}

static int next(struct moim_source *s, struct moim_block *b, int timeout_ms, struct moim_err *err)
{
    struct simulated *m = s->impl;
    if (m->over) return be_silent(m, b, timeout_ms);
    moim_source_pause(m->file, s->paused);
    uint64_t at = b->at;
    int rc = moim_source_next(m->file, b, timeout_ms, err);
    b->at = at;
    /* The level's warnings come once, from the source that the recorder sees. */
    if (!rc && b->kind != MOIM_BLOCK_SOUND && b->kind != MOIM_BLOCK_END) b->kind = MOIM_BLOCK_NOTHING;
    if (rc || b->kind != MOIM_BLOCK_END || (m->fast && !m->loop)) return rc;
    b->kind = MOIM_BLOCK_NOTHING;
    if (!m->loop) {
        m->over = true;
        m->next_at = moim_monotonic();
        return MOIM_OK;
    }
    moim_source_close(m->file);
    m->file = NULL;
    rc = moim_source_file(&m->file, m->path, !m->fast, err);
    if (rc) m->over = true;
    return rc;
}

static void close_simulated(struct moim_source *s)
{
    struct simulated *m = s->impl;
    moim_source_close(m->file);
    free(m->path);
    free(m);
}

int moim_source_simulated(struct moim_source **out, const char *path, bool loop, bool fast,
                          struct moim_err *err)
{
    *out = NULL;
    struct simulated *m = calloc(1, sizeof *m);
    if (!m || !(m->path = strdup(path))) {
        free(m);
        return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    }
    int rc = moim_source_file(&m->file, path, !fast, err);
    if (rc) {
        free(m->path);
        free(m);
        return rc;
    }
    m->loop = loop;
    m->fast = fast;
    m->base = (struct moim_source){.impl = m, .name = "simulated", .next = next, .close = close_simulated};
    moim_level_reset(&m->base.level);
    *out = &m->base;
    return MOIM_OK;
}
