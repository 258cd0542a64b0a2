/* Seconds that the Conformer's encoder takes on recordings, the least of RUNS: bench_conformer MODEL RUNS
 * FILE... */
#include "asr/conformer.h"
#include "audio/decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    struct moim_err err = {0};
    struct moim_conformer *c;
    if (argc < 4) return 64;
    float *lp = malloc(1501ul * MOIM_CONFORMER_SYMBOLS * sizeof *lp);
    int rc = lp ? moim_conformer_open(&c, argv[1], 1500, NULL, &err) : MOIM_ENOMEM;
    double sound = 0, wall = 1e9, cpu = 1e9;
    for (int r = 0; r < atoi(argv[2]) && !rc; r++) {
        double w = 0, u = 0;
        sound = 0;
        for (int i = 3; i < argc && !rc; i++) {
            float *pcm;
            size_t n;
            if ((rc = moim_decode_file(argv[i], 0, &pcm, &n, &err))) break;
            if (n > 1490 * MOIM_CONFORMER_HOP) n = 1490 * MOIM_CONFORMER_HOP;
            double w0 = now(CLOCK_MONOTONIC), u0 = now(CLOCK_PROCESS_CPUTIME_ID);
            rc = moim_conformer_run(c, pcm, n, lp, &err);
            w += now(CLOCK_MONOTONIC) - w0, u += now(CLOCK_PROCESS_CPUTIME_ID) - u0;
            sound += (double)n / 16000;
            free(pcm);
        }
        wall = w < wall ? w : wall, cpu = u < cpu ? u : cpu;
    }
    if (rc)
        fprintf(stderr, "%s\n", err.msg);
    else
        printf("{\"sound\":%.2f,\"wall\":%.4f,\"cpu\":%.4f}\n", sound, wall, cpu);
    moim_conformer_close(c);
    free(lp);
    return moim_exit_code(rc);
}
