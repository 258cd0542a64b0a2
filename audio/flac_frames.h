/* The frames of our own recordings (16 kHz, one channel or two, 16 bit, blocks of MOIM_JOURNAL_BLOCK), found one after
 * another whatever lies between them: a frame begins with a sync code and a header under a CRC-8, ends in a
 * CRC-16 and carries its number. Format: RFC 9639, section 9. */
#ifndef MOIM_AUDIO_FLAC_FRAMES_H
#define MOIM_AUDIO_FLAC_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOIM_FRAME_MAX 16384 /* bytes; a block stored as it is has 4096 for each channel, and its headers */
#define MOIM_FLAC_HEADER 42  /* bytes of "fLaC" and STREAMINFO */
#define MOIM_SILENCE_MAX 24  /* bytes of a frame of silence */
#define MOIM_CALL_COMMENT "moim-call:" /* of a file of two channels: this side of a call, and the other */
#define MOIM_FLAC_COMMENT 48           /* bytes of the block that holds it, at most */

struct moim_frame {
    uint64_t at; /* offset in the file */
    size_t size;
    uint64_t number; /* its first sample is number * MOIM_JOURNAL_BLOCK */
    unsigned samples, channels;
};

/* A search through the bytes of fd, from the first to the last. A part of the file that cannot be read counts
 * as zeros. */
struct moim_frame_search {
    int fd;
    uint64_t size, at; /* of the file; where the search goes on */
    uint8_t *window;   /* bytes [from, from + have) of the file */
    uint64_t from;
    size_t have;
    uint16_t crc16[256];
};

/* 0, or -1 without memory. */
int moim_frames_begin(struct moim_frame_search *s, int fd, uint64_t size);
bool moim_frames_next(struct moim_frame_search *s, struct moim_frame *frame);
void moim_frames_end(struct moim_frame_search *s);

/* The header of a file with so many samples (0: unknown), all that a decoder needs. */
void moim_flac_header(uint8_t out[MOIM_FLAC_HEADER], unsigned channels, uint64_t samples);
/* The block behind the header that says what two channels are, the last one; returns its size. */
size_t moim_flac_call_comment(uint8_t out[MOIM_FLAC_COMMENT]);
/* A block of silence as frame number; returns its size. */
size_t moim_flac_silence(uint8_t out[MOIM_SILENCE_MAX], unsigned channels, uint64_t number);

#endif
