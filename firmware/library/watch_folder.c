#include "firmware/library/watch_folder.h"
#include "base/clock.h"
#include "base/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 500       /* between two looks at files that are not whole yet */
#define LOOK_ALL_MS 30000 /* network folders tell nothing of what others put there */

struct seen {
    char name[256];
    off_t size;
    struct timespec changed;
    double since; /* that size and time have been so */
    bool there;   /* at the last look */
};

struct moim_watch {
    char dir[4096];
    int inotify;
    double settle;
    struct seen *list;
    int n, room;
};

static int make_folder(const char *dir, const char *name, struct moim_err *err)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return mkdir(path, 0700) && errno != EEXIST ? moim_fail_errno(err, "%s", path) : MOIM_OK;
}

int moim_watch_open(struct moim_watch **out, const char *dir, double settle, struct moim_err *err)
{
    struct stat st;
    *out = NULL;
    if (stat(dir, &st)) return moim_fail_errno(err, "%s", dir);
    if (!S_ISDIR(st.st_mode)) return moim_fail(err, MOIM_EINVAL, "%s: must be a folder", dir);
    struct moim_watch *w = calloc(1, sizeof *w);
    if (!w) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    w->inotify = -1;
    w->settle = settle;
    int rc = snprintf(w->dir, sizeof w->dir, "%s", dir) < (int)sizeof w->dir - 300
                 ? MOIM_OK
                 : moim_fail(err, MOIM_EINVAL, "%s: path is too long", dir);
    if (!rc) rc = make_folder(dir, "done", err);
    if (!rc) rc = make_folder(dir, "failed", err);
    if (!rc) w->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (!rc &&
        (w->inotify < 0 ||
         inotify_add_watch(w->inotify, dir, IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR) < 0))
        rc = moim_fail_errno(err, "%s: cannot be watched", dir);
    if (rc)
        moim_watch_close(w);
    else
        *out = w;
    return rc;
}

void moim_watch_close(struct moim_watch *w)
{
    if (!w) return;
    if (w->inotify >= 0) close(w->inotify);
    free(w->list);
    free(w);
}

/* ---- what is there ---- */

static bool is_ours(const char *name)
{
    static const char *const unfinished[] = {".part", ".crdownload", ".tmp", ".download", ".filepart", "~"};
    size_t n = strlen(name);
    if (*name == '.' || n > 240) return false;
    for (size_t i = 0; i < sizeof unfinished / sizeof *unfinished; i++) {
        size_t k = strlen(unfinished[i]);
        if (n >= k && !strcasecmp(name + n - k, unfinished[i])) return false;
    }
    return true;
}

static struct seen *find(struct moim_watch *w, const char *name)
{
    for (int i = 0; i < w->n; i++)
        if (!strcmp(w->list[i].name, name)) return &w->list[i];
    if (w->n == w->room) {
        int room = w->room ? 2 * w->room : 16;
        struct seen *grown = realloc(w->list, sizeof *grown * (size_t)room);
        if (!grown) return NULL;
        w->list = grown;
        w->room = room;
    }
    struct seen *s = &w->list[w->n++];
    *s = (struct seen){.since = -1};
    snprintf(s->name, sizeof s->name, "%s", name);
    return s;
}

/* Whoever writes keeps a lease from being given. Where none can be had the file's stillness has to do. */
static bool is_written(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0) return false;
    bool written = fcntl(fd, F_SETLEASE, F_RDLCK) && errno == EAGAIN;
    close(fd);
    return written;
}

static int look_at(struct moim_watch *w, const char *name)
{
    char path[4400];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", w->dir, name);
    if (!is_ours(name) || lstat(path, &st) || !S_ISREG(st.st_mode)) return MOIM_OK;
    struct seen *s = find(w, name);
    if (!s) return MOIM_ENOMEM;
    bool same = s->since >= 0 && s->size == st.st_size && s->changed.tv_sec == st.st_mtim.tv_sec &&
                s->changed.tv_nsec == st.st_mtim.tv_nsec;
    s->there = true;
    if (same) return MOIM_OK;
    s->size = st.st_size;
    s->changed = st.st_mtim;
    s->since = moim_monotonic();
    return MOIM_OK;
}

