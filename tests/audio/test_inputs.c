/* What people have, and what comes out: the table of tests/audio/inputs_table.h. Each file is made by sox and ffmpeg
 * from one sentence and read; length, time, waveform and level are compared with the sentence. */
#include "audio/decode.h"
#include "inputs_table.h"
#include "testing.h"

#include <math.h>
#include <unistd.h>

#define RATE 16000
static char dir[100] = "/tmp/moim-inputs-XXXXXX";
static float *sentence, *other;
static size_t n_sentence, n_other;

static const char *file(const char *name)
{
    static char path[4][160];
    static unsigned turn;
    char *p = path[turn++ % 4];
    snprintf(p, 160, "%s/%s", dir, name);
    return p;
}

/* "ffmpeg" is short for one that is quiet and overwrites. */
static int sh(const char *command)
{
    char line[2048];
    snprintf(line, sizeof line,
             "cd %s && ffmpeg() { command ffmpeg -v error -nostdin -y \"$@\"; }; "
             "sox() { command sox -V1 -D \"$@\"; }; { %s; } >log 2>&1 </dev/null",
             dir, command);
    return system(line);
}

static float *decode(const char *name, size_t *n)
{
    struct moim_err err = {0};
    float *pcm;
    assert_ok(moim_decode_file(file(name), 60, &pcm, n, &err), err);
    return pcm;
}

/* ---- what is compared ---- */

static double energy(const float *x, size_t n)
{
    double s = 0;
    for (size_t i = 0; i < n; i++) s += (double)x[i] * x[i];
    return s;
}

/* Normalised correlation of n samples, every step-th of them. */
static double alike(const float *a, const float *b, size_t n, size_t step)
{
    float ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i += step) {
        ab += a[i] * b[i];
        aa += a[i] * a[i];
        bb += b[i] * b[i];
    }
    return fabs((double)ab) / sqrt((double)aa * (double)bb + 1e-20);
}

/* Where the piece lies best within most samples about where it should be, by a part of it. A wrong sign counts as
 * right: nobody hears it. */
static long best_lag(const float *truth, const float *pcm, size_t n, size_t total, long at, long most)
{
    double best = -1;
    long lag = 0;
    size_t part = n < RATE ? n : RATE;
    for (long d = -most; d <= most; d++) {
        if (at + d < 0 || at + d + (long)n > (long)total) continue;
        double c = alike(truth, pcm + at + d, part, 3);
        if (c > best) best = c, lag = d;
    }
    return lag;
}

struct verdict {
    char why[400];
};

static bool check_piece(const struct input *in, const struct piece *p, const float *pcm, size_t n,
                        struct verdict *v)
{
    const float *from = p->other ? other : sentence;
    size_t have = p->other ? n_other : n_sentence, start = (size_t)(p->from * RATE),
           len = (size_t)(p->length * RATE);
    if (start + len > have) len = have - start;
    size_t edge = RATE / 20; /* ends may be cut by a coder's frame */
    long at = (long)(p->at * RATE) + (long)edge,
         lag = best_lag(from + start + edge, pcm, len - 2 * edge, n, at, (long)((0.02 + in->late) * RATE));
    if (at + lag < 0 || (size_t)(at + lag) + len - 2 * edge > n) return false;
    double c = alike(from + start + edge, pcm + at + lag, len - 2 * edge, 1);
    if (c < (in->alike > 0 ? in->alike : 0.95)) {
        snprintf(v->why, sizeof v->why, "at %.2f s: correlation %.3f", p->at, c);
        return false;
    }
    const float *got = pcm + at + lag;
    double db = 10 * log10(energy(got, len - 2 * edge) / energy(from + start + edge, len - 2 * edge));
    if (fabs(db) <= (in->level > 0 ? in->level : 1)) return true;
    snprintf(v->why, sizeof v->why, "at %.2f s: level %+.1f dB", p->at, db);
    return false;
}

