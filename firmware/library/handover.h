/* What happens with a meeting that is finished: it is written into a folder, and a program of the user's gets it on its
 * standard input. Both are off until a file says otherwise: $XDG_CONFIG_HOME/moim/handover.conf, or
 * /etc/moim/handover.conf. Neither the store nor the HTTP interface can set them: whoever can write there must not be
 * able to run programs here.
 *
 *     folder = /home/kim/minutes        where documents are written
 *     formats = docx pdf                as what (storage/export.h), default md
 *     name = {date} {title} ({id})      called what; also {time}
 *     minutes_only = yes                without the transcript
 *     clean = yes                       without sounds of hesitation
 *     hook = /usr/local/bin/to-wiki x   a program with its arguments, no shell; the JSON export is its input
 *     hook_seconds = 60                 after which it is killed with all that it started
 *     hook_user = nobody                who it runs as, where moim is root's */
#ifndef MOIM_FIRMWARE_LIBRARY_HANDOVER_H
#define MOIM_FIRMWARE_LIBRARY_HANDOVER_H

#include "storage/store.h"

enum {
    MOIM_HANDOVER_FOLDER,
    MOIM_HANDOVER_FORMATS,
    MOIM_HANDOVER_NAME,
    MOIM_HANDOVER_HOOK,
    MOIM_HANDOVER_USER,
    MOIM_HANDOVER_SECONDS,
    MOIM_HANDOVER_MINUTES_ONLY,
    MOIM_HANDOVER_CLEAN,
    MOIM_HANDOVER_KEYS
};

extern const char *const moim_handover_keys[MOIM_HANDOVER_KEYS]; /* "folder", ... */

struct moim_handover {
    char path[4200];                 /* of the file, "" if there is none */
    char *value[MOIM_HANDOVER_KEYS]; /* NULL: not set */
};

/* Reads the file; nothing is set if there is none. MOIM_EACCES if others may write it, or if it is neither
 * ours nor root's; MOIM_EFORMAT with the line. */
int moim_handover_read(struct moim_handover *h, struct moim_err *err);
void moim_handover_clear(struct moim_handover *h);
/* Validates the settings: folder, formats, program. */
int moim_handover_check(const struct moim_handover *h, struct moim_err *err);

/* Hands one meeting over; MOIM_OK also if nothing is set. */
int moim_handover(struct moim_store *s, int64_t meeting, struct moim_err *err);

/* Runs a program without a shell; line: path and arguments, separated by spaces. input: its standard input.
 * Its process group is killed after that many seconds. Its standard error is part of the message. MOIM_EIO:
 * it failed. */
int moim_hook_run(const char *line, const char *user, int seconds, const char *input, size_t n,
                  int64_t meeting, struct moim_err *err);

#endif
