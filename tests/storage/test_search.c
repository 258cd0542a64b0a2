/* Search by words, by meaning and by both; passages and their vectors. The vectors here are drawn at random:
 * what a real model makes of texts is tests/lm/test_embed.c's and tests/e2e/find.sh's matter. */

#include "tests/storage/scratch.h"

#include "storage/overview.h"
#include "storage/passages.h"
#include "storage/schema.h"
#include "storage/search.h"

#include <math.h>
#include <sqlite3.h>
#include <unistd.h>

static int64_t add_meeting(const char *title, int64_t when)
{
    struct moim_meeting m = {.title = (char *)title,
                             .started_at = when,
                             .duration = 60,
                             .language = "ko",
                             .audio = "",
                             .source = "x"};
    int64_t id;
    assert_ok(moim_meeting_add(store, &m, &id, &err), err);
    return id;
}

/* Segments of five seconds, six apart, by speakers 1 and 2 in turn. */
static void put_texts(int64_t id, const char *const *text, int n)
{
    struct moim_segment *g = calloc((size_t)n, sizeof *g);
    for (int i = 0; i < n; i++)
        g[i] = (struct moim_segment){.start = i * 6,
                                     .end = i * 6 + 5,
                                     .speaker = 1 + i % 2,
                                     .text = (char *)text[i],
                                     .first_pass = "",
                                     .language = "ko",
                                     .confidence = 0.5};
    assert_ok(moim_segments_put(store, id, g, n, "ko", MOIM_TRANSCRIBED, &err), err);
    free(g);
}

static float gauss(uint64_t *seed)
{
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        sum += (double)(*seed >> 33) / 2147483648.0 - 0.5;
    }
    return (float)sum;
}

static void draw(float v[MOIM_VECTOR_DIM], uint64_t seed)
{
    double n = 0;
    for (int i = 0; i < MOIM_VECTOR_DIM; i++) v[i] = gauss(&seed), n += (double)v[i] * v[i];
    for (int i = 0; i < MOIM_VECTOR_DIM; i++) v[i] /= (float)sqrt(n);
}

/* Stores vector number seed + i for the i-th missing passage; returns how many there were. */
static int embed(int64_t id, uint64_t seed)
{
    struct moim_passage *list;
    int n;
    assert_ok(moim_passages_missing(store, id, &list, &n, &err), err);
    float *v = malloc(sizeof *v * MOIM_VECTOR_DIM * (size_t)(n + 1));
    for (int i = 0; i < n; i++) draw(v + (size_t)i * MOIM_VECTOR_DIM, seed + (uint64_t)i);
    assert_ok(moim_passages_put(store, id, list, v, n, &err), err);
    free(v);
    moim_passages_free(list, n);
    return n;
}

static int waiting(void)
{
    int64_t *ids;
    int n;
    assert_ok(moim_unembedded(store, &ids, &n, &err), err);
    free(ids);
    return n;
}

static struct moim_hit *hits;
static int n_hits;

static int run(struct moim_search_query q)
{
    moim_hits_free(hits, n_hits);
    if (!q.text) q.text = "";
    if (!q.limit) q.limit = 50;
    assert_ok(moim_search_run(store, &q, &hits, &n_hits, &err), err);
    return n_hits;
}

static void a_short_word_is_found_wherever_it_stands(void **state)
{
    (void)state;
    enum { N = 6000 };
    const char **text = calloc(N, sizeof *text);
    for (int i = 0; i < N; i++) text[i] = "여기에는 아무 것도 없고 흔한 낱말만 있습니다";
    text[3] = "끝에 서는 옛날 예산"; /* far behind the rows that are read first, at the end of its text */
    text[7] = "총예산안";
    text[9] = "ends with Q";
    put_texts(add_meeting("많음", 1000), text, N);
    free(text);
    assert_int_equal(run((struct moim_search_query){.text = "예산"}), 2);
    assert_int_equal(run((struct moim_search_query){.text = "산"}), 2);
    assert_int_equal(run((struct moim_search_query){.text = "q"}), 1);
    assert_int_equal(run((struct moim_search_query){.text = "옛날 예산"}), 1);
    assert_int_equal(run((struct moim_search_query){.text = "총예산안 예산"}), 1);
    assert_int_equal(run((struct moim_search_query){.text = "흔한", .limit = 20}), 20);
    assert_int_equal(run((struct moim_search_query){.text = "흔"}), 50);
    assert_int_equal(run((struct moim_search_query){.text = "없는말"}), 0);
    assert_int_equal(run((struct moim_search_query){.text = "\"* (OR NEAR"}), 0);
}

