#include "asr/netload.h"
#include "base/mapfile.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

int moim_netload_begin(struct moim_netload *n, const struct moim_weights *w, size_t extra,
                       struct moim_err *err)
{
    *n = (struct moim_netload){.room = extra};
    for (size_t i = 0; i < moim_weights_count(w); i++) n->room += moim_tensor_count(moim_weights_at(w, i));
    n->values = malloc(n->room * sizeof *n->values);
    return n->values ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "%s: out of memory", moim_weights_path(w));
}

int moim_netload_take(struct moim_netload *n, const struct moim_weights *w, const struct moim_wanted *list,
                      int count, struct moim_err *err)
{
    for (int i = 0; i < count; i++) {
        const struct moim_tensor *t = moim_weights_need(w, list[i].name, list[i].rank, list[i].dims, err);
        if (!t) return MOIM_EFORMAT;
        uint64_t values = moim_tensor_count(t);
        if (values > n->room - n->used)
            return moim_fail(err, MOIM_EFORMAT, "%s: holds more weights than this network has",
                             moim_weights_path(w));
        *list[i].to = n->values + n->used;
        moim_dequantize(t->type, t->data, values, n->values + n->used);
        n->used += values;
    }
    return MOIM_OK;
}

/* Pointers first, then the bytes they point to. */
static char **gather(const cJSON *array, int n)
{
    size_t bytes = sizeof(char *) * ((size_t)n + 1);
    const cJSON *item;
    cJSON_ArrayForEach(item, array) bytes += strlen(item->valuestring) + 1;
    char **list = malloc(bytes);
    if (!list) return NULL;
    char *at = (char *)(list + n + 1);
    int i = 0;
    cJSON_ArrayForEach(item, array)
    {
        list[i++] = at;
        at = stpcpy(at, item->valuestring) + 1;
    }
    list[n] = NULL;
    return list;
}

int moim_netload_strings(const char *path, const char *key, int max, char ***list, int *n,
                         struct moim_err *err)
{
    struct moim_map map;
    *list = NULL;
    int rc = moim_map_open(&map, path, err);
    if (rc) return rc;
    cJSON *doc = cJSON_ParseWithLength((const char *)map.data, map.size);
    moim_map_close(&map);
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(doc, key), *item;
    *n = cJSON_IsArray(array) ? cJSON_GetArraySize(array) : 0;
    bool good = *n > 0 && *n <= max;
    cJSON_ArrayForEach(item, array) good = good && cJSON_IsString(item);
    if (!good)
        rc = moim_fail(err, MOIM_EFORMAT, "%s: no list \"%s\" of strings", path, key);
    else if (!(*list = gather(array, *n)))
        rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    cJSON_Delete(doc);
    return rc;
}
