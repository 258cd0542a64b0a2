/* Voice embeddings of stored segments, for remembering and splitting speakers. */
#include "asr/cluster.h"
#include "audio/decode.h"
#include "audio/fbank.h"
#include "audio/gain.h"
#include "firmware/library/audio_files.h"
#include "firmware/pipeline/diarize_stage.h"
#include "firmware/pipeline/engine_int.h"
#include "nn/vec.h"
#include "storage/speakers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST 6.0  /* seconds used of one segment */
#define SHORTEST 0.6 /* seconds below which an embedding is unreliable */
#define ENOUGH 400   /* segments of a speaker, the first ones */

struct listener {
    struct moim_speaker_encoder *net;
    struct moim_fbank *fbank;
    struct moim_reader *reader;
    float *pcm, *bands;
    uint64_t at; /* samples read */
};

static void close_listener(struct listener *l)
{
    moim_speaker_encoder_close(l->net);
    moim_fbank_free(l->fbank);
    moim_reader_close(l->reader);
    free(l->pcm);
    free(l->bands);
}

static int open_listener(struct listener *l, struct moim_engine *e, struct moim_store *s, int64_t meeting,
                         struct moim_err *err)
{
    struct moim_meeting m;
    char path[4300];
    memset(l, 0, sizeof *l);
    int rc = moim_meeting_get(s, meeting, &m, err);
    if (rc) return rc;
    if (!*m.audio)
        rc = moim_fail_why(err, MOIM_ENOENT, "no_audio", "meeting %lld has no sound", (long long)meeting);
    if (!rc) rc = moim_audio_path(s, m.audio, path, sizeof path, err);
    moim_meeting_clear(&m);
    if (!rc) rc = moim_gain_open(&l->reader, path, err);
    if (!rc) rc = moim_models_path(&e->models, "speaker", path, sizeof path, err);
    if (!rc) rc = moim_speaker_encoder_open(&l->net, path, err);
    if (!rc) rc = moim_fbank_new(&l->fbank, MOIM_SPEAKER_BANDS, err);
    size_t n = (size_t)(LONGEST * MOIM_RATE);
    if (!rc) {
        l->pcm = malloc(n * sizeof *l->pcm);
        l->bands = malloc(moim_fbank_frames(n) * MOIM_SPEAKER_BANDS * sizeof *l->bands);
        if (!l->pcm || !l->bands) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    }
    if (rc) close_listener(l);
    return rc;
}

static int skip_to(struct listener *l, uint64_t sample, struct moim_err *err)
{
    while (l->at < sample) {
        size_t room = (size_t)(LONGEST * MOIM_RATE),
               n = sample - l->at < room ? (size_t)(sample - l->at) : room;
        long got = moim_reader_read(l->reader, l->pcm, n, err);
        if (got < 0) return (int)got;
        if (!got) break;
        l->at += (uint64_t)got;
    }
    return MOIM_OK;
}

static uint64_t first_sample(const struct moim_segment *g)
{
    return (uint64_t)(fmax(0, g->start) * MOIM_RATE);
}

static double used_seconds(const struct moim_segment *g)
{
    return fmin(g->end - g->start, LONGEST);
}

/* at: the read position, in samples. */
static bool is_usable(const struct moim_segment *g, uint64_t at)
{
    return used_seconds(g) >= SHORTEST && first_sample(g) >= at;
}

/* The embedding of one segment; *seconds is 0 if it is too short or starts before the read position. */
static int listen(struct listener *l, const struct moim_segment *g, float *voice, float *seconds,
                  struct moim_err *err)
{
    *seconds = 0;
    if (!is_usable(g, l->at)) return MOIM_OK;
    int rc = skip_to(l, first_sample(g), err);
    if (rc) return rc;
    long got = moim_reader_read(l->reader, l->pcm, (size_t)(used_seconds(g) * MOIM_RATE), err);
    if (got < 0) return (int)got;
    l->at += (uint64_t)got;
    int frames = (int)moim_fbank_frames((size_t)got);
    if (frames < MOIM_SPEAKER_MIN_FRAMES) return MOIM_OK;
    moim_fbank_run(l->fbank, l->pcm, (size_t)got, l->bands);
    *seconds = (float)frames * 0.01f;
    return moim_speaker_encoder_embed(l->net, l->bands, frames, voice, err);
}

struct heard {
    int64_t id; /* of the segment */
    float seconds;
};

