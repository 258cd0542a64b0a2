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
void moim_guard_set_secure(struct moim_guard *g); /* everything comes over HTTPS: cookies are for it alone */

/* The checks, in this order: Host (421), cross-site request (403), lock-out (429), token (401) unless open,
 * and for changes the proof that our page or a program sent them, not another site's form (403). page: a file
 * of the page, which other sites may link to. False after the error was answered. */
bool moim_guard_admits(struct moim_guard *g, const struct moim_http_request *rq, bool open_to_all, bool page,
                       struct moim_http_answer *an);
/* Whether the request carries the token, or none is needed. */
bool moim_guard_paired(struct moim_guard *g, const struct moim_http_request *rq);
/* Answers a pairing request: 200 with token and cookie, 401, or 429 after too many attempts. */
void moim_guard_pair(struct moim_guard *g, const struct moim_http_request *rq, const char *code,
                     struct moim_http_answer *an);
/* For other ways of signing in: whether the address is locked out (429, answered), and what a try came to. */
bool moim_guard_locked(struct moim_guard *g, const struct moim_http_request *rq, struct moim_http_answer *an);
void moim_guard_tried(struct moim_guard *g, const struct moim_http_request *rq, bool right);
void moim_guard_unpair(struct moim_http_answer *an); /* clears the cookie */

/* For `moim pair` and the daemon's greeting, on the daemon's files: MOIM_EACCES unless called by the
 * directory's owner or by root, whose new files are chowned to the owner. */
int moim_pairing_code(const char *dir, char code[MOIM_CODE_LENGTH + 1], struct moim_err *err); /* a new one */
int moim_pairing_token(const char *dir, char token[MOIM_TOKEN_LENGTH + 1], struct moim_err *err);
int moim_pairing_reset(const char *dir, struct moim_err *err); /* a new token: unpairs every device */

#endif
