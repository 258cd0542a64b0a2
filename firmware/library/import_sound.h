/* Recordings from files into the store: their sound as 16 kHz FLAC beside it, then the meeting's row, with what there
 * is to remark as bookmarks "(import) ...".
 *
 * Parties that stand on channels or tracks of their own keep them: such a meeting's FLAC has a channel for each,
 * which is recognised apart (firmware/pipeline/process.c); of more than seven each has one while it is heard
 * (firmware/library/party_plan.h). */
#ifndef MOIM_FIRMWARE_LIBRARY_IMPORT_SOUND_H
#define MOIM_FIRMWARE_LIBRARY_IMPORT_SOUND_H

#include "audio/decode.h"
#include "storage/store.h"

#define MOIM_IMPORT_REMARKS 40

struct moim_import_options {
    const char *shown; /* the sender's file name, for title and source; NULL: path's */
    const char *title; /* NULL: the file's name */
    enum moim_channels channels;
    int64_t started_at; /* 0: from the file's metadata, name or time */
};

struct moim_imported {
    int64_t id;
    bool damaged; /* a file was truncated */
    int parties;  /* channels of one party each; 0: mixed */
    struct moim_remark remark[MOIM_IMPORT_REMARKS];
    int remarks;
};

/* Imports n files, concatenated, as one meeting. A failure leaves nothing behind. */
int moim_import_sound(struct moim_store *s, const char *const *paths, int n,
                      const struct moim_import_options *o, struct moim_imported *done, struct moim_err *err);
/* Appends files to a meeting's audio; the meeting must be recognised again. MOIM_EINVAL: the meeting has no
 * audio; MOIM_ESTATE: it is being recorded or processed. */
int moim_import_append(struct moim_store *s, int64_t meeting, const char *const *paths, int n,
                       const struct moim_import_options *o, struct moim_imported *done, struct moim_err *err);

/* The parties of a meeting's audio, none if it is mixed; to be cleared. */
int moim_stored_parties(const char *audio, struct moim_parties *out, struct moim_err *err);

#endif
