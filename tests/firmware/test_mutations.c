/* Mutated backups and stores: whatever somebody wrote into them, no file outside the store is read, written
 * or removed, nothing crashes, every refusal is one line, and no export holds text that a reader would take
 * for markup. MUTATIONS: how many (500); MUTATIONS_FIRST: the number of the first, which is its seed too. */
#include "tests/firmware/shim.h"

#include "testing.h"
#include "tests/firmware/mutations.h"

#include "base/text.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/backup.h"
#include "firmware/library/meeting_document.h"
#include "firmware/library/recover.h"
#include "firmware/library/removal.h"
#include "firmware/library/retention.h"
#include "storage/export.h"
#include "storage/overview.h"
#include "storage/queue.h"
#include "storage/speakers.h"

#include <cjson/cJSON.h>
#include <sqlite3.h>
#include <zip.h>

#define BIG (1 << 20)

static char root[64], home[80], db[100], file[100], work[100];
static struct moim_err err;
static char *seed, *mutant, *zipped, *text;
static size_t n_seed, n_mutant;
static uint64_t state_of_chance;
static long now_at; /* the number of the mutation */
static struct {
    long opened, refused, exported, bytes;
} count;

static uint32_t chance(uint32_t n)
{
    state_of_chance = state_of_chance * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state_of_chance >> 33) % n;
}

static size_t get_file(const char *path, char *out)
{
    FILE *f = fopen(path, "rb");
    if (!f) return 0;
    size_t n = fread(out, 1, BIG - 1, f);
    fclose(f);
    out[n] = 0;
    return n;
}

static void put_file(const char *path, const char *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, n, f) != n) fail_msg("%s cannot be written", path);
    fclose(f);
}

static void clear(const char *dir)
{
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d));) {
        char path[400];
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
        snprintf(path, sizeof path, "%s/%.255s", dir, e->d_name);
        if (unlink(path)) {
            clear(path);
            rmdir(path);
        }
    }
    if (d) closedir(d);
}

/* ---- the store that is mutated ---- */

static void fill(struct moim_store *s, int i)
{
    int64_t id;
    bool fresh;
    char name[32], title[64];
    snprintf(name, sizeof name, i == 2 ? "" : "rec-%d.flac", i);
    snprintf(title, sizeof title, "주간 회의 %d", i);
    struct moim_meeting m = {.title = title,
                             .started_at = 1700000000 + i,
                             .duration = 30,
                             .language = "ko",
                             .audio = name,
                             .source = "/home/x/a.wav",
                             .error = ""};
    assert_ok(moim_meeting_add(s, &m, &id, &err), err);
    struct moim_word said = {.text = "예산을", .end = 1, .confidence = 0.5f};
    struct moim_segment g[3] = {0};
    for (int k = 0; k < 3; k++)
        g[k] = (struct moim_segment){.start = 10 * k,
                                     .end = 10 * k + 8,
                                     .speaker = k + 1,
                                     .text = (char *)"예산을 다음 주까지 정합니다",
                                     .first_pass = "예산",
                                     .words = &said,
                                     .n_words = 1,
                                     .language = "ko",
                                     .confidence = 0.5};
    assert_ok(moim_segments_put(s, id, g, 3, "ko", MOIM_SUMMARIZED, &err), err);
    assert_ok(moim_speaker_rename(s, id, 1, "김부장", &err), err);
    int64_t first = 3 * i + 1;
    struct moim_item items[3] = {
        {.kind = "title", .text = "예산 회의", .owner = "", .due_text = "", .due_date = ""},
        {.kind = "decision",
         .text = "정하기로",
         .owner = "",
         .due_text = "",
         .due_date = "",
         .evidence = &first,
         .n_evidence = 1},
        {.kind = "action",
         .text = "정리",
         .owner = "이대리",
         .due_text = "금요일",
         .due_date = "2026-01-02"}};
    assert_ok(moim_minutes_put(s, id, "model", "plain", items, 3, &err), err);
    assert_ok(moim_bookmark_add(s, id, 5, "여기", &err), err);
    assert_ok(moim_tags_set(s, id, (const char *[]){"주간"}, 1, &err), err);
    assert_ok(moim_segment_edit(s, first, "예산을 꼭 정합니다", &err), err);
    struct moim_job_row job = {
        .meeting = id, .kind = "minutes", .language = "", .model = "", .template_name = "plain"};
    assert_ok(moim_job_add(s, &job, 0, &id, &fresh, &err), err);
}

