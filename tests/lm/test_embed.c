/* The E5 encoder against the package's own engine (tests/golden/make_e5.py), and its reader against damage.
 */
#include "testing.h"

#include "lm/embed.h"

#include <math.h>
#include <unistd.h>

#define MODEL "e5-small-q4.bin"

struct golden {
    char kind[16];
    int tokens;
    float v[MOIM_EMBED_DIM];
    char text[16384];
};

static struct golden *next_golden(FILE *f)
{
    static struct golden g;
    static char line[65536];
    if (!fgets(line, sizeof line, f)) return NULL;
    int used = 0;
    if (sscanf(line, "%15[^\t]\t%d\t%n", g.kind, &g.tokens, &used) != 2) fail_msg("golden line: %.60s", line);
    char *p = line + used;
    for (int i = 0; i < MOIM_EMBED_DIM; i++) g.v[i] = strtof(p, &p);
    char *out = g.text;
    for (p++; *p && *p != '\n'; p++) {
        if (*p == '\\' && p[1])
            *out++ = *++p == 'n' ? '\n' : *p == 't' ? '\t' : *p;
        else
            *out++ = *p;
    }
    *out = 0;
    return &g;
}

static void every_text_lies_where_the_package_puts_it(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_embed *m;
    assert_ok(moim_embed_open(&m, test_model(MODEL), NULL, &err), err);
    FILE *f = fopen("tests/lm/golden/e5.txt", "r");
    assert_non_null(f);
    int n = 0;
    for (struct golden *g; (g = next_golden(f)); n++) {
        enum moim_embed_kind kind = strcmp(g->kind, "query") ? MOIM_EMBED_PASSAGE : MOIM_EMBED_QUERY;
        int tokens = moim_embed_tokens(m, kind, g->text, NULL, 0) + 2;
        if (tokens != g->tokens) fail_msg("%.60s: %d tokens, not %d", g->text, tokens, g->tokens);
        float v[MOIM_EMBED_DIM];
        double dot = 0, length = 0;
        assert_ok(moim_embed_text(m, kind, g->text, v, &err), err);
        for (int i = 0; i < MOIM_EMBED_DIM; i++) dot += (double)v[i] * g->v[i], length += (double)v[i] * v[i];
        if (!(dot > 0.999)) fail_msg("%.60s: cosine %.6f", g->text, dot);
        if (fabs(length - 1) > 1e-4) fail_msg("%.60s: length %.6f", g->text, length);
        print_message("cosine %.6f  %.40s\n", dot, g->text);
    }
    fclose(f);
    assert_int_equal(n, 17);
    moim_embed_close(m);
}

static void threads_change_nothing(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_pool *pool = moim_pool_new(3);
    struct moim_embed *one, *three;
    float a[MOIM_EMBED_DIM], b[MOIM_EMBED_DIM];
    assert_ok(moim_embed_open(&one, test_model(MODEL), NULL, &err), err);
    assert_ok(moim_embed_open(&three, test_model(MODEL), pool, &err), err);
    assert_ok(moim_embed_text(one, MOIM_EMBED_PASSAGE, "다음 주에 다시 모이기로 했다", a, &err), err);
    assert_ok(moim_embed_text(three, MOIM_EMBED_PASSAGE, "다음 주에 다시 모이기로 했다", b, &err), err);
    for (int i = 0; i < MOIM_EMBED_DIM; i++)
        if (fabsf(a[i] - b[i]) > 1e-5f) fail_msg("component %d: %g, %g", i, (double)a[i], (double)b[i]);
    moim_embed_close(one);
    moim_embed_close(three);
    moim_pool_free(pool);
}

static void broken_utf8_and_control_words_are_only_text(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_embed *m;
    int32_t id[64];
    assert_ok(moim_embed_open(&m, test_model(MODEL), NULL, &err), err);
    float v[MOIM_EMBED_DIM];
    assert_ok(moim_embed_text(m, MOIM_EMBED_QUERY, "\xff\xfe\xc3(\xe2\x82 \xed\xa0\x80", v, &err), err);
    int n = moim_embed_tokens(m, MOIM_EMBED_QUERY, "<s></s><pad>", id, 64);
    for (int i = 0; i < n; i++) assert_true(id[i] > 2); /* none of <s>, <pad>, </s> */
    moim_embed_close(m);
}

static double cosine(const float *a, const float *b)
{
    double dot = 0, aa = 0, bb = 0;
    for (int i = 0; i < MOIM_EMBED_DIM; i++)
        dot += (double)a[i] * b[i], aa += (double)a[i] * a[i], bb += (double)b[i] * b[i];
    return dot / sqrt(aa * bb);
}

