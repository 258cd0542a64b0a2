/* What goes into a transcript comes out of it: through the store, and as JSON for everybody who reads it. */
#include "storage/scratch.h"

#include "storage/export.h"
#include "storage/transcript_json.h"
#include "storage/words.h"

#include <cjson/cJSON.h>
#include <math.h>

enum { LINES = 12, WORDS = 9, ROUNDS = 200 };

static unsigned seed = 1;
static unsigned draw(unsigned n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* Letters of one to four bytes, quotes and backslashes among them. */
static char *some_text(void)
{
    static const char *const piece[] = {"a", "\"", "\\", "é", "회", "의", "😀", "/", "]", "[", ",", "{"};
    char s[64] = "";
    for (int i = 0, n = 1 + (int)draw(6); i < n; i++) strcat(s, piece[draw(sizeof piece / sizeof *piece)]);
    return strdup(s);
}

static struct moim_segment some_line(double *at)
{
    struct moim_segment g = {.start = *at, .confidence = draw(1001) / 1000.0, .speaker = (int)draw(4)};
    if (g.speaker) g.speaker_certainty = draw(101) / 100.0;
    char text[WORDS * 40] = "";
    g.n_words = (int)draw(WORDS);
    g.words = g.n_words ? calloc((size_t)g.n_words, sizeof *g.words) : NULL;
    for (int i = 0; i < g.n_words; i++) {
        struct moim_word *w = &g.words[i];
        *w = (struct moim_word){
            .text = some_text(), .space_before = true, .confidence = (float)draw(1001) / 1000};
        if (!draw(3)) w->spoken = some_text(); /* a number in figures: five elements, not four */
        w->start = *at;
        *at += (1 + draw(900)) / 1000.0;
        w->end = *at;
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "", w->text);
    }
    if (!g.n_words) *at += 1;
    g.text = strdup(*text ? text : "no words");
    g.end = *at;
    g.first_pass = draw(2) ? some_text() : strdup("");
    g.language = strdup(draw(2) ? "ko" : "en");
    g.speaker_name = strdup("");
    return g;
}

static void same_time(double a, double b)
{
    if (fabs(a - b) > 0.00051) fail_msg("%.6f became %.6f", a, b);
}

static void same_words(const struct moim_word *a, int n, const struct moim_word *b, int m)
{
    assert_int_equal(n, m);
    for (int i = 0; i < n; i++) {
        assert_string_equal(a[i].text, b[i].text);
        assert_string_equal(a[i].spoken ? a[i].spoken : "", b[i].spoken ? b[i].spoken : "");
        same_time(a[i].start, b[i].start);
        same_time(a[i].end, b[i].end);
        same_time((double)a[i].confidence, (double)b[i].confidence);
    }
}

static const char *text_at(const cJSON *o, const char *key)
{
    const cJSON *v = cJSON_GetObjectItem(o, key);
    return cJSON_IsString(v) ? v->valuestring : "";
}

static double number_at(const cJSON *o, const char *key)
{
    const cJSON *v = cJSON_GetObjectItem(o, key);
    assert_true(cJSON_IsNumber(v));
    return v->valuedouble;
}

static void same_as_json(const struct moim_segment *g, const cJSON *o)
{
    const cJSON *words = cJSON_GetObjectItem(o, "words");
    assert_string_equal(text_at(o, "text"), g->text);
    assert_string_equal(text_at(o, "first_pass"), strcmp(g->first_pass, g->text) ? g->first_pass : "");
    same_time(number_at(o, "start"), g->start);
    same_time(number_at(o, "end"), g->end);
    const cJSON *sure = cJSON_GetObjectItem(o, "speaker_certainty");
    assert_int_equal(sure != NULL, g->speaker_certainty > 0);
    if (sure) same_time(sure->valuedouble, g->speaker_certainty);
    assert_int_equal(cJSON_GetArraySize(words), g->n_words);
    for (int i = 0; i < g->n_words; i++) {
        const cJSON *w = cJSON_GetArrayItem(words, i);
        assert_string_equal(text_at(w, "text"), g->words[i].text);
        assert_string_equal(text_at(w, "spoken"), g->words[i].spoken ? g->words[i].spoken : "");
        same_time(number_at(w, "start"), g->words[i].start);
        same_time(number_at(w, "end"), g->words[i].end);
        same_time(number_at(w, "confidence"), (double)g->words[i].confidence);
    }
}

