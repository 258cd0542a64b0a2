/* The device: identity, pairing, state, events, models, health. */
#include "base/clock.h"
#include "base/json.h"
#include "firmware/api/context.h"
#include "firmware/device/hal.h"
#include "firmware/pipeline/models.h"
#include "firmware/platform/paths.h"
#include "storage/queue.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- who and whether ---- */

static void add_name(struct moim_serve *sv, cJSON *o)
{
    char host[64] = "moim", *v = NULL;
    struct moim_http_answer ignored = MOIM_HTTP_ANSWER_INIT;
    gethostname(host, sizeof host - 1);
    struct moim_store *s = moim_serve_store(sv, &ignored);
    if (s && moim_setting_get(s, "name", host, &v, NULL)) v = NULL;
    if (s) moim_serve_store_back(sv, s);
    cJSON_AddStringToObject(o, "name", v ? v : host);
    free(v);
    moim_http_answer_clear(&ignored);
}

static void handle_hello(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    cJSON *o = cJSON_CreateObject();
    add_name(sv, o);
    cJSON_AddStringToObject(o, "version", MOIM_VERSION);
    cJSON_AddNumberToObject(o, "api", 1);
    cJSON_AddBoolToObject(o, "paired", moim_guard_paired(sv->guard, rq));
    cJSON_AddBoolToObject(o, "pairing_required", moim_guard_required(sv->guard));
    moim_answer_json(an, 200, o);
}

static void handle_pair(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    const char *code = NULL;
    if (moim_http_text(rq, an, "code", 0, 100, true, &code)) moim_guard_pair(sv->guard, rq, code, an);
}

static void handle_unpair(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    (void)sv;
    (void)rq;
    moim_guard_unpair(an);
}

/* ---- what it does ---- */

double moim_disk_free(struct moim_serve *sv, double *total)
{
    struct statvfs fs;
    if (statvfs(sv->dir, &fs)) return *total = 0;
    *total = (double)fs.f_blocks * (double)fs.f_frsize;
    return (double)fs.f_bavail * (double)fs.f_frsize;
}

cJSON *moim_state_json(struct moim_serve *sv)
{
    double total;
    cJSON *o = cJSON_CreateObject();
    moim_json_set(o, "recording", sv->mic ? moim_mic_json(sv->mic) : cJSON_CreateNull());
    moim_json_set(o, "jobs", sv->jobs ? moim_jobs_json(sv->jobs) : cJSON_CreateArray());
    double room = moim_disk_free(sv, &total);
    cJSON_AddNumberToObject(o, "disk_free_bytes", room);
    moim_json_set(o, "microphones", sv->mic ? moim_mic_known_devices(sv->mic) : cJSON_CreateArray());
    const cJSON *d, *all = cJSON_GetObjectItem(o, "microphones");
    cJSON_ArrayForEach(d, all) if (cJSON_IsTrue(cJSON_GetObjectItem(d, "chosen")))
        cJSON_AddStringToObject(o, "microphone", cJSON_GetStringValue(cJSON_GetObjectItem(d, "name")));
    moim_json_set(o, "missing", moim_missing_json(sv, room));
    cJSON_AddBoolToObject(o, "simulated", sv->mic && moim_mic_simulated(sv->mic));
    if (sv->mic && moim_mic_muted(sv->mic) >= 0) cJSON_AddBoolToObject(o, "muted", moim_mic_muted(sv->mic));
    return o;
}

static void handle_state(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    (void)rq;
    moim_answer_json(an, 200, moim_state_json(sv));
}

static void handle_events(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    if (!strcmp(rq->method, "HEAD")) {
        moim_answer_text(an, 200, "text/event-stream", NULL, 0);
        return;
    }
    an->stream = moim_event_client_new(sv->events, "state", moim_state_json(sv));
    if (!an->stream) {
        moim_answer_error(an, 503, "out of memory");
        return;
    }
    an->status = 200;
    an->type = "text/event-stream";
}

static void handle_jobs(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    (void)rq;
    moim_answer_json(an, 200, sv->jobs ? moim_jobs_json(sv->jobs) : cJSON_CreateArray());
}

