/* Transcripts of other programs: the table of tests/storage/texts_table.h, Word documents, and files that mean harm. */
#include "storage/transcript_file.h"
#include "testing.h"
#include "texts_table.h"

#include <math.h>
#include <zip.h>

static struct moim_err err;

static const char utf16[] = "\xff\xfe\x40\xae:\0 \0$\xb1.\0\n";

static bool has_note(const struct moim_transcript_file *t, const char *words)
{
    for (int i = 0; i < t->n_notes; i++)
        if (strstr(t->notes[i].text, words)) return true;
    return false;
}

/* "" when the turns are those of want, else where they differ. */
static void compare(const struct moim_transcript_file *t, const char *want, char *why, size_t cap)
{
    int i = 0;
    *why = 0;
    for (const char *p = want; *p && !*why; i++) {
        const char *bar = strchr(p, '|'), *second = strchr(bar + 1, '|'), *end = strchr(second, '\n');
        size_t who = (size_t)(bar - p), what = (size_t)(end - second - 1);
        if (i >= t->n) {
            snprintf(why, cap, "%d turns only", t->n);
        } else if (strlen(t->turns[i].speaker) != who || memcmp(t->turns[i].speaker, p, who) ||
                   strlen(t->turns[i].text) != what || memcmp(t->turns[i].text, second + 1, what)) {
            snprintf(why, cap, "turn %d: %s|%g|%s", i, t->turns[i].speaker, t->turns[i].start,
                     t->turns[i].text);
        } else if (second > bar + 1 && fabs(t->turns[i].start - atof(bar + 1)) > 1e-6) {
            snprintf(why, cap, "turn %d begins at %g", i, t->turns[i].start);
        } else if (!(t->turns[i].end > t->turns[i].start)) {
            snprintf(why, cap, "turn %d has no length", i);
        }
        p = end + 1;
    }
    if (!*why && i != t->n) snprintf(why, cap, "%d turns: %s", t->n, t->turns[i].text);
}

static void every_text_gives_its_turns(void **state)
{
    (void)state;
    int failed = 0;
    for (size_t i = 0; i < N_TEXTS; i++) {
        const struct text_input *in = &texts[i];
        struct moim_transcript_file t;
        char why[500] = "";
        const char *data = in->text ? in->text : utf16;
        size_t n = in->text ? strlen(in->text) : sizeof utf16;
        if (moim_transcript_file_parse(&t, in->file, data, n, &err)) {
            print_message("%s: %s\n", in->what, err.msg);
            failed++;
            continue;
        }
        compare(&t, in->turns, why, sizeof why);
        if (!*why && in->title && strcmp(t.title, in->title)) snprintf(why, sizeof why, "title: %s", t.title);
        if (!*why && in->date && strcmp(t.date_line, in->date))
            snprintf(why, sizeof why, "date: %s", t.date_line);
        if (!*why && in->note && !has_note(&t, in->note))
            snprintf(why, sizeof why, "no note of %s", in->note);
        if (*why) print_message("%s (%s): %s\n", in->file, in->what, why);
        failed += *why != 0;
        moim_transcript_file_clear(&t);
    }
    if (failed) fail_msg("%d of %zu texts", failed, N_TEXTS);
}

static void words_of_others_keep_their_times(void **state)
{
    (void)state;
    struct moim_transcript_file t;
    const char *json =
        "[{\"start\":0.5,\"end\":1.5,\"text\":\" Hi you.\",\"words\":[{\"start\":0.5,\"end\":0.9,\"word\":\" Hi\",\"probability\":0.5},{\"start\":1.0,\"end\":1.5,\"word\":\" you.\"}]},"
        "{\"start\":2,\"end\":3,\"text\":\"Other words.\",\"words\":[{\"start\":2,\"end\":3,\"word\":\"nothing\"}]}]";
    assert_ok(moim_transcript_file_parse(&t, "a.json", json, strlen(json), &err), err);
    assert_int_equal(t.words[0].n, 2);
    assert_string_equal(t.words[0].list[1].text, "you.");
    assert_true(t.words[0].list[1].start == 1.0 && t.words[0].list[0].confidence == 0.5f);
    assert_int_equal(t.words[1].n, 0); /* words that are not the text's */
    moim_transcript_file_clear(&t);
}

