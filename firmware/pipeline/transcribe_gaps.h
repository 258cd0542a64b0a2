/* Speech that a text leaves out between two of its words: a decoder that is led on by what it has written may pass over
 * a sentence. */
#ifndef MOIM_FIRMWARE_PIPELINE_TRANSCRIBE_GAPS_H
#define MOIM_FIRMWARE_PIPELINE_TRANSCRIBE_GAPS_H

#include "audio/segment.h"
#include "nn/nbest.h"
#include <stdbool.h>

/* When a word ends at the latest: alignment gives the one before speech without words that speech as well. */
double moim_word_until(const struct moim_word *w);

/* The first gap before, between or behind the words of h that ends at second `after` or later and holds more than a
 * second of speech, in seconds of the recording, as *from and *to. A word that hides it, being too long, lies in it. t0 and until: where the sound begins, at sample
 * `offset` of the segmenter's stretch, and ends. */
bool moim_text_gap(const struct moim_hyp *h, const struct moim_segmenter *s, double t0, size_t offset,
                   double after, double until, double *from, double *to);

/* Puts the words of part in the place of those of h that begin from second `from` to before `to`, if any. h keeps its
 * scores. MOIM_ENOMEM leaves h as it was. */
int moim_insert_words(struct moim_hyp *h, const struct moim_hyp *part, double from, double to);

#endif
