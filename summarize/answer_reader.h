/* Which turns answer a question, by a network that was learnt for it: the last layers of the sentence encoder, changed at a low rank
 * (lm/embed_adapter.h), and a score over how question and turn agree token by token (as in Khattab & Zaharia 2020, "ColBERT") and as a
 * whole. Learnt from 10,636 questions about the meetings of the corpus (summarize/training/reader.py, docs/models/reader.md). */
#ifndef MOIM_SUMMARIZE_ANSWER_READER_H
#define MOIM_SUMMARIZE_ANSWER_READER_H

#include "base/transcript.h"
#include "lm/embed.h"
#include "summarize/turn_reading.h"

#include <stdbool.h>

#define MOIM_READER_QUESTION 66 /* tokens of a question that are read, marks included */

struct moim_answer_reader;

/* The program's own weights: MRDR, in summarize/models/reader.bin. */
extern const unsigned char moim_reader_weights[], moim_reader_weights_end[];

/* The encoder must outlive the reader. MOIM_EFORMAT on damaged weights, MOIM_EUNSUP: they belong to another encoder; MOIM_ENOMEM. */
int moim_answer_reader_open(struct moim_answer_reader **out, struct moim_embed *m, const void *weights,
                            size_t n, struct moim_err *err);
void moim_answer_reader_close(struct moim_answer_reader *r);

/* The question that the turns are read for, until the next one; its first 64 tokens. MOIM_ENOMEM. */
int moim_answer_reader_ask(struct moim_answer_reader *r, const char *question, struct moim_err *err);

/* Reads turns, whatever will be asked of them. Some 25 ms of CPU a turn. Free with moim_reading_free. MOIM_ENOMEM, MOIM_ECANCEL. */
int moim_answer_reader_read(struct moim_answer_reader *r, const struct moim_turn_text *turns, int n,
                            const volatile int *cancel, struct moim_reading *out, struct moim_err *err);
/* What moim_reading_is_of() asks: of these weights and these words. */
void moim_answer_reader_digest(const struct moim_answer_reader *r, const struct moim_turn_text *turns, int n,
                               uint8_t digest[MOIM_READING_DIGEST]);
/* score[reading->n_turns] of the turns for the question, log-odds against nothing answering, up to a constant. MOIM_ENOMEM. */
int moim_answer_reader_score(const struct moim_answer_reader *r, const struct moim_reading *reading,
                             float *score, struct moim_err *err);

#endif
