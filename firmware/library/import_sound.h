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
    const char *shown; /* what its sender calls the file, for title and source; NULL: as it is called */
    const char *title; /* NULL: the file's name */
    enum moim_channels channels;
    int64_t started_at; /* 0: as the file says, its name, or its time */
};

struct moim_imported {
    int64_t id;
    bool damaged; /* a file broke off */
    int parties;  /* channels that hold one party each; 0: one sound */
    struct moim_remark remark[MOIM_IMPORT_REMARKS];
    int remarks;
};

/* n files, one after another, as one meeting. Nothing is left behind when anything fails. */
int moim_import_sound(struct moim_store *s, const char *const *paths, int n,
                      const struct moim_import_options *o, struct moim_imported *done, struct moim_err *err);
/* Files that go on with a meeting: its sound and theirs become one; it is to be recognised again. MOIM_EINVAL: the
 * meeting has no sound; MOIM_ESTATE: somebody is at work on it. */
int moim_import_append(struct moim_store *s, int64_t meeting, const char *const *paths, int n,
                       const struct moim_import_options *o, struct moim_imported *done, struct moim_err *err);

/* The parties of a meeting's sound, 0 where it is one sound; to be cleared. */
int moim_stored_parties(const char *audio, struct moim_parties *out, struct moim_err *err);

#endif
