/* Inside of the Conformer: asr/conformer*.c only. */
#ifndef MOIM_ASR_CONFORMER_INT_H
#define MOIM_ASR_CONFORMER_INT_H

#include "asr/conformer.h"
#include "audio/mel.h"

#define D 144
#define FFN 576
#define HEADS 4
#define HEAD_DIM (D / HEADS)
#define BLOCKS 4
#define KERNEL 31
#define MELS 80
#define ROWS 256 /* frames whose attention is worked out at once */
#define SYMBOLS MOIM_CONFORMER_SYMBOLS
#define PREFIX "acoustic_model.model."

struct ffn {
    const float *norm_w, *norm_b; /* [D] */
    const float *w1, *b1;         /* [D][FFN], [FFN] */
    const float *w2, *b2;         /* [FFN][D], [D] */
};

struct block {
    struct ffn ffn1, ffn2;
    const float *attn_w, *attn_b; /* norm [D] */
    const float *qkv_w, *qkv_b;   /* [D][3D] */
    const float *out_w, *out_b;   /* [D][D] */
    const float *conv_w, *conv_b; /* norm [D] */
    const float *pw1_w, *pw1_b;   /* [2D][D] */
    const float *dw_w, *dw_b;     /* [D][KERNEL] */
    const float *pw2_w, *pw2_b;   /* [D][D] */
    const float *norm_w, *norm_b; /* [D] */
};

struct moim_conformer {
    struct moim_pool *pool;
    struct moim_mel *mel;
    float *weights; /* everything as f32, one allocation */
    size_t used, room;
    const float *stem_w, *stem_b; /* [3 * MELS][D]: taps first, so that the stem is one product */
    const float *proj_w, *proj_b; /* [SYMBOLS][D] */
    struct block block[BLOCKS];
    int max_frames;
    int left;      /* frames before the first that attention may look back at (a stream's) */
    float *feat;   /* [2 * T + 2][MELS], one row of zeros at each end */
    float *x;      /* [T][D] */
    float *norm;   /* [T][D] */
    float *wide;   /* [T][FFN], also qkv [left + T][3D] and the gated [T][2D] */
    float *mix;    /* [T][D] */
    float *scores; /* [HEADS][ROWS][left + T] */
    float *padded; /* [T + KERNEL - 1][D]: the depthwise convolution's input and what lies around it */
};

/* As moim_conformer_open, with room for keys and values of `left` earlier frames. */
int conformer_open(struct moim_conformer **out, const char *path, int max_frames, int left,
                   struct moim_pool *pool, struct moim_err *err);
/* Log-mel rows first ... first + count - 1 of pcm[n], rounded as hama's engine rounds them. */
void conformer_mel(struct moim_conformer *c, const float *pcm, size_t n, int first, int count, float *out);
/* feat[2 t + 1][MELS] -> c->x[t][D]: output frame i reads rows 2 i ... 2 i + 2. */
void conformer_stem(struct moim_conformer *c, const float *feat, int t);
/* The parts of a block, on c->x[t][D]. attend wants keys and values of the `left` frames before in the first
 * rows of c->wide, and leaves all of them there; convolve wants the KERNEL / 2 inputs before in the first
 * rows of c->padded, and leaves all inputs there. */
void conformer_feed_forward(struct moim_conformer *c, const struct ffn *f, int t);
void conformer_attend(struct moim_conformer *c, const struct block *b, int t, int left);
void conformer_convolve(struct moim_conformer *c, const struct block *b, int t);
void conformer_norm(struct moim_conformer *c, const struct block *b, int t);
/* c->x[t][D] -> logprob[t][SYMBOLS] */
void conformer_project(struct moim_conformer *c, int t, float *logprob);

#endif
