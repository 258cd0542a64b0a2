/* Inside of firmware/pipeline/diarize_stage.c and diarize_call.c. */
#ifndef MOIM_FIRMWARE_PIPELINE_DIARIZE_INT_H
#define MOIM_FIRMWARE_PIPELINE_DIARIZE_INT_H

#include "audio/decode.h"
#include "firmware/pipeline/diarize_stage.h"
#include "storage/spans.h"

/* moim_diarize_file of one part of a recording. */
int moim_diarize_part(struct moim_engine *e, const char *path, const struct moim_part *part,
                      const struct moim_diarize_options *options, void (*progress)(void *arg, double done),
                      void *arg, struct moim_diarization *out, struct moim_err *err);

/* number[c]: what speaker c of d is called in the meeting, whose numbers are 1 ... most; lines: those that it may be in. Those
 * that speak where the meeting has speakers keep these numbers, others get the next. MOIM_ENOMEM. */
int moim_keep_numbers(const struct moim_diarization *d, const struct moim_segment *lines, int n,
                      const struct moim_spans *assigned, int most, int *number);

/* Both sides of a call, each on its own channel: no speaker is of both. */
int moim_diarize_call(struct moim_engine *e, struct moim_store *s, const struct moim_meeting *m,
                      const char *audio, struct moim_parties *p, int count,
                      void (*progress)(void *arg, double done), void *arg, struct moim_err *err);

#endif
