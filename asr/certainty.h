/* How sure it is that a stretch of a recording is the speaker's that it was given to: the probability that this
 * speaker says most of it, by what telling the speakers apart has seen there. */
#ifndef MOIM_ASR_CERTAINTY_H
#define MOIM_ASR_CERTAINTY_H

#include "asr/diarize.h"

/* What is known of a stretch and a speaker, all of it averaged over the stretch's speech. */
struct moim_speaker_signs {
    float share; /* of the votes for anybody that this speaker has, 0 ... 1: less where another speaks, too */
    float own;   /* similarity of the voice heard to this speaker's mean voice, */
    float other; /* and to the other speaker's that is most like it; STRANGER at least */
    float seconds; /* of speech by this speaker */
};

struct moim_speaker_signs moim_speaker_signs(const struct moim_diarization *d, int speaker, double start,
                                             double end);

/* 0.01 ... 0.99; speaker: 0 ... d->speakers - 1. 1 where the caller said that there is one speaker, 0 (not known) where d holds
 * no evidence or speaker is -1. */
double moim_speaker_certainty(const struct moim_diarization *d, int speaker, double start, double end);

#endif
