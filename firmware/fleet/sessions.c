#include "firmware/fleet/sessions.h"
#include "base/clock.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SESSIONS 512
#define OF_A_PERSON 8
#define IDLE_SECONDS (2 * 3600)
#define LONGEST_SECONDS (12 * 3600)
#define CONNECTION_SECONDS 15
#define PREFIX "fleet_member_"

struct moim_session {
    char id[MOIM_SESSION_ID + 1], user[64], token[256];
    PGconn *pg;         /* NULL: not connected */
    bool busy, ended;   /* ended while it was busy: who gives it back removes it */
    double began, used; /* monotonic seconds */
};

struct moim_sessions {
    const char *database;
    pthread_mutex_t lock;
    pthread_cond_t given;
    struct moim_session *list[SESSIONS];
};

int moim_sessions_new(struct moim_sessions **out, const char *database, struct moim_err *err)
{
    *out = NULL;
    if (sodium_init() < 0) return moim_fail(err, MOIM_EUNSUP, "no random numbers available");
    struct moim_sessions *s = calloc(1, sizeof *s);
    if (!s) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    s->database = database;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->given, NULL);
    *out = s;
    return MOIM_OK;
}

static void forget(struct moim_session *x)
{
    if (!x) return;
    PQfinish(x->pg);
    sodium_memzero(x, sizeof *x);
    free(x);
}

