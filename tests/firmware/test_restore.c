/* Backup and restore where things go wrong: cut off at every step, beside another process, without room, on
 * file systems that lack a call; and with a passphrase. */
#include "tests/firmware/shim.h"

#include "testing.h"

#include "firmware/library/backup.h"
#include "firmware/library/seal.h"
#include "firmware/library/voiceprint_store.h"
#include "storage/store.h"

#include <sys/wait.h>
#include <zip.h>

static char root[64], source[100], target[100], file[100];
static struct moim_err err;

static void put_file(const char *path, const char *text, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

static void below(char out[200], const char *dir, const char *leaf)
{
    snprintf(out, 200, "%s/%s/%s", root, dir, leaf);
}

static void add_meeting(struct moim_store *s, const char *audio)
{
    char path[200], sound[5000];
    int64_t id;
    struct moim_meeting m = {.title = (char *)"주간 회의",
                             .started_at = 1700000000,
                             .duration = 3,
                             .language = "ko",
                             .audio = (char *)(uintptr_t)audio,
                             .source = "x"};
    struct moim_segment g = {.start = 0,
                             .end = 2,
                             .text = (char *)"예산을 정합니다",
                             .first_pass = "",
                             .language = "ko",
                             .confidence = 1};
    assert_ok(moim_meeting_add(s, &m, &id, &err), err);
    assert_ok(moim_segments_put(s, id, &g, 1, "ko", MOIM_SUMMARIZED, &err), err);
    memset(sound, (int)id, sizeof sound);
    snprintf(path, sizeof path, "%s/a/audio/%s", root, audio);
    put_file(path, sound, sizeof sound);
}

static int setup(void **state)
{
    struct moim_store *s;
    char path[200];
    static const float voice[MOIM_SPEAKER_DIM] = {1};
    (void)state;
    snprintf(root, sizeof root, "/tmp/moim-restore-XXXXXX");
    assert_non_null(mkdtemp(root));
    snprintf(source, sizeof source, "%s/a/moim.db", root);
    snprintf(target, sizeof target, "%s/b/moim.db", root);
    snprintf(file, sizeof file, "%s/all.zip", root);
    snprintf(shim_root, sizeof shim_root, "%s", root);
    assert_ok(moim_store_open(&s, source, &err), err);
    below(path, "a", "audio");
    assert_int_equal(mkdir(path, 0700), 0);
    add_meeting(s, "rec-1.flac");
    add_meeting(s, "import-2.flac");
    below(path, "a", "audio/rec-1.marks");
    put_file(path, "marks\n", 6);
    assert_ok(moim_voices_remember(s, "김부장", voice, &err), err);
    moim_store_close(s);
    return 0;
}

static int teardown(void **state)
{
    char command[200];
    (void)state;
    shim_on = shim_no_replace_unknown = false;
    shim_die = -1;
    snprintf(command, sizeof command, "rm -rf %s", root);
    return system(command);
}

static int back_up(const char *pass)
{
    struct moim_store *s;
    struct moim_backup_job job = {.file = file, .passphrase = pass};
    assert_ok(moim_store_open(&s, source, &err), err);
    int rc = moim_backup(s, &job, &err);
    moim_store_close(s);
    return rc;
}

static int restore(const char *pass, struct moim_restored *done)
{
    struct moim_backup_job job = {.file = file, .passphrase = pass};
    return moim_restore(target, &job, done, &err);
}

static int files_in(const char *dir)
{
    char path[200];
    int n = 0;
    snprintf(path, sizeof path, "%s/%s", root, dir);
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) n += strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
    if (d) closedir(d);
    return n;
}