static void make_seed(void)
{
    struct moim_store *s;
    assert_ok(moim_store_open(&s, db, &err), err);
    for (int i = 0; i < 3; i++) fill(s, i);
    assert_ok(moim_vocab_add(s, "모임", "", &err), err);
    assert_ok(moim_setting_set(s, "minutes_model", "", &err), err);
    moim_store_close(s);
    n_seed = get_file(db, seed);
    assert_true(n_seed > 10000);
    clear(home);
}

/* ---- mutations ---- */

static void change_rows(sqlite3 *raw)
{
    for (uint32_t k = 1 + chance(3); k; k--) {
        char sql[600], name[64];
        const char *to = evil[chance(sizeof evil / sizeof *evil)],
                   *at = column[chance(sizeof column / sizeof *column)];
        if (!chance(4)) { /* what leads out of the store is tried most */
            at = "meetings.audio";
            to = evil[chance(N_PATHS)];
        }
        snprintf(name, sizeof name, "%s", at);
        char *dot = strchr(name, '.');
        *dot = 0;
        /* Some of the rows; what a constraint refuses is written past it or not at all. */
        snprintf(sql, sizeof sql, "UPDATE OR IGNORE %s SET %s = %s WHERE abs(random()) %% 2", name, dot + 1,
                 to);
        sqlite3_exec(raw, sql, NULL, NULL, NULL);
    }
}

static void change_by_sql(void)
{
    sqlite3 *raw;
    put_file(work, seed, n_seed);
    sqlite3_open(work, &raw);
    sqlite3_exec(
        raw, "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA ignore_check_constraints = ON",
        NULL, NULL, NULL);
    if (chance(4))
        change_rows(raw);
    else
        sqlite3_exec(raw, schema[chance(sizeof schema / sizeof *schema)], NULL, NULL, NULL);
    sqlite3_close(raw);
    n_mutant = get_file(work, mutant);
}

static void flip(char *bytes, size_t n, uint32_t most)
{
    for (uint32_t k = 1 + chance(most); k; k--) bytes[chance((uint32_t)n)] ^= (char)(1 << chance(8));
}

/* A page takes another's place, a stretch is zeroed, the file ends early, a number is huge. */
static void damage(void)
{
    memcpy(mutant, seed, n_seed);
    n_mutant = n_seed;
    size_t page = 4096 * chance((uint32_t)(n_seed / 4096)), other = 4096 * chance((uint32_t)(n_seed / 4096));
    switch (chance(5)) {
    case 0: flip(mutant, n_mutant, 8); break;
    case 1: flip(mutant + page, 120, 6); break; /* where a page says what it is and where its cells are */
    case 2: memcpy(mutant + page, seed + other, 4096); break;
    case 3: memset(mutant + page + chance(4000), chance(2) ? 0xff : 0, 1 + chance(90)); break;
    default: n_mutant = 1 + chance((uint32_t)n_seed - 1);
    }
}

static const char *const entry_name[] = {
    "audio/../../canary/x",
    "../canary/x",
    "/etc/passwd",
    "audio/.hidden",
    "audio/a/b",
    "audio/",
    "voices.key",
    "moim.db",
    "moim.db-wal",
    "audio/rec-9.flac",
    "readme.txt",
    "audio/x\\y",
    "",
    "audio/rec-0.flac",
    "moves",
};

static void add_entry(zip_t *z, const char *name, const char *bytes, size_t n)
{
    zip_int64_t at = zip_file_add(z, name, zip_source_buffer(z, bytes, n, 0), ZIP_FL_ENC_UTF_8);
    if (at >= 0) zip_set_file_compression(z, (zip_uint64_t)at, ZIP_CM_STORE, 0);
}

static void make_zip(bool strange)
{
    static const char sound[3000] = "fLaC";
    int code;
    zip_t *z = zip_open(file, ZIP_CREATE | ZIP_TRUNCATE, &code);
    assert_non_null(z);
    add_entry(z, "moim.db", mutant, n_mutant);
    add_entry(z, "audio/rec-0.flac", sound, sizeof sound);
    if (chance(8)) add_entry(z, "audio/rec-1.flac", sound, sizeof sound);
    if (strange)
        add_entry(z, entry_name[chance(sizeof entry_name / sizeof *entry_name)], sound, chance(3000));
    assert_int_equal(zip_close(z), 0);
    if (!strange || chance(2)) return;
    size_t n = get_file(file, zipped);
    flip(zipped + (chance(2) ? 0 : n - n / 50), n / 50, 6); /* its headers and its directory */
    put_file(file, zipped, chance(4) ? n : n - chance((uint32_t)n / 10));
}

