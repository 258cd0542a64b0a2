/* Whisper base against faster-whisper's log-mel and CTranslate2 (golden/whisper_base.txt, made by
 * tests/golden/make_whisper.py), and the guards of its search. */
#include "testing.h"

#include "asr/whisper_int.h"
#include "audio/decode.h"
#include <math.h>

#define KOREAN "tests/asr/golden/zeroth_104_003_0019.opus" /* 11 s of read Korean, see THIRD-PARTY.md */

static struct moim_pool *pool;
static struct whisper_model *model;
static float *pcm;
static size_t n_pcm;

static int open_model(void **state)
{
    (void)state;
    struct moim_err err = {0};
    char dir[1024];
    snprintf(dir, sizeof dir, "%s", test_model("whisper-base/model.bin"));
    *strrchr(dir, '/') = 0;
    pool = moim_pool_new(2);
    assert_ok(whisper_load(&model, dir, false, pool, &err), err);
    assert_ok(moim_decode_file(test_model("samples/beckett.wav"), 0, &pcm, &n_pcm, &err), err);
    return n_pcm >= 5 * MOIM_ASR_RATE ? 0 : -1;
}

static int close_model(void **state)
{
    (void)state;
    whisper_unload(model);
    moim_pool_free(pool);
    free(pcm);
    return 0;
}

static void mel_encoder_and_first_logits_are_the_reference_s(void **state)
{
    (void)state;
    struct whisper_encoder enc = {0};
    struct whisper_decoder dec;
    assert_int_equal(whisper_encode(model, &enc, pcm, 5 * MOIM_ASR_RATE, 30), MOIM_OK);
    assert_int_equal(enc.frames, 1500);
    assert_int_equal(whisper_decoder_init(&dec, model, true), MOIM_OK);
    assert_int_equal(whisper_decoder_begin(&dec, model, enc.out, enc.frames), MOIM_OK);
    int prompt[] = {50258, 50259, 50359, 50363}, path[] = {0, 1, 2, 3};
    struct wrow rows[4];
    for (int i = 0; i < 4; i++) rows[i] = (struct wrow){prompt[i], i, path};
    assert_int_equal(whisper_forward(&dec, model, rows, 4, 3), MOIM_OK);
    FILE *f = fopen("tests/asr/golden/whisper_base.txt", "r");
    assert_non_null(f);
    char line[400];
    double mel = 0, out = 0, sum = 0, logit = 0, want;
    int a, b, mels = 0, outs = 0, logits = 0, first = -1;
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "mel %d %d %lf", &a, &b, &want) == 3)
            mel = fmax(mel, fabs((double)enc.mel.p[(size_t)a * 80 + (size_t)b] - want)), mels++;
        else if (sscanf(line, "enc %d %d %lf", &a, &b, &want) == 3) {
            double d = fabs((double)enc.out[(size_t)a * 512 + (size_t)b] - want);
            out = fmax(out, d), sum += d, outs++;
        } else if (sscanf(line, "logit %d %lf", &a, &want) == 2)
            logit = fmax(logit, fabs((double)dec.logits.p[a] - want)), first = logits++ ? first : a;
    }
    fclose(f);
    assert_true(mels == 60 && outs == 80 && logits == 10);
    int best = 0;
    for (int i = 0; i < model->dims.vocab; i++)
        if (dec.logits.p[i] > dec.logits.p[best]) best = i;
    print_message("largest difference: mel %.2g, encoder %.2g (mean %.2g), logits %.2g (decoder in 8 bits)\n",
                  mel, out, sum / outs, logit);
    if (!(mel < 1e-3 && out < 0.05 && sum / outs < 0.005 && logit < 1))
        fail_msg("mel %g, encoder %g, mean %g, logits %g", mel, out, sum / outs, logit);
    assert_int_equal(best, first);
    whisper_decoder_free(&dec, model);
    whisper_encoder_free(&enc);
}