/* What came back is what was there, private, and nothing lies beside it. */
static void check_whole(int store_files)
{
    struct moim_store *s;
    struct moim_meeting *list;
    struct moim_hit *hits;
    int n;
    char command[400];
    assert_ok(moim_store_open(&s, target, &err), err);
    assert_ok(moim_store_check(s, &err), err);
    assert_ok(moim_meeting_list(s, &list, &n, &err), err);
    assert_int_equal(n, 2);
    moim_meeting_list_free(list, n);
    assert_ok(moim_search(s, "예산", 10, &hits, &n, &err), err);
    assert_int_equal(n, 2);
    moim_hits_free(hits, n);
    moim_store_close(s);
    snprintf(command, sizeof command, "diff -r %s/a/audio %s/b/audio >&2", root, root);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof command, "! find %s/b -type f ! -perm 600 -o -type d ! -perm 700 | grep . >&2",
             root);
    assert_int_equal(system(command), 0);
    if (files_in("b") != store_files) {
        snprintf(command, sizeof command, "find %s/b >&2", root);
        if (!system(command)) fail_msg("something else lies beside the store");
    }
}

static void what_was_backed_up_comes_back(void **state)
{
    struct moim_restored done;
    struct stat st;
    (void)state;
    mode_t before = umask(0);
    assert_ok(back_up(NULL), err);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(back_up(NULL), MOIM_EINVAL); /* is there already */
    assert_ok(restore(NULL, &done), err);
    umask(before);
    assert_int_equal(done.meetings, 2);
    assert_int_equal(done.without_sound, 0);
    assert_int_equal(done.voices_lost, 1);
    check_whole(3);
    assert_int_equal(restore(NULL, &done), MOIM_EINVAL); /* nothing is replaced */
}

static void a_passphrase_seals_everything_and_brings_the_voices(void **state)
{
    struct moim_restored done;
    struct moim_store *s;
    struct moim_known_voice *voices;
    struct stat st;
    int n;
    (void)state;
    mode_t before = umask(0);
    assert_ok(back_up("ein langes Wort"), err);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(restore(NULL, &done), MOIM_EINVAL);
    assert_int_equal(restore("another", &done), MOIM_EACCES);
    assert_ok(restore("ein langes Wort", &done), err);
    umask(before);
    assert_int_equal(done.voices_lost, 0);
    check_whole(4);
    assert_ok(moim_store_open(&s, target, &err), err);
    assert_ok(moim_voices_list(s, &voices, &n, &err), err);
    assert_int_equal(n, 1);
    assert_string_equal(voices[0].name, "김부장");
    free(voices);
    moim_store_close(s);
    assert_int_equal(files_in("a"), 5); /* store, locks, key, audio: nothing open was left */
}

static void a_sealed_file_that_was_changed_is_told(void **state)
{
    struct moim_restored done;
    char word[200];
    (void)state;
    assert_ok(back_up("pass"), err);
    snprintf(word, sizeof word, "%s/cut", root);
    FILE *in = fopen(file, "rb");
    static char bytes[1 << 20];
    size_t n = fread(bytes, 1, sizeof bytes, in);
    fclose(in);
    put_file(file, bytes, n - 1);
    assert_int_not_equal(restore("pass", &done), MOIM_OK);
    bytes[n / 2] ^= 1;
    put_file(file, bytes, n);
    assert_int_not_equal(restore("pass", &done), MOIM_OK);
    bytes[n / 2] ^= 1;
    put_file(file, bytes, n);
    assert_ok(restore("pass", &done), err);
}

static void a_file_system_may_lack_links_and_exclusive_renames(void **state)
{
    struct moim_restored done;
    (void)state;
    shim_no_replace_unknown = shim_on = true;
    assert_ok(back_up(NULL), err);
    assert_ok(restore(NULL, &done), err);
    shim_on = false;
    check_whole(3);
    assert_int_equal(shim_outside, 0);
}

static void a_store_in_use_is_not_replaced(void **state)
{
    struct moim_restored done;
    struct moim_store *s;
    (void)state;
    assert_ok(back_up(NULL), err);
    assert_ok(moim_store_open(&s, target, &err), err);
    assert_int_equal(restore(NULL, &done), MOIM_ESTATE);
    moim_store_close(s);
    assert_ok(restore(NULL, &done), err);
    check_whole(3);
}

