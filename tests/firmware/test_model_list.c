/* The list of models: what a manifest may hold, what counts as installed, which file is used for a role, which model fits a
 * machine, and that a file is tried before it is used. */
#include "testing.h"

#include "firmware/pipeline/model_check.h"
#include "firmware/pipeline/models.h"

#include <sys/stat.h>
#include <unistd.h>

static char dir[32], path[96], vad[1024];
static struct moim_models m;
static struct moim_err err;

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" /* SHA-256 of nothing */
#define LIST                                                                                                 \
    "# what there is\n"                                                                                      \
    "model small asr-accurate default MIT A small one\ninfo ko,en 300 fast 100\nfile small.bin - 3\n"        \
    "model large asr-accurate extra MIT A large one\ninfo ko,en 4000 slow 3000\nfile large.bin " EMPTY       \
    " 3\n"                                                                                                   \
    "model ears vad default MIT Hears\nfile ears.bin - 0\nurl https://example.org/ears.bin\n"                \
    "model none search default MIT Has no file\n"

static void put(const char *name, const char *text)
{
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int begin(void **state)
{
    (void)state;
    snprintf(vad, sizeof vad, "%s", test_model("silero-vad-v6.2.0.bin"));
    snprintf(dir, sizeof dir, "/tmp/moim-models-XXXXXX");
    assert_non_null(mkdtemp(dir));
    setenv("MOIM_MODELS", dir, 1);
    setenv("XDG_DATA_HOME", dir, 1);
    put("manifest", LIST);
    assert_ok(moim_models_parse(&m, path, &err), err);
    return 0;
}

static int end(void **state)
{
    (void)state;
    char command[64];
    moim_models_free(&m);
    snprintf(command, sizeof command, "rm -r %s", dir);
    *strrchr(vad, '/') = 0; /* where the installed models are */
    setenv("MOIM_MODELS", vad, 1);
    return system(command);
}

static void a_manifest_is_read_line_by_line(void **state)
{
    (void)state;
    assert_int_equal(m.n, 4);
    assert_string_equal(m.list[0].about, "A small one");
    assert_true(m.list[0].by_default && !m.list[1].by_default);
    assert_int_equal(m.list[0].memory_mb, 300);
    assert_string_equal(m.list[1].speed, "slow");
    assert_ptr_equal(moim_models_by_role(&m, "asr-accurate"), &m.list[0]);
    assert_ptr_equal(moim_models_named(&m, "large", "asr"), &m.list[1]);
    assert_null(moim_models_named(&m, "large", "vad"));
    assert_null(moim_models_by_role(&m, "dancer"));
    static const char *const wrong[] = {"nonsense\n",
                                        "file a.bin - 3\n",
                                        "info ko 1 fast 2\n",
                                        "model a b\n",
                                        "model a b c MIT x\nfile a.bin 1234 3\n",
                                        "model a b c MIT x\ninfo ko many fast 2\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct moim_models x;
        put("wrong", wrong[i]);
        assert_int_equal(moim_models_parse(&x, path, &err), MOIM_EFORMAT);
        assert_non_null(strstr(err.msg, "line"));
    }
    struct moim_models x;
    assert_int_equal(moim_models_parse(&x, "/nowhere/manifest", &err), MOIM_ENOENT);
}

static void installed_is_what_is_there_whole(void **state)
{
    (void)state;
    char found[4300];
    assert_false(moim_model_installed(&m, &m.list[0]));
    assert_int_equal(moim_models_path(&m, "asr-accurate", found, sizeof found, &err), MOIM_ENOENT);
    assert_non_null(strstr(err.msg, "moim models fetch small"));
    put("small.bin", "ab");
    assert_false(moim_model_installed(&m, &m.list[0]));
    assert_int_equal(moim_models_path(&m, "asr-accurate", found, sizeof found, &err), MOIM_ENOENT);
    assert_non_null(strstr(err.msg, "damaged"));
    put("small.bin", "abc");
    assert_true(moim_model_installed(&m, &m.list[0]));
    assert_ok(moim_models_path(&m, "asr-accurate", found, sizeof found, &err), err);
    assert_string_equal(found, path);
    assert_ok(moim_model_verify(&m, &m.list[0], &err), err); /* its sum is not known */
    put("large.bin", "abc");
    assert_int_equal(moim_model_verify(&m, &m.list[1], &err), MOIM_EFORMAT);
    assert_non_null(strstr(err.msg, "moim models fetch large"));
    put("large.bin", "");
    assert_ok(moim_model_verify(&m, &m.list[1], &err), err);
    assert_int_equal(moim_model_verify(&m, &m.list[2], &err), MOIM_ENOENT);
    assert_false(moim_model_installed(&m, &m.list[3]));
    assert_int_equal(moim_models_path(&m, "search", found, sizeof found, &err), MOIM_ENOENT);
    assert_int_equal(moim_models_path(&m, "dancer", found, sizeof found, &err), MOIM_ENOENT);
}

static void a_file_is_tried_before_it_is_used(void **state)
{
    (void)state;
    char found[4300];
    put("ears.bin", "no voice activity");
    assert_int_not_equal(moim_models_use(&m, "vad", path, &err), MOIM_OK);
    assert_false(moim_models_chosen("vad", found, sizeof found));
    assert_int_equal(moim_models_use(&m, "dancer", path, &err), MOIM_EINVAL);
    assert_int_equal(moim_models_use(&m, "vad", "/nowhere", &err), MOIM_ENOENT);
    assert_int_equal(moim_models_use(&m, "asr-accurate", "large", &err), MOIM_ENOENT);
    assert_non_null(strstr(err.msg, "is not installed"));
    snprintf(path, sizeof path, "%s/good.bin", dir);
    assert_int_equal(symlink(vad, path), 0);
    assert_ok(moim_models_use(&m, "vad", path, &err), err);
    assert_true(moim_models_chosen("vad", found, sizeof found));
    assert_ok(moim_models_path(&m, "vad", found, sizeof found, &err), err);
    assert_ok(moim_regular_file(found, &err), err);
    assert_ok(moim_models_use(&m, "vad", NULL, &err), err); /* the manifest's again */
    assert_false(moim_models_chosen("vad", found, sizeof found));
    assert_int_equal(moim_regular_file(dir, &err), MOIM_EINVAL);
    assert_int_equal(moim_regular_file("/nowhere", &err), MOIM_ENOENT);
}

static void a_file_tells_what_it_is_for(void **state)
{
    (void)state;
    const char *role = NULL;
    assert_ok(moim_model_role(vad, &role, &err), err);
    assert_string_equal(role, "vad");
    put("letter.bin", "Dear moim");
    assert_int_equal(moim_model_role(path, &role, &err), MOIM_EFORMAT);
    put("cut.gguf", "GGUF");
    assert_int_not_equal(moim_model_role(path, &role, &err), MOIM_OK);
    put("cut.safetensors", "{}");
    assert_int_not_equal(moim_model_role(path, &role, &err), MOIM_OK);
    assert_int_equal(moim_model_role("/nowhere", &role, &err), MOIM_ENOENT);
    static const char *const roles[] = {"speaker",      "who-speaks", "search",    "asr-streaming",
                                        "asr-accurate", "minutes",    "word-list", "vad"};
    put("letter.bin", "Dear moim");
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        assert_int_not_equal(moim_model_check(roles[i], path, &err), MOIM_OK);
    assert_ok(moim_model_check("demo", path, &err), err); /* nothing reads it */
}

static void a_folder_stands_for_its_weights(void **state)
{
    (void)state;
    char folder[64], got[4300], want[96];
    snprintf(folder, sizeof folder, "%s/w", dir);
    assert_int_equal(mkdir(folder, 0700), 0);
    moim_models_weights(folder, got);
    snprintf(want, sizeof want, "%s/model.bin", folder);
    assert_string_equal(got, want);
    put("w/model.safetensors", "");
    moim_models_weights(folder, got);
    assert_string_equal(got, path);
    moim_models_weights("/nowhere/file", got);
    assert_string_equal(got, "/nowhere/file");
}

static void the_best_is_the_largest_that_fits(void **state)
{
    (void)state;
    struct moim_machine is, strong = {.memory_mb = 64000, .cores = 8, .gmac_per_second = 600},
                            weak = {.memory_mb = 1000, .cores = 2, .gmac_per_second = 10},
                            tiny = {.memory_mb = 100, .cores = 1, .gmac_per_second = 1};
    assert_int_equal(moim_model_fit(&m.list[0], &strong), MOIM_FIT_LIVE);
    assert_int_equal(moim_model_fit(&m.list[0], &weak), MOIM_FIT_AFTER);
    assert_int_equal(moim_model_fit(&m.list[0], &tiny), MOIM_FIT_NOT);
    assert_int_equal(moim_model_fit(&m.list[3], &strong), MOIM_FIT_NOT); /* of unknown speed */
    assert_ptr_equal(moim_model_best(&m, "asr-accurate", MOIM_FIT_AFTER, &strong), &m.list[1]);
    assert_ptr_equal(moim_model_best(&m, "asr-accurate", MOIM_FIT_AFTER, &weak), &m.list[0]);
    assert_null(moim_model_best(&m, "asr-accurate", MOIM_FIT_AFTER, &tiny));
    assert_ok(moim_machine_look(&is, &err), err);
    assert_true(is.memory_mb > 100 && is.cores > 0 && is.gmac_per_second > 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_manifest_is_read_line_by_line),   TEST(installed_is_what_is_there_whole),
        TEST(a_file_is_tried_before_it_is_used), TEST(a_file_tells_what_it_is_for),
        TEST(a_folder_stands_for_its_weights),   TEST(the_best_is_the_largest_that_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
