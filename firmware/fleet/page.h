/* The page over the fleet: requests of people who read, answered by the database under their own rights (docs/fleet.md). */
#ifndef MOIM_FIRMWARE_FLEET_PAGE_H
#define MOIM_FIRMWARE_FLEET_PAGE_H

#include "firmware/fleet/find.h"
#include "firmware/fleet/sessions.h"
#include "firmware/http/access_control.h"
#include "firmware/http/server.h"
#include "firmware/http/web_files.h"

#include <pthread.h>

extern const struct moim_web_file
    moim_fleet_files[]; /* the page's own; it shares others with the recorder's page */

struct moim_page {
    struct moim_guard *guard;
    struct moim_sessions *sessions;
    bool secure;       /* cookies are for HTTPS alone */
    const char *model; /* that answers questions; NULL: the one that writes minutes */
    int threads;
    pthread_mutex_t meaning; /* engine: the embedding model, loaded when it is first wanted */
    struct moim_engine *engine;
    pthread_mutex_t asking; /* one question at a time; waiting is counted */
    int waiting;
    volatile int ending; /* questions that are being answered end soon */
};

/* names: host names that lead here, separated by spaces, or NULL. */
int moim_page_init(struct moim_page *p, const char *database, const char *names, struct moim_err *err);
void moim_page_clear(struct moim_page *p);

/* For struct moim_http_app; p is the argument. */
bool moim_page_begin(void *p, struct moim_http_request *rq, struct moim_http_answer *an, uint64_t *body_max,
                     bool *to_file);
enum moim_http_lane moim_page_lane(void *p, const struct moim_http_request *rq);
void moim_page_handle(void *p, struct moim_http_request *rq, struct moim_http_answer *an);

/* ---- inside ---- */

typedef void moim_page_handler(struct moim_page *p, struct moim_http_request *rq,
                               struct moim_http_answer *an);
moim_page_handler moim_page_me, moim_page_sign_in, moim_page_sign_out, moim_page_filters, moim_page_meetings,
    moim_page_meeting, moim_page_search, moim_page_ask;

/* The session that the request's cookie names: "" if none. */
const char *moim_page_session(const struct moim_http_request *rq, char id[MOIM_SESSION_ID + 1]);

/* What is asked of the database as the person who is signed in: a status with its message. It may be called twice, where the kept
 * connection turns out to be dead. */
typedef int moim_page_work(void *arg, PGconn *pg, struct moim_err *err);
/* False after the error was answered: 401 not signed in, 503 the database cannot be asked. */
bool moim_page_as_reader(struct moim_page *p, const struct moim_http_request *rq, struct moim_http_answer *an,
                         moim_page_work *work, void *arg);

#endif
