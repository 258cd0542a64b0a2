#include "firmware/pipeline/engine_int.h"
#include "firmware/pipeline/lexicon_cache.h"
#include "firmware/platform/log.h"
#include "firmware/platform/paths.h"
#include "summarize/minutes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int moim_engine_new(struct moim_engine **out, int threads, struct moim_err *err)
{
    *out = NULL;
    struct moim_engine *e = calloc(1, sizeof *e);
    if (!e) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    int rc = moim_models_load(&e->models, err);
    if (!rc && !(e->pool = moim_pool_new(threads))) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    if (rc) {
        moim_engine_free(e);
        return rc;
    }
    *out = e;
    return MOIM_OK;
}

void moim_engine_free(struct moim_engine *e)
{
    if (!e) return;
    moim_engine_unload(e);
    moim_vad_close(e->vad);
    moim_pool_free(e->pool);
    moim_models_free(&e->models);
    free(e);
}

void moim_engine_unload_speech(struct moim_engine *e)
{
    moim_asr_close(&e->asr);
    moim_rescoring_close(&e->rescoring);
}

void moim_engine_unload(struct moim_engine *e)
{
    moim_engine_unload_speech(e);
    moim_answer_reader_close(e->reader);
    moim_embed_close(e->embed);
    e->reader = NULL;
    e->embed = NULL;
}

void moim_engine_set_cancel(struct moim_engine *e, const volatile int *cancel)
{
    e->cancel = cancel;
}

int moim_engine_check(const struct moim_engine *e, struct moim_err *err)
{
    return e->cancel && *e->cancel ? moim_fail_why(err, MOIM_ECANCEL, "cancelled", "cancelled by the user")
                                   : MOIM_OK;
}

const struct moim_models *moim_engine_models(const struct moim_engine *e)
{
    return &e->models;
}
struct moim_pool *moim_engine_pool(struct moim_engine *e)
{
    return e->pool;
}

int moim_engine_vad(struct moim_engine *e, struct moim_vad **vad, struct moim_err *err)
{
    char path[4300];
    int rc = MOIM_OK;
    if (!e->vad) {
        rc = moim_models_path(&e->models, "vad", path, sizeof path, err);
        if (!rc) rc = moim_vad_open(&e->vad, path, err);
    }
    if (!rc) moim_vad_reset(e->vad);
    *vad = e->vad;
    return rc;
}

/* Building the lexicon takes half a minute, once; who watches a terminal should know. */
static void show_lexicon(void *arg, double done)
{
    (void)arg;
    if (!isatty(STDERR_FILENO)) return;
    if (done < 0)
        fprintf(stderr, "\r\033[K");
    else
        fprintf(stderr, "\r\033[Kbuilding the lexicon (only this once)  %.0f %%", 100 * done);
}

int moim_engine_conformer_files(struct moim_engine *e, struct moim_conformer_paths *paths,
                                struct moim_err *err)
{
    int rc = moim_conformer_paths(&e->models, paths, err);
    return rc ? rc : moim_lexicon_ensure(&e->models, paths, false, e->pool, show_lexicon, NULL, err);
}

static int open_conformer(struct moim_engine *e, struct moim_err *err)
{
    struct moim_conformer_paths paths;
    int rc = moim_engine_conformer_files(e, &paths, err);
    return rc ? rc : moim_conformer_asr_open(&e->asr, &paths.files, e->pool, err);
}

static int open_whisper(struct moim_engine *e, bool lean, struct moim_err *err)
{
    char path[4300];
    int rc = moim_models_path(&e->models, "asr-accurate", path, sizeof path, err);
    if (rc) return rc;
    e->lean = lean;
    return lean ? moim_whisper_open_lean(&e->asr, path, e->pool, err)
                : moim_whisper_open(&e->asr, path, e->pool, err);
}

int moim_engine_asr(struct moim_engine *e, const char *model, struct moim_asr **asr, struct moim_err *err)
{
    struct moim_whisper_tuning tune = moim_whisper_defaults();
    *asr = &e->asr;
    bool lean = !strcmp(model, "whisper-lean");
    if (lean) model = "whisper";
    if (e->asr.vt && !strcmp(e->asr.vt->name, model) && (strcmp(model, "whisper") || e->lean == lean)) {
        if (!strcmp(model, "whisper")) moim_whisper_tune(&e->asr, &tune); /* as no one had used it before */
        return MOIM_OK;
    }
    moim_asr_close(&e->asr);
    if (!strcmp(model, "whisper")) return open_whisper(e, lean, err);
    if (!strcmp(model, "conformer")) return open_conformer(e, err);
    return moim_fail(err, MOIM_EINVAL, "%s: no such recogniser (whisper, conformer)", model);
}

int moim_engine_embed(struct moim_engine *e, struct moim_embed **embed, const char **name,
                      struct moim_err *err)
{
    char path[4300];
    struct stat st;
    *embed = e->embed;
    *name = e->embed_name;
    if (e->embed) return MOIM_OK;
    int rc = moim_models_path(&e->models, "search", path, sizeof path, err);
    if (!rc) rc = moim_embed_open(&e->embed, path, moim_pool_threads(e->pool) > 1 ? e->pool : NULL, err);
    if (rc) return rc;
    const char *slash = strrchr(path, '/');
    /* What vectors are made from and how: they are made again when any of it changes. */
    snprintf(e->embed_name, sizeof e->embed_name, "%.120s %lld topic-1", slash ? slash + 1 : path,
             stat(path, &st) ? 0LL : (long long)st.st_size);
    *embed = e->embed;
    return MOIM_OK;
}

int moim_engine_answer_reader(struct moim_engine *e, struct moim_answer_reader **reader, struct moim_err *err)
{
    struct moim_embed *m;
    const char *name;
    struct moim_err why;
    int rc = MOIM_OK;
    if (!e->reader) rc = moim_engine_embed(e, &m, &name, &why);
    if (!e->reader && !rc)
        rc = moim_answer_reader_open(&e->reader, m, moim_reader_weights,
                                     (uintptr_t)moim_reader_weights_end - (uintptr_t)moim_reader_weights,
                                     &why);
    *reader = e->reader;
    if (rc == MOIM_ENOMEM) return moim_fail(err, rc, "%s", why.msg);
    if (rc && rc != MOIM_ENOENT)
        moim_log(MOIM_LOG_WARNING, "%s; answers are found without a reader", why.msg);
    return MOIM_OK;
}

int moim_engine_turn_states(struct moim_engine *e, struct moim_minutes_request *req, struct moim_err *err)
{
    struct moim_embed *m;
    const char *name;
    struct moim_err why;
    float *state = NULL;
    int rc = moim_engine_embed(e, &m, &name, &why);
    if (!rc) rc = moim_turn_states(m, req->turns, req->n_turns, e->cancel, &state, &why);
    req->state = state;
    req->encoder = state ? m : NULL;
    if (rc == MOIM_ENOMEM || rc == MOIM_ECANCEL) return moim_fail(err, rc, "%s", why.msg);
    if (rc && rc != MOIM_ENOENT)
        moim_log(MOIM_LOG_WARNING, "%s; minutes are made without sentence vectors", why.msg);
    return MOIM_OK;
}
