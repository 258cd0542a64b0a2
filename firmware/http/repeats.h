/* Requests that come twice. A client that heard no answer sends its request again; with the same
 * Idempotency-Key it is answered as before instead of being done twice.
 *
 * Kept in memory: for each address the last MOIM_REPEATS answers of requests that succeeded, 1 MiB of them at
 * most. One that failed changed nothing and is done again. Any thread. */
#ifndef MOIM_FIRMWARE_HTTP_REPEATS_H
#define MOIM_FIRMWARE_HTTP_REPEATS_H

#include "firmware/http/message.h"

#define MOIM_REPEATS 64

struct moim_repeats;
struct moim_repeat;

struct moim_repeats *moim_repeats_new(void);
void moim_repeats_free(struct moim_repeats *r);

/* True: execute it, then pass *repeat (NULL without a key) and the answer to moim_repeats_end. False:
 * answered: the first answer; 503 while the first is still running; 409 if the key belongs to another
 * request; 400 if it is no key (8 to 128 printable characters). */
bool moim_repeats_begin(struct moim_repeats *r, const struct moim_http_request *rq,
                        struct moim_http_answer *an, struct moim_repeat **repeat);
void moim_repeats_end(struct moim_repeats *r, struct moim_repeat *repeat, const struct moim_http_answer *an);

#endif
