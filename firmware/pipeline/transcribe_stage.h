/* The transcription stage. Parties on separate channels (firmware/library/import_sound.h) are recognised
 * separately: their lines may overlap in time; each channel is a speaker, named as in the file or by its
 * number. */
#ifndef MOIM_FIRMWARE_PIPELINE_TRANSCRIBE_STAGE_H
#define MOIM_FIRMWARE_PIPELINE_TRANSCRIBE_STAGE_H

#include "firmware/pipeline/transcribe.h"

/* o: all but part. */
int moim_transcribe_meeting(struct moim_engine *e, struct moim_store *s, const struct moim_meeting *m,
                            const struct moim_transcribe_options *o, struct moim_err *err);
/* Only o->from to o->to of it: lines elsewhere stay, and so does the state. MOIM_EINVAL, and nothing changes, where no
 * speech is found. */
int moim_transcribe_part(struct moim_engine *e, struct moim_store *s, const struct moim_meeting *m,
                         const struct moim_transcribe_options *o, struct moim_err *err);
/* Whether a meeting's channels give its speakers; its state is set accordingly. */
int moim_speakers_by_channel(struct moim_store *s, const struct moim_meeting *m, bool *known,
                             struct moim_err *err);

#endif
