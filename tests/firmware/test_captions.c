/* Live captions by Whisper: settled text is never taken back, lines hold what was said, noise says nothing. */
#include "testing.h"

#include "audio/decode.h"
#include "firmware/recording/captions.h"

#include <math.h>

#define BLOCK 512

static struct moim_engine *engine;
static struct moim_err err;

static int open_engine(void **state)
{
    (void)state;
    setenv("MOIM_SHARE", "firmware/packaging", 0); /* the list of models, in a checkout */
    return moim_engine_new(&engine, 2, &err);
}

static int close_engine(void **state)
{
    (void)state;
    moim_engine_free(engine);
    return 0;
}

/* Work takes no time, so that a run comes at every step whatever the machine is at. */
static double no_time(void *arg)
{
    (void)arg;
    return 0;
}

struct heard {
    char lines[4000]; /* final ones */
    int partial, settled_early;
};

/* What a partial caption calls settled begins every later caption of its line. */
static void take(struct moim_captions *c, char *settled, struct heard *h)
{
    struct moim_caption k;
    while (moim_captions_next(c, &k)) {
        assert_true(k.settled <= (int)strlen(k.text));
        if (strncmp(k.text, settled, strlen(settled)) != 0)
            fail_msg("\"%s\" was settled, then came \"%s\"", settled, k.text);
        if (k.kind == MOIM_CAPTION_FINAL) {
            strcat(strcat(h->lines, k.text), "\n");
            settled[0] = 0;
            continue;
        }
        snprintf(settled, 4000, "%.*s", k.settled, k.text);
        h->partial++;
        h->settled_early += k.settled > 0;
    }
}

static struct heard follow(const char *lang, const float *pcm, size_t n)
{
    struct moim_captions *c;
    struct heard h = {0};
    char settled[4000] = "";
    struct moim_captions_options o = {.lang = lang, .clock = no_time};
    assert_ok(moim_captions_open(&c, engine, &o, &err), err);
    for (size_t at = 0; at < n; at += BLOCK) {
        assert_ok(moim_captions_push(c, pcm + at, n - at < BLOCK ? n - at : BLOCK, at, 0, &err), err);
        take(c, settled, &h);
    }
    assert_ok(moim_captions_end(c, &err), err);
    take(c, settled, &h);
    moim_captions_close(c);
    return h;
}

static void settled_text_stays_and_lines_hold_what_was_said(void **state)
{
    (void)state;
    float *pcm;
    size_t n;
    assert_ok(moim_decode_file(test_model("samples/two_cities.wav"), 0, &pcm, &n, &err), err);
    struct heard h = follow("auto", pcm, n < 12 * 16000 ? n : 12 * 16000);
    free(pcm);
    assert_true(h.partial >= 8 && h.settled_early >= 4);
    if (!strcasestr(h.lines, "best of times") || !strcasestr(h.lines, "worst of times"))
        fail_msg("%s", h.lines);
    const char *first = strcasestr(h.lines, "best of times");
    if (strcasestr(first + 5, "best of times")) fail_msg("said twice: %s", h.lines);
}

static void noise_and_silence_say_nothing(void **state)
{
    (void)state;
    size_t n = 8 * 16000;
    float *pcm = calloc(n, sizeof *pcm);
    uint32_t x = 1;
    for (size_t i = 0; i < n / 2; i++) {
        x = x * 1664525u + 1013904223u;
        pcm[i] = ((float)(x >> 8) / 8388608.0f - 1) * 0.05f;
    }
    for (size_t i = 0; i < n / 4; i++) pcm[n / 2 + i] = 0.1f * sinf((float)i * 0.17f); /* a hum */
    struct heard h = follow("auto", pcm, n);
    free(pcm);
    assert_string_equal(h.lines, "");
    assert_int_equal(h.partial, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(settled_text_stays_and_lines_hold_what_was_said),
                                       cmocka_unit_test(noise_and_silence_say_nothing)};
    return cmocka_run_group_tests(tests, open_engine, close_engine);
}
