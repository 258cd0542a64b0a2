/* What the user wrote is always there, once, at its time, whatever is recognised later; undo always undoes;
 * no other recognised word is lost. Random sequences against a model that knows words and times only. A
 * failure prints the sequence; MOIM_SEED repeats it, MOIM_SEQUENCES sets how many there are. */
#include "testing.h"

#include "firmware/pipeline/diarize_stage.h"
#include "storage/speakers.h"
#include "storage/store.h"

#include <math.h>
#include <stdarg.h>
#include <unistd.h>

enum { WORDS = 400, FIXES = 64, TIMES = 4096, STEPS = 6, GONE = 64, SPEAKERS = 512 };
#define LENGTH 60.0 /* seconds of a meeting */
#define NEAR 0.003  /* stored times are in milliseconds: nearer to an edge a word may fall on either side */

struct word {
    char text[16];
    double start, end;
};
struct fix {
    int64_t id;
    double start, end;
    char text[STEPS][200];
    int n;
};
struct given {
    double start, end;
    int speaker;
};

static char path[64];
static struct moim_store *store;
static struct moim_err err;

static int64_t meeting;
static struct word word[WORDS];
static struct fix fix[FIXES];
static struct given given[TIMES];
static char name[SPEAKERS][16];
static int64_t gone[GONE];
static int n_words, n_fixes, n_given, n_gone, serial;
static struct moim_segment *line;
static int n_lines;

/* ---- chance, and the log of a sequence ---- */

static uint64_t state;
static char log_text[1 << 16];
static size_t log_used;

static int draw(int below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (int)(state % (uint64_t)below);
}

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(log_text + log_used, sizeof log_text - log_used, format, ap);
    va_end(ap);
    if (n > 0 && log_used + (size_t)n < sizeof log_text) log_used += (size_t)n;
}

