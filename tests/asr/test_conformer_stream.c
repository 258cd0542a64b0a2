/* A stream against the whole run, and against itself cut into other pieces. */
#include "asr/conformer_live.h"
#include "asr/g2p.h"
#include "audio/decode.h"
#include "testing.h"

#include <math.h>
#include <unistd.h>

#define MOST (10 * 16000)
#define SYMBOLS MOIM_CONFORMER_SYMBOLS
#define FRAMES 512

static float pcm[MOST], whole[FRAMES * SYMBOLS], pieces[FRAMES * SYMBOLS], once[FRAMES * SYMBOLS];
static size_t n_pcm;
static struct moim_err err;

static int read_sample(void **state)
{
    (void)state;
    struct moim_reader *r;
    long got;
    assert_ok(moim_reader_open(&r, test_model("samples/beckett.wav"), &err), err);
    while ((got = moim_reader_read(r, pcm + n_pcm, MOST - n_pcm, &err)) > 0) n_pcm += (size_t)got;
    moim_reader_close(r);
    return 0;
}

/* Pushes pieces of `piece` samples; returns the frames, and the most that were preliminary. */
static int run(struct moim_conformer_stream *s, size_t n, size_t piece, float *out, int *most_ahead)
{
    int t = 0, got, ahead;
    const float *lp;
    *most_ahead = 0;
    moim_conformer_stream_begin(s);
    for (size_t at = 0; at <= n; at += piece) {
        size_t len = at + piece < n ? piece : n - at, used = 0;
        do {
            used += moim_conformer_stream_push(s, pcm + at + used, len - used);
            if (at + used == n) moim_conformer_stream_end(s);
            while (moim_conformer_stream_next(s, &lp, &got, &ahead)) {
                assert_true(t + got <= FRAMES);
                memcpy(out + (size_t)t * SYMBOLS, lp, sizeof *lp * (size_t)got * SYMBOLS);
                t += got;
                if (ahead > *most_ahead) *most_ahead = ahead;
                if (at + used == n) moim_conformer_stream_end(s);
            }
        } while (used < len);
    }
    return t;
}

/* With everything ahead and behind in reach nothing is left to differ. */
static void a_stream_that_hears_all_is_the_whole_run(void **state)
{
    (void)state;
    struct moim_conformer *c;
    struct moim_conformer_stream *s;
    struct moim_conformer_stream_params all = {500, 500, 1000};
    int ahead;
    size_t lengths[] = {n_pcm, 16000, 5000, 481, 161};
    assert_ok(moim_conformer_open(&c, test_model("asr_waveform.hama"), FRAMES, NULL, &err), err);
    assert_ok(moim_conformer_stream_open(&s, test_model("asr_waveform.hama"), &all, NULL, &err), err);
    for (int i = 0; i < 5; i++) {
        size_t n = lengths[i];
        int frames = moim_conformer_frames(n);
        assert_ok(moim_conformer_run(c, pcm, n, whole, &err), err);
        assert_int_equal(run(s, n, 777, pieces, &ahead), frames);
        for (int k = 0; k < frames * SYMBOLS; k++)
            if (fabsf(whole[k] - pieces[k]) > 1e-2f)
                fail_msg("%zu samples, frame %d: %f and %f", n, k / SYMBOLS, whole[k], pieces[k]);
    }
    moim_conformer_close(c);
    moim_conformer_stream_close(s);
}

static void pieces_of_any_size_give_the_same(void **state)
{
    (void)state;
    struct moim_conformer_stream *s;
    int ahead, first, frames = moim_conformer_frames(n_pcm);
    assert_ok(moim_conformer_stream_open(&s, test_model("asr_waveform.hama"), NULL, NULL, &err), err);
    assert_int_equal(run(s, n_pcm, n_pcm, once, &first), frames);
    assert_in_range(first, 16, 80);
    for (size_t piece = 160; piece < 30000; piece = piece * 3 + 1) {
        assert_int_equal(run(s, n_pcm, piece, pieces, &ahead), frames);
        assert_int_equal(ahead, first);
        assert_memory_equal(once, pieces, sizeof *once * (size_t)frames * SYMBOLS);
    }
    moim_conformer_stream_close(s);
}

