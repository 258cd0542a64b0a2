#include "audio/journal_int.h"
#include "base/mapfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const moim_mark_names[MOIM_MARK_KINDS] = {"start",       "gap",      "overrun", "pause",
                                                      "resume",      "bookmark", "memo",    "device-lost",
                                                      "device-back", "clipped",  "silent",  "stop"};

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

/* One line without its newline. The text stays escaped at *text. */
static bool parse_line(const char *line, const char *end, struct moim_mark *m, const char **text)
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
    *text = p;
    return true;
}

static size_t header_length(const char *data, size_t n)
{
    size_t h = sizeof MARKS_HEADER - 1;
    return n >= h && !memcmp(data, MARKS_HEADER, h) ? h : 0;
}

size_t moim_marks_whole(const char *data, size_t n, bool *stopped)
{
    size_t at = header_length(data, n);
    *stopped = false;
    while (at && at < n) {
        const char *end = memchr(data + at, '\n', n - at), *text;
        struct moim_mark m;
        if (!end || !parse_line(data + at, end, &m, &text)) break;
        *stopped = m.kind == MOIM_MARK_STOP;
        at = (size_t)(end - data) + 1;
    }
    return at;
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

static int parse_all(const char *data, size_t whole, struct moim_mark **marks, size_t *n)
{
    size_t lines = 0;
    for (size_t i = 0; i < whole; i++) lines += data[i] == '\n';
    struct moim_mark *m = calloc(lines + 1, sizeof *m);
    if (!m) return MOIM_ENOMEM;
    for (size_t at = header_length(data, whole); at && at < whole;) {
        const char *end = memchr(data + at, '\n', whole - at), *text = NULL;
        if (!end || !parse_line(data + at, end, &m[*n], &text)) break;
        if (!(m[*n].text = unescape(text, end))) {
            moim_marks_free(m, *n);
            *n = 0;
            return MOIM_ENOMEM;
        }
        ++*n;
        at = (size_t)(end - data) + 1;
    }
    *marks = m;
    return MOIM_OK;
}

int moim_marks_read(const char *path, struct moim_mark **marks, size_t *n, struct moim_err *err)
{
    *marks = NULL;
    *n = 0;
    char *name = moim_marks_path(path);
    struct moim_map map;
    int rc = name ? moim_map_open(&map, name, err) : moim_fail(err, MOIM_ENOMEM, "out of memory");
    if (!rc) {
        bool stopped;
        const char *data = (const char *)map.data;
        if (parse_all(data, moim_marks_whole(data, map.size, &stopped), marks, n))
            rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", name);
        moim_map_close(&map);
    }
    free(name);
    return rc;
}
