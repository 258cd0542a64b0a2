/* A recording through every stage with the installed models: words, speakers, minutes, vectors; then a part of it again, a
 * voice remembered, a speaker divided. A few seconds of speech, so that the models' loading is most of the work. */
#include "storage/scratch.h"

#include "asr/speaker.h"
#include "firmware/library/import_file.h"
#include "firmware/library/voiceprint_store.h"
#include "firmware/pipeline/diarize_stage.h"
#include "firmware/pipeline/process.h"
#include "firmware/pipeline/semantic_index.h"
#include "firmware/platform/log.h"
#include "storage/lines.h"
#include "storage/speaker_steps.h"
#include "storage/speakers.h"

#include <sndfile.h>
#include <sys/stat.h>

#define SECONDS 8 /* two sentences by one reader */

static struct moim_engine *engine;
static int64_t id;
static char stages[400]; /* those that told their progress, in order */

static void note_stage(void *arg, const char *stage, double done)
{
    (void)arg;
    assert_true(done <= 1);
    size_t n = strlen(stages), k = strlen(stage);
    if (n >= k && !strcmp(stages + n - k, stage)) return;
    snprintf(stages + n, sizeof stages - n, "%s%s", n ? ", " : "", stage);
}

/* The first seconds of the sample as a recording of the store. */
static void import_sample(void)
{
    char wav[96];
    float pcm[16000];
    SF_INFO in = {0}, to = {.samplerate = 16000, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    SNDFILE *from = sf_open(test_model("samples/two_cities.wav"), SFM_READ, &in);
    assert_non_null(from);
    assert_int_equal(in.channels, 1);
    snprintf(wav, sizeof wav, "%s/New Recording 4.wav", dir);
    to.samplerate = in.samplerate;
    SNDFILE *f = sf_open(wav, SFM_WRITE, &to);
    long left = (long)(SECONDS * in.samplerate);
    for (sf_count_t n; left > 0 && (n = sf_read_float(from, pcm, left < 16000 ? left : 16000)) > 0; left -= n)
        sf_write_float(f, pcm, n);
    sf_close(from);
    sf_close(f);
    struct moim_imported done;
    assert_ok(moim_import_file(store, wav, NULL, &(struct moim_import_options){0}, &done, &err), err);
    id = done.id;
}

/* Every installed model but those that write texts. */
static int begin(void **state)
{
    char command[4400], models[1024];
    snprintf(models, sizeof models, "%s", test_model("silero-vad-v6.2.0.bin"));
    *strrchr(models, '/') = 0;
    moim_log_set(MOIM_LOG_ERROR);
    setup(state);
    snprintf(
        command, sizeof command,
        "mkdir %s/models && for f in '%s'/*; do case $f in *qwen* | *gemma*) ;; *) ln -s \"$f\" %s/models/ ;; esac; done",
        dir, models, dir);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof command, "%s/models", dir);
    setenv("MOIM_MODELS", command, 1);
    setenv("XDG_DATA_HOME", dir, 1);
    assert_non_null(realpath("firmware/packaging", command));
    setenv("MOIM_SHARE", command, 1);
    assert_ok(moim_engine_new(&engine, 2, &err), err);
    setenv("MOIM_MODELS", models, 1);
    import_sample();
    return 0;
}

static int end(void **state)
{
    moim_engine_free(engine);
    return teardown(state);
}

static struct moim_segment *lines(int *n)
{
    struct moim_segment *list;
    assert_ok(moim_segments_get(store, id, &list, n, &err), err);
    return list;
}

static bool says(const char *word)
{
    int n;
    bool found = false;
    struct moim_segment *list = lines(&n);
    for (int i = 0; i < n; i++) found |= strcasestr(list[i].text, word) != NULL;
    moim_segments_free(list, n);
    return found;
}

static enum moim_state state_of(void)
{
    struct moim_meeting m;
    assert_ok(moim_meeting_get(store, id, &m, &err), err);
    enum moim_state s = m.state;
    moim_meeting_clear(&m);
    return s;
}

static void process(const struct moim_process_options *o)
{
    struct moim_err warning = {0};
    *stages = 0;
    assert_ok(moim_process(engine, store, id, o, &warning, &err), err);
}

static void split_in_two(void)
{
    int64_t second;
    int n;
    struct moim_segment *list = lines(&n);
    if (n == 1) {
        const char *middle = strchr(list[0].text + strlen(list[0].text) / 2, ' ');
        assert_non_null(middle);
        assert_ok(moim_segment_split(store, id, list[0].id, (int)(middle - list[0].text) + 1, &second, &err),
                  err);
    }
    moim_segments_free(list, n);
}

