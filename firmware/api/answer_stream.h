/* An answer that comes in pieces, as server-sent events, while the handler is still at work. */
#ifndef MOIM_FIRMWARE_API_ANSWER_STREAM_H
#define MOIM_FIRMWARE_API_ANSWER_STREAM_H

#include "firmware/http/message.h"
#include "firmware/platform/event_hub.h"

struct moim_answer_stream {
    struct moim_http_request *rq;
    struct moim_http_answer *an;
    struct moim_events *hub; /* of this request alone; NULL until something was sent */
};

/* Deletes json. With the first event the answer begins: request and answer are the server's from there on. */
void moim_answer_stream_send(struct moim_answer_stream *s, const char *type, struct cJSON *json);
/* Nothing follows; what was not read yet still is. */
void moim_answer_stream_end(struct moim_answer_stream *s);

#endif
