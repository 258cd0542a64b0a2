#include "storage/fleet/pg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libpq's messages have several lines and end in one. */
static void one_line(char *text)
{
    size_t n = strlen(text);
    while (n && (text[n - 1] == '\n' || text[n - 1] == ' ')) text[--n] = 0;
    for (; *text; text++)
        if (*text == '\n' || *text == '\t') *text = ' ';
}

static int fail(PGconn *pg, int code, const char *text, struct moim_err *err)
{
    char line[400];
    snprintf(line, sizeof line, "%s", text && *text ? text : "no answer");
    moim_cut_whole(line);
    one_line(line);
    return moim_fail(err, code, "PostgreSQL: %s", strncmp(line, "ERROR:  ", 8) ? line : line + 8);
    (void)pg;
}

/* Every host named is a folder of sockets (or none is named), or TLS is verified to the host's name. */
static int check_tls(const PQconninfoOption *o, struct moim_err *err)
{
    bool network = false, verified = false;
    for (; o->keyword; o++) {
        const char *v = o->val ? o->val : "";
        if (!strcmp(o->keyword, "host") || !strcmp(o->keyword, "hostaddr"))
            network |= *v && (*v != '/' || strchr(v, ','));
        if (!strcmp(o->keyword, "sslmode")) verified = !strcmp(v, "verify-full");
    }
    if (!network || verified) return MOIM_OK;
    return moim_fail(err, MOIM_EINVAL,
                     "database: a host on the network needs sslmode=verify-full and sslrootcert=FILE");
}

static int parse(const char *conninfo, PQconninfoOption **options, struct moim_err *err)
{
    char *why = NULL;
    *options = PQconninfoParse(conninfo, &why);
    if (*options) return MOIM_OK;
    int rc = fail(NULL, MOIM_EINVAL, why, err);
    PQfreemem(why);
    return rc;
}

static int connect_with(PGconn **out, const char *conninfo, const char *user, const char *token,
                        struct moim_err *err)
{
    /* What stands after dbname counts before what conninfo says. */
    const char *keys[] = {
        "dbname", "application_name", "connect_timeout", "keepalives_idle", "password", "user", NULL};
    const char *values[] = {conninfo, "moim-fleet", "10", "30", token, user, NULL};
    PGconn *pg = PQconnectdbParams(keys, values, 1);
    if (!pg) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    if (PQstatus(pg) != CONNECTION_OK) {
        bool refused = PQconnectionNeedsPassword(pg) || strstr(PQerrorMessage(pg), "authentication") ||
                       strstr(PQerrorMessage(pg), "not permitted to log in");
        int rc = fail(pg, refused ? MOIM_EACCES : MOIM_EIO, PQerrorMessage(pg), err);
        PQfinish(pg);
        return rc;
    }
    *out = pg;
    return MOIM_OK;
}

int moim_pg_open(PGconn **out, const char *conninfo, const char *user, const char *token,
                 struct moim_err *err)
{
    PQconninfoOption *options;
    *out = NULL;
    int rc = parse(conninfo, &options, err);
    if (rc) return rc;
    rc = check_tls(options, err);
    PQconninfoFree(options);
    if (!rc) rc = connect_with(out, conninfo, user, token, err);
    if (!rc)
        rc = moim_pg_query(*out, NULL, err, "SET client_min_messages = warning; SET TimeZone = 'UTC'", 0,
                           NULL);
    if (rc) PQfinish(*out), *out = NULL;
    return rc;
}

static int status_of(PGconn *pg, const PGresult *r)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    if (PQstatus(pg) != CONNECTION_OK || !state || !strncmp(state, "57P", 3)) return MOIM_EIO;
    if (!strcmp(state, "42501") || !strncmp(state, "28", 2)) return MOIM_EACCES;
    if (!strcmp(state, "MF404") || !strcmp(state, "MF410")) return MOIM_ENOENT;
    if (!strcmp(state, "MF409") || !strcmp(state, "42710") || !strncmp(state, "40", 2)) return MOIM_ESTATE;
    if (!strncmp(state, "53", 2)) return MOIM_ENOSPC;
    return MOIM_EINVAL;
}

static int fail_with(PGconn *pg, const PGresult *r, struct moim_err *err)
{
    const char *text = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    if (!text) text = r ? PQresultErrorMessage(r) : PQerrorMessage(pg);
    return fail(pg, r ? status_of(pg, r) : MOIM_EIO, text, err);
}

int moim_pg_query(PGconn *pg, PGresult **rows, struct moim_err *err, const char *sql, int n,
                  const char *const *values)
{
    if (rows) *rows = NULL;
    /* Without parameters several statements may stand in one text: migrations. */
    PGresult *r = n ? PQexecParams(pg, sql, n, NULL, values, NULL, NULL, 0) : PQexec(pg, sql);
    ExecStatusType s = PQresultStatus(r);
    if (s != PGRES_TUPLES_OK && s != PGRES_COMMAND_OK) {
        int rc = fail_with(pg, r, err);
        PQclear(r);
        return rc;
    }
    if (rows)
        *rows = r;
    else
        PQclear(r);
    return MOIM_OK;
}

int moim_pg_ask(PGconn *pg, bool *yes, struct moim_err *err, const char *sql, int n,
                const char *const *values)
{
    PGresult *r;
    int rc = moim_pg_query(pg, &r, err, sql, n, values);
    if (rc) return rc;
    *yes = PQntuples(r) && !strcmp(PQgetvalue(r, 0, 0), "t");
    PQclear(r);
    return MOIM_OK;
}

int moim_pg_send(PGconn *pg, struct moim_err *err, const char *sql, int n, const char *const *values)
{
    if (PQpipelineStatus(pg) == PQ_PIPELINE_OFF && !PQenterPipelineMode(pg)) return fail_with(pg, NULL, err);
    return PQsendQueryParams(pg, sql, n, NULL, values, NULL, NULL, 0) ? MOIM_OK : fail_with(pg, NULL, err);
}

int moim_pg_sync(PGconn *pg, struct moim_err *err)
{
    if (PQpipelineStatus(pg) == PQ_PIPELINE_OFF) return MOIM_OK;
    int rc = PQpipelineSync(pg) ? MOIM_OK : fail_with(pg, NULL, err);
    for (bool end = false; !end && PQstatus(pg) == CONNECTION_OK;) {
        PGresult *r = PQgetResult(pg); /* NULL: the end of one statement's answers */
        ExecStatusType s = r ? PQresultStatus(r) : PGRES_COMMAND_OK;
        end = s == PGRES_PIPELINE_SYNC;
        if (!rc && s == PGRES_FATAL_ERROR) rc = fail_with(pg, r, err);
        PQclear(r);
    }
    if (!rc && PQstatus(pg) != CONNECTION_OK) rc = fail_with(pg, NULL, err);
    PQexitPipelineMode(pg);
    return rc;
}
