/* An answer of moim_ask as programs read it. */
#ifndef MOIM_FIRMWARE_CLI_REPLY_JSON_H
#define MOIM_FIRMWARE_CLI_REPLY_JSON_H

#include "firmware/pipeline/ask.h"

#include <cjson/cJSON.h>

/* known, answer (as given: r's own text, or what says that there is none), citations, near (the places that come closest where nothing
 * is known). NULL: out of memory. */
cJSON *moim_reply_json(const struct moim_reply *r, const char *answer);

#endif
