/* What base/ gives when memory runs out: the whole thing or nothing, and nothing leaks. */
#include "testing.h"

#include "base/directory.h"
#include "base/json.h"
#include "failing_malloc.h"

#include <cjson/cJSON.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_document(struct moim_err *err)
{
    cJSON *o = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(o, "list"), *inner = cJSON_CreateObject();
    cJSON_AddStringToObject(inner, "name", "이름");
    moim_json_append(list, inner);
    moim_json_set(o, "more", cJSON_CreateNumber(3.25));
    char *text = moim_json_text(o, false);
    cJSON_Delete(o);
    if (!text) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    assert_string_equal(text, "{\"list\":[{\"name\":\"이름\"}],\"more\":3.25}");
    free(text);
    return MOIM_OK;
}

static void a_document_is_whole_or_not_printed(void **state)
{
    (void)state;
    assert_true(fail_each_allocation(make_document) > 8);
}

static int parse(struct moim_err *err)
{
    cJSON *o;
    int rc = moim_json_parse(&o, "{\"a\": [1, 2, \"three\"]}", SIZE_MAX, true);
    if (rc) return moim_fail(err, rc, "%s", rc == MOIM_ENOMEM ? "out of memory" : "no JSON");
    cJSON_Delete(o);
    return MOIM_OK;
}

static void json_that_could_not_be_read_is_not_called_wrong(void **state)
{
    (void)state;
    assert_true(fail_each_allocation(parse) > 5);
    struct moim_err err;
    assert_int_equal(make_document(&err), MOIM_OK); /* and spoils no later document */
}

static char dir[] = "/tmp/moim-names-XXXXXX";

static int read_names(struct moim_err *err)
{
    struct moim_names names;
    int rc = moim_names_read(&names, dir, err);
    if (rc) assert_int_equal(names.n, 0);
    if (!rc) assert_int_equal(names.n, 3);
    moim_names_free(&names);
    return rc;
}

static void a_directory_is_read_whole_or_not_at_all(void **state)
{
    (void)state;
    char path[64];
    struct moim_err err;
    struct moim_names names;
    assert_non_null(mkdtemp(dir));
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%d", dir, i);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    assert_true(fail_each_allocation(read_names) > 3);
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%d", dir, i);
        rmdir(path);
    }
    rmdir(dir);
    assert_int_equal(moim_names_read(&names, dir, &err), MOIM_OK); /* not there: no names */
    assert_int_equal(names.n, 0);
    assert_int_equal(moim_names_read(&names, "/dev/null", &err), MOIM_ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_whole_or_not_printed),
        cmocka_unit_test(json_that_could_not_be_read_is_not_called_wrong),
        cmocka_unit_test(a_directory_is_read_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
