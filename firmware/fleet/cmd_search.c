/* Search over all meetings that the reader may see. */
#include "base/json.h"
#include "firmware/fleet/fleet.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

/* The words are read under the reader's own rights: candidates() gives numbers alone. */
static const char query[] =
    "SELECT m.id, b.name, m.title, to_char(m.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), coalesce(s.start, l.start),"
    " CASE WHEN l.line IS NOT NULL THEN l.kind ELSE coalesce(p.name, CASE WHEN s.speaker > 0 THEN 'Speaker ' || s.speaker END, '') END,"
    " coalesce(s.text, l.text), coalesce(s.id, 0)"
    " FROM fleet.candidates(regexp_split_to_array($1, '\\s+'), $2::timestamptz, $3::timestamptz, $4, $5, $6::int) WITH ORDINALITY"
    "   AS c(meeting, segment, line, place)"
    " JOIN fleet.meetings m ON m.id = c.meeting JOIN fleet.boxes b ON b.id = m.box"
    " LEFT JOIN fleet.segments s ON s.meeting = c.meeting AND s.id = c.segment"
    " LEFT JOIN fleet.minutes_lines l ON l.meeting = c.meeting AND l.line = c.line"
    " LEFT JOIN fleet.speakers p ON p.meeting = c.meeting AND p.number = s.speaker"
    " WHERE s.id IS NOT NULL OR l.line IS NOT NULL ORDER BY c.place";

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

static int show_json(const PGresult *r, struct moim_err *err)
{
    static const char *const names[] = {"meeting", "box",     "title", "date",
                                        "start",   "speaker", "text",  "segment"};
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < PQntuples(r); i++) {
        cJSON *hit = cJSON_CreateObject();
        for (int k = 0; k < 8; k++) {
            const char *v = PQgetvalue(r, i, k);
            moim_json_set(hit, names[k],
                          k == 0 || k == 4 || k == 7 ? cJSON_CreateNumber(strtod(v, NULL))
                                                     : cJSON_CreateString(v));
        }
        moim_json_append(list, hit);
    }
    char *text = moim_json_text(list, true);
    cJSON_Delete(list);
    if (!text) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    puts(text);
    free(text);
    return MOIM_OK;
}

static int run_search(struct moim_cli *cli, int argc, char **argv)
{
    const char *config = MOIM_FLEET_CONFIG, *from = NULL, *to = NULL, *tag = "", *team = "";
    int limit = 20;
    char most[12], words[2048] = "";
    const struct moim_opt opts[] = {
        MOIM_FLEET_OPTIONS(&config),
        {"from", MOIM_OPT_STR, "DAY", "meetings since then (YYYY-MM-DD, UTC)", &from},
        {"to", MOIM_OPT_STR, "DAY", "meetings before that day", &to},
        {"tag", MOIM_OPT_STR, "TAG", "meetings that carry it", &tag},
        {"team", MOIM_OPT_STR, "TEAM", "meetings of this team", &team},
        {"limit", MOIM_OPT_INT, "N", "at most so many (default: 20)", &limit}};
    int n = moim_cli_args(cli, opts, 6, argc, argv, 1, -1);
    if (n < 0) return n;
    size_t at = 0;
    for (int i = 0; i < n && at < sizeof words; i++)
        at += (size_t)snprintf(words + at, sizeof words - at, "%s%s", i ? " " : "", argv[i]);
    if (at >= sizeof words) return moim_fail(&cli->err, MOIM_EINVAL, "too many words");
    struct moim_fleet_config c;
    PGconn *pg;
    PGresult *r;
    int rc = moim_cli_text(cli, "words", words);
    if (!rc) rc = moim_fleet_open(&c, config, &pg, &cli->err);
    if (rc) return rc;
    snprintf(most, sizeof most, "%d", limit);
    rc = moim_pg_query(pg, &r, &cli->err, query, 6, (const char *const[]){words, from, to, tag, team, most});
    if (!rc && cli->json)
        rc = show_json(r, &cli->err);
    else if (!rc)
        show(r);
    if (r) PQclear(r);
    PQfinish(pg);
    moim_fleet_config_free(&c);
    return rc;
}
const struct moim_command moim_command_search = {
    "search", "WORDS...", "search the meetings of your teams, also inside words",
    "All words must occur within eight lines. A hit is cited by meeting, time and speaker.", run_search};