/* ---- Word ---- */

static size_t make_docx(const char *name, const char *xml, size_t n, char **out)
{
    char path[] = "/tmp/moim-docx-XXXXXX";
    int fd = mkstemp(path), why;
    assert_true(fd >= 0);
    zip_t *z = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &why);
    assert_non_null(z);
    assert_true(zip_file_add(z, name, zip_source_buffer(z, xml, n, 0), 0) >= 0);
    assert_int_equal(zip_close(z), 0);
    FILE *f = fopen(path, "rb");
    *out = malloc(1 << 20);
    size_t got = fread(*out, 1, 1 << 20, f);
    fclose(f);
    remove(path);
    return got;
}

static void word_documents_are_read(void **state)
{
    (void)state;
    struct moim_transcript_file t;
    char *data, why[500];
    const char *xml =
        "<?xml version=\"1.0\"?><w:document xmlns:w=\"x\"><w:body>"
        "<w:p><w:r><w:t>Weekly</w:t></w:r></w:p><w:p><w:r><w:t>March 2, 2026, 1:30AM</w:t></w:r></w:p><w:p/>"
        "<w:p><w:r><w:t>Hong </w:t></w:r><w:r><w:t xml:space=\"preserve\">Gildong   0:03</w:t><w:br/><w:t>R&amp;D 안녕하세요.</w:t></w:r></w:p><w:p/>"
        "<w:p><w:r><w:t>Ann Lee</w:t><w:tab/><w:t>0:05</w:t><w:br/><w:t>Hello.</w:t></w:r></w:p></w:body></w:document>";
    size_t n = make_docx("word/document.xml", xml, strlen(xml), &data);
    assert_ok(moim_transcript_file_parse(&t, "teams.docx", data, n, &err), err);
    compare(&t, "Hong Gildong|3|R&D 안녕하세요.\nAnn Lee|5|Hello.\n", why, sizeof why);
    if (*why) fail_msg("%s", why);
    assert_string_equal(t.title, "Weekly");
    moim_transcript_file_clear(&t);
    free(data);
}

/* A row of a table, its cells parted by '|'. */
static void put_row(FILE *out, const char *cells)
{
    fputs("<w:tr>", out);
    for (size_t n; *cells; cells += n + (cells[n] == '|')) {
        n = strcspn(cells, "|");
        fprintf(out, "<w:tc><w:tcPr/><w:p><w:r><w:t>%.*s</w:t></w:r></w:p></w:tc>", (int)n, cells);
    }
    fputs("</w:tr>", out);
}

static void check_table(const char *const rows[], const char *want)
{
    struct moim_transcript_file t;
    char *data, *xml, why[500];
    size_t n_xml;
    FILE *out = open_memstream(&xml, &n_xml);
    fputs("<w:document xmlns:w=\"x\"><w:body><w:p><w:r><w:t>Weekly</w:t></w:r></w:p><w:tbl>", out);
    for (int i = 0; rows[i]; i++) put_row(out, rows[i]);
    fputs("</w:tbl><w:p/></w:body></w:document>", out);
    fclose(out);
    size_t n = make_docx("word/document.xml", xml, n_xml, &data);
    assert_ok(moim_transcript_file_parse(&t, "table.docx", data, n, &err), err);
    compare(&t, want, why, sizeof why);
    if (*why) fail_msg("%s: %s", rows[0], why);
    assert_string_equal(t.title, "Weekly");
    moim_transcript_file_clear(&t);
    free(data);
    free(xml);
}

