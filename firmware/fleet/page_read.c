/* What the page asks: PostgreSQL makes the JSON, under the reader's own rights. */
#include "firmware/fleet/page.h"
#include "firmware/pipeline/transcribe.h"
#include "firmware/platform/log.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INSTANT "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'"
#define MEETING                                                                                                               \
    "'id', m.id, 'title', m.title, 'started_at', to_char(m.started_at, " INSTANT                                              \
    "), 'duration_s', m.duration,"                                                                                            \
    " 'language', m.language, 'room', b.name, 'team', t.name, 'tags', (SELECT coalesce(json_agg(g.tag ORDER BY g.tag), '[]')" \
    " FROM fleet.tags g WHERE g.meeting = m.id)"
#define OF_MEETINGS                                                                                          \
    " FROM fleet.meetings m JOIN fleet.boxes b ON b.id = m.box JOIN fleet.teams t ON t.id = m.team "
#define PAGE "50"

/* One statement whose one value is the answer. */
struct question {
    const char *sql, *values[8];
    int n;
    int64_t read; /* the meeting that is read: in the audit log; 0: none */
    char *json;   /* NULL: no row, or NULL */
};

static int put(void *arg, PGconn *pg, struct moim_err *err)
{
    struct question *q = arg;
    PGresult *rows;
    int rc = moim_pg_query(pg, &rows, err, q->sql, q->n, q->values);
    if (rc) return rc;
    bool there = PQntuples(rows) && !PQgetisnull(rows, 0, 0);
    char number[24];
    q->json = there ? strdup(PQgetvalue(rows, 0, 0)) : NULL;
    if (there && !q->json) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    PQclear(rows);
    snprintf(number, sizeof number, "%lld", (long long)q->read);
    if (!rc && there && q->read)
        rc = moim_pg_query(pg, NULL, err, "SELECT fleet.did_read($1::bigint)", 1,
                           (const char *const[]){number});
    if (rc) free(q->json), q->json = NULL;
    return rc;
}

static void answer(struct moim_page *p, const struct moim_http_request *rq, struct moim_http_answer *an,
                   struct question *q)
{
    if (!moim_page_as_reader(p, rq, an, put, q)) return;
    if (q->json)
        moim_answer_text(an, 200, "application/json", q->json, strlen(q->json));
    else
        moim_answer_why(an, 404, "no_meeting", "no such meeting, or not of your teams");
}

void moim_page_me(struct moim_page *p, struct moim_http_request *rq, struct moim_http_answer *an)
{
    char id[MOIM_SESSION_ID + 1];
    struct question q = {.sql = "SELECT fleet.whoami()"};
    if (!*moim_page_session(rq, id))
        moim_answer_text(an, 200, "application/json", strdup("null"), 4);
    else
        answer(p, rq, an, &q);
}

static void answer_person(struct moim_page *p, struct moim_http_request *rq, struct moim_http_answer *an,
                          const char *id)
{
    moim_answer_text(an, 204, NULL, NULL, 0);
    moim_answer_header(an, "Set-Cookie", "moim_fleet=%s; HttpOnly; SameSite=Strict; Path=/%s", id,
                       p->secure ? "; Secure" : "");
    moim_guard_tried(p->guard, rq, true);
}

void moim_page_sign_in(struct moim_page *p, struct moim_http_request *rq, struct moim_http_answer *an)
{
    char id[MOIM_SESSION_ID + 1];
    const char *user = NULL, *token = NULL;
    struct moim_err err = {0};
    if (!moim_http_json(rq, an, false) || !moim_http_text(rq, an, "user", 1, 63, true, &user) ||
        !moim_http_text(rq, an, "token", 1, 255, true, &token) || moim_guard_locked(p->guard, rq, an))
        return;
    int rc = moim_sessions_begin(p->sessions, user, token, id, &err);
    if (!rc) {
        answer_person(p, rq, an, id);
    } else if (rc == MOIM_EACCES) {
        moim_guard_tried(p->guard, rq, false);
        moim_log(MOIM_LOG_NOTICE, "%s: sign-in refused", rq->peer);
        moim_answer_why(an, 401, "wrong_token", "wrong user or token");
    } else if (rc == MOIM_EIO) {
        moim_log(MOIM_LOG_WARNING, "%s", err.msg);
        moim_answer_why(an, 503, "database", "the database cannot be asked now");
    } else {
        moim_answer_fail(an, &err);
    }
}

static int note_end(void *arg, PGconn *pg, struct moim_err *err)
{
    (void)arg;
    return moim_pg_query(pg, NULL, err, "SELECT fleet.did($1, $2)", 2,
                         (const char *const[]){"sign out", "page"});
}