static uint64_t seed_now;
static void give_up(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
static void give_up(const char *format, ...)
{
    char why[1000];
    va_list ap;
    va_start(ap, format);
    vsnprintf(why, sizeof why, format, ap);
    va_end(ap);
    fprintf(stderr, "MOIM_SEED=%llu\n%s", (unsigned long long)seed_now, log_text);
    for (int i = 0; i < n_lines; i++)
        fprintf(stderr, "  line %lld %.3f-%.3f speaker %d%s: %s\n", (long long)line[i].id, line[i].start,
                line[i].end, line[i].speaker, line[i].edited ? " (corrected)" : "", line[i].text);
    fail_msg("%s", why);
    abort();
}

static void must(int rc, const char *what)
{
    if (rc) give_up("%s: %s", what, err.msg);
}

/* ---- the model ---- */

static double middle(const struct word *w)
{
    return (w->start + w->end) / 2;
}

static int fix_over(const struct word *w, bool *edge)
{
    *edge = false;
    for (int i = 0; i < n_fixes; i++)
        *edge |= fabs(middle(w) - fix[i].start) < NEAR || fabs(middle(w) - fix[i].end) < NEAR;
    for (int i = 0; i < n_fixes; i++)
        if (middle(w) >= fix[i].start && middle(w) < fix[i].end) return i;
    return -1;
}

static int speaker_given(const struct word *w, bool *edge)
{
    *edge = false;
    for (int i = 0; i < n_given; i++)
        *edge |= fabs(middle(w) - given[i].start) < NEAR || fabs(middle(w) - given[i].end) < NEAR;
    for (int i = n_given - 1; i >= 0; i--)
        if (middle(w) >= given[i].start && middle(w) < given[i].end) return given[i].speaker;
    return 0;
}

static struct fix *fix_of(int64_t id)
{
    for (int i = 0; i < n_fixes; i++)
        if (fix[i].id == id) return &fix[i];
    return NULL;
}

static void load(void)
{
    moim_segments_free(line, n_lines);
    line = NULL;
    n_lines = 0;
    must(moim_segments_get(store, meeting, &line, &n_lines, &err), "get");
}

/* Line ids that are there no more, to be refused later. */
static void forget_lines(const int64_t *id, int n)
{
    for (int i = 0; i < n; i++) {
        bool there = false;
        for (int j = 0; j < n_lines; j++) there |= line[j].id == id[i];
        if (!there) gone[n_gone++ % GONE] = id[i];
    }
}

/* ---- checks ---- */

static void check_lines(void)
{
    int corrected = 0;
    for (int i = 0; i < n_lines; i++) {
        const struct moim_segment *g = &line[i];
        corrected += g->edited;
        if (g->edited && !fix_of(g->id)) give_up("line %lld is called corrected", (long long)g->id);
        if (!(g->start <= g->end)) give_up("line %lld ends before it begins", (long long)g->id);
        if (i && line[i - 1].end > g->start + 1e-9)
            give_up("lines %lld and %lld overlap", (long long)line[i - 1].id, (long long)g->id);
        if (g->speaker > 0 && strcmp(g->speaker_name, name[g->speaker % SPEAKERS]))
            give_up("speaker %d is called '%s', not '%s'", g->speaker, g->speaker_name, name[g->speaker]);
    }
    if (corrected != n_fixes) give_up("%d corrected lines, not %d", corrected, n_fixes);
}

static void check_fix(const struct fix *f)
{
    const struct moim_segment *g = NULL;
    for (int i = 0; i < n_lines; i++)
        if (line[i].id == f->id) g = &line[i];
    if (!g) give_up("correction %lld is gone", (long long)f->id);
    if (strcmp(g->text, f->text[f->n - 1]) || g->start != f->start || g->end != f->end)
        give_up("correction %lld has changed: '%s'", (long long)f->id, f->text[f->n - 1]);
    /* Words that are heard keep their time, the others lie within the line, in order. */
    double at = g->start - 1e-9;
    for (int k = 0; k < g->n_words; k++) {
        double from = g->words[k].start, to = g->words[k].end;
        const char *text = g->words[k].text;
        if (from < at - NEAR || to < from || to > g->end + 1e-9)
            give_up("word '%s' of correction %lld is at %.3f-%.3f", text, (long long)f->id, from, to);
        at = from;
        bool edge;
        for (int i = 0; i < n_words; i++)
            if (!strcmp(word[i].text, text) && fix_over(&word[i], &edge) == f - fix && !edge &&
                fabs(fmax(word[i].start, f->start) - from) > NEAR)
                give_up("word '%s' of correction %lld is at %.3f, heard at %.3f", text, (long long)f->id,
                        from, word[i].start);
    }
}

static void check_word(const struct word *w)
{
    bool edge, edge_given;
    int found = 0, below = fix_over(w, &edge), speaker = speaker_given(w, &edge_given);
    const struct moim_segment *in = NULL;
    for (int i = 0; i < n_lines; i++)
        for (const char *p = line[i].edited ? NULL : strstr(line[i].text, w->text); p;
             p = strstr(p + 1, w->text)) {
            found++;
            in = &line[i];
        }
    if (!edge && found != (below < 0))
        give_up("word '%s' at %.3f-%.3f is found %d times%s", w->text, w->start, w->end, found,
                below < 0 ? "" : ", under a correction");
    if (!in) return;
    if (middle(w) < in->start - NEAR || middle(w) > in->end + NEAR)
        give_up("word '%s' at %.3f-%.3f is in a line elsewhere", w->text, w->start, w->end);
    if (speaker && !edge_given && in->speaker != speaker)
        give_up("word '%s' at %.3f-%.3f is speaker %d's, not %d's", w->text, w->start, w->end, in->speaker,
                speaker);
}

static void check(void)
{
    int said = 0, outside = 0;
    load();
    check_lines();
    for (int i = 0; i < n_fixes; i++) check_fix(&fix[i]);
    for (int i = 0; i < n_words; i++) {
        bool edge;
        check_word(&word[i]);
        if (fix_over(&word[i], &edge) >= 0 && !edge) continue;
        for (const char *p = word[i].text; (p = strchr(p, 'w')); p++) outside++;
    }
    for (int i = 0; i < n_lines; i++)
        for (const char *p = line[i].edited ? NULL : strchr(line[i].text, 'w'); p; p = strchr(p + 1, 'w'))
            said++;
    if (said > outside) give_up("%d words in lines, only %d are recognised", said, outside);
}

/* ---- what is done ---- */

static double millis(int ms)
{
    return ms / 1000.0;
}

/* A line of words from at on, ms; where it ends. With times or without. */
static int make_line(struct moim_segment *g, int at)
{
    static char text[64][200], said[64][8][24];
    static struct moim_word heard[64][8];
    static int slot;
    int n = 1 + draw(7), first = n_words;
    if (n_words + n > WORDS / 2) n = 1;
    bool timed = draw(8) != 0;
    slot = (slot + 1) % 64;
    char *t = text[slot];
    *t = 0;
    *g = (struct moim_segment){.start = millis(at),
                               .text = t,
                               .words = heard[slot],
                               .n_words = n,
                               .first_pass = "",
                               .language = "en",
                               .confidence = 0.5};
    for (int i = 0; i < n; i++) {
        struct word *w = &word[n_words++];
        int length = 40 + draw(draw(4) ? 500 : 2500);
        *w = (struct word){.start = millis(at), .end = millis(at + length)};
        snprintf(w->text, sizeof w->text, "w%d.", ++serial);
        sprintf(t + strlen(t), "%s%s", i && draw(6) ? " " : "", w->text);
        snprintf(said[slot][i], sizeof said[slot][i], "%s", w->text);
        heard[slot][i] =
            (struct moim_word){.text = said[slot][i], .start = w->start, .end = w->end, .confidence = 0.5f};
        at += length;
        g->end = millis(at);
        at += draw(3) ? 0 : draw(200);
    }
    if (timed) return at;
    /* Words without times share the line by their length: here each is one, whatever stands between. */
    g->n_words = 0;
    if (draw(2)) g->words = NULL;
    size_t whole = 0, so_far = 0;
    *t = 0;
    for (int i = first; i < n_words; i++) {
        whole += strlen(word[i].text);
        sprintf(t + strlen(t), "%s%s", i > first ? " " : "", word[i].text);
    }
    for (int i = first; i < n_words; i++) {
        word[i].start = g->start + (g->end - g->start) * (double)so_far / (double)whole;
        so_far += strlen(word[i].text);
        word[i].end = g->start + (g->end - g->start) * (double)so_far / (double)whole;
    }
    return at;
}

static int make_lines(struct moim_segment *list)
{
    bool silent = !draw(12), edge, any_edge;
    int n;
    do {
        n = n_words = 0;
        any_edge = false;
        for (int at = draw(4000); !silent && at < LENGTH * 1000 && n < 60;
             at += draw(2) ? draw(300) : draw(6000))
            at = make_line(&list[n++], at);
        for (int i = 0; i < n_words; i++, any_edge |= edge) fix_over(&word[i], &edge);
    } while (any_edge);
    return n;
}

static void recognise(void)
{
    struct moim_segment list[64];
    static struct word old[WORDS];
    int64_t before[WORDS];
    int n_before = n_lines, n_old = n_words;
    bool edge, heard[FIXES] = {false};
    for (int i = 0; i < n_lines; i++) before[i] = line[i].id;
    memcpy(old, word, sizeof old);
    int n = make_lines(list), n_new = n_words;
    note("recognise: %d lines, %d words\n", n, n_words);
    for (int i = 0; i < n; i++)
        note("    %.3f-%.3f %s (%d words with times)\n", list[i].start, list[i].end, list[i].text,
             list[i].n_words);
    must(moim_segments_put(store, meeting, list, n, "en", MOIM_RESCORED, &err), "put");
    /* Where nothing is heard now, what was heard last lies below a correction. */
    for (int i = 0, f; i < n_new; i++)
        if ((f = fix_over(&word[i], &edge)) >= 0) heard[f] = true;
    for (int i = 0, f; i < n_old; i++)
        if ((f = fix_over(&old[i], &edge)) >= 0 && !heard[f]) word[n_words++] = old[i];
    load();
    forget_lines(before, n_before);
}

static void edit(void)
{
    if (!n_lines) return;
    const struct moim_segment *g = &line[draw(n_lines)];
    struct fix *f = fix_of(g->id);
    char text[200] = "";
    if (draw(10)) snprintf(text, sizeof text, "U%d! %.*s", ++serial, draw(40), g->text);
    if ((!f && n_fixes == FIXES) || (f && f->n == STEPS)) return;
    note("edit %lld %.3f-%.3f: '%s'\n", (long long)g->id, g->start, g->end, text);
    must(moim_segment_edit(store, g->id, text, &err), "edit");
    if (!f) {
        f = &fix[n_fixes++];
        *f = (struct fix){.id = g->id, .start = g->start, .end = g->end};
    }
    strcpy(f->text[f->n++], text);
}

static void undo(void)
{
    if (!n_lines) return;
    int64_t id = n_fixes && draw(5) ? fix[draw(n_fixes)].id : line[draw(n_lines)].id;
    struct fix *f = fix_of(id);
    note("undo %lld\n", (long long)id);
    int rc = moim_segment_undo(store, id, &err);
    if (!f && rc != MOIM_ENOENT) give_up("undo of what was not corrected: %d", rc);
    if (!f) return;
    must(rc, "undo");
    if (--f->n) return;
    *f = fix[--n_fixes];
}

static void give(double start, double end, int speaker)
{
    if (n_given < TIMES) given[n_given++] = (struct given){start, end, speaker};
}

static void move(void)
{
    if (!n_lines || n_given > TIMES - 400) return;
    const struct moim_segment *g = &line[draw(n_lines)];
    int speaker = 1 + draw(5);
    note("move %lld %.3f-%.3f to speaker %d\n", (long long)g->id, g->start, g->end, speaker);
    must(moim_segment_set_speaker(store, meeting, g->id, speaker, &err), "move");
    give(g->start, g->end, speaker);
}

static void merge(void)
{
    if (!n_lines || n_given > TIMES - 400) return;
    int from = line[draw(n_lines)].speaker, into = 1 + draw(5);
    if (from < 1 || from == into) return;
    note("merge %d into %d\n", from, into);
    must(moim_speaker_merge(store, meeting, from, into, &err), "merge");
    for (int i = 0; i < n_given; i++)
        if (given[i].speaker == from) given[i].speaker = into;
    for (int i = 0; i < n_lines; i++)
        if (line[i].speaker == from) give(line[i].start, line[i].end, into);
    *name[from] = 0;
}

static void rename_one(void)
{
    if (!n_lines) return;
    int speaker = line[draw(n_lines)].speaker;
    if (speaker < 1) return;
    snprintf(name[speaker], sizeof *name, "n%d", ++serial);
    note("name %d %s\n", speaker, name[speaker]);
    must(moim_speaker_rename(store, meeting, speaker, name[speaker], &err), "name");
}

static void tell_apart(void)
{
    struct moim_turn turn[40];
    int number[MOIM_DIARIZE_SPEAKERS];
    struct moim_diarization d = {.turns = turn, .speakers = 1 + draw(4), .duration = LENGTH};
    for (double at = draw(3000) / 1000.0; at < LENGTH && d.n < 40; d.n++) {
        turn[d.n] = (struct moim_turn){
            .start = at, .end = at + 0.3 + draw(5000) / 1000.0, .speaker = draw(d.speakers)};
        at = turn[d.n].end + draw(500) / 1000.0;
    }
    note("tell %d speakers apart:", d.speakers);
    for (int i = 0; i < d.n; i++) note(" %.3f-%.3f %d,", turn[i].start, turn[i].end, turn[i].speaker);
    note("\n");
    must(moim_speakers_from(store, meeting, &d, number, &err), "speakers");
}

static void ask_for_what_is_gone(void)
{
    if (!n_gone) return;
    int64_t id = gone[draw(n_gone < GONE ? n_gone : GONE)];
    note("ask for %lld, which is gone\n", (long long)id);
    if (moim_segment_edit(store, id, "lost", &err) != MOIM_ENOENT ||
        moim_segment_undo(store, id, &err) != MOIM_ENOENT ||
        moim_segment_set_speaker(store, meeting, id, 1, &err) != MOIM_ENOENT)
        give_up("line %lld is gone, and is taken for another", (long long)id);
}

static void one_sequence(uint64_t seed)
{
    static void (*const what[])(void) = {recognise,
                                         recognise,
                                         recognise,
                                         edit,
                                         edit,
                                         edit,
                                         edit,
                                         undo,
                                         undo,
                                         undo,
                                         move,
                                         move,
                                         merge,
                                         rename_one,
                                         tell_apart,
                                         tell_apart,
                                         ask_for_what_is_gone};
    struct moim_meeting m = {.title = "m", .duration = LENGTH, .language = "en", .audio = "", .source = ""};
    seed_now = state = seed;
    log_used = 0;
    n_words = n_fixes = n_given = n_gone = serial = 0;
    memset(name, 0, sizeof name);
    must(moim_meeting_add(store, &m, &meeting, &err), "add");
    load();
    recognise();
    check();
    for (int i = 0, n = 4 + draw(24); i < n; i++) {
        what[draw(sizeof what / sizeof *what)]();
        check();
    }
    /* Every correction can be taken back to the end, and then there is none. */
    while (n_fixes && !draw(2)) {
        undo();
        check();
    }
}

static void what_the_user_wrote_stays_and_undo_undoes(void **unused)
{
    (void)unused;
    const char *seed = getenv("MOIM_SEED"), *many = getenv("MOIM_SEQUENCES");
    int n = many ? atoi(many) : seed ? 1 : 400;
    uint64_t first = seed ? strtoull(seed, NULL, 10) : 0x6d6f696d00000001u;
    for (int i = 0; i < n; i++) one_sequence(first + (uint64_t)i * 0x9e3779b97f4a7c15u);
    must(moim_store_check(store, &err), "check");
    print_message("%d sequences\n", n);
}

/* ---- */

static int prepare(void **unused)
{
    (void)unused;
    /* In memory, where there is such a place: tens of thousands of changes are made. */
    strcpy(path,
           access("/dev/shm", W_OK) ? "/tmp/moim-corrections-XXXXXX" : "/dev/shm/moim-corrections-XXXXXX");
    if (!mkdtemp(path)) return 1;
    strcat(path, "/moim.db");
    return moim_store_open(&store, path, &err);
}

static int clean(void **unused)
{
    (void)unused;
    char command[100];
    moim_segments_free(line, n_lines);
    moim_store_close(store);
    *strrchr(path, '/') = 0;
    snprintf(command, sizeof command, "rm -r %s", path);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_user_wrote_stays_and_undo_undoes),
    };
    return cmocka_run_group_tests(tests, prepare, clean);
}
