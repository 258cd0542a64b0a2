/* A folder whose files become meetings: recorders and phones put them there, by any way. A file is taken when it is
 * whole (it has kept its size and time for some seconds, and nobody writes to it) and then moved to done/ or failed/
 * below the folder, there with its reason beside it as NAME.txt. Hidden files, those that a browser or a copy is still
 * writing (.part, .crdownload, .tmp), links and folders are left alone. */
#ifndef MOIM_FIRMWARE_LIBRARY_WATCH_FOLDER_H
#define MOIM_FIRMWARE_LIBRARY_WATCH_FOLDER_H

#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>

#define MOIM_WATCH_SETTLE 3.0 /* seconds */

struct moim_watch;

/* settle: seconds that a file has to keep still. Makes done/ and failed/. MOIM_ENOENT, MOIM_EACCES. */
int moim_watch_open(struct moim_watch **out, const char *dir, double settle, struct moim_err *err);
void moim_watch_close(struct moim_watch *w);
/* Waits up to timeout_ms for a file that is whole: 1 with its path, 0 none, or a negative status: the folder is gone. */
int moim_watch_next(struct moim_watch *w, int timeout_ms, char *path, size_t cap, struct moim_err *err);
/* The file was taken (why NULL), or why not. */
int moim_watch_done(struct moim_watch *w, const char *path, const char *why, struct moim_err *err);

#endif
