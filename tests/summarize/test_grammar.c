#include "testing.h"

#include "summarize/grammar.h"

#include <cjson/cJSON.h>

static struct moim_err err;

static bool fits(const char *pattern, int limit, const char *const *choices, int n_choices, const char *text)
{
    struct moim_grammar *g;
    struct moim_grammar_state s;
    assert_ok(moim_grammar_new(&g, pattern, limit, choices, n_choices, &err), err);
    moim_grammar_start(g, &s);
    bool ok = moim_grammar_try(g, &s, text, strlen(text)) && moim_grammar_done(g, &s);
    moim_grammar_free(g);
    return ok;
}

static void each_operator_takes_what_it_says(void **state)
{
    (void)state;
    const char *who[] = {"김부장", "김", "Bob"};
    assert_true(fits("{\"a\":%s3}", 0, NULL, 0, "{\"a\":\"가나다\"}"));
    assert_false(fits("{\"a\":%s3}", 0, NULL, 0, "{\"a\":\"가나다라\"}"));
    assert_false(fits("{\"a\":%s3}", 0, NULL, 0, "{\"a\":\"\"}"));
    assert_false(fits("%s9", 0, NULL, 0, "\"a\\n\""));
    assert_false(fits("%s9", 0, NULL, 0, "\"\xed\xa0\x80\"")); /* a surrogate */
    assert_false(fits("%s9", 0, NULL, 0, "\"\xc0\xaf\""));     /* overlong */
    assert_true(fits("%s9", 0, NULL, 0, "\"설계\""));
    assert_false(fits("%s9", 0, NULL, 0, "\"设计\""));
    assert_true(fits("[%i]", 12, NULL, 0, "[12]"));
    assert_false(fits("[%i]", 12, NULL, 0, "[13]"));
    assert_false(fits("[%i]", 12, NULL, 0, "[0]"));
    assert_false(fits("[%i]", 12, NULL, 0, "[01]"));
    assert_true(fits("%e", 0, who, 3, "\"김\""));
    assert_true(fits("%e", 0, who, 3, "\"김부장\""));
    assert_false(fits("%e", 0, who, 3, "\"김부\""));
    assert_true(fits("%e1-2", 0, who, 3, "\"김\""));
    assert_false(fits("%e1-2", 0, who, 3, "\"김부장\""));
    assert_true(fits("%[0-2 %i%]", 9, NULL, 0, "[]"));
    assert_true(fits("%[0-2 %i%]", 9, NULL, 0, "[1,2]"));
    assert_false(fits("%[0-2 %i%]", 9, NULL, 0, "[1,2,3]"));
    assert_false(fits("%[1-2 %i%]", 9, NULL, 0, "[]"));
    assert_true(fits("%[0-2 {\"r\":%[0-3 %i%]}%]x", 9, NULL, 0, "[{\"r\":[]},{\"r\":[4,5]}]x"));
    struct moim_grammar *g;
    assert_int_equal(moim_grammar_new(&g, "%[1-2 x", 0, NULL, 0, &err), MOIM_EINVAL);
    assert_int_equal(moim_grammar_new(&g, "%q", 0, NULL, 0, &err), MOIM_EINVAL);
}

/* Random bytes that the grammar lets through always make JSON. */
static void whatever_is_accepted_parses(void **state)
{
    (void)state;
    const char *who[] = {"Ann", "Bob", ""};
    struct moim_grammar *g;
    assert_ok(moim_grammar_new(&g, "{\"t\":%s20,\"l\":%[0-3 {\"w\":%e,\"x\":%s8,\"r\":%[1-3 %i%]}%]}", 40,
                               who, 3, &err),
              err);
    srand(11);
    for (int round = 0; round < 2000; round++) {
        struct moim_grammar_state s;
        char text[2048];
        size_t n = 0;
        moim_grammar_start(g, &s);
        while (!moim_grammar_done(g, &s) && n + 1 < sizeof text) {
            size_t forced = moim_grammar_forced(g, &s, text + n, sizeof text - 1 - n);
            n += forced;
            if (moim_grammar_done(g, &s)) break;
            char b = (char)(rand() % 256);
            if (moim_grammar_try(g, &s, &b, 1)) text[n++] = b;
        }
        text[n] = 0;
        assert_true(moim_grammar_done(g, &s));
        cJSON *o = cJSON_Parse(text);
        if (!o) fail_msg("does not parse: %s", text);
        assert_true(cJSON_GetArraySize(cJSON_GetObjectItem(o, "l")) <= 3);
        cJSON_Delete(o);
    }
    moim_grammar_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_operator_takes_what_it_says),
        cmocka_unit_test(whatever_is_accepted_parses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