static bool check_sound(const struct input *in, const float *pcm, size_t n, struct verdict *v)
{
    static const struct piece whole = {0, 0, SENTENCE, 0};
    double want = in->length > 0 ? in->length : SENTENCE, slack = in->slack > 0 ? in->slack : 0.02,
           is = (double)n / RATE;
    if (fabs(is - want) > slack + 1e-4) {
        snprintf(v->why, sizeof v->why, "length %.3f s, not %.3f", is, want);
        return false;
    }
    if (in->piece[0].length <= 0) return check_piece(in, &whole, pcm, n, v);
    for (int i = 0; i < MOST_PIECES && in->piece[i].length > 0; i++)
        if (!check_piece(in, &in->piece[i], pcm, n, v)) return false;
    return true;
}

static bool check_refusal(const struct input *in, int rc, const struct moim_err *err, struct verdict *v)
{
    if (rc == MOIM_EFORMAT && strstr(err->msg, in->refusal) && strstr(err->msg, in->name) &&
        !strchr(err->msg, '\n'))
        return true;
    snprintf(v->why, sizeof v->why, "not refused with \"%s\": %d %.300s", in->refusal, rc,
             rc ? err->msg : "");
    return false;
}

static bool check_remarks(const struct input *in, const struct moim_reader *r, struct verdict *v)
{
    const struct moim_remark *list;
    int n = moim_reader_remarks(r, &list);
    for (int i = 0; i < n; i++)
        if (in->remark && strstr(list[i].text, in->remark)) return true;
    if (!n && !in->remark) return true;
    snprintf(v->why, sizeof v->why, "remarks: %d, %s", n, n ? list[0].text : "");
    return false;
}

static int read_all(const struct input *in, float *pcm, size_t most, size_t *n, bool *said, struct verdict *v,
                    struct moim_err *err)
{
    struct moim_reader *r;
    long got = 1;
    *n = 0;
    int rc = moim_reader_open(&r, file(in->name), err);
    if (rc) return rc;
    while (*n < most && (got = moim_reader_read(r, pcm + *n, most - *n, err)) > 0) *n += (size_t)got;
    *said = got >= 0 && check_remarks(in, r, v);
    moim_reader_close(r);
    return got < 0 ? (int)got : MOIM_OK;
}

static bool check_input(const struct input *in, struct verdict *v)
{
    static float pcm[20 * RATE];
    bool said = true;
    struct moim_err err = {0};
    size_t n = 0;
    *v->why = 0;
    if (in->make && sh(in->make)) {
        snprintf(v->why, sizeof v->why, "cannot be made: %s", in->make);
        return false;
    }
    int rc = read_all(in, pcm, sizeof pcm / sizeof *pcm, &n, &said, v, &err);
    if (in->refusal) return check_refusal(in, rc, &err, v);
    if (rc) snprintf(v->why, sizeof v->why, "%.300s", err.msg);
    return !rc && said && check_sound(in, pcm, n, v);
}

static void every_input_gives_its_sound(void **state)
{
    (void)state;
    size_t failed = 0;
    for (size_t i = 0; i < N_INPUTS; i++) {
        struct verdict v;
        if (check_input(&inputs[i], &v)) continue;
        print_message("%s (%s): %s\n", inputs[i].name, inputs[i].what, v.why);
        failed++;
    }
    if (failed) fail_msg("%zu of %zu inputs", failed, N_INPUTS);
}

/* ---- parties ---- */

static struct moim_parties parties_of(const char *name, enum moim_channels how)
{
    struct moim_err err = {0};
    struct moim_sound *s;
    struct moim_parties p;
    assert_ok(moim_sound_open(&s, file(name), &err), err);
    assert_ok(moim_sound_parties(s, how, &p, &err), err);
    moim_sound_close(s);
    return p;
}

