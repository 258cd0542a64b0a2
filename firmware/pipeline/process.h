/* What happens to a recording once its sound is safe: transcribe, rescore, tell the speakers apart, write the
 * minutes. Each stage is one transaction that also moves the meeting's state, so that a crash costs one stage
 * at most and processing goes on from there. */
#ifndef MOIM_FIRMWARE_PIPELINE_PROCESS_H
#define MOIM_FIRMWARE_PIPELINE_PROCESS_H

#include "firmware/pipeline/transcribe.h"
#include "storage/store.h"
#include "summarize/dates.h"

struct moim_process_options {
    const char *lang, *model;
    bool no_rescore, no_minutes;
    int speakers; /* how many there are, 0 unknown */
    bool again; /* from the sound on, though that was done: MOIM_EINVAL, and nothing changes, without sound */
    const char *minutes_model;    /* a model's name, role or file; NULL: the default one that is installed */
    const char *minutes_template; /* NULL: plain */
    const char *minutes_language; /* "ko", "en"; NULL: as spoken */
    void (*progress)(void *arg, const char *stage, double done);
    void *arg;
};

/* Does what is left to do for a meeting. A stage whose model is not installed is left out, with a warning in
 * *warning (its message empty otherwise); MOIM_OK then too. A warning of code MOIM_OK says that the meeting
 * held no sound and was removed. MOIM_ESTATE: somebody else is at work on it. Other failures are noted in the
 * store and returned. */
int moim_process(struct moim_engine *e, struct moim_store *s, int64_t meeting,
                 const struct moim_process_options *opt, struct moim_err *warning, struct moim_err *err);

/* Is there sound to work from? */
bool moim_has_sound(struct moim_store *s, const struct moim_meeting *m);

/* The day that it is here at a time in seconds since 1970. */
struct moim_date moim_local_date(int64_t when);

/* Path of the model that writes minutes and answers: by name, by role, or a file of the user's; wanted NULL:
 * the larger one that is installed. MOIM_ENOENT. */
int moim_minutes_model(const struct moim_models *m, const char *wanted, char *path, size_t cap,
                       struct moim_err *err);

/* What the settings and the store's jobs say is not trusted: MOIM_EINVAL unless both are names that are known, ""
 * and NULL are well. A path is the command line's alone. */
int moim_minutes_names(const struct moim_models *m, const char *model, const char *template_name,
                       struct moim_err *err);

/* Writes a meeting's minutes as a new version. model: a name, role or file, or NULL for the largest one
 * installed; template_name: a known one or a file of instructions, or NULL; language: "ko", "en", or NULL: as spoken. A title that
 * the user gave the meeting is kept. */
int moim_write_minutes(struct moim_engine *e, struct moim_store *s, const struct moim_meeting *m,
                       const char *model, const char *template_name, const char *language,
                       void (*progress)(void *arg, double done), void *arg, struct moim_err *err);

/* The user's vocabulary as the recognisers take it. */
struct moim_user_vocab {
    struct moim_vocab_word *words; /* [n], their strings are the rows' */
    struct moim_vocab_row *rows;
    int n;
};
int moim_user_vocab_load(struct moim_user_vocab *t, struct moim_store *s, struct moim_err *err);
void moim_user_vocab_free(struct moim_user_vocab *t);

#endif
