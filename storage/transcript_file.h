/* A transcript that already exists, as a file: what other programs wrote, or typed by hand.
 *
 *   .json   {"title", "language", "date": "2026-03-11", "turns": [{"speaker", "text", "start", "end"}, ...]};
 * all but the texts may be missing. `moim export --format json` is understood too ("segments", "started_at").
 *   .txt    one turn a line, "Name: what was said" or "[1:02:03] Name: what was said"; names and times may be
 *           missing. `moim export --format txt` is understood.
 *   .srt .vtt  subtitles; "Name: " at the start of a cue is its speaker.
 *
 * Where there are no times they are guessed from the length of what was said. */
#ifndef MOIM_STORAGE_TRANSCRIPT_FILE_H
#define MOIM_STORAGE_TRANSCRIPT_FILE_H

#include "base/date.h"
#include "base/status.h"
#include "base/transcript.h"

#include <stddef.h>

struct cJSON;

struct moim_transcript_file {
    char *title;      /* "" when the file has none */
    char language[3]; /* "ko" or "en", by its letters if the file does not say */
    bool has_date;
    struct moim_date date;
    struct moim_turn_text *turns; /* speaker and text are owned */
    int n;
    struct cJSON *root; /* of a JSON file, for what else stands in it; NULL otherwise */
};

/* Whether the name ends like one of the forms above. */
bool moim_transcript_file_named(const char *path);
/* MOIM_ENOENT, MOIM_EFORMAT (neither UTF-8 nor CP949, not its form, nothing said in it), MOIM_EINVAL (over 64 MB).
 * Nothing is left out silently: what stands in a subtitle file outside of cues and is no part of its form is
 * refused with its line. */
int moim_transcript_file_read(struct moim_transcript_file *t, const char *path, struct moim_err *err);
/* The same from memory; name's ending tells the form. data need not end in NUL. */
int moim_transcript_file_parse(struct moim_transcript_file *t, const char *name, const char *data, size_t n,
                               struct moim_err *err);
void moim_transcript_file_clear(struct moim_transcript_file *t);

#endif
