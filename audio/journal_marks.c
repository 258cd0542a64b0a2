#include "audio/journal_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const char *const moim_mark_names[MOIM_MARK_KINDS] = {
    "start",       "gap",         "overrun", "pause",  "resume",  "bookmark", "memo",
    "device-lost", "device-back", "clipped", "silent", "damaged", "stop"};

/* CRC-32 of IEEE 802.3 (reflected 0xEDB88320), the one of zip and PNG. */
uint32_t moim_crc32(const void *data, size_t n)
{
    const uint8_t *p = data;
    uint32_t c = ~0u;
    while (n--) {
        c ^= *p++;
        for (int k = 0; k < 8; k++) c = c >> 1 ^ (0xEDB88320u & -(c & 1));
    }
    return ~c;
}

char *moim_marks_path(const char *journal)
{
    size_t n = strlen(journal);
    char *p = malloc(n + 8);
    if (!p) return NULL;
    if (n > 5 && !strcmp(journal + n - 5, ".flac")) n -= 5;
    memcpy(p, journal, n);
    memcpy(p + n, ".marks", sizeof ".marks");
    return p;
}

/* Digits at *p, followed by a blank. */
static bool number(const char **p, const char *end, uint64_t *v)
{
    *v = 0;
    const char *begin = *p;
    for (; *p < end && **p >= '0' && **p <= '9' && *p - begin < 19; ++*p)
        *v = *v * 10 + (uint64_t)(**p - '0');
    return *p > begin && *p < end && *(*p)++ == ' ';
}

static bool kind_of(const char **p, const char *end, enum moim_mark_kind *kind)
{
    const char *blank = memchr(*p, ' ', (size_t)(end - *p));
    for (int k = 0; blank && k < MOIM_MARK_KINDS; k++)
        if (strlen(moim_mark_names[k]) == (size_t)(blank - *p) &&
            !memcmp(moim_mark_names[k], *p, (size_t)(blank - *p))) {
            *kind = (enum moim_mark_kind)k;
            *p = blank + 1;
            return true;
        }
    return false;
}

/* One line without its newline. */
static bool parse_line(const char *line, const char *end, struct moim_marks_line *m)
{
    if (end - line < 9 || line[8] != ' ') return false;
    uint32_t crc = 0;
    for (int i = 0; i < 8; i++) {
        char c = line[i];
        int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (d < 0) return false;
        crc = crc << 4 | (uint32_t)d;
    }
    const char *p = line + 9;
    uint64_t wall;
    if (moim_crc32(p, (size_t)(end - p)) != crc || !number(&p, end, &m->at) || !number(&p, end, &wall) ||
        !kind_of(&p, end, &m->kind))
        return false;
    m->wall_ms = (int64_t)wall;
    m->begin = line;
    m->text = p;
    m->end = end;
    return true;
}

struct moim_marks_cursor moim_marks_begin(const char *data, size_t n)
{
    size_t h = sizeof MARKS_HEADER - 1;
    bool headed = n >= h && !memcmp(data, MARKS_HEADER, h);
    return (struct moim_marks_cursor){data, n, headed ? h : 0, !headed};
}

bool moim_marks_next(struct moim_marks_cursor *c, struct moim_marks_line *line)
{
    while (c->at < c->n) {
        const char *begin = c->data + c->at, *end = memchr(begin, '\n', c->n - c->at), *p = begin;
        if (!end) break;
        /* Where a line's newline is damaged, the next one begins in its middle. */
        while (p < end && !parse_line(p, end, line)) p++;
        c->damaged |= p != begin;
        c->at = (size_t)(end - c->data) + 1;
        if (p < end) return true;
    }
    c->damaged |= c->at < c->n;
    c->at = c->n;
    return false;
}

int moim_marks_load(const char *name, char **data, size_t *n, struct moim_err *err)
{
    *data = NULL;
    *n = 0;
    struct stat st;
    int fd = open(name, O_RDONLY | O_CLOEXEC), rc = MOIM_OK;
    if (fd < 0 || fstat(fd, &st)) rc = moim_fail_errno(err, "%s", name);
    size_t size = rc ? 0 : (size_t)st.st_size;
    if (!rc && !(*data = malloc(size + 1))) rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", name);
    while (!rc && *n < size) {
        ssize_t got = pread(fd, *data + *n, size - *n, (off_t)*n);
        if (!got) break;
        if (got < 0) {
            got = (ssize_t)(size - *n < 4096 ? size - *n : 4096);
            memset(*data + *n, 0, (size_t)got);
        }
        *n += (size_t)got;
    }
    if (fd >= 0) close(fd);
    return rc;
}

static char *unescape(const char *p, const char *end)
{
    char *s = malloc((size_t)(end - p) + 1), *q = s;
    if (!s) return NULL;
    for (; p < end; p++) {
        if (*p == '\\' && p + 1 < end) {
            p++;
            *q++ = *p == 'n' ? '\n' : *p;
        } else {
            *q++ = *p;
        }
    }
    *q = 0;
    return s;
}

