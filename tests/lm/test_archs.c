/* Every architecture against llama.cpp: small files of random weights, 200 positions, past the window and past the
 * trained context (golden/archs, made by tests/golden/make_archs.py). */
#include "testing.h"

#include "lm/llm.h"
#include "nn/weights.h"

#include <math.h>

enum { MOST = 256 };

static int numbers(FILE *f, const char *tag, float *x)
{
    static char line[8192];
    char *save;
    int n = 0;
    if (!fgets(line, sizeof line, f)) return 0;
    char *s = strtok_r(line, " \n", &save);
    assert_string_equal(s, tag);
    while ((s = strtok_r(NULL, " \n", &save)) && n < MOST) x[n++] = strtof(s, NULL);
    return n;
}

static struct moim_llm *open_model(const char *name, struct moim_pool *pool, int exact)
{
    char path[256];
    struct moim_err err = {0};
    struct moim_llm *m;
    struct moim_llm_params p = {.n_ctx = MOST, .n_batch = 64, .exact = exact};
    snprintf(path, sizeof path, "tests/lm/golden/archs/%s.gguf", name);
    assert_ok(moim_llm_open(&m, path, pool, &p, &err), err);
    return m;
}

/* One token after another gives what the batch gave. */
static void check_steps(struct moim_llm *m, const char *file, const int32_t *tok, int from, int n,
                        const float *got)
{
    float logits[MOST];
    struct moim_err err = {0};
    for (int i = from; i + 1 < n; i++) {
        assert_ok(moim_llm_eval(m, tok + i, 1, i, logits, &err), err);
        double sum = 0;
        for (int k = 0; k < moim_llm_n_vocab(m); k++) sum += exp((double)logits[k]);
        double one = (double)logits[tok[i + 1]] - log(sum);
        if (fabs(one - (double)got[i]) > 1e-4)
            fail_msg("%s: token %d alone has ln p %f, in a batch %f", file, i, one, (double)got[i]);
    }
}

struct tally {
    double worst, sum;
    int count, sequences;
};

static void compare(struct tally *t, const char *file, const float *got, const float *want, int n,
                    double slack)
{
    for (int i = 0; i + 1 < n; i++) {
        double d = fabs((double)got[i] - (double)want[i]);
        t->worst = fmax(t->worst, d);
        t->sum += d, t->count++;
        if (d > slack)
            fail_msg("%s: ln p of position %d is %f instead of %f", file, i, (double)got[i], (double)want[i]);
    }
    t->sequences++;
}

static struct tally tally_of(const char *file, const char *golden, int exact, double slack)
{
    char path[256];
    float lp[MOST], in_f32[MOST], got[MOST], ids[MOST];
    int32_t tok[MOST];
    int n;
    struct tally t = {0};
    struct moim_err err = {0};
    struct moim_pool *pool = moim_pool_new(2);
    struct moim_llm *m = open_model(file, pool, exact);
    assert_true(moim_llm_n_vocab(m) < MOST);
    snprintf(path, sizeof path, "tests/lm/golden/archs/%s.txt", golden);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while ((n = numbers(f, "tok", ids)) > 0) {
        assert_true(n > 200);
        assert_int_equal(numbers(f, "lp", lp), n - 1);
        assert_int_equal(numbers(f, "exact", in_f32), n - 1);
        for (int i = 0; i < n; i++) tok[i] = (int32_t)ids[i];
        assert_ok(moim_llm_score(m, tok, n, 0, got, &err), err);
        if (!t.sequences) check_steps(m, file, tok, n / 2, n, got);
        compare(&t, file, got, exact ? in_f32 : lp, n, slack);
    }
    printf("  %s, %s cache: |ln p| differs by %.6f at most, %.6f on average\n", file, exact ? "f32" : "f16",
           t.worst, t.sum / t.count);
    fclose(f);
    assert_true(t.sequences > 0);
    moim_llm_close(m);
    moim_pool_free(pool);
    return t;
}