static void what_goes_in_comes_out(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct moim_segment line[LINES], *got;
        double at = draw(3);
        int n = 1 + (int)draw(LINES), n_got;
        for (int i = 0; i < n; i++) line[i] = some_line(&at);
        struct moim_meeting m = {
            .title = "m", .duration = at, .language = "ko", .audio = "", .source = "", .error = ""};
        int64_t id;
        assert_ok(moim_meeting_add(store, &m, &id, &err), err);
        assert_ok(moim_segments_put(store, id, line, n, "ko", MOIM_RESCORED, &err), err);
        assert_ok(moim_segments_get(store, id, &got, &n_got, &err), err);
        assert_int_equal(n, n_got);
        m.id = id;
        struct moim_document doc = {.meeting = &m, .segments = got, .n_segments = n_got};
        cJSON *tree = moim_document_json(&doc);
        char *printed = cJSON_PrintUnformatted(tree);
        cJSON *read = cJSON_Parse(printed), *segments = cJSON_GetObjectItem(read, "segments");
        assert_int_equal(cJSON_GetArraySize(segments), n);
        for (int i = 0; i < n; i++) {
            assert_string_equal(line[i].text, got[i].text);
            assert_string_equal(line[i].language, got[i].language);
            same_time(line[i].speaker_certainty, got[i].speaker_certainty);
            same_words(line[i].words, line[i].n_words, got[i].words, got[i].n_words);
            same_as_json(&got[i], cJSON_GetArrayItem(segments, i));
            moim_segment_clear(&line[i]);
        }
        free(printed);
        cJSON_Delete(tree);
        cJSON_Delete(read);
        moim_segments_free(got, n_got);
        assert_ok(moim_meeting_delete(store, id, &err), err);
    }
}

/* A store may come from anywhere: what is no list of words is no words, and costs nothing. */
static void what_is_no_list_of_words_has_none(void **state)
{
    (void)state;
    static const char *const odd[] = {"x",
                                      "",
                                      "[[1,2]]",
                                      "[[1,2,3,\"a]",
                                      "[[1,2,3,\"a\"]",
                                      "{}",
                                      "[[1,2,3,4]]",
                                      "[\"a\"]",
                                      "[[1e999,2,3,\"a\"]]",
                                      "[[0,1,1,\"a\"],7]",
                                      "null"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct moim_word *w;
        int n;
        assert_int_equal(moim_words_decode(odd[i], &w, &n), MOIM_OK);
        if (n || w) fail_msg("%s has %d words", odd[i], n);
    }
}

/* Control characters and numbers that JSON cannot hold do not break a line. */
static void a_line_is_valid_json_whatever_it_holds(void **state)
{
    (void)state;
    struct moim_word w = {.text = "\x01\"", .start = NAN, .end = INFINITY};
    struct moim_segment g = {.id = 1,
                             .start = -INFINITY,
                             .end = 1e300,
                             .speaker = 2,
                             .speaker_name = "김\"부장",
                             .text = "따옴\"표\\\n\t줄\x01",
                             .first_pass = "",
                             .words = &w,
                             .n_words = 1};
    char *text = moim_segment_json(&g, "ko");
    cJSON *o = cJSON_Parse(text);
    assert_non_null(o);
    assert_string_equal(text_at(o, "text"), g.text);
    assert_string_equal(text_at(o, "speaker"), "김\"부장");
    free(text);
    cJSON_Delete(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_goes_in_comes_out, setup, teardown),
        cmocka_unit_test(what_is_no_list_of_words_has_none),
        cmocka_unit_test(a_line_is_valid_json_whatever_it_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