static void handle_job_cancel(struct moim_serve *sv, struct moim_http_request *rq,
                              struct moim_http_answer *an)
{
    struct moim_err err;
    cJSON *job;
    if (!sv->jobs) {
        moim_answer_why(an, 404, "no_job", "no job %lld", (long long)rq->id[0]);
        return;
    }
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    if (moim_jobs_cancel(sv->jobs, s, rq->id[0], &job, &err))
        moim_answer_fail(an, &err);
    else
        moim_answer_json(an, 200, job);
    moim_serve_store_back(sv, s);
}

/* ---- models ---- */

#define FETCHES 4

struct fetch {
    char name[48];
    pid_t pid; /* 0: ended */
    bool failed;
};

#define WAITING_MOST 24

struct moim_fetches {
    pthread_mutex_t lock;
    struct fetch fetch[FETCHES];
    char waiting[WAITING_MOST][48]; /* [n_waiting] names of queued downloads */
    int n_waiting;
};

struct moim_fetches *moim_fetches_new(void)
{
    struct moim_fetches *f = calloc(1, sizeof *f);
    if (f) pthread_mutex_init(&f->lock, NULL);
    return f;
}

void moim_fetches_free(struct moim_fetches *f)
{
    if (f) pthread_mutex_destroy(&f->lock);
    free(f);
}

static void tell_model(struct moim_serve *sv, const char *name, const char *state)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "name", name);
    cJSON_AddStringToObject(o, "state", state);
    moim_events_publish(sv->events, "model", o);
}

/* Downloads run in a separate program: this one opens no connection. */
static pid_t spawn_fetcher(const char *script, const char *name)
{
    pid_t pid = fork();
    if (pid) return pid;
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    int null = open("/dev/null", O_RDWR);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
    }
    execl(script, script, "--quiet", name, (char *)NULL);
    _exit(127);
}

/* Caller holds the lock. The model's entry, or a free one; NULL if all are busy. */
static struct fetch *fetch_of(struct moim_fetches *f, const char *name)
{
    struct fetch *free_one = NULL;
    for (int i = 0; i < FETCHES; i++) {
        if (!strcmp(f->fetch[i].name, name)) return &f->fetch[i];
        if (!f->fetch[i].pid && (!free_one || !*f->fetch[i].name)) free_one = &f->fetch[i];
    }
    return free_one;
}

/* One download at a time: they would share bandwidth and disk. */
static void begin_waiting(struct moim_serve *sv)
{
    struct moim_fetches *f = sv->fetches;
    char script[4096], name[48] = "";
    pthread_mutex_lock(&f->lock);
    bool busy = !f->n_waiting;
    for (int i = 0; i < FETCHES; i++) busy |= f->fetch[i].pid > 0;
    struct fetch *x = busy ? NULL : fetch_of(f, f->waiting[0]);
    if (x && !moim_path_share(script, sizeof script, "models-fetch.sh", NULL)) {
        snprintf(x->name, sizeof x->name, "%s", f->waiting[0]);
        snprintf(name, sizeof name, "%s", x->name);
        x->pid = spawn_fetcher(script, x->name);
        x->failed = x->pid < 0;
        if (x->pid < 0) x->pid = 0;
        memmove(f->waiting[0], f->waiting[1], (size_t)--f->n_waiting * sizeof f->waiting[0]);
    }
    pthread_mutex_unlock(&f->lock);
    if (*name) tell_model(sv, name, "fetching");
}

void moim_fetches_poll(struct moim_serve *sv)
{
    struct moim_fetches *f = sv->fetches;
    for (int i = 0; i < FETCHES; i++) {
        int status;
        pthread_mutex_lock(&f->lock);
        struct fetch *x = &f->fetch[i];
        bool ended = x->pid > 0 && waitpid(x->pid, &status, WNOHANG) == x->pid;
        if (ended) {
            x->pid = 0;
            x->failed = !WIFEXITED(status) || WEXITSTATUS(status);
        }
        bool failed = x->failed;
        pthread_mutex_unlock(&f->lock);
        if (ended) tell_model(sv, x->name, failed ? "failed" : "installed");
    }
    begin_waiting(sv);
}

