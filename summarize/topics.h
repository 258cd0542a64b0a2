/* Where one topic ends and the next begins: TextTiling (Hearst, 1997) over turns, with what people say when
 * they move on. */
#ifndef MOIM_SUMMARIZE_TOPICS_H
#define MOIM_SUMMARIZE_TOPICS_H

#include "summarize/minutes.h"

#define MOIM_TOPICS_MAX 16

/* first[k] receives the first turn of topic k, first[0] = 0. Returns how many, 1 .. MOIM_TOPICS_MAX, more for
 * longer meetings; MOIM_ENOMEM. */
int moim_topics_split(const struct moim_turn_text *turns, int n, int first[MOIM_TOPICS_MAX]);

#endif
