/* The pairing token and the one-time code, as files beside the store; used by firmware/http/access_control.c
 * and `moim pair`. */
#ifndef MOIM_FIRMWARE_HTTP_PAIRING_H
#define MOIM_FIRMWARE_HTTP_PAIRING_H

#include "firmware/http/access_control.h"

#include <pthread.h>
#include <time.h>

struct moim_pairing {
    char dir[4096];
    pthread_mutex_t lock;
    char token[MOIM_TOKEN_LENGTH + 1]; /* "" if none is required */
    time_t looked;                     /* when the file was last read: `moim pair --reset` changes it */
    int code_failures;                 /* failed attempts on the current code */
    char code_seen[MOIM_CODE_LENGTH + 1];
};

int moim_pairing_open(struct moim_pairing *p, const char *dir, bool make, struct moim_err *err);
void moim_pairing_close(struct moim_pairing *p);
/* In constant time. */
bool moim_pairing_is_token(struct moim_pairing *p, const char *presented);
/* A code (dashes, spaces and case are ignored) or the token itself; the code is used up. */
bool moim_pairing_try(struct moim_pairing *p, const char *presented, char token[MOIM_TOKEN_LENGTH + 1]);

#endif
