/* A meeting as the blocks of a document that has pages: Word, Hangul and PDF draw the same ones. Internal to storage/. */
#ifndef MOIM_STORAGE_EXPORT_LAYOUT_H
#define MOIM_STORAGE_EXPORT_LAYOUT_H

#include "storage/export.h"

enum moim_block_kind {
    MOIM_BLOCK_TITLE,   /* text */
    MOIM_BLOCK_WHEN,    /* text: day, time and length */
    MOIM_BLOCK_HEADING, /* text */
    MOIM_BLOCK_POINT,   /* text, who, due: a line of the minutes */
    MOIM_BLOCK_TASK, /* text, who, due, time: a row of the table of tasks; the first has the columns' names */
    MOIM_BLOCK_LINE, /* text, who, -, time: a line of the transcript */
    MOIM_BLOCK_MARK  /* text, -, -, time: a mark among them */
};

enum { MOIM_CELL_TEXT, MOIM_CELL_WHO, MOIM_CELL_DUE, MOIM_CELL_TIME, MOIM_CELLS };

struct moim_block {
    enum moim_block_kind kind;
    char *cell[MOIM_CELLS]; /* none is NULL */
};

struct moim_blocks {
    struct moim_block *list; /* [n] */
    int n, room;
};

/* MOIM_ENOMEM, and nothing is left behind. */
int moim_blocks_make(struct moim_blocks *b, const struct moim_document *doc);
void moim_blocks_free(struct moim_blocks *b);

/* A file in a zip. */
struct moim_export_part {
    const char *name;
    const char *bytes; /* [n] */
    size_t n;
    bool stored; /* as it is, not deflated */
};
int moim_zip_parts(const char *path, const struct moim_export_part *parts, int n, struct moim_err *err);

#endif