static void words_and_voices_are_not_replaced_either(void **state)
{
    struct moim_restored done;
    struct moim_store *s;
    (void)state;
    assert_ok(back_up(NULL), err);
    assert_ok(moim_store_open(&s, target, &err), err);
    assert_ok(moim_vocab_add(s, "모임", "", &err), err);
    moim_store_close(s);
    assert_int_equal(restore(NULL, &done), MOIM_EINVAL);
}

/* What is there under a name of the backup's stays, and the store stays empty. */
static void a_strange_file_in_the_way_stays(void **state)
{
    struct moim_restored done;
    char path[200];
    (void)state;
    assert_ok(back_up(NULL), err);
    below(path, "b", "");
    assert_int_equal(mkdir(path, 0700), 0);
    below(path, "b", "audio");
    assert_int_equal(mkdir(path, 0700), 0);
    below(path, "b", "audio/import-2.flac");
    put_file(path, "mine", 4);
    assert_int_not_equal(restore(NULL, &done), MOIM_OK);
    assert_int_equal(files_in("b/audio"), 1);
    assert_int_not_equal(restore(NULL, &done), MOIM_OK);
    assert_int_equal(files_in("b/audio"), 1);
    assert_int_equal(unlink(path), 0);
    assert_ok(restore(NULL, &done), err);
    check_whole(3);
}

