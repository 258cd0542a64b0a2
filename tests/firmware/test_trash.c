/* What has lain in the trash long enough goes, sound and all; what a wrong clock put there counts from now on. */
#include "tests/storage/scratch.h"

#include "firmware/library/trash.h"

#include <sys/stat.h>

#define NOW 1800000000
#define DAY 86400

static int64_t add_meeting(const char *sound)
{
    char file[128];
    struct moim_meeting m = {.title = "m",
                             .started_at = 1700000000,
                             .duration = 9,
                             .language = "ko",
                             .audio = (char *)(uintptr_t)sound,
                             .source = "x"};
    int64_t id;
    snprintf(file, sizeof file, "%s/audio", dir);
    mkdir(file, 0700);
    snprintf(file, sizeof file, "%s/audio/%s", dir, sound);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    fclose(f);
    assert_ok(moim_meeting_add(store, &m, &id, &err), err);
    return id;
}

static bool sound_is_there(const char *sound)
{
    char file[128];
    snprintf(file, sizeof file, "%s/audio/%s", dir, sound);
    return !access(file, F_OK);
}

static bool is_there(int64_t id)
{
    struct moim_meeting m;
    int rc = moim_meeting_get(store, id, &m, &err);
    if (!rc) moim_meeting_clear(&m);
    return !rc;
}

static void old_ones_go_with_their_sound_and_others_stay(void **state)
{
    (void)state;
    int64_t kept = add_meeting("1.flac"), old = add_meeting("2.flac"), young = add_meeting("3.flac"),
            odd = add_meeting("4.flac");
    int deleted;
    assert_ok(moim_trash(store, old, NOW - 31 * DAY, &err), err);
    assert_ok(moim_trash(store, young, NOW - 29 * DAY, &err), err);
    assert_ok(moim_trash(store, odd, NOW + 400 * DAY, &err), err);
    assert_ok(moim_trash(store, young, NOW, &err), err); /* once more: its day stays */
    assert_int_equal(moim_trash(store, 99, NOW, &err), MOIM_ENOENT);
    assert_ok(moim_trash_empty(store, MOIM_TRASH_DAYS, NOW, &deleted, &err), err);
    assert_int_equal(deleted, 1);
    assert_true(!is_there(old) && is_there(young) && is_there(odd) && is_there(kept));
    assert_true(!sound_is_there("2.flac") && sound_is_there("3.flac"));
    assert_ok(moim_trash_empty(store, MOIM_TRASH_DAYS, NOW + 2 * DAY, &deleted, &err), err);
    assert_true(!is_there(young) && is_there(odd));
    assert_ok(moim_trash_empty(store, MOIM_TRASH_DAYS, NOW + 31 * DAY, &deleted, &err), err);
    assert_false(is_there(odd)); /* it was counted from the first look on */
    assert_true(is_there(kept) && sound_is_there("1.flac"));
}

static void what_is_brought_back_stays(void **state)
{
    (void)state;
    int64_t id = add_meeting("1.flac");
    int deleted;
    assert_ok(moim_trash(store, id, NOW - 100 * DAY, &err), err);
    assert_ok(moim_trash_restore(store, id, &err), err);
    assert_ok(moim_trash_empty(store, 0, NOW, &deleted, &err), err);
    assert_int_equal(deleted, 0);
    assert_true(is_there(id));
    assert_ok(moim_trash(store, id, NOW, &err), err);
    assert_ok(moim_trash_empty(store, 0, NOW, &deleted, &err), err);
    assert_int_equal(deleted, 1);
    assert_false(sound_is_there("1.flac"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(old_ones_go_with_their_sound_and_others_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_brought_back_stays, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