static int bring_in(void)
{
    struct moim_restored done;
    struct moim_backup_job job = {.file = file};
    uint32_t kind = chance(10);
    if (kind < 7)
        change_by_sql();
    else if (kind < 9)
        damage();
    else
        memcpy(mutant, seed, n_mutant = n_seed);
    if (kind == 9 || chance(3)) {
        make_zip(kind == 9);
        shim_on = true;
        int rc = moim_restore(db, &job, &done, &err);
        shim_on = false;
        return rc;
    }
    char path[200];
    snprintf(path, sizeof path, "%s/audio", home);
    mkdir(path, 0700);
    put_file(db, mutant, n_mutant);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/audio/rec-%d.flac", home, i);
        put_file(path, "fLaC", 4);
    }
    return MOIM_OK;
}

#include "tests/firmware/export_checks.h"

static void check_export(enum moim_format f, const char *path)
{
    const char *form = moim_form_of(f)->name;
    count.exported++;
    if (moim_form_of(f)->package) {
        check_package(f, path);
        return;
    }
    count.bytes += (long)get_file(path, text);
    check_utf8(form, text);
    if (f == MOIM_ICS) check_ics(text);
    if (f == MOIM_HTML) check_html(text);
    if (f == MOIM_MD) check_md(text);
    if (f == MOIM_SRT || f == MOIM_VTT) check_cues(form, text);
    if (f != MOIM_JSON) return;
    cJSON *o = cJSON_Parse(text);
    if (!o) bad("json", "cannot be parsed", text);
    cJSON_Delete(o);
}

/* ---- what is done with a store ---- */

static void export_one(struct moim_store *s, struct moim_whole *w)
{
    char path[200], audio[4096];
    snprintf(path, sizeof path, "%s/out", home);
    for (int f = 0; f < MOIM_FORMAT_COUNT; f++) {
        if (f == MOIM_PDF) continue; /* reads the system's fonts: tests/e2e/export.sh */
        shim_on = true;
        int rc = moim_export_file(path, (enum moim_format)f, &w->doc, &err);
        shim_on = false;
        if (!rc) check_export((enum moim_format)f, path);
    }
    if (!*w->meeting.audio) return;
    shim_on = true;
    int rc = moim_audio_path(s, w->meeting.audio, audio, sizeof audio, &err);
    if (!rc) {
        moim_export_zip(path, MOIM_HTML, &w->doc, audio, &err);
        unlink(path);
        w->doc.audio_embed = audio;
        rc = moim_export_file(path, MOIM_HTML, &w->doc, &err);
    }
    shim_on = false;
    if (!rc) check_export(MOIM_HTML, path);
}

static void use_meetings(struct moim_store *s)
{
    struct moim_meeting *list;
    int n;
    shim_on = true;
    int rc = moim_meeting_list(s, &list, &n, &err);
    shim_on = false;
    if (rc) return;
    for (int i = 0; i < n && i < 4; i++) {
        struct moim_whole w;
        check_utf8("title", list[i].title);
        shim_on = true;
        rc = moim_whole_load(s, list[i].id, &w, &err);
        shim_on = false;
        if (rc) continue;
        export_one(s, &w);
        moim_whole_free(&w);
    }
    shim_on = true;
    struct moim_keep keep = {.days = 1, .bytes = 1};
    struct moim_tidied done;
    moim_tidy(s, &keep, (int64_t)1800000000, &done, &err);
    for (int i = 0; i < n; i++) {
        struct moim_err e = {0};
        if (moim_delete(s, list[i].id, &e) && !*e.msg) bad("delete", "no message", "");
    }
    shim_on = false;
    moim_meeting_list_free(list, n);
}

static void use_lists(struct moim_store *s)
{
    struct moim_overview *o;
    struct moim_hit *h;
    struct moim_job_row *j;
    struct moim_tag_count *t;
    struct moim_vocab_row *v;
    struct moim_correction *c;
    int n, total;
    if (!moim_overview_page(s, "", 10, 0, &o, &n, &total, &err)) moim_overview_free(o, n);
    if (!moim_search(s, "예산", 10, &h, &n, &err)) moim_hits_free(h, n);
    if (!moim_search(s, "금", 10, &h, &n, &err)) moim_hits_free(h, n);
    if (!moim_job_list(s, &j, &n, &err)) moim_job_free(j, n);
    if (!moim_tags_list(s, &t, &n, &err)) moim_tags_free(t, n);
    if (!moim_vocab_list(s, &v, &n, &err)) moim_vocab_free(v, n);
    if (!moim_corrections(s, &c, &n, &err)) moim_corrections_free(c, n);
    moim_unfinished(s);
}

