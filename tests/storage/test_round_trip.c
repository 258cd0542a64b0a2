/* What moim exports, moim reads: random meetings come back with the same speakers, words and times as far as the form
 * has them. */
#include "storage/export.h"
#include "storage/record.h"
#include "storage/transcript_file.h"
#include "testing.h"

#include <math.h>
#include <unistd.h>
#include <zip.h>

#define ROUNDS 300
#define LINES 24

static struct moim_err err;
static unsigned seed = 5;

static unsigned any(unsigned n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 9) % n;
}

static const char *const people[] = {"김 부장",  "Ann Lee",    "O'Brien", "박-이",
                                     "R&D <팀>", "Kim, Minsu", "a*b_c",   "이민수"};
static const char *const words[] = {"견적서를", "보냅시다.", "3*4", "R&D",    "<b>",   "&amp;",  "1:30에",
                                    "#1",       "_밑줄_",    "[x]", "네,",    "Hello", "world.", "-",
                                    "a|b",      "\"인용\"",  "50%", "`code`", "~10",   "C++",    "100,000원",
                                    "{a}",      "(참고)",    "…",   "a\\b",   "e.g."};
#define N_WORDS (sizeof words / sizeof *words)

struct made {
    struct moim_meeting m;
    struct moim_segment list[LINES];
    int n, speakers;
    char text[LINES][400], title[80];
    struct moim_bookmark mark;
    struct moim_item item;
};

static void make(struct made *x, bool plain_names)
{
    memset(x, 0, sizeof *x);
    double at = any(100) / 10.0;
    x->n = 2 + (int)any(LINES - 2);
    x->speakers = 2 + (int)any(3);
    int first = (int)any(8);
    for (int i = 0; i < x->n; i++) {
        struct moim_segment *g = &x->list[i];
        g->start = round(at * 1000) / 1000;
        g->end = g->start + 2 + any(40) / 10.0;
        at = g->end + 0.3 + any(30) / 10.0;
        g->speaker = 1 + (int)any((unsigned)x->speakers);
        int who = (first + g->speaker) % 8;
        if (plain_names && (who == 4 || who == 5 || who == 6)) who = 0;
        g->speaker_name = (char *)(uintptr_t)people[who];
        for (unsigned k = 0, w = 1 + any(9); k < w; k++) {
            if (k) strcat(x->text[i], " ");
            strcat(x->text[i], k || plain_names ? words[k ? any(N_WORDS) : any(2)] : words[any(N_WORDS)]);
        }
        g->text = x->text[i];
        g->language = (char *)(uintptr_t) "ko";
        g->first_pass = (char *)(uintptr_t) "";
    }
    snprintf(x->title, sizeof x->title, "주간 회의 %u", any(100));
    x->m = (struct moim_meeting){.id = 1,
                                 .title = x->title,
                                 .started_at = 1772447400 + (int)any(1000000),
                                 .duration = at,
                                 .language = (char *)(uintptr_t) "ko",
                                 .state = MOIM_SUMMARIZED,
                                 .audio = (char *)(uintptr_t) "",
                                 .source = (char *)(uintptr_t) "",
                                 .error = (char *)(uintptr_t) ""};
    x->mark = (struct moim_bookmark){.at = at / 2, .note = (char *)(uintptr_t) "중요한 곳"};
    x->item = (struct moim_item){.kind = (char *)(uintptr_t) "decision",
                                 .text = (char *)(uintptr_t) "견적서를 보낸다.",
                                 .owner = (char *)(uintptr_t) "",
                                 .due_text = (char *)(uintptr_t) "",
                                 .due_date = (char *)(uintptr_t) ""};
}

static struct moim_document document(struct made *x)
{
    return (struct moim_document){.meeting = &x->m,
                                  .segments = x->list,
                                  .n_segments = x->n,
                                  .items = &x->item,
                                  .n_items = 1,
                                  .bookmarks = &x->mark,
                                  .n_bookmarks = 1};
}

static struct moim_transcript_file back(struct made *x, enum moim_format f, char **text)
{
    struct moim_document doc = document(x);
    struct moim_transcript_file t;
    char name[40];
    size_t n = 0;
    *text = NULL;
    snprintf(name, sizeof name, "x.%s", moim_form_of(f)->extension);
    FILE *out = open_memstream(text, &n);
    assert_ok(moim_export(out, f, &doc, &err), err);
    fclose(out);
    assert_ok(moim_transcript_file_parse(&t, name, *text, n, &err), err);
    return t;
}

