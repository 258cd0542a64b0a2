/* What is missing for the recorder to do all it can, and how to get it. */
#include "base/json.h"
#include "firmware/api/context.h"
#include "firmware/pipeline/models.h"
#include "firmware/pipeline/process.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#define DISK_LEAST 1e9 /* bytes below which a long meeting may not fit */

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

/* A role without its model: what the loader itself would say, and the model that fills it. */
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
    /* Either will do; the smaller one is offered. */
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