static void filters_leave_what_they_name(void **state)
{
    (void)state;
    const char *text[] = {"예산 검토를 시작합니다", "예산 검토를 마칩니다"};
    int64_t a = add_meeting("하나", 1000), b = add_meeting("둘", 2000), c = add_meeting("셋", 3000);
    put_texts(a, text, 2);
    put_texts(b, text, 2);
    put_texts(c, text, 2);
    assert_ok(moim_speaker_rename(store, b, 2, "김부장", &err), err);
    assert_ok(moim_tags_set(store, c, (const char *[]){"재무"}, 1, &err), err);
    embed(a, 1), embed(b, 2), embed(c, 3);
    float v[MOIM_VECTOR_DIM];
    draw(v, 2);
    for (int meaning = 0; meaning < 2; meaning++) {
        struct moim_search_query q = {
            .text = meaning ? "" : "검토", .vector = meaning ? v : NULL, .least = 0.0001f};
        int per = meaning ? 1 : 2; /* one passage, two segments */
        q.since = 2000;
        int n = run(q);
        for (int i = 0; i < n; i++) assert_true(hits[i].started_at >= 2000);
        assert_true(n >= per && n <= 2 * per);
        q.until = 3000;
        assert_int_equal(run(q), per);
        assert_int_equal(hits[0].meeting, b);
        q.speaker = "김";
        assert_int_equal(run(q), 1);
        assert_string_equal(hits[0].speaker_name, "김부장");
        q.speaker = "2";
        assert_int_equal(run(q), 1);
        q.speaker = "박";
        assert_int_equal(run(q), 0);
        q = (struct moim_search_query){.text = q.text, .vector = q.vector, .least = q.least, .tag = "재무"};
        n = run(q);
        for (int i = 0; i < n; i++) assert_int_equal(hits[i].meeting, c);
        assert_true(meaning || n == 2);
        q.tag = "없음";
        assert_int_equal(run(q), 0);
    }
}

static void passages_are_short_and_follow_the_words(void **state)
{
    (void)state;
    const char *text[] = {"하나", "둘", "셋", "넷", "다섯", "여섯", "일곱"};
    int64_t id = add_meeting("m", 1000);
    struct moim_passage *list;
    struct moim_segment *g;
    int n;
    assert_int_equal(waiting(), 0);
    put_texts(id, text, 7);
    assert_int_equal(waiting(), 1);
    assert_ok(moim_passages_missing(store, id, &list, &n, &err), err);
    assert_int_equal(n, 4);
    assert_string_equal(list[0].text, "하나 둘");
    assert_string_equal(list[3].text, "일곱");
    moim_passages_free(list, n);
    assert_int_equal(embed(id, 10), 4);
    assert_int_equal(waiting(), 0);
    assert_int_equal(embed(id, 10), 0);
    /* A corrected word takes its passage away, and only that. */
    assert_ok(moim_segments_get(store, id, &g, &n, &err), err);
    assert_ok(moim_segment_edit(store, g[4].id, "바뀜", &err), err);
    assert_int_equal(waiting(), 1);
    assert_ok(moim_passages_missing(store, id, &list, &n, &err), err);
    assert_int_equal(n, 1);
    assert_string_equal(list[0].text, "바뀜 여섯");
    /* Words that change while their vector is made: it is not stored. */
    float v[MOIM_VECTOR_DIM];
    draw(v, 1);
    assert_ok(moim_segment_edit(store, g[5].id, "또 바뀜", &err), err);
    assert_ok(moim_passages_put(store, id, list, v, n, &err), err);
    moim_passages_free(list, n);
    assert_int_equal(waiting(), 1);
    assert_int_equal(embed(id, 20), 1);
    assert_int_equal(waiting(), 0);
    moim_segments_free(g, 7);
    /* A new transcript needs new ones; another model makes all of them again. */
    put_texts(id, text, 7);
    assert_int_equal(embed(id, 30), 3); /* the corrected two have theirs still */
    assert_ok(moim_passages_use_model(store, "one", &err), err);
    assert_int_equal(waiting(), 1);
    assert_int_equal(embed(id, 30), 4);
    assert_ok(moim_passages_use_model(store, "one", &err), err);
    assert_int_equal(waiting(), 0);
    assert_ok(moim_store_check(store, &err), err);
}

