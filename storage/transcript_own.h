/* Our own plain text (storage/export_text.c) among texts that are read: what stands above its transcript is no speech. */
#ifndef MOIM_STORAGE_TRANSCRIPT_OWN_H
#define MOIM_STORAGE_TRANSCRIPT_OWN_H

#include "base/date.h"
#include <stdbool.h>
#include <stddef.h>

/* Of n bytes at text: how many stand above the transcript, 0 when the text is none of ours. *title and *n_title lie in
 * text, *date receives the day. Minutes without a transcript are all above. */
size_t moim_own_text_head(const char *text, size_t n, const char **title, size_t *n_title,
                          struct moim_date *date);

#endif