static void most_frames_have_the_whole_runs_phoneme(void **state)
{
    (void)state;
    struct moim_conformer *c;
    struct moim_conformer_stream *s;
    int ahead, same = 0, frames = moim_conformer_frames(n_pcm);
    assert_ok(moim_conformer_open(&c, test_model("asr_waveform.hama"), FRAMES, NULL, &err), err);
    assert_ok(moim_conformer_stream_open(&s, test_model("asr_waveform.hama"), NULL, NULL, &err), err);
    assert_ok(moim_conformer_run(c, pcm, n_pcm, whole, &err), err);
    run(s, n_pcm, 512, pieces, &ahead);
    for (int t = 0; t < frames; t++) {
        int a = 0, b = 0;
        for (int k = 0; k < SYMBOLS; k++) {
            if (whole[t * SYMBOLS + k] > whole[t * SYMBOLS + a]) a = k;
            if (pieces[t * SYMBOLS + k] > pieces[t * SYMBOLS + b]) b = k;
        }
        same += a == b;
    }
    if (same * 100 < frames * 93) fail_msg("%d of %d frames", same, frames);
    moim_conformer_close(c);
    moim_conformer_stream_close(s);
}

/* ---- words ---- */

static const char *const said[] = {"ever", "tried", "failed", "fail", "no", "matter",
                                   "try",  "again", "better", "a",    "the"};

/* A lexicon of a few words, so that the test needs no built one. */
static void make_lexicon(const char *path)
{
    enum { N = sizeof said / sizeof *said };
    struct moim_g2p *g;
    struct moim_lexicon *l;
    uint8_t ids[N][MOIM_G2P_MAX_PHONEMES];
    struct moim_pronunciation list[N];
    assert_ok(moim_g2p_open(&g, test_model("encoder.hama"), test_model("decoder_step.hama"),
                            test_model("g2p_vocab.json"), &err),
              err);
    for (int i = 0; i < N; i++) {
        list[i] = (struct moim_pronunciation){said[i], -6, ids[i], 0};
        assert_ok(moim_g2p_word(g, said[i], ids[i], &list[i].n, &err), err);
    }
    assert_ok(moim_lexicon_build(&l, list, N, 0, &err), err);
    assert_ok(moim_lexicon_save(l, path, &err), err);
    moim_lexicon_close(l);
    moim_g2p_close(g);
}

static void settled_words_never_change_and_the_end_keeps_them(void **state)
{
    (void)state;
    char path[] = "/tmp/moim-live-XXXXXX";
    close(mkstemp(path));
    make_lexicon(path);
    struct moim_conformer_files f = {test_model("asr_waveform.hama"), path,
                                     test_model("encoder.hama"),      test_model("decoder_step.hama"),
                                     test_model("g2p_vocab.json"),    test_model("p2g.hama"),
                                     test_model("p2g_vocab.json")};
    struct moim_conformer_live *l;
    static struct moim_ctc_word words[64], before[64];
    struct moim_nbest nb = {0};
    int stable = 0, settled = 0;
    assert_ok(moim_conformer_live_open(&l, &f, NULL, NULL, &err), err);
    for (int again = 0; again < 2; again++) {
        settled = 0;
        assert_ok(moim_conformer_live_begin(l, NULL, 0, &err), err);
        for (size_t at = 0; at + 512 <= n_pcm; at += 512) {
            if (!moim_conformer_live_push(l, pcm + at, 512)) continue;
            int n = moim_conformer_live_words(l, words, 64, &stable);
            assert_in_range(stable, settled, n);
            for (int i = 0; i < settled; i++) assert_string_equal(words[i].text, before[i].text);
            memcpy(before, words, sizeof words);
            settled = stable;
        }
        assert_true(settled >= 5);
        assert_ok(moim_conformer_live_end(l, n_pcm, 100, 2, &nb, &err), err);
        assert_true(nb.n >= 1 && nb.hyps[0].n_words >= settled);
        for (int i = 0; i < settled; i++) assert_string_equal(nb.hyps[0].words[i].text, before[i].text);
        for (int i = 0; i < nb.hyps[0].n_words; i++) {
            const struct moim_word *w = &nb.hyps[0].words[i];
            assert_true(w->start >= 100 && w->end > w->start && w->end < 110.1);
            if (i) assert_true(w->start >= w[-1].end - 0.021);
        }
        assert_string_equal(nb.hyps[0].words[0].text, "ever");
        moim_nbest_free(&nb);
    }
    moim_conformer_live_close(l);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_that_hears_all_is_the_whole_run),
        cmocka_unit_test(pieces_of_any_size_give_the_same),
        cmocka_unit_test(most_frames_have_the_whole_runs_phoneme),
        cmocka_unit_test(settled_words_never_change_and_the_end_keeps_them),
    };
    return cmocka_run_group_tests(tests, read_sample, NULL);
}
