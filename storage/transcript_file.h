/* A transcript that already exists, as a file: what other programs wrote, or typed by hand.
 *
 *   .json        {"title", "language", "date": "2026-03-11", "turns": [{"speaker", "text", "start", "end"}, ...]}, all
 *                but the texts may be missing; "segments" likewise (ours, faster-whisper, WhisperX with its speakers,
 *                OpenAI's verbose JSON, CLOVA Speech), whisper.cpp's "transcription", "utterances".
 *   .txt .md     one turn a line, "Name: what was said" or "[1:02:03] Name: what was said"; names and times may be
 *                missing. Or "Name 1:02" (CLOVA Note, Otter, Teams), "1:02:03" (Meet) above the words. Or a table.
 *   .srt .vtt    subtitles; "Name: " at the start of a cue or a voice tag is its speaker; cues that roll are said once.
 *   .docx .hwpx .html .pdf
 *                a document that holds either of the texts. One of ours holds the meeting as data, too, which counts
 *                until somebody changes the document (storage/record.h).
 *
 * What moim exports is understood (tests/storage/test_round_trip.c). Without one of these endings the content decides.
 * Where there are no times they are guessed from the length of what was said. */
#ifndef MOIM_STORAGE_TRANSCRIPT_FILE_H
#define MOIM_STORAGE_TRANSCRIPT_FILE_H

#include "base/date.h"
#include "base/status.h"
#include "base/transcript.h"

#include <stddef.h>

struct cJSON;

/* What stands in the file and is no part of what was said: a bookmark, or a line that was left out. */
struct moim_transcript_note {
    double at;
    char *text;
    bool remark; /* about the import, not of the file */
};
struct moim_turn_words {
    struct moim_word *list;
    int n;
};

struct moim_transcript_file {
    char *title;      /* "" when the file has none */
    char *date_line;  /* what it says about when it was, "" nothing */
    char language[3]; /* "ko" or "en", by its letters if the file does not say */
    bool has_date;
    bool minutes_alone; /* an export of ours without its transcript */
    struct moim_date date;
    struct moim_turn_text *turns;  /* speaker and text are owned */
    struct moim_turn_words *words; /* [n], of JSON that has them */
    int n;
    struct moim_transcript_note *notes;
    int n_notes;
    struct cJSON *root; /* of a JSON file, for what else stands in it; NULL otherwise */
};

/* Whether the name ends like one of the forms above. */
bool moim_transcript_file_named(const char *path);
/* MOIM_ENOENT, MOIM_EFORMAT (neither UTF-8, UTF-16 nor CP949, not its form, nothing said in it), MOIM_EINVAL (over 64 MB).
 * Nothing is left out silently: what stands in a subtitle file outside of cues and is no part of its form is
 * refused with its line. */
int moim_transcript_file_read(struct moim_transcript_file *t, const char *path, struct moim_err *err);
/* shown: what its sender calls the file, NULL: path. */
int moim_transcript_file_read_as(struct moim_transcript_file *t, const char *path, const char *shown,
                                 struct moim_err *err);
/* The same from memory; name's ending tells the form. data need not end in NUL. */
int moim_transcript_file_parse(struct moim_transcript_file *t, const char *name, const char *data, size_t n,
                               struct moim_err *err);
void moim_transcript_file_clear(struct moim_transcript_file *t);

#endif
