/* A question answered from the archive. The database says which meetings it may be about, under the reader's own rights; those
 * few are read into a store of their own in a private folder, and answered from as a recorder answers from its store. */
#include "base/json.h"
#include "firmware/fleet/fleet.h"
#include "firmware/fleet/meaning.h"
#include "firmware/library/document_add.h"
#include "firmware/pipeline/ask.h"
#include "storage/export.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 12
#define MEETINGS "8" /* read whole */
#define MOST 8

/* A word counts for as much as it is rare, in lines and in titles; places of like meaning count beside them. $1: words,
 * $2 to $5: days, tag, team, $6: most, $7: meetings of passages that are like the question, best first. */
static const char query[] =
    "WITH word AS (SELECT w, n FROM unnest($1::text[]) WITH ORDINALITY AS u(w, n) WHERE length(w) > 1),"
    " said AS (SELECT n, c.meeting, count(*) AS lines FROM word, LATERAL fleet.candidates(ARRAY[w], $2::date::timestamptz,"
    "   $3::date + interval '1 day', $4, $5, 400) c GROUP BY n, c.meeting),"
    " titled AS (SELECT n, m.id AS meeting FROM word, fleet.meetings m JOIN fleet.teams t ON t.id = m.team"
    "   WHERE strpos(lower(m.title), lower(w)) > 0"
    "   AND ($2::date IS NULL OR m.started_at >= $2::date::timestamptz) AND ($3::date IS NULL OR m.started_at < $3::date + interval '1 day')"
    "   AND ($4 = '' OR EXISTS (SELECT FROM fleet.tags g WHERE g.meeting = m.id AND g.tag = $4)) AND ($5 = '' OR t.name = $5)),"
    " hit AS (SELECT n, meeting FROM said UNION SELECT n, meeting FROM titled),"
    " rare AS (SELECT n, 1 / (1 + ln(count(*))) AS weight FROM hit GROUP BY n),"
    " found AS (SELECT meeting, weight FROM hit JOIN rare USING (n)"
    "  UNION ALL SELECT meeting, max(1.0 / (2 + place)) FROM unnest($7::bigint[]) WITH ORDINALITY AS u(meeting, place) GROUP BY meeting),"
    " best AS (SELECT meeting, sum(weight) AS weight FROM found GROUP BY meeting ORDER BY weight DESC, meeting DESC LIMIT $6::int)"
    "SELECT m.id, b.name, json_build_object('title', m.title, 'language', m.language, 'duration_s', m.duration, 'state', 'summarized',"
    " 'started_at', to_char(m.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
    " 'segments', (SELECT json_agg(json_build_object('id', s.id, 'start', s.start, 'end', s.\"end\", 'speaker_number', s.speaker,"
    "   'speaker', coalesce(p.name, ''), 'text', s.text, 'confidence', s.confidence) ORDER BY s.start, s.id) FROM fleet.segments s"
    "   LEFT JOIN fleet.speakers p ON p.meeting = s.meeting AND p.number = s.speaker WHERE s.meeting = m.id),"
    " 'minutes', (SELECT json_object_agg(kind, lines) FROM (SELECT l.kind || CASE WHEN l.kind IN ('summary', 'title', 'to_confirm') THEN '' ELSE 's' END"
    "   AS kind, json_agg(json_build_object('text', l.text, 'owner', l.owner, 'due', l.due_text, 'due_date', l.due_date, 'start', l.start,"
    "   'end', l.\"end\", 'evidence', l.evidence) ORDER BY l.line) AS lines FROM fleet.minutes_lines l WHERE l.meeting = m.id GROUP BY 1) k))"
    " FROM best c JOIN fleet.meetings m ON m.id = c.meeting JOIN fleet.boxes b ON b.id = m.box ORDER BY c.weight DESC, m.id DESC";

/* Where a meeting of the store beside came from. */
struct source {
    int64_t id;
    const char *archived, *box; /* of the rows */
};

static char *array_of_words(const char *question)
{
    char word[WORDS][64];
    int n = moim_question_words(question, word, WORDS);
    char *out = malloc((size_t)n * 132 + 3), *at = out;
    if (!out) return NULL;
    *at++ = '{';
    for (int i = 0; i < n; i++) {
        if (i) *at++ = ',';
        *at++ = '"';
        for (const char *p = word[i]; *p; *at++ = *p++)
            if (*p == '"' || *p == '\\') *at++ = '\\';
        *at++ = '"';
    }
    strcpy(at, "}");
    return out;
}

static int find_meetings(PGconn *pg, const char *question, const struct moim_fleet_filter *f, PGresult **rows,
                         struct moim_err *err)
{
    float v[MOIM_VECTOR_DIM];
    char *meetings = NULL, *starts = NULL, *words = array_of_words(question);
    int rc = words ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "out of memory");
    /* Without the embedding model words alone are looked for. */
    if (!rc && !moim_fleet_question(question, v, NULL))
        rc = moim_fleet_near(pg, v, f, 20, &meetings, &starts, err);
    const char *values[] = {words, f->from, f->to, f->tag, f->team, MEETINGS, meetings ? meetings : "{}"};
    if (!rc) rc = moim_pg_query(pg, rows, err, query, 7, values);
    free(words);
    free(meetings);
    free(starts);
    return rc;
}

static int add_meeting(struct moim_store *s, const char *json, int64_t *id, struct moim_err *err)
{
    struct moim_whole w;
    int rc = moim_document_parse(&w, json, strlen(json), err);
    if (rc) return rc;
    rc = moim_document_add(s, &w.doc, id, err);
    moim_whole_free(&w);
    return rc;
}

