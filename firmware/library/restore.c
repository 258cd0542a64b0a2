/* A backup back into a store. Beside the store lies a workplace while this is at work, under the store's
 * lock: moim.db.restore/         backup.zip (unsealed), moim.db, voices.key, moves: the names of the sound to
 * be moved audio/.restore-moim.db/  the sound, on the file system where it is going to be Then the sound is
 * moved into audio/, last the store. One that was cut off is told by its moim.db, still in the workplace:
 * what "moves" names and the workplace no longer holds was moved, and is removed again. */
#include "audio/journal.h"
#include "base/directory.h"
#include "firmware/library/backup.h"
#include "firmware/library/seal.h"
#include "firmware/library/voiceprint_store.h"
#include "firmware/platform/paths.h"
#include "storage/speakers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <zip.h>

#define RESERVE (64ll << 20) /* bytes of disk that stay free */

struct restore {
    const struct moim_backup_job *job;
    struct moim_err *err;
    const char *file, *db;
    char work[4200], sound[4500], audio[4200]; /* with a slash at the end */
    zip_t *zip;
    zip_int64_t entries;
    bool has_db;
};

static int fail_file(struct restore *r, const char *what)
{
    return moim_fail(r->err, MOIM_EFORMAT, "%s: %s", r->job->file, what);
}

static bool there(const char *dir, const char *name)
{
    char path[4800];
    struct stat st;
    snprintf(path, sizeof path, "%s%.250s", dir, name);
    return !lstat(path, &st);
}

/* ---- leftovers ---- */

static void remove_tree(const char *dir)
{
    char moves[4800];
    snprintf(moves, sizeof moves, "%smoves",
             dir); /* all that a finished restore leaves: also where dir cannot be read */
    unlink(moves);
    DIR *d = opendir(dir);
    struct dirent *e;
    while (d && (e = readdir(d)))
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..")) unlinkat(dirfd(d), e->d_name, 0);
    if (d) closedir(d);
    rmdir(dir);
}

static void undo_moves(const struct restore *r)
{
    char path[4800], name[256];
    snprintf(path, sizeof path, "%smoves", r->work);
    FILE *f = fopen(path, "re");
    while (f && fgets(name, sizeof name, f)) {
        name[strcspn(name, "\n")] = 0;
        if (!moim_is_sound_name(name) || there(r->sound, name)) continue;
        snprintf(path, sizeof path, "%s%s", r->audio, name);
        unlink(path);
    }
    if (f) fclose(f);
}

/* The store goes as soon as the moves are undone: without it there is nothing to undo, and this can be cut
 * off too. */
static void remove_workplace(const struct restore *r)
{
    char path[4800];
    if (there(r->work, "moim.db")) undo_moves(r);
    snprintf(path, sizeof path, "%smoim.db", r->work);
    unlink(path);
    remove_tree(r->sound);
    remove_tree(r->work);
}

/* ---- unpacking ---- */

static int write_entry(struct restore *r, zip_file_t *in, const char *path, zip_uint64_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "wb");
    if (!out && errno == EEXIST) return fail_file(r, "no backup of moim: it holds a name twice");
    if (!out) {
        int rc = moim_fail_errno(r->err, "%s", path);
        if (fd >= 0) close(fd);
        return rc;
    }
    char block[65536];
    zip_int64_t got;
    int rc = MOIM_OK;
    while (!rc && (got = zip_fread(in, block, sizeof block)) > 0) {
        if ((zip_uint64_t)got > size) rc = fail_file(r, "is damaged: it holds more than it says");
        size -= (zip_uint64_t)got;
        if (!rc && fwrite(block, 1, (size_t)got, out) != (size_t)got)
            rc = moim_fail_errno(r->err, "%s", path);
    }
    if (!rc && got < 0) rc = fail_file(r, "is damaged");
    if ((fflush(out) || fsync(fileno(out))) && !rc) rc = moim_fail_errno(r->err, "%s", path);
    fclose(out);
    return rc;
}

