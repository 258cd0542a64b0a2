/* What streaming costs the Conformer: word error rate of whole stretches and of streams with several chunk
 * sizes. stream_quality DIR     a folder as for moim eval */
#include "asr/conformer.h"
#include "asr/conformer_stream.h"
#include "asr/conformer_words.h"
#include "asr/score.h"
#include "audio/decode.h"
#include "audio/segment.h"
#include "firmware/pipeline/lexicon_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SYMBOLS MOIM_CONFORMER_SYMBOLS
#define MOST 1504

static struct moim_conformer_words words;
static struct moim_err err;
static float *logprob;

static void must(int rc)
{
    if (!rc) return;
    fprintf(stderr, "%s\n", err.msg);
    exit(1);
}

static void decode(int t, int settle, char *text, size_t cap)
{
    struct moim_nbest nb = {0};
    must(moim_conformer_words_begin(&words, NULL, 0, &err));
    for (int i = 0; i < t; i += 16) {
        moim_ctc_push(words.ctc, logprob + (size_t)i * SYMBOLS, t - i < 16 ? t - i : 16);
        if (settle) moim_ctc_settle(words.ctc, settle);
    }
    must(moim_conformer_words_finish(&words, logprob, t, 0, 1, &nb, &err));
    if (nb.n) snprintf(text + strlen(text), cap - strlen(text), " %s", nb.hyps[0].text);
    moim_nbest_free(&nb);
}

static int stream(struct moim_conformer_stream *s, const float *pcm, size_t n)
{
    int t = 0, got, ahead;
    const float *lp;
    moim_conformer_stream_begin(s);
    for (size_t used = 0;;) {
        size_t took = moim_conformer_stream_push(s, pcm + used, n - used);
        used += took;
        if (used == n && !took) moim_conformer_stream_end(s);
        if (!moim_conformer_stream_next(s, &lp, &got, &ahead) && used == n && !took) return t;
        memcpy(logprob + (size_t)t * SYMBOLS, lp, sizeof *lp * (size_t)got * SYMBOLS);
        t += got;
    }
}

struct row {
    struct moim_conformer_stream_params p;
    int settle; /* frames after which a word is decided, 0: never */
    struct moim_conformer_stream *s;
    struct moim_score score;
    long same, frames;
    double cpu;
    char text[8192];
};

static double cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int best(const float *p)
{
    int b = 0;
    for (int i = 1; i < SYMBOLS; i++)
        if (p[i] > p[b]) b = i;
    return b;
}

static void one_stretch(struct moim_conformer *whole, struct row *rows, int n, const float *pcm, size_t len)
{
    int t = moim_conformer_frames(len), symbols[MOST];
    double before = cpu();
    must(moim_conformer_run(whole, pcm, len, logprob, &err));
    rows[0].cpu += cpu() - before;
    for (int i = 0; i < t; i++) symbols[i] = best(logprob + (size_t)i * SYMBOLS);
    decode(t, 0, rows[0].text, sizeof rows[0].text);
    for (int k = 1; k < n; k++) {
        before = cpu();
        int got = stream(rows[k].s, pcm, len);
        rows[k].cpu += cpu() - before;
        if (got != t) {
            fprintf(stderr, "%d frames, should be %d\n", got, t);
            exit(1);
        }
        for (int i = 0; i < t; i++) rows[k].same += symbols[i] == best(logprob + (size_t)i * SYMBOLS);
        rows[k].frames += t;
        decode(t, rows[k].settle, rows[k].text, sizeof rows[k].text);
    }
}

static double one_file(const char *path, const char *reference, struct moim_vad *vad,
                       struct moim_conformer *whole, struct row *rows, int n)
{
    struct moim_reader *r;
    struct moim_segmenter *seg;
    float block[MOIM_VAD_WINDOW];
    const float *pcm;
    size_t len, total = 0;
    uint64_t start;
    long got;
    for (int k = 0; k < n; k++) rows[k].text[0] = 0;
    if (moim_reader_open(&r, path, NULL)) return 0;
    moim_vad_reset(vad);
    must(moim_segmenter_new(&seg, vad, NULL, &err));
    while ((got = moim_reader_read(r, block, MOIM_VAD_WINDOW, &err)) >= 0) {
        for (size_t used = 0; got && used < (size_t)got;) {
            used += moim_segmenter_push(seg, block + used, (size_t)got - used);
            while (moim_segmenter_next(seg, &pcm, &len, &start)) one_stretch(whole, rows, n, pcm, len);
        }
        total += (size_t)got;
        if (got) continue;
        moim_segmenter_end(seg);
        while (moim_segmenter_next(seg, &pcm, &len, &start)) one_stretch(whole, rows, n, pcm, len);
        break;
    }
    moim_segmenter_free(seg);
    moim_reader_close(r);
    for (int k = 0; k < n; k++) moim_score_wer(reference, rows[k].text, 0, &rows[k].score);
    return (double)total / 16000;
}

int main(int argc, char **argv)
{
    static struct row rows[] = {
        {.settle = 0},
        {.p = {16, 8, 512}},
        {.p = {16, 16, 512}},
        {.p = {16, 32, 512}},
        {.p = {16, 48, 512}},
        {.p = {16, 64, 512}},
        {.p = {16, 96, 512}},
        {.p = {16, 64, 128}},
        {.p = {16, 64, 256}},
        {.p = {16, 64, 1400}},
        {.p = {16, 64, 512}, .settle = 1},
        {.p = {16, 64, 512}, .settle = 10},
        {.p = {16, 64, 512}, .settle = 25},
        {.p = {16, 64, 512}, .settle = 50},
    };
    int n = sizeof rows / sizeof *rows;
    struct moim_models models;
    struct moim_conformer_paths paths;
    struct moim_conformer *whole;
    struct moim_vad *vad;
    char path[4400], line[4096];
    double seconds = 0;
    if (argc != 2) return 64;
    must(moim_models_load(&models, &err));
    must(moim_conformer_paths(&models, &paths, &err));
    must(moim_models_path(&models, "vad", path, sizeof path, &err));
    must(moim_vad_open(&vad, path, &err));
    must(moim_conformer_open(&whole, paths.files.model, MOST, NULL, &err));
    must(moim_conformer_words_open(&words, &paths.files, NULL, &err));
    for (int k = 1; k < n; k++)
        must(moim_conformer_stream_open(&rows[k].s, paths.files.model, &rows[k].p, NULL, &err));
    logprob = malloc(sizeof *logprob * MOST * SYMBOLS);
    snprintf(path, sizeof path, "%s/transcripts.txt", argv[1]);
    FILE *f = fopen(path, "r");
    while (f && logprob && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        char *gap = strchr(line, ' ');
        if (!gap) continue;
        *gap = 0;
        for (int i = 0; i < 2; i++) {
            snprintf(path, sizeof path, "%.200s/%s%s", argv[1], line, i ? ".flac" : ".wav");
            seconds += one_file(path, gap + 1, vad, whole, rows, n);
        }
    }
    for (int k = 0; k < n; k++)
        printf("chunk %3d ahead %3d left %4d settle %2d: WER %5.2f %% (%ld of %ld), frames as in the whole "
               "%6.2f %%, "
               "CPU %.2f %%\n",
               rows[k].p.chunk, rows[k].p.ahead, rows[k].p.left, rows[k].settle,
               100.0 * (double)rows[k].score.edits / (double)rows[k].score.length, rows[k].score.edits,
               rows[k].score.length,
               100.0 * (double)rows[k].same / (double)(rows[k].frames ? rows[k].frames : 1),
               100 * rows[k].cpu / seconds);
    return 0;
}