static bool noted(const struct moim_transcript_file *t, const char *words_of)
{
    for (int i = 0; i < t->n_notes; i++)
        if (strstr(t->notes[i].text, words_of)) return true;
    return false;
}

static bool blank_joined; /* PDF: a line's end may have stood in a word */

static bool same_text(const char *a, const char *b)
{
    while (blank_joined && (*a || *b)) {
        while (*a == ' ') a++;
        while (*b == ' ') b++;
        if (*a != *b) return false;
        a += *a != 0;
        b += *b != 0;
    }
    return !strcmp(a, b);
}

/* Turn by turn; times to step seconds. */
static void same_turns(const struct made *x, const struct moim_transcript_file *t, double step,
                       const char *text)
{
    if (t->n != x->n) fail_msg("%d turns of %d:\n%s", t->n, x->n, text);
    for (int i = 0; i < x->n; i++) {
        const struct moim_segment *g = &x->list[i];
        if (!same_text(g->text, t->turns[i].text) || strcmp(g->speaker_name, t->turns[i].speaker))
            fail_msg("%s: %s\nis %s: %s\n%s", g->speaker_name, g->text, t->turns[i].speaker, t->turns[i].text,
                     text);
        if (t->turns[i].start > g->start + 1e-6 || t->turns[i].start < g->start - step - 1e-6)
            fail_msg("%g is %g\n%s", g->start, t->turns[i].start, text);
    }
}

static void text_comes_back(void **state)
{
    static const enum moim_format form[] = {MOIM_TXT, MOIM_MD, MOIM_OBSIDIAN};
    (void)state;
    for (int r = 0; r < ROUNDS; r++)
        for (int f = 0; f < 3; f++) {
            struct made x;
            char *text;
            make(&x, true);
            struct moim_transcript_file t = back(&x, form[f], &text);
            same_turns(&x, &t, 1, text);
            assert_string_equal(t.title, x.title);
            assert_true(*t.date_line);
            if (!noted(&t, "중요한 곳") || !noted(&t, "견적서를 보낸다"))
                fail_msg("a note is lost:\n%s", text);
            moim_transcript_file_clear(&t);
            free(text);
        }
}

static void json_comes_back(void **state)
{
    (void)state;
    for (int r = 0; r < ROUNDS; r++) {
        struct made x;
        char *text;
        make(&x, false);
        struct moim_transcript_file t = back(&x, MOIM_JSON, &text);
        same_turns(&x, &t, 0, text);
        assert_string_equal(t.title, x.title);
        for (int i = 0; i < x.n; i++) assert_true(fabs(t.turns[i].end - x.list[i].end) < 1e-3);
        moim_transcript_file_clear(&t);
        free(text);
    }
}

static void add(char *to, size_t cap, const char *who, const char *said, char *last)
{
    size_t n = strlen(to);
    if (strcmp(who, last)) n += (size_t)snprintf(to + n, cap - n, "\n%s:", who);
    snprintf(last, 80, "%s", who);
    for (; *said && n + 1 < cap; said++)
        if (*said != ' ') to[n++] = *said;
    to[n] = 0;
}

/* Cues part a turn: each speaker's words, without blanks, in their order. */
static void subtitles_come_back(void **state)
{
    static const enum moim_format form[] = {MOIM_VTT, MOIM_SRT};
    static char want[20000], got[20000];
    (void)state;
    for (int r = 0; r < ROUNDS; r++)
        for (int f = 0; f < 2; f++) {
            struct made x;
            char *text, last[80] = "";
            make(&x, f == 1);
            struct moim_transcript_file t = back(&x, form[f], &text);
            *want = *got = 0;
            for (int i = 0; i < x.n; i++)
                add(want, sizeof want, x.list[i].speaker_name,
                    f && strstr(x.list[i].text, "<b>") ? "" : x.list[i].text, last);
            *last = 0;
            bool tagged = false;
            for (int i = 0; i < x.n; i++) tagged = tagged || strstr(x.list[i].text, "<b>");
            for (int i = 0; i < t.n; i++) {
                add(got, sizeof got, t.turns[i].speaker, t.turns[i].text, last);
                if (i && t.turns[i].start < t.turns[i - 1].start) fail_msg("times go back\n%s", text);
            }
            if (!(f && tagged) && strcmp(want, got)) fail_msg("%s\nis\n%s\n%s", want, got, text);
            moim_transcript_file_clear(&t);
            free(text);
        }
}

