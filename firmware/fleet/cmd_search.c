/* Search over all meetings that the reader may see. */
#include "base/json.h"
#include "firmware/fleet/fleet.h"
#include "firmware/fleet/meaning.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

/* Words and meaning are joined by reciprocal rank fusion, as in storage/search.h. The words are read under the reader's own
 * rights: candidates() gives numbers alone. */
static const char query[] =
    "WITH found AS ("
    "  SELECT c.meeting, c.segment, c.line, 1.0 / (60 + c.place) AS score, 'words' AS how"
    "   FROM fleet.candidates(regexp_split_to_array($1, '\\s+'), $2::date::timestamptz, $3::date + interval '1 day', $4, $5, $6::int) WITH ORDINALITY"
    "   AS c(meeting, segment, line, place) WHERE $1 <> ''"
    "  UNION ALL SELECT n.meeting, s.id, NULL, 1.0 / (60 + n.place), 'meaning'"
    "   FROM unnest($7::bigint[], $8::float8[]) WITH ORDINALITY AS n(meeting, start, place)"
    "   JOIN LATERAL (SELECT id FROM fleet.segments s WHERE s.meeting = n.meeting AND s.start = n.start ORDER BY id LIMIT 1) s ON true),"
    " best AS (SELECT meeting, segment, line, sum(score) AS score, string_agg(how, ' ' ORDER BY how DESC) AS how FROM found"
    "   GROUP BY meeting, segment, line ORDER BY score DESC LIMIT $6::int)"
    "SELECT m.id, b.name, m.title, to_char(m.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), coalesce(s.start, l.start),"
    " CASE WHEN l.line IS NOT NULL THEN l.kind ELSE coalesce(p.name, CASE WHEN s.speaker > 0 THEN 'Speaker ' || s.speaker END, '') END,"
    " coalesce(s.text, l.text), coalesce(s.id, 0), c.how"
    " FROM best c JOIN fleet.meetings m ON m.id = c.meeting JOIN fleet.boxes b ON b.id = m.box"
    " LEFT JOIN fleet.segments s ON s.meeting = c.meeting AND s.id = c.segment"
    " LEFT JOIN fleet.minutes_lines l ON l.meeting = c.meeting AND l.line = c.line"
    " LEFT JOIN fleet.speakers p ON p.meeting = c.meeting AND p.number = s.speaker"
    " WHERE s.id IS NOT NULL OR l.line IS NOT NULL ORDER BY c.score DESC, m.started_at DESC, m.id, l.line NULLS LAST, s.id";

static void show(const PGresult *r)
{
    for (int i = 0; i < PQntuples(r); i++) {
        int at = (int)strtod(PQgetvalue(r, i, 4), NULL);
        const char *who = PQgetvalue(r, i, 5);
        printf("%s [%d:%02d:%02d] %s%s%s  (%s, %s, %s)\n", PQgetvalue(r, i, 0), at / 3600, at / 60 % 60,
               at % 60, who, *who ? ": " : "", PQgetvalue(r, i, 6), PQgetvalue(r, i, 2), PQgetvalue(r, i, 3),
               PQgetvalue(r, i, 1));
    }
}

static int show_json(struct moim_cli *cli, const PGresult *r)
{
    static const char *const names[] = {"meeting", "box",  "title",   "date", "start",
                                        "speaker", "text", "segment", "found"};
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < PQntuples(r); i++) {
        cJSON *hit = cJSON_CreateObject();
        for (int k = 0; k < 9; k++) {
            const char *v = PQgetvalue(r, i, k);
            moim_json_set(hit, names[k],
                          k == 0 || k == 4 || k == 7 ? cJSON_CreateNumber(strtod(v, NULL))
                                                     : cJSON_CreateString(v));
        }
        moim_json_append(list, hit);
    }
    return moim_print_json(cli, list);
}

/* Where the embedding model is not installed, words alone are looked for. */
static int run_query(struct moim_cli *cli, PGconn *pg, const char *words, const char *like, bool meaning,
                     const struct moim_fleet_filter *f, int limit)
{
    char most[12], *meetings = NULL, *starts = NULL;
    float v[MOIM_VECTOR_DIM];
    PGresult *r = NULL;
    struct moim_err ignored = {0};
    int rc = like ? moim_fleet_like(pg, like, v, &cli->err) : MOIM_OK;
    meaning = like || (meaning && *words && !moim_fleet_question(words, v, &ignored));
    if (!rc && meaning) rc = moim_fleet_near(pg, v, f, limit, &meetings, &starts, &cli->err);
    snprintf(most, sizeof most, "%d", limit);
    const char *values[] = {
        words, f->from, f->to, f->tag, f->team, most, meetings ? meetings : "{}", starts ? starts : "{}"};
    if (!rc) rc = moim_pg_query(pg, &r, &cli->err, query, 8, values);
    if (!rc && cli->json)
        rc = show_json(cli, r);
    else if (!rc)
        show(r);
    PQclear(r);
    free(meetings);
    free(starts);
    return rc;
}

static int run_search(struct moim_cli *cli, int argc, char **argv)
{
    const char *config = MOIM_FLEET_CONFIG, *like = NULL;
    struct moim_fleet_filter f = {.tag = "", .team = ""};
    int limit = 20;
    bool words_only = false;
    char words[2048];
    const struct moim_opt opts[] = {
        MOIM_FLEET_OPTIONS(&config),
        {"since", MOIM_OPT_STR, "DAY", "meetings of that day (YYYY-MM-DD, UTC) and later", &f.from},
        {"until", MOIM_OPT_STR, "DAY", "meetings of that day and earlier", &f.to},
        {"tag", MOIM_OPT_STR, "TAG", "meetings that carry it", &f.tag},
        {"team", MOIM_OPT_STR, "TEAM", "meetings of this team", &f.team},
        {"like", MOIM_OPT_STR, "MEETING@SECONDS", "also what is like what was said there", &like},
        {"words-only", MOIM_OPT_FLAG, NULL, "do not search by meaning", &words_only},
        {"limit", MOIM_OPT_INT, "N", "at most so many (default: 20)", &limit}};
    int n = moim_cli_args(cli, opts, 8, argc, argv, 0, -1);
    if (n < 0) return n;
    if (!n && !like) return moim_fail(&cli->err, MOIM_EINVAL, "search: words, or --like");
    struct moim_fleet_config c;
    PGconn *pg;
    int rc = moim_join_args(cli, argv, n, words, sizeof words);
    if (!rc) rc = moim_cli_text(cli, "words", words);
    if (!rc) rc = moim_fleet_open(&c, config, &pg, &cli->err);
    if (rc) return rc;
    rc = run_query(cli, pg, words, like, !words_only, &f, limit);
    PQfinish(pg);
    moim_fleet_config_free(&c);
    return rc;
}
const struct moim_command moim_command_search = {
    "search", "[WORDS...]", "search the meetings of your teams, by words (also inside them) and by meaning",
    "All words must occur within eight lines. A hit is cited by meeting, time and speaker.", run_search};
