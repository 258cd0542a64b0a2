/* The meeting's JSON inside a document that moim wrote (HTML, Word, Hangul, PDF), so that it comes back exactly.
 *
 * A document is edited and handed on by people who do not know of this copy. So it holds nothing that the document does
 * not show (no first pass, no words that were edited away), and where people edit (all but PDF) it is sealed with a key
 * made of the visible text: what the document says now opens it, and after any change nothing does. Then the visible
 * text is what is read, and what was deleted by hand is gone. */
#ifndef MOIM_STORAGE_RECORD_H
#define MOIM_STORAGE_RECORD_H

#include "storage/export.h"

/* Why a document of ours was read by its visible text. */
#define MOIM_RECORD_CHANGED                                                                                  \
    "it was changed after moim wrote it, so its text counts: times to the second, no times of words"

/* Where it lies: a part of Word's that belongs to nobody's name space but ours, a file in Hangul's package. */
#define MOIM_RECORD_SPACE "urn:moim:meeting:1"
#define MOIM_HWPX_RECORD "Contents/moim.dat"
#define MOIM_HTML_RECORD "application/vnd.moim.meeting" /* the type of a script */
#define MOIM_PDF_RECORD "meeting.json"                  /* an attachment, not sealed */
/* Numbers of Hangul's styles for lines and marks of the transcript. */
#define MOIM_HWPX_LINE "5"
#define MOIM_HWPX_MARK "8"

/* The visible text of XML of Word's or Hangul's, malloc'ed; NULL when memory runs out. */
char *moim_package_bare(const char *xml, size_t n);

/* The document's JSON without what it does not show. Malloc'ed, NULL when memory runs out. */
char *moim_record_json(const struct moim_document *doc);

/* The JSON sealed for a text, as base 64 in one line; blanks of the text do not count. Malloc'ed, NULL when memory runs
 * out. */
char *moim_record_seal(const char *json, const char *visible);
/* The document's JSON, sealed for it. */
char *moim_record_make(const struct moim_document *doc, const char *visible);
/* The JSON again, malloc'ed; NULL: it is another text, the record is damaged, or memory ran out. */
char *moim_record_open(const char *record, size_t n, const char *visible);

#endif
