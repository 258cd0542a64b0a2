#include "asr/certainty.h"
#include "audio/gain.h"
#include "base/json.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/import_sound.h"
#include "firmware/library/voiceprint_store.h"
#include "firmware/pipeline/diarize_int.h"
#include "firmware/pipeline/engine_int.h"
#include "firmware/pipeline/process.h"
#include "storage/speakers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct nets {
    struct moim_segmentation *segmentation;
    struct moim_speaker_encoder *speaker;
    struct moim_vad *vad;
};

static void close_nets(struct nets *n)
{
    moim_segmentation_close(n->segmentation);
    moim_speaker_encoder_close(n->speaker);
    moim_vad_close(n->vad);
}

static int open_nets(struct moim_engine *e, struct nets *n, struct moim_err *err)
{
    char path[4300];
    *n = (struct nets){0};
    int rc = moim_models_path(&e->models, "who-speaks", path, sizeof path, err);
    if (!rc)
        rc = moim_segmentation_open(&n->segmentation, path, moim_pool_threads(e->pool) > 1 ? e->pool : NULL,
                                    err);
    if (!rc) rc = moim_models_path(&e->models, "speaker", path, sizeof path, err);
    if (!rc) rc = moim_speaker_encoder_open(&n->speaker, path, err);
    if (!rc) rc = moim_models_path(&e->models, "vad", path, sizeof path, err);
    if (!rc) rc = moim_vad_open(&n->vad, path, err);
    if (rc) close_nets(n);
    return rc;
}

static int read_all(struct moim_engine *e, struct moim_diarizer *d, struct moim_reader *r,
                    void (*progress)(void *arg, double done), void *arg, struct moim_err *err)
{
    static const size_t block = 16000;
    float *pcm = malloc(block * sizeof *pcm);
    if (!pcm) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    double length = moim_reader_duration(r), at = 0;
    long got = 0;
    int rc = MOIM_OK;
    while (!rc && (got = moim_reader_read(r, pcm, block, err)) > 0) {
        rc = moim_diarizer_push(d, pcm, (size_t)got, err);
        at += (double)got / MOIM_RATE;
        if (progress && length > 0) progress(arg, fmin(1, at / length));
        if (!rc) rc = moim_engine_check(e, err);
    }
    free(pcm);
    return got < 0 ? (int)got : rc;
}

/* r is closed. */
static int diarize(struct moim_engine *e, struct moim_reader *r, const struct moim_diarize_options *options,
                   void (*progress)(void *arg, double done), void *arg, struct moim_diarization *out,
                   struct moim_err *err)
{
    struct nets nets;
    struct moim_diarizer *d = NULL;
    int rc = open_nets(e, &nets, err);
    if (rc) {
        moim_reader_close(r);
        return rc;
    }
    rc = moim_diarizer_new(&d, nets.segmentation, nets.speaker, nets.vad, err);
    if (!rc) rc = read_all(e, d, r, progress, arg, err);
    if (!rc) rc = moim_diarizer_finish(d, options, out, err);
    moim_diarizer_free(d);
    moim_reader_close(r);
    close_nets(&nets);
    return rc;
}

int moim_diarize_file(struct moim_engine *e, const char *path, const struct moim_diarize_options *options,
                      void (*progress)(void *arg, double done), void *arg, struct moim_diarization *out,
                      struct moim_err *err)
{
    struct moim_reader *r = NULL;
    memset(out, 0, sizeof *out);
    int rc = moim_gain_open(&r, path, err);
    return rc ? rc : diarize(e, r, options, progress, arg, out, err);
}

int moim_diarize_part(struct moim_engine *e, const char *path, const struct moim_part *part,
                      const struct moim_diarize_options *options, void (*progress)(void *arg, double done),
                      void *arg, struct moim_diarization *out, struct moim_err *err)
{
    struct moim_sound *sound;
    struct moim_reader *r;
    memset(out, 0, sizeof *out);
    int rc = moim_sound_open(&sound, path, err);
    if (rc) return rc;
    rc = moim_gain_reader(&r, sound, part, err);
    if (!rc) rc = diarize(e, r, options, progress, arg, out, err);
    moim_sound_close(sound);
    return rc;
}

