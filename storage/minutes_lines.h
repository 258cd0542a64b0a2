/* Minutes as a document: lines that the user changes, adds, removes, orders and ticks off; versions compared and restored.
 *
 * A line keeps its number (struct moim_item, line) in every version of its meeting's minutes. What a model wrote is never
 * changed: the first change of the user makes a version of their own from it, which later changes go into. When minutes are
 * written again, what the user did is carried over (moim_minutes_put). */
#ifndef MOIM_STORAGE_MINUTES_LINES_H
#define MOIM_STORAGE_MINUTES_LINES_H

#include "storage/store.h"

enum { /* what of a line is the user's */
       MOIM_OWN_TEXT = 1,
       MOIM_OWN_OWNER = 2,
       MOIM_OWN_DUE = 4,
       MOIM_OWN_KIND = 8, /* its kind or its place */
       MOIM_OWN_LINE = 16 /* the line itself: the user added it */
};

/* The current minutes as they stand: number and revision change whenever anything in them does. */
struct moim_minutes_head {
    int number, revision; /* number 0: there are none */
    char *model, *template_name, *author, *language;
    int64_t created_at, changed_at;
};
int moim_minutes_head(struct moim_store *s, int64_t meeting, struct moim_minutes_head *h,
                      struct moim_err *err);
void moim_minutes_head_clear(struct moim_minutes_head *h);

/* A change: NULL and -1 leave a part as it is. */
struct moim_line_change {
    const char *kind, *text, *owner, *due_text, *due_date;
    int done;      /* 1 ticked, 0 open */
    int verdict;   /* 1, -1, 0: of a suggestion, accepting makes an action of it, rejecting takes it away */
    int removed;   /* 1 taken away, 0 brought back */
    int64_t after; /* the line that it shall stand behind; 0: first of its kind */
    const int64_t *evidence; /* of a line to be added: segments of the meeting */
    int n_evidence;
};
#define MOIM_LINE_CHANGE                                                                                     \
    (struct moim_line_change)                                                                                \
    {                                                                                                        \
        .done = -1, .verdict = 2, .removed = -1, .after = -1                                                 \
    }
/* A verdict of 2 leaves it. MOIM_ENOENT: the current minutes have no such line. MOIM_EINVAL: no such kind, an empty text or
 * no date. */
int moim_line_change(struct moim_store *s, int64_t meeting, int64_t line, const struct moim_line_change *c,
                     struct moim_err *err);
/* A line of the user's; kind and text are needed. *line receives its number. Where there are no minutes yet it begins them. */
int moim_line_add(struct moim_store *s, int64_t meeting, const struct moim_line_change *c, int64_t *line,
                  struct moim_err *err);
/* One line of the current minutes, removed ones too. *it is released with moim_item_clear. */
int moim_line_get(struct moim_store *s, int64_t meeting, int64_t line, struct moim_item *it, bool *removed,
                  struct moim_err *err);
void moim_item_clear(struct moim_item *it);
/* The meeting of a line that is in its current minutes. MOIM_ENOENT. */
int moim_line_meeting(struct moim_store *s, int64_t line, int64_t *meeting, struct moim_err *err);

/* The version becomes the current one again, as a new one. MOIM_ENOENT. */
int moim_minutes_restore(struct moim_store *s, int64_t meeting, int number, struct moim_err *err);

/* What tells whether a line is still as somebody saw it. */
uint32_t moim_item_tag(const struct moim_item *it);

enum moim_line_difference { MOIM_LINE_SAME, MOIM_LINE_CHANGED, MOIM_LINE_ADDED, MOIM_LINE_REMOVED };
struct moim_line_diff {
    enum moim_line_difference what;
    const struct moim_item *before, *after; /* NULL where it is not there */
};
/* Lines of two versions by their numbers: those of b in their order, each removed one behind the line it stood behind. *out is
 * malloc'ed and points into a and b. Returns how many, or MOIM_ENOMEM. */
int moim_lines_diff(const struct moim_item *a, int n_a, const struct moim_item *b, int n_b,
                    struct moim_line_diff **out);

bool moim_is_kind(const char *kind);
bool moim_is_date(const char *text); /* YYYY-MM-DD of a day that there is */

/* Internal to storage/: gives the items of a version that was just written the user's work on those of another. */
/* The version that the user's changes go into: the current one when it is the user's, else a copy of it. begin: where there is
 * none, an empty one; else MOIM_ENOENT. */
int moim_minutes_open(struct moim_store *s, int64_t meeting, bool begin, int64_t *minutes,
                      struct moim_err *err);
/* Reads the segments that an item of the table rests on. */
int moim_item_evidence(struct moim_store *s, int64_t id, struct moim_item *it, struct moim_err *err);
int moim_minutes_carry(struct moim_store *s, int64_t from, int64_t into, struct moim_err *err);

#endif
