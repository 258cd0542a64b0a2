/* Each allocation of the library's own code fails, one after another: taking transcripts in, documents, backup, restore, tidying, deleting and
 * what a crash left. Nothing leaks, nothing is half there. */
#include "tests/storage/scratch.h"

#include "failing_malloc.h"
#include "firmware/library/backup.h"
#include "firmware/library/import_transcript.h"
#include "firmware/library/meeting_document.h"
#include "firmware/library/recordings.h"
#include "firmware/library/removal.h"
#include "firmware/library/retention.h"
#include "firmware/library/vocab_suggestions.h"

#include <fcntl.h>
#include <sys/stat.h>

static char talk[80];
static int64_t meeting;

static int prepare(void **state)
{
    setup(state);
    snprintf(talk, sizeof talk, "%s/talk.txt", dir);
    FILE *f = fopen(talk, "w");
    assert_non_null(f);
    fputs("Kim: 회의를 시작합니다\nLee: the budget first\nKim: 하이퍼클로바 이야기\n", f);
    fclose(f);
    assert_ok(moim_import_text(store, talk, "ko", &meeting, &err), err);
    struct moim_segment *list;
    int n;
    assert_ok(moim_segments_get(store, meeting, &list, &n, &err), err);
    assert_ok(moim_segment_edit(store, list[2].id, "HyperCLOVA 이야기", &err), err);
    moim_segments_free(list, n);
    return 0;
}

static int meetings(void)
{
    struct moim_meeting *list;
    int n;
    assert_ok(moim_meeting_list(store, &list, &n, &err), err);
    moim_meeting_list_free(list, n);
    return n;
}

static int import(struct moim_err *why)
{
    int64_t id;
    return moim_import_text(store, talk, NULL, &id, why);
}

static void a_transcript_is_taken_in_whole(void **state)
{
    (void)state;
    int before = meetings();
    assert_true(fail_each_allocation(import) > 10);
    assert_int_equal(meetings(), before + 1);
}

static int look(struct moim_err *why)
{
    struct moim_whole w;
    struct moim_share *shares;
    struct moim_suggestion *words;
    int n, rc = moim_whole_load(store, meeting, &w, why);
    if (rc) return rc;
    n = moim_shares(w.segments, w.doc.n_segments, "ko", &shares);
    if (n < 0)
        rc = moim_fail(why, n, "out of memory");
    else
        free(shares);
    moim_whole_free(&w);
    if (!rc && !(rc = moim_suggest(store, &words, &n, why))) moim_suggestions_free(words, n);
    return rc;
}

static void looking(void **state)
{
    (void)state;
    assert_true(fail_each_allocation(look) > 10);
}

static char file[80], place[96];

static void remove_place(void)
{
    char command[256];
    snprintf(command, sizeof command, "rm -rf %s/there", dir);
    assert_int_equal(system(command), 0);
}

static int back_up(struct moim_err *why)
{
    unlink(file);
    int rc = moim_backup(store, &(struct moim_backup_job){.file = file}, why);
    if (rc) assert_int_not_equal(access(file, F_OK), 0);
    return rc;
}

static int restore(struct moim_err *why)
{
    struct moim_restored done;
    long left = allocations_left;
    allocations_left = -1;
    remove_place();
    allocations_left = left;
    return moim_restore(place, &(struct moim_backup_job){.file = file}, &done, why);
}

/* A flac that is one by its name is enough to be packed. */
static void put_sound(void)
{
    char path_of[96];
    struct moim_meeting m = {.title = "sound",
                             .started_at = 1,
                             .duration = 1,
                             .language = "",
                             .audio = "rec-1.flac",
                             .source = ""};
    int64_t id;
    snprintf(path_of, sizeof path_of, "%s/audio", dir);
    mkdir(path_of, 0700);
    snprintf(path_of, sizeof path_of, "%s/audio/rec-1.flac", dir);
    int fd = open(path_of, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && write(fd, "fLaC", 4) == 4);
    close(fd);
    assert_ok(moim_meeting_add(store, &m, &id, &err), err);
}

static void backup_and_restore(void **state)
{
    (void)state;
    snprintf(file, sizeof file, "%s/b.zip", dir);
    snprintf(place, sizeof place, "%s/there/moim.db", dir);
    put_sound();
    assert_true(fail_each_allocation(back_up) > 3);
    assert_true(fail_each_allocation(restore) > 3);
    char sound[96];
    snprintf(sound, sizeof sound, "%s/there/audio/rec-1.flac", dir);
    assert_int_equal(access(sound, F_OK), 0);
}

static int tidy(struct moim_err *why)
{
    struct moim_tidied done;
    struct moim_found found;
    int left, rc = moim_tidy(store, &(struct moim_keep){.days = 1, .dry_run = true}, 1800000000, &done, why);
    if (!rc) rc = moim_recordings_find(store, true, &found, why);
    if (!rc) rc = moim_removals(store, true, &left, why);
    return rc;
}

static void tidying_and_recovering(void **state)
{
    (void)state;
    put_sound();
    assert_true(fail_each_allocation(tidy) > 3);
    char sound[96];
    snprintf(sound, sizeof sound, "%s/audio/rec-1.flac", dir);
    assert_int_equal(access(sound, F_OK), 0);
}

static int delete (struct moim_err *why)
{
    return moim_delete(store, meeting, why);
}

static void deleting(void **state)
{
    (void)state;
    assert_true(fail_each_allocation(delete) > 0);
    assert_int_equal(meetings(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_transcript_is_taken_in_whole, prepare, teardown),
        cmocka_unit_test_setup_teardown(looking, prepare, teardown),
        cmocka_unit_test_setup_teardown(backup_and_restore, prepare, teardown),
        cmocka_unit_test_setup_teardown(tidying_and_recovering, prepare, teardown),
        cmocka_unit_test_setup_teardown(deleting, prepare, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