static void tables_of_word_keep_the_names(void **state)
{
    (void)state;
    const char *want = "Hong Gildong|5|R&D first.\nAnn Lee|9|0:05 was early.\nAnn Lee|12|Yes.\n";
#define ROWS "0:05|Hong Gildong|R&amp;D first.", "0:09|Ann Lee|0:05 was early.", "0:12||Yes."
    check_table((const char *const[]){ROWS, NULL}, want);
    check_table((const char *const[]){"Time|Name|Text", ROWS, NULL}, want);
    check_table((const char *const[]){"시간|화자|내용", ROWS, "시간|화자|내용", NULL}, want);
    check_table((const char *const[]){"발언자|발언 내용", "김 부장|시작합시다.", "이민수|네.", NULL},
                "김 부장|0|시작합시다.\n이민수||네.\n");
    check_table((const char *const[]){"김 부장|시작합시다.", "이민수|네.", NULL},
                "김 부장|0|시작합시다.\n이민수||네.\n");
    check_table((const char *const[]){"1|Kim|0:05 is early.", "2|Lee|Yes.", NULL},
                "Kim|0|0:05 is early.\nLee||Yes.\n");
    check_table((const char *const[]){"[0:05 - 0:07]|Kim|One.", NULL}, "Kim|5|One.\n");
}

static void refused(const char *name, const char *data, size_t n, int code, const char *words)
{
    struct moim_transcript_file t;
    int rc = moim_transcript_file_parse(&t, name, data, n, &err);
    if (rc != code || !strstr(err.msg, words) || !strstr(err.msg, name) || strchr(err.msg, '\n'))
        fail_msg("%s: %d %s", name, rc, err.msg);
}

static void what_is_no_transcript_is_refused_with_a_line(void **state)
{
    (void)state;
    char *data, *big = malloc(70 << 20);
    refused("a.json", "{\"a\": 1}", 8, MOIM_EFORMAT, "not a transcript");
    refused("a.json", "{", 1, MOIM_EFORMAT, "not a transcript");
    refused("a.srt", "hello\n", 6, MOIM_EFORMAT, "line 1");
    refused("a.txt", " \n\n", 3, MOIM_EFORMAT, "nothing is said");
    refused("a.txt", "a\0b", 3, MOIM_EFORMAT, "not a text");
    refused("a.docx", "PK\3\4 broken", 12, MOIM_EFORMAT, "Word");
    size_t n = make_docx("other.xml", "<a/>", 4, &data);
    refused("a.docx", data, n, MOIM_EFORMAT, "Word");
    free(data);
    n = make_docx("word/document.xml", "<w:p><w:t>unclosed", 18, &data);
    refused("a.docx", data, n, MOIM_EFORMAT, "Word");
    free(data);
    memset(big, ' ', 70 << 20); /* 70 MB that pack into little */
    n = make_docx("word/document.xml", big, 70 << 20, &data);
    refused("bomb.docx", data, n, MOIM_EINVAL, "64 MB");
    free(data);
    free(big);
    const char *laughs =
        "<!DOCTYPE a [<!ENTITY x \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"><!ENTITY y \"&x;&x;&x;&x;&x;&x;&x;&x;\"><!ENTITY z \"&y;&y;&y;&y;&y;&y;&y;&y;\">"
        "<!ENTITY q \"&z;&z;&z;&z;&z;&z;&z;&z;\"><!ENTITY r \"&q;&q;&q;&q;&q;&q;&q;&q;\"><!ENTITY s \"&r;&r;&r;&r;&r;&r;&r;&r;\"><!ENTITY u \"&s;&s;&s;&s;&s;&s;&s;&s;\">"
        "<!ENTITY v \"&u;&u;&u;&u;&u;&u;&u;&u;\">]><w:p xmlns:w=\"x\"><w:t>&v;&v;&v;&v;&v;&v;&v;&v;</w:t></w:p>";
    n = make_docx("word/document.xml", laughs, strlen(laughs), &data);
    refused("laughs.docx", data, n, MOIM_EFORMAT, "Word");
    free(data);
}

/* ---- large pages ---- */

