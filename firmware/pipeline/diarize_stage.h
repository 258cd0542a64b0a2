/* Who said what: tells the speakers of a recording apart and writes them into its transcript. */
#ifndef MOIM_FIRMWARE_PIPELINE_DIARIZE_STAGE_H
#define MOIM_FIRMWARE_PIPELINE_DIARIZE_STAGE_H

#include "asr/diarize.h"
#include "firmware/pipeline/transcribe.h"
#include "storage/store.h"

/* Loads the two networks, reads the recording at path, unloads them. progress may be NULL. MOIM_ENOENT when a
 * model is not installed. */
int moim_diarize_file(struct moim_engine *e, const char *path, const struct moim_diarize_options *options,
                      void (*progress)(void *arg, double done), void *arg, struct moim_diarization *out,
                      struct moim_err *err);

/* Lines cut where the speaker changes: *out[*n_out], speakers from 1, each part with its line's id and how sure it is of its speaker. A lone
 * word between two words of one other speaker stays with them; less than half a second of a sentence goes to who
 * speaks the rest of it. Lines without words go whole to who speaks
 * most in them. Released with moim_segments_free. */
int moim_lines_by_speaker(const struct moim_diarization *d, const struct moim_segment *lines, int n,
                          struct moim_segment **out, int *n_out, struct moim_err *err);

/* Writes who speaks into a stored transcript. number[c]: what speaker c of d is called there. A speaker whose
 * speech the user gave to one number for the most part has that number, one who speaks where the meeting has
 * a speaker keeps its number and name, others get the next free ones. */
int moim_speakers_from(struct moim_store *s, int64_t meeting, const struct moim_diarization *d,
                       int number[MOIM_DIARIZE_SPEAKERS], struct moim_err *err);

/* The stage of processing: tells the speakers of a stored meeting apart. Speakers that the meeting has
 * already keep their numbers, and so their names; the user's edits stay. count: how many there are, 0
 * unknown. Remembered voices are offered, not applied. */
int moim_diarize_meeting(struct moim_engine *e, struct moim_store *s, int64_t meeting, int count,
                         void (*progress)(void *arg, double done), void *arg, struct moim_err *err);

/* The mean voice of one speaker of a meeting, from its sound. MOIM_ENOENT without sound or speaker. */
int moim_voice_of(struct moim_engine *e, struct moim_store *s, int64_t meeting, int speaker,
                  float voice[MOIM_SPEAKER_DIM], struct moim_err *err);

/* Whether a speaker has two segments long enough for moim_speaker_split to compare; list: all segments of the meeting,
 * by time. */
bool moim_speaker_can_split(const struct moim_segment *list, int n, int speaker);

/* Two voices were taken for one: parts the segments of a speaker into the two most different groups. The
 * lesser gets the next free number, *number. One step for undo. MOIM_ESTATE when there is only one segment long enough. */
int moim_speaker_split(struct moim_engine *e, struct moim_store *s, int64_t meeting, int speaker, int *number,
                       struct moim_err *err);

#endif
