#include "audio/source.h"
#include "audio/decode.h"
#include "audio/source_vt.h"
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void moim_source_sleep(double seconds)
{
    if (seconds <= 0) return;
    struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&t, NULL); /* a signal ends it early: the caller looks again */
}

/* One warning becomes a block; false when there is none. */
static bool tell_warning(struct moim_source *s, struct moim_block *b)
{
    static const struct {
        int bit;
        enum moim_block_kind kind;
        const char *text;
    } all[] = {
        {MOIM_LEVEL_CLIPPED, MOIM_BLOCK_CLIPPED, "the sound is too loud and clips: turn the microphone down"},
        {MOIM_LEVEL_SILENT, MOIM_BLOCK_SILENT, "nothing heard for 30 s: is the right microphone chosen?"},
        {MOIM_LEVEL_HEARD, MOIM_BLOCK_HEARD, "sound is heard again"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!(s->warnings & all[i].bit)) continue;
        s->warnings &= ~all[i].bit;
        b->kind = all[i].kind;
        snprintf(b->text, sizeof b->text, "%s", all[i].text);
        return true;
    }
    return false;
}

int moim_source_next(struct moim_source *s, struct moim_block *b, int timeout_ms, struct moim_err *err)
{
    memset(b, 0, sizeof *b);
    b->at = s->delivered;
    if (tell_warning(s, b)) return MOIM_OK;
    int rc = s->next(s, b, timeout_ms, err);
    if (rc) return rc;
    if (b->kind == MOIM_BLOCK_SOUND) {
        s->delivered += b->n;
        int warnings = moim_level_push(&s->level, b->pcm, b->n);
        if (!s->parts_tell) s->warnings |= warnings;
    }
    s->lost += b->missing;
    return MOIM_OK;
}

void moim_source_pause(struct moim_source *s, bool paused)
{
    s->paused = paused;
}
void moim_source_level(const struct moim_source *s, float *peak_db, float *rms_db)
{
    *peak_db = s->level.peak_db;
    *rms_db = s->level.rms_db;
}
int moim_source_channels(const struct moim_source *s)
{
    return s->channels == 2 ? 2 : 1;
}
const char *moim_source_name(const struct moim_source *s)
{
    return s->name;
}
uint64_t moim_source_samples(const struct moim_source *s)
{
    return s->delivered;
}
uint64_t moim_source_lost(const struct moim_source *s)
{
    return s->lost;
}
double moim_source_duration(const struct moim_source *s)
{
    return s->duration;
}
void moim_source_close(struct moim_source *s)
{
    if (s) s->close(s);
}

struct file_source {
    struct moim_source base;
    struct moim_reader *reader;
    char *path;
    bool real_time, started;
    double next_at; /* when the next block is due */
    float pcm[MOIM_SOURCE_BLOCK];
};

#define PACED 320 /* 20 ms, about what a sound card gives at once */

static int file_next(struct moim_source *s, struct moim_block *b, int timeout_ms, struct moim_err *err)
{
    struct file_source *f = s->impl;
    double now = moim_monotonic(), wait = timeout_ms / 1000.0;
    if (s->paused) {
        moim_source_sleep(wait);
        f->started = false;
        return MOIM_OK;
    }
    if (f->real_time) {
        if (!f->started) f->next_at = now + (double)PACED / MOIM_RATE;
        f->started = true;
        if (f->next_at > now + wait) {
            moim_source_sleep(wait);
            return MOIM_OK;
        }
        moim_source_sleep(f->next_at - now);
    }
    long n = moim_reader_read(f->reader, f->pcm, f->real_time ? PACED : MOIM_SOURCE_BLOCK, err);
    if (n < 0) return (int)n;
    b->kind = n ? MOIM_BLOCK_SOUND : MOIM_BLOCK_END;
    b->pcm = f->pcm;
    b->n = (size_t)n;
    f->next_at += (double)n / MOIM_RATE;
    if (!n && moim_reader_damaged(f->reader))
        snprintf(b->text, sizeof b->text, "the file broke off early; what there was has been read");
    return MOIM_OK;
}

static void file_close(struct moim_source *s)
{
    struct file_source *f = s->impl;
    moim_reader_close(f->reader);
    free(f->path);
    free(f);
}

int moim_source_file(struct moim_source **out, const char *path, bool real_time, struct moim_err *err)
{
    *out = NULL;
    struct file_source *f = calloc(1, sizeof *f);
    if (!f || !(f->path = strdup(path))) {
        free(f);
        return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    }
    int rc = moim_reader_open(&f->reader, path, err);
    if (rc) {
        file_close(&(struct moim_source){.impl = f});
        return rc;
    }
    f->real_time = real_time;
    f->base = (struct moim_source){.impl = f,
                                   .name = f->path,
                                   .duration = moim_reader_duration(f->reader),
                                   .next = file_next,
                                   .close = file_close};
    moim_level_reset(&f->base.level);
    *out = &f->base;
    return MOIM_OK;
}
