/* The Conformer's best symbol for each frame of the recordings named on the command line, one recording a
 * line. For tests/bench/agree_conformer.py. */
#include "asr/conformer.h"
#include "audio/decode.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST (30 * 16000)
#define SYMBOLS MOIM_CONFORMER_SYMBOLS

static size_t read_all(const char *path, float *pcm)
{
    struct moim_reader *r;
    struct moim_err err;
    size_t n = 0;
    long got;
    if (moim_reader_open(&r, path, &err)) {
        fprintf(stderr, "%s\n", err.msg);
        exit(1);
    }
    while (n < MOST && (got = moim_reader_read(r, pcm + n, MOST - n, &err)) > 0) n += (size_t)got;
    moim_reader_close(r);
    return n;
}

int main(int argc, char **argv)
{
    struct moim_conformer *c;
    struct moim_err err;
    float *pcm = malloc(sizeof *pcm * MOST), *lp = malloc(sizeof *lp * 1504 * SYMBOLS);
    if (argc < 3 || !pcm || !lp || moim_conformer_open(&c, argv[1], 1504, NULL, &err)) {
        fprintf(stderr, "usage: conformer_frames asr_waveform.hama FILE...\n");
        return 1;
    }
    for (int i = 2; i < argc; i++) {
        size_t n = read_all(argv[i], pcm);
        if (moim_conformer_run(c, pcm, n, lp, &err)) {
            fprintf(stderr, "%s: %s\n", argv[i], err.msg);
            return 1;
        }
        for (int t = 0; t < moim_conformer_frames(n); t++) {
            int best = 0;
            for (int k = 1; k < SYMBOLS; k++)
                if (lp[t * SYMBOLS + k] > lp[t * SYMBOLS + best]) best = k;
            printf("%d ", best);
        }
        putchar('\n');
    }
    moim_conformer_close(c);
    free(pcm);
    free(lp);
    return 0;
}
