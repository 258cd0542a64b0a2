/* Subtitles keep to the words' times and to the practice of subtitles, whatever was said. */
#include "base/text.h"
#include "storage/export_cues.h"
#include "storage/transcript_file.h"
#include "testing.h"

#include <ctype.h>
#include <math.h>
#include <sys/types.h>

#define MOST_WORDS 120

static uint64_t seed;

static unsigned draw(unsigned n)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(seed >> 33) % n;
}

static const char *const korean[] = {
    "이번",   "분기",   "예산은",    "작년보다", "늘리는",      "것으로", "하고,",
    "서버",   "비용과", "교육비에",  "나누어",   "쓰겠습니다.", "네",     "그러면",
    "확인할", "수",     "있을까요?", "12",       "Kubernetes",  "때문에", "좋습니다."};
static const char *const english[] = {
    "the",     "budget",
    "is",      "a",
    "little",  "higher,",
    "because", "we",
    "moved",   "servers.",
    "I",       "of",
    "and",     "agreed?",
    "<tag>",   "A&B",
    "-->",     "yes",
    "to",      "naïve",
    "é",       "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen"};

/* A transcript in memory; what it says is checked against what its cues say. */
struct talk {
    struct moim_meeting meeting;
    struct moim_segment *segments;
    int n;
    bool one_by_one; /* nobody speaks while another does */
    struct moim_document doc;
};

static void add_line(struct talk *t, double start, int speaker, const char *name)
{
    struct moim_segment *g = &t->segments[t->n++];
    int n = 1 + (int)draw(draw(4) ? 14 : MOST_WORDS);
    bool ko = draw(2), timed = draw(5);
    char text[MOST_WORDS * 80] = "";
    double at = start;
    *g = (struct moim_segment){
        .id = t->n, .start = start, .speaker = speaker, .first_pass = "", .language = ""};
    g->speaker_name = (char *)(uintptr_t)name;
    g->words = calloc((size_t)n, sizeof *g->words);
    for (int i = 0; i < n; i++) {
        const char *w = ko ? korean[draw(sizeof korean / sizeof *korean)]
                           : english[draw(sizeof english / sizeof *english)];
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "", w);
        double length = 0.05 + draw(600) / 1000.0;
        g->words[i] = (struct moim_word){strdup(w), NULL, at, at + length, 1, true};
        at += length + (draw(6) ? draw(200) / 1000.0 : draw(3000) / 1000.0);
    }
    g->end = g->words[n - 1].end;
    g->n_words = n;
    g->text = strdup(text);
    if (timed) return;
    moim_words_free(g->words, n);
    g->words = NULL;
    g->n_words = 0;
}

static void make_talk(struct talk *t)
{
    static const char *const name[] = {"", "", "김부장",
                                       "A very long name of somebody with many titles <Dr.>", "Kim"};
    int n = 1 + (int)draw(30);
    double at = 0;
    *t = (struct talk){.one_by_one = draw(2),
                       .meeting = {.language = draw(2) ? "ko" : "en", .title = "", .audio = ""},
                       .segments = calloc((size_t)n, sizeof *t->segments)};
    for (int i = 0; i < n; i++) {
        unsigned who = draw(5);
        add_line(t, at, (int)who, name[who]);
        double end = t->segments[i].end;
        at = t->one_by_one || draw(4) ? end + draw(1500) / 1000.0
                                      : at + (end - at) * draw(100) / 100; /* some speak at once */
    }
    t->doc = (struct moim_document){.meeting = &t->meeting, .segments = t->segments, .n_segments = t->n};
}

static void free_talk(struct talk *t)
{
    for (int i = 0; i < t->n; i++) {
        free(t->segments[i].text);
        moim_words_free(t->segments[i].words, t->segments[i].n_words);
    }
    free(t->segments);
}

/* Without white space. */
static char *bare(const char *s, size_t n)
{
    char *out = calloc(n + 1, 1), *p = out;
    for (size_t i = 0; i < n; i++)
        if (!isspace((unsigned char)s[i])) *p++ = s[i];
    return out;
}

/* The first letter of what is left of a line's words, and the word that it is in. */
struct reader {
    const struct moim_segment *g;
    int word;
    size_t letter;
};