/* Where an entry goes: false for what no backup of moim holds. path "": nowhere. */
static bool place_of(struct restore *r, const char *name, char *path, size_t cap)
{
    const char *leaf = !strncmp(name, "audio/", 6) ? name + 6 : NULL;
    *path = 0;
    if (!strcmp(name, "moim.db") || (!strcmp(name, "voices.key") && r->file != r->job->file))
        snprintf(path, cap, "%s%s", r->work, name);
    else if (leaf && moim_is_sound_name(leaf))
        snprintf(path, cap, "%s%s", r->sound, leaf);
    else
        return leaf && !*leaf; /* the directory itself, which other programs add */
    return true;
}

static int unpack_one(struct restore *r, zip_uint64_t i)
{
    char path[4800];
    zip_stat_t st;
    if (zip_stat_index(r->zip, i, 0, &st) || !(st.valid & ZIP_STAT_NAME) || !(st.valid & ZIP_STAT_SIZE))
        return fail_file(r, "is damaged");
    if (!place_of(r, st.name, path, sizeof path))
        return moim_fail(r->err, MOIM_EFORMAT, "%s: not a backup of moim: it holds other files",
                         r->job->file);
    bool db = !strcmp(st.name, "moim.db");
    r->has_db = r->has_db || db;
    if (!*path || (!db && !st.size)) return MOIM_OK; /* sound that went away while it was packed is empty */
    zip_file_t *in = zip_fopen_index(r->zip, i, 0);
    if (!in) return fail_file(r, "is damaged");
    int rc = write_entry(r, in, path, st.size);
    /* The checksum is compared when an entry has been read to its end. */
    if (zip_fclose(in) && !rc) rc = fail_file(r, "is damaged");
    if (r->job->progress) r->job->progress(r->job->arg, (double)(i + 1) / (double)r->entries);
    return rc;
}

static long long room(const char *dir)
{
    struct statvfs fs;
    return statvfs(dir, &fs) ? 0 : (long long)fs.f_bavail * (long long)fs.f_frsize - RESERVE;
}

/* What it says it holds, before a byte of it is unpacked; write_entry holds it to that. */
static int check_sizes(struct restore *r)
{
    long long total = 0;
    if (r->entries < 0 || r->entries > MOIM_RESTORE_FILES) return fail_file(r, "holds too many files");
    for (zip_int64_t i = 0; i < r->entries; i++) {
        zip_stat_t st;
        if (zip_stat_index(r->zip, (zip_uint64_t)i, 0, &st) || !(st.valid & ZIP_STAT_SIZE))
            return fail_file(r, "is damaged");
        if (st.size > (zip_uint64_t)MOIM_RESTORE_BYTES) return fail_file(r, "holds too large a file");
        total += (long long)st.size;
    }
    if (total <= room(r->sound) && total <= room(r->work)) return MOIM_OK;
    return moim_fail(r->err, MOIM_ENOSPC, "%s: needs %.1f GB, and the disk has less", r->job->file,
                     (double)total / 1e9);
}

static int unpack(struct restore *r)
{
    int code = 0;
    r->zip = zip_open(r->file, ZIP_RDONLY | ZIP_CHECKCONS, &code);
    if (!r->zip) return fail_file(r, "no backup of moim, or a damaged one");
    r->entries = zip_get_num_entries(r->zip, 0);
    int rc = check_sizes(r);
    for (zip_int64_t i = 0; !rc && i < r->entries; i++) rc = unpack_one(r, (zip_uint64_t)i);
    if (!rc && !r->has_db) rc = fail_file(r, "no backup of moim: no moim.db in it");
    zip_discard(r->zip);
    return rc;
}

static int unseal(struct restore *r, char plain[4800])
{
    if (!moim_is_sealed(r->job->file)) return MOIM_OK;
    struct stat st;
    if (!r->job->passphrase)
        return moim_fail(r->err, MOIM_EINVAL, "%s: is sealed; name its passphrase with --passphrase-file",
                         r->job->file);
    if (stat(r->job->file, &st)) return moim_fail_errno(r->err, "%s", r->job->file);
    if ((long long)st.st_size > room(r->work))
        return moim_fail(r->err, MOIM_ENOSPC, "%s: the disk has no room for it", r->job->file);
    snprintf(plain, 4800, "%sbackup.zip", r->work);
    r->file = plain;
    return moim_unseal(r->job->file, plain, r->job->passphrase, r->err);
}