void moim_page_sign_out(struct moim_page *p, struct moim_http_request *rq, struct moim_http_answer *an)
{
    char id[MOIM_SESSION_ID + 1];
    struct moim_http_answer unread = MOIM_HTTP_ANSWER_INIT;
    /* Signing out does not fail: a session that is over, or a database that is away, cannot be told. */
    moim_page_as_reader(p, rq, &unread, note_end, NULL);
    moim_http_answer_clear(&unread);
    moim_sessions_end(p->sessions, moim_page_session(rq, id));
    moim_answer_text(an, 204, NULL, NULL, 0);
    moim_answer_header(an, "Set-Cookie", "moim_fleet=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
}

/* ---- meetings ---- */

/* The filter as the query has it; false after a wrong one was answered. */
static bool read_filter(const struct moim_http_request *rq, struct moim_http_answer *an,
                        struct moim_fleet_filter *f)
{
    const struct {
        const char *name, **at;
    } of[] = {{"from", &f->from}, {"to", &f->to},     {"tag", &f->tag},
              {"team", &f->team}, {"room", &f->room}, {"person", &f->person}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        const char *value;
        if (!moim_http_query_text(rq, an, of[i].name, 200, &value)) return false;
        if (value && *value) *of[i].at = value;
    }
    return true;
}

/* What may be chosen: rooms, teams and tags of the reader, and who spoke in the newest meetings. */
void moim_page_filters(struct moim_page *p, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct question q = {
        .sql =
            "SELECT json_build_object("
            "'rooms', (SELECT coalesce(json_agg(name ORDER BY name), '[]') FROM fleet.boxes),"
            " 'teams', (SELECT coalesce(json_agg(name ORDER BY name), '[]') FROM fleet.teams),"
            " 'tags', (SELECT coalesce(json_agg(tag ORDER BY tag), '[]') FROM (SELECT tag FROM fleet.tags GROUP BY tag ORDER BY count(*) DESC LIMIT 200) x),"
            " 'people', (SELECT coalesce(json_agg(name ORDER BY name), '[]') FROM (SELECT s.name FROM fleet.speakers s WHERE s.name <> '' AND s.meeting IN"
            "  (SELECT id FROM fleet.meetings ORDER BY started_at DESC LIMIT 500) GROUP BY s.name ORDER BY count(*) DESC LIMIT 200) x))"};
    answer(p, rq, an, &q);
}

void moim_page_meetings(struct moim_page *p, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct moim_fleet_filter f = MOIM_FLEET_ALL;
    char before[24];
    long long id;
    if (!read_filter(rq, an, &f) || !moim_http_query_int(rq, an, "before", 0, INT64_MAX, 0, &id)) return;
    snprintf(before, sizeof before, "%lld", id);
    struct question q = {
        .sql =
            "SELECT json_build_object('meetings', coalesce(json_agg(x.row ORDER BY x.started_at DESC, x.id DESC), '[]'), 'more', count(*) = " PAGE
            ")"
            " FROM (SELECT m.id, m.started_at, json_build_object(" MEETING
            ", 'speakers', (SELECT count(*) FROM fleet.speakers s WHERE s.meeting = m.id),"
            " 'preview', (SELECT l.text FROM fleet.minutes_lines l WHERE l.meeting = m.id AND l.kind = 'summary' ORDER BY l.line LIMIT 1)) AS row" OF_MEETINGS
            "WHERE " MOIM_FLEET_WITHIN(
                "$1", "$2", "$3", "$4", "$5",
                "$6") " AND ($7::bigint = 0 OR (m.started_at, m.id) < (SELECT o.started_at, o.id FROM fleet.meetings o WHERE o.id = $7::bigint))"
                      " ORDER BY m.started_at DESC, m.id DESC LIMIT " PAGE ") x",
        .values = {f.from, f.to, f.tag, f.team, f.room, f.person, before},
        .n = 7};
    answer(p, rq, an, &q);
}

void moim_page_meeting(struct moim_page *p, struct moim_http_request *rq, struct moim_http_answer *an)
{
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)rq->id[0]);
    struct question q = {
        .sql =
            "SELECT json_build_object(" MEETING
            ", 'speakers', (SELECT coalesce(json_agg(json_build_object('number', s.number, 'name', s.name) ORDER BY s.number), '[]') FROM fleet.speakers s WHERE s.meeting = m.id),"
            " 'segments', (SELECT coalesce(json_agg(json_build_object('id', s.id, 'start', s.start, 'end', s.\"end\", 'speaker', s.speaker, 'text', s.text,"
            "   'edited', s.edited, 'speaker_certainty', s.speaker_certainty) ORDER BY s.start, s.id), '[]') FROM fleet.segments s WHERE s.meeting = m.id),"
            " 'bookmarks', (SELECT coalesce(json_agg(json_build_object('at', k.at, 'note', k.note) ORDER BY k.at), '[]') FROM fleet.bookmarks k WHERE k.meeting = m.id),"
            " 'minutes', (SELECT coalesce(json_object_agg(k.kind, k.lines), '{}') FROM (SELECT l.kind, json_agg(json_build_object('text', l.text, 'owner', l.owner,"
            "   'due', l.due_text, 'due_date', l.due_date, 'done', l.done_at IS NOT NULL, 'start', l.start, 'evidence', l.evidence) ORDER BY l.line) AS lines"
            "   FROM fleet.minutes_lines l WHERE l.meeting = m.id GROUP BY l.kind) k))" OF_MEETINGS
            "WHERE m.id = $1::bigint",
        .values = {id},
        .n = 1,
        .read = rq->id[0]};
    answer(p, rq, an, &q);
}

