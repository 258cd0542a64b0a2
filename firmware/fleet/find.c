#include "firmware/fleet/find.h"
#include "base/json.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

/* Words and meaning are joined by reciprocal rank fusion, as in storage/search.h. The words are read under the reader's own
 * rights: candidates() gives numbers alone. */
static const char query[] =
    "WITH found AS ("
    "  SELECT c.meeting, c.segment, c.line, 1.0 / (60 + c.place) AS score, 'words' AS how"
    "   FROM fleet.candidates(regexp_split_to_array($1, '\\s+'), " MOIM_FLEET_SPAN(
        "$2",
        "$3") ", $4, $5, $6::int, $9, $10) WITH ORDINALITY"
              "   AS c(meeting, segment, line, place) WHERE $1 <> ''"
              "  UNION ALL SELECT n.meeting, s.id, NULL, 1.0 / (60 + n.place), 'meaning'"
              "   FROM unnest($7::bigint[], $8::float8[]) WITH ORDINALITY AS n(meeting, start, place)"
              "   JOIN LATERAL (SELECT id FROM fleet.segments s WHERE s.meeting = n.meeting AND s.start = n.start ORDER BY id LIMIT 1) s ON true),"
              " best AS (SELECT meeting, segment, line, sum(score) AS score, string_agg(how, ' ' ORDER BY how DESC) AS how FROM found"
              "   GROUP BY meeting, segment, line ORDER BY score DESC LIMIT $6::int)"
              "SELECT m.id, b.name, m.title, to_char(m.started_at, 'YYYY-MM-DD'), coalesce(s.start, l.start),"
              " CASE WHEN l.line IS NOT NULL THEN l.kind ELSE coalesce(p.name, CASE WHEN s.speaker > 0 THEN 'Speaker ' || s.speaker END, '') END,"
              " coalesce(s.text, l.text), coalesce(s.id, 0), c.how, to_char(m.started_at, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
              " CASE WHEN l.line IS NULL THEN 'said' ELSE 'minutes' END"
              " FROM best c JOIN fleet.meetings m ON m.id = c.meeting JOIN fleet.boxes b ON b.id = m.box"
              " LEFT JOIN fleet.segments s ON s.meeting = c.meeting AND s.id = c.segment"
              " LEFT JOIN fleet.minutes_lines l ON l.meeting = c.meeting AND l.line = c.line"
              " LEFT JOIN fleet.speakers p ON p.meeting = c.meeting AND p.number = s.speaker"
              " WHERE s.id IS NOT NULL OR l.line IS NOT NULL ORDER BY c.score DESC, m.started_at DESC, m.id, l.line NULLS LAST, s.id";

int moim_fleet_search(PGconn *pg, const struct moim_fleet_search *q, PGresult **rows, struct moim_err *err)
{
    const struct moim_fleet_filter *f = &q->filter;
    char most[12], *meetings = NULL, *starts = NULL;
    float like[MOIM_VECTOR_DIM];
    const float *v = q->like ? like : q->v;
    int rc = q->like ? moim_fleet_like(pg, q->like, like, err) : MOIM_OK;
    if (!rc && v) rc = moim_fleet_near(pg, v, f, q->limit, &meetings, &starts, err);
    snprintf(most, sizeof most, "%d", q->limit);
    const char *values[] = {
        q->words, f->from,  f->to, f->tag, f->team, most, meetings ? meetings : "{}", starts ? starts : "{}",
        f->room,  f->person};
    if (!rc) rc = moim_pg_query(pg, rows, err, query, 10, values);
    free(meetings);
    free(starts);
    return rc;
}

struct cJSON *moim_fleet_hits_json(const PGresult *rows)
{
    static const char *const names[MOIM_HIT_COLUMNS] = {"meeting", "box",        "title", "date",
                                                        "start",   "speaker",    "text",  "segment",
                                                        "found",   "started_at", "where"};
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < PQntuples(rows); i++) {
        cJSON *hit = cJSON_CreateObject();
        for (int k = 0; k < MOIM_HIT_COLUMNS; k++) {
            const char *v = PQgetvalue(rows, i, k);
            bool number = k == MOIM_HIT_MEETING || k == MOIM_HIT_START || k == MOIM_HIT_SEGMENT;
            moim_json_set(hit, names[k],
                          number ? cJSON_CreateNumber(strtod(v, NULL)) : cJSON_CreateString(v));
        }
        moim_json_append(list, hit);
    }
    return list;
}
