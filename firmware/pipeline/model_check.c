#include "firmware/pipeline/model_check.h"

#include "asr/conformer.h"
#include "asr/segmentation.h"
#include "asr/speaker.h"
#include "asr/whisper.h"
#include "asr/wordlist.h"
#include "audio/vad.h"
#include "lm/embed.h"
#include "lm/llm.h"
#include "nn/matmul.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int check_llm(const char *file, struct moim_err *err)
{
    struct moim_llm *m;
    int rc = moim_llm_open(&m, file, NULL, &(struct moim_llm_params){.n_ctx = 64, .n_batch = 16}, err);
    if (!rc) moim_llm_close(m);
    return rc;
}

static int check_whisper(const char *file, struct moim_err *err)
{
    struct moim_asr asr = {0};
    int rc = moim_whisper_open_lean(&asr, file, NULL, err);
    if (!rc) moim_asr_close(&asr);
    return rc;
}

static int check_vad(const char *file, struct moim_err *err)
{
    struct moim_vad *v;
    int rc = moim_vad_open(&v, file, err);
    if (!rc) moim_vad_close(v);
    return rc;
}

static int check_speaker(const char *file, struct moim_err *err)
{
    struct moim_speaker_encoder *s;
    int rc = moim_speaker_encoder_open(&s, file, err);
    if (!rc) moim_speaker_encoder_close(s);
    return rc;
}

static int check_segmentation(const char *file, struct moim_err *err)
{
    struct moim_segmentation *s;
    int rc = moim_segmentation_open(&s, file, NULL, err);
    if (!rc) moim_segmentation_close(s);
    return rc;
}

static int check_search(const char *file, struct moim_err *err)
{
    struct moim_embed *e;
    int rc = moim_embed_open(&e, file, NULL, err);
    if (!rc) moim_embed_close(e);
    return rc;
}

static int check_conformer(const char *file, struct moim_err *err)
{
    struct moim_conformer *c;
    int rc = moim_conformer_open(&c, file, 100, NULL, err);
    if (!rc) moim_conformer_close(c);
    return rc;
}

static int check_words(const char *file, struct moim_err *err)
{
    struct moim_wordlist w;
    int rc = moim_wordlist_open(&w, file, 1000, err);
    if (!rc) moim_wordlist_free(&w);
    return rc;
}

static const struct {
    const char *role;
    int (*check)(const char *file, struct moim_err *err);
} roles[] = {{"asr-accurate", check_whisper}, {"asr-streaming", check_conformer}, {"rescorer", check_llm},
             {"minutes", check_llm},          {"minutes-small", check_llm},       {"vad", check_vad},
             {"speaker", check_speaker},      {"who-speaks", check_segmentation}, {"search", check_search},
             {"word-list", check_words}};

int moim_model_check(const char *role, const char *file, struct moim_err *err)
{
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (!strcmp(roles[i].role, role)) return roles[i].check(file, err);
    return MOIM_OK;
}

int moim_model_role(const char *file, const char **role, struct moim_err *err)
{
    uint8_t head[4] = {0};
    FILE *f = fopen(file, "rb");
    if (!f) return moim_fail_errno(err, "%s", file);
    size_t n = fread(head, 1, 4, f);
    fclose(f);
    struct moim_err why = {0};
    if (n == 4 && !memcmp(head, "GGUF", 4)) {
        *role = "minutes";
        return check_llm(file, err);
    }
    const char *dot = strrchr(file, '.');
    if (dot && !strcmp(dot, ".safetensors")) {
        *role = "asr-accurate";
        return check_whisper(file, err);
    }
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        if (roles[i].check == check_llm || roles[i].check == check_words) continue;
        int rc = roles[i].check(file, &why);
        if (rc == MOIM_ENOMEM) return moim_fail(err, rc, "%s", why.msg);
        *role = roles[i].role;
        if (!rc) return MOIM_OK;
        /* A Whisper model; the reader's message says what is wrong. */
        if (rc == MOIM_EUNSUP && roles[i].check == check_whisper) return moim_fail(err, rc, "%s", why.msg);
    }
    return moim_fail(err, MOIM_EFORMAT, "%s: no model of any kind that is known here", file);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Half a second of CPU time of the matrix products of a recogniser's decoder. */
static int measure(struct moim_machine *m, struct moim_err *err)
{
    enum { ROWS = 1024, COLS = 1024, N = 16 };
    float *w = calloc(ROWS * COLS, sizeof *w), *x = calloc(N * COLS, sizeof *x),
          *y = calloc(N * ROWS, sizeof *y);
    struct moim_matmul_ws *ws = moim_matmul_ws_new();
    struct moim_weight *packed = NULL;
    int rc = w && x && y && ws ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; !rc && i < ROWS * COLS; i++) w[i] = (float)(i % 251 - 125);
    for (int i = 0; !rc && i < N * COLS; i++) x[i] = (float)(i % 127 - 63);
    struct moim_tensor t = {.name = "test", .type = MOIM_F32, .rank = 2, .dims = {ROWS, COLS}, .data = w};
    if (!rc) rc = moim_weight_new(&packed, &t, MOIM_PACK_Q8, err);
    double start = seconds(), now = start, done = 0;
    for (; !rc && now < start + 0.5; now = seconds(), done += 1.0 * ROWS * COLS * N)
        if (moim_matmul(NULL, ws, packed, x, COLS, N, NULL, y, ROWS))
            rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    m->gmac_per_second = now > start ? done / (now - start) / 1e9 : 0;
    moim_weight_free(packed);
    moim_matmul_ws_free(ws);
    free(w);
    free(x);
    free(y);
    return rc;
}

int moim_machine_look(struct moim_machine *m, struct moim_err *err)
{
    *m = (struct moim_machine){.memory_mb =
                                   (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGE_SIZE) / 1e6,
                               .cores = (int)sysconf(_SC_NPROCESSORS_ONLN),
                               .simd = moim_simd_name()};
    return measure(m, err);
}

/* The speed that a class of the manifest needs, in 10^9 products a second: for live captions, and to finish
 * within twice the meeting's time. */
static const struct {
    const char *speed;
    double live, after;
} classes[] = {{"live", 8, 1}, {"fast", 120, 8}, {"medium", 500, 40}, {"slow", 2000, 50}};

enum moim_fit moim_model_fit(const struct moim_model *x, const struct moim_machine *m)
{
    double speed = m->gmac_per_second * (m->cores < 4 ? m->cores : 4);
    if (x->memory_mb > m->memory_mb * 0.6) return MOIM_FIT_NOT;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (!strcmp(x->speed, classes[i].speed))
            return speed >= classes[i].live    ? MOIM_FIT_LIVE
                   : speed >= classes[i].after ? MOIM_FIT_AFTER
                                               : MOIM_FIT_NOT;
    return MOIM_FIT_NOT;
}

const struct moim_model *moim_model_best(const struct moim_models *all, const char *role, enum moim_fit least,
                                         const struct moim_machine *m)
{
    const struct moim_model *best = NULL;
    for (int i = 0; i < all->n; i++) {
        const struct moim_model *x = &all->list[i];
        if (!strcmp(x->role, role) && moim_model_fit(x, m) >= least && (!best || x->size_mb > best->size_mb))
            best = x;
    }
    return best;
}