/* ---- search and questions ---- */

/* The vector of what is looked for; false: the embedding model is not here, words alone are looked for. */
static bool meaning_of(struct moim_page *p, const char *text, float v[MOIM_VECTOR_DIM])
{
    struct moim_err ignored = {0};
    pthread_mutex_lock(&p->meaning);
    int rc = p->engine ? MOIM_OK : moim_engine_new(&p->engine, 1, &ignored);
    if (!rc) rc = moim_fleet_question_by(p->engine, text, v, &ignored);
    pthread_mutex_unlock(&p->meaning);
    return !rc;
}

struct finding {
    struct moim_fleet_search q;
    PGresult *rows;
};
static int find(void *arg, PGconn *pg, struct moim_err *err)
{
    struct finding *f = arg;
    return moim_fleet_search(pg, &f->q, &f->rows, err);
}

void moim_page_search(struct moim_page *p, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct finding f = {.q = {.filter = MOIM_FLEET_ALL, .limit = 50, .words = NULL}};
    float v[MOIM_VECTOR_DIM];
    if (!read_filter(rq, an, &f.q.filter) || !moim_http_query_text(rq, an, "q", 500, &f.q.words)) return;
    if (!f.q.words || !*f.q.words) {
        moim_answer_field(an, "q", "must not be empty");
        return;
    }
    if (meaning_of(p, f.q.words, v)) f.q.v = v;
    if (!moim_page_as_reader(p, rq, an, find, &f)) return;
    cJSON *o = cJSON_CreateObject();
    cJSON_AddItemToObject(o, "hits", moim_fleet_hits_json(f.rows));
    cJSON_AddBoolToObject(o, "more", PQntuples(f.rows) == f.q.limit);
    PQclear(f.rows);
    moim_answer_json(an, 200, o);
}

#define WAITING_MOST 16
struct asking {
    const char *question;
    const float *v;
    struct moim_fleet_filter filter;
    struct moim_fleet_answer answer;
};
static int ask(void *arg, PGconn *pg, struct moim_err *err)
{
    struct asking *a = arg;
    int rc = moim_pg_query(pg, NULL, err, "SELECT fleet.did($1, $2)", 2,
                           (const char *const[]){"ask", a->question});
    return rc ? rc : moim_fleet_ask_meetings(pg, a->question, a->v, &a->filter, &a->answer, err);
}

/* Models take memory and all cores: one question at a time. False: too many wait. */
static bool my_turn(struct moim_page *p)
{
    if (__atomic_add_fetch(&p->waiting, 1, __ATOMIC_SEQ_CST) > WAITING_MOST) {
        __atomic_sub_fetch(&p->waiting, 1, __ATOMIC_SEQ_CST);
        return false;
    }
    pthread_mutex_lock(&p->asking);
    return true;
}
static void turn_over(struct moim_page *p)
{
    pthread_mutex_unlock(&p->asking);
    __atomic_sub_fetch(&p->waiting, 1, __ATOMIC_SEQ_CST);
}

static void answer_question(struct moim_page *p, struct moim_http_request *rq, struct asking *a,
                            struct moim_http_answer *an)
{
    float v[MOIM_VECTOR_DIM];
    struct moim_err err = {0};
    if (meaning_of(p, a->question, v)) a->v = v;
    if (!moim_page_as_reader(p, rq, an, ask, a)) return;
    if (moim_fleet_ask_answer(&a->answer, a->question, p->model, p->threads, &p->ending, &err)) {
        moim_log(MOIM_LOG_WARNING, "%s", err.msg);
        moim_answer_fail(an, &err);
    } else {
        moim_answer_json(an, 200, moim_fleet_answer_json(&a->answer));
    }
    moim_fleet_answer_clear(&a->answer);
}

void moim_page_ask(struct moim_page *p, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct asking a = {.filter = MOIM_FLEET_ALL};
    const struct {
        const char *name, **at;
    } of[] = {{"from", &a.filter.from}, {"to", &a.filter.to},     {"tag", &a.filter.tag},
              {"team", &a.filter.team}, {"room", &a.filter.room}, {"person", &a.filter.person}};
    if (!moim_http_json(rq, an, false) || !moim_http_text(rq, an, "question", 1, 1000, true, &a.question))
        return;
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        if (!moim_http_text(rq, an, of[i].name, 1, 200, false, of[i].at)) return;
    if (!my_turn(p)) {
        moim_answer_error(an, 503, "too many questions are waiting; try again later");
        moim_answer_header(an, "Retry-After", "30");
        return;
    }
    answer_question(p, rq, &a, an);
    turn_over(p);
}