/* Reads a cue's text off the segment's words: *first and *last receive the words that it touches. */
static void read_off(struct reader *r, const char *text, int *first, int *last)
{
    *first = *last = r->word;
    for (const char *p = text; *p; p++) {
        if (isspace((unsigned char)*p)) continue;
        assert_true(r->word < r->g->n_words);
        assert_int_equal(*p, r->g->words[r->word].text[r->letter]);
        *last = r->word;
        if (r->g->words[r->word].text[++r->letter]) continue;
        r->letter = 0;
        r->word++;
    }
}

static void check_lines(const struct talk *t, const struct moim_cue *c, bool label)
{
    char own[MOIM_LABEL];
    const struct moim_segment *g = &t->segments[c->segment];
    const char *who = label ? moim_line_label(own, &t->doc, g) : "", *line = c->text;
    bool wide = false;
    for (const char *p = g->text; *p; p++) wide |= (unsigned char)*p >= 0xe1;
    int indent = moim_columns(who, strlen(who)) + 2;
    for (const char *p = who; indent > 20 && *p; p++) wide |= (unsigned char)*p >= 0xe1;
    int most = wide ? MOIM_CUE_COLUMNS_KO : MOIM_CUE_COLUMNS, n = 0;
    for (; line; n++) {
        const char *end = strchr(line, '\n');
        size_t bytes = end ? (size_t)(end - line) : strlen(line);
        int used = moim_columns(line, bytes) + (!n && *who && c->named && indent <= 20 ? indent : 0);
        if ((!bytes && (n || !c->named)) || used > most) fail_msg("a line of %d columns: %s", used, c->text);
        line = end ? end + 1 : NULL;
    }
    assert_in_range(n, 1, 2);
}

/* Its words' own times, where nobody else speaks at once. */
static void check_times(const struct moim_cue *c, bool alone, struct reader *r)
{
    int first, last;
    const struct moim_word *w = r->g->words;
    bool begins = !r->letter;
    read_off(r, c->text, &first, &last);
    for (int i = first; i < last; i++)
        if (w[i + 1].start - w[i].end > MOIM_CUE_PAUSE + 1e-9)
            fail_msg("over a pause of %.3f s: %s", w[i + 1].start - w[i].end, c->text);
    if (!alone) return;
    if (begins) assert_int_equal(c->start, llround(w[first].start * 1000));
    if (!r->letter) assert_in_range(c->end - llround(w[last].end * 1000), 0, 700);
}

static void check_cues(struct talk *t, bool label)
{
    struct moim_cue *list;
    int n;
    assert_int_equal(moim_cues_make(&t->doc, label, &list, &n), MOIM_OK);
    long long before = 0;
    struct reader *r = calloc((size_t)t->n, sizeof *r);
    char **said = calloc((size_t)t->n, sizeof *said);
    for (int k = 0; k < n; k++) {
        const struct moim_cue *c = &list[k];
        const struct moim_segment *g = &t->segments[c->segment];
        if (c->start < before || c->end <= c->start)
            fail_msg("cue %d from %lld to %lld after %lld", k, c->start, c->end, before);
        before = c->end;
        check_lines(t, c, label);
        char *b = bare(c->text, strlen(c->text)), *old = said[c->segment];
        assert_true(asprintf(&said[c->segment], "%s%s", old ? old : "", b) >= 0);
        free(old);
        free(b);
        r[c->segment].g = g;
        if (!label && g->n_words) check_times(c, t->one_by_one, &r[c->segment]);
    }
    for (int i = 0; i < t->n; i++) {
        char *want = bare(t->segments[i].text, strlen(t->segments[i].text));
        size_t m = strlen(want), have = said[i] ? strlen(said[i]) : 0;
        if (have < m || strcmp(said[i] + have - m, want)) fail_msg("said %s, shown %s", want, said[i]);
        if (!label) assert_int_equal(have, m);
        free(want);
        free(said[i]);
    }
    free(said);
    free(r);
    moim_cues_free(list, n);
}

static void test_any_transcript(void **state)
{
    (void)state;
    for (seed = 1; seed < 1000; seed++) {
        uint64_t own = seed;
        struct talk t;
        make_talk(&t);
        check_cues(&t, false);
        check_cues(&t, true);
        free_talk(&t);
        seed = own;
    }
}