static const enum moim_format packages[] = {MOIM_DOCX, MOIM_HWPX, MOIM_PDF, MOIM_HTML};
static const char *const suffix[] = {".docx", ".hwpx", ".pdf", ".html"};
#define PACKAGES 4

/* Exports, lets somebody change the file, reads. */
static struct moim_transcript_file by_file(struct made *x, int f, void (*change)(const char *path, int f))
{
    struct moim_transcript_file t;
    struct moim_document doc = document(x);
    char path[40];
    snprintf(path, sizeof path, "/tmp/moim-round-XXXXXX%s", suffix[f]);
    close(mkstemps(path, (int)strlen(suffix[f])));
    assert_ok(moim_export_file(path, packages[f], &doc, &err), err);
    if (change) change(path, f);
    assert_ok(moim_transcript_file_read(&t, path, &err), err);
    unlink(path);
    return t;
}

static void same_words(const struct made *x, const struct moim_transcript_file *t)
{
    assert_int_equal(t->words[0].n, 2);
    assert_string_equal(t->words[0].list[1].text, x->list[0].words[1].text);
    assert_true(fabs(t->words[0].list[1].start - x->list[0].words[1].start) < 1e-3);
}

/* To the millisecond, with the times of words. */
static void documents_come_back(void **state)
{
    (void)state;
    for (int r = 0; r < 12; r++)
        for (int f = 0; f < PACKAGES; f++) {
            struct made x;
            make(&x, false);
            strcpy(x.text[0], "네, <b>Hello</b>");
            struct moim_word w[] = {
                {.text = (char *)(uintptr_t) "네,", .start = 1, .end = 1.5, .confidence = 1},
                {.text = (char *)(uintptr_t) "<b>Hello</b>", .start = 1.625, .end = 2}};
            x.list[0].words = w;
            x.list[0].n_words = 2;
            struct moim_transcript_file t = by_file(&x, f, NULL);
            same_turns(&x, &t, 0, suffix[f]);
            same_words(&x, &t);
            assert_string_equal(t.title, x.title);
            assert_true(t.has_date);
            assert_non_null(t.root); /* the minutes come with it: import_transcript.c */
            for (int i = 0; i < x.n; i++) assert_true(fabs(t.turns[i].end - x.list[i].end) < 1e-3);
            assert_int_equal(t.n_notes, 0);
            moim_transcript_file_clear(&t);
        }
}

static void rewrite(const char *path, const char *from, const char *to)
{
    static char text[1 << 20];
    FILE *f = fopen(path, "r");
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = 0;
    char *at = memmem(text, n, from, strlen(from));
    if (!at) fail_msg("no %s in %s", from, path);
    f = fopen(path, "w");
    fwrite(text, 1, (size_t)(at - text), f);
    fputs(to, f);
    if (*to) fwrite(at + strlen(from), 1, n - (size_t)(at - text) - strlen(from), f);
    fclose(f);
}

/* A word of the document's becomes another. */
static void edit_part(const char *path, const char *name, const char *from, const char *to)
{
    char *xml = calloc(1, 4 << 20), *out = calloc(1, 4 << 20);
    zip_t *z = zip_open(path, 0, NULL);
    zip_file_t *f = zip_fopen(z, name, 0);
    assert_true(zip_fread(f, xml, (4 << 20) - 1) > 0);
    zip_fclose(f);
    char *at = strstr(xml, from);
    assert_non_null(at);
    sprintf(out, "%.*s%s%s", (int)(at - xml), xml, to, at + strlen(from));
    zip_source_t *s = zip_source_buffer(z, out, strlen(out), 1);
    assert_true(zip_file_add(z, name, s, ZIP_FL_OVERWRITE) >= 0);
    assert_int_equal(zip_close(z), 0);
    free(xml);
}

static void change_word(const char *path, int f)
{
    if (f == 3) rewrite(path, "비밀", "공개");
    if (f == 1) edit_part(path, "Contents/section0.xml", "비밀", "공개");
    if (f == 0) edit_part(path, "word/document.xml", "비밀", "공개");
}