/* ---- checking ---- */

/* Sound that the store names and the backup does not hold is said to be gone; sound that no meeting has and
 * no recovery kept is none. */
static int fit_sound(struct restore *r, struct moim_store *s, struct moim_restored *done)
{
    struct moim_meeting *list;
    int n, rc = moim_meeting_list(s, &list, &n, r->err);
    if (rc) return rc;
    done->meetings = n;
    for (int i = 0; !rc && i < n; i++) {
        if (!*list[i].audio || there(r->sound, list[i].audio)) continue;
        done->without_sound++;
        rc = moim_meeting_forget_audio(s, list[i].id, r->err);
    }
    struct moim_names all = {0};
    if (!rc) rc = moim_names_read(&all, r->sound, r->err);
    for (size_t i = 0; i < all.n; i++) {
        char path[4800];
        snprintf(path, sizeof path, "%s%.250s", r->sound, all.name[i]);
        if (all.name[i][0] != '.' && !moim_belongs(all.name[i], list, n)) unlink(path);
    }
    moim_names_free(&all);
    moim_meeting_list_free(list, n);
    return rc;
}

static int check_copy(struct restore *r, struct moim_restored *done)
{
    char path[4800];
    struct moim_store *s;
    struct moim_voice_row *voices = NULL;
    int n = 0;
    snprintf(path, sizeof path, "%smoim.db", r->work);
    int rc = moim_store_open_held(&s, path, r->err);
    if (rc) return rc;
    rc = moim_store_check(s, r->err);
    if (!rc) rc = moim_store_reindex(s, r->err);
    if (!rc) rc = fit_sound(r, s, done);
    if (!rc) rc = moim_voice_list(s, &voices, &n, r->err);
    moim_voice_list_free(voices, n);
    if (!there(r->work, "voices.key")) done->voices_lost = n;
    moim_store_close(s);
    return rc;
}

/* Nobody's meetings, words or voices are replaced. */
static int check_place(const char *db, struct moim_err *err)
{
    struct moim_store *s;
    struct moim_meeting *list = NULL;
    struct moim_vocab_row *words = NULL;
    struct moim_voice_row *voices = NULL;
    int n = 0, n_words = 0, n_voices = 0;
    if (access(db, F_OK)) return MOIM_OK;
    int rc = moim_store_open_held(&s, db, err);
    if (rc) return rc;
    rc = moim_meeting_list(s, &list, &n, err);
    if (!rc) rc = moim_vocab_list(s, &words, &n_words, err);
    if (!rc) rc = moim_voice_list(s, &voices, &n_voices, err);
    moim_meeting_list_free(list, n);
    moim_vocab_free(words, n_words);
    moim_voice_list_free(voices, n_voices);
    moim_store_close(s);
    if (!rc && n)
        rc = moim_fail(err, MOIM_EINVAL, "%s: holds %d meetings; move it away, or name another with --db", db,
                       n);
    else if (!rc && (n_words || n_voices))
        rc = moim_fail(err, MOIM_EINVAL,
                       "%s: holds %d words and %d voices; move it away, or name another with --db", db,
                       n_words, n_voices);
    return rc;
}

/* ---- moving in ---- */

static int list_moves(struct restore *r)
{
    char path[4800];
    snprintf(path, sizeof path, "%smoves", r->work);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f) return moim_fail_errno(r->err, "%s", path);
    struct moim_names all;
    int rc = moim_names_read(&all, r->sound, r->err);
    for (size_t i = 0; i < all.n; i++)
        if (all.name[i][0] != '.') fprintf(f, "%s\n", all.name[i]);
    moim_names_free(&all);
    if (!rc && (fflush(f) || ferror(f) || fsync(fd))) rc = moim_fail_errno(r->err, "%s", path);
    fclose(f);
    moim_sync_directory(path);
    return rc;
}

