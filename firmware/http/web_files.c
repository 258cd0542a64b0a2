#include "firmware/http/web_files.h"

#include <string.h>

const char *moim_web_type(const char *path)
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

bool moim_web_answer(const struct moim_web_file *list, const char *path, const struct moim_http_request *rq,
                     struct moim_http_answer *an)
{
    const struct moim_web_file *f = list;
    while (f->path && strcmp(f->path, path)) f++;
    if (!f->path) return false;
    const char *known = moim_http_header(rq, "If-None-Match"),
               *takes = moim_http_header(rq, "Accept-Encoding");
    bool gzip = takes && strstr(takes, "gzip") && !strstr(takes, "gzip;q=0") && f->n_gzip < f->n;
    moim_answer_header(an, "ETag", "%s", f->etag);
    moim_answer_header(an, "Cache-Control", "no-cache");
    moim_answer_header(an, "Vary", "Accept-Encoding");
    an->status = known && strstr(known, f->etag) ? 304 : 200;
    if (an->status == 304) return true;
    an->type = moim_web_type(path);
    an->fixed = gzip ? f->gzip : f->bytes;
    an->n = gzip ? f->n_gzip : f->n;
    if (gzip) moim_answer_header(an, "Content-Encoding", "gzip");
    return true;
}
