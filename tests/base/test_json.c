/* cJSON drops what it has no memory for; documents that lack something are not printed. */
#include "testing.h"

#include "base/date.h"
#include "base/json.h"

#include <cjson/cJSON.h>

static void a_document_is_printed_as_cjson_does(void **state)
{
    (void)state;
    cJSON *o = cJSON_CreateObject();
    assert_true(moim_json_set(o, "list", cJSON_CreateArray()));
    assert_true(moim_json_append(cJSON_GetObjectItem(o, "list"), cJSON_CreateNumber(3)));
    char *text = moim_json_text(o, false);
    assert_string_equal(text, "{\"list\":[3]}");
    free(text);
    cJSON_Delete(o);
    assert_null(moim_json_text(NULL, true));
}

static void nothing_is_added_and_nothing_leaks(void **state)
{
    (void)state;
    cJSON *o = cJSON_CreateObject();
    assert_false(moim_json_set(o, "x", NULL));
    assert_false(moim_json_append(NULL, cJSON_CreateNumber(1)));
    assert_false(moim_json_set(NULL, "x", cJSON_CreateNumber(1)));
    cJSON_Delete(o);
}

static void no_json_is_told_from_no_memory(void **state)
{
    (void)state;
    cJSON *o;
    assert_int_equal(moim_json_parse(&o, "{\"a\":", SIZE_MAX, false), MOIM_EFORMAT);
    assert_int_equal(moim_json_parse(&o, "{} x", 4, true), MOIM_EFORMAT);
    assert_int_equal(moim_json_parse(&o, "{} x", 4, false), MOIM_OK);
    cJSON_Delete(o);
    assert_int_equal(moim_json_parse(&o, "[1]", 3, true), MOIM_OK);
    cJSON_Delete(o);
}

static void an_instant_is_written_where_the_calendar_has_it(void **state)
{
    (void)state;
    static const struct {
        int64_t when;
        const char *text;
    } cases[] = {{0, "1970-01-01T00:00:00Z"},
                 {1764408645, "2025-11-29T09:30:45Z"},
                 {-62167219200, "0000-01-01T00:00:00Z"},
                 {253402300799, "9999-12-31T23:59:59Z"},
                 {253402300800, ""},
                 {-62167219201, ""},
                 {INT64_MAX, ""},
                 {INT64_MIN, ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32] = "x";
        assert_int_equal(moim_instant_format(cases[i].when, text), *cases[i].text != 0);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_printed_as_cjson_does),
        cmocka_unit_test(nothing_is_added_and_nothing_leaks),
        cmocka_unit_test(no_json_is_told_from_no_memory),
        cmocka_unit_test(an_instant_is_written_where_the_calendar_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
