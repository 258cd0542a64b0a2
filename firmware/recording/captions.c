#include "firmware/recording/captions_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* English has a net that streams; where it is not installed, and for all else, there is Whisper. */
static int open_backend(struct moim_captions *c, struct moim_err *err)
{
    struct moim_err missing;
    if (!strcmp(c->opt.lang, "en")) {
        int rc = caption_conformer(c, &missing);
        if (rc != MOIM_ENOENT) return rc ? moim_fail(err, rc, "%s", missing.msg) : rc;
    }
    return caption_whisper(c, err);
}

/* Without the models there are captions all the same. */
static int open_speakers(struct moim_captions *c, struct moim_err *err)
{
    struct moim_err missing;
    int rc = caption_speakers_open(&c->who, c->e, c->opt.voices, c->opt.n_voices, &missing);
    return !rc || rc == MOIM_ENOENT ? MOIM_OK : moim_fail(err, rc, "%s", missing.msg);
}

int moim_captions_open(struct moim_captions **out, struct moim_engine *e,
                       const struct moim_captions_options *opt, struct moim_err *err)
{
    *out = NULL;
    struct moim_captions *c = calloc(1, sizeof *c);
    if (!c) return moim_fail(err, MOIM_ENOMEM, "captions: out of memory");
    c->e = e;
    c->opt = *opt;
    struct moim_vad *vad;
    /* Shorter stretches than the final text's: they are solid sooner, and Whisper's memory grows with their
     * length. */
    struct moim_segment_params cuts = moim_segment_defaults;
    cuts.target = 6;
    cuts.max = 10;
    int rc = moim_engine_vad(e, &vad, err);
    if (!rc) rc = moim_segmenter_new(&c->segmenter, vad, &cuts, err);
    if (!rc) rc = open_backend(c, err);
    if (!rc && opt->speakers) rc = open_speakers(c, err);
    if (rc) {
        moim_captions_close(c);
        return rc;
    }
    *out = c;
    return MOIM_OK;
}

void moim_captions_close(struct moim_captions *c)
{
    if (!c) return;
    if (c->backend) c->backend->close(c->impl);
    caption_speakers_close(c->who);
    moim_segmenter_free(c->segmenter);
    free(c);
}

/* ---- events ---- */

/* Cuts at a whole character. */
static size_t fit(const char *s, size_t n)
{
    if (n < CAPTION_BYTES) return n;
    n = CAPTION_BYTES - 1;
    while (n && (s[n] & 0xC0) == 0x80) n--;
    return n;
}

static void drop_shown(struct moim_captions *c)
{
    if (!c->shown) return;
    c->first = (c->first + 1) % CAPTION_QUEUE;
    c->n_events--;
    c->shown = false;
}

/* The place for one more event. Nobody polls for long: partial captions are worth less than final ones. */
static struct caption_event *make_room(struct moim_captions *c)
{
    int keep = 0;
    for (int i = 0; c->n_events == CAPTION_QUEUE && i < CAPTION_QUEUE; i++) {
        struct caption_event *from = &c->event[(c->first + i) % CAPTION_QUEUE];
        if (from->kind == MOIM_CAPTION_PARTIAL) continue;
        if (keep != i) c->event[(c->first + keep) % CAPTION_QUEUE] = *from;
        keep++;
    }
    if (c->n_events == CAPTION_QUEUE) c->n_events = keep;
    if (c->n_events == CAPTION_QUEUE) return NULL;
    return &c->event[(c->first + c->n_events) % CAPTION_QUEUE];
}

void caption_word(struct caption_words *w, size_t to, double end)
{
    if (w->n == CAPTION_WORDS) return;
    w->word[w->n].to = (int)to;
    w->word[w->n++].end = end;
}

