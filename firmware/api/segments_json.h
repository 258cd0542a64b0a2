/* Segments as JSON text, written straight: an hour's transcript has ten thousand words, and a tree of them
 * would cost ten times as much as reading them from the store. The keys are those of storage/export.h. */
#ifndef MOIM_FIRMWARE_API_SEGMENTS_JSON_H
#define MOIM_FIRMWARE_API_SEGMENTS_JSON_H

#include "storage/store.h"

struct cJSON;

/* object's text with one more member, "segments", at its end. Malloc'ed, *n without the final zero; NULL when
 * memory runs out. */
char *moim_segments_json(const struct cJSON *object, const struct moim_segment *list, int count,
                         const char *language, size_t *n);

#endif