static void each_party_is_known_by_its_channel_or_track(void **state)
{
    (void)state;
    static const struct {
        const char *name, *make;
        int automatic, separate;
    } call[] = {
        {"call.wav", NULL, 2, 2},
        {"calls.m4a", "ffmpeg -i call.wav -c:a aac -b:a 128k calls.m4a", 2, 2},
        {"over.wav", "sox -M s.wav \"|sox p.wav -p pad 2\" over.wav", 2,
         2}, /* they speak over one another for 1.6 s */
        {"leak.wav",
         "sox -M s.wav \"|sox p.wav -p pad 4\" leak_.wav; sox leak_.wav leak.wav remix 1v1,2v0.05 2v1,1v0.05",
         2, 2},
        {"three.flac", "sox -M s.wav \"|sox p.wav -p pad 4\" \"|sox p.wav -p pad 7 speed 1\" three.flac", 3,
         3},
        {"tracks.mkv", NULL, 2, 2},
        {"mixed.mkv", NULL, 2, 3},
        /* Not apart: a room by two microphones 40 cm from one another, a pan to one side, one voice, one channel. */
        {"room.wav",
         "sox -m s.wav \"|sox p.wav -p pad 4\" both_.wav; sox both_.wav late_.wav delay 0.0012; sox -M both_.wav late_.wav room.wav",
         0, 2},
        {"pan.wav",
         "sox -M s.wav \"|sox p.wav -p pad 4\" pan_.wav; sox pan_.wav pan.wav remix 1v1,2v0.5 2v1,1v0.5", 0,
         2},
        {"two.wav", NULL, 0, 2},
        {"left.wav", NULL, 0, 0},
        {"hiss.wav", NULL, 0, 0},
        {"live8.wav", NULL, 0, 0},
        {"same.mp4", NULL, 0, 2},
        {"s.wav", NULL, 0, 0},
    };
    for (size_t i = 0; i < sizeof call / sizeof *call; i++) {
        if (call[i].make && sh(call[i].make)) fail_msg("%s cannot be made", call[i].name);
        int n = parties_of(call[i].name, MOIM_CHANNELS_AUTO).n,
            all = parties_of(call[i].name, MOIM_CHANNELS_SEPARATE).n;
        if (n != call[i].automatic || all != call[i].separate)
            fail_msg("%s: %d parties, %d when asked", call[i].name, n, all);
        assert_int_equal(parties_of(call[i].name, MOIM_CHANNELS_MIX).n, 0);
    }
}

/* A party's sound is its own, at its time and level. */
static void a_party_is_heard_alone(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_sound *s;
    struct moim_parties p;
    struct moim_reader *r;
    static float pcm[10 * RATE];
    assert_int_equal(
        sh("ffmpeg -i s.wav -itsoffset 4 -i p.wav -map 0 -map 1 -c:a flac -metadata:s:a:0 title=김민수 "
           "-metadata:s:a:1 title=Lee named.mka"),
        0);
    assert_ok(moim_sound_open(&s, file("named.mka"), &err), err);
    assert_ok(moim_sound_parties(s, MOIM_CHANNELS_AUTO, &p, &err), err);
    assert_int_equal(p.n, 2);
    assert_string_equal(p.part[0].name, "김민수");
    assert_string_equal(p.part[1].name, "Lee");
    for (int i = 0; i < 2; i++) {
        struct verdict v = {""};
        struct piece piece = i ? (struct piece){4, 0, OTHER, 1} : (struct piece){0, 0, SENTENCE, 0};
        assert_ok(moim_reader_of(&r, s, &p.part[i], &err), err);
        long n = moim_reader_read(r, pcm, sizeof pcm / sizeof *pcm, &err);
        if (!check_piece(&(struct input){0}, &piece, pcm, (size_t)n, &v)) fail_msg("party %d: %s", i, v.why);
        if (i && energy(pcm, 4 * RATE) > 1e-6) fail_msg("the other one is heard in track 2");
        moim_reader_close(r);
    }
    moim_sound_close(s);
}

