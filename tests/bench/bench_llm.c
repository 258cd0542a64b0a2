/* A language model's speed, and its agreement with a reference.
 *   bench_llm speed MODEL [-t THREADS] [-p PROMPT] [-g GENERATED] [-r RUNS]  best of RUNS, tokens a second
 *   bench_llm score MODEL FILE [-x]    ln p of what follows in the lines "tok" of FILE; -x: f32 cache
 *   bench_llm agree MODEL FILE [-s]    FILE as tests/golden/make_llm.py writes it; -s: one token a step
 * agree prints the same three lines a sequence for this engine on stdout, and the comparison on stderr. */
#include "lm/llm.h"
#include "nn/matmul.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_TOK = 4096 };

static double now(void)
{
    struct timespec t;
    clock_gettime(getenv("BENCH_CPU") ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int argmax(const float *x, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        if (x[i] > x[best]) best = i;
    return best;
}

static int speed(struct moim_llm *m, int prompt, int generated, int runs, struct moim_err *err)
{
    int vocab = moim_llm_n_vocab(m), rc = 0;
    float *logits = malloc((size_t)vocab * sizeof *logits);
    int32_t *tok = malloc((size_t)(prompt + 1) * sizeof *tok);
    double best_p = 1e9, best_g = 1e9;
    for (int i = 0; i < prompt; i++) tok[i] = 1000 + i * 7919 % (vocab - 2000);
    for (int r = 0; r < runs && !rc; r++) {
        double t0 = now();
        rc = moim_llm_eval(m, tok, prompt, 0, logits, err);
        double t1 = now();
        for (int i = 0; i < generated && !rc; i++) {
            int32_t next = argmax(logits, vocab);
            rc = moim_llm_eval(m, &next, 1, prompt + i, logits, err);
        }
        double t2 = now();
        best_p = fmin(best_p, t1 - t0);
        best_g = fmin(best_g, t2 - t1);
    }
    if (!rc)
        printf("{\"model\":\"%s\",\"simd\":\"%s\",\"prompt_tok_s\":%.1f,\"gen_tok_s\":%.2f,\"bytes\":%zu}\n",
               moim_llm_name(m), moim_simd_name(), prompt / best_p, generated / best_g, moim_llm_bytes(m));
    free(logits);
    free(tok);
    return rc;
}

static int read_line(FILE *f, const char *tag, double *out)
{
    static char line[1 << 18];
    if (!fgets(line, sizeof line, f) || strncmp(line, tag, strlen(tag)) != 0) return -1;
    int n = 0;
    char *save, *s = strtok_r(line + strlen(tag), " \n", &save);
    for (; s && n < MAX_TOK; s = strtok_r(NULL, " \n", &save)) out[n++] = atof(s);
    return n;
}

struct tally {
    int positions, same, scored;
    double worst, sum;
};

static int sequence(struct moim_llm *m, FILE *f, int step, struct tally *y, struct moim_err *err)
{
    static double in[MAX_TOK], top[MAX_TOK], lp[MAX_TOK];
    static int32_t tok[MAX_TOK];
    static float mine[MAX_TOK];
    int n = read_line(f, "tok", in), rc = 0, vocab = moim_llm_n_vocab(m);
    if (n < 1 || read_line(f, "top", top) != n || read_line(f, "lp", lp) != n - 1) return 1;
    float *logits = malloc((size_t)vocab * sizeof *logits);
    for (int i = 0; i < n; i++) tok[i] = (int32_t)in[i];
    printf("tok");
    for (int i = 0; i < n; i++) printf(" %d", tok[i]);
    printf("\ntop");
    for (int i = 0; i < n && !rc; i++) {
        /* Whole: the context in one pass, the last logits alone; costs a pass for each position. */
        rc = step ? moim_llm_eval(m, tok + i, 1, i, logits, err)
                  : moim_llm_eval(m, tok, i + 1, 0, logits, err);
        int best = argmax(logits, vocab);
        y->positions++;
        y->same += best == (int)top[i];
        printf(" %d", best);
        if (step && i + 1 < n) {
            double z = 0;
            for (int k = 0; k < vocab; k++) z += exp((double)logits[k] - (double)logits[best]);
            mine[i] = (float)((double)logits[tok[i + 1]] - (double)logits[best] - log(z));
        }
    }
    if (!step && !rc) rc = moim_llm_score(m, tok, n, 0, mine, err);
    printf("\nlp");
    for (int i = 0; i + 1 < n; i++) {
        double d = fabs((double)mine[i] - lp[i]);
        y->worst = fmax(y->worst, d);
        y->sum += d;
        y->scored++;
        printf(" %.4f", (double)mine[i]);
    }
    printf("\n");
    free(logits);
    return rc;
}

static int agree(struct moim_llm *m, const char *path, int step, struct moim_err *err)
{
    struct tally y = {0};
    FILE *f = fopen(path, "r");
    if (!f) return moim_fail(err, MOIM_ENOENT, "%s: cannot be read", path);
    int rc;
    while (!(rc = sequence(m, f, step, &y, err))) {
    }
    fclose(f);
    fprintf(stderr,
            "%s (%s): most likely token equal on %d of %d positions (%.2f %%); |ln p| differs by %.3f at "
            "most, %.4f on average\n",
            moim_llm_name(m), moim_simd_name(), y.same, y.positions, 100.0 * y.same / y.positions, y.worst,
            y.sum / y.scored);
    return rc < 0 ? rc : 0;
}

/* A line "lp" for each line "tok". */
static int score(struct moim_llm *m, const char *path, struct moim_err *err)
{
    static double in[MAX_TOK];
    static int32_t tok[MAX_TOK];
    static float lp[MAX_TOK];
    FILE *f = fopen(path, "r");
    int rc = f ? 0 : moim_fail(err, MOIM_ENOENT, "%s: cannot be read", path), n;
    while (!rc && (n = read_line(f, "tok", in)) > 1) {
        for (int i = 0; i < n; i++) tok[i] = (int32_t)in[i];
        rc = moim_llm_score(m, tok, n, 0, lp, err);
        printf("lp");
        for (int i = 0; i + 1 < n; i++) printf(" %.6f", (double)lp[i]);
        printf("\n");
    }
    if (f) fclose(f);
    return rc;
}

int main(int argc, char **argv)
{
    int threads = 2, prompt = 512, generated = 64, runs = 3, step = 0, exact = 0, c;
    while ((c = getopt(argc, argv, "t:p:g:r:sx")) != -1) {
        if (c == 't')
            threads = atoi(optarg);
        else if (c == 'p')
            prompt = atoi(optarg);
        else if (c == 'g')
            generated = atoi(optarg);
        else if (c == 'r')
            runs = atoi(optarg);
        else if (c == 's')
            step = 1;
        else if (c == 'x')
            exact = 1;
        else
            return 64;
    }
    argc -= optind, argv += optind;
    if (argc < 2 || prompt < 1 || generated < 1) return 64;
    struct moim_err err = {0};
    struct moim_pool *pool = moim_pool_new(threads);
    struct moim_llm *m;
    struct moim_llm_params p = {.n_ctx = 4096, .exact = exact};
    int rc = moim_llm_open(&m, argv[1], pool, &p, &err);
    if (!rc && strcmp(argv[0], "speed") == 0)
        rc = speed(m, prompt, generated, runs, &err);
    else if (!rc && strcmp(argv[0], "agree") == 0 && argc > 2)
        rc = agree(m, argv[2], step, &err);
    else if (!rc && strcmp(argv[0], "score") == 0 && argc > 2)
        rc = score(m, argv[2], &err);
    if (rc) fprintf(stderr, "%s\n", err.msg);
    moim_llm_close(m);
    moim_pool_free(pool);
    return rc ? moim_exit_code(rc) : 0;
}
