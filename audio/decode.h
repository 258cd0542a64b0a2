/* Decoding of recordings to what every recogniser wants: 16 kHz, mono, f32 in [-1, 1].
 * libsndfile opens WAV, FLAC, OGG, Opus and MP3; FFmpeg's libraries what it lacks (M4A, AAC, WMA, video
 * files); soxr changes the rate. A reader holds a few seconds at a time, so a recording may be of any length.
 *
 *     moim_sound (the file) -> lane (one track: links of a chain, changing rates, channels mixed by audio/mix.h)
 *                           -> reader (the lanes mixed, or one of the parties)
 *
 * What was done to the sound, or could not be had, is in the reader's remarks. docs/inputs.md lists what comes out
 * of what. */
#ifndef MOIM_AUDIO_DECODE_H
#define MOIM_AUDIO_DECODE_H

#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOIM_RATE 16000
#define MOIM_RATE_LEAST 1000 /* Hz of a source */
#define MOIM_RATE_MOST 768000
#define MOIM_PARTIES_MOST 64

/* A file that is open. */
struct moim_sound;
/* Opens path whatever its extension says: the content decides. Directories, devices, empty files, files without an
 * audio stream or without a channel are MOIM_EFORMAT; the message names the file and the reason. A pipe is read to
 * its end. */
int moim_sound_open(struct moim_sound **out, const char *path, struct moim_err *err);
void moim_sound_close(struct moim_sound *s);
/* When it was recorded, as the file says; Unix seconds, 0 unknown. */
int64_t moim_sound_began(const struct moim_sound *s);
int moim_sound_channels(const struct moim_sound *s); /* of its first track, where it begins */
/* The comment of a file that libsndfile opens, or ""; the sound's. */
const char *moim_sound_comment(const struct moim_sound *s);

/* One remark for the user, a line each; at: seconds of the sound. */
struct moim_remark {
    double at;
    char text[160];
};

/* Frames of the first link from ... to - 1 in which a channel is that party's. */
struct moim_party_span {
    int64_t from, to;
    int channel;
};
/* A track or a channel that holds one party of a conversation. */
struct moim_part {
    int track, channel; /* from 0; -1: all of them, mixed */
    char *name;         /* as the file calls it, whole, or "" */
    struct moim_party_span
        *spans; /* [n_spans] in time order: the party is heard in them alone; NULL: in all of it */
    int n_spans;
    const struct moim_part *far; /* whose echo is taken out of this one (audio/echo.h), or NULL */
};
struct moim_parties {
    int n;                                    /* 0: no parties, all is one sound */
    bool call;                                /* the two sides of a call: this one and the far one */
    struct moim_part part[MOIM_PARTIES_MOST]; /* what they point to is this struct's */
    struct moim_remark remark[2];
    int remarks;
};
enum moim_channels { MOIM_CHANNELS_AUTO, MOIM_CHANNELS_MIX, MOIM_CHANNELS_SEPARATE, MOIM_CHANNELS_CALL };
#define MOIM_PART_NEAR 0 /* of a call */
#define MOIM_PART_FAR 1
/* Frees what the parties hold; then there are none. */
void moim_parties_clear(struct moim_parties *p);
/* Which parties the sound holds, to be cleared. AUTO: where its tracks or channels are clearly one each (audio/mix.h); SEPARATE:
 * each track or channel that holds sound; both read the whole file. CALL: the first channel is this side of a call, the second
 * the far one; MOIM_EINVAL where there are not two. */
int moim_sound_parties(struct moim_sound *s, enum moim_channels how, struct moim_parties *out,
                       struct moim_err *err);

struct moim_reader;

/* The sound of path, its tracks and channels mixed. */
int moim_reader_open(struct moim_reader **out, const char *path, struct moim_err *err);
/* One part of a sound, which must stay open; NULL: all of it, mixed. */
int moim_reader_of(struct moim_reader **out, struct moim_sound *s, const struct moim_part *part,
                   struct moim_err *err);
void moim_reader_close(struct moim_reader *r);

/* Fills pcm[n] with the next samples; returns how many (0 at the end) or a negative status. */
long moim_reader_read(struct moim_reader *r, float *pcm, size_t n, struct moim_err *err);

/* From now on what is read is brought to that level (audio/gain.h). */
struct moim_gain;
void moim_reader_set_gain(struct moim_reader *r, const struct moim_gain *level);
/* ... and before that restored (audio/declip.h); the reader frees it. */
struct moim_declip;
void moim_reader_set_declip(struct moim_reader *r, struct moim_declip *d);

int moim_reader_source_rate(const struct moim_reader *r);
int moim_reader_source_channels(const struct moim_reader *r);
double
moim_reader_duration(const struct moim_reader *r); /* seconds as the container says; 0 when it does not */
bool moim_reader_damaged(
    const struct moim_reader *r); /* the file ended early or broke off: what there was was read */
/* What there is to say of what was read so far, in no order; the reader's. */
int moim_reader_remarks(const struct moim_reader *r, const struct moim_remark **list);

/* Reads a whole file: *pcm is malloc'ed, *n samples. Refuses more than max_seconds (0: no limit). */
int moim_decode_file(const char *path, double max_seconds, float **pcm, size_t *n, struct moim_err *err);

#endif