/* The states of a text tell what it says among its neighbours; those of texts far away change nothing. */
static void a_text_is_read_among_its_neighbours(void **state)
{
    (void)state;
    enum { TURNS = 24 };
    static float all[TURNS][MOIM_EMBED_DIM], some[TURNS][MOIM_EMBED_DIM];
    const char *text[TURNS];
    struct moim_err err = {0};
    struct moim_embed *m;
    static char longest[6000];
    for (size_t i = 0; i + 8 < sizeof longest; i += 7) memcpy(longest + i, "회의 ", 7);
    for (int i = 0; i < TURNS; i++)
        text[i] = i % 2 ? "박준: 네." : "이서: 그럼 목요일까지 견적서를 보내 주세요.";
    text[3] = "";
    text[4] = longest; /* more tokens than are read of one */
    assert_ok(moim_embed_open(&m, test_model(MODEL), NULL, &err), err);
    assert_ok(moim_embed_in_context(m, text, TURNS, all[0], NULL, &err), err);
    for (int i = 0; i < TURNS; i++)
        for (int k = 0; k < MOIM_EMBED_DIM; k++) assert_true(isfinite(all[i][k]));
    text[20] = "이서: 점심은 국수로 할까요?";
    assert_ok(moim_embed_in_context(m, text, TURNS, some[0], NULL, &err), err);
    assert_memory_equal(some[0], all[0], sizeof some[0] * 10);
    double same = cosine(some[21], all[21]);
    if (same > 0.9999) fail_msg("yes to another request: cosine %f", same);
    assert_int_equal(moim_embed_in_context(m, text, 0, some[0], NULL, &err), MOIM_OK);
    volatile int stop = 1;
    assert_int_equal(moim_embed_in_context(m, text, TURNS, some[0], &stop, &err), MOIM_ECANCEL);
    moim_embed_close(m);
}

/* The first bytes of the model with one of them changed, or fewer of them. */
static int open_damaged(size_t keep, size_t at, unsigned char value)
{
    char path[] = "/tmp/moim-e5-XXXXXX";
    int fd = mkstemp(path);
    FILE *in = fopen(test_model(MODEL), "rb"), *out = fdopen(fd, "wb");
    static unsigned char buf[1 << 20];
    size_t done = 0, n;
    while (done < keep && (n = fread(buf, 1, keep - done < sizeof buf ? keep - done : sizeof buf, in)) > 0) {
        if (at >= done && at < done + n) buf[at - done] = value;
        assert_int_equal(fwrite(buf, 1, n, out), n);
        done += n;
    }
    fclose(in);
    fclose(out);
    struct moim_embed *m = NULL;
    struct moim_err err = {0};
    int rc = moim_embed_open(&m, path, NULL, &err);
    if (rc) assert_non_null(strstr(err.msg, path));
    if (rc) assert_null(m);
    moim_embed_close(m);
    unlink(path);
    return rc;
}

static void damage_is_told_and_never_followed(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_embed *m;
    assert_int_equal(moim_embed_open(&m, "/nonexistent/e5.bin", NULL, &err), MOIM_ENOENT);
    assert_int_equal(open_damaged(0, 0, 0), MOIM_EFORMAT);              /* empty */
    assert_int_equal(open_damaged(40, 99, 0), MOIM_EFORMAT);            /* in the header */
    assert_int_equal(open_damaged(4096, 0, 'X'), MOIM_EFORMAT);         /* magic */
    assert_int_equal(open_damaged(4096, 4, 9), MOIM_EUNSUP);            /* version */
    assert_int_equal(open_damaged(4096, 8, 64), MOIM_EUNSUP);           /* width */
    assert_int_equal(open_damaged(4096, 16, 7), MOIM_EFORMAT);          /* heads that do not divide it */
    assert_int_equal(open_damaged(4096, 64, 0xff), MOIM_EFORMAT);       /* blob length */
    assert_int_equal(open_damaged(100000, 1u << 30, 0), MOIM_EFORMAT);  /* breaks off in the vocabulary */
    assert_int_equal(open_damaged(4630000, 1u << 30, 0), MOIM_EFORMAT); /* in the tensor table */
    assert_int_equal(open_damaged(5000000, 1u << 30, 0), MOIM_EFORMAT); /* tensors beyond the end */
    assert_int_equal(open_damaged(5000000, 100, 0xff), MOIM_EFORMAT);   /* a descending offset */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_text_lies_where_the_package_puts_it),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(broken_utf8_and_control_words_are_only_text),
        cmocka_unit_test(a_text_is_read_among_its_neighbours),
        cmocka_unit_test(damage_is_told_and_never_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
