/* What cJSON lacks when memory runs out: it leaves out what it could not allocate and says nothing, so that a number, a word or a whole
 * list would be missing in a document that looks whole. Documents are printed by moim_json_text, which does
 * not print such a one, and grown by moim_json_set and moim_json_append, which lose nothing. */
#ifndef MOIM_BASE_JSON_H
#define MOIM_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cJSON;

/* The text of json (which may be NULL, and is not deleted), malloc'ed; indented: a member a line. NULL when
 * memory ran out here, or in this thread while a document was being made since the last call. With NULL it
 * ends a document that was given up. */
char *moim_json_text(const struct cJSON *json, bool indented);

/* Parses n bytes (SIZE_MAX: up to a NUL). alone: nothing may follow, and text[n] is NUL. MOIM_EFORMAT: no JSON;
 * MOIM_ENOMEM, which cJSON tells by the same NULL. */
int moim_json_parse(struct cJSON **json, const char *text, size_t n, bool alone);

/* Give item to object under name (NULL: nothing), or to the end of array (NULL: there was no room for it, and
 * the document counts as given up); false, and item deleted, where that fails. */
bool moim_json_set(struct cJSON *object, const char *name, struct cJSON *item);
bool moim_json_append(struct cJSON *array, struct cJSON *item);

/* Adds an instant (seconds since 1970) under key as ISO 8601 in UTC. */
void moim_json_instant(struct cJSON *object, const char *key, int64_t when);

#endif