/* Every line of a text as one segment, six letters a second. */
static void check_text(const char *path, size_t skip)
{
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    double at = 0;
    struct talk t = {.one_by_one = true,
                     .meeting = {.language = "ko", .title = "", .audio = ""},
                     .segments = calloc(1000, sizeof *t.segments)};
    if (!f) fail_msg("%s cannot be read", path);
    for (ssize_t n; t.n < 1000 && (n = getline(&line, &room, f)) > 0;) {
        line[strcspn(line, "\n")] = 0;
        if (strlen(line) <= skip) continue;
        struct moim_segment *g = &t.segments[t.n++];
        *g = (struct moim_segment){
            .id = t.n, .start = at, .speaker = 1, .speaker_name = "", .language = "", .first_pass = ""};
        g->text = strdup(line + skip);
        g->end = at += moim_columns(g->text, strlen(g->text)) / 12.0;
    }
    fclose(f);
    free(line);
    t.doc = (struct moim_document){.meeting = &t.meeting, .segments = t.segments, .n_segments = t.n};
    check_cues(&t, false);
    check_cues(&t, true);
    free_talk(&t);
}

static void test_real_text(void **state)
{
    (void)state;
    check_text("docs/samples/meeting-ko.txt", 0);
    check_text("docs/samples/meeting-en.txt", 0);
    check_text("docs/samples/korean-planted.md", 0);
    check_text("docs/samples/english-qmsum.md", 0);
    check_text("docs/samples/recording-endgame.md", 0);
}

static struct moim_word said(const char *text, double start, double end)
{
    return (struct moim_word){(char *)(uintptr_t)text, NULL, start, end, 1, true};
}

static char *written(const struct moim_document *doc, enum moim_format f)
{
    char *text = NULL;
    size_t n = 0;
    struct moim_err err;
    FILE *out = open_memstream(&text, &n);
    assert_ok(moim_export(out, f, doc, &err), err);
    fclose(out);
    return text;
}

/* Korean takes three bytes a letter; the second sentence begins where its words do, after the silence. */
static void test_words_own_times(void **state)
{
    (void)state;
    struct moim_word w[] = {said("예산을", 0, 0.5), said("정하겠습니다.", 0.5, 1.5), said("budget", 6, 6.4),
                            said("is", 6.4, 6.6), said("fixed.", 6.6, 7)};
    struct moim_segment g = {
        .end = 7, .speaker = 2, .speaker_name = "이서연", .first_pass = "", .language = "ko"};
    g.text = "예산을 정하겠습니다. budget is fixed.";
    g.words = w;
    g.n_words = 5;
    struct moim_meeting m = {.language = "ko", .title = "", .audio = ""};
    struct moim_document doc = {.meeting = &m, .segments = &g, .n_segments = 1};
    char *srt = written(&doc, MOIM_SRT), *vtt = written(&doc, MOIM_VTT);
    assert_string_equal(srt, "1\n00:00:00,000 --> 00:00:01,500\n이서연: 예산을 정하겠습니다.\n\n"
                             "2\n00:00:06,000 --> 00:00:07,000\nbudget is fixed.\n\n");
    assert_string_equal(vtt, "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\n<v 이서연>예산을 정하겠습니다.\n\n"
                             "00:00:06.000 --> 00:00:07.000\n<v 이서연>budget is fixed.\n\n");
    free(srt);
    free(vtt);
}

/* Lines end where a phrase does, not before "것" and not after "the". */
static void test_phrases(void **state)
{
    (void)state;
    struct moim_segment g = {.end = 6.5, .speaker_name = "", .first_pass = "", .language = "ko"};
    struct moim_meeting m = {.language = "ko", .title = "", .audio = ""};
    struct moim_document doc = {.meeting = &m, .segments = &g, .n_segments = 1};
    g.text = "다음 주까지 초안을 마무리하고, 검토할 수 있는 것은 모두 검토하겠습니다.";
    char *srt = written(&doc, MOIM_SRT);
    assert_non_null(strstr(srt, "마무리하고,\n검토할 수"));
    free(srt);
    g.text = "We finish the draft next week, and the others look at the figures.";
    srt = written(&doc, MOIM_SRT);
    assert_non_null(strstr(srt, "next week,\nand the others"));
    free(srt);
}

