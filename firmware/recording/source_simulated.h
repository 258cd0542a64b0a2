/* A microphone made of a file, for tests and demonstrations: at the speed of time, and when the file is over
 * either it begins again or the room is silent, as a microphone's would be. fast: as quick as it is read, and
 * the end of the file is the end of the recording. */
#ifndef MOIM_FIRMWARE_RECORDING_SOURCE_SIMULATED_H
#define MOIM_FIRMWARE_RECORDING_SOURCE_SIMULATED_H

#include "audio/source.h"

int moim_source_simulated(struct moim_source **out, const char *path, bool loop, bool fast,
                          struct moim_err *err);

#endif