static int look(struct moim_watch *w, struct moim_err *err)
{
    struct moim_names all;
    for (int i = 0; i < w->n; i++) w->list[i].there = false;
    int rc = moim_names_read(&all, w->dir, err);
    for (size_t i = 0; !rc && i < all.n; i++)
        if (look_at(w, all.name[i])) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    moim_names_free(&all);
    int kept = 0;
    for (int i = 0; i < w->n; i++)
        if (w->list[i].there) w->list[kept++] = w->list[i];
    w->n = kept;
    return rc;
}

/* One that is whole, the first by name. */
static bool take(struct moim_watch *w, char *path, size_t cap)
{
    const struct seen *first = NULL;
    for (int i = 0; i < w->n; i++) {
        const struct seen *s = &w->list[i];
        if (moim_monotonic() - s->since < w->settle || (first && strcmp(s->name, first->name) > 0)) continue;
        snprintf(path, cap, "%s/%s", w->dir, s->name);
        if (!is_written(path)) first = s;
    }
    if (first) snprintf(path, cap, "%s/%s", w->dir, first->name);
    return first != NULL;
}

static void wait_for(struct moim_watch *w, int ms)
{
    char events[4096];
    struct pollfd p = {.fd = w->inotify, .events = POLLIN};
    if (poll(&p, 1, ms) > 0)
        while (read(w->inotify, events, sizeof events) > 0) continue;
}

int moim_watch_next(struct moim_watch *w, int timeout_ms, char *path, size_t cap, struct moim_err *err)
{
    double end = moim_monotonic() + timeout_ms / 1000.0;
    for (;;) {
        int rc = look(w, err);
        if (rc) return rc;
        if (take(w, path, cap)) return 1;
        int left = (int)((end - moim_monotonic()) * 1000), most = w->n ? LOOK_MS : LOOK_ALL_MS;
        if (left <= 0) return 0;
        wait_for(w, left < most ? left : most);
    }
}

/* ---- afterwards ---- */

/* A name in the sub-folder that is not taken: NAME, NAME-2, ... */
static int move_to(const struct moim_watch *w, const char *path, const char *folder, char *to, size_t cap,
                   struct moim_err *err)
{
    const char *name = strrchr(path, '/') + 1, *dot = strrchr(name, '.');
    int stem = dot && dot != name ? (int)(dot - name) : (int)strlen(name);
    for (int i = 1; i < 10000; i++) {
        if (i == 1)
            snprintf(to, cap, "%s/%s/%s", w->dir, folder, name);
        else
            snprintf(to, cap, "%s/%s/%.*s-%d%s", w->dir, folder, stem, name, i, name + stem);
        if (!renameat2(AT_FDCWD, path, AT_FDCWD, to, RENAME_NOREPLACE)) return MOIM_OK;
        if (errno == EINVAL && access(to, F_OK) && !rename(path, to))
            return MOIM_OK; /* a file system without the flag */
        if (errno != EEXIST) break;
    }
    return moim_fail_errno(err, "%s: cannot be moved to %s", path, folder);
}

int moim_watch_done(struct moim_watch *w, const char *path, const char *why, struct moim_err *err)
{
    char to[4700], note[4800];
    int rc = move_to(w, path, why ? "failed" : "done", to, sizeof to, err);
    if (rc || !why) return rc;
    snprintf(note, sizeof note, "%s.txt", to);
    FILE *f = fopen(note, "w");
    if (!f) return moim_fail_errno(err, "%s", note);
    fprintf(f, "%s\n", why);
    return fclose(f) ? moim_fail_errno(err, "%s", note) : MOIM_OK;
}
