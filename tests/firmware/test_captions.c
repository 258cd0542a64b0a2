/* Live captions by Whisper: settled text is never taken back, lines hold what was said, noise says nothing. */
#include "testing.h"

#include "audio/decode.h"
#include "audio/fbank.h"
#include "firmware/library/voiceprint_store.h"
#include "firmware/recording/draft.h"

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

/* The voice of some seconds, as one that was saved before. */
static void save_voice(struct moim_known_voice *v, const char *name, const float *pcm, size_t n)
{
    struct moim_speaker_encoder *net;
    struct moim_fbank *f;
    size_t frames = moim_fbank_frames(n);
    float *bands = malloc(frames * MOIM_SPEAKER_BANDS * sizeof *bands);
    assert_non_null(bands);
    assert_ok(moim_speaker_encoder_open(&net, test_model("campplus.pt"), &err), err);
    assert_ok(moim_fbank_new(&f, MOIM_SPEAKER_BANDS, &err), err);
    moim_fbank_run(f, pcm, n, bands);
    assert_ok(moim_speaker_encoder_embed(net, bands, (int)frames, v->voice, &err), err);
    snprintf(v->name, sizeof v->name, "%s", name);
    v->id = 1;
    moim_fbank_free(f);
    moim_speaker_encoder_close(net);
    free(bands);
}

struct told {
    char final[64][600]; /* the text of each line */
    int lines, with_speakers, offered;
    unsigned speakers; /* bits */
    struct moim_draft draft;
};

/* A line's parts are its text, divided. */
static void check_parts(const struct moim_caption *k, struct told *t)
{
    char joined[4200] = "";
    assert_true(k->line < t->lines);
    for (int i = 0; i < k->n_parts; i++) {
        const struct moim_caption_part *p = &k->part[i];
        strcat(strcat(joined, i ? " " : ""), p->text);
        assert_true(p->start <= p->end && (!i || p->start >= k->part[i - 1].start));
        t->speakers |= 1u << p->speaker;
        if (p->offer) assert_string_equal(p->offer, "Nell");
        t->offered |= p->offer ? 1 << p->speaker : 0;
    }
    assert_string_equal(joined, t->final[k->line]);
    t->with_speakers |= 1 << k->line;
}

static void take_told(struct moim_captions *c, struct told *t)
{
    struct moim_caption k;
    while (moim_captions_next(c, &k)) {
        assert_int_equal(moim_draft_take(&t->draft, &k), MOIM_OK);
        if (k.kind == MOIM_CAPTION_FINAL) {
            assert_int_equal(k.line, t->lines);
            snprintf(t->final[t->lines++], sizeof *t->final, "%s", k.text);
        } else if (k.kind == MOIM_CAPTION_SPEAKERS) {
            check_parts(&k, t);
        }
    }
}

static void every_line_is_followed_by_who_speaks(void **state)
{
    (void)state;
    static struct told t;
    struct moim_captions *c;
    struct moim_known_voice nell;
    float *pcm;
    size_t n;
    assert_ok(moim_decode_file(test_model("samples/endgame_nagg_nell.wav"), 0, &pcm, &n, &err), err);
    save_voice(&nell, "Nell", pcm + 20 * 16000, 4 * 16000);
    struct moim_captions_options o = {
        .lang = "en", .clock = no_time, .speakers = true, .voices = &nell, .n_voices = 1};
    assert_ok(moim_captions_open(&c, engine, &o, &err), err);
    assert_true(moim_captions_has_speakers(c));
    for (size_t at = 0; at < n; at += BLOCK) {
        assert_ok(moim_captions_push(c, pcm + at, n - at < BLOCK ? n - at : BLOCK, at, 0, &err), err);
        take_told(c, &t);
    }
    assert_ok(moim_captions_end(c, &err), err);
    take_told(c, &t);
    moim_captions_close(c);
    free(pcm);
    assert_true(t.lines >= 3 && t.lines < 31);
    assert_int_equal(t.with_speakers, (1 << t.lines) - 1);
    assert_int_equal(t.speakers & ~1u, 6);         /* two of them */
    assert_true(t.offered == 2 || t.offered == 4); /* one of whom sounds like the saved voice */
    /* The draft has what was told last. */
    unsigned speakers = 0;
    for (int i = 0; i < t.draft.n; i++) speakers |= 1u << t.draft.list[i].said.speaker;
    assert_int_equal(speakers & ~1u, 6);
    assert_true(t.draft.n >= t.lines);
    assert_int_equal(t.draft.list[t.draft.n - 1].line, t.lines - 1);
    moim_draft_clear(&t.draft);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(settled_text_stays_and_lines_hold_what_was_said),
                                       cmocka_unit_test(noise_and_silence_say_nothing),
                                       cmocka_unit_test(every_line_is_followed_by_who_speaks)};
    return cmocka_run_group_tests(tests, open_engine, close_engine);
}
