/* A meeting with all its data, as exports need it. */
#ifndef MOIM_FIRMWARE_LIBRARY_MEETING_DOCUMENT_H
#define MOIM_FIRMWARE_LIBRARY_MEETING_DOCUMENT_H

#include "storage/export.h"

struct moim_whole {
    struct moim_meeting meeting;
    struct moim_segment *segments;
    struct moim_item *items;
    struct moim_bookmark *bookmarks;
    struct moim_document doc; /* views of the above */
};

int moim_whole_load(struct moim_store *s, int64_t id, struct moim_whole *w, struct moim_err *err);
void moim_whole_free(struct moim_whole *w);
/* Removes fillers (lm/filler.h), and lines and evidence that held nothing else, from the document; the store
 * is unchanged. MOIM_ENOMEM. */
int moim_whole_clean(struct moim_whole *w, struct moim_err *err);
/* Beside each line's text, where they differ, the same without sounds of hesitation. MOIM_ENOMEM. */
int moim_clean_beside(struct moim_segment *list, int n, const char *language, struct moim_err *err);

struct moim_share {
    int number;        /* of the speaker */
    const char *label; /* name, or "Speaker 2", or ""; lives as long as the segments and this */
    char own[MOIM_LABEL];
    bool named;
    double seconds;     /* talk time */
    const char *sample; /* the longest segment's text; lives as long as the segments */
};
/* Talk time of each speaker, in the order of the first word: *out is malloc'ed. Returns their number, or
 * MOIM_ENOMEM. */
int moim_shares(const struct moim_segment *list, int n, const char *lang, struct moim_share **out);

#endif
