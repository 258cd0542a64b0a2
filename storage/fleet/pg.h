/* PostgreSQL for the fleet, by libpq. Statements are constant texts, values are parameters: SQL is never put together
 * from words of others. */
#ifndef MOIM_STORAGE_FLEET_PG_H
#define MOIM_STORAGE_FLEET_PG_H

#include "base/status.h"

#include <libpq-fe.h>
#include <stdbool.h>

/* conninfo as libpq takes it; user (NULL: the one it names) logs in with token (NULL: what libpq finds) as the password. Days and times of
 * a session are UTC. A host on the network needs
 * sslmode=verify-full, and channel binding is used where both sides can: MOIM_EINVAL otherwise. MOIM_EACCES: refused,
 * MOIM_EIO: cannot be reached. */
int moim_pg_open(PGconn **out, const char *conninfo, const char *user, const char *token,
                 struct moim_err *err);

/* MOIM_OK and *rows (PQclear), which may be NULL where nobody reads them. Statuses: MOIM_EACCES (no right, revoked),
 * MOIM_ENOENT (no such thing, or deleted for good), MOIM_ESTATE (does not fit), MOIM_EIO (the connection is gone: what
 * was asked may have happened), MOIM_EINVAL the rest. */
int moim_pg_query(PGconn *pg, PGresult **rows, struct moim_err *err, const char *sql, int n,
                  const char *const *values);
/* The first column of the first row is "t". */
int moim_pg_ask(PGconn *pg, bool *yes, struct moim_err *err, const char *sql, int n,
                const char *const *values);

/* Many statements in one round trip and one transaction: sent without waiting for answers; moim_pg_sync waits for all, and
 * either all took effect or none did (status and message of the first that failed). */
int moim_pg_send(PGconn *pg, struct moim_err *err, const char *sql, int n, const char *const *values);
int moim_pg_sync(PGconn *pg, struct moim_err *err);

/* Brings the schema to this program's version, all or nothing, one at a time. *from, *to: versions before and after.
 * MOIM_EVERSION: it is newer. */
int moim_pg_migrate(PGconn *pg, int *from, int *to, struct moim_err *err);
/* The version that the program knows, and the one of the database (0: none). */
int moim_pg_version_known(void);
int moim_pg_version(PGconn *pg, int *version, struct moim_err *err);

#endif
