/* Microphones through PortAudio's callback interface, as a source (audio/source.h).
 *
 *     callback (sound card's thread)            consumer (moim_source_next)
 *     copies frames to the ring,       ring     mixes or picks a channel, counts clipping,
 *     bumps counters, nothing else    ------>   puts silence where frames were lost,
 *                                               native rate -> 16 kHz by soxr
 *
 * A device from which no callback has come for 2 s, or whose stream has stopped, is lost: it is closed, and
 * once a second PortAudio is started afresh and a device of the same name looked for, after 3 s any other. The
 * DEVICE_LOST and DEVICE_BACK events mark the time in between; silence stands for it, up to a minute. A program
 * that was stopped itself takes no device for lost. PortAudio 19.6 needs up to ten
 * minutes to let go of a JACK server that has ended: until then the device counts as lost. PortAudio's list
 * of devices is process-wide: use one capture at a time, and call moim_capture_devices from the same thread
 * or while none is open. While PortAudio starts or opens a device, file descriptor 2 leads to /dev/null,
 * because ALSA and JACK chatter. */
#ifndef MOIM_AUDIO_CAPTURE_H
#define MOIM_AUDIO_CAPTURE_H

#include "audio/source.h"

struct moim_device {
    int index; /* PortAudio's, valid until devices come or go; the name is what to remember */
    char name[384], api[32];
    int channels;
    double rate;
    bool is_default;
    bool output; /* what an output plays (audio/capture_pulse.h), no microphone */
};

/* Devices that can record. *list is malloc'ed, *n may be 0. */
int moim_capture_devices(struct moim_device **list, int *n, struct moim_err *err);

struct moim_capture_options {
    const char *device;  /* NULL or "": the default; a number: an index; else a name or a part of one, with or
                            without "api:" before it; case does not matter, an exact name wins */
    int channel;         /* from 1: that one alone; 0: all opened channels mixed */
    int channels;        /* how many to open; 0: two, or what the device has, or as many as channel needs */
    double ring_seconds; /* 0: 10, the longest the consumer may be away */
    bool same;           /* when it is lost no other device takes over */
    const char *never;   /* a device that does not take over: it hears something else; NULL: any may */
};

/* MOIM_ENOENT when there is no such device, MOIM_EIO when it cannot be opened; the message says what there
 * is. */
int moim_source_capture(struct moim_source **out, const struct moim_capture_options *options,
                        struct moim_err *err);

#endif