static void it_is_cut_off_anywhere_and_repeated(void **state)
{
    struct moim_restored done;
    int cut = 0, finished = 0;
    (void)state;
    assert_ok(back_up(NULL), err);
    for (long k = 0;; k++) {
        char command[200];
        int status;
        pid_t pid = fork();
        if (!pid) {
            shim_on = true;
            shim_calls = 0;
            shim_die = k;
            _exit(restore(NULL, &done) ? 1 : 0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (WIFEXITED(status)) { /* there is no such step any more */
            assert_int_equal(WEXITSTATUS(status), 0);
            break;
        }
        cut++;
        int rc = restore(NULL, &done);
        if (rc == MOIM_EINVAL && strstr(err.msg, "holds 2 meetings"))
            finished++;
        else if (rc)
            fail_msg("cut off at step %ld, then repeated: %s", k, err.msg);
        check_whole(3);
        snprintf(command, sizeof command, "rm -r %s/b", root);
        assert_int_equal(system(command), 0);
    }
    print_message("cut off at %d steps, %d of them after the store was there\n", cut, finished);
    assert_true(cut > 50);
}

/* A meeting that is deleted, and a recording that grows, while the backup is written. */
static void store_of(void *arg, double done)
{
    int *once = arg;
    char path[200];
    if (done > 0.5 || (*once)++) return;
    below(path, "a", "audio/import-2.flac");
    unlink(path);
}

static void sound_may_go_away_meanwhile(void **state)
{
    struct moim_restored done;
    struct moim_store *s;
    int once = 0;
    struct moim_backup_job job = {.file = file, .progress = store_of, .arg = &once};
    (void)state;
    assert_ok(moim_store_open(&s, source, &err), err);
    assert_ok(moim_backup(s, &job, &err), err);
    moim_store_close(s);
    assert_true(once > 0);
    assert_ok(restore(NULL, &done), err);
    assert_int_equal(done.meetings, 2);
    assert_int_equal(done.without_sound, 1);
    assert_int_equal(files_in("b/audio"), 2);
}

/* Looks at every file below root, whatever step it is at. */
static void look_at_modes(void *arg, double done)
{
    int *looked = arg;
    char command[200];
    (void)done;
    snprintf(command, sizeof command, "! find %s -type f ! -perm 600 -o -type d ! -perm 700 | grep . >&2",
             root);
    assert_int_equal(system(command), 0);
    ++*looked;
}

static void nothing_is_readable_while_it_is_written(void **state)
{
    struct moim_restored done;
    struct moim_store *s;
    int looked = 0;
    struct moim_backup_job job = {.file = file, .progress = look_at_modes, .arg = &looked};
    (void)state;
    mode_t before = umask(0);
    assert_ok(moim_store_open(&s, source, &err), err);
    for (int sealed = 0; sealed < 2; sealed++) {
        job.passphrase = sealed ? "p" : NULL;
        assert_ok(moim_backup(s, &job, &err), err);
        assert_ok(moim_restore(target, &job, &done, &err), err);
        look_at_modes(&looked, 1);
        char command[200];
        snprintf(command, sizeof command, "rm -r %s/b %s", root, file);
        assert_int_equal(system(command), 0);
    }
    moim_store_close(s);
    umask(before);
    assert_true(looked > 8);
}

static void halves_are_not_packed(void **state)
{
    static const char *const half[] = {"upload-abc", "import-half.flac", "x.part", ".hidden", "x.tmp-1"};
    (void)state;
    for (size_t i = 0; i < sizeof half / sizeof *half; i++) {
        char path[200], leaf[60];
        snprintf(leaf, sizeof leaf, "audio/%s", half[i]);
        below(path, "a", leaf);
        put_file(path, "half", 4);
    }
    char path[200];
    below(path, "a", "audio/rec-9.flac.damaged"); /* what recovery keeps aside is somebody's sound */
    put_file(path, "kept", 4);
    assert_ok(back_up(NULL), err);
    zip_t *z = zip_open(file, ZIP_RDONLY, NULL);
    assert_int_equal(zip_get_num_entries(z, 0), 5);
    assert_true(zip_name_locate(z, "audio/rec-9.flac.damaged", 0) >= 0);
    zip_discard(z);
}

/* A zip that says little and holds much, and one that says too much. */
static void a_bomb_does_not_fill_the_disk(void **state)
{
    struct moim_restored done;
    int code = 0;
    (void)state;
    char *zeros = calloc(1, 300 << 20);
    assert_non_null(zeros);
    zip_t *z = zip_open(file, ZIP_CREATE, &code);
    zip_file_add(z, "moim.db", zip_source_buffer(z, zeros, 300 << 20, 0), 0);
    assert_int_equal(zip_close(z), 0);
    free(zeros);
    FILE *f = fopen(file, "r+b");
    static unsigned char bytes[1 << 20];
    size_t n = fread(bytes, 1, sizeof bytes, f);
    uint32_t size = 300u << 20, lie = 0xf0000000u; /* in its local and its central header */
    int found = 0;
    for (size_t i = 0; i + 4 <= n; i++)
        if (!memcmp(bytes + i, &size, 4)) {
            memcpy(bytes + i, &lie, 4);
            found++;
        }
    assert_int_equal(found, 2);
    rewind(f);
    fwrite(bytes, 1, n, f);
    fclose(f);
    int rc = restore(NULL, &done);
    if (rc != MOIM_EFORMAT && rc != MOIM_ENOSPC) fail_msg("%d", rc);
    lie = 100;
    size = 0xf0000000u;
    f = fopen(file, "r+b");
    n = fread(bytes, 1, sizeof bytes, f);
    for (size_t i = 0; i + 4 <= n; i++)
        if (!memcmp(bytes + i, &size, 4)) memcpy(bytes + i, &lie, 4);
    rewind(f);
    fwrite(bytes, 1, n, f);
    fclose(f);
    assert_int_equal(restore(NULL, &done), MOIM_EFORMAT);
    assert_int_equal(files_in("b"), 2);       /* the lock and audio/ */
    assert_int_equal(files_in("b/audio"), 0); /* nothing that was unpacked */
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_was_backed_up_comes_back),
        TEST(a_passphrase_seals_everything_and_brings_the_voices),
        TEST(a_sealed_file_that_was_changed_is_told),
        TEST(a_file_system_may_lack_links_and_exclusive_renames),
        TEST(a_store_in_use_is_not_replaced),
        TEST(words_and_voices_are_not_replaced_either),
        TEST(a_strange_file_in_the_way_stays),
        TEST(it_is_cut_off_anywhere_and_repeated),
        TEST(sound_may_go_away_meanwhile),
        TEST(nothing_is_readable_while_it_is_written),
        TEST(halves_are_not_packed),
        TEST(a_bomb_does_not_fill_the_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
