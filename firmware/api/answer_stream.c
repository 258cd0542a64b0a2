#include "firmware/api/answer_stream.h"

#include <cjson/cJSON.h>

void moim_answer_stream_send(struct moim_answer_stream *s, const char *type, struct cJSON *json)
{
    if (s->hub) {
        moim_events_publish(s->hub, type, json);
        return;
    }
    s->hub = moim_events_new();
    struct moim_event_client *c = s->hub ? moim_event_client_new(s->hub, type, json) : NULL;
    if (!s->hub) cJSON_Delete(json);
    if (!c) {
        moim_events_free(s->hub);
        s->hub = NULL;
        return;
    }
    s->an->status = 200;
    s->an->type = "text/event-stream";
    s->an->stream = c;
    moim_http_send_now(s->rq);
}

void moim_answer_stream_end(struct moim_answer_stream *s)
{
    if (s->hub) moim_events_close(s->hub);
    s->hub = NULL;
}