static void voices_are_remembered_and_divided(void)
{
    float voice[MOIM_SPEAKER_DIM], norm = 0;
    struct moim_known_voice *known;
    int n, number;
    struct moim_segment *list = lines(&n);
    int speaker = list[0].speaker;
    moim_segments_free(list, n);
    assert_true(speaker > 0);
    assert_ok(moim_voice_of(engine, store, id, speaker, voice, &err), err);
    for (int i = 0; i < MOIM_SPEAKER_DIM; i++) norm += voice[i] * voice[i];
    assert_true(norm > 0.99f && norm < 1.01f);
    assert_int_equal(moim_voice_of(engine, store, id, 99, voice, &err), MOIM_ENOENT);
    assert_ok(moim_voices_remember(store, "Dickens", voice, &err), err);
    assert_ok(moim_diarize_meeting(engine, store, id, 1, NULL, NULL, &err), err);
    assert_ok(moim_voices_list(store, &known, &n, &err), err);
    assert_int_equal(n, 1);
    assert_string_equal(known[0].name, "Dickens");
    free(known);
    split_in_two();
    assert_ok(moim_speaker_split(engine, store, id, speaker, &number, &err), err);
    list = lines(&n);
    int given = 0;
    for (int i = 0; i < n; i++) given += list[i].speaker == number;
    assert_true(given > 0 && given < n);
    moim_segments_free(list, n);
    assert_ok(moim_speaker_undo(store, id, &err), err);
    assert_int_equal(moim_speaker_split(engine, store, id, 99, &number, &err), MOIM_ENOENT);
}

static void a_part_is_recognised_again_and_nothing_else_changes(void)
{
    int n, after;
    struct moim_segment *was = lines(&n);
    int64_t last = was[n - 1].id;
    double to = was[n - 1].start - 0.05;
    assert_true(n > 1);
    process(&(struct moim_process_options){.lang = "en",
                                           .model = "conformer",
                                           .again = true,
                                           .to = to,
                                           .progress = note_stage,
                                           .minutes_model = "none"});
    struct moim_segment *is = lines(&after);
    assert_int_equal(is[after - 1].id, last);
    assert_string_equal(is[after - 1].text, was[n - 1].text);
    assert_int_not_equal(is[0].id, was[0].id);
    moim_segments_free(was, n);
    moim_segments_free(is, after);
    assert_int_equal(state_of(), MOIM_SUMMARIZED);
}

static void it_is_found_by_what_it_means(void)
{
    struct moim_search_query q = {.text = "wise era", .limit = 10};
    struct moim_hit *hits;
    int n, left;
    assert_ok(moim_embed_meeting(engine, store, id, NULL, NULL, &err), err);
    assert_ok(moim_embed_waiting(engine, store, 0, NULL, NULL, &left, &err), err);
    assert_int_equal(left, 0);
    assert_ok(moim_find(NULL, store, &q, &hits, &n, &err), err);
    assert_int_equal(n, 0); /* not by its words */
    moim_hits_free(hits, n);
    assert_ok(moim_find(engine, store, &q, &hits, &n, &err), err);
    assert_true(n > 0 && hits[0].meeting == id);
    moim_hits_free(hits, n);
}

static void a_recording_goes_through_every_stage(void **state)
{
    (void)state;
    process(&(struct moim_process_options){.lang = "en", .minutes_model = "none", .progress = note_stage});
    assert_int_equal(state_of(), MOIM_SUMMARIZED);
    assert_true(says("times") && says("worst"));
    assert_non_null(strstr(stages, "transcribing"));
    assert_non_null(strstr(stages, "telling speakers apart"));
    assert_non_null(strstr(stages, "writing minutes"));
    struct moim_item *items;
    int n;
    assert_ok(moim_minutes_get(store, id, &items, &n, &err), err);
    assert_true(n > 0);
    moim_items_free(items, n);
    *stages = 0;
    process(&(struct moim_process_options){.lang = "en", .minutes_model = "none", .progress = note_stage});
    assert_string_equal(stages, ""); /* nothing is left to do */
    voices_are_remembered_and_divided();
    a_part_is_recognised_again_and_nothing_else_changes();
    it_is_found_by_what_it_means();
}

static void a_run_that_is_cancelled_is_told_and_may_go_on(void **state)
{
    (void)state;
    volatile int cancel = 1;
    struct moim_err warning = {0};
    moim_engine_set_cancel(engine, &cancel);
    const struct moim_process_options o = {.lang = "en", .minutes_model = "none"};
    assert_int_equal(moim_process(engine, store, id, &o, &warning, &err), MOIM_ECANCEL);
    moim_engine_set_cancel(engine, NULL);
    assert_int_equal(state_of(), MOIM_RECORDED);
    const struct moim_process_options odd = {
        .lang = "en", .minutes_model = "none", .minutes_template = "/nowhere/template"};
    struct moim_meeting m;
    assert_ok(moim_meeting_get(store, id, &m, &err), err);
    assert_int_equal(
        moim_write_minutes(engine, store, &m, "none", odd.minutes_template, NULL, NULL, NULL, &err),
        MOIM_EINVAL); /* no words yet */
    moim_meeting_clear(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_recording_goes_through_every_stage, begin, end),
        cmocka_unit_test_setup_teardown(a_run_that_is_cancelled_is_told_and_may_go_on, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
