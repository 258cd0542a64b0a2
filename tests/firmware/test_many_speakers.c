/* However many people speak: each keeps the name it has in the file, and each is listed. */
#include "storage/scratch.h"

#include "firmware/library/import_transcript.h"
#include "firmware/library/meeting_document.h"

#define PEOPLE 700

static void every_speaker_of_a_transcript_is_named_and_listed(void **state)
{
    (void)state;
    char file[80], want[64];
    int64_t id;
    snprintf(file, sizeof file, "%s/in.txt", dir);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    for (int i = 0; i < 2 * PEOPLE; i++) fprintf(f, "참석자-%d번: 안건 %d에 찬성합니다\n", i % PEOPLE, i);
    fclose(f);
    assert_ok(moim_import_text(store, file, "ko", &id, &err), err);
    struct moim_segment *list;
    struct moim_share *share;
    int n;
    assert_ok(moim_segments_get(store, id, &list, &n, &err), err);
    assert_int_equal(n, 2 * PEOPLE);
    for (int i = 0; i < n; i++) {
        snprintf(want, sizeof want, "참석자-%d번", i % PEOPLE);
        assert_string_equal(list[i].speaker_name, want);
    }
    assert_int_equal(moim_shares(list, n, "ko", &share), PEOPLE);
    for (int i = 0; i < PEOPLE; i++) {
        snprintf(want, sizeof want, "참석자-%d번", i);
        assert_string_equal(share[i].label, want);
    }
    free(share);
    moim_segments_free(list, n);
}

/* Labels of speakers without a name lie within the shares, which must not move. */
static void unnamed_speakers_keep_their_labels(void **state)
{
    (void)state;
    static struct moim_segment list[PEOPLE];
    struct moim_share *share;
    char want[64];
    for (int i = 0; i < PEOPLE; i++)
        list[i] = (struct moim_segment){.speaker = i + 1, .start = i, .end = i + 1, .text = "네"};
    assert_int_equal(moim_shares(list, PEOPLE, "ko", &share), PEOPLE);
    for (int i = 0; i < PEOPLE; i++) {
        snprintf(want, sizeof want, "참석자 %d", i + 1);
        assert_string_equal(share[i].label, want);
    }
    free(share);
}

/* A title longer than any file's name, in characters of three bytes. */
static void a_long_title_is_kept_whole(void **state)
{
    (void)state;
    char file[80], *title = calloc(500, 3 + 1);
    int64_t id;
    for (int i = 0; i < 500; i++) memcpy(title + (size_t)3 * (size_t)i, "긴", 3);
    snprintf(file, sizeof file, "%s/in.json", dir);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    fprintf(f, "{\"title\": \"%s\", \"turns\": [{\"speaker\": \"가\", \"text\": \"시작합니다\"}]}", title);
    fclose(f);
    assert_ok(moim_import_text(store, file, "ko", &id, &err), err);
    struct moim_meeting m;
    assert_ok(moim_meeting_get(store, id, &m, &err), err);
    assert_string_equal(m.title, title);
    moim_meeting_clear(&m);
    free(title);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_speaker_of_a_transcript_is_named_and_listed, setup, teardown),
        cmocka_unit_test(unnamed_speakers_keep_their_labels),
        cmocka_unit_test_setup_teardown(a_long_title_is_kept_whole, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
