#include "firmware/library/backup.h"
#include "audio/journal.h"
#include "firmware/library/audio_files.h"
#include "firmware/platform/paths.h"

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
    const char *file;
    void (*progress)(void *, double);
    void *arg;
    struct moim_err *err;
};

static int fail_zip(struct backup *b)
{
    zip_error_t *e = zip_get_error(b->zip);
    int system = zip_error_code_system(e);
    bool full =
        zip_error_system_type(e) == ZIP_ET_SYS && (system == ENOSPC || system == EDQUOT || system == EFBIG);
    return moim_fail(b->err, full ? MOIM_ENOSPC : MOIM_EIO, "%s: %s", b->file,
                     full ? "the disk is full" : zip_strerror(b->zip));
}

static int add_file(struct backup *b, const char *path, const char *name, bool deflate)
{
    zip_source_t *src = zip_source_file(b->zip, path, 0, -1);
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

/* Names that come from a zip, or go into one, are plain: nothing that leads out of the directory. */
static bool plain_name(const char *name)
{
    return *name && *name != '.' && strlen(name) < 200 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == strlen(name);
}

static int add_audio(struct backup *b, const char *dir)
{
    DIR *d = opendir(dir);
    struct dirent *e;
    int rc = MOIM_OK;
    while (d && !rc && (e = readdir(d))) {
        char path[4400], name[256];
        struct stat st;
        snprintf(path, sizeof path, "%s%.255s", dir, e->d_name);
        snprintf(name, sizeof name, "audio/%.200s", e->d_name);
        if (plain_name(e->d_name) && !lstat(path, &st) && S_ISREG(st.st_mode))
            rc = add_file(b, path, name, false);
    }
    if (d) closedir(d);
    return rc;
}

static void tell(zip_t *zip, double done, void *arg)
{
    struct backup *b = arg;
    (void)zip;
    if (b->progress) b->progress(b->arg, done);
}

static int sync_file(const char *path, struct moim_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int rc = fd < 0 || fsync(fd) ? moim_fail_errno(err, "%s", path) : MOIM_OK;
    if (fd >= 0) close(fd);
    return rc;
}

static int write_zip(struct backup *b, struct moim_store *s, const char *tmp, const char *copy)
{
    char audio[4096];
    int code = 0, rc = moim_audio_path(s, "", audio, sizeof audio, b->err);
    if (!rc) rc = moim_store_copy(s, copy, b->err);
    if (rc) return rc;
    b->zip = zip_open(tmp, ZIP_CREATE | ZIP_TRUNCATE, &code);
    if (!b->zip) return moim_fail(b->err, MOIM_EIO, "%s: cannot be written", b->file);
    zip_register_progress_callback_with_state(b->zip, 0.005, tell, NULL, b);
    rc = add_file(b, copy, "moim.db", true);
    if (!rc) rc = add_audio(b, audio);
    if (!rc && zip_close(b->zip))
        rc = fail_zip(b);
    else if (!rc)
        return sync_file(tmp, b->err);
    zip_discard(b->zip);
    return rc;
}

int moim_backup(struct moim_store *s, const char *file, void (*progress)(void *, double), void *arg,
                struct moim_err *err)
{
    char tmp[4200], copy[4200];
    struct backup b = {.file = file, .progress = progress, .arg = arg, .err = err};
    if (!access(file, F_OK)) return moim_fail(err, MOIM_EINVAL, "%s: is there already", file);
    if (snprintf(tmp, sizeof tmp, "%s.part", file) >= (int)sizeof tmp)
        return moim_fail(err, MOIM_EINVAL, "path is too long");
    snprintf(copy, sizeof copy, "%s.db.part", file);
    unlink(copy); /* of a backup that was cut off */
    int rc = write_zip(&b, s, tmp, copy);
    unlink(copy);
    if (!rc && (chmod(tmp, 0600) || rename(tmp, file))) rc = moim_fail_errno(err, "%s", file);
    if (rc)
        unlink(tmp);
    else
        moim_sync_directory(file);
    return rc;
}

/* ---- restore ---- */

struct restore {
    struct backup b;
    char dir[4200]; /* where it is unpacked, with a slash at the end */
    zip_int64_t entries;
    bool has_db;
};

static int write_entry(struct restore *r, zip_file_t *in, const char *name, const char *path)
{
    FILE *out = fopen(path, "wbx");
    if (!out) return moim_fail_errno(r->b.err, "%s", path);
    char block[65536];
    zip_int64_t got;
    int rc = MOIM_OK;
    while (!rc && (got = zip_fread(in, block, sizeof block)) > 0)
        if (fwrite(block, 1, (size_t)got, out) != (size_t)got) rc = moim_fail_errno(r->b.err, "%s", path);
    if (!rc && got < 0) rc = moim_fail(r->b.err, MOIM_EFORMAT, "%s: %s is damaged", r->b.file, name);
    if ((fflush(out) || fsync(fileno(out))) && !rc) rc = moim_fail_errno(r->b.err, "%s", path);
    fclose(out);
    return rc;
}

static int unpack_one(struct restore *r, zip_int64_t i)
{
    const char *name = zip_get_name(r->b.zip, (zip_uint64_t)i, 0);
    bool db = name && !strcmp(name, "moim.db"),
         audio = name && !strncmp(name, "audio/", 6) && plain_name(name + 6);
    if (!db && !audio)
        return moim_fail(r->b.err, MOIM_EFORMAT, "%s: no backup of moim: it holds %.100s", r->b.file,
                         name ? name : "?");
    r->has_db = r->has_db || db;
    char path[4600];
    snprintf(path, sizeof path, "%s%s", r->dir, name);
    zip_file_t *in = zip_fopen_index(r->b.zip, (zip_uint64_t)i, 0);
    if (!in) return moim_fail(r->b.err, MOIM_EFORMAT, "%s: %s is damaged", r->b.file, name);
    int rc = write_entry(r, in, name, path);
    /* The checksum is compared when an entry has been read to its end. */
    if (zip_fclose(in) && !rc) rc = moim_fail(r->b.err, MOIM_EFORMAT, "%s: %s is damaged", r->b.file, name);
    if (r->b.progress) r->b.progress(r->b.arg, (double)(i + 1) / (double)r->entries);
    return rc;
}

static int unpack(struct restore *r)
{
    int code = 0;
    struct stat st;
    if (stat(r->b.file, &st)) return moim_fail_errno(r->b.err, "%s", r->b.file);
    r->b.zip = zip_open(r->b.file, ZIP_RDONLY | ZIP_CHECKCONS, &code);
    if (!r->b.zip)
        return moim_fail(r->b.err, MOIM_EFORMAT, "%s: no backup of moim, or a damaged one", r->b.file);
    r->entries = zip_get_num_entries(r->b.zip, 0);
    int rc = MOIM_OK;
    for (zip_int64_t i = 0; !rc && i < r->entries; i++) rc = unpack_one(r, i);
    if (!rc && !r->has_db)
        rc = moim_fail(r->b.err, MOIM_EFORMAT, "%s: no backup of moim: no moim.db in it", r->b.file);
    zip_discard(r->b.zip);
    return rc;
}

static int check_copy(struct restore *r)
{
    char path[4300];
    struct moim_store *s;
    snprintf(path, sizeof path, "%smoim.db", r->dir);
    int rc = moim_store_open(&s, path, r->b.err);
    if (rc) return rc;
    rc = moim_store_check(s, r->b.err);
    moim_store_close(s);
    return rc;
}

/* Nobody's meetings are replaced. */
static int check_place(const char *db, struct moim_err *err)
{
    struct moim_store *s;
    struct moim_meeting *list;
    int n;
    if (access(db, F_OK)) return MOIM_OK;
    int rc = moim_store_open(&s, db, err);
    if (rc) return rc;
    rc = moim_meeting_list(s, &list, &n, err);
    if (!rc) {
        moim_meeting_list_free(list, n);
        if (n)
            rc = moim_fail(err, MOIM_EINVAL, "%s: holds %d meetings; move it away, or name another with --db",
                           db, n);
    }
    moim_store_close(s);
    return rc;
}

/* The store last: before it stands, what was moved is only files that nothing refers to. */
static int move_in(struct restore *r, const char *db, const char *audio)
{
    char from[4600], to[4600];
    snprintf(from, sizeof from, "%saudio", r->dir);
    DIR *d = opendir(from);
    struct dirent *e;
    int rc = MOIM_OK;
    while (d && !rc && (e = readdir(d))) {
        if (e->d_name[0] == '.') continue;
        snprintf(from, sizeof from, "%saudio/%.200s", r->dir, e->d_name);
        snprintf(to, sizeof to, "%s%.200s", audio, e->d_name);
        if (link(from, to))
            rc = moim_fail_errno(r->b.err, "%s", to); /* refuses to replace, as rename would not */
    }
    if (d) closedir(d);
    const char *const ends[] = {"-wal", "-shm"};
    for (int i = 0; !rc && i < 2; i++) {
        snprintf(to, sizeof to, "%s%s", db, ends[i]);
        unlink(to); /* of the empty store that was there */
    }
    snprintf(from, sizeof from, "%smoim.db", r->dir);
    if (!rc) moim_sync_directory(audio);
    if (!rc && rename(from, db)) rc = moim_fail_errno(r->b.err, "%s", db);
    if (!rc) moim_sync_directory(db);
    return rc;
}

static void remove_tree(const char *dir)
{
    const char *const below[] = {"audio/", ""};
    for (int i = 0; i < 2; i++) {
        char path[4600];
        snprintf(path, sizeof path, "%s%s", dir, below[i]);
        DIR *d = opendir(path);
        struct dirent *e;
        while (d && (e = readdir(d))) {
            snprintf(path, sizeof path, "%s%s%.200s", dir, below[i], e->d_name);
            unlink(path);
        }
        if (d) closedir(d);
        snprintf(path, sizeof path, "%s%s", dir, below[i]);
        rmdir(path);
    }
}

int moim_restore(const char *file, const char *db, void (*progress)(void *, double), void *arg,
                 struct moim_err *err)
{
    struct restore r = {.b = {.file = file, .progress = progress, .arg = arg, .err = err}};
    char audio[4300], sub[4300];
    const char *slash = strrchr(db, '/');
    int rc = check_place(db, err);
    if (rc) return rc;
    snprintf(audio, sizeof audio, "%.*saudio/", slash ? (int)(slash - db + 1) : 0, db);
    snprintf(r.dir, sizeof r.dir, "%.*srestore-XXXXXX", slash ? (int)(slash - db + 1) : 0, db);
    rc = moim_make_parents(audio, err);
    if (rc) return rc;
    if (!mkdtemp(r.dir)) return moim_fail_errno(err, "%s", r.dir);
    strcat(r.dir, "/");
    snprintf(sub, sizeof sub, "%saudio", r.dir);
    if (mkdir(sub, 0700)) rc = moim_fail_errno(err, "%s", sub);
    if (!rc) rc = unpack(&r);
    if (!rc) rc = check_copy(&r);
    if (!rc) rc = move_in(&r, db, audio);
    remove_tree(r.dir);
    return rc;
}
