/* Live captions: sound goes in as it is recorded, lines of text come out; partial ones while someone speaks,
 * final ones when a stretch of speech ends. English comes from the streaming Conformer, everything else from
 * Whisper on short windows. All work is done inside of moim_captions_push, on the caller's thread and the
 * engine's pool.
 *
 *     while (recording)
 *         moim_captions_push(c, pcm, n, at, waiting, &err);
 *         while (moim_captions_next(c, &caption)) show(&caption);
 *     moim_captions_end(c, &err);  and moim_captions_next as before */
#ifndef MOIM_FIRMWARE_RECORDING_CAPTIONS_H
#define MOIM_FIRMWARE_RECORDING_CAPTIONS_H

#include "firmware/pipeline/transcribe.h"
#include "firmware/recording/recorder.h"

struct moim_captions;
struct moim_known_voice; /* firmware/library/voiceprint_store.h */

enum moim_caption_kind { MOIM_CAPTION_PARTIAL, MOIM_CAPTION_FINAL, MOIM_CAPTION_SPEAKERS };

/* What one speaker says of a line. */
struct moim_caption_part {
    double start, end;
    const char *text;
    int speaker; /* 1, 2, ... by first appearance; 0 while unknown */
    const char
        *offer; /* the saved voice that the speaker sounds like, or NULL: a guess, which names nobody */
};

struct moim_caption {
    /* A partial one replaces the partial before it, a final one ends it. Speakers: who speaks in a line that is final, told soon
     * after it, and again for up to two minutes when that is seen differently. */
    enum moim_caption_kind kind;
    double start, end;    /* seconds of the recording: of the words */
    const char *text;     /* UTF-8, never empty; valid until the next call */
    int settled;          /* bytes of text that no later caption of this line changes */
    const char *language; /* "ko", ..., "" while unknown */
    int line;             /* 0, 1, ...: of the final one that it is, or belongs to, or becomes */
    const struct moim_caption_part
        *part; /* [n_parts] of speakers: the line's text, divided where they change */
    int n_parts;
};

/* How captions by Whisper keep up; seconds. */
struct moim_caption_pace {
    double first;  /* of an open stretch before the first run */
    double step;   /* of new sound between runs, at least */
    double load;   /* share of real time that runs may take; the rest of the time is for others */
    double lag;    /* of sound that waits already: no partial captions now */
    double window; /* a longer one begins behind settled words, */
    double keep;   /* ... of which so much stays in it */
    double margin; /* of silence that is encoded behind the sound */
    double sure;   /* probability of a word that is settled at once, */
    double heard;  /* ... when it ends so long before the sound does */
};
struct moim_caption_pace moim_caption_pace_defaults(void);

struct moim_captions_options {
    const char *lang;                    /* "ko", "en", "auto" */
    const struct moim_vocab_word *vocab; /* [n_vocab] words to expect; used until moim_captions_close */
    int n_vocab;
    const struct moim_caption_pace *pace; /* NULL: the defaults */
    bool speakers;                        /* say who speaks, where the models for it are installed */
    const struct moim_known_voice
        *voices; /* [n_voices] that are offered by name; used until moim_captions_close */
    int n_voices;
    double (*clock)(void *arg); /* seconds; NULL: the monotonic clock */
    void *clock_arg;
};

/* Loads what the language needs into e, which must outlive the captions and transcribe nothing meanwhile.
 * MOIM_ENOENT: a model is missing; the message says how to get it. */
int moim_captions_open(struct moim_captions **out, struct moim_engine *e,
                       const struct moim_captions_options *opt, struct moim_err *err);
void moim_captions_close(struct moim_captions *c);

/* The next n samples (16 kHz), which begin at sample `at` of the recording; where that leaves a gap, the line
 * before it ends. waiting: how many samples are recorded already behind these. When that grows, partial
 * captions become rare or stop, so that the final ones catch up. */
int moim_captions_push(struct moim_captions *c, const float *pcm, size_t n, uint64_t at, size_t waiting,
                       struct moim_err *err);
/* The same for what the recorder has recorded since; *any: there was something. c NULL: it is read and dropped. */
int moim_captions_follow(struct moim_captions *c, struct moim_recorder *r, bool *any, struct moim_err *err);
/* Nothing more comes: what is open becomes final. */
int moim_captions_end(struct moim_captions *c, struct moim_err *err);

/* Each final one is followed by one that says who speaks. */
bool moim_captions_has_speakers(const struct moim_captions *c);
/* The next caption, oldest first; false when there is none. */
bool moim_captions_next(struct moim_captions *c, struct moim_caption *out);

#endif