/* The whole at once, and the second half one token after another. With caches of f32 the arithmetic is seen to be the
 * same. With those of f16 a sum in another order than llama.cpp's rounds to the other side now and then, as it does in
 * llama.cpp itself from batch to batch: the mean says that this is all. */
static void check(const char *file, const char *golden, double exact, double mean, double slack)
{
    for (int f32 = 0; f32 < 2; f32++) {
        struct tally t = tally_of(file, golden, f32, f32 ? exact : slack);
        assert_true(t.sum / t.count <= mean);
    }
}

static void every_architecture_agrees_with_llama_cpp(void **state)
{
    (void)state;
    static const char *const names[] = {"qwen2",        "qwen2_yarn", "qwen3",   "llama3",
                                        "llama_linear", "gemma2",     "gemma3",  "exaone",
                                        "exaone4",      "phi3",       "smollm3", "granite"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        /* Gemma's GELU is a table of f16, where the same happens */
        bool table = !strncmp(names[i], "gemma", 5);
        check(names[i], names[i], table ? 2e-3 : 2e-5, 5e-4, 3e-3);
    }
}

static void every_tensor_type_agrees_with_llama_cpp(void **state)
{
    (void)state;
    check("types", "types", 0.02, 2e-3, 0.05);
}

static void a_model_in_parts_is_the_model(void **state)
{
    (void)state;
    check("parts-00001-of-00002", "qwen3", 2e-5, 5e-4, 3e-3);
    struct moim_err err = {0};
    struct moim_llm *m;
    assert_int_equal(moim_llm_open(&m, "tests/lm/golden/archs/parts-00002-of-00002.gguf", NULL, NULL, &err),
                     MOIM_EINVAL);
    assert_non_null(strstr(err.msg, "00001-of-00002"));
}

/* A file with one byte string replaced by another of its length. */
static void changed(const char *name, const char *from, const char *to, char path[64])
{
    char source[256];
    snprintf(source, sizeof source, "tests/lm/golden/archs/%s.gguf", name);
    FILE *f = fopen(source, "rb");
    assert_non_null(f);
    char *data = malloc(1 << 20);
    size_t n = fread(data, 1, 1 << 20, f);
    fclose(f);
    char *at = memmem(data, n, from, strlen(from));
    assert_non_null(at);
    memcpy(at, to, strlen(to));
    strcpy(path, "/tmp/moim-arch-XXXXXX");
    int fd = mkstemp(path);
    f = fdopen(fd, "wb");
    assert_int_equal(fwrite(data, 1, n, f), n);
    fclose(f);
    free(data);
}

static void refused(const char *name, const char *from, const char *to, const char *because)
{
    char path[64];
    struct moim_err err = {0};
    struct moim_llm *m;
    changed(name, from, to, path);
    int rc = moim_llm_open(&m, path, NULL, NULL, &err);
    remove(path);
    if (!rc) fail_msg("%s with %s was taken", name, to);
    if (!strstr(err.msg, because)) fail_msg("%s does not say %s", err.msg, because);
}

static void what_is_not_known_is_refused_by_name(void **state)
{
    (void)state;
    refused("qwen2_yarn", "yarn", "bent", "rope scaling \"bent\"");
    refused("qwen2", "blk.0.attn_q.bias", "blk.0.attn_z.bias", "attn_z.bias");
    refused("qwen3", "blk.1.attn_q_norm", "blk.1.attn_y_norm", "attn_q_norm.weight is missing");
    refused("llama3", "rope_freqs.weight", "rope_freks.weight", "rope_freks.weight");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_known_is_refused_by_name),
        cmocka_unit_test(every_architecture_agrees_with_llama_cpp),
        cmocka_unit_test(every_tensor_type_agrees_with_llama_cpp),
        cmocka_unit_test(a_model_in_parts_is_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
