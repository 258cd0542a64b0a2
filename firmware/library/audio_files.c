#include "firmware/library/audio_files.h"
#include "audio/aside.h"
#include "audio/decode.h"
#include "audio/journal.h"
#include "base/text.h"
#include "firmware/platform/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int moim_audio_path(const struct moim_store *s, const char *name, char *out, size_t cap, struct moim_err *err)
{
    const char *db = moim_store_path(s), *slash = strrchr(db, '/');
    if (*name && !moim_is_sound_name(name))
        return moim_fail(err, MOIM_EFORMAT, "%s: a meeting's sound has a name that moim never gives", db);
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

char *moim_title_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *title = moim_text_clean(slash ? slash + 1 : path, false), *dot = title ? strrchr(title, '.') : NULL;
    if (dot && dot != title) *dot = 0;
    return title;
}

/* shown: what the user calls the file; NULL: as it is called. */
static int add_row(struct moim_store *s, const char *path, const char *shown, const char *name,
                   long long samples, int64_t *id, struct moim_err *err)
{
    char *title = moim_title_of(shown ? shown : path), *full = shown ? NULL : realpath(path, NULL);
    if (!title) {
        free(full);
        return moim_fail(err, MOIM_ENOMEM, "out of memory");
    }
    struct moim_meeting m = {.title = title,
                             .started_at = recorded_at(path),
                             .duration = (double)samples / MOIM_RATE,
                             .language = "",
                             .state = MOIM_RECORDED,
                             .audio = (char *)(uintptr_t)name,
                             .source = full ? full : (char *)(uintptr_t)(shown ? shown : path)};
    int rc = moim_meeting_add(s, &m, id, err);
    free(title);
    free(full);
    return rc;
}

int moim_import(struct moim_store *s, const char *path, int64_t *id, bool *damaged, struct moim_err *err)
{
    return moim_import_as(s, path, NULL, id, damaged, err);
}

int moim_sound_create(struct moim_store *s, char *audio, size_t cap, int *fd, struct moim_err *err)
{
    struct stat st;
    int rc = moim_audio_path(s, "", audio, cap, err);
    size_t n = rc ? 0 : strlen(audio);
    if (!rc) rc = moim_make_parents(audio, err);
    while (!rc) {
        snprintf(audio + n, cap - n, "import-XXXXXX.flac");
        *fd = mkostemps(audio, 5, O_CLOEXEC);
        if (*fd < 0) return moim_fail_errno(err, "%s", audio);
        /* Doctor may have found it before the lock. */
        if (!flock(*fd, LOCK_EX | LOCK_NB) && !fstat(*fd, &st) && st.st_nlink) return MOIM_OK;
        close(*fd);
    }
    return rc;
}

int moim_import_as(struct moim_store *s, const char *path, const char *shown, int64_t *id, bool *damaged,
                   struct moim_err *err)
{
    struct moim_reader *r;
    char audio[4096];
    int fd = -1;
    if (moim_store_owns(s, path)) return moim_fail(err, MOIM_EINVAL, "%s: is the store itself", path);
    int rc = moim_reader_open(&r, path, err);
    if (rc) return rc;
    rc = moim_sound_create(s, audio, sizeof audio, &fd, err);
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
    if (!rc) rc = add_row(s, path, shown, strrchr(audio, '/') + 1, samples, id, err);
    if (rc) unlink(audio);
    close(fd); /* and with it the lock: its row is there */
    return rc;
}

int moim_sound_convert(const char *from, const char *audio, int fd, struct moim_err *err)
{
    struct moim_reader *r;
    int rc = moim_reader_open(&r, from, err);
    if (rc) return rc;
    long long samples = write_flac(r, audio, fd, err);
    moim_reader_close(r);
    if (samples < 0) return (int)samples;
    if (fsync(fd)) return moim_fail_errno(err, "%s", audio);
    moim_sync_directory(audio); /* the row must not outlive the file's name in a power cut */
    return MOIM_OK;
}

static int remove_file(const char *path, struct moim_err *err)
{
    return unlink(path) && errno != ENOENT ? moim_fail_errno(err, "%s", path) : MOIM_OK;
}

/* The sound and, of a recording, the marks beside it, which hold what the user noted, and what repair kept of
 * both. */
int moim_remove_sound(const char *audio, struct moim_err *err)
{
    char marks[4200];
    size_t n = strlen(audio);
    int stem = n > 5 && !strcmp(audio + n - 5, ".flac") ? (int)n - 5 : (int)n;
    snprintf(marks, sizeof marks, "%.*s.marks", stem, audio);
    int rc = moim_aside_remove(audio, err);
    if (!rc) rc = moim_aside_remove(marks, err);
    if (!rc) rc = remove_file(audio, err);
    if (!rc) rc = remove_file(marks, err);
    return rc;
}
