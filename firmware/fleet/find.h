/* Search and questions over all that a reader may see, for the commands and for the page. */
#ifndef MOIM_FIRMWARE_FLEET_FIND_H
#define MOIM_FIRMWARE_FLEET_FIND_H

#include "firmware/fleet/meaning.h"
#include "firmware/pipeline/ask.h"

struct cJSON;

struct moim_fleet_search {
    const char *words; /* "": none */
    const char *like;  /* "MEETING@SECONDS": also what is like what was said there; NULL */
    const float *v;    /* the vector of what is meant; NULL: by words (and by like) alone */
    struct moim_fleet_filter filter;
    int limit;
};
/* The columns of a hit; as JSON they are named so, numbers as numbers. where: "said" or "minutes"; speaker: of a line of the minutes its
 * kind; found: "words", "meaning" or both. */
enum {
    MOIM_HIT_MEETING,
    MOIM_HIT_BOX,
    MOIM_HIT_TITLE,
    MOIM_HIT_DATE,
    MOIM_HIT_START,
    MOIM_HIT_SPEAKER,
    MOIM_HIT_TEXT,
    MOIM_HIT_SEGMENT,
    MOIM_HIT_FOUND,
    MOIM_HIT_STARTED_AT,
    MOIM_HIT_WHERE,
    MOIM_HIT_COLUMNS
};
/* Best first. *rows: PQclear. */
int moim_fleet_search(PGconn *pg, const struct moim_fleet_search *q, PGresult **rows, struct moim_err *err);
struct cJSON *moim_fleet_hits_json(const PGresult *rows);

/* An answer from the few meetings that the question may be about. Two steps, so that no connection is held while a model works. */
#define MOIM_FLEET_READ 8 /* meetings that are read whole */
struct moim_fleet_answer {
    PGresult *rows; /* what was read */
    struct moim_reply reply;
    struct moim_fleet_source {
        int64_t id;                 /* in the private store */
        const char *archived, *box; /* of the rows */
    } from[MOIM_FLEET_READ];
};
/* v: the vector of the question, or NULL. */
int moim_fleet_ask_meetings(PGconn *pg, const char *question, const float *v,
                            const struct moim_fleet_filter *f, struct moim_fleet_answer *a,
                            struct moim_err *err);
/* model: NULL: the one that writes minutes, "none": without. cancel: a thread that sets it ends this soon with MOIM_ECANCEL; NULL:
 * never. MOIM_OK also when the meetings do not tell: reply.n is 0. */
int moim_fleet_ask_answer(struct moim_fleet_answer *a, const char *question, const char *model, int threads,
                          const volatile int *cancel, struct moim_err *err);
const struct moim_fleet_source *moim_fleet_source_of(const struct moim_fleet_answer *a, int64_t id);
struct cJSON *moim_fleet_answer_json(const struct moim_fleet_answer *a);
void moim_fleet_answer_clear(struct moim_fleet_answer *a);

#endif
