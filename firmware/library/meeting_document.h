/* A meeting with all that belongs to it, as the exports want it. */
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
/* Leaves out what nobody wants to read: sounds of hesitation (lm/filler.h), and lines and evidence that were nothing
 * else. The document is another's to look at, not the store's: what was said stays there. MOIM_ENOMEM. */
int moim_whole_clean(struct moim_whole *w, struct moim_err *err);

struct moim_share {
    int number;        /* of the speaker */
    const char *label; /* name, or "Speaker 2", or ""; lives as long as the segments and this */
    char own[MOIM_LABEL];
    bool named;
    double seconds;     /* talk time */
    const char *sample; /* the longest segment's text; lives as long as the segments */
};
/* Who spoke how long, in the order of the first word: *out is malloc'ed. Returns how many, or MOIM_ENOMEM. */
int moim_shares(const struct moim_segment *list, int n, const char *lang, struct moim_share **out);

#endif
