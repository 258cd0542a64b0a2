/* The daemon: what its handlers share, and which handler a request belongs to (docs/openapi.yaml). */
#ifndef MOIM_FIRMWARE_API_CONTEXT_H
#define MOIM_FIRMWARE_API_CONTEXT_H

#include "firmware/api/web_files.h"
#include "firmware/daemon/job_queue.h"
#include "firmware/daemon/recording_service.h"
#include "firmware/http/access_control.h"
#include "firmware/http/message.h"
#include "firmware/http/server.h"
#include "firmware/platform/event_hub.h"
#include "storage/store.h"

struct moim_stores;
struct moim_peaks;
struct moim_fetches;
struct moim_finder;
struct moim_setup;

struct moim_serve {
    const char *db;
    char dir[4096];      /* the store's directory, with a trailing slash */
    const char *web_dir; /* directory that replaces the built-in page, or NULL */
    uint64_t max_upload;
    double started; /* monotonic seconds */
    struct moim_guard *guard;
    struct moim_events *events;
    struct moim_jobs *jobs; /* NULL in tests that have none */
    struct moim_mic *mic;   /* likewise */
    struct moim_stores *stores;
    struct moim_peaks *peaks;
    struct moim_fetches *fetches;
    struct moim_finder *finder;
    struct moim_setup *setup;
    struct moim_repeats *repeats; /* NULL: no replay of repeated requests */
};

/* Fills in what the caller has not: stores, events, peaks, fetches, finder, repeats. */
int moim_serve_init(struct moim_serve *sv, const char *db, struct moim_err *err);
void moim_serve_clear(struct moim_serve *sv);

/* A store handle for one request; NULL after the error was answered. Handles are pooled. */
struct moim_store *moim_serve_store(struct moim_serve *sv, struct moim_http_answer *an);
void moim_serve_store_back(struct moim_serve *sv, struct moim_store *s);

enum {                          /* flags of a route */
       MOIM_ROUTE_OPEN = 1,     /* needs no token */
       MOIM_ROUTE_SLOW = 2,     /* slow: runs on its own worker */
       MOIM_ROUTE_MODELS = 4,   /* answered on the job thread */
       MOIM_ROUTE_JSON = 8,     /* a JSON body is taken */
       MOIM_ROUTE_FILE = 16,    /* a file is taken */
       MOIM_ROUTE_PAGE = 32,    /* a file of the page */
       MOIM_ROUTE_CONTROL = 64, /* steers the recording */
       MOIM_ROUTE_STORE = 128,  /* a short read or write of the store */
};

struct moim_http_route {
    const char *method;
    const char *pattern; /* "#": a number, "*": a word */
    void (*handle)(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an);
    int flags;
};

/* For struct moim_http_app; sv is the argument. */
bool moim_serve_begin(void *sv, struct moim_http_request *rq, struct moim_http_answer *an, uint64_t *body_max,
                      bool *to_file);
enum moim_http_lane moim_serve_lane(void *sv, const struct moim_http_request *rq);
void moim_serve_handle(void *sv, struct moim_http_request *rq, struct moim_http_answer *an);
bool moim_serve_to_job_thread(void *sv, const struct moim_http_request *rq, struct moim_work *w);
bool moim_serve_has_room(void *sv, uint64_t bytes);

/* The routes of each file, which stand at its end; {0} closes the list. */
extern const struct moim_http_route moim_routes_device[], moim_routes_edits[], moim_routes_media[],
    moim_routes_meetings[], moim_routes_minutes[], moim_routes_openai[], moim_routes_questions[],
    moim_routes_recording[], moim_routes_redact[], moim_routes_search[], moim_routes_settings[],
    moim_routes_setup[], moim_routes_tasks[], moim_routes_trash[], moim_routes_voices[],
    moim_routes_templates[], moim_routes_share[];
extern const struct moim_http_route moim_route_page; /* every path outside the interface */

/* ---- used by several of them ---- */

struct cJSON;
struct moim_overview;
struct cJSON *moim_row_json(struct moim_serve *sv, const struct moim_overview *row); /* MeetingRow */
void moim_answer_row(struct moim_serve *sv, struct moim_store *s, int64_t id, int status,
                     struct moim_http_answer *an);