/* Whether the store has a reading of a meeting, and it is `what`. */
static bool read_as(int64_t id, const char *what)
{
    uint8_t *bytes;
    size_t size;
    assert_ok(moim_passages_reading(store, id, &bytes, &size, &err), err);
    bool same = bytes && size == strlen(what) && !memcmp(bytes, what, size);
    free(bytes);
    return same;
}

static int meetings_read(int64_t since, int64_t until, const char *tag, int64_t meeting)
{
    int64_t *ids;
    int n;
    assert_ok(moim_passages_read_meetings(store, since, until, tag, meeting, &ids, &n, &err), err);
    free(ids);
    return n;
}

static void a_reading_goes_with_a_word_of_its_meeting(void **state)
{
    (void)state;
    const char *text[] = {"하나", "둘", "셋"};
    int64_t id = add_meeting("m", 1000), other = add_meeting("n", 2000);
    struct moim_segment *g;
    int n;
    put_texts(id, text, 3);
    put_texts(other, text, 3);
    assert_false(read_as(id, "one"));
    assert_ok(moim_passages_put_reading(store, id, "one", 3, &err), err);
    assert_ok(moim_passages_put_reading(store, other, "other", 5, &err), err);
    assert_true(read_as(id, "one"));
    assert_int_equal(meetings_read(0, 0, NULL, 0), 2);
    assert_int_equal(meetings_read(1500, 0, NULL, 0), 1);
    assert_int_equal(meetings_read(0, 1500, NULL, 0), 1);
    assert_int_equal(meetings_read(0, 0, "none", 0), 0);
    assert_int_equal(meetings_read(0, 0, NULL, id), 1);
    assert_ok(moim_store_check(store, &err), err);
    assert_ok(moim_segments_get(store, id, &g, &n, &err), err);
    assert_ok(moim_segment_edit(store, g[1].id, "바뀜", &err), err);
    moim_segments_free(g, n);
    assert_false(read_as(id, "one"));
    assert_true(read_as(other, "other"));
    put_texts(other, text, 2);
    assert_false(read_as(other, "other"));
    assert_ok(moim_passages_put_reading(store, id, "two", 3, &err), err);
    assert_ok(moim_passages_use_model(store, "another", &err), err);
    assert_false(read_as(id, "two"));
}

static void the_nearest_passage_comes_first(void **state)
{
    (void)state;
    enum { MEETINGS = 20, PER = 150 };
    const char *text[PER];
    for (int i = 0; i < PER; i++) text[i] = "아무 말이나 길게 하지 않습니다";
    int64_t id[MEETINGS];
    int found = 0, tries = 0;
    for (int m = 0; m < MEETINGS; m++) {
        id[m] = add_meeting("m", 1000 + m);
        put_texts(id[m], text, PER);
        assert_int_equal(embed(id[m], (uint64_t)m * 1000), PER / 2);
    }
    for (int m = 0; m < MEETINGS; m++)
        for (int i = 0; i < PER / 2; i += 7, tries++) {
            /* Cosine about 0.45 with the one, about 0 with the thousand others. */
            float v[MOIM_VECTOR_DIM], noise[MOIM_VECTOR_DIM];
            draw(v, (uint64_t)m * 1000 + (uint64_t)i);
            draw(noise, 77777 + (uint64_t)tries);
            for (int k = 0; k < MOIM_VECTOR_DIM; k++) v[k] = 0.45f * v[k] + 0.893f * noise[k];
            run((struct moim_search_query){.vector = v, .least = 0.3f});
            found += n_hits > 0 && hits[0].meeting == id[m] && fabs(hits[0].start - i * 12) < 1;
            assert_true(n_hits < 5);
        }
    if (found < tries) fail_msg("%d of %d nearest passages came first", found, tries);
}