static int move_sound(struct restore *r)
{
    char from[4800], to[4800];
    struct moim_names all;
    int rc = moim_names_read(&all, r->sound, r->err);
    for (size_t i = 0; !rc && i < all.n; i++) {
        if (all.name[i][0] == '.') continue;
        snprintf(from, sizeof from, "%s%.250s", r->sound, all.name[i]);
        snprintf(to, sizeof to, "%s%.250s", r->audio, all.name[i]);
        rc = moim_rename_new(from, to, r->err);
    }
    moim_names_free(&all);
    moim_sync_directory(r->audio);
    return rc;
}

/* The store last: before it stands, what was moved is only files that nothing refers to. */
static int move_in(struct restore *r)
{
    char from[4800], to[4800];
    int rc = list_moves(r);
    if (!rc) rc = move_sound(r);
    if (!rc && there(r->work, "voices.key")) {
        snprintf(from, sizeof from, "%svoices.key", r->work);
        snprintf(to, sizeof to, "%s.voices-key", r->db);
        if (rename(from, to)) rc = moim_fail_errno(r->err, "%s", to);
    }
    const char *const ends[] = {"-wal", "-shm"};
    for (int i = 0; !rc && i < 2; i++) {
        snprintf(to, sizeof to, "%s%s", r->db, ends[i]);
        if (unlink(to) && errno != ENOENT) rc = moim_fail_errno(r->err, "%s", to); /* of the empty store */
    }
    snprintf(from, sizeof from, "%smoim.db", r->work);
    if (!rc && rename(from, r->db)) rc = moim_fail_errno(r->err, "%s", r->db);
    if (!rc) moim_sync_directory(r->db);
    return rc;
}

static int make_workplace(struct restore *r)
{
    if (mkdir(r->work, 0700)) return moim_fail_errno(r->err, "%s", r->work);
    return mkdir(r->sound, 0700) ? moim_fail_errno(r->err, "%s", r->sound) : MOIM_OK;
}

static int restore(struct restore *r, struct moim_restored *done)
{
    char plain[4800];
    if (!there(r->work, "moim.db")) remove_workplace(r); /* of one that came to its end: nothing to undo */
    int rc = check_place(r->db, r->err);
    if (rc) return rc;
    remove_workplace(r);
    rc = make_workplace(r);
    if (!rc) rc = unseal(r, plain);
    if (!rc) rc = unpack(r);
    if (r->file != r->job->file) unlink(r->file);
    if (!rc) rc = check_copy(r, done);
    if (!rc) rc = move_in(r);
    remove_workplace(r);
    return rc;
}

int moim_restore(const char *db, const struct moim_backup_job *job, struct moim_restored *done,
                 struct moim_err *err)
{
    struct restore r = {.job = job, .err = err, .file = job->file, .db = db};
    const char *slash = strrchr(db, '/');
    int above = slash ? (int)(slash - db + 1) : 0, lock = -1;
    struct stat st;
    memset(done, 0, sizeof *done);
    if (strlen(db) > 4000) return moim_fail(err, MOIM_EINVAL, "%s: path is too long", db);
    if (stat(job->file, &st)) return moim_fail_errno(err, "%s", job->file);
    if (!S_ISREG(st.st_mode)) return moim_fail(err, MOIM_EFORMAT, "%s: not a regular file", job->file);
    snprintf(r.work, sizeof r.work, "%s.restore/", db);
    snprintf(r.audio, sizeof r.audio, "%.*saudio/", above, db);
    snprintf(r.sound, sizeof r.sound, "%s.restore-%.200s/", r.audio, db + above);
    int rc = moim_make_parents(r.audio, err);
    if (!rc) rc = moim_store_lock(db, true, &lock, err);
    if (rc) return rc;
    rc = restore(&r, done);
    close(lock);
    return rc;
}
