/* Adds a whole meeting to the store: one that another device shared, or a changed copy. */
#ifndef MOIM_FIRMWARE_LIBRARY_DOCUMENT_ADD_H
#define MOIM_FIRMWARE_LIBRARY_DOCUMENT_ADD_H

#include "firmware/library/meeting_document.h"

/* Adds the document as a new meeting with new ids; the evidence of the minutes is mapped to them. The
 * meeting's audio names an existing file without a meeting, or is "". One transaction. */
int moim_document_add(struct moim_store *s, const struct moim_document *doc, int64_t *id,
                      struct moim_err *err);

/* A document as the JSON export writes it (storage/export.h), from n untrusted bytes: texts are cleaned, times and
 * numbers kept in range, what the minutes rest on must be a line of it. Released with moim_whole_free. MOIM_EFORMAT. */
int moim_document_parse(struct moim_whole *w, const char *json, size_t n, struct moim_err *err);

#endif
