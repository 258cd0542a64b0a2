#include "firmware/pipeline/process.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/handover.h"
#include "firmware/library/recover.h"
#include "firmware/library/removal.h"
#include "firmware/pipeline/diarize_stage.h"
#include "firmware/pipeline/engine_int.h"
#include "firmware/pipeline/semantic_index.h"
#include "firmware/pipeline/transcribe_stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct stage {
    const struct moim_process_options *opt;
    const char *name;
};

static void report(void *arg, double done)
{
    const struct stage *st = arg;
    if (st->opt->progress) st->opt->progress(st->opt->arg, st->name, done);
}

int moim_user_vocab_load(struct moim_user_vocab *t, struct moim_store *s, struct moim_err *err)
{
    *t = (struct moim_user_vocab){0};
    int rc = moim_vocab_list(s, &t->rows, &t->n, err);
    if (rc || !t->n) return rc;
    t->words = calloc((size_t)t->n, sizeof *t->words);
    if (!t->words) {
        moim_user_vocab_free(t);
        return moim_fail(err, MOIM_ENOMEM, "out of memory");
    }
    for (int i = 0; i < t->n; i++)
        t->words[i] = (struct moim_vocab_word){t->rows[i].word,
                                               *t->rows[i].sounds_like ? t->rows[i].sounds_like : NULL};
    return MOIM_OK;
}

void moim_user_vocab_free(struct moim_user_vocab *t)
{
    free(t->words);
    moim_vocab_free(t->rows, t->n);
    *t = (struct moim_user_vocab){0};
}

static int transcribe_stage(struct moim_engine *e, struct moim_store *s, const struct moim_meeting *m,
                            const struct moim_process_options *opt, struct moim_err *err)
{
    struct stage st = {opt, "transcribing"};
    struct moim_transcribe_options o = {.lang = opt->lang,
                                        .model = opt->model,
                                        .no_rescore = opt->no_rescore,
                                        .from = opt->from,
                                        .to = opt->to,
                                        .progress = report,
                                        .arg = &st};
    struct moim_user_vocab vocab = {0};
    int rc = moim_user_vocab_load(&vocab, s, err);
    o.vocab = vocab.words;
    o.n_vocab = vocab.n;
    if (!rc) rc = (opt->to > 0 ? moim_transcribe_part : moim_transcribe_meeting)(e, s, m, &o, err);
    moim_user_vocab_free(&vocab);
    return rc;
}

static int minutes_stage(struct moim_engine *e, struct moim_store *s, const struct moim_process_options *opt,
                         int64_t id, struct moim_err *warning, struct moim_err *err)
{
    struct moim_meeting m; /* reload: transcription has set its language */
    struct stage st = {opt, "writing minutes"};
    int rc = moim_meeting_get(s, id, &m, err);
    if (rc) return rc;
    rc = moim_write_minutes(e, s, &m, opt->minutes_model, opt->minutes_template, opt->minutes_language,
                            report, &st, err);
    if (rc == MOIM_ENOENT && !(opt->minutes_model && *opt->minutes_model)) {
        *warning = *err; /* no model: the minutes quote, and can be rewritten later */
        rc = moim_write_minutes(e, s, &m, "none", opt->minutes_template, opt->minutes_language, report, &st,
                                err);
    }
    moim_meeting_clear(&m);
    return rc;
}

/* The transcript is useful without speakers: a failure of diarization becomes a warning. */
static int speakers_stage(struct moim_engine *e, struct moim_store *s, const struct moim_meeting *m,
                          const struct moim_process_options *opt, struct moim_err *warning,
                          struct moim_err *err)
{
    struct stage st = {opt, "telling speakers apart"};
    if (!*m->audio) return MOIM_OK;
    bool known;
    int rc = moim_speakers_by_channel(s, m, &known, err);
    if (rc || known) return rc;
    moim_engine_unload(e);
    rc = moim_diarize_meeting(e, s, m->id, opt->speakers ? opt->speakers : m->speakers_expected, report, &st,
                              err);
    if (rc != MOIM_ENOENT) return rc;
    *warning = *err; /* no model for it */
    return MOIM_OK;
}

/* Vectors for semantic search. They can be made later, so a failure here is no failure of the meeting. */
static void embed_stage(struct moim_engine *e, struct moim_store *s, const struct moim_process_options *opt,
                        int64_t id)
{
    struct stage st = {opt, "indexing"};
    struct moim_err ignored;
    moim_embed_meeting(e, s, id, report, &st, &ignored);
}

