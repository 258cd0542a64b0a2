#include "testing.h"

#include "asr/cluster.h"

#include <math.h>

#define DIM 64
#define MANY (3 * MOIM_CLUSTER_AT_ONCE + 7)

static float gauss(void)
{
    float u = ((float)rand() + 1) / ((float)RAND_MAX + 2), v = (float)rand() / (float)RAND_MAX;
    return sqrtf(-2 * logf(u)) * cosf(6.2831853f * v);
}

static void unit(float *x)
{
    float s = 0;
    for (int i = 0; i < DIM; i++) s += x[i] * x[i];
    for (int i = 0; i < DIM; i++) x[i] /= sqrtf(s);
}

/* n points around k random directions, noise as wide as voices scatter (cosine within about 0.8, between
 * about 0). */
static void voices(float *x, int *truth, int n, int k, unsigned seed)
{
    float centre[8][DIM];
    srand(seed);
    for (int c = 0; c < k; c++)
        for (int i = 0; i < DIM; i++) centre[c][i] = gauss();
    for (int i = 0; i < n; i++) {
        truth[i] = i * k / n;
        for (int d = 0; d < DIM; d++) x[i * DIM + d] = centre[truth[i]][d] + 0.5f * gauss();
        unit(x + i * DIM);
    }
}

/* As diarize.c asks: every point weighs a second. */
static int cluster(const float *x, int n, int kmin, int kmax, int *label, int *k, struct moim_err *err)
{
    static float weight[MANY];
    for (int i = 0; i < MANY; i++) weight[i] = 1;
    struct moim_cluster_options o = {
        .min_clusters = kmin, .max_clusters = kmax, .threshold = 0.5f, .min_weight = 3};
    return moim_cluster(x, weight, n, DIM, &o, label, k, err);
}

static void finds_how_many_voices_there_are(void **state)
{
    (void)state;
    static float x[200 * DIM];
    int truth[200], label[200], k;
    struct moim_err err;
    for (int want = 1; want <= 6; want++)
        for (unsigned seed = 1; seed <= 3; seed++) {
            voices(x, truth, 200, want, seed);
            assert_ok(cluster(x, 200, 0, 0, label, &k, &err), err);
            assert_int_equal(k, want);
            for (int i = 0; i < 200; i++)
                assert_int_equal(label[i], truth[i]); /* both numbered by appearance */
        }
}

/* 60 scattered voices of somebody and eight that are like each other and, on average, less than the threshold
 * like the 60: share is how much of those eight is that person's. */
static int count_with_twin(float share, float twin_similarity)
{
    static float x[68 * DIM];
    float weight[68], mine[DIM], other[DIM];
    int label[68], k;
    struct moim_err err = {0};
    srand(7);
    for (int d = 0; d < DIM; d++) mine[d] = gauss(), other[d] = gauss();
    for (int i = 0; i < 68; i++) {
        weight[i] = 1;
        for (int d = 0; d < DIM; d++)
            x[i * DIM + d] = i < 60 ? mine[d] + 0.95f * gauss()
                                    : share * mine[d] + sqrtf(1 - share * share) * other[d] + 0.6f * gauss();
        unit(x + i * DIM);
    }
    struct moim_cluster_options o = {.min_clusters = 1,
                                     .max_clusters = 10,
                                     .threshold = 0.5f,
                                     .min_weight = 3,
                                     .twin_weight = 30,
                                     .twin_similarity = twin_similarity};
    assert_ok(moim_cluster(x, weight, 68, DIM, &o, label, &k, &err), err);
    return k;
}

static void a_light_group_like_a_speakers_mean_is_that_speaker(void **state)
{
    (void)state;
    assert_int_equal(count_with_twin(0.60f, 0), 2);
    assert_int_equal(count_with_twin(0.60f, 0.66f), 1);
    assert_int_equal(count_with_twin(0.35f, 0.66f), 2);
}

static void a_known_count_is_kept(void **state)
{
    (void)state;
    static float x[90 * DIM];
    int truth[90], label[90], k;
    struct moim_err err;
    voices(x, truth, 90, 3, 5);
    assert_ok(cluster(x, 90, 2, 2, label, &k, &err), err);
    assert_int_equal(k, 2);
}

/* More than are clustered at once: blocks, in which not every voice need occur. */
static void a_long_meeting_has_as_many_voices_as_a_short_one(void **state)
{
    (void)state;
    static float x[MANY * DIM];
    static int truth[MANY], label[MANY];
    int k;
    struct moim_err err;
    voices(x, truth, MANY, 5, 11);
    assert_ok(cluster(x, MANY, 0, 0, label, &k, &err), err);
    assert_int_equal(k, 5);
    for (int i = 0; i < MANY; i++) assert_int_equal(label[i], truth[i]);
    assert_ok(cluster(x, MANY, 4, 4, label, &k, &err), err);
    assert_int_equal(k, 4);
}

/* Points that are all unlike each other: a block may not give as many groups as it has points. */
static void many_points_with_nothing_in_common_come_to_an_end(void **state)
{
    (void)state;
    static float x[MANY * DIM];
    static int label[MANY];
    int k;
    struct moim_err err;
    srand(3);
    for (int i = 0; i < MANY; i++) {
        for (int d = 0; d < DIM; d++) x[i * DIM + d] = gauss();
        unit(x + i * DIM);
    }
    assert_ok(cluster(x, MANY, 0, 7, label, &k, &err), err);
    assert_true(k >= 1 && k <= 7);
    for (int i = 0; i < MANY; i++) assert_in_range(label[i], 0, k - 1);
}

/* A few points far from all: their own group, but no voice. */
static void what_weighs_too_little_is_no_voice(void **state)
{
    (void)state;
    static float x[100 * DIM];
    int truth[100], label[100], k;
    struct moim_err err;
    voices(x, truth, 100, 3, 4);
    srand(9);
    for (int i = 49; i < 51; i++) {
        for (int d = 0; d < DIM; d++) x[i * DIM + d] = gauss();
        unit(x + i * DIM);
    }
    assert_ok(cluster(x, 100, 0, 0, label, &k, &err), err);
    assert_int_equal(k, 3);
    for (int i = 0; i < 100; i++)
        if (i < 49 || i > 50) assert_int_equal(label[i], truth[i]);
}

static void no_points_or_few(void **state)
{
    (void)state;
    static float x[3 * DIM];
    int truth[3], label[3], k;
    struct moim_err err;
    voices(x, truth, 3, 1, 2);
    for (int n = 0; n <= 3; n++) {
        assert_ok(cluster(x, n, 0, 0, label, &k, &err), err);
        assert_true(k <= n && (n == 0 || k >= 1));
    }
    assert_int_equal(cluster(x, -1, 0, 0, label, &k, &err), MOIM_EINVAL);
    assert_int_equal(cluster(x, 3, 3, 2, label, &k, &err), MOIM_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_how_many_voices_there_are),
        cmocka_unit_test(a_light_group_like_a_speakers_mean_is_that_speaker),
        cmocka_unit_test(a_known_count_is_kept),
        cmocka_unit_test(a_long_meeting_has_as_many_voices_as_a_short_one),
        cmocka_unit_test(many_points_with_nothing_in_common_come_to_an_end),
        cmocka_unit_test(what_weighs_too_little_is_no_voice),
        cmocka_unit_test(no_points_or_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
