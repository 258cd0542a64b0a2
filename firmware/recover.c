/* What a crash leaves of a recording, made whole. */
#include "audio/journal.h"
#include "firmware/process.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

int moim_recording_lock(const char *audio)
{
    int fd = open(audio, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB)) return fd;
    if (fd >= 0) close(fd);
    return -1;
}

int moim_marks_to_store(struct moim_store *s, int64_t id, const char *audio, struct moim_err *err)
{
    struct moim_mark *marks;
    size_t n;
    int rc = moim_marks_read(audio, &marks, &n, err);
    if (rc) return rc;
    for (size_t i = 0; i < n && !rc; i++) {
        if (marks[i].kind == MOIM_MARK_START || marks[i].kind == MOIM_MARK_STOP) continue;
        bool users = marks[i].kind == MOIM_MARK_BOOKMARK || marks[i].kind == MOIM_MARK_MEMO;
        char text[4200];
        snprintf(text, sizeof text, users ? "%.0s%s" : "(%s) %s", moim_mark_names[marks[i].kind],
                 marks[i].text);
        rc = moim_bookmark_add(s, id, (double)marks[i].at / 16000, text, err);
    }
    moim_marks_free(marks, n);
    return rc;
}

int moim_recover(struct moim_store *s, const struct moim_meeting *m, struct moim_err *err)
{
    char audio[4096];
    struct moim_repair done;
    if (m->state != MOIM_RECORDED || m->duration > 0 || strncmp(m->audio, "rec-", 4)) return MOIM_OK;
    int rc = moim_audio_path(s, m->audio, audio, sizeof audio, err);
    if (rc) return rc;
    int lock = moim_recording_lock(audio);
    if (lock < 0 && !access(audio, F_OK))
        return moim_fail(err, MOIM_ESTATE, "meeting %lld is being recorded", (long long)m->id);
    rc = moim_journal_repair(audio, &done, err);
    if (!rc) rc = moim_marks_to_store(s, m->id, audio, err);
    if (!rc) rc = moim_meeting_set_duration(s, m->id, (double)done.samples / 16000, err);
    if (lock >= 0) close(lock);
    return rc;
}
