/* Files of a page that are built into a program (firmware/packaging/embed-web.sh). */
#ifndef MOIM_FIRMWARE_HTTP_WEB_FILES_H
#define MOIM_FIRMWARE_HTTP_WEB_FILES_H

#include "firmware/http/message.h"

struct moim_web_file {
    const char *path; /* "index.html", "lib/dom.js" */
    const char *etag; /* with its quotes */
    const unsigned char *bytes, *gzip;
    size_t n, n_gzip;
};

/* By the name's ending. */
const char *moim_web_type(const char *path);
/* Answers with the file of that path of a list, which ends in one without a path; false, and nothing answered, if there is none. */
bool moim_web_answer(const struct moim_web_file *list, const char *path, const struct moim_http_request *rq,
                     struct moim_http_answer *an);

#endif