bool moim_fetch_later(struct moim_serve *sv, const char *name)
{
    struct moim_fetches *f = sv->fetches;
    pthread_mutex_lock(&f->lock);
    bool known = false, room = f->n_waiting < WAITING_MOST;
    for (int i = 0; i < FETCHES; i++) known |= f->fetch[i].pid > 0 && !strcmp(f->fetch[i].name, name);
    for (int i = 0; i < f->n_waiting; i++) known |= !strcmp(f->waiting[i], name);
    if (!known && room) snprintf(f->waiting[f->n_waiting++], sizeof f->waiting[0], "%s", name);
    pthread_mutex_unlock(&f->lock);
    return known || room;
}

cJSON *moim_model_json(struct moim_serve *sv, const struct moim_models *m, const struct moim_model *x)
{
    double bytes = 0, have = 0;
    for (int i = 0; i < x->n_files; i++) {
        char path[4400];
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", m->dir, x->files[i].path);
        bytes += (double)x->files[i].bytes;
        if (!stat(path, &st)) have += (double)st.st_size;
    }
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "name", x->name);
    cJSON_AddStringToObject(o, "role", x->role);
    cJSON_AddBoolToObject(o, "installed", moim_model_installed(m, x));
    cJSON_AddNumberToObject(o, "bytes", bytes > 0 ? bytes : x->size_mb * 1e6);
    if (x->memory_mb) cJSON_AddNumberToObject(o, "memory_bytes", x->memory_mb * 1e6);
    if (*x->languages) cJSON_AddStringToObject(o, "languages", x->languages);
    if (*x->speed) cJSON_AddStringToObject(o, "speed", x->speed);
    cJSON_AddStringToObject(o, "licence", x->licence);
    cJSON_AddStringToObject(o, "about", x->about);
    pthread_mutex_lock(&sv->fetches->lock);
    for (int i = 0; i < FETCHES; i++) {
        const struct fetch *f = &sv->fetches->fetch[i];
        if (strcmp(f->name, x->name)) continue;
        cJSON_AddBoolToObject(o, "fetching", f->pid > 0);
        if (f->pid > 0) cJSON_AddNumberToObject(o, "fetched_bytes", have);
        if (f->failed)
            cJSON_AddStringToObject(o, "fetch_error", "not everything could be fetched; try again");
    }
    pthread_mutex_unlock(&sv->fetches->lock);
    return o;
}

static void handle_models(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct moim_models m;
    struct moim_err err;
    (void)rq;
    if (moim_models_load(&m, &err)) {
        moim_answer_fail(an, &err);
        return;
    }
    cJSON *all = cJSON_CreateArray();
    for (int i = 0; i < m.n; i++) moim_json_append(all, moim_model_json(sv, &m, &m.list[i]));
    moim_models_free(&m);
    moim_answer_json(an, 200, all);
}

static void begin_fetch(struct moim_serve *sv, const struct moim_models *m, const struct moim_model *x,
                        struct moim_http_answer *an)
{
    char script[4096];
    struct moim_err err;
    if (moim_path_share(script, sizeof script, "models-fetch.sh", &err)) {
        moim_answer_fail(an, &err);
        return;
    }
    pthread_mutex_lock(&sv->fetches->lock);
    struct fetch *f = fetch_of(sv->fetches, x->name);
    bool busy = !f || f->pid > 0;
    if (!busy) {
        snprintf(f->name, sizeof f->name, "%s", x->name);
        f->failed = false;
        f->pid = spawn_fetcher(script, x->name);
        if (f->pid < 0) f->pid = 0;
    }
    pthread_mutex_unlock(&sv->fetches->lock);
    if (busy) {
        moim_answer_error(an, 409, "%s is already being fetched, or too many others are", x->name);
        return;
    }
    tell_model(sv, x->name, "fetching");
    moim_answer_json(an, 202, moim_model_json(sv, m, x));
}

static void handle_fetch(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct moim_models m;
    struct moim_err err;
    const struct moim_model *x = NULL;
    if (moim_models_load(&m, &err)) {
        moim_answer_fail(an, &err);
        return;
    }
    for (int i = 0; i < m.n; i++)
        if (!strcmp(m.list[i].name, rq->name)) x = &m.list[i];
    if (!x)
        moim_answer_error(an, 404, "no model named %s", rq->name);
    else
        begin_fetch(sv, &m, x, an);
    moim_models_free(&m);
}

/* ---- health ---- */

static void check(cJSON *all, const char *what, bool ok, const char *detail)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "check", what);
    cJSON_AddBoolToObject(o, "ok", ok);
    cJSON_AddStringToObject(o, "detail", detail);
    moim_json_append(all, o);
}