/* What a person changed counts, and what was there before is nowhere in the file. */
static void changed_text_counts(void **state)
{
    (void)state;
    for (int r = 0; r < 12; r++)
        for (int f = 0; f < PACKAGES; f++) {
            if (packages[f] == MOIM_PDF) continue;
            struct made x;
            make(&x, true);
            strcpy(x.text[0], "네, 비밀 이야기");
            struct moim_transcript_file t = by_file(&x, f, change_word);
            strcpy(x.text[0], "네, 공개 이야기");
            same_turns(&x, &t, f == 3 ? 0 : 1, suffix[f]);
            assert_string_equal(t.title, x.title);
            assert_true(noted(&t, "it was changed after moim wrote it"));
            assert_true(noted(&t, "중요한 곳"));
            assert_true(noted(&t, "견적서를 보낸다"));
            moim_transcript_file_clear(&t);
        }
}

static void drop_record(const char *path, int f)
{
    static const char *const name[] = {"customXml/item1.xml", "Contents/moim.dat"};
    if (f == 3) rewrite(path, "<script type=\"application/vnd.moim.meeting\">", "<script>");
    if (f == 2) rewrite(path, "%%EOF", "");
    if (f > 1) return;
    zip_t *z = zip_open(path, 0, NULL);
    assert_int_equal(zip_delete(z, (zip_uint64_t)zip_name_locate(z, name[f], 0)), 0);
    assert_int_equal(zip_close(z), 0);
}

/* As after another program saved it: the visible text alone. */
static void visible_text_comes_back(void **state)
{
    (void)state;
    for (int r = 0; r < 12; r++)
        for (int f = 0; f < PACKAGES; f++) {
            struct made x;
            make(&x, true);
            struct moim_transcript_file t = by_file(&x, f, drop_record);
            blank_joined = packages[f] == MOIM_PDF;
            same_turns(&x, &t, f == 3 ? 0 : 1, suffix[f]);
            assert_string_equal(t.title, x.title);
            blank_joined = false;
            assert_false(noted(&t, "it was changed"));
            moim_transcript_file_clear(&t);
        }
}

/* The copy inside holds nothing that the document does not show. */
static void record_holds_what_is_shown(void **state)
{
    struct made x;
    make(&x, true);
    strcpy(x.text[1], "only in the transcript");
    struct moim_word w = {.text = (char *)(uintptr_t) "gone", .spoken = (char *)(uintptr_t) "spoken"};
    x.list[0].first_pass = (char *)(uintptr_t) "heard first";
    x.list[0].words = &w;
    x.list[0].n_words = 1;
    x.m.error = (char *)(uintptr_t) "disk on fire";
    struct moim_document doc = document(&x);
    char *json = moim_record_json(&doc);
    (void)state;
    assert_non_null(json);
    assert_non_null(strstr(json, x.title));
    assert_null(strstr(json, "gone"));
    assert_null(strstr(json, "spoken"));
    assert_null(strstr(json, "heard first"));
    assert_null(strstr(json, "fire"));
    free(json);
    doc.minutes_only = true;
    json = moim_record_json(&doc);
    assert_null(strstr(json, "중요한 곳"));
    assert_null(strstr(json, x.text[1]));
    assert_non_null(strstr(json, "견적서를 보낸다"));
    free(json);
}

/* Any other text, any other record: shut. */
static void record_opens_for_its_text_alone(void **state)
{
    char *record = moim_record_seal("{\"a\": 1}", "한 두 세");
    (void)state;
    assert_non_null(record);
    char *json = moim_record_open(record, strlen(record), " 한\n두\xc2\xa0세 ");
    assert_string_equal(json, "{\"a\": 1}");
    free(json);
    assert_null(moim_record_open(record, strlen(record), "한 두 네"));
    assert_null(moim_record_open(record, strlen(record) - 4, "한 두 세"));
    record[30] ^= 1;
    assert_null(moim_record_open(record, strlen(record), "한 두 세"));
    assert_null(moim_record_open("", 0, ""));
    free(record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_comes_back),
        cmocka_unit_test(json_comes_back),
        cmocka_unit_test(subtitles_come_back),
        cmocka_unit_test(documents_come_back),
        cmocka_unit_test(changed_text_counts),
        cmocka_unit_test(visible_text_comes_back),
        cmocka_unit_test(record_holds_what_is_shown),
        cmocka_unit_test(record_opens_for_its_text_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
