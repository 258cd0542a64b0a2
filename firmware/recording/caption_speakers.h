/* Who speaks in live captions: after a line is final its speakers are told, its text divided where they change, and for two
 * minutes they may be revised (asr/live_speakers.h). Saved voices are offered by name, never applied. Part of the captions: these
 * functions are theirs. */
#ifndef MOIM_FIRMWARE_RECORDING_CAPTION_SPEAKERS_H
#define MOIM_FIRMWARE_RECORDING_CAPTION_SPEAKERS_H

#include "firmware/library/voiceprint_store.h"
#include "firmware/recording/captions.h"

struct caption_words;
struct caption_speakers;

/* voices[n] is used until close. MOIM_ENOENT: a model is missing. */
int caption_speakers_open(struct caption_speakers **out, struct moim_engine *e,
                          const struct moim_known_voice *voices, int n, struct moim_err *err);
void caption_speakers_close(struct caption_speakers *s);

/* The recording's sound, bit by bit. */
void caption_speakers_hear(struct caption_speakers *s, const float *pcm, size_t n);
/* A final caption; what does not fit into memory has no speakers. */
void caption_speakers_add(struct caption_speakers *s, int line, double start, double end, const char *text,
                          const struct caption_words *words);
/* Listens to one line that waits, which takes a quarter of a second; *any: there was one. */
int caption_speakers_work(struct caption_speakers *s, bool *any, struct moim_err *err);
/* A line whose speakers are new or changed. */
bool caption_speakers_next(struct caption_speakers *s, struct moim_caption *out);

#endif
