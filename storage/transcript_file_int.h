/* What the readers of the forms of a transcript share. */
#ifndef MOIM_STORAGE_TRANSCRIPT_FILE_INT_H
#define MOIM_STORAGE_TRANSCRIPT_FILE_INT_H

#include "storage/transcript_file.h"

#include <stdbool.h>

/* A line of a text, without what ends it. */
struct moim_text_line {
    const char *text;
    size_t n;
    int number;
};
/* The next line, which a line feed, a carriage return or both end; false after the last. */
bool moim_text_line_next(const char **p, size_t *left, struct moim_text_line *l);

/* "1:02:03", "02:03", "02:03.500", "00:02:03,500" at p: seconds, and *used bytes; -1 when it is no time. */
double moim_text_clock(const char *p, size_t n, size_t *used);
/* An entity of HTML's at p ("&amp;", "&#44032;"): its text, 4 bytes at most, into out[*n]; what follows it, NULL: none. */
const char *moim_text_entity(const char *p, char *out, size_t *n);
/* Bytes of a name at the line's start that a colon ends; 0 when the colon belongs to what was said. */
size_t moim_text_name(const char *p, size_t n);

/* A turn more; start and end below 0 are guessed. Nothing said: none. MOIM_ENOMEM. */
int moim_turn_push(struct moim_transcript_file *t, const char *speaker, size_t n_speaker, const char *text,
                   size_t n, double start, double end);
/* The same of what may begin with its speaker's name. */
int moim_turn_said(struct moim_transcript_file *t, const char *p, size_t n, double start, double end);
int moim_transcript_note(struct moim_transcript_file *t, double at, const char *before, const char *text,
                         size_t n);

/* A line of a text that may be a row of a table. */
enum moim_row_is { MOIM_ROW_NONE, MOIM_ROW_HEAD, MOIM_ROW_TURN };
struct moim_text_row {
    char *line; /* with its tabs, malloc'ed; NULL: it has none */
    bool blank;
    enum moim_row_is is; /* from here on: found by moim_text_tables */
    double at, end;      /* seconds, below 0: unknown */
    char *who, *said;    /* malloc'ed */
};
/* Finds the tables whose rows are turns (transcript_table.c). MOIM_ENOMEM. */
int moim_text_tables(struct moim_text_row *row, int n);

/* The forms. MOIM_EFORMAT: it is none; *bad: in which line. */
int moim_parse_json(struct moim_transcript_file *t, const char *data, size_t n);
int moim_parse_subtitles(struct moim_transcript_file *t, const char *p, size_t n, bool vtt, int *bad);
int moim_parse_text(struct moim_transcript_file *t, const char *p, size_t n, bool markdown);

/* What a Word or Hangul document holds; all malloc'ed. */
struct moim_package {
    char *text;   /* its paragraphs as lines */
    char *bare;   /* the same without what our own styles mean, for moim_record_open */
    char *record; /* [n_record] storage/record.h, or NULL */
    size_t n_record;
};
/* MOIM_EFORMAT, MOIM_ENOMEM, MOIM_EINVAL: over 64 MB. */
int moim_package_read(const char *data, size_t n, struct moim_package *p);
void moim_package_clear(struct moim_package *p);
/* A page of HTML likewise. MOIM_ENOMEM. */
int moim_html_read(const char *html, size_t n, struct moim_package *p);
/* Sound and pictures in a page's tags ("src=\"data:audio/flac;base64,...\"") leave a part of it, which begins where the
 * part before ended; in place. The bytes that stay. */
struct moim_html_data {
    bool in_tag, dropping;
    size_t met; /* letters of what begins the data */
};
size_t moim_html_drop_data(struct moim_html_data *d, char *bytes, size_t n);
/* A PDF: its lines, and its record open. MOIM_EFORMAT, MOIM_ENOMEM, MOIM_EUNSUP: a library lacks. */
struct moim_pdf_text {
    char *text, *json; /* json: NULL where it has no record */
};
int moim_pdf_read(const char *data, size_t n, struct moim_pdf_text *p);

#endif
