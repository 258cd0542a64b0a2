/* The words of a segment as subtitles take them, and where a reader would part them. Internal to storage/. */
#ifndef MOIM_STORAGE_CUE_WORDS_H
#define MOIM_STORAGE_CUE_WORDS_H

#include "storage/export.h"

struct moim_cue_unit {
    const char *s; /* n bytes of the segment's text: a word, or a part of one that is longer than a line */
    size_t n;
    int at;            /* columns before it, were all units in one line */
    int width;         /* its own */
    bool glued;        /* goes on the word before it */
    double start, end; /* seconds, within the segment, never before the unit before */
    float parting;     /* how bad it is to part it from the unit before */
};

struct moim_cue_units {
    struct moim_cue_unit *list; /* [n] */
    int n;
    int columns; /* a line may have */
};

/* first: what stands in front of the words (a speaker that is too long for a line's begin), or "". Strings are those of
 * g and first. MOIM_ENOMEM. */
int moim_cue_units_read(struct moim_cue_units *u, const struct moim_segment *g, const char *first);
void moim_cue_units_free(struct moim_cue_units *u);

#endif
