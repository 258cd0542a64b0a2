#include "firmware/library/backup.h"
#include "audio/journal.h"
#include "base/directory.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/seal.h"
#include "firmware/library/voiceprint_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

struct backup {
    zip_t *zip;
    const struct moim_backup_job *job;
    struct moim_store *s;
    char plain[4300]; /* the zip while it is written */
    char copy[4300];  /* the copy of the store */
    struct moim_meeting *list;
    int n;
    struct moim_err *err;
};

static int fail_zip(struct backup *b)
{
    zip_error_t *e = zip_get_error(b->zip);
    int system = zip_error_code_system(e);
    bool full =
        zip_error_system_type(e) == ZIP_ET_SYS && (system == ENOSPC || system == EDQUOT || system == EFBIG);
    return moim_fail(b->err, full ? MOIM_ENOSPC : MOIM_EIO, "%s: %s", b->job->file,
                     full ? "the disk is full" : zip_strerror(b->zip));
}

/* ---- sound ---- */

/* A file that is opened when it is added: until then its meeting may be deleted, and a recording may grow. */
struct sound {
    int fd;
    uint64_t left; /* size when it was opened */
    zip_error_t error;
    char path[];
};

static zip_int64_t open_sound(struct sound *x)
{
    struct stat st;
    x->left = 0;
    x->fd = open(x->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (x->fd < 0 && errno == ENOENT) return 0; /* deleted: an empty entry, which restore leaves out */
    if (x->fd < 0 || fstat(x->fd, &st)) {
        zip_error_set(&x->error, ZIP_ER_OPEN, errno);
        return -1;
    }
    x->left = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
    return 0;
}

static zip_int64_t read_sound(struct sound *x, void *data, zip_uint64_t n)
{
    ssize_t got = 0;
    if (n > x->left) n = x->left;
    while (n && (got = read(x->fd, data, n)) < 0 && errno == EINTR) continue;
    if (got < 0) {
        zip_error_set(&x->error, ZIP_ER_READ, errno);
        return -1;
    }
    x->left -= (uint64_t)got;
    return got;
}

static zip_int64_t sound_source(void *arg, void *data, zip_uint64_t n, zip_source_cmd_t cmd)
{
    struct sound *x = arg;
    switch (cmd) {
    case ZIP_SOURCE_SUPPORTS:
        return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE,
                                              ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, -1);
    case ZIP_SOURCE_OPEN: return open_sound(x);
    case ZIP_SOURCE_READ: return read_sound(x, data, n);
    case ZIP_SOURCE_STAT: zip_stat_init(data); return sizeof(struct zip_stat);
    case ZIP_SOURCE_ERROR: return zip_error_to_data(&x->error, data, n);
    case ZIP_SOURCE_CLOSE:
        if (x->fd >= 0) close(x->fd);
        x->fd = -1;
        return 0;
    case ZIP_SOURCE_FREE:
        if (x->fd >= 0) close(x->fd);
        free(x);
        return 0;
    default: zip_error_set(&x->error, ZIP_ER_OPNOTSUPP, 0); return -1;
    }
}

static int add(struct backup *b, zip_source_t *src, const char *name, bool deflate)
{
    if (!src) return fail_zip(b);
    zip_int64_t at = zip_file_add(b->zip, name, src, ZIP_FL_ENC_UTF_8);
    if (at < 0) {
        zip_source_free(src);
        return fail_zip(b);
    }
    /* Recordings are compressed already. */
    if (zip_set_file_compression(b->zip, (zip_uint64_t)at, deflate ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0))
        return fail_zip(b);
    return MOIM_OK;
}

static int add_sound(struct backup *b, const char *dir, const char *leaf)
{
    char name[256];
    struct sound *x = calloc(1, sizeof *x + strlen(dir) + strlen(leaf) + 1);
    if (!x) return moim_fail(b->err, MOIM_ENOMEM, "out of memory");
    x->fd = -1;
    zip_error_init(&x->error);
    strcat(strcpy(x->path, dir), leaf);
    snprintf(name, sizeof name, "audio/%.200s", leaf);
    zip_source_t *src = zip_source_function(b->zip, sound_source, x);
    if (!src) free(x);
    return add(b, src, name, false);
}