static int answer(struct moim_cli *cli, const PGresult *rows, const char *question, const char *model,
                  struct source list[MOST], struct moim_reply *reply)
{
    char folder[256], path[300];
    struct moim_store *s = NULL;
    struct moim_engine *e = NULL;
    struct moim_ask_filter f = {.model = model};
    int rc = moim_fleet_folder(folder, &cli->err), left;
    if (rc) return rc;
    snprintf(path, sizeof path, "%s/moim.db", folder);
    rc = moim_store_open(&s, path, &cli->err);
    for (int i = 0; !rc && i < PQntuples(rows) && i < MOST; i++) {
        list[i].archived = PQgetvalue(rows, i, 0);
        list[i].box = PQgetvalue(rows, i, 1);
        rc = add_meeting(s, PQgetvalue(rows, i, 2), &list[i].id, &cli->err);
    }
    if (!rc) rc = moim_engine_new(&e, cli->threads, &cli->err);
    if (!rc)
        moim_embed_waiting(e, s, 0, NULL, NULL, &left,
                           NULL); /* without the model words alone choose the places */
    if (!rc) rc = moim_ask(e, s, question, &f, reply, &cli->err);
    moim_engine_free(e);
    moim_store_close(s);
    moim_fleet_folder_remove(folder);
    return rc;
}

static const struct source *source_of(const struct source *list, int64_t id)
{
    static const struct source none = {0, "", ""};
    for (int i = 0; i < MOST; i++)
        if (list[i].archived && list[i].id == id) return &list[i];
    return &none;
}

static void show(const struct moim_reply *r, const struct source *list)
{
    puts(r->n ? r->text : "The meetings do not say.");
    for (int i = 0; i < r->n; i++) {
        const struct moim_citation *c = &r->cite[i];
        const struct source *from = source_of(list, c->meeting);
        char at[32];
        moim_clock(at, sizeof at, c->start);
        printf("  %s [%s] %s%s%s  (%s, %s)\n", from->archived, at, c->speaker, *c->speaker ? ": " : "",
               c->text, c->title, from->box);
    }
}

static int show_json(struct moim_cli *cli, const struct moim_reply *r, const struct source *list)
{
    cJSON *o = cJSON_CreateObject(), *cited = cJSON_CreateArray();
    moim_json_set(o, "known", cJSON_CreateBool(r->n > 0));
    moim_json_set(o, "answer", cJSON_CreateString(r->n ? r->text : ""));
    for (int i = 0; i < r->n; i++) {
        const struct moim_citation *c = &r->cite[i];
        const struct source *from = source_of(list, c->meeting);
        cJSON *x = cJSON_CreateObject();
        moim_json_set(x, "meeting", cJSON_CreateNumber(strtod(from->archived, NULL)));
        moim_json_set(x, "box", cJSON_CreateString(from->box));
        moim_json_set(x, "title", cJSON_CreateString(c->title));
        moim_json_set(x, "start", cJSON_CreateNumber(round(c->start * 1000) / 1000));
        moim_json_set(x, "speaker", cJSON_CreateString(c->speaker));
        moim_json_set(x, "text", cJSON_CreateString(c->text));
        moim_json_append(cited, x);
    }
    moim_json_set(o, "citations", cited);
    return moim_print_json(cli, o);
}

static int ask(struct moim_cli *cli, PGconn *pg, const char *question, const struct moim_fleet_filter *f,
               const char *model)
{
    PGresult *rows = NULL;
    struct source list[MOST] = {0};
    struct moim_reply reply = {0};
    int rc = find_meetings(pg, question, f, &rows, &cli->err);
    if (!rc && PQntuples(rows)) rc = answer(cli, rows, question, model, list, &reply);
    if (!rc && cli->json)
        rc = show_json(cli, &reply, list);
    else if (!rc)
        show(&reply, list);
    moim_reply_clear(&reply);
    PQclear(rows);
    return rc;
}

static int run_ask(struct moim_cli *cli, int argc, char **argv)
{
    const char *config = MOIM_FLEET_CONFIG, *model = NULL;
    struct moim_fleet_filter f = {.tag = "", .team = ""};
    char question[1024];
    const struct moim_opt opts[] = {
        MOIM_FLEET_OPTIONS(&config),
        {"since", MOIM_OPT_STR, "DAY", "from meetings of that day (YYYY-MM-DD, UTC) and later", &f.from},
        {"until", MOIM_OPT_STR, "DAY", "from meetings of that day and earlier", &f.to},
        {"tag", MOIM_OPT_STR, "TAG", "from meetings that carry it", &f.tag},
        {"team", MOIM_OPT_STR, "TEAM", "from meetings of this team", &f.team},
        {"minutes-model", MOIM_OPT_STR, "NAME",
         "the model that answers (default: the one that writes minutes)", &model}};
    int n = moim_cli_args(cli, opts, 6, argc, argv, 1, -1);
    if (n < 0) return n;
    struct moim_fleet_config c;
    PGconn *pg;
    int rc = moim_join_args(cli, argv, n, question, sizeof question);
    if (!rc) rc = moim_cli_text(cli, "question", question);
    if (!rc) rc = moim_fleet_open(&c, config, &pg, &cli->err);
    if (rc) return rc;
    rc = ask(cli, pg, question, &f, model);
    PQfinish(pg);
    moim_fleet_config_free(&c);
    return rc;
}

const struct moim_command moim_command_ask_fleet = {
    "ask", "QUESTION", "answer a question from the meetings of your teams, with the places where it was said",
    "The meetings that the question may be about are read into a private folder, which is removed at the end. Says that it\n"
    "does not know when they do not tell (with --json \"known\": false and no citations).",
    run_ask};
