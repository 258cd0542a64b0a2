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
/* Bytes of a name at the line's start that a colon ends; 0 when the colon belongs to what was said. */
size_t moim_text_name(const char *p, size_t n);

/* A turn more; start and end below 0 are guessed. Nothing said: none. MOIM_ENOMEM. */
int moim_turn_push(struct moim_transcript_file *t, const char *speaker, size_t n_speaker, const char *text,
                   size_t n, double start, double end);
/* The same of what may begin with its speaker's name. */
int moim_turn_said(struct moim_transcript_file *t, const char *p, size_t n, double start, double end);
int moim_transcript_note(struct moim_transcript_file *t, double at, const char *before, const char *text,
                         size_t n);

/* The forms. MOIM_EFORMAT: it is none; *bad: in which line. */
int moim_parse_json(struct moim_transcript_file *t, const char *data, size_t n);
int moim_parse_subtitles(struct moim_transcript_file *t, const char *p, size_t n, bool vtt, int *bad);
int moim_parse_text(struct moim_transcript_file *t, const char *p, size_t n, bool markdown);
/* The paragraphs of a Word document as lines, malloc'ed; MOIM_EFORMAT, MOIM_ENOMEM, MOIM_EINVAL: over 64 MB. */
int moim_docx_text(const char *data, size_t n, char **text, size_t *n_text);

#endif