/* Whether the If-Match header matches the current tag ("12345678"); true without the header. */
bool moim_tag_matches(const struct moim_http_request *rq, const char *tag);
/* Answers 409 with the current state, which it takes ownership of. */
void moim_answer_changed(struct moim_http_answer *an, struct cJSON *current);
/* What speakers of a meeting (Speaker of docs/openapi.yaml) sound like. */
int moim_add_offers(struct moim_store *s, int64_t meeting, struct cJSON *speakers, struct moim_err *err);
struct cJSON *moim_speakers_json(struct moim_store *s, int64_t id,
                                 struct moim_err *err); /* NULL: err says why */
/* Adds version, etag, author, template, model and times of the current minutes; nothing if there are none. */
int moim_minutes_add_head(struct moim_store *s, int64_t meeting, struct cJSON *o, struct moim_err *err);
/* Whether a kind of minutes has that name, one of moim's or of the user's; "" does. False with the answer given. */
bool moim_template_ok(struct moim_serve *sv, const char *field, const char *name,
                      struct moim_http_answer *an);
#define MOIM_SCRATCH_PATH 4200
/* Makes an empty file in the store's folder; an answer's body is written to it. */
int moim_scratch_file(const struct moim_serve *sv, char path[MOIM_SCRATCH_PATH], struct moim_err *err);
/* Its content becomes the body of an, and its name goes; with rc, which writing it came to, the name alone goes.
 * Returns rc, or why it cannot be read. */
int moim_answer_scratch(struct moim_http_answer *an, const char *path, const char *type, int rc,
                        struct moim_err *err);
/* The answer is a file of that meeting to be saved. */
void moim_answer_attachment(struct moim_http_answer *an, int64_t id, const char *title,
                            const char *extension);
#define MOIM_TEMPLATES "plain|weekly|one-on-one|interview|lecture|brainstorming"
/* Reads the body's tags into list[]; *n is -1 if it has none. False after the error was answered. */
bool moim_read_tags(const struct moim_http_request *rq, struct moim_http_answer *an, const char *list[32],
                    int *n);
bool moim_read_instant(const char *text, int64_t *when); /* "2026-11-25T09:30:00Z" */
/* Handler: changes one line of the minutes; the route of a task uses it, too. */
void moim_answer_line_change(struct moim_serve *sv, struct moim_http_request *rq,
                             struct moim_http_answer *an);
void moim_answer_speakers(struct moim_store *s, int64_t id, struct moim_http_answer *an);
void moim_tell_meeting(struct moim_serve *sv, int64_t id, const char *change);
struct cJSON *moim_state_json(struct moim_serve *sv);
struct moim_models;
struct moim_model;
struct cJSON *moim_model_json(struct moim_serve *sv, const struct moim_models *m,
                              const struct moim_model *x); /* Model */
/* Queues a download; false if the queue is full. */
bool moim_fetch_later(struct moim_serve *sv, const char *name);
struct moim_setup *moim_setup_new(void); /* cached measurements of this machine */
void moim_setup_free(struct moim_setup *p);
double moim_disk_free(struct moim_serve *sv, double *total);
struct cJSON *moim_missing_json(struct moim_serve *sv, double disk_free); /* [Missing] */
/* Queues a job and answers 202 with it. */
struct moim_job_row;
void moim_answer_job(struct moim_serve *sv, struct moim_store *s, const struct moim_job_row *row,
                     struct moim_http_answer *an);

struct moim_peaks *moim_peaks_new(void);
void moim_peaks_free(struct moim_peaks *p);
struct moim_finder *moim_finder_new(void);
void moim_finder_free(struct moim_finder *f);
void moim_finder_poll(struct moim_finder *f); /* once a second: unloads a model that is idle */
struct moim_fetches *moim_fetches_new(void);
void moim_fetches_free(struct moim_fetches *f);
void moim_fetches_poll(struct moim_serve *sv); /* once a second: collects finished downloads */

#endif