/* ---- lines ---- */

#define STRAY                                                                                                \
    0.5 /* seconds of a sentence that the turns give to its neighbour, as their borders are no finer */

/* The first word of the sentence that word i is in, and the word after its last. */
static int sentence_begins(const struct moim_word *words, int i)
{
    while (i > 0 && !moim_ends_sentence(words[i - 1].text)) i--;
    return i;
}

static int sentence_ends(const struct moim_word *words, int i, int n)
{
    while (i < n && !moim_ends_sentence(words[i].text)) i++;
    return i < n ? i + 1 : n;
}

/* A change of speakers within a sentence, but for a moment of it, lies where the sentence begins or ends. */
static void mend_strays(const struct moim_word *words, int *who, int n)
{
    for (int i = 0; i + 1 < n; i++) {
        if (who[i] == who[i + 1] || moim_ends_sentence(words[i].text)) continue;
        int first = sentence_begins(words, i), last = sentence_ends(words, i + 1, n);
        if (words[i].end - words[first].start < STRAY)
            for (int k = first; k <= i; k++) who[k] = who[i + 1];
        else if (words[last - 1].end - words[i + 1].start < STRAY)
            for (int k = i + 1; k < last; k++) who[k] = who[i];
    }
}

static void speakers_of_words(const struct moim_diarization *d, const struct moim_word *words, int *who,
                              int n)
{
    for (int i = 0; i < n; i++) who[i] = moim_diarization_at(d, words[i].start, words[i].end);
    for (int i = 0; i < n; i++)
        if (who[i] < 0 && i) who[i] = who[i - 1];
    for (int i = n - 2; i >= 0; i--)
        if (who[i] < 0) who[i] = who[i + 1];
    for (int i = 1; i + 1 < n; i++)
        if (who[i - 1] == who[i + 1]) who[i] = who[i - 1];
    mend_strays(words, who, n);
}

/* Where the text of word i ends in text[from...], or NULL when the words are not the text's. */
static const char *after_word(const char *text, const char *word)
{
    const char *at = *word ? strstr(text, word) : NULL;
    return at ? at + strlen(word) : NULL;
}

/* part's times, speaker and words (n of them, copied), with the text of len bytes and the rest of line. */
static int push_part(struct moim_segment **out, int *n, const struct moim_segment *part, const char *text,
                     size_t len)
{
    struct moim_segment *grown = realloc(*out, sizeof *grown * (size_t)(*n + 1));
    if (!grown) return MOIM_ENOMEM;
    *out = grown;
    struct moim_segment *g = &grown[(*n)++];
    while (len && *text == ' ') text++, len--;
    while (len && text[len - 1] == ' ') len--;
    *g = *part;
    g->text = strndup(text, len);
    g->speaker_name = strdup(part->speaker_name ? part->speaker_name : "");
    g->first_pass = strdup(part->first_pass ? part->first_pass : "");
    g->language = strdup(part->language ? part->language : "");
    int rc = moim_words_copy(part->words, part->n_words, &g->words);
    if (rc) g->n_words = 0;
    return !rc && g->text && g->speaker_name && g->first_pass && g->language ? MOIM_OK : MOIM_ENOMEM;
}

/* Words first ... last - 1 of a line, whose text lies between from and to. */
static int push_words(const struct moim_diarization *d, struct moim_segment **out, int *n,
                      const struct moim_segment *line, int first, int last, int speaker, const char *from,
                      const char *to)
{
    struct moim_segment part = *line;
    part.speaker = speaker + 1;
    part.words = line->words + first;
    part.n_words = last - first;
    part.confidence = 0;
    for (int i = first; i < last; i++) part.confidence += (double)line->words[i].confidence / (last - first);
    if (first) part.start = line->words[first].start;
    if (last < line->n_words) part.end = line->words[last - 1].end;
    part.speaker_certainty = moim_speaker_certainty(d, speaker, part.start, part.end);
    return push_part(out, n, &part, from, (size_t)(to - from));
}

