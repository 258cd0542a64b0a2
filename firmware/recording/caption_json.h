/* A caption as JSON, for the events of the daemon and the lines of `moim record --json`. */
#ifndef MOIM_FIRMWARE_RECORDING_CAPTION_JSON_H
#define MOIM_FIRMWARE_RECORDING_CAPTION_JSON_H

#include "firmware/recording/captions.h"

struct cJSON;
/* kind_key ("kind", "type"), line, start, end, text; of speakers also parts, each with start, end, text, speaker_number, and where
 * they are known speaker (its label in that language) and offer. */
struct cJSON *moim_caption_json(const struct moim_caption *c, const char *kind_key, const char *language);
/* speaker_number, speaker and offer of a part; 0 and NULL: unknown. */
void moim_caption_add_speaker(struct cJSON *o, int number, const char *offer, const char *language);

#endif
