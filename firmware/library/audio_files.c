#include "firmware/library/audio_files.h"
#include "audio/aside.h"
#include "base/text.h"
#include "firmware/platform/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int moim_audio_path(const struct moim_store *s, const char *name, char *out, size_t cap, struct moim_err *err)
{
    const char *db = moim_store_path(s), *slash = strrchr(db, '/');
    if (*name && !moim_is_sound_name(name))
        return moim_fail(err, MOIM_EFORMAT, "%s: a meeting's sound has a name that moim never gives", db);
    int n = snprintf(out, cap, "%.*saudio/%s", slash ? (int)(slash - db + 1) : 0, db, name);
    return n > 0 && (size_t)n < cap ? MOIM_OK : moim_fail(err, MOIM_EINVAL, "%s: path is too long", db);
}

char *moim_title_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *title = moim_text_clean(slash ? slash + 1 : path, false), *dot = title ? strrchr(title, '.') : NULL;
    if (dot && dot != title) *dot = 0;
    return title;
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
        /* The doctor may have recovered it before we had the lock. */
        if (!flock(*fd, LOCK_EX | LOCK_NB) && !fstat(*fd, &st) && st.st_nlink) return MOIM_OK;
        close(*fd);
    }
    return rc;
}

static int remove_file(const char *path, struct moim_err *err)
{
    return unlink(path) && errno != ENOENT ? moim_fail_errno(err, "%s", path) : MOIM_OK;
}

/* The audio file, the marks file of a recording, and what repair kept of both. */
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
