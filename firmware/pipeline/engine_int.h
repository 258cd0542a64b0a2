/* Inside of struct moim_engine, for firmware/ only. */
#ifndef MOIM_FIRMWARE_PIPELINE_ENGINE_INT_H
#define MOIM_FIRMWARE_PIPELINE_ENGINE_INT_H

#include "asr/whisper.h"
#include "audio/vad.h"
#include "firmware/pipeline/rescoring.h"
#include "firmware/pipeline/transcribe.h"
#include "lm/embed.h"
#include "summarize/answer_reader.h"

struct moim_minutes_request;

struct moim_engine {
    struct moim_models models;
    struct moim_pool *pool;
    struct moim_vad *vad;
    bool lean;                /* it is Whisper in little memory */
    struct moim_asr asr;      /* the recogniser in memory; vt NULL: none */
    struct moim_embed *embed; /* NULL: not in memory */
    char embed_name[160];
    struct moim_answer_reader *reader; /* on top of embed; NULL: not in memory */
    struct moim_rescoring rescoring;
    const volatile int *cancel; /* set by another thread to cancel the running call; NULL: not cancellable */
};

/* MOIM_ECANCEL once it was asked to stop. */
int moim_engine_check(const struct moim_engine *e, struct moim_err *err);

int moim_engine_vad(struct moim_engine *e, struct moim_vad **vad,
                    struct moim_err *err); /* reset, ready for a recording */
/* Loads the named recogniser ("whisper", "whisper-lean" for captions, "conformer"); another one in memory
 * makes room. */
int moim_engine_asr(struct moim_engine *e, const char *model, struct moim_asr **asr, struct moim_err *err);
/* Paths of the Conformer's files, the lexicon built if need be (shown on a terminal). */
struct moim_conformer_paths;
int moim_engine_conformer_files(struct moim_engine *e, struct moim_conformer_paths *paths,
                                struct moim_err *err);
/* The embedding model, and the name under which the store keeps its vectors. */
int moim_engine_embed(struct moim_engine *e, struct moim_embed **embed, const char **name,
                      struct moim_err *err);
/* The reader of answers, on the model for search; *reader is NULL without such a model, and with one that it was not made for. MOIM_ENOMEM. */
int moim_engine_answer_reader(struct moim_engine *e, struct moim_answer_reader **reader,
                              struct moim_err *err);

/* What the embedding model makes of turns, into req->state, and the model itself, into req->encoder; both are NULL without such a model,
 * and with one that cannot be read, which is logged. The caller frees the states. MOIM_ENOMEM, MOIM_ECANCEL. */
int moim_engine_turn_states(struct moim_engine *e, struct moim_minutes_request *req, struct moim_err *err);
void moim_engine_unload_speech(struct moim_engine *e); /* what recognises */
void moim_engine_unload(struct moim_engine *e);        /* all of them */

#endif
