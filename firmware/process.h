/* What happens to a recording once its sound is safe: transcribe, rescore, tell the speakers apart, write the
 * minutes. Each stage is one transaction that also moves the meeting's state, so that a crash costs one stage
 * at most and processing goes on from there. */
#ifndef MOIM_FIRMWARE_PROCESS_H
#define MOIM_FIRMWARE_PROCESS_H

#include "firmware/transcribe.h"
#include "storage/store.h"
#include "summarize/dates.h"

struct moim_process_options {
    const char *lang, *model;
    bool no_rescore, no_minutes;
    const char *minutes_model;    /* a model's name, role or file; NULL: the default one that is installed */
    const char *minutes_template; /* NULL: plain */
    void (*progress)(void *arg, const char *stage, double done);
    void *arg;
};

/* Does what is left to do for a meeting. A stage whose model is not installed is left out, with a remark in
 * *remark (its message empty otherwise); MOIM_OK then too. A remark of code MOIM_OK says that the meeting
 * held no sound and was removed. MOIM_ESTATE: somebody else is at work on it. Other failures are noted in the
 * store and returned. */
int moim_process(struct moim_engine *e, struct moim_store *s, int64_t meeting,
                 const struct moim_process_options *opt, struct moim_err *remark, struct moim_err *err);

/* The day that it is here at a time in seconds since 1970. */
struct moim_date moim_local_date(int64_t when);

/* Path of the model that writes minutes and answers: by name, by role, or a file of the user's; wanted NULL:
 * the larger one that is installed. MOIM_ENOENT. */
int moim_minutes_model(const struct moim_models *m, const char *wanted, char *path, size_t cap,
                       struct moim_err *err);

/* Writes a meeting's minutes as a new version. model: a name, role or file, or NULL for the largest one
 * installed; template_name: a known one or a file of instructions, or NULL. */
int moim_write_minutes(struct moim_engine *e, struct moim_store *s, const struct moim_meeting *m,
                       const char *model, const char *template_name, void (*progress)(void *arg, double done),
                       void *arg, struct moim_err *err);

/* The user's vocabulary as the recognisers take it. */
struct moim_taught {
    struct moim_vocab_word *words; /* [n], their strings are the rows' */
    struct moim_vocab_row *rows;
    int n;
};
int moim_taught_load(struct moim_taught *t, struct moim_store *s, struct moim_err *err);
void moim_taught_free(struct moim_taught *t);

/* Directory of the recordings that belong to a store: "audio" beside its file. */
int moim_audio_path(const struct moim_store *s, const char *name, char *out, size_t cap,
                    struct moim_err *err);

/* Takes a recording into the store: its sound as 16 kHz mono FLAC beside the store, then the meeting's row.
 * Nothing is left behind when anything fails. */
int moim_import(struct moim_store *s, const char *path, int64_t *id, bool *damaged, struct moim_err *err);
/* The same for a file that was sent to us: shown is what its sender calls it, for the title. */
int moim_import_as(struct moim_store *s, const char *path, const char *shown, int64_t *id, bool *damaged,
                   struct moim_err *err);
/* Makes a recording that a crash interrupted whole: repairs its journal, then sets its length and takes its
 * marks over in one transaction. Does nothing to other meetings. *gone: the crash came before the first sound
 * and the user had noted nothing, so that the meeting was removed. The caller holds the lock. */
int moim_recover(struct moim_store *s, const struct moim_meeting *m, bool *gone, struct moim_err *err);
/* A meeting that ended in order: its length, and its journal's marks as bookmarks. */
int moim_recorded(struct moim_store *s, int64_t id, const char *audio, double seconds, struct moim_err *err);
/* A meeting's sound belongs to whoever records or processes it: the descriptor of its lock, to be closed; -1
 * with MOIM_ESTATE when another has it, -1 with MOIM_OK when there is no sound to lock. */
int moim_sound_lock(const char *audio, int *fd, struct moim_err *err);
/* How many meetings wait for `doctor --repair`: without a transcript, and nobody at work on them. */
int moim_unfinished(struct moim_store *s);
/* Takes a transcript file in (firmware/textfile.h): a meeting without sound, its speakers named as in the
 * file. language: "ko", "en", or NULL and "auto" for what the file says or its letters tell. */
int moim_import_text(struct moim_store *s, const char *path, const char *language, int64_t *id,
                     struct moim_err *err);
/* Removes sound and words for good. MOIM_ESTATE while somebody is at work on it. */
int moim_delete(struct moim_store *s, int64_t id, struct moim_err *err);
/* The same by the holder of its lock. */
int moim_erase(struct moim_store *s, const struct moim_meeting *m, struct moim_err *err);
/* A recording's file and its marks, where they are. */
int moim_remove_sound(const char *audio, struct moim_err *err);

#endif
