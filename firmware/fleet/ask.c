/* A question answered from the archive. The database says which meetings it may be about, under the reader's own rights; those
 * few are read into a store of their own in a private folder, and answered from as a recorder answers from its store. */
#include "base/json.h"
#include "firmware/fleet/find.h"
#include "firmware/fleet/fleet.h"
#include "firmware/library/document_add.h"
#include "storage/export.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 12

/* A word counts for as much as it is rare, in lines and in titles; places of like meaning count beside them. $1: words,
 * $2 to $5: days, tag, team, $6: most, $7: meetings of passages that are like the question, best first. */
static const char query[] =
    "WITH word AS (SELECT w, n FROM unnest($1::text[]) WITH ORDINALITY AS u(w, n) WHERE length(w) > 1),"
    " said AS (SELECT n, c.meeting, count(*) AS lines FROM word, LATERAL fleet.candidates(ARRAY[w], " MOIM_FLEET_SPAN(
        "$2",
        "$3") ", $4, $5, 400, $8, $9) c GROUP BY n, c.meeting),"
              " titled AS (SELECT n, m.id AS meeting FROM word, fleet.meetings m JOIN fleet.teams t ON t.id = m.team JOIN fleet.boxes b ON b.id = m.box"
              "   WHERE strpos(lower(m.title), lower(w)) > 0"
              "   AND " MOIM_FLEET_WITHIN(
                  "$2", "$3", "$4", "$5", "$8",
                  "$9") "),"
                        " hit AS (SELECT n, meeting FROM said UNION SELECT n, meeting FROM titled),"
                        " rare AS (SELECT n, 1 / (1 + ln(count(*))) AS weight FROM hit GROUP BY n),"
                        " found AS (SELECT meeting, weight FROM hit JOIN rare USING (n)"
                        "  UNION ALL SELECT meeting, max(1.0 / (2 + place)) FROM unnest($7::bigint[]) WITH ORDINALITY AS u(meeting, place) GROUP BY meeting),"
                        " best AS (SELECT meeting, sum(weight) AS weight FROM found GROUP BY meeting ORDER BY weight DESC, meeting DESC LIMIT $6::int)"
                        "SELECT m.id, b.name, json_build_object('title', m.title, 'language', m.language, 'duration_s', m.duration, 'state', 'summarized',"
                        " 'started_at', to_char(m.started_at, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
                        " 'segments', (SELECT json_agg(json_build_object('id', s.id, 'start', s.start, 'end', s.\"end\", 'speaker_number', s.speaker,"
                        "   'speaker', coalesce(p.name, ''), 'text', s.text, 'confidence', s.confidence) ORDER BY s.start, s.id) FROM fleet.segments s"
                        "   LEFT JOIN fleet.speakers p ON p.meeting = s.meeting AND p.number = s.speaker WHERE s.meeting = m.id),"
                        " 'minutes', (SELECT json_object_agg(kind, lines) FROM (SELECT l.kind || CASE WHEN l.kind IN ('summary', 'title', 'to_confirm') THEN '' ELSE 's' END"
                        "   AS kind, json_agg(json_build_object('text', l.text, 'owner', l.owner, 'due', l.due_text, 'due_date', l.due_date, 'start', l.start,"
                        "   'end', l.\"end\", 'evidence', l.evidence) ORDER BY l.line) AS lines FROM fleet.minutes_lines l WHERE l.meeting = m.id GROUP BY 1) k))"
                        " FROM best c JOIN fleet.meetings m ON m.id = c.meeting JOIN fleet.boxes b ON b.id = m.box ORDER BY c.weight DESC, m.id DESC";

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

