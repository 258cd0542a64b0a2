/* The encoder against hama's own engine (tests/golden/make_conformer.py). */
#include "asr/conformer.h"
#include "audio/decode.h"
#include "testing.h"

#define MOST (12 * 16000)

static float *read_sample(const char *path, size_t *n)
{
    struct moim_reader *r;
    struct moim_err err;
    float *pcm = malloc(sizeof *pcm * MOST);
    long got;
    *n = 0;
    assert_non_null(pcm);
    assert_ok(moim_reader_open(&r, path, &err), err);
    while ((got = moim_reader_read(r, pcm + *n, MOST - *n, &err)) > 0) *n += (size_t)got;
    moim_reader_close(r);
    return pcm;
}

static void best_phoneme_is_hamas_in_999_of_1000_frames(void **state)
{
    (void)state;
    struct moim_conformer *c;
    struct moim_err err;
    size_t n;
    float *pcm = read_sample(test_model("samples/beckett.wav"), &n);
    int frames = moim_conformer_frames(n), same = 0, all = 0, wanted;
    float *lp = malloc(sizeof *lp * (size_t)frames * MOIM_CONFORMER_SYMBOLS);
    assert_non_null(lp);
    assert_ok(moim_conformer_open(&c, test_model("asr_waveform.hama"), frames, NULL, &err), err);
    assert_ok(moim_conformer_run(c, pcm, n, lp, &err), err);
    FILE *f = fopen("tests/asr/golden/conformer_beckett.txt", "r");
    assert_non_null(f);
    for (; fscanf(f, "%d", &wanted) == 1; all++) {
        assert_true(all < frames);
        const float *p = lp + (size_t)all * MOIM_CONFORMER_SYMBOLS;
        int best = 0;
        for (int k = 1; k < MOIM_CONFORMER_SYMBOLS; k++)
            if (p[k] > p[best]) best = k;
        same += best == wanted;
    }
    fclose(f);
    assert_int_equal(all, frames);
    if (same * 1000 < all * 999) fail_msg("%d of %d frames", same, all);
    moim_conformer_close(c);
    free(lp);
    free(pcm);
}

static void longer_runs_leave_nothing_behind_for_shorter_ones(void **state)
{
    (void)state;
    struct moim_conformer *c;
    struct moim_err err;
    size_t n, brief = 16000 * 3;
    float *pcm = read_sample(test_model("samples/beckett.wav"), &n);
    int frames = moim_conformer_frames(n);
    size_t size = sizeof(float) * (size_t)moim_conformer_frames(brief) * MOIM_CONFORMER_SYMBOLS;
    float *lp = malloc(sizeof *lp * (size_t)frames * MOIM_CONFORMER_SYMBOLS), *first = malloc(size);
    assert_true(lp && first);
    assert_ok(moim_conformer_open(&c, test_model("asr_waveform.hama"), frames, NULL, &err), err);
    assert_ok(moim_conformer_run(c, pcm, brief, first, &err), err);
    assert_ok(moim_conformer_run(c, pcm, n, lp, &err), err);
    assert_ok(moim_conformer_run(c, pcm, brief, lp, &err), err);
    assert_memory_equal(lp, first, size);
    assert_int_equal(moim_conformer_run(c, pcm, n + 16000, lp, &err), MOIM_EINVAL);
    moim_conformer_close(c);
    free(lp);
    free(first);
    free(pcm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(best_phoneme_is_hamas_in_999_of_1000_frames),
                                       cmocka_unit_test(longer_runs_leave_nothing_behind_for_shorter_ones)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
