/* Captions of the recording at work: reads what the recorder has put on disk already, tells everybody, keeps
 * the final ones for who comes later. */
#include "audio/segment.h"
#include "firmware/engine_int.h"
#include "firmware/log.h"
#include "firmware/mic_int.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct hearing {
    struct moim_mic *m;
    struct moim_engine *e;
    struct moim_asr *asr;
    struct moim_segmenter *segmenter;
    char lang[8];
};

static void tell(struct moim_mic *m, double start, double end, const char *text)
{
    pthread_mutex_lock(&m->lock);
    int64_t meeting = m->meeting;
    if (m->kept && m->n_kept < MOIM_CAPTIONS_KEPT) {
        char *copy = strdup(text);
        if (copy) m->kept[m->n_kept++] = (struct moim_kept_caption){start, end, copy};
    }
    pthread_mutex_unlock(&m->lock);
    if (!meeting) return;
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "meeting", (double)meeting);
    cJSON_AddStringToObject(o, "kind", "final");
    cJSON_AddNumberToObject(o, "start", start);
    cJSON_AddNumberToObject(o, "end", end);
    cJSON_AddStringToObject(o, "text", text);
    moim_events_publish(m->opt.events, "caption", o);
}

static int hear(struct hearing *h, const float *pcm, size_t n, uint64_t start, struct moim_err *err)
{
    struct moim_nbest nb = {0};
    struct moim_asr_options o = {.lang = h->lang, .nbest = 1, .beam = 1};
    int rc = moim_asr_decode(h->asr, pcm, n, (double)start / 16000, &o, &nb, err);
    if (rc) return rc;
    if (nb.n && nb.hyps[0].n_words)
        tell(h->m, nb.hyps[0].words[0].start, (double)(start + n) / 16000, nb.hyps[0].text);
    moim_nbest_free(&nb);
    return MOIM_OK;
}

static int follow(struct hearing *h, struct moim_err *err)
{
    int rc = MOIM_OK;
    while (!rc && !atomic_load(&h->m->caption_stop)) {
        float pcm[MOIM_VAD_WINDOW];
        uint64_t at, start;
        size_t n = moim_recorder_read(h->m->rec, pcm, MOIM_VAD_WINDOW, &at), length;
        const float *stretch;
        if (!n) nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        for (size_t used = 0; n && !rc && used < n;) {
            used += moim_segmenter_push(h->segmenter, pcm + used, n - used);
            while (!rc && moim_segmenter_next(h->segmenter, &stretch, &length, &start))
                rc = hear(h, stretch, length, start, err);
        }
    }
    return rc;
}

static void *caption(void *arg)
{
    struct hearing h = {.m = arg};
    struct moim_vad *vad;
    struct moim_err err = {0};
    snprintf(h.lang, sizeof h.lang, "%s", h.m->language);
    int rc = moim_engine_new(&h.e, h.m->opt.threads, &err);
    if (!rc) rc = moim_engine_vad(h.e, &vad, &err);
    if (!rc) rc = moim_engine_asr(h.e, "whisper", &h.asr, &err);
    if (!rc) rc = moim_segmenter_new(&h.segmenter, vad, NULL, &err);
    if (!rc) rc = follow(&h, &err);
    /* Captions that fail do not cost the recording. */
    if (rc) {
        moim_log(MOIM_LOG_WARNING, "no captions: %s", err.msg);
        pthread_mutex_lock(&h.m->lock);
        h.m->captions = false;
        snprintf(h.m->note, sizeof h.m->note, "%s", err.msg);
        pthread_mutex_unlock(&h.m->lock);
    }
    moim_segmenter_free(h.segmenter);
    moim_engine_free(h.e);
    malloc_trim(0);
    return NULL;
}

int moim_mic_captions_start(struct moim_mic *m)
{
    moim_mic_captions_clear(m);
    pthread_mutex_lock(&m->lock);
    m->kept = calloc(MOIM_CAPTIONS_KEPT, sizeof *m->kept);
    pthread_mutex_unlock(&m->lock);
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
    for (int i = 0; i < m->n_kept; i++) free(m->kept[i].text);
    free(m->kept);
    m->kept = NULL;
    m->n_kept = 0;
    pthread_mutex_unlock(&m->lock);
}

cJSON *moim_mic_captions(struct moim_mic *m)
{
    cJSON *all = cJSON_CreateArray();
    pthread_mutex_lock(&m->lock);
    for (int i = 0; m->meeting && i < m->n_kept; i++) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddNumberToObject(o, "meeting", (double)m->meeting);
        cJSON_AddStringToObject(o, "kind", "final");
        cJSON_AddNumberToObject(o, "start", m->kept[i].start);
        cJSON_AddNumberToObject(o, "end", m->kept[i].end);
        cJSON_AddStringToObject(o, "text", m->kept[i].text);
        cJSON_AddItemToArray(all, o);
    }
    pthread_mutex_unlock(&m->lock);
    return all;
}
