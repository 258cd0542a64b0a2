/* Who spoke when in a recording of any length.
 *
 *   10 s chunks every 5 s -> segmentation (asr/segmentation.h): up to three local speakers a chunk, with
 *     changes of speaker and overlap; where voice activity (audio/vad.h) hears speech, there is some; voice
 *     activity hears quiet voices raised (audio/leveller.h), and so does segmentation where it heard nobody
 *   -> a voice (asr/speaker.h) for each local speaker, from where nobody else speaks
 *   -> agglomerative clustering of the voices by average similarity, which finds the number of speakers: a
 *     group that owns too little of the speech is none, its voices join the group they are most like
 *   -> each chunk's local speakers assigned to different speakers of the meeting
 *   -> frame by frame, as many speakers as the chunks that see the frame count, those with most votes
 *   -> turns, short gaps closed
 *
 * After Bredin, "pyannote.audio 2.1 speaker diarization pipeline: principle, benchmark, and recipe", 2023.
 * Memory grows by about 5 KB for every 5 s of sound, time with the length (asr/cluster.h takes the voices of
 * a long recording in blocks). */
#ifndef MOIM_ASR_DIARIZE_H
#define MOIM_ASR_DIARIZE_H

#include "asr/der.h"
#include "asr/segmentation.h"
#include "asr/speaker.h"
#include "audio/vad.h"

#include <stdbool.h>

#define MOIM_DIARIZE_SPEAKERS 10

struct moim_diarize_options {
    int min_speakers, max_speakers; /* 0: 1 and 10 */
};

/* Who may speak in MOIM_EVIDENCE_STEP seconds, the likeliest first (asr/certainty.h makes a probability of it). */
#define MOIM_EVIDENCE_FRAMES 4
#define MOIM_EVIDENCE_STEP (MOIM_EVIDENCE_FRAMES * MOIM_SEGMENT_STEP / 16000.0)
#define MOIM_NO_SPEAKER 255
struct moim_evidence {
    unsigned char speaker[2]; /* MOIM_NO_SPEAKER: none */
    unsigned char vote[2];    /* expected number of speakers that this one makes up, in 100ths */
    unsigned char count;      /* of all speakers, in 100ths */
    signed char own[2];       /* similarity of the voices that vote to the speaker's mean voice, in 100ths, */
    signed char other[2];     /* and to the mean voice of the other speaker who is most like them */
};

struct moim_diarization {
    struct moim_turn *turns; /* by start; speakers 0 ... speakers - 1 in order of appearance */
    int n, speakers;
    double duration;                  /* of the recording, seconds */
    float (*voice)[MOIM_SPEAKER_DIM]; /* [speakers] mean voice, unit length */
    double *seconds;                  /* [speakers] of clean speech that the mean voice rests on */
    struct moim_evidence *evidence;   /* [n_evidence], one every MOIM_EVIDENCE_STEP; NULL: none was kept */
    int n_evidence;
    bool one_known; /* the caller said that there is one speaker */
};

struct moim_diarizer;

/* The networks are used, not owned; vad is reset and is this recording's until the end. All but the growing
 * memory is taken here. */
int moim_diarizer_new(struct moim_diarizer **out, struct moim_segmentation *segmentation,
                      struct moim_speaker_encoder *speaker, struct moim_vad *vad, struct moim_err *err);
void moim_diarizer_free(struct moim_diarizer *d);

/* Takes the recording bit by bit, 16 kHz mono. */
int moim_diarizer_push(struct moim_diarizer *d, const float *pcm, size_t n, struct moim_err *err);
/* The recording is over. Deterministic. A recording without speech has no speakers. options may be NULL. */
int moim_diarizer_finish(struct moim_diarizer *d, const struct moim_diarize_options *options,
                         struct moim_diarization *out, struct moim_err *err);
void moim_diarization_free(struct moim_diarization *d);

/* The speaker of a word: whose turns cover most of [start, end], or else the nearest turn within 1 s; -1 for
 * none. */
int moim_diarization_at(const struct moim_diarization *d, double start, double end);

#endif
