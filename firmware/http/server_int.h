/* Inside of firmware/http/server.c and http_exchange.c. */
#ifndef MOIM_FIRMWARE_HTTP_SERVER_INT_H
#define MOIM_FIRMWARE_HTTP_SERVER_INT_H

#include "firmware/http/multipart.h"
#include "firmware/http/server.h"

#include <microhttpd.h>
#include <pthread.h>

#define MOIM_WORKERS 2 /* of each lane */
#define MOIM_BODY_SLACK                                                                                      \
    (256u                                                                                                    \
     << 10) /* bytes of an unwanted body that are read so that the answer arrives                       \
                  */

struct moim_connection {
    struct moim_connection *next;
    int fd;
    enum moim_phase phase;
    double since; /* when the phase began, monotonic seconds */
    uint64_t bytes;
    bool used; /* not its first request: it may have been idle before */
};

struct moim_http_server {
    struct moim_http_app app;
    struct MHD_Daemon *mhd;
    int listen_fd, port;
    bool quiet;
    char upload_dir[4096];
    pthread_mutex_t lock; /* connections */
    struct moim_connection *connections;
    struct moim_lane {
        pthread_mutex_t lock;
        pthread_cond_t work_queued;
        struct moim_work *work, **work_end;
        bool stopping, patient; /* low priority */
        pthread_t worker[MOIM_WORKERS];
        int n_workers;
    } lane[MOIM_LANES];
};

/* One request and its answer. */
struct moim_exchange {
    struct moim_http_server *server;
    struct MHD_Connection *mhd;
    struct moim_http_request rq;
    struct moim_http_answer an;
    struct moim_work work;
    char peer[64];
    bool handled, to_file;
    uint64_t body_max, body_bytes;
    size_t body_room;
    int upload_fd;
    struct moim_multipart *multipart;
    struct moim_err failed; /* the body's error */
};

void moim_exchange_free(struct moim_exchange *x);
/* Prepares for a body of that announced length. False after the error was answered. */
bool moim_exchange_may_send(struct moim_exchange *x, uint64_t announced);
void moim_exchange_body(struct moim_exchange *x, const char *data, size_t n);
bool moim_exchange_body_end(struct moim_exchange *x); /* false after the error was answered */
enum MHD_Result moim_exchange_answer(struct moim_exchange *x);

#endif
