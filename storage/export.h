/* A meeting as a document: text, Markdown, subtitles, JSON, HTML, Word, Hangul, PDF, its tasks. Works on what is in
 * memory, so that `moim transcribe`, which stores nothing, writes the same forms. */
#ifndef MOIM_STORAGE_EXPORT_H
#define MOIM_STORAGE_EXPORT_H

#include "storage/store.h"

#include <stdio.h>

struct moim_document {
    const struct moim_meeting *meeting;
    const struct moim_segment *segments; /* in time order */
    int n_segments;
    const struct moim_item *items; /* minutes; may be none */
    int n_items;
    const struct moim_bookmark *bookmarks;
    int n_bookmarks;
    const char *audio_href;  /* HTML: where its player finds the sound, beside the page; NULL: no player */
    bool minutes_only;       /* the minutes without the transcript */
    bool lines_only;         /* plain text: the transcript without title and minutes */
    const char *audio_embed; /* HTML: a FLAC file that the page then holds itself; NULL: none */
};

enum moim_format {
    MOIM_TXT,
    MOIM_MD,
    MOIM_OBSIDIAN, /* Markdown with front matter, tasks to tick, links to people and between minutes and lines */
    MOIM_SRT,
    MOIM_VTT,
    MOIM_JSON,
    MOIM_HTML,
    MOIM_CSV, /* the tasks, a row each */
    MOIM_ICS, /* the tasks as to-dos */
    MOIM_PDF,
    MOIM_DOCX,
    MOIM_HWPX,
    MOIM_FORMAT_COUNT
};
#define MOIM_FORMATS "txt|md|obsidian|srt|vtt|json|html|csv|ics|pdf|docx|hwpx"

struct moim_form {
    const char *name, *extension, *type; /* type: of its bytes, for HTTP */
    bool package;                        /* a zip, which has to be written to a file */
};
const struct moim_form *moim_form_of(enum moim_format format);
/* "txt" ... "hwpx"; MOIM_FORMAT_COUNT when it is none of them. */
enum moim_format moim_format_named(const char *name);

/* Writes to an open stream; MOIM_EIO when it cannot be written. Word and
 * Hangul need a file: MOIM_EINVAL here. MOIM_ENOENT: PDF lacks a library or a font. */
int moim_export(FILE *out, enum moim_format format, const struct moim_document *doc, struct moim_err *err);
/* Writes beside path and renames: the file is there whole or not at all. */
int moim_export_file(const char *path, enum moim_format format, const struct moim_document *doc,
                     struct moim_err *err);

/* A zip of the document and the sound, both called like the meeting; an HTML page plays it. As whole as
 * moim_export_file's. MOIM_ENOENT when there is no such sound. */
int moim_export_zip(const char *path, enum moim_format format, const struct moim_document *doc,
                    const char *audio, struct moim_err *err);

struct cJSON;
/* The meeting's own keys: id, title, started_at (ISO 8601, UTC), duration_s, state, language, and error when
 * there is one. */
struct cJSON *moim_meeting_json(const struct moim_meeting *m);
/* The minutes: title, summary, topics, key_points, decisions, actions, questions, suggestions, each with
 * evidence. */
struct cJSON *moim_item_json(const struct moim_item *it);
struct cJSON *moim_minutes_json(const struct moim_item *items, int n);
struct cJSON *moim_document_json(const struct moim_document *doc);

/* A title as a file's name: no slash, no leading dot, nothing that a file system or a shell minds; cut between
 * characters where cap bytes are too few. */
void moim_file_name(const char *title, char *out, size_t cap);

/* When a meeting began, for a reader: day and time of day where this device stands. */
void moim_local_time(char out[32], int64_t when);

/* "1:02:03" or "2:03"; with millis "01:02:03,004" (separator given). cap 32 is enough. */
void moim_clock(char *out, size_t cap, double seconds);
void moim_timestamp(char *out, size_t cap, double seconds, char separator);

/* A bookmark as a line among the transcript's: its note, or what the recorder noticed ("(gap) ...",
 * "(pause)") in words. Malloc'ed; NULL when memory runs out. */
char *moim_mark_text(const struct moim_bookmark *b, const char *language);

/* Puts the marks before time, beginning with *next, which counts them: between the lines of a transcript.
 * MOIM_ENOMEM. */
int moim_marks_until(FILE *out, const struct moim_document *doc, int *next, double time,
                     void (*put)(FILE *out, const char *at, const char *text));

/* The heading of a kind of minutes item in the meeting's language. */
const char *moim_kind_heading(const char *kind, const char *language);
extern const char *const moim_kinds[]; /* in the order of a document, NULL at the end; without "title" */

/* Internal to storage/: one writer a form. */
int moim_export_txt(FILE *out, const struct moim_document *doc);
int moim_export_md(FILE *out, const struct moim_document *doc);
int moim_export_obsidian(FILE *out, const struct moim_document *doc);
int moim_export_json(FILE *out, const struct moim_document *doc);
int moim_export_csv(FILE *out, const struct moim_document *doc);
int moim_export_ics(FILE *out, const struct moim_document *doc);
int moim_export_pdf(FILE *out, const char *path, const struct moim_document *doc, struct moim_err *err);
int moim_export_hwpx(const char *path, const struct moim_document *doc, struct moim_err *err);
int moim_export_docx(const char *path, const struct moim_document *doc, struct moim_err *err);
int moim_export_html(FILE *out, const struct moim_document *doc, struct moim_err *err);
int moim_export_cues(FILE *out, const struct moim_document *doc, bool vtt); /* SubRip, WebVTT */
/* A zip at tmp with two files in it: the document, deflated, and the sound as it is. path is for messages. */
int moim_zip_two(const char *tmp, const char *path, const char *entry, const char *file, const char *sound,
                 const char *audio, struct moim_err *err);
/* Text for Markdown: what it would read as its own stands behind a backslash. */
void moim_put_md(FILE *out, const char *text);
void moim_put_md_mark(FILE *out, const char *at, const char *text); /* for moim_marks_until */
const char *moim_transcript_heading(const char *language);
/* Text for XML and HTML: escaped, without what XML 1.0 forbids; broken UTF-8 becomes U+FFFD. */
void moim_put_xml(FILE *out, const char *s);
/* "김부장", "Speaker 2" / "참석자 2", or "" while nobody knows: the segment's own name, or made in own. */
#define MOIM_LABEL 40
const char *moim_speaker_label(char own[MOIM_LABEL], const struct moim_segment *g, const char *language);
/* The same for a reader: whoever speaks alone in a document needs no number, and gets "" until named. */
const char *moim_line_label(char own[MOIM_LABEL], const struct moim_document *doc,
                            const struct moim_segment *g);

#endif
