/* Whether a file is shorter than its own container says: what the decoders read over without a word. */
#ifndef MOIM_AUDIO_CONTAINER_H
#define MOIM_AUDIO_CONTAINER_H

#include <stdbool.h>

/* True for a WAV, RF64, AIFF or AU file that ends before its sound does, and for an Ogg file whose last page
 * is torn or does not end the stream. False for what is whole, says no length (a stream), or is another
 * format. */
bool moim_container_cut(int fd);

#endif
