/* Both sides of a call as one source (audio/source.h): a microphone, and a second device that hears the far side (the monitor
 * of an output, or any other). The microphone's clock counts; each of its blocks comes with as many samples of the far
 * side, brought onto that clock by audio/drift.h.
 *
 * When one device is lost the other goes on: silence stands for the far side, or, by the clock, for this one, until it is back.
 * The events say which side they are of. */
#ifndef MOIM_AUDIO_CALL_H
#define MOIM_AUDIO_CALL_H

#include "audio/source.h"

/* Takes both over, also when it fails. files: both are files, which have one clock: as many samples of far as near gives, silence
 * behind the end of either until both have ended. */
int moim_source_call(struct moim_source **out, struct moim_source *near, struct moim_source *far, bool files,
                     struct moim_err *err);

#endif
