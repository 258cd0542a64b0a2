#include "firmware/http/multipart.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BOUNDARY_MAX 70 /* RFC 2046 */
#define HEAD_MAX 4096   /* headers of one part */
#define HOLD (BOUNDARY_MAX + 8)

enum place { PREAMBLE, AFTER_BOUNDARY, HEAD, BODY, DONE };

struct field {
    char *name, *value;
    size_t n;
    bool file;
};

struct moim_multipart {
    struct moim_multipart_sink sink;
    char mark[BOUNDARY_MAX + 5]; /* "\r\n--" boundary */
    size_t n_mark;
    enum place place;
    char buf[HEAD_MAX + HOLD]; /* bytes not yet classified */
    size_t n;
    struct field field[MOIM_MULTIPART_FIELDS];
    int n_fields;
    char *filename;
};

static bool boundary_char(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("'()+_,-./:=? ", c));
}

/* The parameter's value after name=, quoted or not; its length in *n. */
static const char *parameter(const char *header, const char *name, size_t *n)
{
    size_t len = strlen(name);
    for (const char *p = strchr(header, ';'); p; p = strchr(p, ';')) {
        for (p++; *p == ' ' || *p == '\t'; p++) continue;
        if (!strncasecmp(p, name, len) && p[len] == '=') {
            p += len + 1;
            if (*p == '"') {
                const char *end = strchr(++p, '"');
                *n = end ? (size_t)(end - p) : 0;
                return end ? p : NULL;
            }
            *n = strcspn(p, "; \t\r\n");
            return p;
        }
        /* A semicolon inside a quoted value is no separator. */
        const char *quote = strchr(p, '"'), *next = strchr(p, ';');
        if (quote && next && quote < next) {
            const char *close = strchr(quote + 1, '"');
            if (!close) return NULL;
            p = close;
        }
    }
    return NULL;
}

int moim_multipart_new(struct moim_multipart **out, const char *content_type, struct moim_multipart_sink sink,
                       struct moim_err *err)
{
    size_t n = 0;
    *out = NULL;
    const char *b = parameter(content_type, "boundary", &n);
    bool ok = b && n > 0 && n <= BOUNDARY_MAX;
    for (size_t i = 0; ok && i < n; i++) ok = boundary_char(b[i]);
    if (!ok) return moim_fail(err, MOIM_EINVAL, "multipart body without a usable boundary");
    struct moim_multipart *m = calloc(1, sizeof *m);
    if (!m) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    m->sink = sink;
    memcpy(m->mark, "\r\n--", 4);
    memcpy(m->mark + 4, b, n);
    m->n_mark = n + 4;
    /* The first boundary has no line break before it: pretend there was one. */
    memcpy(m->buf, "\r\n", 2);
    m->n = 2;
    *out = m;
    return MOIM_OK;
}

void moim_multipart_free(struct moim_multipart *m)
{
    if (!m) return;
    for (int i = 0; i < m->n_fields; i++) {
        free(m->field[i].name);
        free(m->field[i].value);
    }
    free(m->filename);
    free(m);
}

/* name="..." and filename="..." of Content-Disposition in the part's headers. */
static int open_field(struct moim_multipart *m, char *head, struct moim_err *err)
{
    if (m->n_fields == MOIM_MULTIPART_FIELDS)
        return moim_fail(err, MOIM_EINVAL, "multipart body with more than %d parts", MOIM_MULTIPART_FIELDS);
    char *line = head, *next;
    const char *name = NULL, *file = NULL;
    size_t n_name = 0, n_file = 0;
    for (; line && *line; line = next) {
        next = strstr(line, "\r\n");
        if (next) {
            *next = 0;
            next += 2;
        }
        if (strncasecmp(line, "Content-Disposition:", 20)) continue;
        name = parameter(line, "name", &n_name);
        file = parameter(line, "filename", &n_file);
    }
    if (!name) return moim_fail(err, MOIM_EFORMAT, "multipart body with a part that has no name");
    struct field *f = &m->field[m->n_fields];
    f->name = strndup(name, n_name);
    f->value = calloc(1, 1);
    f->n = 0;
    m->n_fields++;
    if (!f->name || !f->value) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    f->file = !strcmp(f->name, "file");
    if (!f->file) return MOIM_OK;
    if (m->filename) return moim_fail(err, MOIM_EINVAL, "multipart body with two files");
    m->filename = file ? strndup(file, n_file) : strdup("");
    return m->filename ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "out of memory");
}