static void a_pipe_is_read_to_its_end(void **state)
{
    (void)state;
    struct moim_err err = {0};
    float *pcm;
    size_t n;
    assert_int_equal(sh("mkfifo pipe"), 0);
    assert_int_equal(sh("cat call.wav >pipe & true"), 0);
    assert_ok(moim_decode_file(file("pipe"), 0, &pcm, &n, &err), err);
    assert_int_equal(n, (size_t)(6.4 * RATE));
    free(pcm);
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

/* A row of the page is a row of the table, word for word. */
static void row_of(const struct input *in, char *row, size_t cap)
{
    const char *comes = in->refusal ? "refused with a line that says why"
                        : in->comes ? in->comes
                                    : "the sentence";
    snprintf(row, cap, "| %s | %s%s | %s |\n", in->what, comes, in->remark ? "; a remark says so" : "",
             in->ffmpeg ? in->ffmpeg : "");
}

static void the_page_of_inputs_is_this_table(void **state)
{
    (void)state;
    char *page = read_page();
    for (size_t i = 0; i < N_INPUTS; i++) {
        char row[600];
        row_of(&inputs[i], row, sizeof row);
        if (!strstr(page, row)) fail_msg("docs/inputs.md lacks: %s", row);
    }
    free(page);
}

static int make_masters(void **state)
{
    (void)state;
    char command[1024];
    if (strstr(dir, "XXXXXX") && !mkdtemp(dir)) return -1;
    snprintf(
        command, sizeof command,
        "sox '%s' -r 48000 -b 16 s.wav trim 1.1 3.6 gain -n -3; sox '%s' -r 48000 -b 16 p.wav trim 0.25 2.4 gain -n -3",
        test_model("samples/two_cities.wav"), test_model("samples/beckett.wav"));
    if (sh(command)) return -1;
    sentence = decode("s.wav", &n_sentence);
    other = decode("p.wav", &n_other);
    return 0;
}

static int drop_dir(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    free(sentence);
    free(other);
    return getenv("KEEP") ? 0 : system(command);
}

/* What must come out of a row as a file of its own, for programs that are compared. */
static void write_truth(const struct input *in)
{
    static const struct piece whole = {0, 0, SENTENCE, 0};
    double length = in->length > 0 ? in->length : SENTENCE;
    size_t n = (size_t)(length * RATE);
    float *pcm = calloc(n, sizeof *pcm);
    char name[60];
    for (int i = 0; i < MOST_PIECES && (!i || in->piece[i].length > 0); i++) {
        const struct piece *p = in->piece[0].length > 0 ? &in->piece[i] : &whole;
        const float *from = p->other ? other : sentence;
        size_t have = p->other ? n_other : n_sentence, start = (size_t)(p->from * RATE),
               at = (size_t)(p->at * RATE);
        for (size_t k = 0; k < (size_t)(p->length * RATE) && start + k < have && at + k < n; k++)
            pcm[at + k] += from[start + k];
    }
    snprintf(name, sizeof name, "%s.truth", in->name);
    FILE *f = fopen(file(name), "w");
    fwrite(pcm, sizeof *pcm, n, f);
    fclose(f);
    free(pcm);
}

/* --files DIR: makes them there, each with NAME.truth, 16 kHz f32, and prints "NAME<TAB>what it is" a row. */
static int make_files(const char *where)
{
    void *none = NULL;
    snprintf(dir, sizeof dir, "%s", where);
    if (make_masters(&none)) return 1;
    for (size_t i = 0; i < N_INPUTS; i++) {
        if (inputs[i].make && sh(inputs[i].make)) fprintf(stderr, "%s: cannot be made\n", inputs[i].name);
        if (!inputs[i].refusal) write_truth(&inputs[i]);
        printf("%s\t%s\n", inputs[i].name, inputs[i].what);
    }
    return 0;
}

/* --table: the rows of docs/inputs.md. */
int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "--files")) return make_files(argv[2]);
    if (argc == 2 && !strcmp(argv[1], "--table")) {
        for (size_t i = 0; i < N_INPUTS; i++) {
            char row[600];
            row_of(&inputs[i], row, sizeof row);
            fputs(row, stdout);
        }
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_input_gives_its_sound),
        cmocka_unit_test(each_party_is_known_by_its_channel_or_track),
        cmocka_unit_test(a_party_is_heard_alone),
        cmocka_unit_test(a_pipe_is_read_to_its_end),
        cmocka_unit_test(the_page_of_inputs_is_this_table),
    };
    return cmocka_run_group_tests(tests, make_masters, drop_dir);
}
