/* What moim exports, moim reads: random meetings come back with the same speakers, words and times as far as the form
 * has them. */
#include "storage/export.h"
#include "storage/transcript_file.h"
#include "testing.h"

#include <math.h>
#include <unistd.h>

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

/* Turn by turn; times to step seconds. */
static void same_turns(const struct made *x, const struct moim_transcript_file *t, double step,
                       const char *text)
{
    if (t->n != x->n) fail_msg("%d turns of %d:\n%s", t->n, x->n, text);
    for (int i = 0; i < x->n; i++) {
        const struct moim_segment *g = &x->list[i];
        if (strcmp(g->text, t->turns[i].text) || strcmp(g->speaker_name, t->turns[i].speaker))
            fail_msg("%s: %s\nis %s: %s\n%s", g->speaker_name, g->text, t->turns[i].speaker, t->turns[i].text,
                     text);
        if (t->turns[i].start > g->start + 1e-6 || t->turns[i].start < g->start - step - 1e-6)
            fail_msg("%g is %g\n%s", g->start, t->turns[i].start, text);
    }
}

static void text_comes_back(void **state)
{
    static const enum moim_format form[] = {MOIM_TXT, MOIM_MD};
    (void)state;
    for (int r = 0; r < ROUNDS; r++)
        for (int f = 0; f < 2; f++) {
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

static void word_comes_back(void **state)
{
    (void)state;
    for (int r = 0; r < 20; r++) {
        struct made x;
        struct moim_transcript_file t;
        char path[] = "/tmp/moim-round-XXXXXX.docx";
        int fd = mkstemps(path, 5);
        close(fd);
        make(&x, true);
        struct moim_document doc = document(&x);
        assert_ok(moim_export_file(path, MOIM_DOCX, &doc, &err), err);
        assert_ok(moim_transcript_file_read(&t, path, &err), err);
        unlink(path);
        same_turns(&x, &t, 1, "docx");
        assert_string_equal(t.title, x.title);
        moim_transcript_file_clear(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_comes_back),
        cmocka_unit_test(json_comes_back),
        cmocka_unit_test(subtitles_come_back),
        cmocka_unit_test(word_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