static void sound_in_a_page_does_not_count(void **state)
{
    (void)state;
    struct moim_transcript_file t;
    char path[] = "/tmp/moim-page-XXXXXX.html", block[4096], why[500];
    int fd = mkstemps(path, 5);
    assert_true(fd >= 0);
    FILE *f = fdopen(fd, "w");
    memset(block, 'A', sizeof block);
    fputs("<!doctype html><body><audio src=\"data:audio/flac;base64,", f);
    for (int i = 0; i < (65 << 20) / (int)sizeof block; i++) fwrite(block, 1, sizeof block, f);
    fputs("\"></audio><p>[0:05] Kim: ;base64,Words stay.</p></body>", f);
    assert_int_equal(fclose(f), 0);
    assert_ok(moim_transcript_file_read(&t, path, &err), err);
    compare(&t, "Kim|5|;base64,Words stay.\n", why, sizeof why);
    if (*why) fail_msg("%s", why);
    moim_transcript_file_clear(&t);
    f = fopen(path, "w");
    for (int i = 0; i < (65 << 20) / (int)sizeof block; i++) fwrite(block, 1, sizeof block, f);
    fclose(f);
    assert_int_equal(moim_transcript_file_read(&t, path, &err), MOIM_EINVAL);
    assert_non_null(strstr(err.msg, "larger than 64 MB"));
    remove(path);
}

static void minutes_alone_are_said_to_be_so(void **state)
{
    (void)state;
    static const char *const page[][2] = {
        {"a.txt", "주간\n====\n2026-03-02 10:30, 1:05\n\n요약\n----\n- 보냄 (0:05)\n"},
        {"a.md", "# 주간\n\n2026-03-02 10:30, 1:05\n\n## 요약\n\n- 보냄 (0:05)\n"},
        {"note.md", "---\ntitle: \"주간\"\ndate: 2026-03-02\nduration_s: 65\n---\n\n# 주간\n\n- 보냄\n"},
        {"a.html", "<h1>주간</h1><p>2026-03-02 10:30, 1:05</p><h2>요약</h2><ul><li>보냄</li></ul>"},
        {"a.json",
         "{\"title\":\"x\",\"state\":\"summarized\",\"started_at\":\"2026-03-02T10:30:00Z\",\"duration_s\":65}"},
    };
    for (size_t i = 0; i < sizeof page / sizeof *page; i++)
        refused(page[i][0], page[i][1], strlen(page[i][1]), MOIM_EFORMAT,
                "holds minutes alone, no transcript");
}

/* ---- docs/inputs.md ---- */

static char *read_page(void)
{
    FILE *f = fopen("docs/inputs.md", "r");
    char *page = calloc(1, 1 << 18);
    assert_non_null(f);
    assert_true(fread(page, 1, (1 << 18) - 1, f) > 0);
    fclose(f);
    return page;
}

static void the_page_of_inputs_names_each(void **state)
{
    (void)state;
    char *page = read_page();
    for (size_t i = 0; i < N_TEXTS; i++) {
        char row[300];
        const char *dot = strrchr(texts[i].file, '.');
        snprintf(row, sizeof row, "| %s | %s |\n", dot ? dot : "(none)", texts[i].what);
        if (!strstr(page, row)) fail_msg("docs/inputs.md lacks: %s", row);
    }
    free(page);
}

/* --table: the rows of docs/inputs.md. */
int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && !strcmp(argv[1], "--table") && i < N_TEXTS; i++) {
        const char *dot = strrchr(texts[i].file, '.');
        printf("| %s | %s |\n", dot ? dot : "(none)", texts[i].what);
    }
    if (argc == 2) return 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_text_gives_its_turns),
        cmocka_unit_test(words_of_others_keep_their_times),
        cmocka_unit_test(word_documents_are_read),
        cmocka_unit_test(tables_of_word_keep_the_names),
        cmocka_unit_test(what_is_no_transcript_is_refused_with_a_line),
        cmocka_unit_test(sound_in_a_page_does_not_count),
        cmocka_unit_test(minutes_alone_are_said_to_be_so),
        cmocka_unit_test(the_page_of_inputs_names_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
