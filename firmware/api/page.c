/* The page's files: built in, or from --web DIR during development. */
#include "firmware/api/context.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *type_of(const char *path)
{
    static const char *const list[][2] = {{".html", "text/html; charset=utf-8"},
                                          {".css", "text/css; charset=utf-8"},
                                          {".js", "text/javascript; charset=utf-8"},
                                          {".mjs", "text/javascript; charset=utf-8"},
                                          {".json", "application/json"},
                                          {".svg", "image/svg+xml"},
                                          {".png", "image/png"},
                                          {".ico", "image/x-icon"},
                                          {".woff2", "font/woff2"},
                                          {".txt", "text/plain; charset=utf-8"},
                                          {".webmanifest", "application/manifest+json"}};
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof list / sizeof *list; i++)
        if (!strcmp(dot, list[i][0])) return list[i][1];
    return "application/octet-stream";
}

/* File names hold letters, digits, '-', '_' and single dots; nothing else reaches the file system. */
static bool safe(const char *path)
{
    size_t n = strlen(path);
    if (!n || n > 200 || path[0] == '/' || strstr(path, "//")) return false;
    for (const char *c = path; *c; c++) {
        bool start = c == path || c[-1] == '/';
        if (*c == '.' && (start || c[1] == '.' || c[1] == '/')) return false;
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_/", *c)) return false;
    }
    return true;
}

static void from_directory(const char *dir, const char *path, struct moim_http_answer *an)
{
    char full[4600];
    struct stat st;
    snprintf(full, sizeof full, "%.4096s/%s", dir, path);
    int fd = safe(path) ? open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
        close(fd);
        fd = -1;
    }
    if (fd < 0) {
        moim_answer_error(an, 404, "no such path");
        return;
    }
    an->status = 200;
    an->type = type_of(path);
    an->fd = fd;
    an->size = (uint64_t)st.st_size;
}

static void built_in(const struct moim_http_request *rq, const char *path, struct moim_http_answer *an)
{
    const struct moim_web_file *f = moim_web_files;
    while (f->path && strcmp(f->path, path)) f++;
    if (!f->path) {
        moim_answer_error(an, 404, "no such path");
        return;
    }
    const char *known = moim_http_header(rq, "If-None-Match"),
               *takes = moim_http_header(rq, "Accept-Encoding");
    bool gzip = takes && strstr(takes, "gzip") && !strstr(takes, "gzip;q=0") && f->n_gzip < f->n;
    moim_answer_header(an, "ETag", "%s", f->etag);
    moim_answer_header(an, "Cache-Control", "no-cache");
    moim_answer_header(an, "Vary", "Accept-Encoding");
    an->status = known && strstr(known, f->etag) ? 304 : 200;
    if (an->status == 304) return;
    an->type = type_of(path);
    an->fixed = gzip ? f->gzip : f->bytes;
    an->n = gzip ? f->n_gzip : f->n;
    if (gzip) moim_answer_header(an, "Content-Encoding", "gzip");
}

static void handle_page(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    const char *path = rq->path[1] ? rq->path + 1 : "index.html";
    if (sv->web_dir)
        from_directory(sv->web_dir, path, an);
    else
        built_in(rq, path, an);
}

const struct moim_http_route moim_route_page = {"GET", "", handle_page, MOIM_ROUTE_OPEN | MOIM_ROUTE_PAGE};