static void korean_never_holds_kana_or_chinese(void **state)
{
    (void)state;
    int banned = 0;
    for (int i = 0; i < model->ids.eot; i++) {
        size_t n;
        const char *t = whisper_token(&model->words, i, &n);
        bool hangul = false;
        for (size_t k = 0; k + 2 < n; k++) hangul |= (uint8_t)t[k] >= 0xEA && (uint8_t)t[k] <= 0xED;
        if (hangul) assert_false(model->suppress[i] & 8);
        banned += (model->suppress[i] & 8) != 0;
    }
    if (banned < 2000) fail_msg("only %d tokens of other scripts", banned);
}

static void texts_that_differ_in_signs_are_one(void **state)
{
    (void)state;
    uint64_t a = whisper_letters(1, "회의를 시작", strlen("회의를 시작"), false),
             b = whisper_letters(1, "회의를시작.", strlen("회의를시작."), false),
             c = whisper_letters(1, "회의를 시장", strlen("회의를 시장"), false);
    assert_true(a == b && a != c);
    assert_true(whisper_letters(1, "Any one", 7, true) != whisper_letters(1, "anyone", 6, true));
    assert_true(whisper_letters(1, "Any one", 7, true) == whisper_letters(1, "any one!", 8, true));
}

static void repetition_is_noticed(void **state)
{
    (void)state;
    int stuck[18], fine[] = {1, 2, 3, 1, 2, 4, 1, 2, 5};
    for (int i = 0; i < 18; i++) stuck[i] = 7 + i % 3;
    assert_true(whisper_repeats_tokens(stuck, 18));
    assert_false(whisper_repeats_tokens(fine, 9));
}

/* Six tokens listen half a second apart; what the last hears of the silence behind the sound is no speech. */
static void a_text_that_breaks_off_is_known_by_its_attention(void **state)
{
    (void)state;
    enum { PREFIX = 4, TOKENS = 6, FRAMES = 1500 };
    int tokens[TOKENS] = {100, 101, 102, 103, 104, 105}, path[PREFIX + TOKENS];
    size_t row = (size_t)model->n_align * FRAMES;
    struct whisper_hyp h = {.n = TOKENS, .tokens = tokens, .path = path};
    struct whisper_search p = {.prefix = PREFIX};
    struct whisper_decoder s = {.frames = FRAMES, .att = calloc((PREFIX + TOKENS) * row, sizeof(float))};
    assert_non_null(s.att);
    for (int i = 0; i < PREFIX + TOKENS; i++) path[i] = i;
    for (int i = 0; i < TOKENS; i++)
        for (int head = 0; head < model->n_align; head++) {
            float *a = s.att + (size_t)(PREFIX + i - 1) * row + (size_t)head * FRAMES;
            a[25 * (i + 1)] = 0.4f;
            a[1400] = i == TOKENS - 1 ? 0.6f : 0.1f;
        }
    double told = whisper_coverage_end(&s, model, &h, &p, 10);
    if (told < 2.4 || told > 3.1) fail_msg("told until %.2f s", told);
    free(s.att);
}

/* One meeting, two languages: each stretch in its own. */
static void language_is_found_for_each_stretch(void **state)
{
    (void)state;
    struct moim_asr a;
    struct moim_err err = {0};
    float *korean, ko, en;
    size_t n;
    char dir[1024];
    snprintf(dir, sizeof dir, "%s", test_model("whisper-base/model.bin"));
    *strrchr(dir, '/') = 0;
    assert_ok(moim_whisper_open(&a, dir, pool, &err), err);
    assert_ok(moim_decode_file(KOREAN, 0, &korean, &n, &err), err);
    assert_ok(moim_whisper_detect(&a, korean, n, &ko, &en, &err), err);
    if (!(ko > 0.9f)) fail_msg("Korean at %.3f", (double)ko);
    assert_ok(moim_whisper_detect(&a, pcm, 5 * MOIM_ASR_RATE, &ko, &en, &err), err);
    if (!(en > 0.9f)) fail_msg("English at %.3f", (double)en);
    moim_asr_close(&a);
    free(korean);
}

