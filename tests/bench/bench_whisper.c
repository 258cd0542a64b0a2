/* Transcribes audio files one by one: bench_whisper MODEL [-b BEAM] [-n NBEST] [-l LANG] [-t THREADS] [-m
 * MARGIN]
 * [-c CONTEXT] [-v WORD]... FILE...  Prints a JSON line for each file (file, seconds, cpu, hyps with scores)
 * and, to stderr, the totals. tests/bench/peer_whisper.py runs it beside faster-whisper and scores both. */
#include "asr/whisper.h"
#include "audio/decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double seconds_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void quote(const char *s)
{
    putchar('"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\') putchar('\\');
        if ((unsigned char)*s >= ' ') putchar(*s);
    }
    putchar('"');
}

static void print(const char *file, double seconds, double cpu, const struct moim_nbest *nb, int words)
{
    printf("{\"file\":");
    quote(file);
    printf(",\"seconds\":%.2f,\"cpu\":%.3f,\"lang\":\"%s\",\"no_speech\":%.3f,\"hyps\":[", seconds, cpu,
           nb->lang, (double)nb->no_speech);
    for (int i = 0; i < nb->n; i++) {
        printf("%s{\"text\":", i ? "," : "");
        quote(nb->hyps[i].text);
        printf(",\"acoustic\":%.3f,\"total\":%.4f", (double)nb->hyps[i].acoustic, (double)nb->hyps[i].total);
        for (int k = 0; words && k < nb->hyps[i].n_words; k++) {
            const struct moim_word *w = &nb->hyps[i].words[k];
            printf(k ? ",[%.2f,%.2f,%.2f," : ",\"words\":[[%.2f,%.2f,%.2f,", w->start, w->end,
                   (double)w->confidence);
            quote(w->text);
            printf(k + 1 == nb->hyps[i].n_words ? "]]" : "]");
        }
        printf("}");
    }
    printf("]}\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct moim_err err = {0};
    struct moim_vocab_word vocab[64];
    struct moim_asr_options opt = {.lang = "auto", .beam = 5, .nbest = 1, .vocab = vocab};
    struct moim_whisper_tuning tune = moim_whisper_defaults();
    int threads = 2, words = 0, c;
    while ((c = getopt(argc, argv, "b:n:l:t:m:c:v:B:w")) != -1) {
        if (c == 'b')
            opt.beam = atoi(optarg);
        else if (c == 'n')
            opt.nbest = atoi(optarg);
        else if (c == 'l')
            opt.lang = optarg;
        else if (c == 't')
            threads = atoi(optarg);
        else if (c == 'm')
            tune.margin = atof(optarg);
        else if (c == 'B')
            tune.vocab_bonus = (float)atof(optarg);
        else if (c == 'c')
            opt.context = optarg;
        else if (c == 'w')
            words = 1;
        else if (c == 'v' && opt.n_vocab < 64)
            vocab[opt.n_vocab++].text = optarg;
        else
            return 64;
    }
    if (argc - optind < 2) return 64;
    struct moim_pool *pool = moim_pool_new(threads);
    struct moim_asr asr;
    double wall0 = seconds_of(CLOCK_MONOTONIC);
    int rc = moim_whisper_open(&asr, argv[optind], pool, &err);
    if (rc) {
        fprintf(stderr, "%s\n", err.msg);
        return moim_exit_code(rc);
    }
    moim_whisper_tune(&asr, &tune);
    double load = seconds_of(CLOCK_MONOTONIC) - wall0, audio = 0, cpu = 0, wall = 0;
    for (int i = optind + 1; i < argc && !rc; i++) {
        float *pcm;
        size_t n;
        struct moim_nbest nb = {0};
        if ((rc = moim_decode_file(argv[i], 0, &pcm, &n, &err))) break;
        if (n > 30 * MOIM_ASR_RATE) n = 30 * MOIM_ASR_RATE;
        double c0 = seconds_of(CLOCK_PROCESS_CPUTIME_ID), w0 = seconds_of(CLOCK_MONOTONIC);
        rc = moim_asr_decode(&asr, pcm, n, 0, &opt, &nb, &err);
        double used = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - c0, s = (double)n / MOIM_ASR_RATE;
        wall += seconds_of(CLOCK_MONOTONIC) - w0;
        cpu += used;
        audio += s;
        if (!rc) print(argv[i], s, used, &nb, words);
        moim_nbest_free(&nb);
        free(pcm);
    }
    if (rc) fprintf(stderr, "%s\n", err.msg);
    fprintf(stderr, "load %.2f s; %.1f s of sound, cpu %.1f s, wall %.1f s, wall/sound %.3f\n", load, audio,
            cpu, wall, audio > 0 ? wall / audio : 0);
    moim_asr_close(&asr);
    moim_pool_free(pool);
    return moim_exit_code(rc);
}
