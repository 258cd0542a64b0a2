/* Meetings as a list shows them: a page at a time, with what a person recognises them by; and their tags. */
#ifndef MOIM_STORAGE_OVERVIEW_H
#define MOIM_STORAGE_OVERVIEW_H

#include "storage/store.h"

struct moim_overview {
    struct moim_meeting meeting;
    int speakers;  /* different ones, 0 while unknown */
    char *preview; /* the minutes' first summary sentence, else the first words of the transcript, else "" */
    char *tags;    /* one a line, sorted; "" when there are none */
};

/* limit meetings from offset on, newest first, without those in the trash, of those that carry tag (NULL or "": all). *total: how many
 * there are. */
int moim_overview_page(struct moim_store *s, const char *tag, int limit, int offset,
                       struct moim_overview **list, int *n, int *total, struct moim_err *err);
/* All in the trash, the last one first. */
int moim_overview_trash(struct moim_store *s, struct moim_overview **list, int *n, struct moim_err *err);
/* One meeting's row. MOIM_ENOENT. */
int moim_overview_get(struct moim_store *s, int64_t meeting, struct moim_overview *row, struct moim_err *err);
void moim_overview_clear(struct moim_overview *row);
void moim_overview_free(struct moim_overview *list, int n);

/* Replaces the meeting's tags, all or none. Double ones count once. MOIM_ENOENT; MOIM_EINVAL for an empty tag
 * or one with a line break. */
int moim_tags_set(struct moim_store *s, int64_t meeting, const char *const *tags, int n,
                  struct moim_err *err);

struct moim_tag_count {
    char *tag;
    int meetings;
};
int moim_tags_list(struct moim_store *s, struct moim_tag_count **list, int *n, struct moim_err *err);
void moim_tags_free(struct moim_tag_count *list, int n);

#endif
