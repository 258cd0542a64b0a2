#include "testing.h"

#include <errno.h>

static void message_is_one_line(void **state)
{
    (void)state;
    struct moim_err err = {0};
    assert_int_equal(moim_fail(&err, MOIM_EFORMAT, "a\nb %d", 3), MOIM_EFORMAT);
    assert_string_equal(err.msg, "a b 3");
    assert_int_equal(err.code, MOIM_EFORMAT);
}

static void errno_keeps_its_meaning(void **state)
{
    (void)state;
    struct moim_err err = {0};
    errno = ENOSPC;
    assert_int_equal(moim_fail_errno(&err, "write %s", "x"), MOIM_ENOSPC);
    assert_non_null(strstr(err.msg, "write x: "));
    errno = ENOENT;
    assert_int_equal(moim_fail_errno(NULL, "x"), MOIM_ENOENT);
}

static int next_code(int *calls)
{
    ++*calls;
    return MOIM_EIO;
}

static void code_is_evaluated_once(void **state)
{
    (void)state;
    struct moim_err err = {0};
    int calls = 0;
    assert_int_equal(moim_fail(&err, next_code(&calls), "x"), MOIM_EIO);
    assert_int_equal(moim_fail_why(&err, next_code(&calls), "why", "y"), MOIM_EIO);
    assert_int_equal(calls, 2);
    assert_string_equal(err.why, "why");
    assert_string_equal(err.msg, "y");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_is_one_line),
        cmocka_unit_test(errno_keeps_its_meaning),
        cmocka_unit_test(code_is_evaluated_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