/* Words in time order, within the sound, and one after another. */
static void word_times_follow_the_sound(void **state)
{
    (void)state;
    struct moim_asr a;
    struct moim_err err = {0};
    struct moim_nbest nb = {0};
    char dir[1024];
    snprintf(dir, sizeof dir, "%s", test_model("whisper-base/model.bin"));
    *strrchr(dir, '/') = 0;
    assert_ok(moim_whisper_open(&a, dir, pool, &err), err);
    struct moim_asr_options o = {.lang = "en", .nbest = 4};
    assert_ok(moim_asr_decode(&a, pcm, 5 * MOIM_ASR_RATE, 100, &o, &nb, &err), err);
    assert_true(nb.n >= 2 && nb.hyps[0].n_words >= 5);
    for (int h = 1; h < nb.n; h++) assert_true(nb.hyps[h].total <= nb.hyps[h - 1].total);
    double at = 100;
    for (int i = 0; i < nb.hyps[0].n_words; i++) {
        const struct moim_word *w = &nb.hyps[0].words[i];
        if (w->start < at - 1e-6 || w->end < w->start || w->end > 105.2)
            fail_msg("%s at %.2f to %.2f after %.2f", w->text, w->start, w->end, at);
        at = w->start;
        assert_true(w->confidence > 0 && w->confidence <= 1);
    }
    moim_nbest_free(&nb);
    moim_asr_close(&a);
}

/* Speech goes on behind the text, and pauses later: what is said until then belongs to the next call. */
static void a_cut_behind_a_text_skips_no_word(void **state)
{
    (void)state;
    float *tone = calloc(3 * MOIM_ASR_RATE, sizeof *tone);
    for (size_t i = 0; i < 3 * MOIM_ASR_RATE; i++) {
        double at = (double)i / MOIM_ASR_RATE, level = at > 1.02 && at < 1.14 ? 0.01
                                                       : at > 1.6 && at < 2   ? 0
                                                                              : 0.3;
        tone[i] = (float)(level * sin(at * 2000));
    }
    double cut = whisper_cut_behind(tone, 3 * MOIM_ASR_RATE, 1.0);
    assert_true(cut > 1.02 && cut < 1.14); /* the short dip, not the long pause behind the next word */
    cut = whisper_cut_behind(tone, 3 * MOIM_ASR_RATE, 2.95);
    assert_true(cut > 2.8 && cut <= 3);
    free(tone);
}

static void check_part(const struct moim_nbest *nb, double from, double to)
{
    assert_true(nb->n >= 1 && nb->hyps[0].n_words >= 1 && nb->start >= from - 1e-6 && nb->end <= to + 0.2);
    for (int h = 0; h < nb->n; h++) {
        assert_true(nb->hyps[h].acoustic < 0);
        for (int k = 0; k < h; k++) assert_string_not_equal(nb->hyps[h].text, nb->hyps[k].text);
        double at = from;
        for (int i = 0; i < nb->hyps[h].n_words; i++) {
            const struct moim_word *w = &nb->hyps[h].words[i];
            if (w->start < at - 0.7 || w->end < w->start || w->end > to + 0.7)
                fail_msg("%s at %.2f to %.2f in %.2f to %.2f", w->text, w->start, w->end, from, to);
            at = w->start;
        }
    }
}

static int times_said(const char *text, const char *word)
{
    int n = 0;
    for (const char *at = text; (at = strstr(at, word)); at += strlen(word)) n++;
    return n;
}

/* No text of a sentence goes on with the next one, which would then be told twice. */
static void check_sentence_ends(const struct moim_nbest *nb, const struct moim_nbest *next)
{
    char word[64];
    snprintf(word, sizeof word, "%s", next->hyps[0].words[0].text);
    word[strcspn(word, ".,?!")] = 0;
    for (int h = 0; h < nb->n; h++)
        if (times_said(nb->hyps[h].text, word) > times_said(nb->hyps[0].text, word))
            fail_msg("\"%s\" goes on as \"%s\"", nb->hyps[h].text, next->hyps[0].text);
}

/* A window that is cut in speech leaves its last sentence; told from there it goes on, and the two together say
 * what the sound says. A sentence that the search is not sure of gets a list. */
