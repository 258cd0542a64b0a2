#include "base/json.h"
#include "base/date.h"
#include "base/status.h"

#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* cJSON tells an allocator of no document, only that bytes are wanted: a document is made by one thread. */
static _Thread_local bool incomplete;

static void *json_malloc(size_t n)
{
    void *p = malloc(n);
    if (!p) incomplete = true;
    return p;
}

/* Before main(): cJSON's hooks must not change under a document. */
__attribute__((constructor)) static void watch_allocations(void)
{
    cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = json_malloc, .free_fn = free});
}

char *moim_json_text(const struct cJSON *json, bool indented)
{
    char *text = !json || incomplete ? NULL : indented ? cJSON_Print(json) : cJSON_PrintUnformatted(json);
    incomplete = false;
    return text;
}

int moim_json_parse(struct cJSON **json, const char *text, size_t n, bool alone)
{
    bool before = incomplete;
    incomplete = false;
    if (n == SIZE_MAX) n = strlen(text);
    *json = alone ? cJSON_ParseWithLengthOpts(text, n + 1, NULL, 1) : cJSON_ParseWithLength(text, n);
    int rc = *json ? MOIM_OK : incomplete ? MOIM_ENOMEM : MOIM_EFORMAT;
    incomplete = before;
    return rc;
}

bool moim_json_set(struct cJSON *object, const char *name, struct cJSON *item)
{
    if (item && cJSON_AddItemToObject(object, name, item)) return true;
    cJSON_Delete(item);
    return false;
}

bool moim_json_append(struct cJSON *array, struct cJSON *item)
{
    if (item && cJSON_AddItemToArray(array, item)) return true;
    if (!item) incomplete = true; /* whoever made it had no room for it */
    cJSON_Delete(item);
    return false;
}

void moim_json_instant(cJSON *object, const char *key, int64_t when)
{
    char text[32];
    moim_instant_format(when, text);
    cJSON_AddStringToObject(object, key, text);
}
