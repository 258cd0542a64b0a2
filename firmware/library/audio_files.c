#include "firmware/library/audio_files.h"
#include "audio/decode.h"
#include "audio/journal.h"
#include "firmware/platform/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int moim_audio_path(const struct moim_store *s, const char *name, char *out, size_t cap, struct moim_err *err)
{
    const char *db = moim_store_path(s), *slash = strrchr(db, '/');
    int n = snprintf(out, cap, "%.*saudio/%s", slash ? (int)(slash - db + 1) : 0, db, name);
    return n > 0 && (size_t)n < cap ? MOIM_OK : moim_fail(err, MOIM_EINVAL, "%s: path is too long", db);
}

/* Decodes into FLAC; returns the number of samples or a negative status. */
static long long write_flac(struct moim_reader *r, const char *path, int fd, struct moim_err *err)
{
    SF_INFO info = {.samplerate = MOIM_RATE, .channels = 1, .format = SF_FORMAT_FLAC | SF_FORMAT_PCM_16};
    SNDFILE *f = sf_open_fd(fd, SFM_WRITE, &info, 0);
    if (!f) return moim_fail(err, MOIM_EIO, "%s: %s", path, sf_strerror(NULL));
    sf_command(f, SFC_SET_CLIPPING, NULL, SF_TRUE);
    float pcm[8192];
    long long total = 0;
    long got;
    while ((got = moim_reader_read(r, pcm, sizeof pcm / sizeof *pcm, err)) > 0) {
        errno = 0;
        if (sf_write_float(f, pcm, got) != got) {
            got = errno == ENOSPC || errno == EDQUOT
                      ? moim_fail(err, MOIM_ENOSPC, "%s: the disk is full", path)
                      : moim_fail(err, MOIM_EIO, "%s: cannot be written", path);
            break;
        }
        total += got;
    }
    if (sf_close(f) && got == 0) got = moim_fail(err, MOIM_EIO, "%s: cannot be written", path);
    return got < 0 ? got : total;
}

/* A file's own time is the best guess at when the meeting was. */
static int64_t recorded_at(const char *path)
{
    struct stat st;
    return stat(path, &st) ? (int64_t)time(NULL) : (int64_t)st.st_mtime;
}

static void title_of(const char *path, char *out, size_t cap)
{
    const char *slash = strrchr(path, '/');
    snprintf(out, cap, "%s", slash ? slash + 1 : path);
    char *dot = strrchr(out, '.');
    if (dot && dot != out) *dot = 0;
}

/* shown: what the user calls the file; NULL: as it is called. */
static int add_row(struct moim_store *s, const char *path, const char *shown, const char *name,
                   long long samples, int64_t *id, struct moim_err *err)
{
    char title[256], full[4096];
    title_of(shown ? shown : path, title, sizeof title);
    if (shown || !realpath(path, full)) snprintf(full, sizeof full, "%s", shown ? shown : path);
    struct moim_meeting m = {.title = title,
                             .started_at = recorded_at(path),
                             .duration = (double)samples / MOIM_RATE,
                             .language = "",
                             .state = MOIM_RECORDED,
                             .audio = (char *)(uintptr_t)name,
                             .source = full};
    return moim_meeting_add(s, &m, id, err);
}

int moim_import(struct moim_store *s, const char *path, int64_t *id, bool *damaged, struct moim_err *err)
{
    return moim_import_as(s, path, NULL, id, damaged, err);
}

int moim_import_as(struct moim_store *s, const char *path, const char *shown, int64_t *id, bool *damaged,
                   struct moim_err *err)
{
    struct moim_reader *r;
    int rc = moim_reader_open(&r, path, err);
    if (rc) return rc;
    char audio[4096];
    rc = moim_audio_path(s, "import-XXXXXX.flac", audio, sizeof audio, err);
    if (!rc) rc = moim_make_parents(audio, err);
    int fd = rc ? -1 : mkstemps(audio, 5);
    if (!rc && fd < 0) rc = moim_fail_errno(err, "%s", audio);
    if (rc) {
        moim_reader_close(r);
        return rc;
    }
    long long samples = write_flac(r, audio, fd, err);
    *damaged = moim_reader_damaged(r);
    moim_reader_close(r);
    if (samples < 0)
        rc = (int)samples;
    else if (fsync(fd))
        rc = moim_fail_errno(err, "%s", audio);
    else
        moim_sync_directory(audio); /* the row must not outlive the file's name in a power cut */
    close(fd);
    if (!rc) rc = add_row(s, path, shown, strrchr(audio, '/') + 1, samples, id, err);
    if (rc) unlink(audio);
    return rc;
}

static int remove_file(const char *path, struct moim_err *err)
{
    return unlink(path) && errno != ENOENT ? moim_fail_errno(err, "%s", path) : MOIM_OK;
}

/* The sound and, of a recording, the marks beside it, which hold what the user noted. */
int moim_remove_sound(const char *audio, struct moim_err *err)
{
    char marks[4200];
    size_t n = strlen(audio);
    int stem = n > 5 && !strcmp(audio + n - 5, ".flac") ? (int)n - 5 : (int)n;
    snprintf(marks, sizeof marks, "%.*s.marks", stem, audio);
    int rc = remove_file(audio, err);
    return rc ? rc : remove_file(marks, err);
}

int moim_erase(struct moim_store *s, const struct moim_meeting *m, struct moim_err *err)
{
    char audio[4096];
    int rc = MOIM_OK;
    if (*m->audio) {
        rc = moim_audio_path(s, m->audio, audio, sizeof audio, err);
        if (!rc) rc = moim_remove_sound(audio, err);
    }
    return rc ? rc : moim_meeting_delete(s, m->id, err);
}

int moim_delete(struct moim_store *s, int64_t id, struct moim_err *err)
{
    struct moim_meeting m;
    char audio[4096];
    int lock = -1, rc = moim_meeting_get(s, id, &m, err);
    if (rc) return rc;
    if (*m.audio) rc = moim_audio_path(s, m.audio, audio, sizeof audio, err);
    if (!rc && *m.audio && moim_sound_lock(audio, &lock, NULL))
        rc = moim_fail(err, MOIM_ESTATE, "meeting %lld is being recorded or processed", (long long)id);
    if (!rc) rc = moim_erase(s, &m, err);
    if (lock >= 0) close(lock);
    moim_meeting_clear(&m);
    return rc;
}
