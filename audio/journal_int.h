/* What the writer and the repairer of a journal share. */
#ifndef MOIM_AUDIO_JOURNAL_INT_H
#define MOIM_AUDIO_JOURNAL_INT_H

#include "audio/journal.h"

#include <pthread.h>

#define MARKS_HEADER "moim-marks 1\n"

/* Malloc'ed name of the marks file that belongs to a journal. */
char *moim_marks_path(const char *journal);

uint32_t moim_crc32(const void *data, size_t n);

/* The lines of a marks file that are whole, whatever lies between them. */
struct moim_marks_cursor {
    const char *data;
    size_t n, at;
    bool damaged; /* something was passed over */
};
struct moim_marks_line {
    const char *begin, *text, *end; /* the line without its newline; its text, still escaped */
    enum moim_mark_kind kind;
    uint64_t at;
    int64_t wall_ms;
};
struct moim_marks_cursor moim_marks_begin(const char *data, size_t n);
bool moim_marks_next(struct moim_marks_cursor *c, struct moim_marks_line *line);
/* The file's bytes, malloc'ed; a part that the disk cannot read is zeros. MOIM_ENOENT. */
int moim_marks_load(const char *name, char **data, size_t *n, struct moim_err *err);

/* Appends marks to fd, from any thread. What cannot be written is kept, in order, and tried again with the
 * next. */
struct moim_mark_writer {
    int fd;
    char *path;
    pthread_mutex_t lock; /* what follows */
    struct moim_mark *kept;
    size_t n_kept;
};
int moim_mark_writer_put(struct moim_mark_writer *w, enum moim_mark_kind kind, uint64_t at, const char *text,
                         struct moim_err *err);
/* Tries once more; what is left becomes the caller's. */
void moim_mark_writer_take(struct moim_mark_writer *w, struct moim_mark **marks, size_t *n);

#endif
