/* Events, published to every client that is connected (server-sent events). Each client has a bounded queue: one
 * that does not read is dropped, so that a publisher never waits.
 *
 *     recorder, captions, jobs ──publish──► hub ──copy──► queue of client 1 ──► its connection
 *                                               └──copy──► queue of client 2 ... */
#ifndef MOIM_FIRMWARE_PLATFORM_EVENT_HUB_H
#define MOIM_FIRMWARE_PLATFORM_EVENT_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define MOIM_EVENT_QUEUE 256          /* events that may wait for one client */
#define MOIM_EVENT_BYTES (256u << 10) /* and their size */

struct cJSON;
struct moim_events;
struct moim_event_client;

struct moim_events *moim_events_new(void); /* NULL: out of memory */
void moim_events_free(struct moim_events *h);
/* Ends every stream once it has been read; the hub goes with its last client. */
void moim_events_close(struct moim_events *h);

/* Never waits for a client. Deletes json. Types are those of docs/openapi.yaml. */
void moim_events_publish(struct moim_events *h, const char *type, struct cJSON *json);
void moim_events_ping(struct moim_events *h); /* a comment line, so that dead connections are noticed */
void moim_events_end(struct moim_events *h);  /* every stream ends, new ones at once */
int moim_events_clients(struct moim_events *h);
/* Clients that were cut off because they did not read. */
unsigned long moim_events_dropped(struct moim_events *h);

/* NULL: out of memory. first: an event for this client alone, may be NULL; deleted. */
struct moim_event_client *moim_event_client_new(struct moim_events *h, const char *type, struct cJSON *first);
void moim_event_client_free(struct moim_event_client *c);

/* How the connection is told: wake when there is something to read after read returned 0, drop when the
 * client is cut off. Both are called with the hub's lock held, from the thread that publishes; they must not
 * wait. */
void moim_event_client_attach(struct moim_event_client *c, void (*wake)(void *), void (*sleep)(void *),
                              void (*drop)(void *), void *arg);
/* Copies what waits, whole events while they fit, into buf[max]. 0: nothing now, sleep was called, wake will
 * be; -1: the stream is over. */
ssize_t moim_event_client_read(struct moim_event_client *c, char *buf, size_t max);

#endif
