/* What a crash leaves of a recording, made whole. */
#include "firmware/library/recover.h"
#include "audio/journal.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/removal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

int moim_sound_lock(const char *audio, int *fd, struct moim_err *err)
{
    *fd = open(audio, O_RDONLY | O_CLOEXEC);
    if (*fd < 0) return MOIM_OK;
    if (!flock(*fd, LOCK_EX | LOCK_NB)) return MOIM_OK;
    close(*fd);
    *fd = -1;
    return moim_fail(err, MOIM_ESTATE, "%s is being recorded or processed", audio);
}

static bool users(enum moim_mark_kind kind)
{
    return kind == MOIM_MARK_BOOKMARK || kind == MOIM_MARK_MEMO;
}

/* Marks as bookmarks; the strings are owned by *list. *noted counts those that the user made. */
static int read_marks(const char *audio, struct moim_bookmark **list, int *n, int *noted,
                      struct moim_err *err)
{
    struct moim_mark *marks;
    size_t n_marks;
    *list = NULL;
    *n = *noted = 0;
    int rc = moim_marks_read(audio, &marks, &n_marks, err);
    if (rc == MOIM_ENOENT) return MOIM_OK;
    if (rc) return rc;
    *list = calloc(n_marks + 1, sizeof **list);
    if (!*list) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (size_t i = 0; !rc && i < n_marks; i++) {
        const struct moim_mark *m = &marks[i];
        if (m->kind == MOIM_MARK_START || m->kind == MOIM_MARK_STOP) continue;
        struct moim_bookmark *b = &(*list)[(*n)++];
        b->at = (double)m->at / 16000;
        *noted += users(m->kind);
        int len = users(m->kind) ? asprintf(&b->note, "%s", m->text)
                                 : asprintf(&b->note, "(%s) %s", moim_mark_names[m->kind], m->text);
        if (len < 0) {
            b->note = NULL;
            rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
        }
    }
    moim_marks_free(marks, n_marks);
    return rc;
}

int moim_recorded(struct moim_store *s, int64_t id, const char *audio, double seconds, struct moim_err *err)
{
    struct moim_bookmark *list;
    int n, noted, rc = read_marks(audio, &list, &n, &noted, err);
    if (!rc) rc = moim_meeting_recorded(s, id, seconds, list, n, err);
    moim_bookmarks_free(list, n);
    return rc;
}

static bool begun_only(const struct moim_meeting *m)
{
    return m->state == MOIM_RECORDED && m->duration <= 0 && !strncmp(m->audio, "rec-", 4);
}

/* Killed before its first sound: an empty meeting helps nobody, unless something was noted in it. */
static int drop_empty(struct moim_store *s, const struct moim_meeting *m, const char *audio, bool *gone,
                      struct moim_err *err)
{
    struct moim_bookmark *list;
    int n, noted, rc = read_marks(audio, &list, &n, &noted, err);
    if (!rc && noted) {
        rc = moim_meeting_recorded(s, m->id, 0, list, n, err);
        if (!rc) rc = moim_meeting_set_state(s, m->id, MOIM_SUMMARIZED, err);
    } else if (!rc) {
        *gone = true;
        rc = moim_erase(s, m, err);
    }
    moim_bookmarks_free(list, n);
    return rc;
}

int moim_recover(struct moim_store *s, const struct moim_meeting *m, bool *gone, struct moim_err *err)
{
    char audio[4096];
    struct moim_repair done = {0};
    *gone = false;
    if (!begun_only(m)) return MOIM_OK;
    int rc = moim_audio_path(s, m->audio, audio, sizeof audio, err);
    if (!rc) rc = moim_journal_repair(audio, &done, err);
    /* No file, or one without its header: the crash came between the meeting's row and the first sound. */
    if (rc == MOIM_ENOENT || rc == MOIM_EFORMAT || (!rc && !done.samples))
        return drop_empty(s, m, audio, gone, err);
    return rc ? rc : moim_recorded(s, m->id, audio, (double)done.samples / 16000, err);
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
