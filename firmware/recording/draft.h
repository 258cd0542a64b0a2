/* What live captions said, as the draft of a transcript: the meeting's lines from its end until recognition replaces them. One
 * thread at a time. */
#ifndef MOIM_FIRMWARE_RECORDING_DRAFT_H
#define MOIM_FIRMWARE_RECORDING_DRAFT_H

#include "firmware/recording/captions.h"
#include "storage/store.h"

/* A final caption, or what one speaker says of it. */
struct moim_draft_line {
    int line; /* the caption's */
    struct moim_segment said;
    char *offer; /* the saved voice that the speaker sounds like, "" none */
};

struct moim_draft {
    struct moim_draft_line *list; /* [n] */
    int n, room;
    struct moim_segment open; /* the caption that is not final yet, text NULL: none */
    char language[8];         /* of the last caption that has one */
};

/* The next caption. MOIM_ENOMEM: it is left out. */
int moim_draft_take(struct moim_draft *d, const struct moim_caption *c);
/* Makes it the meeting's lines, the open caption too; a meeting without captions stays as it is. The meeting's state stays
 * "recorded". */
int moim_draft_put(const struct moim_draft *d, struct moim_store *s, int64_t meeting, struct moim_err *err);
void moim_draft_clear(struct moim_draft *d);

#endif