static double resident(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f && fscanf(f, "%*d %ld", &pages) != 1) pages = 0;
    if (f) fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static double audio_bytes(struct moim_serve *sv)
{
    char dir[4200];
    struct dirent *e;
    struct stat st;
    double sum = 0;
    snprintf(dir, sizeof dir, "%saudio", sv->dir);
    DIR *d = opendir(dir);
    while (d && (e = readdir(d)))
        if (!fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode))
            sum += (double)st.st_size;
    if (d) closedir(d);
    return sum;
}

static void add_checks(struct moim_serve *sv, cJSON *all, double bytes)
{
    struct moim_models m;
    struct moim_err err;
    char text[256];
    struct moim_http_answer ignored = MOIM_HTTP_ANSWER_INIT;
    struct moim_store *s = moim_serve_store(sv, &ignored);
    check(all, "store", s != NULL, s ? "can be read and written" : "cannot be opened");
    if (s) moim_serve_store_back(sv, s);
    moim_http_answer_clear(&ignored);
    snprintf(text, sizeof text, "%.1f GB free", bytes / 1e9);
    check(all, "disk", bytes > 1e9, text);
    if (moim_models_load(&m, &err)) {
        check(all, "models", false, err.msg);
        return;
    }
    for (int i = 0; i < m.n; i++) {
        const struct moim_model *x = &m.list[i];
        bool have = moim_model_installed(&m, x);
        if (!strcmp(x->role, "demo") || (!have && !x->by_default)) continue;
        snprintf(text, sizeof text, "%s %s", x->name, have ? "is installed" : "is missing");
        check(all, "model", have, text);
    }
    moim_models_free(&m);
}

/* Null where no sensor reports. */
static void add_known(cJSON *o, const char *key, double value)
{
    if (isnan(value))
        cJSON_AddNullToObject(o, key);
    else
        cJSON_AddNumberToObject(o, key, value);
}

static void handle_device(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    double total, bytes = moim_disk_free(sv, &total);
    (void)rq;
    cJSON *o = cJSON_CreateObject();
    add_name(sv, o);
    cJSON_AddStringToObject(o, "version", MOIM_VERSION);
    cJSON_AddNumberToObject(o, "uptime_s", (double)(long)(moim_monotonic() - sv->started));
    cJSON_AddNumberToObject(o, "memory_bytes", resident());
    cJSON *disk = cJSON_AddObjectToObject(o, "disk");
    cJSON_AddNumberToObject(disk, "free_bytes", bytes);
    cJSON_AddNumberToObject(disk, "total_bytes", total);
    cJSON_AddNumberToObject(disk, "audio_bytes", audio_bytes(sv));
    struct moim_sensors s;
    moim_sensors_read("/sys", sv->dir, &s);
    add_known(o, "temperature_c", s.temperature);
    add_known(o, "battery_percent", s.battery);
    cJSON_AddNumberToObject(o, "listeners", moim_events_clients(sv->events));
    add_checks(sv, cJSON_AddArrayToObject(o, "checks"), bytes);
    moim_answer_json(an, 200, o);
}

const struct moim_http_route moim_routes_device[] = {
    {"GET", "api/v1/hello", handle_hello, MOIM_ROUTE_OPEN | MOIM_ROUTE_STORE},
    {"POST", "api/v1/pair", handle_pair, MOIM_ROUTE_OPEN | MOIM_ROUTE_JSON | MOIM_ROUTE_SLOW},
    {"DELETE", "api/v1/pair", handle_unpair, MOIM_ROUTE_OPEN},
    {"GET", "api/v1/state", handle_state, 0},
    {"GET", "api/v1/events", handle_events, 0},
    {"GET", "api/v1/models", handle_models, MOIM_ROUTE_STORE},
    {"POST", "api/v1/models/*/fetch", handle_fetch, MOIM_ROUTE_SLOW | MOIM_ROUTE_JSON},
    {"GET", "api/v1/jobs", handle_jobs, 0},
    {"DELETE", "api/v1/jobs/#", handle_job_cancel, MOIM_ROUTE_STORE},
    {"GET", "api/v1/device", handle_device, MOIM_ROUTE_SLOW},
    {0},
};
