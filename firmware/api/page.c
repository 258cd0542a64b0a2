/* The page's files: built in, or from --web DIR during development. */
#include "firmware/api/context.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
    an->type = moim_web_type(path);
    an->fd = fd;
    an->size = (uint64_t)st.st_size;
}

static void handle_page(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    const char *path = rq->path[1] ? rq->path + 1 : "index.html";
    if (sv->web_dir)
        from_directory(sv->web_dir, path, an);
    else if (!moim_web_answer(moim_web_files, path, rq, an))
        moim_answer_error(an, 404, "no such path");
}

const struct moim_http_route moim_route_page = {"GET", "", handle_page, MOIM_ROUTE_OPEN | MOIM_ROUTE_PAGE};
