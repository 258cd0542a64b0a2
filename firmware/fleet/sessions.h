/* Who is signed in to the page. A session holds its person's user and token in memory, never on disk, and asks the database as that
 * person: what is seen is decided there. Its connection is kept for a while, and one request at a time uses it.
 *
 * A session ends when its person signs out, after 2 hours without a request, after 12 hours, and when the database refuses its token. At
 * most 512 at once, 8 of a person (a ninth ends the one unused longest). Any thread. */
#ifndef MOIM_FIRMWARE_FLEET_SESSIONS_H
#define MOIM_FIRMWARE_FLEET_SESSIONS_H

#include "storage/fleet/pg.h"

#define MOIM_SESSION_ID 43 /* letters of base64url: 32 random bytes */

struct moim_sessions;
struct moim_session;

/* database: libpq's connection string, used until the end. */
int moim_sessions_new(struct moim_sessions **out, const char *database, struct moim_err *err);
void moim_sessions_free(struct moim_sessions *s);

/* user: "kim" or "fleet_member_kim". MOIM_EACCES: not a person's token; MOIM_EIO: the database cannot be asked; MOIM_ESTATE: too many. */
int moim_sessions_begin(struct moim_sessions *s, const char *user, const char *token,
                        char id[MOIM_SESSION_ID + 1], struct moim_err *err);
void moim_sessions_end(struct moim_sessions *s, const char *id);

/* The session's connection, until it is given back. fresh: a new one, the kept one was found dead. MOIM_EACCES: there is no such
 * session (any more); MOIM_EIO as above. */
int moim_sessions_take(struct moim_sessions *s, const char *id, bool fresh, struct moim_session **session,
                       PGconn **pg, struct moim_err *err);
void moim_sessions_give(struct moim_sessions *s, struct moim_session *session);

/* Once a second: ends what is over, closes connections that nobody used, as if it were `later` seconds later (0 except in tests). */
void moim_sessions_tend(struct moim_sessions *s, double later);

#endif
