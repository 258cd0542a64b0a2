/* PortAudio's start, its devices and its noise, for audio/capture.c. */
#ifndef MOIM_AUDIO_DEVICES_H
#define MOIM_AUDIO_DEVICES_H

#include "audio/capture.h"

/* Pa_Initialize; each success wants a Pa_Terminate. */
int moim_portaudio_start(struct moim_err *err);

/* Of a started PortAudio: the device that moim_capture_options.device names; exact: "api:name" and no other.
 */
int moim_device_find(const char *wanted, bool exact, struct moim_device *d, struct moim_err *err);

/* Leads file descriptor 2 to /dev/null; returns what moim_stderr_on wants. */
int moim_stderr_off(void);
void moim_stderr_on(int saved);

#endif