static int push_whole(const struct moim_diarization *d, struct moim_segment **out, int *n,
                      const struct moim_segment *line)
{
    struct moim_segment part = *line;
    int speaker = moim_diarization_at(d, line->start, line->end);
    part.speaker = speaker + 1;
    part.speaker_certainty = moim_speaker_certainty(d, speaker, line->start, line->end);
    return push_part(out, n, &part, line->text, strlen(line->text));
}

static int cut_line(const struct moim_diarization *d, const struct moim_segment *line,
                    struct moim_segment **out, int *n_out)
{
    int n = line->n_words, *who = calloc((size_t)n + 1, sizeof *who);
    int rc = who ? MOIM_OK : MOIM_ENOMEM, start = *n_out;
    if (!rc && n) speakers_of_words(d, line->words, who, n);
    const char *from = line->text, *at = from;
    bool lost = !n; /* the words are not those of the text */
    for (int i = 0, first = 0; !rc && !lost && i < n; i++) {
        at = after_word(at, line->words[i].text);
        lost = !at;
        if (lost || (i + 1 < n && who[i + 1] == who[i])) continue;
        const char *to = i + 1 < n ? at : line->text + strlen(line->text);
        rc = push_words(d, out, n_out, line, first, i + 1, who[i], from, to);
        from = to;
        first = i + 1;
    }
    if (!rc && lost) { /* a corrected text is not cut */
        while (*n_out > start) moim_segment_clear(&(*out)[--*n_out]);
        rc = push_whole(d, out, n_out, line);
    }
    free(who);
    return rc;
}

int moim_lines_by_speaker(const struct moim_diarization *d, const struct moim_segment *lines, int n,
                          struct moim_segment **out, int *n_out, struct moim_err *err)
{
    *out = NULL;
    *n_out = 0;
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < n; i++)
        rc = lines[i].edited ? push_whole(d, out, n_out, &lines[i]) : cut_line(d, &lines[i], out, n_out);
    if (!rc) return MOIM_OK;
    moim_segments_free(*out, *n_out);
    *out = NULL;
    *n_out = 0;
    return moim_fail(err, rc, "out of memory");
}

/* ---- the stage ---- */

/* Seconds that speakers of a diarization share with the meeting's numbers: both[c * most + number - 1]. */
static void add_shared(const struct moim_diarization *d, double *both, int most, double start, double end,
                       int64_t number)
{
    if (number < 1 || number > most) return;
    for (int t = 0; t < d->n && d->turns[t].start < end; t++) {
        double shared = fmin(end, d->turns[t].end) - fmax(start, d->turns[t].start);
        if (shared > 0) both[d->turns[t].speaker * most + number - 1] += shared;
    }
}

/* The number that the user gave most of speaker c's speech to, when that is more than half of it; else 0.
 * Several speakers of d may be one to the user, who merged them. */
static int given_by_hand(const struct moim_diarization *d, int c, const double *hand, int most)
{
    double whole = 0;
    for (int t = 0; t < d->n; t++)
        if (d->turns[t].speaker == c) whole += d->turns[t].end - d->turns[t].start;
    for (int k = 0; k < most; k++)
        if (hand[c * most + k] > whole / 2) return k + 1;
    return 0;
}