static void a_window_is_told_sentence_by_sentence(void **state)
{
    (void)state;
    struct moim_asr a;
    struct moim_err err = {0};
    char dir[1024];
    snprintf(dir, sizeof dir, "%s", test_model("whisper-base/model.bin"));
    *strrchr(dir, '/') = 0;
    assert_ok(moim_whisper_open(&a, dir, pool, &err), err);
    struct moim_whisper_tuning t = moim_whisper_defaults();
    t.sure = 0; /* sure of nothing */
    moim_whisper_tune(&a, &t);
    struct moim_asr_options o = {.lang = "en", .nbest = 6};
    size_t n = n_pcm < 28 * MOIM_ASR_RATE ? n_pcm : 28 * MOIM_ASR_RATE, at = 0;
    int lists = 0;
    for (int call = 0; at < n && call < 8; call++) {
        struct moim_whisper_told told = {0};
        bool open = call == 0;
        assert_ok(moim_whisper_tell(&a, pcm + at, n - at, open, (double)at / MOIM_ASR_RATE, &o, &told, &err),
                  err);
        assert_true(told.told > 0 && told.told <= n - at);
        for (int i = 0; i < told.n; i++) {
            check_part(&told.part[i], (double)at / MOIM_ASR_RATE, (double)(at + told.told) / MOIM_ASR_RATE);
            if (i) assert_true(told.part[i].start >= told.part[i - 1].start);
            if (i) check_sentence_ends(&told.part[i - 1], &told.part[i]);
            lists += told.part[i].n > 1;
        }
        at += told.told;
        moim_whisper_told_free(&told);
    }
    assert_int_equal(at, n);
    assert_true(lists > 0);
    float *silence = calloc(MOIM_ASR_RATE, sizeof *silence);
    struct moim_whisper_told none = {0};
    assert_ok(moim_whisper_tell(&a, silence, MOIM_ASR_RATE, false, 0, &o, &none, &err), err);
    assert_true(none.n == 0 && none.told == MOIM_ASR_RATE);
    free(silence);
    moim_asr_close(&a);
}

/* English, Korean, English in one window: where each begins is found, and one of them alone has no change. */
static void a_change_of_language_is_found(void **state)
{
    (void)state;
    char dir[1024];
    snprintf(dir, sizeof dir, "%s", test_model("whisper-base/model.bin"));
    *strrchr(dir, '/') = 0;
    struct moim_asr a;
    struct moim_err err = {0};
    float *korean;
    size_t k, at = 0, en = 7 * MOIM_ASR_RATE;
    assert_ok(moim_whisper_open(&a, dir, pool, &err), err);
    assert_ok(moim_decode_file(KOREAN, 0, &korean, &k, &err), err);
    if (k > 12 * MOIM_ASR_RATE) k = 12 * MOIM_ASR_RATE;
    float *both = malloc((2 * en + k) * sizeof *both);
    memcpy(both, pcm, en * sizeof *both);
    memcpy(both + en, korean, k * sizeof *both);
    memcpy(both + en + k, pcm, en * sizeof *both);
    static const char *const want[] = {"en", "ko", "en"};
    const size_t end[] = {en, en + k, 2 * en + k};
    char lang[8] = "";
    size_t until;
    for (int i = 0; i < 3; i++, at += until) {
        assert_ok(
            moim_whisper_language_of(&a, both + at, 2 * en + k - at, *lang ? lang : NULL, lang, &until, &err),
            err);
        assert_string_equal(lang, want[i]);
        assert_true(at + until + MOIM_ASR_RATE >= end[i] && at + until <= end[i] + MOIM_ASR_RATE);
    }
    assert_int_equal(at, 2 * en + k);
    assert_ok(moim_whisper_language_of(&a, korean, k, NULL, lang, &until, &err), err);
    assert_true(!strcmp(lang, "ko") && until == k);
    free(both);
    free(korean);
    moim_asr_close(&a);
}

