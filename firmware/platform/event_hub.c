#include "firmware/platform/event_hub.h"
#include "base/json.h"

#include <cjson/cJSON.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One event's text, shared by the queues it stands in. */
struct text {
    int refs;
    size_t n;
    char bytes[];
};

struct moim_event_client {
    struct moim_events *hub;
    struct moim_event_client *next;
    struct text *queue[MOIM_EVENT_QUEUE]; /* ring of count from head on */
    int head, count;
    size_t waiting, sent; /* bytes in the queue; of the first event, already read */
    bool asleep, over;
    void (*wake)(void *), (*sleep)(void *), (*drop)(void *);
    void *arg;
};

struct moim_events {
    pthread_mutex_t lock;
    struct moim_event_client *clients;
    bool ended, closed;
    unsigned long dropped;
};

struct moim_events *moim_events_new(void)
{
    struct moim_events *h = calloc(1, sizeof *h);
    if (h) pthread_mutex_init(&h->lock, NULL);
    return h;
}

void moim_events_free(struct moim_events *h)
{
    if (!h) return;
    pthread_mutex_destroy(&h->lock);
    free(h);
}

static void unref(struct text *t)
{
    if (!--t->refs) free(t);
}

static struct text *make_text(const char *type, const char *data)
{
    size_t n = strlen(type) + strlen(data) + 20;
    struct text *t = malloc(sizeof *t + n);
    if (!t) return NULL;
    t->refs = 1;
    t->n = (size_t)snprintf(t->bytes, n, "event: %s\ndata: %s\n\n", type, data);
    return t;
}

/* With the lock held. A full queue disconnects the client: it reconnects and gets the whole state. */
static void push(struct moim_event_client *c, struct text *t)
{
    if (c->over) return;
    if (c->count == MOIM_EVENT_QUEUE || c->waiting + t->n > MOIM_EVENT_BYTES) {
        c->over = true;
        c->hub->dropped++;
        if (c->drop) c->drop(c->arg);
    } else {
        c->queue[(c->head + c->count++) % MOIM_EVENT_QUEUE] = t;
        c->waiting += t->n;
        t->refs++;
    }
    if (c->asleep) {
        c->asleep = false;
        c->wake(c->arg);
    }
}

static void push_all(struct moim_events *h, struct text *t)
{
    if (!t) return; /* out of memory: the next event, or the next state, says it again */
    pthread_mutex_lock(&h->lock);
    for (struct moim_event_client *c = h->clients; c; c = c->next) push(c, t);
    unref(t);
    pthread_mutex_unlock(&h->lock);
}

static struct text *json_text(const char *type, cJSON *json)
{
    char *data = moim_json_text(json, false);
    cJSON_Delete(json);
    struct text *t = data ? make_text(type, data) : NULL;
    free(data);
    return t;
}

void moim_events_publish(struct moim_events *h, const char *type, cJSON *json)
{
    push_all(h, json_text(type, json));
}

void moim_events_ping(struct moim_events *h)
{
    struct text *t = malloc(sizeof *t + 4);
    if (!t) return;
    t->refs = 1;
    t->n = 3;
    memcpy(t->bytes, ":\n\n", 4);
    push_all(h, t);
}

void moim_events_end(struct moim_events *h)
{
    pthread_mutex_lock(&h->lock);
    h->ended = true;
    for (struct moim_event_client *c = h->clients; c; c = c->next) {
        c->over = true;
        if (!c->asleep) continue;
        c->asleep = false;
        c->wake(c->arg);
    }
    pthread_mutex_unlock(&h->lock);
}

void moim_events_close(struct moim_events *h)
{
    moim_events_end(h);
    pthread_mutex_lock(&h->lock);
    bool alone = !h->clients;
    h->closed = true;
    pthread_mutex_unlock(&h->lock);
    if (alone) moim_events_free(h);
}

int moim_events_clients(struct moim_events *h)
{
    int n = 0;
    pthread_mutex_lock(&h->lock);
    for (struct moim_event_client *c = h->clients; c; c = c->next) n++;
    pthread_mutex_unlock(&h->lock);
    return n;
}

unsigned long moim_events_dropped(struct moim_events *h)
{
    pthread_mutex_lock(&h->lock);
    unsigned long n = h->dropped;
    pthread_mutex_unlock(&h->lock);
    return n;
}

struct moim_event_client *moim_event_client_new(struct moim_events *h, const char *type, cJSON *first)
{
    struct moim_event_client *c = calloc(1, sizeof *c);
    struct text *t = first ? json_text(type, first) : NULL;
    if (!c) {
        if (t) unref(t);
        return NULL;
    }
    c->hub = h;
    pthread_mutex_lock(&h->lock);
    c->over = h->ended;
    if (t) {
        push(c, t);
        unref(t);
    }
    c->next = h->clients;
    h->clients = c;
    pthread_mutex_unlock(&h->lock);
    return c;
}

void moim_event_client_attach(struct moim_event_client *c, void (*wake)(void *), void (*sleep)(void *),
                              void (*drop)(void *), void *arg)
{
    pthread_mutex_lock(&c->hub->lock);
    c->wake = wake;
    c->sleep = sleep;
    c->drop = drop;
    c->arg = arg;
    pthread_mutex_unlock(&c->hub->lock);
}

void moim_event_client_free(struct moim_event_client *c)
{
    struct moim_events *h = c->hub;
    pthread_mutex_lock(&h->lock);
    struct moim_event_client **p = &h->clients;
    while (*p && *p != c) p = &(*p)->next;
    if (*p) *p = c->next;
    for (; c->count; c->count--) {
        unref(c->queue[c->head]);
        c->head = (c->head + 1) % MOIM_EVENT_QUEUE;
    }
    bool last = h->closed && !h->clients;
    pthread_mutex_unlock(&h->lock);
    free(c);
    if (last) moim_events_free(h);
}

ssize_t moim_event_client_read(struct moim_event_client *c, char *buf, size_t max)
{
    size_t n = 0;
    pthread_mutex_lock(&c->hub->lock);
    while (c->count && n < max) {
        struct text *t = c->queue[c->head];
        size_t take = t->n - c->sent < max - n ? t->n - c->sent : max - n;
        memcpy(buf + n, t->bytes + c->sent, take);
        n += take;
        c->sent += take;
        if (c->sent < t->n) break;
        c->sent = 0;
        c->waiting -= t->n;
        c->head = (c->head + 1) % MOIM_EVENT_QUEUE;
        c->count--;
        unref(t);
    }
    bool over = c->over && !n;
    if (!n && !over && c->sleep) {
        c->asleep = true;
        c->sleep(c->arg);
    }
    pthread_mutex_unlock(&c->hub->lock);
    return over ? -1 : (ssize_t)n;
}
