/* Processing of a recording: transcribe, rescore, diarize, write minutes. Each stage is one transaction that
 * also advances the meeting's state, so that a crash costs one stage at most and processing resumes there. */
#ifndef MOIM_FIRMWARE_PIPELINE_PROCESS_H
#define MOIM_FIRMWARE_PIPELINE_PROCESS_H

#include "firmware/pipeline/transcribe.h"
#include "storage/store.h"
#include "summarize/dates.h"

struct moim_process_options {
    const char *lang, *model;
    bool no_rescore, no_minutes;
    int speakers;    /* how many there are, 0 unknown */
    bool again;      /* start again from the audio; without audio MOIM_EINVAL, and nothing changes */
    double from, to; /* recognise only what lies between, and nothing else; to 0: all that is left to do */
    const char *minutes_model;    /* a model's name, role or file; NULL: the default one that is installed */
    const char *minutes_template; /* NULL: plain */
    const char *minutes_language; /* "ko", "en"; NULL: as spoken */
    void (*progress)(void *arg, const char *stage, double done);
    void *arg;
};

/* Runs the remaining stages of a meeting. A stage without its model is skipped, with a message in *warning
 * (empty otherwise) and MOIM_OK. A warning of code MOIM_OK says that the meeting held no audio and was
 * removed. MOIM_ESTATE: it is being recorded or processed elsewhere. Other failures are stored with the
 * meeting and returned. */
int moim_process(struct moim_engine *e, struct moim_store *s, int64_t meeting,
                 const struct moim_process_options *opt, struct moim_err *warning, struct moim_err *err);

/* Whether the meeting has audio. */
bool moim_has_sound(struct moim_store *s, const struct moim_meeting *m);
/* MOIM_EINVAL, and why: what would count as done after it waits for the transcript. */
int moim_not_recognised(int64_t meeting, struct moim_err *err);

/* The local date at a time in seconds since 1970. */
struct moim_date moim_local_date(int64_t when);

/* Path of the model that writes minutes and answers: by name, by role, or a file of the user's; wanted NULL:
 * the larger one that is installed. MOIM_ENOENT. */
int moim_minutes_model(const struct moim_models *m, const char *wanted, char *path, size_t cap,
                       struct moim_err *err);

/* Validates names from settings and jobs, which are untrusted: MOIM_EINVAL unless both are known, "" or NULL.
 * Only the command line may pass a path. */
int moim_minutes_names(struct moim_store *s, const struct moim_models *m, const char *model,
                       const char *template_name, struct moim_err *err);

/* Writes a meeting's minutes as a new version. model: a name, role or file, or NULL for the largest one
 * installed; template_name: a known one or a file of instructions, or NULL; language: "ko", "en", or NULL: as spoken. A title that
 * the user gave the meeting is kept. */
int moim_write_minutes(struct moim_engine *e, struct moim_store *s, const struct moim_meeting *m,
                       const char *model, const char *template_name, const char *language,
                       void (*progress)(void *arg, double done), void *arg, struct moim_err *err);

/* The user's vocabulary in the recognisers' form. */
struct moim_user_vocab {
    struct moim_vocab_word *words; /* [n], strings belong to the rows */
    struct moim_vocab_row *rows;
    int n;
};
int moim_user_vocab_load(struct moim_user_vocab *t, struct moim_store *s, struct moim_err *err);
void moim_user_vocab_free(struct moim_user_vocab *t);

#endif