void caption_tell(struct moim_captions *c, enum moim_caption_kind kind, double start, double end,
                  const char *text, size_t settled, const struct caption_words *words)
{
    if (!*text) return;
    drop_shown(c);
    struct caption_event *e = make_room(c);
    if (!e) return;
    size_t n = fit(text, strlen(text));
    *e = (struct caption_event){.kind = kind, .start = start, .end = end};
    memcpy(e->text, text, n);
    e->settled = (int)(settled < n ? settled : n);
    e->line = c->lines;
    memcpy(e->language, c->spoken, sizeof e->language);
    c->n_events++;
    if (kind != MOIM_CAPTION_FINAL) return;
    if (c->who) caption_speakers_add(c->who, c->lines, start, end, e->text, words);
    c->lines++;
}

bool moim_captions_has_speakers(const struct moim_captions *c)
{
    return c->who != NULL;
}

bool moim_captions_next(struct moim_captions *c, struct moim_caption *out)
{
    drop_shown(c);
    if (!c->n_events) return c->who && caption_speakers_next(c->who, out);
    const struct caption_event *e = &c->event[c->first];
    *out = (struct moim_caption){.kind = e->kind,
                                 .start = e->start,
                                 .end = e->end,
                                 .text = e->text,
                                 .settled = e->settled,
                                 .language = e->language,
                                 .line = e->line};
    c->shown = true;
    return true;
}

/* ---- sound ---- */

static int take_finished(struct moim_captions *c, struct moim_err *err)
{
    const float *pcm;
    size_t n;
    uint64_t start;
    int rc = MOIM_OK;
    while (!rc && moim_segmenter_next(c->segmenter, &pcm, &n, &start))
        rc = c->backend->finish(c, pcm, n, start, err);
    return rc;
}

static int take_sound(struct moim_captions *c, const float *pcm, size_t n, size_t waiting,
                      struct moim_err *err)
{
    int rc = MOIM_OK;
    if (c->who) caption_speakers_hear(c->who, pcm, n);
    for (size_t used = 0; !rc && used < n;) {
        const float *open;
        uint64_t start;
        used += moim_segmenter_push(c->segmenter, pcm + used, n - used);
        rc = take_finished(c, err);
        size_t length = rc ? 0 : moim_segmenter_open(c->segmenter, &open, &start);
        if (length && length % MOIM_VAD_WINDOW == 0)
            rc = c->backend->follow(c, open, length, start, waiting + n - used, err);
    }
    c->at += n;
    return rc;
}

int moim_captions_push(struct moim_captions *c, const float *pcm, size_t n, uint64_t at, size_t waiting,
                       struct moim_err *err)
{
    static const float silence[MOIM_VAD_WINDOW];
    bool any;
    /* What was final at the last call has been shown meanwhile. */
    int rc = c->who ? caption_speakers_work(c->who, &any, err) : MOIM_OK;
    /* What was missed counts as silence, so that times stay true and the line before it ends. */
    while (!rc && c->at < at) {
        size_t gap = at - c->at < MOIM_VAD_WINDOW ? (size_t)(at - c->at) : MOIM_VAD_WINDOW;
        rc = take_sound(c, silence, gap, SIZE_MAX / 2, err);
    }
    return rc ? rc : take_sound(c, pcm, n, waiting, err);
}

int moim_captions_follow(struct moim_captions *c, struct moim_recorder *r, bool *any, struct moim_err *err)
{
    float pcm[512];
    uint64_t at;
    size_t n = moim_recorder_read(r, pcm, sizeof pcm / sizeof *pcm, &at);
    *any = n > 0;
    if (!n || !c) return MOIM_OK;
    return moim_captions_push(c, pcm, n, at, (size_t)(moim_recorder_samples(r) - (at + n)), err);
}

int moim_captions_end(struct moim_captions *c, struct moim_err *err)
{
    moim_segmenter_end(c->segmenter);
    int rc = take_finished(c, err);
    for (bool any = c->who != NULL; !rc && any;) rc = caption_speakers_work(c->who, &any, err);
    return rc;
}