static void what_both_find_comes_before_what_one_finds(void **state)
{
    (void)state;
    const char *text[] = {"예산 이야기", "잡담", "재무 계획 이야기", "더", "예산 승인", "음"};
    int64_t id = add_meeting("m", 1000);
    put_texts(id, text, 6);
    embed(id, 100);
    float v[MOIM_VECTOR_DIM], near[MOIM_VECTOR_DIM];
    draw(v, 102);
    draw(near, 101);
    for (int k = 0; k < MOIM_VECTOR_DIM; k++) v[k] = 0.8f * v[k] + 0.6f * near[k];
    assert_int_equal(run((struct moim_search_query){.text = "예산", .vector = v}), 3);
    assert_string_equal(hits[0].text, "예산 승인");
    assert_int_equal(hits[0].found, MOIM_FOUND_WORDS | MOIM_FOUND_MEANING);
    assert_true(hits[0].cosine > 0.7f);
    int words = hits[1].found == MOIM_FOUND_WORDS ? 1 : 2;
    assert_string_equal(hits[words].text, "예산 이야기");
    assert_string_equal(hits[3 - words].text, "재무 계획 이야기");
    assert_int_equal(hits[3 - words].found, MOIM_FOUND_MEANING);
}

static long count_in_files(const void *bytes, size_t n)
{
    long found = 0;
    for (int k = 0; k < 3; k++) {
        char name[96];
        snprintf(name, sizeof name, "%s%s", path, k == 0 ? "" : k == 1 ? "-wal" : "-shm");
        FILE *f = fopen(name, "rb");
        if (!f) continue;
        static unsigned char buf[1 << 24];
        size_t size = fread(buf, 1, sizeof buf, f);
        fclose(f);
        for (unsigned char *p = buf; (p = memmem(p, size - (size_t)(p - buf), bytes, n)); p++) found++;
    }
    return found;
}

static void a_deleted_meeting_leaves_neither_vector_nor_word(void **state)
{
    (void)state;
    const char *text[] = {"비밀코드알바트로스", "그리고 더", "끝"};
    int64_t keep = add_meeting("남음", 1000), id = add_meeting("지움", 2000);
    put_texts(keep, (const char *[]){"평범한 말"}, 1);
    put_texts(id, text, 3);
    embed(keep, 1);
    embed(id, 500);
    /* A stretch of the vector and of its code, as they were stored. */
    sqlite3 *db;
    sqlite3_stmt *st;
    unsigned char vector[40], code[40];
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_prepare_v2(
        db,
        "SELECT substr(vector, 100, 40), substr(codes, 9, 40) FROM passages p JOIN passage_codes c ON "
        "c.meeting = p.meeting WHERE p.meeting = ?",
        -1, &st, NULL);
    sqlite3_bind_int64(st, 1, id);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    memcpy(vector, sqlite3_column_blob(st, 0), 40);
    memcpy(code, sqlite3_column_blob(st, 1), 40);
    sqlite3_finalize(st);
    sqlite3_close(db);
    assert_true(count_in_files(vector, 40) > 0);
    assert_true(count_in_files(code, 40) > 0);
    assert_true(count_in_files("알바트", 9) > 0);
    assert_ok(moim_meeting_delete(store, id, &err), err);
    assert_int_equal(count_in_files(vector, 40), 0);
    assert_int_equal(count_in_files(code, 40), 0);
    assert_int_equal(count_in_files("알바트", 9), 0); /* a trigram of the index, too */
    assert_int_equal(waiting(), 0);
    assert_ok(moim_store_check(store, &err), err);
}

static void damaged_vectors_are_passed_over(void **state)
{
    (void)state;
    const char *text[] = {"하나", "둘"};
    int64_t a = add_meeting("m", 1000), b = add_meeting("n", 2000), c = add_meeting("o", 3000);
    put_texts(a, text, 2), put_texts(b, text, 2), put_texts(c, text, 2);
    embed(a, 1), embed(b, 2), embed(c, 3);
    sqlite3 *db;
    char sql[400];
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    snprintf(sql, sizeof sql,
             "UPDATE passages SET vector = x'0102' WHERE meeting = %lld;"
             "UPDATE passages SET vector = x'ffffff7f' || zeroblob(384) WHERE meeting = %lld;" /* NaN */
             "UPDATE passage_codes SET codes = substr(codes, 1, 30) WHERE meeting = %lld",
             (long long)a, (long long)b, (long long)c);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        float v[MOIM_VECTOR_DIM];
        draw(v, seed);
        assert_int_equal(run((struct moim_search_query){.vector = v}), 0);
    }
}