/* "rec-1.flac" of "rec-1.marks". */
static void sound_of(const char *name, char out[256])
{
    size_t n = strlen(name);
    bool marks = n > 6 && !strcmp(name + n - 6, ".marks");
    snprintf(out, 256, "%.*s%s", (int)(marks ? n - 6 : n), name, marks ? ".flac" : "");
}

bool moim_belongs(const char *name, const struct moim_meeting *list, int n)
{
    char sound[256];
    if (!moim_is_sound_name(name)) return false;
    sound_of(name, sound);
    for (int i = 0; i < n; i++)
        if (!strcmp(list[i].audio, sound)) return true;
    const char *dot = strrchr(name, '.');
    return strncmp(name, "upload-", 7) && strncmp(name, "import-", 7) &&
           (!dot || (strcmp(dot, ".part") && strncmp(dot, ".tmp", 4)));
}

/* A locked audio file that the copied store does not name: a recording that started after the copy. */
static bool begun_since(const struct backup *b, const char *dir, const char *name)
{
    char sound[256], path[4600];
    int fd = -1;
    sound_of(name, sound);
    for (int i = 0; i < b->n; i++)
        if (!strcmp(b->list[i].audio, sound)) return false;
    snprintf(path, sizeof path, "%s%s", dir, sound);
    bool held = moim_sound_lock(path, &fd, NULL) == MOIM_ESTATE;
    if (fd >= 0) close(fd);
    return held;
}

static int add_audio(struct backup *b, const char *dir)
{
    struct moim_names all;
    char path[4600];
    int rc = moim_names_read(&all, dir, b->err);
    for (size_t i = 0; !rc && i < all.n; i++) {
        struct stat st;
        snprintf(path, sizeof path, "%s%s", dir, all.name[i]);
        if (moim_belongs(all.name[i], b->list, b->n) && !lstat(path, &st) && S_ISREG(st.st_mode) &&
            !begun_since(b, dir, all.name[i]))
            rc = add_sound(b, dir, all.name[i]);
    }
    moim_names_free(&all);
    return rc;
}

/* ---- the file ---- */

static void tell(zip_t *zip, double done, void *arg)
{
    struct backup *b = arg;
    (void)zip;
    if (b->job->progress) b->job->progress(b->job->arg, done);
}

static int create_private(const char *path, struct moim_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return moim_fail_errno(err, "%s", path);
    close(fd);
    return MOIM_OK;
}

static int sync_file(const char *path, struct moim_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int rc = fd < 0 || fsync(fd) ? moim_fail_errno(err, "%s", path) : MOIM_OK;
    if (fd >= 0) close(fd);
    return rc;
}

/* The meetings of the copy: the audio must match it, not the current store. */
static int copy_store(struct backup *b)
{
    struct moim_store *copy;
    int rc = moim_store_copy(b->s, b->copy, b->err);
    if (!rc) rc = moim_store_open_held(&copy, b->copy, b->err);
    if (rc) return rc;
    rc = moim_meeting_list(copy, &b->list, &b->n, b->err);
    moim_store_close(copy);
    return rc;
}

static int add_key(struct backup *b)
{
    char path[4300];
    int rc = moim_voices_key_path(b->s, path, sizeof path, b->err);
    if (rc || access(path, F_OK)) return rc;
    return add(b, zip_source_file(b->zip, path, 0, -1), "voices.key", false);
}

static int write_zip(struct backup *b)
{
    char audio[4096];
    int code = 0, rc = moim_audio_path(b->s, "", audio, sizeof audio, b->err);
    if (!rc) rc = copy_store(b);
    if (!rc) rc = create_private(b->plain, b->err); /* libzip keeps an existing file's mode */
    if (rc) return rc;
    b->zip = zip_open(b->plain, ZIP_TRUNCATE | ZIP_CREATE, &code);
    if (!b->zip) return moim_fail(b->err, MOIM_EIO, "%s: cannot be written", b->job->file);
    zip_register_progress_callback_with_state(b->zip, 0.005, tell, NULL, b);
    rc = add(b, zip_source_file(b->zip, b->copy, 0, -1), "moim.db", true);
    if (!rc) rc = add_audio(b, audio);
    if (!rc && b->job->passphrase) rc = add_key(b);
    if (!rc && zip_close(b->zip))
        rc = fail_zip(b);
    else if (!rc)
        return sync_file(b->plain, b->err);
    zip_discard(b->zip);
    return rc;
}

