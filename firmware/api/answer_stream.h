/* An answer sent in pieces, as server-sent events, while its handler is still running. */
#ifndef MOIM_FIRMWARE_API_ANSWER_STREAM_H
#define MOIM_FIRMWARE_API_ANSWER_STREAM_H

#include "firmware/http/message.h"
#include "firmware/platform/event_hub.h"

struct moim_answer_stream {
    struct moim_http_request *rq;
    struct moim_http_answer *an;
    struct moim_events *hub; /* for this request only; NULL until the first event */
};

/* Deletes json. The first event starts the answer; from then on the server owns request and answer. */
void moim_answer_stream_send(struct moim_answer_stream *s, const char *type, struct cJSON *json);
/* Ends the stream; the client can still read what is buffered. */
void moim_answer_stream_end(struct moim_answer_stream *s);

#endif
