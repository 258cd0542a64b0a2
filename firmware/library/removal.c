#include "firmware/library/removal.h"
#include "audio/aside.h"
#include "audio/journal.h"
#include "base/directory.h"
#include "firmware/library/audio_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define ASIDE ".removed-" /* then the kind, the meeting's number and the file's name, with dashes between */
enum { WHOLE = 'm', SOUND = 's' };

/* ---- the lock ---- */

/* One byte for each meeting in a file beside the store. On a full disk that file may be missing: then the
 * lock on the sound has to do. */
static int lock_number(struct moim_store *s, int64_t id, int *fd, struct moim_err *err)
{
    char path[4200];
    snprintf(path, sizeof path, "%.4096s.meetings-lock", moim_store_path(s));
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = id, .l_len = 1};
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EROFS || errno == EACCES)) return MOIM_OK;
    if (*fd < 0) return moim_fail_errno(err, "%s", path);
    if (!fcntl(*fd, F_OFD_SETLK, &l)) return MOIM_OK;
    int rc = errno == EAGAIN || errno == EACCES
                 ? moim_fail_why(err, MOIM_ESTATE, "in_use", "meeting %lld is being recorded or processed",
                                 (long long)id)
                 : moim_fail_errno(err, "%s", path);
    close(*fd);
    *fd = -1;
    return rc;
}

int moim_meeting_lock(struct moim_store *s, int64_t id, struct moim_meeting_lock *l, struct moim_meeting *m,
                      struct moim_err *err)
{
    char audio[4096];
    *l = (struct moim_meeting_lock){-1, -1};
    memset(m, 0, sizeof *m);
    int rc = lock_number(s, id, &l->meeting, err);
    if (!rc) rc = moim_meeting_get(s, id, m, err);
    if (!rc && *m->audio) rc = moim_audio_path(s, m->audio, audio, sizeof audio, err);
    if (!rc && *m->audio && moim_sound_lock(audio, &l->sound, NULL))
        rc = moim_fail_why(err, MOIM_ESTATE, "in_use", "meeting %lld is being recorded or processed",
                           (long long)id);
    if (rc) {
        moim_meeting_unlock(l);
        moim_meeting_clear(m);
    }
    return rc;
}

void moim_meeting_unlock(struct moim_meeting_lock *l)
{
    if (l->sound >= 0) close(l->sound);
    if (l->meeting >= 0) close(l->meeting);
    *l = (struct moim_meeting_lock){-1, -1};
}

/* ---- removing ---- */

struct removal {
    struct moim_store *s;
    char kind;
    int64_t id;
    char audio[4200], aside[4400], marks[4200];
};

static int prepare(struct removal *r, struct moim_store *s, char kind, int64_t id, const char *name,
                   struct moim_err *err)
{
    char dir[4096];
    *r = (struct removal){.s = s, .kind = kind, .id = id};
    int rc = moim_audio_path(s, "", dir, sizeof dir, err);
    if (rc) return rc;
    size_t n = strlen(name);
    int stem = n > 5 && !strcmp(name + n - 5, ".flac") ? (int)n - 5 : (int)n;
    int a = snprintf(r->audio, sizeof r->audio, "%s%s", dir, name),
        b = snprintf(r->aside, sizeof r->aside, "%s" ASIDE "%c-%lld-%s", dir, kind, (long long)id, name),
        c = snprintf(r->marks, sizeof r->marks, "%s%.*s.marks", dir, stem, name);
    bool fits = a < (int)sizeof r->audio && b < (int)sizeof r->aside && c < (int)sizeof r->marks;
    return fits ? MOIM_OK : moim_fail(err, MOIM_EINVAL, "%s: path is too long", dir);
}

static int change_row(struct removal *r, struct moim_err *err)
{
    int rc = r->kind == WHOLE ? moim_meeting_delete(r->s, r->id, err)
                              : moim_meeting_forget_audio(r->s, r->id, err);
    return rc == MOIM_ENOENT ? MOIM_OK : rc; /* gone already */
}

