/* cJSON drops what it has no memory for; documents that lack something are not printed. */
#include "testing.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_printed_as_cjson_does),
        cmocka_unit_test(nothing_is_added_and_nothing_leaks),
        cmocka_unit_test(no_json_is_told_from_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