static int take_body(struct moim_multipart *m, const char *bytes, size_t n, struct moim_err *err)
{
    struct field *f = &m->field[m->n_fields - 1];
    if (!n) return MOIM_OK;
    if (f->file) return m->sink.write(m->sink.arg, bytes, n, err);
    if (f->n + n > MOIM_MULTIPART_FIELD_MAX)
        return moim_fail(err, MOIM_EINVAL, "the field %.60s is too long", f->name);
    char *grown = realloc(f->value, f->n + n + 1);
    if (!grown) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    f->value = grown;
    memcpy(grown + f->n, bytes, n);
    f->n += n;
    grown[f->n] = 0;
    return MOIM_OK;
}

static void drop(struct moim_multipart *m, size_t n)
{
    memmove(m->buf, m->buf + n, m->n - n);
    m->n -= n;
}

/* Reads up to the next boundary: *more is false if more input is needed. */
static int step_body(struct moim_multipart *m, bool *more, struct moim_err *err)
{
    const char *at = memmem(m->buf, m->n, m->mark, m->n_mark);
    size_t give = at ? (size_t)(at - m->buf) : m->n >= m->n_mark ? m->n - m->n_mark + 1 : 0;
    int rc = m->place == BODY ? take_body(m, m->buf, give, err) : MOIM_OK;
    drop(m, give);
    *more = at != NULL;
    if (at) {
        drop(m, m->n_mark);
        m->place = AFTER_BOUNDARY;
    }
    return rc;
}

/* After a boundary: "--" ends the body, a line break starts a part. */
static int step_after(struct moim_multipart *m, bool *more, struct moim_err *err)
{
    size_t blank = 0;
    while (blank < m->n && (m->buf[blank] == ' ' || m->buf[blank] == '\t')) blank++;
    drop(m, blank);
    *more = m->n >= 2;
    if (!*more) return MOIM_OK;
    if (!memcmp(m->buf, "--", 2)) {
        m->place = DONE;
        return MOIM_OK;
    }
    if (memcmp(m->buf, "\r\n", 2))
        return moim_fail(err, MOIM_EFORMAT, "multipart body with a broken boundary");
    /* Keep the line break: a part without headers has its empty line here. */
    m->place = HEAD;
    return MOIM_OK;
}

static int step_head(struct moim_multipart *m, bool *more, struct moim_err *err)
{
    char *end = memmem(m->buf, m->n, "\r\n\r\n", 4);
    *more = end != NULL;
    if (!end)
        return m->n > HEAD_MAX ? moim_fail(err, MOIM_EFORMAT, "multipart body with headers that are too long")
                               : MOIM_OK;
    *end = 0;
    if (memchr(m->buf, 0, (size_t)(end - m->buf)))
        return moim_fail(err, MOIM_EFORMAT, "multipart body with a zero byte in its headers");
    int rc = end > m->buf ? open_field(m, m->buf + 2, err)
                          : moim_fail(err, MOIM_EFORMAT, "multipart body with a part that has no name");
    drop(m, (size_t)(end - m->buf) + 4);
    /* The boundary may follow immediately, with the line break just read. */
    m->place = BODY;
    return rc;
}

int moim_multipart_push(struct moim_multipart *m, const char *bytes, size_t n, struct moim_err *err)
{
    int rc = MOIM_OK;
    while (!rc && n && m->place != DONE) {
        size_t take = sizeof m->buf - m->n < n ? sizeof m->buf - m->n : n;
        memcpy(m->buf + m->n, bytes, take);
        m->n += take;
        bytes += take;
        n -= take;
        for (bool more = true; !rc && more && m->place != DONE;)
            rc = m->place == HEAD             ? step_head(m, &more, err)
                 : m->place == AFTER_BOUNDARY ? step_after(m, &more, err)
                                              : step_body(m, &more, err);
    }
    return rc;
}

int moim_multipart_end(struct moim_multipart *m, struct moim_err *err)
{
    return m->place == DONE ? MOIM_OK : moim_fail(err, MOIM_EFORMAT, "the multipart body is truncated");
}

bool moim_multipart_field(const struct moim_multipart *m, int i, const char **name, const char **value)
{
    if (i < 0 || i >= m->n_fields) return false;
    *name = m->field[i].name;
    *value = m->field[i].value;
    return true;
}

const char *moim_multipart_filename(const struct moim_multipart *m)
{
    return m->filename;
}
