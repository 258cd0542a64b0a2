/* Transformers against llama.cpp on the same files (golden/llm_*.txt, made by tests/golden/make_llm.py). */
#include "testing.h"

#include "lm/llm.h"
#include <math.h>

enum { MAX_TOK = 1024 };

struct golden {
    int n;
    int32_t tok[MAX_TOK], top[MAX_TOK];
    float lp[MAX_TOK];
};

static char *next_line(FILE *f, const char *tag)
{
    static char line[65536];
    if (!fgets(line, sizeof line, f)) return NULL;
    size_t n = strlen(tag);
    if (strncmp(line, tag, n) != 0) fail_msg("golden file: expected %s", tag);
    return line + n;
}

static int read_sequence(FILE *f, struct golden *g)
{
    char *save, *s = next_line(f, "tok ");
    if (!s) return 0;
    g->n = 0;
    for (s = strtok_r(s, " \n", &save); s; s = strtok_r(NULL, " \n", &save)) g->tok[g->n++] = atoi(s);
    s = strtok_r(next_line(f, "top "), " \n", &save);
    for (int i = 0; i < g->n; i++, s = strtok_r(NULL, " \n", &save)) g->top[i] = atoi(s);
    s = strtok_r(next_line(f, "lp "), " \n", &save);
    for (int i = 0; i + 1 < g->n; i++, s = strtok_r(NULL, " \n", &save)) g->lp[i] = strtof(s, NULL);
    return g->n;
}

static int argmax(const float *x, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        if (x[i] > x[best]) best = i;
    return best;
}

static struct moim_llm *open_model(const char *path, int n_ctx, struct moim_pool *pool)
{
    struct moim_err err = {0};
    struct moim_llm *m;
    struct moim_llm_params p = {.n_ctx = n_ctx, .n_batch = 128};
    assert_ok(moim_llm_open(&m, path, pool, &p, &err), err);
    return m;
}

/* One-token steps after a first half evaluated as a prompt: covers both paths and the cache between them. */
static void check_model(const char *path, const char *golden, int want_positions, double max_diff)
{
    struct moim_err err = {0};
    struct moim_pool *pool = moim_pool_new(2);
    struct moim_llm *m = open_model(path, 1024, pool);
    static struct golden g;
    static float lp[MAX_TOK];
    float *logits = malloc((size_t)moim_llm_n_vocab(m) * sizeof *logits);
    FILE *f = fopen(golden, "r");
    int positions = 0, same = 0, stepped = 0;
    double worst = 0, sum = 0;
    assert_non_null(f);
    assert_non_null(logits);
    while (read_sequence(f, &g)) {
        assert_ok(moim_llm_score(m, g.tok, g.n, 0, lp, &err), err);
        for (int i = 0; i + 1 < g.n; i++) {
            double d = fabs((double)lp[i] - (double)g.lp[i]);
            worst = d > worst ? d : worst;
            sum += d;
        }
        /* One token a step is slow: all of it on demand, else the first hundred or so. */
        for (int i = 0; i < g.n && (stepped < 100 || getenv("MOIM_TEST_ALL")); i++) {
            assert_ok(moim_llm_eval(m, g.tok + i, 1, i, logits, &err), err);
            same += argmax(logits, moim_llm_n_vocab(m)) == g.top[i];
            stepped++;
        }
        positions += g.n - 1;
    }
    fclose(f);
    printf("  %s: top-1 equal on %d of %d positions (%.2f %%); |ln p| differs by %.3f at most, %.4f on "
           "average\n",
           moim_llm_name(m), same, stepped, 100.0 * same / stepped, worst, sum / positions);
    assert_true(positions >= want_positions);
    /* One arithmetic for both engines: what differs are the last few tokens of a sequence, those beyond a
     * multiple of four, which llama.cpp adds in another order. */
    assert_true(same >= 0.99 * stepped);
    assert_true(worst <= max_diff);
    free(logits);
    moim_llm_close(m);
    moim_pool_free(pool);
}

static void qwen2_agrees_with_llama_cpp(void **state)
{
    (void)state;
    check_model(test_model("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"), "tests/lm/golden/llm_qwen2.txt", 1000,
                0.3);
}