int moim_fleet_ask_meetings(PGconn *pg, const char *question, const float *v,
                            const struct moim_fleet_filter *f, struct moim_fleet_answer *a,
                            struct moim_err *err)
{
    char *meetings = NULL, *starts = NULL, *words = array_of_words(question), most[12];
    int rc = words ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "out of memory");
    if (!rc && v) rc = moim_fleet_near(pg, v, f, 20, &meetings, &starts, err);
    snprintf(most, sizeof most, "%d", MOIM_FLEET_READ);
    const char *values[] = {words,   f->from,  f->to, f->tag, f->team, most, meetings ? meetings : "{}",
                            f->room, f->person};
    if (!rc) rc = moim_pg_query(pg, &a->rows, err, query, 9, values);
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

static int read_into(struct moim_store *s, struct moim_fleet_answer *a, struct moim_err *err)
{
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < PQntuples(a->rows) && i < MOIM_FLEET_READ; i++) {
        a->from[i].archived = PQgetvalue(a->rows, i, 0);
        a->from[i].box = PQgetvalue(a->rows, i, 1);
        rc = add_meeting(s, PQgetvalue(a->rows, i, 2), &a->from[i].id, err);
    }
    return rc;
}

int moim_fleet_ask_answer(struct moim_fleet_answer *a, const char *question, const char *model, int threads,
                          const volatile int *cancel, struct moim_err *err)
{
    char folder[256], path[300];
    struct moim_store *s = NULL;
    struct moim_engine *e = NULL;
    struct moim_ask_filter f = {.model = model};
    if (!PQntuples(a->rows)) return MOIM_OK;
    int rc = moim_fleet_folder(folder, err), left;
    if (rc) return rc;
    snprintf(path, sizeof path, "%s/moim.db", folder);
    rc = moim_store_open(&s, path, err);
    if (!rc) rc = read_into(s, a, err);
    if (!rc) rc = moim_engine_new(&e, threads, err);
    if (!rc) moim_engine_set_cancel(e, cancel);
    /* Without the embedding model words alone choose the places. */
    if (!rc) moim_embed_waiting(e, s, 0, NULL, NULL, &left, NULL);
    if (!rc) rc = moim_ask(e, s, question, &f, &a->reply, err);
    moim_engine_free(e);
    moim_store_close(s);
    moim_fleet_folder_remove(folder);
    return rc;
}

const struct moim_fleet_source *moim_fleet_source_of(const struct moim_fleet_answer *a, int64_t id)
{
    static const struct moim_fleet_source none = {0, "", ""};
    for (int i = 0; i < MOIM_FLEET_READ; i++)
        if (a->from[i].archived && a->from[i].id == id) return &a->from[i];
    return &none;
}

static cJSON *citation(const struct moim_fleet_answer *a, const struct moim_citation *c)
{
    const struct moim_fleet_source *from = moim_fleet_source_of(a, c->meeting);
    cJSON *x = cJSON_CreateObject();
    moim_json_set(x, "meeting", cJSON_CreateNumber(strtod(from->archived, NULL)));
    moim_json_set(x, "box", cJSON_CreateString(from->box));
    moim_json_set(x, "title", cJSON_CreateString(c->title));
    moim_json_instant(x, "started_at", c->started_at);
    moim_json_set(x, "start", cJSON_CreateNumber(round(c->start * 1000) / 1000));
    moim_json_set(x, "speaker", cJSON_CreateString(c->speaker));
    moim_json_set(x, "text", cJSON_CreateString(c->text));
    return x;
}

struct cJSON *moim_fleet_answer_json(const struct moim_fleet_answer *a)
{
    const struct moim_reply *r = &a->reply;
    cJSON *o = cJSON_CreateObject(), *cited = cJSON_CreateArray();
    moim_json_set(o, "known", cJSON_CreateBool(r->n > 0));
    moim_json_set(o, "answer", cJSON_CreateString(r->n ? r->text : ""));
    for (int i = 0; i < r->n; i++) moim_json_append(cited, citation(a, &r->cite[i]));
    moim_json_set(o, "citations", cited);
    return o;
}

void moim_fleet_answer_clear(struct moim_fleet_answer *a)
{
    moim_reply_clear(&a->reply);
    PQclear(a->rows);
    a->rows = NULL;
}
