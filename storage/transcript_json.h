/* The one writer of transcript lines as JSON, for exports, the command line, the HTTP interface and MCP. It writes
 * straight into text: an hour has ten thousand words, and a tree of them would cost ten times as much as reading
 * them from the store.
 *
 *     {"id", "speaker_number", "start", "end", "speaker", "speaker_certainty", "text", "confidence", "edited", "highlighted", "clean", "first_pass", "words":
 *      [{"start", "end", "confidence", "text", "spoken"}, ...]}
 *
 * id and speaker_number are missing without a store, speaker while unknown, speaker_certainty
 * while not known and where the user said who speaks, first_pass where it is the text, spoken
 * where nothing else was said, highlighted and clean where they are not so. Seconds have three places. */
#ifndef MOIM_STORAGE_TRANSCRIPT_JSON_H
#define MOIM_STORAGE_TRANSCRIPT_JSON_H

#include "base/transcript.h"

/* language: that of labels such as "Speaker 2". Malloc'ed; NULL when memory runs out. */
char *moim_segment_json(const struct moim_segment *g, const char *language);
char *moim_segments_json(const struct moim_segment *list, int n, const char *language); /* an array */

/* Tells whether a segment's words and speaker are still as somebody saw them: eight hex digits of its JSON. */
uint32_t moim_segment_tag(const struct moim_segment *g);

#endif
