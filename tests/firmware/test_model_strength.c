/* What a model may do is what was measured on this machine; a model of the manifest is taken for something until then. */
#include "firmware/pipeline/model_strength.h"
#include "testing.h"

#include <sys/stat.h>
#include <unistd.h>

static char dir[64], model[200];

static void make_file(const char *name, long long bytes)
{
    snprintf(model, sizeof model, "%s/%s", dir, name);
    FILE *f = fopen(model, "w");
    assert_non_null(f);
    assert_int_equal(ftruncate(fileno(f), (off_t)bytes), 0); /* takes no room */
    fclose(f);
}

static void measured_here(const char *strength, long long more)
{
    char cache[200];
    struct stat st;
    snprintf(cache, sizeof cache, "%s/moim", dir);
    mkdir(cache, 0700);
    strcat(cache, "/models.strength");
    assert_int_equal(stat(model, &st), 0);
    FILE *f = fopen(cache, "w");
    assert_non_null(f);
    fprintf(f, "%s %lld %lld %s\n", strength, (long long)st.st_size + more, (long long)st.st_mtime, model);
    fclose(f);
}

static void a_model_of_the_manifest_is_not_measured_yet(void **state)
{
    (void)state;
    enum moim_strength s;
    make_file("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", 491400064);
    assert_false(moim_strength_measured(model, &s));
    assert_true(moim_strength_known(model, &s));
    assert_int_equal(s, MOIM_STRENGTH_QUOTES);
    make_file("somebody-elses.gguf", 491400064);
    assert_false(moim_strength_known(model, &s));
}

static void what_was_measured_counts_before_what_it_is_taken_for(void **state)
{
    (void)state;
    enum moim_strength s;
    make_file("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", 491400064);
    measured_here("writes", 0);
    assert_true(moim_strength_measured(model, &s));
    assert_int_equal(s, MOIM_STRENGTH_WRITES);
    assert_true(moim_strength_known(model, &s));
    assert_int_equal(s, MOIM_STRENGTH_WRITES);
    measured_here("reads", 1); /* of another file in its place */
    assert_false(moim_strength_measured(model, &s));
}

static int open_dir(void **state)
{
    (void)state;
    char made[] = "/tmp/moim-strength-XXXXXX";
    assert_non_null(mkdtemp(made));
    char *real = realpath(made, NULL);
    assert_non_null(real);
    snprintf(dir, sizeof dir, "%s", real);
    free(real);
    return setenv("XDG_DATA_HOME", dir, 1);
}

static int close_dir(void **state)
{
    (void)state;
    char command[192];
    snprintf(command, sizeof command, "rm -r %s", dir);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_model_of_the_manifest_is_not_measured_yet, open_dir, close_dir),
        cmocka_unit_test_setup_teardown(what_was_measured_counts_before_what_it_is_taken_for, open_dir,
                                        close_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
