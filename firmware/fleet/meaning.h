/* Search by meaning in the archive: the nearest codes are found by the database, their vectors compared here. */
#ifndef MOIM_FIRMWARE_FLEET_MEANING_H
#define MOIM_FIRMWARE_FLEET_MEANING_H

#include "storage/fleet/pg.h"
#include "storage/passages.h"

/* What a search is limited to; NULL or "": to nothing. from, to: days, both included. */
struct moim_fleet_filter {
    const char *from, *to, *tag, *team;
};

/* The vector of a question (MOIM_ENOENT: the embedding model is not here), or of the passage at a time of a meeting. */
int moim_fleet_question(const char *text, float v[MOIM_VECTOR_DIM], struct moim_err *err);
int moim_fleet_like(PGconn *pg, const char *place, float v[MOIM_VECTOR_DIM], struct moim_err *err);

/* The passages most like v, best first, as two arrays of PostgreSQL's ("{...}", free both): meetings and starts. */
int moim_fleet_near(PGconn *pg, const float v[MOIM_VECTOR_DIM], const struct moim_fleet_filter *f, int most,
                    char **meetings, char **starts, struct moim_err *err);

#endif
