/* First setup: which models are missing, which ones this machine can run, and their download. */
#include "base/json.h"
#include "firmware/api/context.h"
#include "firmware/http/access_control.h"
#include "firmware/pipeline/model_check.h"
#include "firmware/pipeline/models.h"
#include "firmware/pipeline/process.h"

#include "storage/queue.h"

#include <cjson/cJSON.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DISK_LEAST 1e9 /* free bytes below which a long meeting may not fit */

static cJSON *add(cJSON *list, const char *code, const char *blocks, const char *text)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "code", code);
    cJSON_AddStringToObject(o, "text", text);
    cJSON_AddStringToObject(o, "blocks", blocks);
    moim_json_append(list, o);
    return o;
}

static double size_of(const struct moim_model *x)
{
    double bytes = 0;
    for (int i = 0; i < x->n_files; i++) bytes += (double)x->files[i].bytes;
    return bytes;
}

/* A role without a model: the loader's message, and the model to install. */
static void add_role(cJSON *list, const struct moim_models *m, const char *role, const char *code,
                     const char *blocks)
{
    char path[4300], get[100];
    struct moim_err err;
    if (!moim_models_path(m, role, path, sizeof path, &err)) return;
    cJSON *o = add(list, code, blocks, err.msg);
    const struct moim_model *x = moim_models_by_role(m, role);
    if (!x) return;
    snprintf(get, sizeof get, "moim models fetch %s", x->name);
    cJSON_AddStringToObject(o, "model", x->name);
    cJSON_AddNumberToObject(o, "bytes", size_of(x));
    cJSON_AddStringToObject(o, "get", get);
}

static void add_models(cJSON *list)
{
    static const struct {
        const char *role, *code, *blocks;
    } need[] = {{"vad", "recogniser", "transcript"},
                {"asr-accurate", "recogniser", "transcript"},
                {"who-speaks", "speakers", "speakers"},
                {"speaker", "speakers", "speakers"},
                {"search", "meaning", "search"}};
    struct moim_models m;
    struct moim_err err;
    char path[4300];
    if (moim_models_load(&m, &err)) {
        add(list, "models", "transcript", err.msg);
        return;
    }
    for (size_t i = 0; i < sizeof need / sizeof *need; i++)
        add_role(list, &m, need[i].role, need[i].code, need[i].blocks);
    /* Either is enough; offer the smaller one. */
    if (moim_minutes_model(&m, NULL, path, sizeof path, &err))
        add_role(list, &m, "minutes-small", "minutes", "minutes");
    moim_models_free(&m);
}

cJSON *moim_missing_json(struct moim_serve *sv, double disk_free)
{
    cJSON *list = cJSON_CreateArray();
    char why[512];
    if (sv->mic && moim_mic_missing(sv->mic, why, sizeof why)) add(list, "microphone", "recording", why);
    if (disk_free < DISK_LEAST) {
        snprintf(why, sizeof why, "only %.1f GB of the disk are free", disk_free / 1e9);
        add(list, "disk", "recording", why);
    }
    add_models(list);
    return list;
}

/* ---- what this machine can carry ---- */

struct moim_setup {
    pthread_mutex_t lock;
    struct moim_machine machine;
    bool looked;
};

struct moim_setup *moim_setup_new(void)
{
    struct moim_setup *p = calloc(1, sizeof *p);
    if (p) pthread_mutex_init(&p->lock, NULL);
    return p;
}

void moim_setup_free(struct moim_setup *p)
{
    if (p) pthread_mutex_destroy(&p->lock);
    free(p);
}

/* Measured once: it takes half a second and does not change. */
static int look_at_machine(struct moim_serve *sv, struct moim_machine *out, struct moim_err *err)
{
    struct moim_setup *p = sv->setup;
    pthread_mutex_lock(&p->lock);
    int rc = p->looked ? MOIM_OK : moim_machine_look(&p->machine, err);
    p->looked = !rc;
    *out = p->machine;
    pthread_mutex_unlock(&p->lock);
    return rc;
}

/* The use of a role and the model recommended for this machine; the best one for the larger roles. */
static const struct {
    const char *role, *brings;
    bool best;
} uses[] = {{"vad", "transcript", false},         {"asr-accurate", "transcript", true},
            {"asr-streaming", "captions", false}, {"word-list", "captions", false},
            {"rescorer", "transcript", false},    {"minutes", "minutes", true},
            {"minutes-small", "minutes", true},   {"who-speaks", "speakers", false},
            {"speaker", "speakers", false},       {"search", "search", false}};
#define USES (sizeof uses / sizeof *uses)

static const struct moim_model *installed_of(const struct moim_models *m, const char *role)
{
    for (int i = 0; i < m->n; i++)
        if (!strcmp(m->list[i].role, role) && moim_model_installed(m, &m->list[i])) return &m->list[i];
    return NULL;
}

/* The model recommended for a use; NULL if none, or if another covers it. Installed models are kept. */
static const struct moim_model *wanted(const struct moim_models *m, size_t use,
                                       const struct moim_machine *machine)
{
    const char *role = uses[use].role;
    const struct moim_model *have = installed_of(m, role), *best;
    bool small = !strcmp(role, "minutes-small");
    if (have) return have;
    if (small && (installed_of(m, "minutes") || moim_model_best(m, "minutes", MOIM_FIT_AFTER, machine)))
        return NULL;
    if (!uses[use].best) return moim_models_by_role(m, role);
    best = moim_model_best(m, role, MOIM_FIT_AFTER, machine);
    return best || !strcmp(role, "minutes") ? best : moim_models_by_role(m, role);
}

