/* Search by meaning in the archive: the nearest codes are found by the database, their vectors compared here. */
#ifndef MOIM_FIRMWARE_FLEET_MEANING_H
#define MOIM_FIRMWARE_FLEET_MEANING_H

#include "storage/fleet/pg.h"
#include "storage/passages.h"

/* What a search is limited to. from, to: NULL: not; a day ("2026-03-04", UTC) that is included, or an instant, to being the first one
 * after. The others: "": not. room: a box by its name; person: by the name that a speaker was given. */
struct moim_fleet_filter {
    const char *from, *to, *tag, *team, *room, *person;
};
#define MOIM_FLEET_ALL                                                                                       \
    {                                                                                                        \
        .tag = "", .team = "", .room = "", .person = ""                                                      \
    }
/* SQL of the two ends of such a span, and of meetings m (of teams t, boxes b) within a filter; each argument is a parameter: "$2". */
#define MOIM_FLEET_SPAN(from, to)                                                                            \
    from "::timestamptz, CASE WHEN length(" to "::text) = 10 THEN " to                                       \
         "::text::date + interval '1 day' ELSE " to "::text::timestamptz END"
#define MOIM_FLEET_WITHIN(from, to, tag, team, room, person)                                                                      \
    "(SELECT (since IS NULL OR m.started_at >= since) AND (until IS NULL OR m.started_at < until) FROM (SELECT " MOIM_FLEET_SPAN( \
        from,                                                                                                                     \
        to) ") span(since, until))"                                                                                               \
            " AND (" tag " = '' OR EXISTS (SELECT FROM fleet.tags g WHERE g.meeting = m.id AND g.tag = " tag                      \
            ")) AND (" team " = '' OR t.name = " team ")"                                                                         \
            " AND (" room " = '' OR b.name = " room ")"                                                                           \
            " AND (" person                                                                                                       \
            " = '' OR EXISTS (SELECT FROM fleet.speakers w WHERE w.meeting = m.id AND lower(w.name) = lower(" person              \
            ")))"

/* The vector of a question (MOIM_ENOENT: the embedding model is not here), or of the passage at a time of a meeting. */
struct moim_engine;
int moim_fleet_question_by(struct moim_engine *e, const char *text, float v[MOIM_VECTOR_DIM],
                           struct moim_err *err);
int moim_fleet_question(const char *text, float v[MOIM_VECTOR_DIM], struct moim_err *err);
int moim_fleet_like(PGconn *pg, const char *place, float v[MOIM_VECTOR_DIM], struct moim_err *err);

/* The passages most like v, best first, as two arrays of PostgreSQL's ("{...}", free both): meetings and starts. */
int moim_fleet_near(PGconn *pg, const float v[MOIM_VECTOR_DIM], const struct moim_fleet_filter *f, int most,
                    char **meetings, char **starts, struct moim_err *err);

#endif
