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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_is_one_line),
        cmocka_unit_test(errno_keeps_its_meaning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
