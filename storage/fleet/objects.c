#include "storage/fleet/objects.h"
#include "base/write.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_s3(const struct moim_objects *o)
{
    return !strncmp(o->where, "s3://", 5);
}

bool moim_object_name_ok(const char *name)
{
    if (!*name || strlen(name) > 500) return false;
    for (const char *p = name; *p; p++) {
        bool begins = p == name || p[-1] == '/';
        if (begins && (*p == '/' || *p == '.')) return false;
        if (!isalnum((unsigned char)*p) && !strchr("/._-", *p)) return false;
    }
    return name[strlen(name) - 1] != '/';
}

static int path_of(const struct moim_objects *o, const char *name, char out[4096], struct moim_err *err)
{
    if (!moim_object_name_ok(name)) return moim_fail(err, MOIM_EINVAL, "%s: not a name of an object", name);
    if (snprintf(out, 4096, "%s/%s", o->where, name) >= 4096)
        return moim_fail(err, MOIM_EINVAL, "%s: path is too long", o->where);
    return MOIM_OK;
}

static int make_folders(char *path, size_t root, struct moim_err *err)
{
    for (char *p = path + root + 1; (p = strchr(p, '/')); p++) {
        *p = 0;
        int bad = mkdir(path, 0700) && errno != EEXIST;
        if (bad) moim_fail_errno(err, "%s", path);
        *p = '/';
        if (bad) return err->code;
    }
    return MOIM_OK;
}

static int copy(int in, int out, const char *from, const char *to, struct moim_err *err)
{
    char block[65536];
    ssize_t n;
    while ((n = read(in, block, sizeof block)) > 0)
        if (!moim_write_all(out, block, (size_t)n)) return moim_fail_errno(err, "%s", to);
    if (n < 0) return moim_fail_errno(err, "%s", from);
    return fsync(out) ? moim_fail_errno(err, "%s", to) : MOIM_OK;
}

/* Under another name first: a name that is there is whole. */
static int copy_file(const char *from, const char *to, struct moim_err *err)
{
    char part[4160];
    snprintf(part, sizeof part, "%s.part-%ld", to, (long)getpid());
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0) return moim_fail_errno(err, "%s", from);
    int out = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    int rc = out < 0 ? moim_fail_errno(err, "%s", part) : copy(in, out, from, part, err);
    close(in);
    if (out >= 0 && close(out) && !rc) rc = moim_fail_errno(err, "%s", part);
    if (!rc && rename(part, to)) rc = moim_fail_errno(err, "%s", to);
    if (rc && out >= 0) unlink(part);
    return rc;
}

/* A mount that is gone must not be taken for an empty place. */
static int find_place(const struct moim_objects *o, struct moim_err *err)
{
    struct stat st;
    if (!stat(o->where, &st) && S_ISDIR(st.st_mode)) return MOIM_OK;
    return moim_fail(err, MOIM_EIO, "%s: is not there", o->where);
}

int moim_object_put(const struct moim_objects *o, const char *name, const char *from, struct moim_err *err)
{
    char to[4096];
    if (is_s3(o)) return moim_s3_put(o, name, from, err);
    int rc = path_of(o, name, to, err);
    if (!rc) rc = find_place(o, err);
    if (!rc) rc = make_folders(to, strlen(o->where), err);
    return rc ? rc : copy_file(from, to, err);
}

int moim_object_get(const struct moim_objects *o, const char *name, const char *to, struct moim_err *err)
{
    char from[4096];
    if (is_s3(o)) return moim_s3_get(o, name, to, err);
    int rc = path_of(o, name, from, err);
    if (!rc) rc = find_place(o, err);
    return rc ? rc : copy_file(from, to, err);
}

int moim_object_remove(const struct moim_objects *o, const char *name, struct moim_err *err)
{
    char path[4096];
    if (is_s3(o)) return moim_s3_remove(o, name, err);
    int rc = path_of(o, name, path, err);
    if (!rc) rc = find_place(o, err);
    if (!rc && unlink(path) && errno != ENOENT) rc = moim_fail_errno(err, "%s", path);
    return rc;
}

int moim_object_list(const struct moim_objects *o, const char *prefix, char **names, struct moim_err *err)
{
    if (is_s3(o)) return moim_s3_list(o, prefix, names, err);
    return moim_fail(err, MOIM_EUNSUP, "%s: a directory is listed by its files", o->where);
}