static int run_stages(struct moim_engine *e, struct moim_store *s, const struct moim_meeting *m,
                      const struct moim_process_options *opt, int *lock, struct moim_err *warning,
                      struct moim_err *err)
{
    bool gone;
    int rc = moim_recover(s, m, lock, &gone, err);
    if (gone) {
        moim_fail(warning, MOIM_OK, "meeting %lld holds no sound: removed", (long long)m->id);
        return rc;
    }
    if (!rc && m->state < MOIM_RESCORED) rc = transcribe_stage(e, s, m, opt, err);
    if (!rc && m->state < MOIM_DIARIZED) rc = speakers_stage(e, s, m, opt, warning, err);
    if (!rc) embed_stage(e, s, opt, m->id);
    if (!rc && m->state < MOIM_SUMMARIZED && !opt->no_minutes && !m->no_minutes)
        rc = minutes_stage(e, s, opt, m->id, warning, err);
    return rc;
}

bool moim_has_sound(struct moim_store *s, const struct moim_meeting *m)
{
    char audio[4096];
    return *m->audio && !moim_audio_path(s, m->audio, audio, sizeof audio, NULL) && !access(audio, R_OK);
}

int moim_not_recognised(int64_t meeting, struct moim_err *err)
{
    return moim_fail_why(err, MOIM_EINVAL, "not_recognised",
                         "meeting %lld has no transcript yet; go on with: moim doctor --repair",
                         (long long)meeting);
}

/* An imported transcript has no audio to recognise. */
static int check_sound(struct moim_store *s, struct moim_meeting *m, bool again, struct moim_err *err)
{
    struct moim_segment *list;
    int n, rc = MOIM_OK;
    if (again && !moim_has_sound(s, m))
        return moim_fail(err, MOIM_EINVAL, "meeting %lld has no sound: it cannot be recognised again",
                         (long long)m->id);
    if (again) m->state = MOIM_RECORDED; /* in the store when it has happened */
    if (*m->audio || m->state >= MOIM_RESCORED) return MOIM_OK;
    rc = moim_segments_get(s, m->id, &list, &n, err);
    if (rc) return rc;
    moim_segments_free(list, n);
    if (!n)
        return moim_fail(err, MOIM_EINVAL,
                         "meeting %lld has neither sound nor words; remove it with: moim delete %lld",
                         (long long)m->id, (long long)m->id);
    m->state = MOIM_DIARIZED;
    return moim_meeting_set_state(s, m->id, m->state, err);
}

/* The meeting is complete either way: a failure is added to the warning. */
static void hand_over(struct moim_store *s, int64_t meeting, struct moim_err *warning)
{
    struct moim_err why;
    if (!moim_handover(s, meeting, &why)) return;
    size_t n = strlen(warning->msg);
    snprintf(warning->msg + n, sizeof warning->msg - n, "%s%s", n ? "; " : "", why.msg);
    moim_cut_whole(warning->msg);
    warning->code = why.code;
}

/* One stretch anew. What fails there says nothing about the meeting. */
static int process_part(struct moim_engine *e, struct moim_store *s, const struct moim_meeting *m,
                        const struct moim_process_options *opt, struct moim_err *err)
{
    if (!moim_has_sound(s, m))
        return moim_fail(err, MOIM_EINVAL, "meeting %lld has no sound: it cannot be recognised again",
                         (long long)m->id);
    int rc = transcribe_stage(e, s, m, opt, err);
    if (!rc) embed_stage(e, s, opt, m->id);
    return rc;
}

int moim_process(struct moim_engine *e, struct moim_store *s, int64_t meeting,
                 const struct moim_process_options *opt, struct moim_err *warning, struct moim_err *err)
{
    struct moim_meeting m; /* read under the lock: another process may have finished it */
    struct moim_meeting_lock lock;
    memset(warning, 0, sizeof *warning);
    int rc = moim_meeting_lock(s, meeting, &lock, &m, err);
    if (rc) return rc;
    if (opt->to > 0) {
        rc = process_part(e, s, &m, opt, err);
        moim_meeting_unlock(&lock);
        moim_meeting_clear(&m);
        return rc;
    }
    rc = check_sound(s, &m, opt->again, err);
    bool refused = rc != MOIM_OK;
    if (!rc) rc = run_stages(e, s, &m, opt, &lock.sound, warning, err);
    if (rc && !refused && rc != MOIM_ESTATE) moim_meeting_set_error(s, meeting, err->msg, NULL);
    moim_meeting_unlock(&lock);
    moim_meeting_clear(&m);
    bool removed = *warning->msg && !warning->code;
    if (!rc && !removed) hand_over(s, meeting, warning);
    return rc;
}
