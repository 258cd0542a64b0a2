/* Captions of the running recording: reads the sound that the recorder has written, publishes captions as events and
 * keeps the final ones for clients that connect later. */
#include "base/json.h"
#include "firmware/daemon/recording_service_int.h"
#include "firmware/library/voiceprint_store.h"
#include "firmware/pipeline/process.h"
#include "firmware/platform/log.h"
#include "firmware/recording/caption_json.h"
#include "firmware/recording/captions.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct listener {
    struct moim_mic *m;
    struct moim_engine *e;
    struct moim_captions *captions;
    struct moim_user_vocab vocab;
    struct moim_known_voice *voices; /* that are offered by name */
    int n_voices;
};

/* Of labels: the one that is spoken, or else the one that was chosen. */
static const char *label_language(const struct moim_mic *m)
{
    return *m->draft.language ? m->draft.language : m->language;
}

static void publish(struct moim_mic *m, const struct moim_caption *c)
{
    pthread_mutex_lock(&m->lock);
    int64_t meeting = m->meeting;
    if (meeting) moim_draft_take(&m->draft, c);
    cJSON *o = meeting ? moim_caption_json(c, "kind", label_language(m)) : NULL;
    pthread_mutex_unlock(&m->lock);
    if (!meeting) return;
    cJSON_AddNumberToObject(o, "meeting", (double)meeting);
    if (c->kind == MOIM_CAPTION_PARTIAL) cJSON_AddStringToObject(o, "rest", c->text + c->settled);
    moim_events_publish(m->opt.events, "caption", o);
}

static int follow(struct listener *h, struct moim_err *err)
{
    struct moim_mic *m = h->m;
    struct moim_recorder *rec = moim_session_recorder(m->session);
    struct moim_caption c;
    int rc = MOIM_OK;
    while (!rc && !atomic_load(&m->caption_stop)) {
        bool any;
        rc = moim_captions_follow(h->captions, rec, &any, err);
        while (!rc && moim_captions_next(h->captions, &c)) publish(m, &c);
        if (!any) nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    return rc;
}

/* Words that the user taught, and voices that were saved; without them there are still captions. */
static void load_known(struct listener *h)
{
    struct moim_store *s;
    if (moim_store_open(&s, h->m->opt.db, NULL)) return;
    moim_user_vocab_load(&h->vocab, s, NULL);
    if (moim_voices_list(s, &h->voices, &h->n_voices, NULL)) h->n_voices = 0;
    moim_store_close(s);
}

static void *caption(void *arg)
{
    struct listener h = {.m = arg};
    struct moim_err err = {0};
    load_known(&h);
    struct moim_captions_options o = {.lang = h.m->language,
                                      .vocab = h.vocab.words,
                                      .n_vocab = h.vocab.n,
                                      .speakers = true,
                                      .voices = h.voices,
                                      .n_voices = h.n_voices};
    int rc = moim_engine_new(&h.e, h.m->opt.threads, &err);
    if (!rc) rc = moim_captions_open(&h.captions, h.e, &o, &err);
    if (!rc) rc = follow(&h, &err);
    /* Captions that fail do not cost the recording. */
    if (rc) {
        moim_log(MOIM_LOG_WARNING, "no captions: %s", err.msg);
        pthread_mutex_lock(&h.m->lock);
        h.m->captions = false;
        snprintf(h.m->note, sizeof h.m->note, "%s", err.msg);
        pthread_mutex_unlock(&h.m->lock);
    }
    moim_captions_close(h.captions);
    moim_engine_free(h.e);
    moim_user_vocab_free(&h.vocab);
    free(h.voices);
    malloc_trim(0);
    return NULL;
}

int moim_mic_captions_start(struct moim_mic *m)
{
    moim_mic_captions_clear(m);
    atomic_store(&m->caption_stop, false);
    m->caption_started = !pthread_create(&m->caption_thread, NULL, caption, m);
    return m->caption_started ? MOIM_OK : MOIM_ENOMEM;
}

void moim_mic_captions_stop(struct moim_mic *m)
{
    if (!m->caption_started) return;
    atomic_store(&m->caption_stop, true);
    pthread_join(m->caption_thread, NULL);
    m->caption_started = false;
}

void moim_mic_captions_clear(struct moim_mic *m)
{
    pthread_mutex_lock(&m->lock);
    moim_draft_clear(&m->draft);
    pthread_mutex_unlock(&m->lock);
}

cJSON *moim_mic_captions(struct moim_mic *m)
{
    cJSON *all = cJSON_CreateArray();
    pthread_mutex_lock(&m->lock);
    for (int i = 0; m->meeting && i < m->draft.n; i++) {
        const struct moim_draft_line *l = &m->draft.list[i];
        struct moim_caption c = {.kind = MOIM_CAPTION_FINAL,
                                 .line = l->line,
                                 .start = l->said.start,
                                 .end = l->said.end,
                                 .text = l->said.text};
        cJSON *o = moim_caption_json(&c, "kind", "");
        cJSON_AddNumberToObject(o, "meeting", (double)m->meeting);
        moim_caption_add_speaker(o, l->said.speaker, l->offer, label_language(m));
        moim_json_append(all, o);
    }
    pthread_mutex_unlock(&m->lock);
    return all;
}
