/* The page's files, built into the program by firmware/packaging/embed-web.sh. */
#ifndef MOIM_FIRMWARE_API_WEB_FILES_H
#define MOIM_FIRMWARE_API_WEB_FILES_H

#include <stddef.h>

struct moim_web_file {
    const char *path; /* "index.html", "js/app.js" */
    const char *etag; /* with its quotes */
    const unsigned char *bytes, *gzip;
    size_t n, n_gzip;
};
extern const struct moim_web_file moim_web_files[]; /* the last one's path is NULL */

#endif
