#include "firmware/recording/caption_speakers.h"
#include "asr/live_speakers.h"
#include "firmware/recording/captions_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE MOIM_ASR_RATE
#define KEPT 256     /* lines whose text is kept: more than live_speakers.c revises */
#define EARLIER 0.15 /* seconds from a word's middle to its end, about */
#define ENOUGH 3.0f  /* seconds of a voice before a name is offered for it */
#define HEARD (2 * MOIM_SEGMENT_SAMPLES)

struct kept_line {
    int number; /* -1: none */
    double start, end;
    char *text, *parts; /* parts: the texts of its turns, each ended by a zero */
    struct caption_words words;
};

struct caption_speakers {
    struct moim_segmentation *segmentation;
    struct moim_speaker_encoder *encoder;
    struct moim_live_speakers *live;
    const struct moim_known_voice *voices;
    int n_voices;
    float *pcm; /* [HEARD], a ring: sample i at i % HEARD */
    uint64_t heard;
    float *line; /* [MOIM_SEGMENT_SAMPLES] */
    struct kept_line kept[KEPT];
    int next_kept, waiting; /* lines waiting, the last of kept */
    struct moim_caption_part part[MOIM_LIVE_PARTS];
    int offer[MOIM_LIVE_SPEAKERS + 1]; /* the voice that a speaker sounds like, -1 none */
};

static int open_nets(struct caption_speakers *s, struct moim_engine *e, struct moim_err *err)
{
    char path[4300];
    int rc = moim_models_path(&e->models, "who-speaks", path, sizeof path, err);
    if (!rc) rc = moim_segmentation_open(&s->segmentation, path, NULL, err);
    if (!rc) rc = moim_models_path(&e->models, "speaker", path, sizeof path, err);
    if (!rc) rc = moim_speaker_encoder_open(&s->encoder, path, err);
    return rc ? rc : moim_live_speakers_new(&s->live, s->segmentation, s->encoder, err);
}

int caption_speakers_open(struct caption_speakers **out, struct moim_engine *e,
                          const struct moim_known_voice *voices, int n, struct moim_err *err)
{
    *out = NULL;
    struct caption_speakers *s = calloc(1, sizeof *s);
    if (!s) return moim_fail(err, MOIM_ENOMEM, "captions: out of memory");
    s->voices = voices;
    s->n_voices = n;
    for (int i = 0; i < KEPT; i++) s->kept[i].number = -1;
    s->pcm = calloc(HEARD, sizeof *s->pcm);
    s->line = malloc(sizeof *s->line * MOIM_SEGMENT_SAMPLES);
    int rc =
        s->pcm && s->line ? open_nets(s, e, err) : moim_fail(err, MOIM_ENOMEM, "captions: out of memory");
    if (rc)
        caption_speakers_close(s);
    else
        *out = s;
    return rc;
}

void caption_speakers_close(struct caption_speakers *s)
{
    if (!s) return;
    moim_live_speakers_free(s->live);
    moim_segmentation_close(s->segmentation);
    moim_speaker_encoder_close(s->encoder);
    for (int i = 0; i < KEPT; i++) {
        free(s->kept[i].text);
        free(s->kept[i].parts);
    }
    free(s->pcm);
    free(s->line);
    free(s);
}

void caption_speakers_hear(struct caption_speakers *s, const float *pcm, size_t n)
{
    for (size_t i = 0; i < n; i++) s->pcm[s->heard++ % HEARD] = pcm[i];
}

void caption_speakers_add(struct caption_speakers *s, int line, double start, double end, const char *text,
                          const struct caption_words *words)
{
    struct kept_line *k = &s->kept[s->next_kept % KEPT];
    size_t room = strlen(text) + MOIM_LIVE_PARTS + 1;
    free(k->text);
    free(k->parts);
    *k = (struct kept_line){.number = line,
                            .start = start,
                            .end = end,
                            .words = *words,
                            .text = strdup(text),
                            .parts = malloc(room)};
    if (!k->text || !k->parts) {
        k->number = -1;
        return;
    }
    s->next_kept++;
    if (s->waiting < KEPT) s->waiting++;
}

