#include "firmware/library/retention.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/removal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EARLIEST 1735689600 /* 2025-01-01: this program is younger than any clock that says less */
#define STEADY 120          /* seconds that a clock may gain or lose between two looks */

struct sound {
    int64_t id, came, bytes;
};

/* Audio that may be removed: transcribed and diarized, present, and not locked. */
static bool may_go(const struct moim_meeting *m, const struct moim_meeting_lock *lock)
{
    return *m->audio && m->state >= MOIM_DIARIZED && lock->sound >= 0;
}

static int remove_one(struct moim_store *s, const struct sound *x, const struct moim_keep *keep,
                      struct moim_tidied *done, struct moim_err *err)
{
    struct moim_meeting m;
    struct moim_meeting_lock lock;
    int rc = moim_meeting_lock(s, x->id, &lock, &m, err);
    if (rc == MOIM_ESTATE || rc == MOIM_ENOENT) return MOIM_OK; /* in use, or deleted meanwhile */
    if (rc) return rc;
    bool goes = may_go(&m, &lock);
    if (goes && !keep->dry_run) rc = moim_forget_sound(s, &m, err);
    moim_meeting_unlock(&lock);
    moim_meeting_clear(&m);
    if (rc || !goes) return rc;
    done->meetings++;
    done->bytes += x->bytes;
    done->left -= x->bytes;
    return MOIM_OK;
}

/* When it came, by its file. What was written before there was this program, or after now, was written by a
 * wrong clock: it counts from now on. */
static int64_t came_at(const char *path, const struct stat *st, int64_t now, bool dry_run)
{
    if (st->st_mtime >= EARLIEST && st->st_mtime <= now + STEADY) return st->st_mtime;
    struct timespec t[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = now}};
    if (!dry_run && now >= EARLIEST) utimensat(AT_FDCWD, path, t, 0);
    return now;
}

static int by_age(const void *a, const void *b)
{
    const struct sound *x = a, *y = b;
    if (x->came != y->came) return x->came < y->came ? -1 : 1;
    return x->id < y->id ? -1 : 1;
}

/* All sound that is there, oldest first. */
static int gather(struct moim_store *s, const struct moim_meeting *list, int n, int64_t now, bool dry_run,
                  struct sound *out, int *n_out, struct moim_tidied *done, struct moim_err *err)
{
    for (int i = 0; i < n; i++) {
        char path[4096];
        struct stat st;
        if (!*list[i].audio) continue;
        int rc = moim_audio_path(s, list[i].audio, path, sizeof path, err);
        if (rc) return rc;
        if (stat(path, &st)) continue;
        out[(*n_out)++] = (struct sound){list[i].id, came_at(path, &st, now, dry_run), st.st_size};
        done->left += st.st_size;
    }
    qsort(out, (size_t)*n_out, sizeof *out, by_age);
    return MOIM_OK;
}

int moim_tidy(struct moim_store *s, const struct moim_keep *keep, int64_t now, struct moim_tidied *done,
              struct moim_err *err)
{
    struct moim_meeting *list;
    int n, have = 0;
    memset(done, 0, sizeof *done);
    int rc = moim_meeting_list(s, &list, &n, err);
    if (rc) return rc;
    struct sound *x = calloc((size_t)n + 1, sizeof *x);
    rc = x ? gather(s, list, n, now, keep->dry_run, x, &have, done, err)
           : moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; !rc && i < have; i++) {
        bool old = keep->days > 0 && (double)(now - x[i].came) > keep->days * 86400.0;
        bool full = keep->limited && done->left > keep->bytes;
        if (old || full) rc = remove_one(s, &x[i], keep, done, err);
    }
    free(x);
    moim_meeting_list_free(list, n);
    return rc;
}

bool moim_clock_was_set(struct moim_clock_look *look, int64_t now, double boottime, int64_t *wrong_since)
{
    double offset = (double)now - boottime, moved = offset - look->offset;
    bool set = look->looked && (moved < -STEADY || moved > STEADY);
    *wrong_since = look->began;
    look->offset = offset;
    if (look->looked && !set) return false;
    look->looked = true;
    look->even_since = boottime;
    look->began = now;
    return set;
}

int moim_sound_came_now(struct moim_store *s, int64_t wrong_since, int64_t now, struct moim_err *err)
{
    struct moim_meeting *list;
    int n, rc = moim_meeting_list(s, &list, &n, err);
    if (rc) return rc;
    struct timespec t[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = now}};
    for (int i = 0; !rc && i < n; i++) {
        char path[4096];
        struct stat st;
        if (!*list[i].audio) continue;
        rc = moim_audio_path(s, list[i].audio, path, sizeof path, err);
        if (rc || stat(path, &st) || st.st_mtime < wrong_since) continue;
        if (utimensat(AT_FDCWD, path, t, 0)) rc = moim_fail_errno(err, "%s", path);
    }
    moim_meeting_list_free(list, n);
    return rc;
}