static void highlights_count_characters_and_never_overlap(void **state)
{
    (void)state;
    struct moim_highlight m[8];
    assert_int_equal(moim_search_highlights("예산 산안", "이 예산안과 예산 AND", m, 8), 2);
    assert_int_equal(m[0].from, 2);
    assert_int_equal(m[0].to, 5);
    assert_int_equal(m[1].from, 7);
    assert_int_equal(m[1].to, 9);
    assert_int_equal(moim_search_highlights("and", "이 예산안과 예산 AND", m, 8), 1);
    assert_int_equal(m[0].from, 10);
    assert_int_equal(moim_search_highlights("없음", "이 예산안", m, 8), 0);
}

static void a_version_1_transcript_is_searchable_after_migrating(void **state)
{
    (void)state;
    char old[80];
    snprintf(old, sizeof old, "%.22s/old.db", path);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(old, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, moim_schema_steps[0], NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db,
                     "PRAGMA application_id = 1836018029; PRAGMA user_version = 1;"
                     "INSERT INTO meetings(title, started_at, duration) VALUES('old', 1, 2);"
                     "INSERT INTO segments(meeting, start, \"end\", text) VALUES(1, 0, 5, '옛날 예산');"
                     "INSERT INTO minutes(meeting, model, template, created_at) VALUES(1, 'm', 'p', 1);"
                     "INSERT INTO items(minutes, kind, text) VALUES(1, 'decision', '승인 완료')",
                     NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    moim_store_close(store);
    assert_ok(moim_store_open(&store, old, &err), err);
    assert_int_equal(run((struct moim_search_query){.text = "예산"}), 1);
    assert_int_equal(hits[0].segment, 1);
    assert_int_equal(run((struct moim_search_query){.text = "완료"}), 1);
    assert_int_equal(hits[0].segment, 0);
    assert_int_equal(waiting(), 1);
    assert_ok(moim_store_check(store, &err), err);
    sqlite3_open(old, &db);
    assert_int_equal(sqlite3_exec(db,
                                  "INSERT INTO segments_fts(segments_fts, rank) VALUES('integrity-check', 1)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
}

static void what_minutes_only_repeat_is_shown_once(void **state)
{
    (void)state;
    const char *said[] = {"예산은 300만 원으로 합시다.", "점장은 내부에서 보냅니까?", "예산 얘기는 끝."};
    int64_t id = add_meeting("지점", 1000), other = add_meeting("다른 곳", 1001);
    put_texts(id, said, 3);
    put_texts(other, said, 1);
    static const char *const line[][2] = {
        {"key_point", "예산은 300만 원으로 합시다"},
        {"decision", "예산은 300만 원으로 하기로 함"},
        {"summary", "결정: 예산은 300만 원으로 하기로 함"},
        {"question", "점장은 내부에서 보냅니까"},
        {"suggestion", "다음 회의 안건으로 다루기: 점장은 내부에서 보냅니까"}};
    struct moim_item item[5];
    for (int i = 0; i < 5; i++)
        item[i] = (struct moim_item){.kind = (char *)line[i][0],
                                     .text = (char *)line[i][1],
                                     .owner = "",
                                     .due_text = "",
                                     .due_date = ""};
    assert_ok(moim_minutes_put(store, id, "m", "plain", item, 5, &err), err);
    /* Two segments and the decision, once; the other meeting's own. */
    assert_int_equal(run((struct moim_search_query){.text = "예산"}), 4);
    int lines = 0;
    for (int i = 0; i < n_hits; i++) lines += !hits[i].segment;
    assert_int_equal(lines, 1);
    assert_int_equal(run((struct moim_search_query){.text = "점장"}), 1);
    assert_int_not_equal(hits[0].segment, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_short_word_is_found_wherever_it_stands),
        T(filters_leave_what_they_name),
        T(passages_are_short_and_follow_the_words),
        T(a_reading_goes_with_a_word_of_its_meeting),
        T(the_nearest_passage_comes_first),
        T(what_both_find_comes_before_what_one_finds),
        T(a_deleted_meeting_leaves_neither_vector_nor_word),
        T(damaged_vectors_are_passed_over),
        T(highlights_count_characters_and_never_overlap),
        T(what_minutes_only_repeat_is_shown_once),
        T(a_version_1_transcript_is_searchable_after_migrating),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    moim_hits_free(hits, n_hits);
    return rc;
}
