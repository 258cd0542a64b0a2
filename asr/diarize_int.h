/* What the two halves of telling speakers apart share: voices of chunks (diarize_voices.c), and who they are
 * and when they speak (diarize.c). */
#ifndef MOIM_ASR_DIARIZE_INT_H
#define MOIM_ASR_DIARIZE_INT_H

#include "asr/diarize.h"
#include "audio/fbank.h"
#include "audio/leveller.h"

#include <stdint.h>

#define RATE 16000.0
#define HOP 296 /* frames from chunk to chunk, 4.995 s */
#define HOP_SAMPLES (HOP * MOIM_SEGMENT_STEP)
#define FRAMES MOIM_SEGMENT_FRAMES
#define LOCAL MOIM_SEGMENT_LOCAL
#define DIM MOIM_SPEAKER_DIM

/* One piece of a local speaker's speech in one chunk, 1.5 to 3 s where there is so much. */
struct voice {
    int chunk, local, label;
    int until; /* frame of the chunk up to which it stands for its local speaker */
    float seconds;
    float x[DIM];
    float own, other; /* similarity to the mean voice of its speaker, and to the next speaker's */
};

/* Who the chunks say speaks in one frame. */
struct frame_vote {
    float vote[MOIM_DIARIZE_SPEAKERS];                              /* weighted probability */
    float own[MOIM_DIARIZE_SPEAKERS], other[MOIM_DIARIZE_SPEAKERS]; /* similarities, weighted by the votes */
    float count, weights; /* all votes; what a certain vote of every chunk would be */
};

struct moim_diarizer {
    struct moim_segmentation *segmentation;
    struct moim_speaker_encoder *speaker;
    struct moim_vad *vad;
    struct moim_fbank *fbank;
    float *pcm; /* [BUFFER], from the first sample of chunk `chunks` on */
    size_t have;
    float *level; /* [BUFFER] the same with quiet voices raised, for voice activity and a second look */
    struct moim_leveller leveller;
    uint64_t total;
    float *stack;  /* [BATCH][160000] chunks side by side */
    float *logp;   /* [BATCH][589][7] */
    float *bands;  /* [998][80], then the frames of one voice */
    float *picked; /* [998][80] */
    unsigned char (
        *activity)[FRAMES][LOCAL]; /* [chunks] probability that a local speaker speaks, 0 ... 255 */
    int chunks, cap_chunks;
    unsigned char *speech; /* [heard] probability of speech of each MOIM_VAD_WINDOW, 0 ... 255 */
    size_t heard, cap_speech;
    struct voice *voices;
    int n, cap;
};

/* Where voice activity hears speech that the segmentation doubts (a far voice in an echoing room), its say on
 * who speaks stands, and that nobody does gives way. logp: one frame, [MOIM_SEGMENT_CLASSES]. */
void moim_heed_speech(float *logp, float heard);
/* The recording is over: the last chunks. */
int moim_diarizer_rest(struct moim_diarizer *d, struct moim_err *err);

/* How like each voice that has a label is to the mean voices. */
void moim_compare_voices(struct moim_diarizer *d, const struct moim_diarization *out);
struct moim_evidence moim_evidence_of(const struct frame_vote *f, int speakers);

#endif
