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

static struct moim_llm *open_model(const char *name, struct moim_pool *pool)
{
    char path[256];
    struct moim_err err = {0};
    struct moim_llm *m;
    struct moim_llm_params p = {.n_ctx = MOST, .n_batch = 64};
    snprintf(path, sizeof path, "tests/lm/golden/archs/%s.gguf", name);
    assert_ok(moim_llm_open(&m, path, pool, &p, &err), err);
    return m;
}

/* The whole at once, and the second half one token after another. Sums in another order than llama.cpp's round otherwise
 * now and then, and what then rounds to the other side in the f16 cache (or in 8-bit activations) is seen: the mean says
 * that the arithmetic is the same, the slack that nothing else is wrong. */
static void check(const char *file, const char *golden, double mean, double slack)
{
    char path[256];
    float want[MOST], got[MOST], ids[MOST], logits[MOST];
    int32_t tok[MOST];
    int n, sequences = 0;
    double worst = 0, sum_of = 0, count = 0;
    struct moim_err err = {0};
    struct moim_pool *pool = moim_pool_new(2);
    struct moim_llm *m = open_model(file, pool);
    assert_true(moim_llm_n_vocab(m) < MOST);
    snprintf(path, sizeof path, "tests/lm/golden/archs/%s.txt", golden);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    for (; (n = numbers(f, "tok", ids)) > 0; sequences++) {
        assert_true(n > 200);
        assert_int_equal(numbers(f, "lp", want), n - 1);
        for (int i = 0; i < n; i++) tok[i] = (int32_t)ids[i];
        assert_ok(moim_llm_score(m, tok, n, 0, got, &err), err);
        for (int i = n / 2; i + 1 < n && !sequences; i++) {
            assert_ok(moim_llm_eval(m, tok + i, 1, i, logits, &err), err);
            double sum = 0;
            for (int k = 0; k < moim_llm_n_vocab(m); k++) sum += exp((double)logits[k]);
            double one = (double)logits[tok[i + 1]] - log(sum);
            if (fabs(one - (double)got[i]) > 1e-4)
                fail_msg("%s: token %d alone has ln p %f, in a batch %f", file, i, one, (double)got[i]);
        }
        for (int i = 0; i + 1 < n; i++) {
            double d = fabs((double)got[i] - (double)want[i]);
            worst = d > worst ? d : worst;
            sum_of += d, count++;
            if (d > slack)
                fail_msg("%s: ln p of position %d is %f instead of %f", file, i, (double)got[i],
                         (double)want[i]);
        }
    }
    printf("  %s: |ln p| differs by %.6f at most, %.6f on average\n", file, worst, sum_of / count);
    assert_true(sum_of / count <= mean);
    fclose(f);
    assert_true(sequences > 0);
    moim_llm_close(m);
    moim_pool_free(pool);
}

static void every_architecture_agrees_with_llama_cpp(void **state)
{
    (void)state;
    static const char *const names[] = {"qwen2",        "qwen2_yarn", "qwen3",   "llama3",
                                        "llama_linear", "gemma2",     "gemma3",  "exaone",
                                        "exaone4",      "phi3",       "smollm3", "granite"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) check(names[i], names[i], 5e-4, 3e-3);
}

static void every_tensor_type_agrees_with_llama_cpp(void **state)
{
    (void)state;
    check("types", "types", 6e-3, 0.05);
}

static void a_model_in_parts_is_the_model(void **state)
{
    (void)state;
    check("parts-00001-of-00002", "qwen3", 5e-4, 3e-3);
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