static int remove_file(const char *path, struct moim_err *err)
{
    return unlink(path) && errno != ENOENT ? moim_fail_errno(err, "%s", path) : MOIM_OK;
}

/* The marks beside a recording hold what the user noted: they stay until the row has changed, and with them what repair
 * kept of damaged files. */
static int remove_rest(struct removal *r, struct moim_err *err)
{
    int rc = moim_aside_remove(r->audio, err);
    if (!rc) rc = moim_aside_remove(r->marks, err);
    if (!rc) rc = remove_file(r->marks, err);
    return rc ? rc : remove_file(r->aside, err);
}

static int run(struct removal *r, struct moim_err *err)
{
    /* Not there: removed by hand, or put aside by a try before this one. */
    bool moved = !rename(r->audio, r->aside);
    if (!moved && errno != ENOENT) return moim_fail_errno(err, "%s", r->audio);
    moim_sync_directory(r->audio);
    int rc = change_row(r, err);
    bool given_up = rc == MOIM_ENOSPC && !truncate(r->aside, 0);
    if (given_up) rc = change_row(r, err);
    if (rc && moved && !given_up) rename(r->aside, r->audio);
    return rc ? rc : remove_rest(r, err);
}

static int take_away(struct moim_store *s, const struct moim_meeting *m, char kind, struct moim_err *err)
{
    struct removal r;
    if (!*m->audio) return kind == WHOLE ? moim_meeting_delete(s, m->id, err) : MOIM_OK;
    int rc = prepare(&r, s, kind, m->id, m->audio, err);
    return rc ? rc : run(&r, err);
}

int moim_erase(struct moim_store *s, const struct moim_meeting *m, struct moim_err *err)
{
    return take_away(s, m, WHOLE, err);
}

int moim_forget_sound(struct moim_store *s, const struct moim_meeting *m, struct moim_err *err)
{
    return take_away(s, m, SOUND, err);
}

int moim_delete(struct moim_store *s, int64_t id, struct moim_err *err)
{
    struct moim_meeting m;
    struct moim_meeting_lock lock;
    int rc = moim_meeting_lock(s, id, &lock, &m, err);
    if (rc) return rc;
    rc = moim_erase(s, &m, err);
    moim_meeting_unlock(&lock);
    moim_meeting_clear(&m);
    return rc;
}

/* ---- what was cut off ---- */

/* MOIM_ESTATE: in use. A row that owns another audio file by now is not deleted. */
static int finish_one(struct removal *r, const char *name, struct moim_err *err)
{
    struct moim_meeting m = {0};
    struct moim_meeting_lock lock = {-1, -1};
    int aside, rc = moim_sound_lock(r->aside, &aside, err);
    if (rc) return rc;
    rc = moim_meeting_lock(r->s, r->id, &lock, &m, err);
    if (!rc && !strcmp(m.audio, name)) rc = change_row(r, err);
    if (!rc || rc == MOIM_ENOENT) rc = remove_rest(r, err);
    moim_meeting_unlock(&lock);
    moim_meeting_clear(&m);
    if (aside >= 0) close(aside);
    return rc;
}

int moim_removals(struct moim_store *s, bool finish, int *left, struct moim_err *err)
{
    char dir[4096];
    struct moim_names all = {0};
    int rc = moim_audio_path(s, "", dir, sizeof dir, err);
    if (!rc) rc = moim_names_read(&all, dir, err);
    *left = 0;
    for (size_t i = 0; i < all.n; i++) {
        const char *name = all.name[i];
        struct removal r;
        struct moim_err why;
        char kind;
        long long id;
        int at = 0;
        if (sscanf(name, ASIDE "%c-%lld-%n", &kind, &id, &at) != 2 || !at || (kind != WHOLE && kind != SOUND))
            continue;
        int one = prepare(&r, s, kind, id, name + at, &why);
        if (!one && finish) one = finish_one(&r, name + at, &why);
        if (one && one != MOIM_ESTATE && err) *err = why;
        if (one && one != MOIM_ESTATE) rc = one;
        *left += one != MOIM_ESTATE && (one || !finish);
    }
    moim_names_free(&all);
    return rc;
}