int moim_rename_new(const char *from, const char *to, struct moim_err *err)
{
    struct stat st;
    if (!renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE)) return MOIM_OK;
    bool unknown = errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP;
    if (!unknown) return moim_fail_errno(err, "%s", to);
    if (!lstat(to, &st)) return moim_fail(err, MOIM_EINVAL, "%s: already exists", to);
    return rename(from, to) ? moim_fail_errno(err, "%s", to) : MOIM_OK;
}

/* Removes the remains of an interrupted backup: NAME, and libzip's NAME.XXXXXX. */
static void remove_parts(const char *path)
{
    static const char *const own[] = {"", "-wal", "-shm"};
    char dir[4400];
    for (int i = 0; i < 3; i++) {
        snprintf(dir, sizeof dir, "%s%s", path, own[i]);
        unlink(dir); /* by name, also where the directory cannot be read */
    }
    const char *slash = strrchr(path, '/'), *leaf = slash ? slash + 1 : path;
    size_t n = strlen(leaf);
    snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - path + 1) : 2, slash ? path : "./");
    DIR *d = opendir(dir);
    struct dirent *e;
    while (d && (e = readdir(d))) {
        if (strncmp(e->d_name, leaf, n)) continue;
        const char *rest = e->d_name + n;
        if (*rest && (*rest != '.' || strlen(rest) != 7) && strcmp(rest, "-wal") && strcmp(rest, "-shm"))
            continue;
        unlinkat(dirfd(d), e->d_name, 0);
    }
    if (d) closedir(d);
}

static int make(struct backup *b, const char *done)
{
    remove_parts(done);
    remove_parts(b->plain);
    remove_parts(b->copy);
    int rc = write_zip(b);
    remove_parts(b->copy);
    if (!rc && b->job->passphrase) rc = moim_seal(b->plain, done, b->job->passphrase, b->err);
    if (!rc) rc = moim_rename_new(done, b->job->file, b->err);
    if (!rc) moim_sync_directory(b->job->file);
    remove_parts(b->plain);
    remove_parts(done);
    moim_meeting_list_free(b->list, b->n);
    return rc;
}

int moim_backup(struct moim_store *s, const struct moim_backup_job *job, struct moim_err *err)
{
    char done[4300], lock_name[4300];
    struct backup b = {.job = job, .s = s, .err = err};
    const char *db = moim_store_path(s);
    int lock = -1;
    if (!access(job->file, F_OK)) return moim_fail(err, MOIM_EINVAL, "%s: already exists", job->file);
    if (strlen(job->file) > 4200 || strlen(db) > 4200) return moim_fail(err, MOIM_EINVAL, "path is too long");
    snprintf(done, sizeof done, "%s.part", job->file);
    snprintf(b.copy, sizeof b.copy, "%s.db.part", job->passphrase ? db : job->file);
    /* The unencrypted copy stays in the store's directory, because the backup may be on a USB stick. */
    if (job->passphrase)
        snprintf(b.plain, sizeof b.plain, "%s.backup.part", db);
    else
        snprintf(b.plain, sizeof b.plain, "%s", done);
    /* Two backups at once would delete each other's temporary files. */
    snprintf(lock_name, sizeof lock_name, "%s.backup", db);
    int rc = moim_store_lock(lock_name, true, &lock, err);
    if (rc == MOIM_ESTATE) return moim_fail(err, rc, "%s: another backup of this store is being made", db);
    if (rc && rc != MOIM_EACCES) return rc; /* a read-only store has no lock */
    rc = make(&b, done);
    if (lock >= 0) close(lock);
    return rc;
}