void moim_sessions_free(struct moim_sessions *s)
{
    if (!s) return;
    for (int i = 0; i < SESSIONS; i++) forget(s->list[i]);
    pthread_cond_destroy(&s->given);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* Caller holds the lock. All are compared, each in the same time. */
static struct moim_session **find(struct moim_sessions *s, const char *id)
{
    struct moim_session **found = NULL;
    if (strlen(id) != MOIM_SESSION_ID) return NULL;
    for (int i = 0; i < SESSIONS; i++)
        if (s->list[i] && !s->list[i]->ended && !sodium_memcmp(s->list[i]->id, id, MOIM_SESSION_ID))
            found = &s->list[i];
    return found;
}

/* Caller holds the lock. */
static void end(struct moim_session **x)
{
    if ((*x)->busy) {
        (*x)->ended = true;
        return;
    }
    forget(*x);
    *x = NULL;
}

void moim_sessions_end(struct moim_sessions *s, const char *id)
{
    pthread_mutex_lock(&s->lock);
    struct moim_session **x = find(s, id);
    if (x) end(x);
    pthread_mutex_unlock(&s->lock);
}

/* ---- the connection ---- */

/* Asked for a password, and let in by it: a database that trusts whoever comes would take any token. A slow statement is given up. */
static int connect_as(const char *database, const char *user, const char *token, PGconn **pg,
                      struct moim_err *err)
{
    int rc = moim_pg_open(pg, database, user, token, err);
    if (rc) return rc;
    if (!PQconnectionUsedPassword(*pg))
        rc = moim_fail(err, MOIM_EACCES, "the database does not ask for tokens");
    if (!rc) rc = moim_pg_query(*pg, NULL, err, "SET statement_timeout = '30s'", 0, NULL);
    if (rc) PQfinish(*pg), *pg = NULL;
    return rc;
}

static int check_person(PGconn *pg, struct moim_err *err)
{
    bool person;
    int rc = moim_pg_ask(pg, &person, err, "SELECT fleet.whoami() IS NOT NULL", 0, NULL);
    return rc || person ? rc : moim_fail(err, MOIM_EACCES, "not a person's token");
}

/* ---- signing in ---- */

/* Caller holds the lock. A place for one more of that user; NULL: none. */
static struct moim_session **place_for(struct moim_sessions *s, const char *user)
{
    struct moim_session **unused = NULL, **oldest = NULL;
    int own = 0;
    for (int i = 0; i < SESSIONS; i++) {
        struct moim_session **x = &s->list[i];
        if (!*x && !unused) unused = x;
        if (!*x || strcmp((*x)->user, user)) continue;
        own++;
        if (!(*x)->busy && (!oldest || (*x)->used < (*oldest)->used)) oldest = x;
    }
    if (own < OF_A_PERSON) return unused;
    if (oldest) end(oldest);
    return oldest;
}

static int keep(struct moim_sessions *s, struct moim_session *x, struct moim_err *err)
{
    pthread_mutex_lock(&s->lock);
    struct moim_session **place = place_for(s, x->user);
    if (place) *place = x;
    pthread_mutex_unlock(&s->lock);
    return place ? MOIM_OK : moim_fail(err, MOIM_ESTATE, "too many are signed in");
}

static bool user_of(const char *given, char user[64])
{
    bool whole = !strncmp(given, PREFIX, strlen(PREFIX));
    return snprintf(user, 64, "%s%s", whole ? "" : PREFIX, given) < 64 &&
           strspn(user, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(user);
}

static void name_it(char id[MOIM_SESSION_ID + 1])
{
    unsigned char raw[32];
    randombytes_buf(raw, sizeof raw);
    sodium_bin2base64(id, MOIM_SESSION_ID + 1, raw, sizeof raw, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(raw, sizeof raw);
}

int moim_sessions_begin(struct moim_sessions *s, const char *user, const char *token,
                        char id[MOIM_SESSION_ID + 1], struct moim_err *err)
{
    struct moim_session *x = calloc(1, sizeof *x);
    if (!x) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    int n = snprintf(x->token, sizeof x->token, "%s", token), rc = MOIM_OK;
    if (n <= 0 || n >= (int)sizeof x->token || !user_of(user, x->user))
        rc = moim_fail(err, MOIM_EACCES, "not a person's token");
    if (!rc) rc = connect_as(s->database, x->user, x->token, &x->pg, err);
    if (!rc) rc = check_person(x->pg, err);
    if (!rc)
        rc = moim_pg_query(x->pg, NULL, err, "SELECT fleet.did($1, $2)", 2,
                           (const char *const[]){"sign in", "page"});
    name_it(x->id);
    memcpy(id, x->id, sizeof x->id);
    x->began = x->used = moim_monotonic();
    if (!rc) rc = keep(s, x, err);
    if (rc) forget(x);
    return rc;
}

/* ---- using it ---- */

/* Caller holds the lock, which is free while another request of the session goes on. */
static struct moim_session *wait_for(struct moim_sessions *s, const char *id)
{
    struct moim_session **x;
    while ((x = find(s, id)) && (*x)->busy) pthread_cond_wait(&s->given, &s->lock);
    if (!x) return NULL;
    (*x)->busy = true;
    (*x)->used = moim_monotonic();
    return *x;
}

int moim_sessions_take(struct moim_sessions *s, const char *id, bool fresh, struct moim_session **session,
                       PGconn **pg, struct moim_err *err)
{
    pthread_mutex_lock(&s->lock);
    struct moim_session *x = *session = wait_for(s, id);
    pthread_mutex_unlock(&s->lock);
    if (!x) return moim_fail(err, MOIM_EACCES, "not signed in");
    if (x->pg && (fresh || PQstatus(x->pg) != CONNECTION_OK)) PQfinish(x->pg), x->pg = NULL;
    int rc = x->pg ? MOIM_OK : connect_as(s->database, x->user, x->token, &x->pg, err);
    *pg = x->pg;
    if (!rc) return rc;
    if (rc == MOIM_EACCES) x->ended = true;
    moim_sessions_give(s, x);
    *session = NULL;
    return rc;
}

void moim_sessions_give(struct moim_sessions *s, struct moim_session *x)
{
    pthread_mutex_lock(&s->lock);
    x->busy = false;
    x->used = moim_monotonic();
    for (int i = 0; x->ended && i < SESSIONS; i++)
        if (s->list[i] == x) {
            forget(x);
            s->list[i] = NULL;
            break;
        }
    pthread_cond_broadcast(&s->given);
    pthread_mutex_unlock(&s->lock);
}

void moim_sessions_tend(struct moim_sessions *s, double later)
{
    double t = moim_monotonic() + later;
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < SESSIONS; i++) {
        struct moim_session *x = s->list[i];
        if (!x || x->busy) continue;
        if (t - x->used > CONNECTION_SECONDS && x->pg) PQfinish(x->pg), x->pg = NULL;
        if (t - x->used > IDLE_SECONDS || t - x->began > LONGEST_SECONDS) end(&s->list[i]);
    }
    pthread_mutex_unlock(&s->lock);
}
