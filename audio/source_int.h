/* What the two decoders look like from inside, and the remarks that they make. */
#ifndef MOIM_AUDIO_SOURCE_INT_H
#define MOIM_AUDIO_SOURCE_INT_H

#include "audio/decode.h"
#include "audio/range.h"

#define MOIM_CHANNELS_MOST 64
#define MOIM_REMARKS_MOST 32

struct moim_remarks {
    struct moim_remark list[MOIM_REMARKS_MOST];
    int n, more; /* more: that did not fit */
};
/* The same text twice is one remark. */
void moim_remark_add(struct moim_remarks *r, double at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One track of a file as blocks of interleaved f32 frames at the source's own rate. */
struct moim_decoder {
    void *impl;
    int rate,
        channels; /* of the block that came last, before the first of what the header says: both may change */
    int tracks;   /* that hold sound in the file */
    char *name;   /* of this one, NULL when it has none; the decoder's */
    char *comment;                /* the file's, where libsndfile opens it, or NULL; the decoder's */
    int64_t began;                /* when it was recorded, as the container says; Unix seconds, 0 unknown */
    double duration;              /* seconds, 0 unknown */
    bool damaged;                 /* it broke off, or a part could not be decoded */
    bool judged;                  /* the decoder itself tells whether the file holds what it promised */
    struct moim_remarks *remarks; /* the reader's, or NULL */
    /* The next frames, valid until the next call, all of one rate and number of channels; *frames NULL:
     * silence. 0 at the end. */
    long (*next)(struct moim_decoder *d, const float **frames);
    void (*close)(struct moim_decoder *d);
};

void moim_decoder_close(struct moim_decoder *d);

/* MOIM_EUNSUP when the library does not know the format: the next one may. */
int moim_sndfile_open(struct moim_decoder *d, const struct moim_range *range, const char *path,
                      struct moim_err *err);
/* track: the how manyth with sound, or -1: the one that is heard first. */
int moim_ffmpeg_open(struct moim_decoder *d, const struct moim_range *range, const char *path, int track,
                     struct moim_err *err);

#endif
