/* The stage of processing that turns a meeting's sound into lines. Parties on channels of their own
 * (firmware/library/import_sound.h) are recognised apart: their lines may overlap in time, each is its channel's
 * speaker, who is called as the file called it, or after the channel. */
#ifndef MOIM_FIRMWARE_PIPELINE_TRANSCRIBE_STAGE_H
#define MOIM_FIRMWARE_PIPELINE_TRANSCRIBE_STAGE_H

#include "firmware/pipeline/transcribe.h"

/* o: all but part. */
int moim_transcribe_meeting(struct moim_engine *e, struct moim_store *s, const struct moim_meeting *m,
                            const struct moim_transcribe_options *o, struct moim_err *err);
/* Whether a meeting's speakers are known by their channels; its state says so then. */
int moim_speakers_by_channel(struct moim_store *s, const struct moim_meeting *m, bool *known,
                             struct moim_err *err);

#endif
