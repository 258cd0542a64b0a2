/* Recording through real sound servers that the test starts itself: JACK with its dummy driver, PulseAudio
 * with a null sink reached through ALSA. A chirp is played into the one end and looked for in what was
 * recorded. */
#include "audio/capture.h"
#include "audio/decode.h"
#include "testing.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <jack/jack.h>
#include <math.h>
#include <signal.h>
#include <sndfile.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What ALSA's and JACK's plug-ins leave behind is not ours, and cannot be told from it once they are
 * unloaded. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

#define RATE 16000
#define SECONDS 3
#define PI 3.14159265358979323846

static char dir[] = "/tmp/moim-capture-XXXXXX";
static float take[RATE * 60];
static size_t taken;

/* 200 to 3000 Hz in SECONDS; every part of it sounds different, so a lost sample is seen. */
static double chirp(double t)
{
    if (t < 0 || t >= SECONDS) return 0;
    return 0.4 * sin(2 * PI * (200 * t + (3000 - 200) / (2.0 * SECONDS) * t * t));
}

static void nap(int ms)
{
    usleep((useconds_t)ms * 1000);
}

static pid_t spawn(const char *const argv[])
{
    pid_t pid = fork();
    if (pid) return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

static void stop(pid_t pid, int sig)
{
    int status;
    if (pid <= 0) return;
    kill(pid, sig);
    for (int i = 0; i < 6000; i++) {
        if (waitpid(pid, &status, WNOHANG) == pid) return;
        nap(10);
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
}

/* Correlation of recorded samples [at, at + n) with the chirp from its sample `from`, which may lie between
 * two. */
static double correlation(size_t at, double from, size_t n)
{
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i++) {
        double a = take[at + i], b = chirp((from + (double)i) / RATE);
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    return ab / sqrt(aa * bb + 1e-30);
}

/* Where in the recording the chirp's samples [from, from + n) lie best, to a tenth of a sample: the servers'
 * own rate is another, so it need not be a whole number. */
static double find(size_t from, size_t n, double *best)
{
    size_t coarse = 0;
    double where = 0;
    *best = -1;
    static float ref[RATE];
    double bb = 0;
    for (size_t i = 0; i < n; i++) {
        ref[i] = (float)chirp((double)(from + i) / RATE);
        bb += ref[i] * ref[i];
    }
    for (size_t at = 0; at + n < taken; at++) {
        if (fabsf(take[at + n / 2]) < 1e-4f && fabsf(take[at + n / 2 + 3]) < 1e-4f) continue;
        double ab = 0, aa = 0;
        for (size_t i = 0; i < n; i++) {
            ab += take[at + i] * ref[i];
            aa += take[at + i] * take[at + i];
        }
        double r = ab / sqrt(aa * bb + 1e-30);
        if (r > *best) *best = r, coarse = at;
    }
    *best = -1;
    for (int tenth = -300; tenth <= 300; tenth++) {
        double r = correlation(coarse, (double)from + tenth / 10.0, n);
        if (r >= *best) *best = r, where = (double)coarse - tenth / 10.0;
    }
    return where;
}

/* The whole chirp is there, in place, and nothing was put in or left out between its begin and its end. */
static bool chirp_is_whole(const char *what)
{
    const size_t part = RATE / 5;
    double head, tail;
    double a = find(RATE / 10, part, &head), b = find(SECONDS * RATE - RATE / 10 - part, part, &tail);
    double length = b - a, ideal = SECONDS * RATE - RATE / 5.0 - (double)part;
    double begin = a > RATE / 10.0 ? a - RATE / 10.0 : 0;
    double whole = correlation((size_t)begin, (double)(size_t)begin - begin, SECONDS * RATE - 1);
    print_message("%s: correlation %.4f (begin %.4f, end %.4f), %.1f samples between, ideal %.0f\n", what,
                  whole, head, tail, length, ideal);
    return head > 0.98 && tail > 0.98 && fabs(length - ideal) <= 0.5 && whole > 0.98;
}

struct heard {
    int lost, back, gaps, silent;
    uint64_t missing;
    char text[MOIM_EVENT_TEXT]; /* of the last loss or return */
};

/* Records for so many seconds of wall clock, or until an event of that kind. */
static void record(struct moim_source *s, double seconds, enum moim_block_kind until, struct heard *h)
{
    struct moim_err err = {0};
    struct timespec a, t;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (;;) {
        struct moim_block b;
        assert_ok(moim_source_next(s, &b, 50, &err), err);
        if (b.kind == MOIM_BLOCK_SOUND && taken + b.n < sizeof take / sizeof *take) {
            memcpy(take + taken, b.pcm, b.n * sizeof *take);
            taken += b.n;
        }
        h->lost += b.kind == MOIM_BLOCK_DEVICE_LOST;
        h->back += b.kind == MOIM_BLOCK_DEVICE_BACK;
        h->gaps += b.kind == MOIM_BLOCK_GAP || b.kind == MOIM_BLOCK_OVERRUN;
        h->missing += b.missing;
        if (b.kind == MOIM_BLOCK_DEVICE_LOST || b.kind == MOIM_BLOCK_DEVICE_BACK)
            snprintf(h->text, sizeof h->text, "%s", b.text);
        clock_gettime(CLOCK_MONOTONIC, &t);
        double passed = (double)(t.tv_sec - a.tv_sec) + 1e-9 * (double)(t.tv_nsec - a.tv_nsec);
        if (passed > seconds || (until && b.kind == until)) return;
    }
}

/* Takes until one is whole: a sound server that a loaded machine keeps waiting drops or stretches what it
 * plays, which is no fault of the recorder's; a recorder that does so never gets a whole one. */
#define TAKES 12

/* Records until there are so many samples more, however long it takes the server (at most two minutes). */
static void record_samples(struct moim_source *s, size_t more, struct heard *h)
{
    size_t want = taken + more;
    for (int i = 0; i < 1200 && taken < want; i++) record(s, 0.1, 0, h);
    if (taken < want) fail_msg("%zu of %zu samples came", taken, want);
}

static struct moim_source *open_source(const struct moim_capture_options *o)
{
    struct moim_err err = {0};
    struct moim_source *s = NULL;
    for (int i = 0; i < 1200 && !s; i++) /* the server takes its time to start */
        if (moim_source_capture(&s, o, &err)) nap(100);
    if (!s) fail_msg("%s", err.msg);
    taken = 0;
    return s;
}

/* ---- JACK ---- */

struct player {
    _Atomic int go;
    uint64_t at;
    jack_port_t *port;
    void *(*buffer)(jack_port_t *, jack_nframes_t);
    double rate;
};

static int play(jack_nframes_t n, void *arg)
{
    struct player *p = arg;
    float *out = p->buffer(p->port, n);
    for (jack_nframes_t i = 0; i < n; i++) out[i] = p->go ? (float)chirp((double)p->at++ / p->rate) : 0;
    return 0;
}

/* A JACK client "moimplay" whose output port PortAudio sees as a microphone. libjack is loaded here only. */
static void be_player(struct player *p, const char *server)
{
    void *lib = dlopen("libjack.so.0", RTLD_NOW);
    if (!lib) _exit(2);
    jack_client_t *(*client_open)(const char *, jack_options_t, jack_status_t *, ...);
    jack_port_t *(*port_register)(jack_client_t *, const char *, const char *, unsigned long, unsigned long);
    int (*set_process)(jack_client_t *, JackProcessCallback, void *), (*activate)(jack_client_t *);
    jack_nframes_t (*sample_rate)(jack_client_t *);
    *(void **)&client_open = dlsym(lib, "jack_client_open");
    *(void **)&port_register = dlsym(lib, "jack_port_register");
    *(void **)&set_process = dlsym(lib, "jack_set_process_callback");
    *(void **)&activate = dlsym(lib, "jack_activate");
    *(void **)&sample_rate = dlsym(lib, "jack_get_sample_rate");
    *(void **)&p->buffer = dlsym(lib, "jack_port_get_buffer");
    jack_status_t st;
    jack_client_t *c = NULL;
    for (int i = 0; i < 1200 && !c; i++)
        if (!(c = client_open("moimplay", JackNoStartServer | JackServerName, &st, server))) nap(100);
    if (!c) _exit(3);
    p->rate = sample_rate(c);
    p->port = port_register(c, "out_1", JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, 0);
    if (!p->port || set_process(c, play, p) || activate(c)) _exit(4);
    for (;;) pause();
}

static pid_t start_player(struct player *p, const char *server)
{
    pid_t pid = fork();
    if (pid) return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null = open("/dev/null", O_RDWR);
    dup2(null, 2);
    dup2(null, 1);
    be_player(p, server);
    _exit(1);
}

static void jack_records_what_is_played(void **state)
{
    (void)state;
    /* One fixed name: JACK keeps a table of eight servers, and a killed one leaves its entry to the next of
     * its name only. */
    const char *server = "moimtest";
    setenv("JACK_DEFAULT_SERVER", server, 1);
    /* 85 ms periods: this test is about samples, not about a loaded machine's scheduling */
    pid_t jackd = spawn((const char *[]){"jackd", "-r", "-n", server, "-t", "5000", "-d", "dummy", "-r",
                                         "48000", "-p", "4096", NULL});
    struct player *p = mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t player = start_player(p, server);
    struct moim_capture_options o = {.device = "moimplay"};
    struct moim_source *s = open_source(&o);
    struct heard h = {0};
    record_samples(s, RATE / 5, &h);
    p->go = 1;
    bool whole = false;
    for (int i = 0; i < TAKES && !whole; i++) {
        memset(&h, 0, sizeof h);
        taken = 0;
        p->at = 0;
        record_samples(s, (size_t)(SECONDS * RATE + 3 * RATE / 2), &h);
        print_message("jack: %zu samples, %d gaps of %llu\n", taken, h.gaps, (unsigned long long)h.missing);
        whole = !h.gaps && chirp_is_whole("jack");
    }
    assert_true(whole);
    assert_true(moim_source_samples(s) >= taken);
    moim_source_close(s);

    /* A consumer that is away for longer than the ring holds: silence stands for what was lost, time stays
     * true. */
    o.ring_seconds = 0.4;
    for (int i = 0; i < TAKES && (i == 0 || !whole); i++) {
        s = open_source(&o);
        p->at = 0;
        memset(&h, 0, sizeof h);
        record_samples(s, RATE / 2, &h);
        nap(1500);
        record_samples(s, SECONDS * RATE, &h);
        print_message("jack: away for 1.5 s: %d gaps of %llu samples\n", h.gaps,
                      (unsigned long long)h.missing);
        assert_int_equal(moim_source_lost(s), h.missing);
        double tail_found, head_found;
        double tail = find(SECONDS * RATE - RATE / 2, RATE / 5, &tail_found);
        double head = find(RATE / 10, RATE / 5, &head_found);
        print_message("jack: %.1f samples between, with the silence\n", tail - head);
        whole = h.gaps > 0 && h.missing > RATE * 7 / 10 && head_found > 0.98 && tail_found > 0.98 &&
                fabs(tail - head - (SECONDS * RATE - RATE / 2 - RATE / 10)) <= 1;
        moim_source_close(s);
    }
    assert_true(whole);
    stop(player, SIGTERM);
    stop(jackd, SIGTERM);
    munmap(p, sizeof *p);
    unsetenv("JACK_DEFAULT_SERVER");
}

/* ---- PulseAudio ---- */

static pid_t start_pulse(const char *name)
{
    char socket[160];
    snprintf(socket, sizeof socket, "--load=module-native-protocol-unix auth-anonymous=1 socket=%s/%s", dir,
             name);
    return spawn((const char *[]){
        "pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disable-shm=yes",
        "--realtime=no", "--high-priority=no", "--load=module-null-sink sink_name=moim rate=48000 channels=2",
        "--load=module-null-sink sink_name=other rate=44100 channels=2", socket, NULL});
}

/* 44.1 kHz stereo, so that every rate on the way is another. */
static void write_chirp(const char *path)
{
    SF_INFO info = {.samplerate = 44100, .channels = 2, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    SNDFILE *f = sf_open(path, SFM_WRITE, &info);
    assert_non_null(f);
    for (int i = 0; i < SECONDS * 44100; i++) {
        float v = (float)chirp(i / 44100.0), both[2] = {v, v};
        sf_writef_float(f, both, 1);
    }
    sf_close(f);
}

/* other: the server behind the default microphone. */
static void pulse_environment(char *wav, size_t size, const char *other)
{
    char text[256];
    snprintf(text, sizeof text, "%s/asoundrc", dir);
    FILE *f = fopen(text, "w");
    /* PortAudio 19.6 aborts when ALSA's configuration has no "default". */
    const char *const names[] = {"moimnull", "default"}, *const sockets[] = {"socket", other};
    for (int i = 0; i < 2; i++)
        fprintf(f, "pcm.%s { type pulse server \"unix:%s/%s\" device \"moim.monitor\" }\n", names[i], dir,
                sockets[i]);
    fclose(f);
    setenv("ALSA_CONFIG_PATH", text, 1);
    setenv("XDG_RUNTIME_DIR", dir, 1);
    setenv("HOME", dir, 1);
    snprintf(text, sizeof text, "unix:%s/socket", dir);
    setenv("PULSE_SERVER", text, 1);
    snprintf(wav, size, "%s/chirp.wav", dir);
    write_chirp(wav);
}

static void pulse_records_what_is_played_and_waits_for_its_return(void **state)
{
    (void)state;
    char wav[128];
    pulse_environment(wav, sizeof wav, "socket");
    pid_t pulse = start_pulse("socket");
    nap(300);
    struct moim_capture_options o = {.device = "moimnull"};
    struct moim_source *s = open_source(&o);
    struct heard h = {0};
    /* A null sink mixes up to 2 s ahead, so its monitor may be silent for so long at first. */
    record_samples(s, RATE / 2, &h);
    bool whole = false;
    for (int i = 0; i < TAKES && !whole; i++) {
        memset(&h, 0, sizeof h);
        taken = 0;
        pid_t player = spawn((const char *[]){"paplay", "--device=moim", wav, NULL});
        record_samples(s, (size_t)(SECONDS + 2 + i) * RATE, &h); /* ever more patience */
        print_message("pulse: %zu samples, %d gaps of %llu\n", taken, h.gaps, (unsigned long long)h.missing);
        whole = chirp_is_whole("pulse");
        stop(player, SIGTERM);
    }
    assert_true(whole);

    memset(&h, 0, sizeof h);
    stop(pulse, SIGKILL);
    record(s, 120, MOIM_BLOCK_DEVICE_LOST, &h);
    assert_int_equal(h.lost, 1);
    pulse = start_pulse("socket");
    record(s, 120, MOIM_BLOCK_DEVICE_BACK, &h);
    assert_int_equal(h.back, 1);
    taken = 0;
    record_samples(s, RATE / 3, &h);
    struct moim_device *list;
    moim_source_close(s);
    int n, found = 0;
    struct moim_err err = {0};
    assert_ok(moim_capture_devices(&list, &n, &err), err);
    for (int i = 0; i < n; i++) found += !strcmp(list[i].name, "moimnull") && list[i].channels > 0;
    assert_int_equal(found, 1);
    free(list);
    stop(pulse, SIGTERM);
}

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Recorded sound is as long as the time that passed, whatever happened to the microphone. */
static void keeps_time(struct moim_source *s, double since, uint64_t had)
{
    double passed = seconds_now() - since, got = (double)(moim_source_samples(s) - had) / RATE;
    print_message("pulse: %.2f s passed, %.2f s of sound\n", passed, got);
    assert_true(fabs(passed - got) < 1.0);
}

static void another_microphone_takes_over_and_time_stays_true(void **state)
{
    (void)state;
    char wav[128];
    pulse_environment(wav, sizeof wav, "second");
    pid_t pulse = start_pulse("socket"), second = start_pulse("second");
    nap(300);
    struct moim_capture_options o = {.device = "moimnull"};
    struct moim_source *s = open_source(&o);
    struct heard h = {0};
    record_samples(s, RATE, &h);
    double since = seconds_now();
    uint64_t had = moim_source_samples(s);

    /* The whole program is stopped for 3 s: that is no loss of the microphone. */
    pid_t waker = fork();
    if (!waker) {
        nap(3000);
        kill(getppid(), SIGCONT);
        _exit(0);
    }
    kill(getpid(), SIGSTOP);
    record_samples(s, 4 * RATE, &h);
    waitpid(waker, NULL, 0);
    assert_int_equal(h.lost, 0);
    keeps_time(s, since, had);

    stop(pulse, SIGKILL); /* the plug is pulled */
    record(s, 120, MOIM_BLOCK_DEVICE_LOST, &h);
    assert_int_equal(h.lost, 1);
    record(s, 120, MOIM_BLOCK_DEVICE_BACK, &h);
    assert_int_equal(h.back, 1);
    assert_non_null(strstr(h.text, "another microphone"));
    assert_string_equal(moim_source_name(s), "default");
    assert_true(h.missing > RATE); /* silence for the time without one */
    record_samples(s, (size_t)h.missing + 2 * RATE, &h);
    keeps_time(s, since, had);
    assert_true(moim_source_lost(s) == h.missing);
    moim_source_close(s);
    stop(second, SIGTERM);
}

static void missing_device_is_told_with_those_there_are(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_source *s;
    struct moim_capture_options o = {.device = "no such microphone"};
    assert_int_equal(moim_source_capture(&s, &o, &err), MOIM_ENOENT);
    assert_null(s);
    assert_non_null(strstr(err.msg, "microphone"));
}

static int make_dir(void **state)
{
    (void)state;
    /* One at a time: there is one table of JACK servers. */
    int lock = open("/tmp/moim-capture-test.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock < 0 || flock(lock, LOCK_EX)) return -1; /* held until the test ends */
    return mkdtemp(dir) ? 0 : -1;
}
static int drop_dir(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jack_records_what_is_played),
        cmocka_unit_test(pulse_records_what_is_played_and_waits_for_its_return),
        cmocka_unit_test(another_microphone_takes_over_and_time_stays_true),
        cmocka_unit_test(missing_device_is_told_with_those_there_are),
    };
    return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
