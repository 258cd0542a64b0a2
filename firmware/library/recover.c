/* What a crash leaves of a recording, made whole. */
#include "firmware/library/recover.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/recordings.h"
#include "firmware/library/removal.h"
#include "firmware/platform/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int moim_sound_lock(const char *audio, int *fd, struct moim_err *err)
{
    struct stat st = {0};
    *fd = open(audio, O_RDONLY | O_CLOEXEC);
    if (*fd < 0) return errno == ENOENT ? MOIM_OK : moim_fail_errno(err, "%s", audio);
    int failed = flock(*fd, LOCK_EX | LOCK_NB) || fstat(*fd, &st) ? errno : 0;
    if (!failed && st.st_nlink) return MOIM_OK;
    close(*fd);
    *fd = -1;
    if (!failed) return MOIM_OK; /* removed by who had the lock */
    if (failed == EWOULDBLOCK)
        return moim_fail_why(err, MOIM_ESTATE, "in_use", "%s is being recorded or processed", audio);
    errno = failed;
    return moim_fail_errno(err, "%s: cannot be locked", audio);
}

static bool begun_only(const struct moim_meeting *m)
{
    return m->state == MOIM_RECORDED && m->duration <= 0 && !strncmp(m->audio, "rec-", 4);
}

/* Its notes are all there is of it: they are taken over, once. */
static int keep_notes(struct moim_store *s, const struct moim_meeting *m, struct moim_bookmark *list, int n,
                      struct moim_err *err)
{
    struct moim_bookmark *had;
    int n_had = 0, rc = moim_bookmark_list(s, m->id, &had, &n_had, err);
    if (rc) return rc;
    moim_bookmarks_free(had, n_had);
    if (!n_had) rc = moim_meeting_recorded(s, m->id, 0, list, n, err);
    return rc ? rc : moim_meeting_set_state(s, m->id, MOIM_SUMMARIZED, err);
}

/* Killed before its first sound: an empty meeting helps nobody, unless something was noted in it. */
static int drop_empty(struct moim_store *s, const struct moim_meeting *m, const char *audio, bool *gone,
                      struct moim_err *err)
{
    struct moim_bookmark *list = NULL;
    int n = 0, noted = 0, rc = moim_journal_bookmarks(audio, &list, &n, &noted, err);
    if (!rc && noted) {
        rc = keep_notes(s, m, list, n, err);
    } else if (!rc) {
        *gone = true;
        rc = moim_erase(s, m, err);
    }
    moim_bookmarks_free(list, n);
    return rc;
}

/* Nothing can be read: the meeting, its notes and the file stay, and the meeting says why. */
static int keep_unreadable(struct moim_store *s, const struct moim_meeting *m, const char *audio,
                           const struct moim_err *why, struct moim_err *err)
{
    struct moim_bookmark *list = NULL;
    int n = 0, noted = 0, rc = moim_journal_bookmarks(audio, &list, &n, &noted, err);
    if (!rc) rc = keep_notes(s, m, list, n, err);
    moim_bookmarks_free(list, n);
    if (!rc) rc = moim_meeting_set_error(s, m->id, why->msg, err);
    return rc ? rc : moim_fail(err, why->code, "%s", why->msg);
}

/* What was damaged stands among the marks, as all that the recorder noticed. */
static int recorded_with_damage(struct moim_store *s, const struct moim_meeting *m, const char *audio,
                                const struct moim_repair *done, struct moim_err *err)
{
    struct moim_mark note[2];
    size_t n = 0;
    char *text[2] = {NULL, NULL};
    const char *aside[2] = {done->sound_aside, done->marks_aside};
    for (int i = 0; i < 2; i++) {
        if (!*aside[i]) continue;
        double lost = done->damaged_frames * (double)MOIM_JOURNAL_BLOCK / 16000;
        int len =
            i ? asprintf(&text[n], "some marks could not be read; the file is kept as audio/%s", aside[i])
            : done->dropped_bytes
                ? asprintf(&text[n], "its end could not be read and is kept as audio/%s", aside[i])
                : asprintf(&text[n], "%.1f s of the sound are lost; it is kept as audio/%s", lost, aside[i]);
        if (len < 0) return moim_fail(err, MOIM_ENOMEM, "out of memory");
        moim_log(MOIM_LOG_WARNING, "meeting %lld: %s", (long long)m->id, text[n]);
        note[n] = (struct moim_mark){.kind = MOIM_MARK_DAMAGED, .text = text[n]};
        n++;
    }
    int rc = moim_recorded(s, m->id, audio, (double)done->samples / 16000, note, n, err);
    free(text[0]);
    free(text[1]);
    return rc;
}

int moim_recover(struct moim_store *s, const struct moim_meeting *m, int *lock, bool *gone,
                 struct moim_err *err)
{
    char audio[4096];
    struct moim_repair done = {0};
    struct moim_err why;
    *gone = false;
    if (!begun_only(m)) return MOIM_OK;
    int rc = moim_audio_path(s, m->audio, audio, sizeof audio, err);
    if (rc) return rc;
    rc = moim_journal_repair_locked(audio, lock, &done, &why);
    if (rc == MOIM_EFORMAT) return keep_unreadable(s, m, audio, &why, err);
    /* Not there: the file was made before the meeting, so that it is elsewhere, not lost by a crash. */
    if (rc) return moim_fail(err, rc, "%s", why.msg);
    return done.samples ? recorded_with_damage(s, m, audio, &done, err) : drop_empty(s, m, audio, gone, err);
}

int moim_unfinished(struct moim_store *s)
{
    struct moim_meeting *list;
    int n, count = 0;
    if (moim_meeting_list(s, &list, &n, NULL)) return 0;
    for (int i = 0; i < n; i++) {
        char audio[4096];
        int fd = -1;
        if (list[i].state >= MOIM_RESCORED || moim_audio_path(s, list[i].audio, audio, sizeof audio, NULL))
            continue;
        if (!*list[i].audio || !moim_sound_lock(audio, &fd, NULL)) count++;
        if (fd >= 0) close(fd);
    }
    moim_meeting_list_free(list, n);
    return count;
}