/* The segments of a speaker that are long enough: *heard[*n] and *voice[*n]. */
static int listen_to(struct moim_engine *e, struct moim_store *s, int64_t meeting, int speaker,
                     struct heard **heard, float **voice, int *n, struct moim_err *err)
{
    struct moim_segment *list = NULL;
    struct listener l;
    int have = 0, of = 0;
    *heard = NULL;
    *voice = NULL;
    *n = 0;
    int rc = moim_segments_get(s, meeting, &list, &have, err);
    for (int i = 0; i < have; i++) of += list[i].speaker == speaker;
    if (!rc && (!of || speaker < 1))
        rc = moim_fail_why(err, MOIM_ENOENT, "no_speaker", "no speaker %d in meeting %lld", speaker,
                           (long long)meeting);
    if (!rc) rc = open_listener(&l, e, s, meeting, err);
    if (!rc) {
        *heard = calloc((size_t)of, sizeof **heard);
        *voice = calloc((size_t)of * MOIM_SPEAKER_DIM, sizeof **voice);
        if (!*heard || !*voice) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
        for (int i = 0; !rc && i < have && *n < ENOUGH; i++) {
            float seconds = 0;
            if (list[i].speaker != speaker) continue;
            rc = listen(&l, &list[i], *voice + (size_t)*n * MOIM_SPEAKER_DIM, &seconds, err);
            if (!rc && seconds > 0) (*heard)[(*n)++] = (struct heard){list[i].id, seconds};
        }
        close_listener(&l);
    }
    moim_segments_free(list, have);
    return rc;
}

int moim_voice_of(struct moim_engine *e, struct moim_store *s, int64_t meeting, int speaker,
                  float voice[MOIM_SPEAKER_DIM], struct moim_err *err)
{
    struct heard *heard;
    float *each;
    int n, rc = listen_to(e, s, meeting, speaker, &heard, &each, &n, err);
    memset(voice, 0, sizeof *voice * MOIM_SPEAKER_DIM);
    for (int i = 0; !rc && i < n; i++)
        moim_axpy(voice, heard[i].seconds, each + (size_t)i * MOIM_SPEAKER_DIM, MOIM_SPEAKER_DIM);
    float norm = sqrtf(moim_dot(voice, voice, MOIM_SPEAKER_DIM));
    for (int i = 0; norm > 0 && i < MOIM_SPEAKER_DIM; i++) voice[i] /= norm;
    if (!rc && !(norm > 0))
        rc = moim_fail(err, MOIM_ENOENT, "speaker %d says too little to know the voice by", speaker);
    free(heard);
    free(each);
    return rc;
}

static int move_lesser(struct moim_store *s, int64_t meeting, const struct heard *heard, const int *label,
                       int n, int *number, struct moim_err *err)
{
    float seconds[2] = {0};
    int64_t moved[ENOUGH];
    for (int i = 0; i < n; i++) seconds[label[i]] += heard[i].seconds;
    int lesser = seconds[0] < seconds[1] ? 0 : 1, k = 0, rc = moim_speaker_next(s, meeting, number, err);
    for (int i = 0; i < n; i++)
        if (label[i] == lesser) moved[k++] = heard[i].id;
    return rc ? rc : moim_segments_give(s, meeting, moved, k, *number, err);
}

bool moim_speaker_can_split(const struct moim_segment *list, int n, int speaker)
{
    uint64_t at = 0;
    int usable = 0;
    for (int i = 0; i < n && usable < 2; i++) {
        if (list[i].speaker != speaker || !is_usable(&list[i], at)) continue;
        at = first_sample(&list[i]) + (uint64_t)(used_seconds(&list[i]) * MOIM_RATE);
        usable++;
    }
    return usable == 2;
}

int moim_speaker_split(struct moim_engine *e, struct moim_store *s, int64_t meeting, int speaker, int *number,
                       struct moim_err *err)
{
    struct heard *heard;
    float *voice, weight[ENOUGH];
    int n, label[ENOUGH], k = 0, rc = listen_to(e, s, meeting, speaker, &heard, &voice, &n, err);
    struct moim_cluster_options two = {.min_clusters = 2, .max_clusters = 2, .threshold = -1};
    for (int i = 0; i < n; i++) weight[i] = heard[i].seconds;
    if (!rc && n < 2)
        rc = moim_fail_why(err, MOIM_ESTATE, "too_short", "speaker %d has too little speech to be split",
                           speaker);
    if (!rc) rc = moim_cluster(voice, weight, n, MOIM_SPEAKER_DIM, &two, label, &k, err);
    if (!rc) rc = move_lesser(s, meeting, heard, label, n, number, err);
    free(heard);
    free(voice);
    return rc;
}
