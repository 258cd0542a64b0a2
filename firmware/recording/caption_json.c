#include "firmware/recording/caption_json.h"
#include "base/json.h"
#include "storage/export.h"

#include <cjson/cJSON.h>

void moim_caption_add_speaker(cJSON *o, int number, const char *offer, const char *language)
{
    char own[MOIM_LABEL];
    struct moim_segment g = {.speaker = number, .speaker_name = ""};
    cJSON_AddNumberToObject(o, "speaker_number", number);
    if (number > 0) cJSON_AddStringToObject(o, "speaker", moim_speaker_label(own, &g, language));
    if (offer && *offer) cJSON_AddStringToObject(o, "offer", offer);
}

static void add_span(cJSON *o, double start, double end, const char *text)
{
    cJSON_AddNumberToObject(o, "start", start);
    cJSON_AddNumberToObject(o, "end", end);
    cJSON_AddStringToObject(o, "text", text);
}

cJSON *moim_caption_json(const struct moim_caption *c, const char *kind_key, const char *language)
{
    static const char *const kind[] = {"partial", "final", "speakers"};
    cJSON *o = cJSON_CreateObject(), *parts = NULL;
    cJSON_AddStringToObject(o, kind_key, kind[c->kind]);
    cJSON_AddNumberToObject(o, "line", c->line);
    add_span(o, c->start, c->end, c->text);
    if (c->kind == MOIM_CAPTION_SPEAKERS) parts = cJSON_AddArrayToObject(o, "parts");
    for (int i = 0; parts && i < c->n_parts; i++) {
        cJSON *p = cJSON_CreateObject();
        add_span(p, c->part[i].start, c->part[i].end, c->part[i].text);
        moim_caption_add_speaker(p, c->part[i].speaker, c->part[i].offer, language);
        moim_json_append(parts, p);
    }
    return o;
}
