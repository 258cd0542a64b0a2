/* What a program of this user hears or says, by PulseAudio's interface, which PipeWire has too: the monitor of an output, or any
 * other source of the server. For the far side of a call (audio/call.h).
 *
 * The stream is read in the caller's thread, at the server's own rate (which is the output's clock), and brought to 16 kHz by
 * soxr. It is never moved to another source by the server: when its output goes, the source is lost and is looked for again
 * once a second; the monitor of the default output is that of whichever output is the default then. */
#ifndef MOIM_AUDIO_CAPTURE_PULSE_H
#define MOIM_AUDIO_CAPTURE_PULSE_H

#include "audio/capture.h"

#define MOIM_CALL_DEFAULT "default" /* the monitor of the default output */

/* The outputs that can be heard, by name. *list is malloc'ed; without a server *n is 0. */
int moim_pulse_outputs(struct moim_device **list, int *n, struct moim_err *err);

/* name: MOIM_CALL_DEFAULT, or a source's name or description or a part of one, monitors first. MOIM_ENOENT when there is none,
 * or no server. */
int moim_source_pulse(struct moim_source **out, const char *name, struct moim_err *err);

#endif
