/* Who may talk to the daemon (docs/security.md): the checks that every request passes before anything else
 * looks at it, and pairing.
 *
 * The token is 32 random bytes in a file of mode 0600 beside the store, as 43 letters of base64url. A browser
 * carries it in a cookie that scripts cannot read, a program as `Authorization: Bearer`. A person types a
 * code of eight letters and digits instead (39 bits), which `moim pair` writes beside it: good once, for ten
 * minutes, for twenty wrong tries at most. */
#ifndef MOIM_FIRMWARE_HTTP_ACCESS_CONTROL_H
#define MOIM_FIRMWARE_HTTP_ACCESS_CONTROL_H

#include "firmware/http/message.h"

#define MOIM_TOKEN_LENGTH 43
#define MOIM_CODE_LENGTH 8
#define MOIM_CODE_SECONDS 600

struct moim_guard;

/* dir: where the token lies, with a slash at the end. required: requests must carry it. names: host names
 * that are ours, separated by spaces, besides addresses, "localhost" and the machine's own. The token is made
 * when it is not there. */
int moim_guard_new(struct moim_guard **out, const char *dir, bool required, const char *names,
                   struct moim_err *err);
void moim_guard_free(struct moim_guard *g);
bool moim_guard_required(const struct moim_guard *g);

/* The checks, in this order: Host (421), another site's request (403), the lock-out (429), the token (401)
 * unless open to all, and for what changes something the proof that our page or a program asked, not a form
 * of another site (403). page: a file of the page: a link from elsewhere may lead there. False with the
 * answer given. */
bool moim_guard_admits(struct moim_guard *g, const struct moim_http_request *rq, bool open_to_all, bool page,
                       struct moim_http_answer *an);
/* Whether the request carries the token, or none is needed. */
bool moim_guard_paired(struct moim_guard *g, const struct moim_http_request *rq);
/* Answers a request to pair: 200 with token and cookie, 401, or 429 when there were too many. */
void moim_guard_pair(struct moim_guard *g, const struct moim_http_request *rq, const char *code,
                     struct moim_http_answer *an);
void moim_guard_unpair(struct moim_http_answer *an); /* clears the cookie */

/* For `moim pair` and the daemon's own greeting. They work on the daemon's own files: MOIM_EACCES for another
 * user than the directory's owner, root excepted, whose files are given to the owner. */
int moim_pairing_code(const char *dir, char code[MOIM_CODE_LENGTH + 1], struct moim_err *err); /* a new one */
int moim_pairing_token(const char *dir, char token[MOIM_TOKEN_LENGTH + 1], struct moim_err *err);
int moim_pairing_reset(const char *dir, struct moim_err *err); /* a new token: nobody is paired any more */

#endif