static cJSON *models_json(struct moim_serve *sv, const struct moim_models *m,
                          const struct moim_machine *machine, double *to_fetch)
{
    static const char *const fit[] = {"no", "after", "live"};
    cJSON *all = cJSON_CreateArray();
    *to_fetch = 0;
    for (int i = 0; i < m->n; i++) {
        const struct moim_model *x = &m->list[i];
        size_t u = 0;
        while (u < USES && strcmp(uses[u].role, x->role)) u++;
        if (u == USES) continue; /* for tests and demonstrations */
        cJSON *o = moim_model_json(sv, m, x);
        bool take = wanted(m, u, machine) == x, have = moim_model_installed(m, x);
        cJSON_AddStringToObject(o, "brings", uses[u].brings);
        cJSON_AddStringToObject(o, "fits", fit[moim_model_fit(x, machine)]);
        cJSON_AddBoolToObject(o, "recommended", take);
        if (take && !have) *to_fetch += cJSON_GetNumberValue(cJSON_GetObjectItem(o, "bytes"));
        moim_json_append(all, o);
    }
    return all;
}

static void add_machine(cJSON *o, const struct moim_machine *machine)
{
    cJSON *m = cJSON_AddObjectToObject(o, "machine");
    cJSON_AddNumberToObject(m, "memory_bytes", machine->memory_mb * 1e6);
    cJSON_AddNumberToObject(m, "cores", machine->cores);
    cJSON_AddStringToObject(m, "instructions", machine->simd);
}

static void add_settings(struct moim_serve *sv, cJSON *o)
{
    struct moim_http_answer ignored = MOIM_HTTP_ANSWER_INIT;
    char *days = NULL, *done = NULL;
    struct moim_store *s = moim_serve_store(sv, &ignored);
    if (s && moim_setting_get(s, "keep_audio_days", "0", &days, NULL)) days = NULL;
    if (s && moim_setting_get(s, "setup_done", "false", &done, NULL)) done = NULL;
    if (s) moim_serve_store_back(sv, s);
    cJSON_AddNumberToObject(o, "keep_audio_days", days ? atoi(days) : 0);
    cJSON_AddBoolToObject(o, "done", done && !strcmp(done, "true"));
    free(days);
    free(done);
    moim_http_answer_clear(&ignored);
}

static void handle_setup(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct moim_models m;
    struct moim_machine machine;
    struct moim_err err;
    double total, room = moim_disk_free(sv, &total), to_fetch = 0;
    int rc = look_at_machine(sv, &machine, &err);
    if (!rc) rc = moim_models_load(&m, &err);
    if (rc) {
        moim_answer_fail(an, &err);
        return;
    }
    cJSON *o = cJSON_CreateObject();
    add_machine(o, &machine);
    cJSON_AddNumberToObject(o, "disk_free_bytes", room);
    moim_json_set(o, "models", models_json(sv, &m, &machine, &to_fetch));
    cJSON_AddNumberToObject(o, "fetch_bytes", to_fetch);
    cJSON_AddBoolToObject(o, "fetch_fits", to_fetch * 1.1 + DISK_LEAST < room);
    moim_json_set(o, "microphones", sv->mic ? moim_mic_known_devices(sv->mic) : cJSON_CreateArray());
    moim_json_set(o, "missing", moim_missing_json(sv, room));
    cJSON_AddBoolToObject(o, "pairing_required", moim_guard_required(sv->guard));
    cJSON_AddBoolToObject(o, "paired", moim_guard_paired(sv->guard, rq));
    add_settings(sv, o);
    moim_models_free(&m);
    moim_answer_json(an, 200, o);
}

/* Downloads every recommended model that is missing, one after another. */
static void handle_setup_fetch(struct moim_serve *sv, struct moim_http_request *rq,
                               struct moim_http_answer *an)
{
    struct moim_models m;
    struct moim_machine machine;
    struct moim_err err;
    (void)rq;
    int rc = look_at_machine(sv, &machine, &err);
    if (!rc) rc = moim_models_load(&m, &err);
    if (rc) {
        moim_answer_fail(an, &err);
        return;
    }
    cJSON *o = cJSON_CreateObject(), *all = cJSON_AddArrayToObject(o, "fetching");
    for (size_t u = 0; u < USES; u++) {
        const struct moim_model *x = wanted(&m, u, &machine);
        if (x && !moim_model_installed(&m, x) && moim_fetch_later(sv, x->name))
            moim_json_append(all, cJSON_CreateString(x->name));
    }
    moim_models_free(&m);
    moim_answer_json(an, 202, o);
}

const struct moim_http_route moim_routes_setup[] = {
    {"GET", "api/v1/setup", handle_setup, MOIM_ROUTE_SLOW},
    {"POST", "api/v1/setup/fetch", handle_setup_fetch, MOIM_ROUTE_SLOW | MOIM_ROUTE_JSON},
    {0},
};
