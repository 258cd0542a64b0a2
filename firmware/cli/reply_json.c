#include "firmware/cli/reply_json.h"
#include "base/json.h"

#include <math.h>

static void add_places(cJSON *o, const char *name, const struct moim_citation *c, int n)
{
    cJSON *list = cJSON_AddArrayToObject(o, name);
    for (int i = 0; i < n; i++) {
        cJSON *x = cJSON_CreateObject();
        cJSON_AddNumberToObject(x, "meeting", (double)c[i].meeting);
        cJSON_AddNumberToObject(x, "segment", (double)c[i].segment);
        cJSON_AddStringToObject(x, "title", c[i].title);
        cJSON_AddNumberToObject(x, "start", round(c[i].start * 1000) / 1000);
        if (*c[i].speaker) cJSON_AddStringToObject(x, "speaker", c[i].speaker);
        cJSON_AddStringToObject(x, "text", c[i].text);
        moim_json_append(list, x);
    }
}

cJSON *moim_reply_json(const struct moim_reply *r, const char *answer)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddBoolToObject(o, "known", r->n > 0);
    cJSON_AddStringToObject(o, "answer", answer);
    add_places(o, "citations", r->cite, r->n);
    add_places(o, "near", r->near, r->n_near);
    return o;
}