static void gemma3_agrees_with_llama_cpp(void **state)
{
    (void)state;
    check_model(test_model("gemma3-270m-q4_k_m.gguf"), "tests/lm/golden/llm_gemma3.txt", 1000, 0.3);
}

/* Branches scored as a tree give what each gives alone, with and without a prefix in the cache. */
static void branches_score_as_they_do_alone(void **state)
{
    (void)state;
    static const char *const text[] = {" 오늘 회의를 시작하겠습니다",
                                       " 오늘 회의를 시작합니다",
                                       " 오늘 회의를 시작하겠습니다만",
                                       " 어제 회의를",
                                       " 오늘",
                                       " 오늘 회의를 시작하겠습니다"};
    enum { N = 6 };
    struct moim_err err = {0};
    struct moim_llm *m = open_model(test_model("gemma3-270m-q4_k_m.gguf"), 256, NULL);
    const struct moim_tokenizer *t = moim_llm_tokenizer(m);
    int32_t ids[N][64], prefix[64];
    const int32_t *seq[N];
    float lp[N][64], alone[64], *out[N];
    int len[N], n_prefix = moim_tokenize(t, "안녕하세요. 반갑습니다.", strlen("안녕하세요. 반갑습니다."),
                                         MOIM_TOK_BOS, prefix, 64);
    for (int b = 0; b < N; b++) {
        ids[b][0] = prefix[n_prefix - 1];
        len[b] = 1 + moim_tokenize(t, text[b], strlen(text[b]), 0, ids[b] + 1, 63);
        seq[b] = ids[b], out[b] = lp[b];
    }
    assert_ok(moim_llm_eval(m, prefix, n_prefix - 1, 0, NULL, &err), err);
    assert_ok(moim_llm_score_set(m, seq, len, N, n_prefix - 1, out, &err), err);
    for (int b = 0; b < N; b++) {
        assert_ok(moim_llm_score(m, ids[b], len[b], n_prefix - 1, alone, &err), err);
        for (int i = 0; i + 1 < len[b]; i++)
            if (fabsf(alone[i] - lp[b][i]) > 1e-5f)
                fail_msg("branch %d, token %d: %f alone, %f in the tree", b, i, (double)alone[i],
                         (double)lp[b][i]);
    }
    /* a cache too small for all of them at once */
    moim_llm_close(m);
    m = open_model(test_model("gemma3-270m-q4_k_m.gguf"), n_prefix + 16, NULL);
    assert_ok(moim_llm_eval(m, prefix, n_prefix - 1, 0, NULL, &err), err);
    assert_ok(moim_llm_score_set(m, seq, len, N, n_prefix - 1, out, &err), err);
    assert_true(fabsf(alone[0] - lp[N - 1][0]) < 1e-5f);
    moim_llm_close(m);
}

static void bad_arguments_are_refused(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_llm *m = open_model(test_model("gemma3-270m-q4_k_m.gguf"), 32, NULL);
    int32_t tok[40] = {2, 100, 200};
    float lp[40];
    assert_int_equal(moim_llm_eval(m, tok, 33, 0, NULL, &err), MOIM_EINVAL);
    assert_int_equal(moim_llm_eval(m, tok, 3, 30, NULL, &err), MOIM_EINVAL);
    assert_int_equal(moim_llm_eval(m, tok, 3, -1, NULL, &err), MOIM_EINVAL);
    tok[1] = moim_llm_n_vocab(m);
    assert_int_equal(moim_llm_score(m, tok, 3, 0, lp, &err), MOIM_EINVAL);
    tok[1] = -1;
    assert_int_equal(moim_llm_score(m, tok, 3, 0, lp, &err), MOIM_EINVAL);
    moim_llm_close(m);
    assert_int_equal(moim_llm_open(&m, "/nonexistent.gguf", NULL, NULL, &err), MOIM_ENOENT);
    assert_null(m);
    assert_true(moim_llm_open(&m, "README.md", NULL, NULL, &err) < 0);
    assert_null(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(branches_score_as_they_do_alone),
        cmocka_unit_test(gemma3_agrees_with_llama_cpp),
        cmocka_unit_test(qwen2_agrees_with_llama_cpp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