/* A text that is given is not said again: what follows it is the rest, letter for letter, and at its times. */
static void the_search_goes_on_behind_a_given_text(void **state)
{
    (void)state;
    struct moim_asr a;
    struct moim_err err = {0};
    struct moim_nbest whole = {0}, rest = {0}, none = {0};
    char dir[1024], given[600] = "", follows[600] = "";
    snprintf(dir, sizeof dir, "%s", test_model("whisper-base/model.bin"));
    *strrchr(dir, '/') = 0;
    assert_ok(moim_whisper_open(&a, dir, pool, &err), err);
    struct moim_whisper_tuning t = moim_whisper_defaults();
    t.timed = false;
    moim_whisper_tune(&a, &t);
    struct moim_asr_options o = {.lang = "en", .nbest = 1, .beam = 1};
    assert_ok(moim_asr_decode(&a, pcm, 5 * MOIM_ASR_RATE, 0, &o, &whole, &err), err);
    const struct moim_hyp *h = whole.hyps;
    int half = h->n_words / 2;
    assert_true(half >= 3);
    for (int i = 0; i < h->n_words; i++) {
        char *to = i < half ? given : follows;
        strcat(to, to == given || i > half ? " " : "");
        strcat(to, h->words[i].text);
    }
    o.prefix = given;
    assert_ok(moim_asr_decode(&a, pcm, 5 * MOIM_ASR_RATE, 0, &o, &rest, &err), err);
    assert_string_equal(rest.hyps[0].text, follows);
    assert_true(rest.hyps[0].words[0].space_before);
    assert_true(fabs(rest.hyps[0].words[0].end - h->words[half].end) < 0.3);
    char all[1300];
    snprintf(all, sizeof all, "%s %s", given, follows);
    o.prefix = all;
    assert_ok(moim_asr_decode(&a, pcm, 5 * MOIM_ASR_RATE, 0, &o, &none, &err), err);
    assert_int_equal(none.hyps[0].n_words, 0);
    moim_nbest_free(&whole);
    moim_nbest_free(&rest);
    moim_nbest_free(&none);
    moim_asr_close(&a);
}

/* What a path of tokens earns in the end. */
static float earned(const struct whisper_bias *b, const char *text)
{
    int ids[40], n = whisper_tokenize(&model->words, text, ids, 40), node = 0;
    float sum = 0;
    for (int i = 0; i < n; i++) sum += whisper_bias_step(b, node, ids[i], &node);
    return sum;
}

static void a_user_word_pays_only_when_it_is_whole(void **state)
{
    (void)state;
    struct whisper_bias *b;
    const struct moim_vocab_word words[] = {{"하이퍼클로바", "HyperCLOVA"}};
    int ids[40], n = whisper_tokenize(&model->words, " 하이퍼클로바", ids, 40);
    assert_true(n > 3);
    assert_int_equal(whisper_bias_new(&b, &model->words, words, 1, 2), MOIM_OK);
    assert_true(fabsf(earned(b, " 하이퍼클로바") - 2 * (float)n) < 1e-5f);
    assert_true(fabsf(earned(b, " 하이퍼클로바 좋아") - 2 * (float)n) < 1e-5f);
    assert_true(earned(b, " HyperCLOVA") > 0); /* the other form */
    assert_true(fabsf(earned(b, " 하이퍼 좋아")) < 1e-5f);
    assert_true(fabsf(earned(b, " 오늘 좋아")) < 1e-5f);
    whisper_bias_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mel_encoder_and_first_logits_are_the_reference_s),
        cmocka_unit_test(korean_never_holds_kana_or_chinese),
        cmocka_unit_test(texts_that_differ_in_signs_are_one),
        cmocka_unit_test(repetition_is_noticed),
        cmocka_unit_test(a_text_that_breaks_off_is_known_by_its_attention),
        cmocka_unit_test(language_is_found_for_each_stretch),
        cmocka_unit_test(word_times_follow_the_sound),
        cmocka_unit_test(a_cut_behind_a_text_skips_no_word),
        cmocka_unit_test(a_window_is_told_sentence_by_sentence),
        cmocka_unit_test(a_change_of_language_is_found),
        cmocka_unit_test(the_search_goes_on_behind_a_given_text),
        cmocka_unit_test(a_user_word_pays_only_when_it_is_whole),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}
