/* What the reader of answers keeps of a meeting's turns, whatever is asked: the tokens of each as unit vectors and their mean, in 8 bits,
 * some 2 kB a turn. A question is compared with it in microseconds a turn (summarize/answer_reader.h makes and scores it). */
#ifndef MOIM_SUMMARIZE_TURN_READING_H
#define MOIM_SUMMARIZE_TURN_READING_H

#include "base/status.h"
#include "base/transcript.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOIM_READING_PLACE 96 /* dimensions of a token */
#define MOIM_READING_MEAN 384 /* of a turn's mean */
#define MOIM_READING_DIGEST 32

/* As it lies in the store: little-endian, 'MRDG', u32 version, digest of what was read, u32 turns; of each turn f32 scale of its mean,
 * i8 mean [384], u8 tokens, then i8 [tokens][96] (127 is 1). */
struct moim_reading {
    uint8_t *bytes; /* owned */
    size_t size;
    int n_turns;
    size_t *at; /* [n_turns] where each turn begins */
};

/* Takes bytes over, whatever is returned. MOIM_EFORMAT when they are no reading; MOIM_ENOMEM. */
int moim_reading_open(struct moim_reading *out, uint8_t *bytes, size_t size, struct moim_err *err);
void moim_reading_free(struct moim_reading *r);
/* Whether it was made of these turns by the reader with that digest (moim_answer_reader_digest). */
bool moim_reading_is_of(const struct moim_reading *r, const uint8_t digest[MOIM_READING_DIGEST]);

/* Room for n turns with so many tokens in all. */
int moim_reading_new(struct moim_reading *out, int n, int tokens, const uint8_t digest[MOIM_READING_DIGEST],
                     struct moim_err *err);
/* Appends the next turn: place[tokens][96] of length one, mean[384]. */
void moim_reading_add(struct moim_reading *r, const float *place, int tokens, const float *mean);

int moim_reading_tokens(const struct moim_reading *r, int turn, const int8_t **place);
void moim_reading_mean(const struct moim_reading *r, int turn, float mean[MOIM_READING_MEAN]);

#endif