/* "speaker|words|speaker|words": who said what, however it is parted, without white space and arrows. */
static void add_said(char **all, const char **last, const char *who, const char *text)
{
    char *plain = bare(text, strlen(text)), *old = *all, *at;
    while ((at = strstr(plain, "-->"))) memmove(at, at + 3, strlen(at + 3) + 1);
    while ((at = strstr(plain, "→"))) memmove(at, at + 3, strlen(at + 3) + 1);
    bool same = *last && !strcmp(*last, who);
    assert_true(asprintf(all, "%s%s%s%s%s", old ? old : "", same ? "" : "|", same ? "" : who, same ? "" : "|",
                         plain) >= 0);
    *last = who;
    free(old);
    free(plain);
}

static void check_back(const struct talk *t, enum moim_format f)
{
    char own[30][MOIM_LABEL], *want = NULL, *got = NULL, *text = written(&t->doc, f);
    const char *last = NULL;
    struct moim_transcript_file back;
    struct moim_err err;
    for (int i = 0; i < t->n; i++) {
        const struct moim_segment *g = &t->segments[i];
        const char *who = f == MOIM_JSON ? moim_speaker_label(own[i], g, t->meeting.language)
                                         : moim_line_label(own[i], &t->doc, g);
        add_said(&want, &last, who, g->text);
    }
    last = NULL;
    assert_ok(moim_transcript_file_parse(&back,
                                         f == MOIM_VTT   ? "x.vtt"
                                         : f == MOIM_SRT ? "x.srt"
                                         : f == MOIM_TXT ? "x.txt"
                                                         : "x.json",
                                         text, strlen(text), &err),
              err);
    for (int i = 0; i < back.n; i++) add_said(&got, &last, back.turns[i].speaker, back.turns[i].text);
    if (strcmp(want, got)) fail_msg("form %d: said %s, came back %s", f, want, got);
    moim_transcript_file_clear(&back);
    free(want);
    free(got);
    free(text);
}

/* Each form that we read comes back with who said what. */
static void test_comes_back(void **state)
{
    (void)state;
    static const char *const name[] = {"", "", "김부장", "Kim Lee", "이서연 팀장"};
    for (seed = 1; seed < 300; seed++) {
        uint64_t own = seed;
        struct talk t;
        make_talk(&t);
        for (int i = 0; i < t.n; i++) { /* nobody unknown, and names as people have them */
            if (!t.segments[i].speaker) t.segments[i].speaker = 1;
            t.segments[i].speaker_name = (char *)(uintptr_t)name[t.segments[i].speaker];
        }
        if (t.one_by_one) {
            check_back(&t, MOIM_SRT);
            check_back(&t, MOIM_VTT);
            check_back(&t, MOIM_TXT);
            check_back(&t, MOIM_JSON);
        }
        free_talk(&t);
        seed = own;
    }
}

/* Times that no recogniser gives: the file is still one that players read. */
static void test_hostile_times(void **state)
{
    (void)state;
    struct moim_word w[] = {said("a", 5, 1), said("b", -3, INFINITY), said("c", NAN, NAN), said("d", 2, 2)};
    struct moim_segment g[3] = {
        {.start = 3, .end = 1}, {.start = 1, .end = 9}, {.start = 1e300, .end = 1e300}};
    for (int i = 0; i < 3; i++) {
        g[i].text = i ? "a b c d" : " \n ";
        g[i].speaker_name = i == 2 ? "줄\n바꿈" : "";
        g[i].first_pass = g[i].language = "";
        g[i].words = w;
        g[i].n_words = 4;
    }
    struct moim_meeting m = {.language = "", .title = "", .audio = ""};
    struct moim_document doc = {.meeting = &m, .segments = g, .n_segments = 3};
    struct moim_cue *list;
    int n;
    assert_int_equal(moim_cues_make(&doc, true, &list, &n), MOIM_OK);
    assert_true(n >= 2);
    for (int i = 0; i < n; i++)
        assert_true(list[i].end > list[i].start && (!i || list[i].start >= list[i - 1].end));
    moim_cues_free(list, n);
    char *vtt = written(&doc, MOIM_VTT);
    assert_non_null(strstr(vtt, "<v 줄 바꿈>"));
    free(vtt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_own_times), cmocka_unit_test(test_phrases),
        cmocka_unit_test(test_any_transcript),  cmocka_unit_test(test_real_text),
        cmocka_unit_test(test_comes_back),      cmocka_unit_test(test_hostile_times)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
