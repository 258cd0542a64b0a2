/* What a Whisper makes of 30 s, for comparing with another engine (tests/bench/whisper_shapes.py):
 *   whisper_first MODEL PCM TOKEN...     PCM: f32 at 16 kHz, without a header
 * f32 to standard output: frames and width as two numbers, the encoder's output, the logits after TOKENs. */
#include "asr/whisper_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MOST = 16 };

static float *read_pcm(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    float *pcm = calloc(30 * MOIM_ASR_RATE, sizeof *pcm);
    *n = f && pcm ? fread(pcm, sizeof *pcm, 30 * MOIM_ASR_RATE, f) : 0;
    if (f) fclose(f);
    return pcm;
}

static double cpu(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static int run(const struct whisper_model *m, const float *pcm, size_t n, int count, char **tokens)
{
    struct whisper_encoder enc = {0};
    struct whisper_decoder dec;
    struct wrow rows[MOST];
    int path[MOST];
    double t0 = cpu(), t1;
    int rc = whisper_encode(m, &enc, pcm, n, 30);
    t1 = cpu();
    if (!rc) rc = whisper_decoder_init(&dec, m, true);
    if (!rc) rc = whisper_decoder_begin(&dec, m, enc.out, enc.frames);
    for (int i = 0; i < count; i++) {
        path[i] = i;
        rows[i] = (struct wrow){atoi(tokens[i]), i, path};
    }
    if (!rc) rc = whisper_forward(&dec, m, rows, count, count - 1);
    if (rc) return rc;
    float head[2] = {(float)enc.frames, (float)m->dims.d};
    fwrite(head, sizeof *head, 2, stdout);
    fwrite(enc.out, sizeof(float), (size_t)enc.frames * (size_t)m->dims.d, stdout);
    fwrite(dec.logits.p, sizeof(float), (size_t)m->dims.vocab, stdout);
    fprintf(stderr, "encoder %.2f s of CPU, decoder %.2f\n", t1 - t0, cpu() - t1);
    whisper_decoder_free(&dec, m);
    whisper_encoder_free(&enc);
    return rc;
}

int main(int argc, char **argv)
{
    struct moim_err err = {0};
    struct whisper_model *m;
    size_t n;
    if (argc < 4 || argc - 3 > MOST) return 64;
    struct moim_pool *pool = moim_pool_new(2);
    int rc = whisper_load(&m, argv[1], false, pool, &err);
    if (rc) fprintf(stderr, "%s\n", err.msg);
    if (rc) return 1;
    float *pcm = read_pcm(argv[2], &n);
    rc = n ? run(m, pcm, n, argc - 3, argv + 3) : MOIM_ENOENT;
    free(pcm);
    whisper_unload(m);
    moim_pool_free(pool);
    return rc ? 1 : 0;
}
