/* The chosen microphone: one setting of the store ("microphone"), which the command line and the page both read and
 * change. */
#ifndef MOIM_FIRMWARE_RECORDING_MICROPHONE_H
#define MOIM_FIRMWARE_RECORDING_MICROPHONE_H

#include "audio/capture.h"
#include "storage/store.h"

/* What hears the far side of a call, "" for none; likewise. */
int moim_call_chosen(struct moim_store *s, char **name, struct moim_err *err);
int moim_call_choose(struct moim_store *s, const char *name, struct moim_err *err);
/* Opens it: an output's monitor (audio/capture_pulse.h), or else any other device. */
int moim_call_open(struct moim_source **out, const char *name, struct moim_err *err);

struct cJSON;

/* Its name, "" for the system's default; *name is malloc'ed. Before 0.2 the command line kept its own choice in the
 * file device.conf beside the store: unless the setting names one, its value becomes the setting; then the file
 * is removed. */
int moim_microphone_chosen(struct moim_store *s, char **name, struct moim_err *err);
int moim_microphone_choose(struct moim_store *s, const char *name, struct moim_err *err);

/* Device of docs/openapi.yaml. chosen: as moim_microphone_chosen has it; of an output as moim_call_chosen. */
struct cJSON *moim_device_json(const struct moim_device *d, const char *chosen);

#endif