static void one(long i)
{
    struct moim_store *s;
    now_at = i;
    state_of_chance = (uint64_t)i * 0x9e3779b97f4a7c15u + 1;
    sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, (int)i + 1, NULL);
    err = (struct moim_err){0};
    clear(home);
    int rc = bring_in();
    shim_on = true;
    if (!rc) rc = moim_store_open(&s, db, &err);
    if (!rc) use_lists(s);
    shim_on = false;
    if (rc) {
        count.refused++;
        if (!*err.msg || strchr(err.msg, '\n')) fail_msg("mutation %ld: code %d, '%s'", i, rc, err.msg);
    } else {
        count.opened++;
        use_meetings(s);
        shim_on = true;
        moim_store_check(s, &err);
        moim_store_close(s);
        shim_on = false;
    }
    if (shim_outside) fail_msg("mutation %ld: %ld files outside: %s", i, shim_outside, shim_named);
}

static void check_canary(void)
{
    char path[200];
    static const char *const leaf[] = {"canary/x", "x", "moim.db"};
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", root, leaf[i]);
        if (get_file(path, text) != 6 || strcmp(text, "canary"))
            fail_msg("mutation %ld: %s was changed", now_at, path);
    }
}

static void nothing_leaves_a_mutated_store(void **state)
{
    const char *many = getenv("MUTATIONS"), *from = getenv("MUTATIONS_FIRST");
    long n = many ? atol(many) : 500, first = from ? atol(from) : 0;
    (void)state;
    for (long i = first; i < first + n; i++) {
        one(i);
        if (i % 100 == 0) check_canary();
        if ((i + 1) % 10000 == 0) print_message("%ld\n", i + 1);
    }
    check_canary();
    print_message("%ld mutations: %ld opened, %ld refused, %ld exports, %ld calls with a path or a write\n",
                  n, count.opened, count.refused, count.exported, shim_calls);
    if (n >= 500) assert_true(count.opened > n / 4 && count.refused > n / 10 && shim_calls > 10 * n);
}

/* That the shim sees what it shall see, also what the libraries do. */
static void the_shim_sees_the_libraries(void **state)
{
    sqlite3 *raw;
    char path[200];
    (void)state;
    snprintf(path, sizeof path, "%s/canary/x", root);
    shim_on = true;
    sqlite3_open(path, &raw);
    sqlite3_exec(raw, "SELECT * FROM sqlite_schema", NULL, NULL, NULL);
    sqlite3_close(raw);
    shim_on = false;
    assert_true(shim_outside > 0);
    shim_outside = 0;
    shim_on = true;
    zip_discard(zip_open(path, ZIP_RDONLY, NULL));
    shim_on = false;
    assert_true(shim_outside > 0);
    shim_outside = 0;
}

static int setup(void **state)
{
    char path[200];
    (void)state;
    snprintf(root, sizeof root,
             access("/dev/shm", W_OK) ? "/tmp/moim-mutate-XXXXXX" : "/dev/shm/moim-mutate-XXXXXX");
    assert_non_null(mkdtemp(root));
    snprintf(home, sizeof home, "%s/t", root);
    assert_int_equal(mkdir(home, 0700), 0);
    snprintf(path, sizeof path, "%s/canary", root);
    assert_int_equal(mkdir(path, 0700), 0);
    static const char *const leaf[] = {"canary/x", "x", "moim.db"};
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", root, leaf[i]);
        put_file(path, "canary", 6);
    }
    snprintf(db, sizeof db, "%s/moim.db", home);
    snprintf(file, sizeof file, "%s/b.zip", home);
    snprintf(work, sizeof work, "%s/m.db", root);
    snprintf(shim_root, sizeof shim_root, "%s", home);
    seed = malloc(BIG);
    mutant = malloc(BIG);
    zipped = malloc(BIG);
    text = malloc(BIG);
    assert_true(seed && mutant && zipped && text);
    make_seed();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    shim_on = false;
    clear(root);
    free(seed);
    free(mutant);
    free(zipped);
    free(text);
    return rmdir(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_shim_sees_the_libraries),
                                       cmocka_unit_test(nothing_leaves_a_mutated_store)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
