/* As much of cmocka as tests/nn/test_matmul.c uses, in plain C: the kernels are tested on an emulated CPU for
 * which Debian has no cmocka without a second architecture (tests/e2e/neon.sh). A failure ends the program.
 */
#ifndef MOIM_BARE_CMOCKA_H
#define MOIM_BARE_CMOCKA_H

struct CMUnitTest {
    const char *name;
    void (*test)(void **state);
};
#define cmocka_unit_test(f)                                                                                  \
    {                                                                                                        \
#f, f                                                                                                \
    }
#define print_message printf
#define fail_msg(...) (printf(__VA_ARGS__), printf("\n%s:%d\n", __FILE__, __LINE__), exit(1))
#define assert_false(c) assert_true(!(c))
#define assert_true(c) ((c) ? (void)0 : fail_msg("not true: %s", #c))
#define assert_int_equal(a, b) assert_true((long)(a) == (long)(b))
#define assert_float_equal(a, b, slack) assert_true((a) - (b) <= (slack) && (b) - (a) <= (slack))
#define assert_non_null(p) assert_true(p)
#define assert_null(p) assert_true(!(p))
#define assert_string_equal(a, b) assert_true(strcmp(a, b) == 0)
#define assert_string_not_equal(a, b) assert_true(strcmp(a, b) != 0)
#define assert_memory_equal(a, b, n) assert_true(memcmp(a, b, n) == 0)

static inline int bare_run(const struct CMUnitTest *tests, size_t n)
{
    void *state = NULL;
    for (size_t i = 0; i < n; i++) {
        tests[i].test(&state);
        printf("ok %s\n", tests[i].name);
    }
    return 0;
}
#define cmocka_run_group_tests(tests, setup, teardown) bare_run(tests, sizeof tests / sizeof *tests)

#endif