int moim_keep_numbers(const struct moim_diarization *d, const struct moim_segment *old, int n,
                      const struct moim_spans *assigned, int most, int *number)
{
    int match[MOIM_DIARIZE_SPEAKERS], next = most;
    double *both = calloc((size_t)d->speakers * (size_t)most + 1, sizeof *both),
           *hand = calloc((size_t)d->speakers * (size_t)most + 1, sizeof *hand);
    int rc = both && hand ? MOIM_OK : MOIM_ENOMEM;
    for (int i = 0; !rc && i < n; i++) add_shared(d, both, most, old[i].start, old[i].end, old[i].speaker);
    for (int i = 0; !rc && i < assigned->n; i++)
        add_shared(d, hand, most, assigned->list[i].start, assigned->list[i].end, assigned->list[i].value);
    for (int c = 0; !rc && c < d->speakers; c++) {
        number[c] = given_by_hand(d, c, hand, most);
        if (number[c]) memset(both + (size_t)c * (size_t)most, 0, (size_t)most * sizeof *both);
    }
    if (!rc && most) rc = moim_assign(both, d->speakers, most, match);
    for (int c = 0; !rc && c < d->speakers; c++) {
        if (number[c]) continue;
        bool kept = most && match[c] >= 0 && both[c * most + match[c]] > 0;
        number[c] = kept ? match[c] + 1 : ++next;
    }
    free(both);
    free(hand);
    return rc;
}

int moim_speakers_from(struct moim_store *s, int64_t meeting, const struct moim_diarization *d,
                       int number[MOIM_DIARIZE_SPEAKERS], struct moim_err *err)
{
    struct moim_segment *old = NULL, *parts = NULL;
    struct moim_spans assigned = {0};
    int n = 0, n_parts = 0, next = 1;
    int rc = moim_store_begin(s, err); /* what the user corrects meanwhile comes before or after */
    if (rc) return rc;
    rc = moim_segments_get(s, meeting, &old, &n, err);
    if (!rc) rc = moim_assigned_get(s, meeting, &assigned, err);
    if (!rc) rc = moim_speaker_next(s, meeting, &next, err);
    if (!rc && moim_keep_numbers(d, old, n, &assigned, next > 1000 ? 1000 : next - 1, number))
        rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    if (!rc) rc = moim_lines_by_speaker(d, old, n, &parts, &n_parts, err);
    for (int i = 0; !rc && i < n_parts; i++)
        if (parts[i].speaker > 0) parts[i].speaker = number[parts[i].speaker - 1];
    if (!rc) rc = moim_speakers_put(s, meeting, parts, n_parts, MOIM_DIARIZED, err);
    free(assigned.list);
    moim_segments_free(old, n);
    moim_segments_free(parts, n_parts);
    return moim_store_end(s, rc, err);
}

static int diarize_one(struct moim_engine *e, struct moim_store *s, int64_t meeting, const char *audio,
                       int count, void (*progress)(void *arg, double done), void *arg, struct moim_err *err)
{
    struct moim_diarization d;
    int number[MOIM_DIARIZE_SPEAKERS];
    int rc =
        moim_diarize_file(e, audio, &(struct moim_diarize_options){count, count}, progress, arg, &d, err);
    if (rc) return rc;
    rc = moim_store_begin(s, err);
    if (!rc) {
        rc = moim_speakers_from(s, meeting, &d, number, err);
        if (!rc) rc = moim_voices_offer(s, meeting, d.voice, number, d.speakers, err);
        rc = moim_store_end(s, rc, err);
    }
    moim_diarization_free(&d);
    return rc;
}

int moim_diarize_meeting(struct moim_engine *e, struct moim_store *s, int64_t meeting, int count,
                         void (*progress)(void *arg, double done), void *arg, struct moim_err *err)
{
    struct moim_meeting m;
    struct moim_parties p = {.n = 0};
    char audio[4096];
    int rc = moim_meeting_get(s, meeting, &m, err);
    if (rc) return rc;
    if (!*m.audio) rc = moim_fail(err, MOIM_ENOENT, "meeting %lld has no sound", (long long)meeting);
    if (!rc && m.state < MOIM_RESCORED) rc = moim_not_recognised(meeting, err);
    if (!rc) rc = moim_audio_path(s, m.audio, audio, sizeof audio, err);
    if (!rc) rc = moim_stored_parties(audio, &p, err);
    if (!rc)
        rc = p.call ? moim_diarize_call(e, s, &m, audio, &p, count, progress, arg, err)
                    : diarize_one(e, s, meeting, audio, count, progress, arg, err);
    moim_parties_clear(&p);
    moim_meeting_clear(&m);
    return rc;
}