/* The sound of a line with what went before it, of at most ten seconds, as far as it is still there. */
static size_t fetch(struct caption_speakers *s, const struct kept_line *k, double *from)
{
    uint64_t end = (uint64_t)(k->end * RATE + 0.5), first = s->heard > HEARD ? s->heard - HEARD : 0;
    if (end > s->heard) end = s->heard;
    uint64_t start = end > MOIM_SEGMENT_SAMPLES ? end - MOIM_SEGMENT_SAMPLES : 0;
    if (start < first) start = first;
    for (uint64_t i = start; i < end; i++) s->line[i - start] = s->pcm[i % HEARD];
    *from = (double)start / RATE;
    return end > start ? (size_t)(end - start) : 0;
}

/* Each saved voice is offered to the speaker that is most like it, if that is like enough. */
static void find_offers(struct caption_speakers *s)
{
    float voice[MOIM_SPEAKER_DIM], seconds, best[MOIM_LIVE_SPEAKERS + 1];
    for (int n = 0; n <= MOIM_LIVE_SPEAKERS; n++) s->offer[n] = -1, best[n] = MOIM_VOICE_ALIKE;
    for (int v = 0; v < s->n_voices; v++) {
        int who = 0;
        float most = MOIM_VOICE_ALIKE;
        for (int n = 1; n <= MOIM_LIVE_SPEAKERS; n++) {
            if (!moim_live_speakers_voice(s->live, n, voice, &seconds) || seconds < ENOUGH) continue;
            float like = moim_speaker_similarity(voice, s->voices[v].voice);
            if (like >= most) most = like, who = n;
        }
        if (who && most >= best[who]) best[who] = most, s->offer[who] = v;
    }
}

int caption_speakers_work(struct caption_speakers *s, bool *any, struct moim_err *err)
{
    *any = s->waiting > 0;
    if (!*any) return MOIM_OK;
    const struct kept_line *k = &s->kept[(s->next_kept - s->waiting--) % KEPT];
    double from;
    size_t n = fetch(s, k, &from);
    if (!n || k->end <= from) return MOIM_OK;
    int rc = moim_live_speakers_line(s->live, k->number, fmax(k->start, from), k->end, s->line, n, from, err);
    if (!rc && s->n_voices) find_offers(s);
    return rc;
}

/* ---- the text of each part ---- */

/* The bytes of the words that lie before a moment. */
static int bytes_until(const struct kept_line *k, double at)
{
    int to = 0;
    for (int i = 0; i < k->words.n && k->words.word[i].end - EARLIER < at; i++) to = k->words.word[i].to;
    return to;
}

/* Divides a line's text among its turns; one without a word belongs to the turn before, or after. */
static int divide(struct caption_speakers *s, struct kept_line *k, const struct moim_live_line *l)
{
    int n = 0, from = 0, whole = (int)strlen(k->text);
    char *at = k->parts;
    for (int i = 0; i < l->n; i++) {
        int to = i + 1 < l->n ? bytes_until(k, l->part[i].end) : whole;
        while (from < to && k->text[from] == ' ') from++;
        if (from >= to) {
            if (n) s->part[n - 1].end = l->part[i].end;
            continue;
        }
        struct moim_caption_part *p = &s->part[n++];
        int offered = s->n_voices ? s->offer[l->part[i].speaker] : -1;
        *p = (struct moim_caption_part){.start = n > 1 ? l->part[i].start : k->start,
                                        .end = l->part[i].end,
                                        .text = at,
                                        .speaker = l->part[i].speaker,
                                        .offer = offered >= 0 ? s->voices[offered].name : NULL};
        memcpy(at, k->text + from, (size_t)(to - from));
        at += to - from;
        *at++ = 0;
        from = to;
    }
    if (n) s->part[n - 1].end = k->end;
    return n;
}

bool caption_speakers_next(struct caption_speakers *s, struct moim_caption *out)
{
    const struct moim_live_line *l;
    while (moim_live_speakers_next(s->live, &l)) {
        for (int i = 0; i < KEPT; i++) {
            struct kept_line *k = &s->kept[i];
            if (k->number != l->number) continue;
            *out = (struct moim_caption){.kind = MOIM_CAPTION_SPEAKERS,
                                         .line = k->number,
                                         .start = k->start,
                                         .end = k->end,
                                         .text = k->text,
                                         .settled = (int)strlen(k->text),
                                         .language = "",
                                         .part = s->part,
                                         .n_parts = divide(s, k, l)};
            return true;
        }
    }
    return false;
}