void moim_marks_free(struct moim_mark *marks, size_t n)
{
    for (size_t i = 0; marks && i < n; i++) free(marks[i].text);
    free(marks);
}

static int push_mark(struct moim_mark **marks, size_t *n, const struct moim_mark *m)
{
    struct moim_mark *grown = realloc(*marks, (*n + 1) * sizeof *grown);
    if (!grown) return MOIM_ENOMEM;
    *marks = grown;
    (*marks)[(*n)++] = *m;
    return MOIM_OK;
}

int moim_marks_read(const char *path, struct moim_mark **marks, size_t *n, struct moim_err *err)
{
    *marks = NULL;
    *n = 0;
    char *name = moim_marks_path(path), *data = NULL;
    size_t size = 0;
    int rc = name ? moim_marks_load(name, &data, &size, err) : moim_fail(err, MOIM_ENOMEM, "out of memory");
    struct moim_marks_cursor c = moim_marks_begin(data, size);
    struct moim_marks_line line = {0};
    while (!rc && moim_marks_next(&c, &line)) {
        struct moim_mark m = {line.kind, line.at, line.wall_ms, unescape(line.text, line.end)};
        if (m.text && !push_mark(marks, n, &m)) continue;
        free(m.text);
        rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", name);
    }
    if (rc) {
        moim_marks_free(*marks, *n);
        *marks = NULL;
        *n = 0;
    }
    free(data);
    free(name);
    return rc;
}

/* ---- writing ---- */

/* The mark as a line of the file, malloc'ed. */
static char *line_of(const struct moim_mark *m, size_t *n)
{
    size_t room = 2 * strlen(m->text) + 128;
    char *line = malloc(room), crc[10];
    if (!line) return NULL;
    *n = 9 + (size_t)snprintf(line + 9, 100, "%llu %lld %s ", (unsigned long long)m->at,
                              (long long)m->wall_ms, moim_mark_names[m->kind]);
    for (const char *p = m->text; *p; p++) {
        if (*p == '\n' || *p == '\\') line[(*n)++] = '\\';
        line[(*n)++] = *p == '\n' ? 'n' : *p;
    }
    snprintf(crc, sizeof crc, "%08x ", moim_crc32(line + 9, *n - 9));
    memcpy(line, crc, 9);
    line[(*n)++] = '\n';
    return line;
}

/* Whole and on the disk, or nothing of it. */
static int append(int fd, const char *line, size_t n)
{
    off_t before = lseek(fd, 0, SEEK_END);
    size_t done = 0;
    while (done < n) {
        ssize_t w = write(fd, line + done, n - done);
        if (w < 0 && errno == EINTR) continue;
        if (w <= 0) break;
        done += (size_t)w;
    }
    if (done == n && !fdatasync(fd)) return 0;
    int why = errno;
    if (before >= 0 && ftruncate(fd, before)) { /* the reader passes over a torn line */
    }
    errno = why;
    return -1;
}

/* With the lock held. */
static int flush_kept(struct moim_mark_writer *w, struct moim_err *err)
{
    size_t done = 0;
    int rc = MOIM_OK;
    while (!rc && done < w->n_kept) {
        size_t n;
        char *line = line_of(&w->kept[done], &n);
        if (!line)
            rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
        else if (append(w->fd, line, n))
            rc = moim_fail_errno(err, "%s: a mark cannot be written", w->path);
        free(line);
        if (!rc) free(w->kept[done++].text);
    }
    if (!done) return rc;
    w->n_kept -= done;
    if (w->n_kept) memmove(w->kept, w->kept + done, w->n_kept * sizeof *w->kept);
    return rc;
}

int moim_mark_writer_put(struct moim_mark_writer *w, enum moim_mark_kind kind, uint64_t at, const char *text,
                         struct moim_err *err)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    struct moim_mark m = {kind, at, (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000, strdup(text ? text : "")};
    pthread_mutex_lock(&w->lock);
    int rc = m.text ? push_mark(&w->kept, &w->n_kept, &m) : MOIM_ENOMEM;
    if (rc) {
        free(m.text);
        moim_fail(err, rc, "%s: out of memory", w->path);
    } else {
        rc = flush_kept(w, err);
    }
    pthread_mutex_unlock(&w->lock);
    return rc;
}

void moim_mark_writer_take(struct moim_mark_writer *w, struct moim_mark **marks, size_t *n)
{
    pthread_mutex_lock(&w->lock);
    flush_kept(w, NULL);
    *marks = w->kept;
    *n = w->n_kept;
    w->kept = NULL;
    w->n_kept = 0;
    pthread_mutex_unlock(&w->lock);
}
