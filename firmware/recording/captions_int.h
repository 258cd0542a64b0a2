/* Inside of the captions: firmware/captions*.c only. */
#ifndef MOIM_FIRMWARE_RECORDING_CAPTIONS_INT_H
#define MOIM_FIRMWARE_RECORDING_CAPTIONS_INT_H

#include "audio/segment.h"
#include "firmware/pipeline/engine_int.h"
#include "firmware/recording/caption_speakers.h"
#include "firmware/recording/captions.h"

#define CAPTION_BYTES 4096
#define CAPTION_QUEUE 8
#define CAPTION_WORDS 200

/* Where a caption's words end: in its text, and in the recording. */
struct caption_words {
    struct {
        int to; /* bytes */
        double end;
    } word[CAPTION_WORDS];
    int n;
};

/* One way of captioning. Both see one stretch of speech of at most 30 s, that begins at sample start. */
struct caption_backend {
    /* It is still open; called every 32 ms with all of it so far. */
    int (*follow)(struct moim_captions *c, const float *pcm, size_t n, uint64_t start, size_t waiting,
                  struct moim_err *err);
    /* It has ended with these samples. */
    int (*finish)(struct moim_captions *c, const float *pcm, size_t n, uint64_t start, struct moim_err *err);
    void (*close)(void *impl);
};

struct caption_event {
    enum moim_caption_kind kind;
    double start, end;
    int settled, line;
    char language[8];
    char text[CAPTION_BYTES];
};

struct moim_captions {
    struct moim_engine *e;
    struct moim_captions_options opt;
    struct moim_segmenter *segmenter;
    struct caption_speakers *who; /* NULL: nobody asks */
    int lines;                    /* final captions so far */
    const struct caption_backend *backend;
    void *impl;
    uint64_t at;                               /* the sample that is expected next */
    struct caption_event event[CAPTION_QUEUE]; /* a ring */
    int first, n_events;
    char spoken[8]; /* the language of the captions now; the backend keeps it */
    bool shown;     /* first has been given out */
};

/* Queues a caption; empty text is dropped, a partial one gives way when the queue is full. words: of a final one. */
void caption_tell(struct moim_captions *c, enum moim_caption_kind kind, double start, double end,
                  const char *text, size_t settled, const struct caption_words *words);
void caption_word(struct caption_words *w, size_t to, double end);

/* Each sets backend and impl. */
int caption_whisper(struct moim_captions *c, struct moim_err *err);
int caption_conformer(struct moim_captions *c, struct moim_err *err);

#endif
