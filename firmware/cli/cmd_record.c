/* moim record: from a microphone or a file to the journal, with live captions; then transcript and minutes.
 */
#include "audio/capture.h"
#include "base/json.h"
#include "firmware/cli/commands.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/recordings.h"
#include "firmware/pipeline/process.h"
#include "firmware/platform/paths.h"
#include "firmware/recording/captions.h"
#include "firmware/recording/control_socket.h"
#include "firmware/recording/recorder.h"
#include "storage/export.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop_asked;
static void ask_stop(int sig)
{
    (void)sig;
    stop_asked = 1;
}

struct session {
    struct moim_cli *cli;
    struct moim_engine *e;
    struct moim_store *store;
    struct moim_recorder *rec;
    struct moim_captions *captions;
    bool terminal, keys, paused, no_captions;
    bool partial; /* the last line on the terminal is an open caption */
    struct termios old;
    char *memo; /* being typed, "" at first; malloc'ed */
    size_t memo_n, memo_room;
    bool typing;
    time_t level_shown;
};

/* ---- what the person sees ---- */

static void json_line(const char *type, double at, double end, const char *text)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "type", type);
    cJSON_AddNumberToObject(o, "start", at);
    if (end >= 0) cJSON_AddNumberToObject(o, "end", end);
    cJSON_AddStringToObject(o, "text", text);
    char *line = moim_json_text(o, false);
    if (line) puts(line);
    fflush(stdout);
    free(line);
    cJSON_Delete(o);
}

/* "at": how much was recorded when the caption was said, in seconds; what lies between is how far it is
 * behind. */
static void caption_json(struct session *s, const struct moim_caption *x)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "type", x->kind == MOIM_CAPTION_FINAL ? "final" : "partial");
    cJSON_AddNumberToObject(o, "start", x->start);
    cJSON_AddNumberToObject(o, "end", x->end);
    cJSON_AddStringToObject(o, "text", x->text);
    cJSON_AddNumberToObject(o, "settled", x->settled);
    cJSON_AddNumberToObject(o, "at", (double)moim_recorder_samples(s->rec) / 16000);
    char *line = moim_json_text(o, false);
    if (line) puts(line);
    fflush(stdout);
    free(line);
    cJSON_Delete(o);
}

static void show(struct session *s, const char *type, double at, double end, const char *text)
{
    char clock[32];
    if (s->cli->json) {
        json_line(type, at, end, text);
        return;
    }
    if (!s->terminal) return;
    moim_clock(clock, sizeof clock, at);
    printf("\r\033[K%s[%s] %s%s\n", strcmp(type, "final") ? "\033[33m" : "", clock, text,
           strcmp(type, "final") ? "\033[0m" : "");
    fflush(stdout);
}

static void show_level(struct session *s)
{
    time_t now = time(NULL);
    if (!s->terminal || s->cli->json || now == s->level_shown || (s->partial && !s->typing && !s->paused))
        return;
    s->level_shown = now;
    float peak, rms;
    char clock[32];
    moim_recorder_level(s->rec, &peak, &rms);
    moim_clock(clock, sizeof clock, (double)moim_recorder_samples(s->rec) / 16000);
    int bars = (int)((peak + 60) / 3);
    bars = bars < 0 ? 0 : bars > 20 ? 20 : bars;
    printf("\r\033[K%s %s  |%-20.*s|  %s", s->paused ? "paused" : "rec", clock, bars, "====================",
           s->typing && s->memo ? s->memo : "space pause, b bookmark, m memo, q stop");
    fflush(stdout);
}

/* ---- captions ---- */

/* Settled words stand out, the rest is grey; one line of the terminal, its end when it is longer. */
static void show_partial(struct session *s, const struct moim_caption *x)
{
    char clock[32];
    moim_clock(clock, sizeof clock, x->start);
    size_t n = strlen(x->text), skip = 0, settled = (size_t)x->settled;
    struct winsize size;
    size_t room = !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col > 40 ? size.ws_col - 12u : 68;
    /* Bytes over-count what a character takes for Korean by half, which errs on the short side. */
    if (n > room) skip = n - room;
    while (skip < n && (x->text[skip] & 0xC0) == 0x80) skip++;
    if (settled < skip) settled = skip;
    printf("\r\033[K[%s] %s%.*s\033[90m%s\033[0m", clock, skip ? "…" : "", (int)(settled - skip),
           x->text + skip, x->text + settled);
    fflush(stdout);
    s->partial = true;
}

static void show_caption(struct session *s, const struct moim_caption *x)
{
    bool final = x->kind == MOIM_CAPTION_FINAL;
    if (s->cli->json) {
        caption_json(s, x);
    } else if (s->terminal && final) {
        show(s, "final", x->start, x->end, x->text);
        s->partial = false;
    } else if (s->terminal && !s->typing) {
        show_partial(s, x);
    }
}

static void show_captions(struct session *s)
{
    struct moim_caption x;
    while (moim_captions_next(s->captions, &x)) show_caption(s, &x);
}

/* Takes what was recorded since; false when there was nothing. */
static bool follow(struct session *s, int *rc)
{
    float pcm[512];
    uint64_t at;
    size_t n = moim_recorder_read(s->rec, pcm, sizeof pcm / sizeof *pcm, &at);
    if (!n || s->no_captions || *rc) return n > 0;
    size_t waiting = (size_t)(moim_recorder_samples(s->rec) - (at + n));
    *rc = moim_captions_push(s->captions, pcm, n, at, waiting, &s->cli->err);
    show_captions(s);
    return true;
}

/* ---- keys ---- */

static void note(struct session *s, bool memo, const char *text)
{
    struct moim_err err;
    double at = (double)moim_recorder_samples(s->rec) / 16000;
    if (moim_recorder_note(s->rec, memo, text, &at, &err))
        show(s, "error", at, -1, err.msg);
    else
        show(s, memo ? "memo" : "bookmark", at, -1, *text ? text : "bookmark");
}

/* Every byte is kept: a memo that is too long is refused as a whole, and can be shortened. */
static bool type(struct session *s, char c)
{
    if (s->memo_n + 2 > s->memo_room) {
        size_t room = s->memo_room ? 2 * s->memo_room : 256;
        char *grown = realloc(s->memo, room);
        if (!grown) return false;
        s->memo = grown;
        s->memo_room = room;
    }
    s->memo[s->memo_n++] = c;
    s->memo[s->memo_n] = 0;
    return true;
}

static void rub_out(struct session *s)
{
    while (s->memo_n && (s->memo[--s->memo_n] & 0xc0) == 0x80)
        continue; /* a whole character, not a byte of it */
    if (s->memo) s->memo[s->memo_n] = 0;
}

static void end_memo(struct session *s)
{
    struct moim_err err;
    double at = (double)moim_recorder_samples(s->rec) / 16000;
    const char *text = s->memo_n ? s->memo : "";
    int rc = moim_recorder_note(s->rec, true, text, &at, &err);
    s->typing = rc == MOIM_EFORMAT; /* what was typed stays, to be shortened */
    if (rc)
        show(s, "error", at, -1, err.msg);
    else
        show(s, "memo", at, -1, text);
}

static void key(struct session *s, char c)
{
    if (s->typing) {
        if (c == '\n' || c == '\r')
            end_memo(s);
        else if (c == 127 || c == 8)
            rub_out(s);
        else if ((unsigned char)c >= 32 && !type(s, c))
            show(s, "error", (double)moim_recorder_samples(s->rec) / 16000, -1, "out of memory");
        s->level_shown = 0;
    } else if (c == 'q') {
        stop_asked = 1;
    } else if (c == ' ') {
        s->paused = !s->paused;
        moim_recorder_pause(s->rec, s->paused);
    } else if (c == 'b') {
        note(s, false, "");
    } else if (c == 'm') {
        s->typing = true;
        s->memo_n = 0;
        if (s->memo) *s->memo = 0;
    }
}

static void poll_keys(struct session *s, int timeout_ms)
{
    struct pollfd p = {STDIN_FILENO, POLLIN, 0};
    char c;
    if (!s->keys) {
        nanosleep(&(struct timespec){.tv_nsec = timeout_ms * 1000000L}, NULL);
        return;
    }
    while (poll(&p, 1, timeout_ms) > 0 && read(STDIN_FILENO, &c, 1) == 1) {
        key(s, c);
        timeout_ms = 0;
    }
}

static void keys_on(struct session *s)
{
    s->keys = isatty(STDIN_FILENO) && s->terminal && !tcgetattr(STDIN_FILENO, &s->old);
    if (!s->keys) return;
    struct termios raw = s->old;
    raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

/* ---- the recording ---- */

static int run(struct session *s)
{
    int rc = MOIM_OK;
    char text[MOIM_EVENT_TEXT];
    uint64_t at;
    while (!stop_asked && !rc) {
        bool any = follow(s, &rc);
        while (moim_recorder_event(s->rec, text, &at)) show(s, "event", (double)at / 16000, -1, text);
        show_level(s);
        if (!any && moim_recorder_ended(s->rec)) break;
        poll_keys(s, any ? 0 : 20);
    }
    /* Captions that fail do not cost the recording: it goes on until someone stops it. */
    if (rc) {
        show(s, "error", (double)moim_recorder_samples(s->rec) / 16000, -1, s->cli->err.msg);
        s->no_captions = true;
        while (!stop_asked && !moim_recorder_ended(s->rec)) poll_keys(s, 100);
    }
    struct moim_err why;
    int stopped = moim_recorder_stop(s->rec, &why);
    while (!s->no_captions && !rc && follow(s, &rc)) continue;
    if (!s->no_captions && !rc) moim_captions_end(s->captions, &s->cli->err);
    if (!s->no_captions && !rc) show_captions(s);
    moim_captions_close(s->captions); /* processing needs the memory */
    s->captions = NULL;
    if (stopped) s->cli->err = why;
    return stopped;
}

static void show_progress(void *arg, const char *stage, double done)
{
    moim_cli_progress(arg, stage, done);
}

/* Lets go of the sound (lock) before processing takes it. */
static int finish(struct session *s, int64_t id, const char *audio, const char *from, bool process,
                  int recorded)
{
    struct moim_err warning = {0}, early = s->cli->err;
    size_t n;
    const struct moim_mark *unsaved = moim_recorder_unsaved(s->rec, &n);
    double seconds = (double)moim_recorder_samples(s->rec) / 16000;
    if (from && moim_recorder_broke_off(s->rec) && !s->cli->quiet)
        fprintf(stderr, "moim: %s: truncated; recorded up to there\n", from);
    int rc = moim_recorded(s->store, id, audio, seconds, unsaved, n, &s->cli->err);
    moim_recorder_unlock(s->rec);
    struct moim_process_options o = {.lang = s->cli->lang, .progress = show_progress, .arg = s->cli};
    if (!rc && process) rc = moim_process(s->e, s->store, id, &o, &warning, &s->cli->err);
    moim_cli_progress(s->cli, "", -1);
    if (!rc && *warning.msg && !s->cli->quiet) fprintf(stderr, "moim: %s\n", warning.msg);
    if (recorded && rc) fprintf(stderr, "moim: recording ended early: %s\n", early.msg);
    if (recorded && !rc) s->cli->err = early;
    if (!rc && *warning.msg && !warning.code) return recorded; /* removed: there is no id to tell */
    if (s->cli->json)
        printf("{\"type\":\"meeting\",\"id\":%lld,\"duration_s\":%.3f}\n", (long long)id, seconds);
    else
        printf("%lld\n", (long long)id);
    return rc ? rc : recorded;
}

struct request {
    const char *from, *device, *title;
    bool fast, no_captions, no_process;
    int channel;
};

static int open_source(struct moim_cli *cli, const struct request *q, struct moim_source **source)
{
    if (q->from) return moim_source_file(source, q->from, !q->fast, &cli->err);
    struct moim_capture_options o = {.device = q->device, .channel = q->channel};
    return moim_source_capture(source, &o, &cli->err);
}

/* Sound first, in a file that is locked; then the meeting. */
static int begin(struct session *s, const struct request *q, char *audio, size_t cap, int64_t *id)
{
    struct moim_err *err = &s->cli->err;
    struct moim_source *source;
    time_t now = time(NULL);
    int rc = open_source(s->cli, q, &source);
    if (rc) return rc;
    char *name = strdup(moim_source_name(source));
    rc = name ? moim_recording_name(s->store, audio, cap, err) : moim_fail(err, MOIM_ENOMEM, "out of memory");
    if (rc)
        moim_source_close(source);
    else
        rc = moim_recorder_start(&s->rec, source, audio, q->from && q->fast, err);
    if (!rc) rc = moim_recording_add(s->store, audio, q->title, name, now, id, err);
    free(name);
    if (rc && s->rec) {
        moim_recorder_stop(s->rec, NULL);
        moim_remove_sound(audio, NULL);
    }
    return rc;
}

static int follow_to_the_end(struct session *s, const struct request *q, int64_t id, const char *audio)
{
    struct moim_control *live;
    struct moim_err shut;
    signal(SIGINT, ask_stop);
    signal(SIGTERM, ask_stop);
    if (moim_control_open(&live, s->store, s->rec, &shut) && !s->cli->quiet)
        fprintf(stderr, "moim: no bookmarks from other programs: %s\n", shut.msg);
    keys_on(s);
    int rc = run(s);
    moim_control_close(live);
    if (s->keys) tcsetattr(STDIN_FILENO, TCSANOW, &s->old);
    if (s->terminal && !s->cli->json) printf("\r\033[K");
    return finish(s, id, audio, q->from, !q->no_process, rc);
}

static int record(struct moim_cli *cli, const struct request *q)
{
    struct session s = {
        .cli = cli, .terminal = isatty(STDOUT_FILENO) && !cli->quiet, .no_captions = q->no_captions};
    struct moim_captions_options captions = {.lang = cli->lang};
    struct moim_user_vocab vocab = {0};
    char audio[4096];
    int64_t id = 0;
    int rc = moim_cli_text(cli, "title", q->title);
    if (!rc) rc = moim_store_open(&s.store, cli->db, &cli->err);
    if (!rc) moim_offer_repair(cli, s.store);
    if (!rc) rc = moim_user_vocab_load(&vocab, s.store, &cli->err);
    captions.vocab = vocab.words;
    captions.n_vocab = vocab.n;
    if (!rc) rc = moim_engine_new(&s.e, cli->threads, &cli->err);
    if (!rc && !q->no_captions) rc = moim_captions_open(&s.captions, s.e, &captions, &cli->err);
    if (!rc) rc = begin(&s, q, audio, sizeof audio, &id);
    if (!rc) rc = follow_to_the_end(&s, q, id, audio);
    moim_recorder_free(s.rec);
    moim_captions_close(s.captions);
    moim_user_vocab_free(&vocab);
    moim_engine_free(s.e);
    moim_store_close(s.store);
    free(s.memo);
    return rc;
}

static int run_record(struct moim_cli *cli, int argc, char **argv)
{
    struct request q = {0};
    struct moim_opt opts[] = {
        {"from", MOIM_OPT_STR, "FILE", "take the sound from a file instead of a microphone, in real time",
         &q.from},
        {"fast", MOIM_OPT_FLAG, NULL, "with --from: as fast as it goes", &q.fast},
        {"device", MOIM_OPT_STR, "NAME", "microphone by name or index (see: moim devices)", &q.device},
        {"channel", MOIM_OPT_INT, "N", "record this channel only (default: all mixed)", &q.channel},
        {"title", MOIM_OPT_STR, "TEXT", "title of the meeting (default: the date)", &q.title},
        {"no-captions", MOIM_OPT_FLAG, NULL, "record only; recognise afterwards", &q.no_captions},
        {"no-process", MOIM_OPT_FLAG, NULL, "stop after recording; go on later with: moim doctor --repair",
         &q.no_process},
    };
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 0, 0);
    if (n < 0) return n;
    char remembered[256] = "", path[4096];
    /* The device that was chosen last is the default. */
    if (!moim_path_data(path, sizeof path, "device.conf", NULL) && !q.from) {
        FILE *f = fopen(path, q.device ? "w" : "r");
        if (f && q.device) fprintf(f, "%s\n", q.device);
        if (f && !q.device && fgets(remembered, sizeof remembered, f)) {
            remembered[strcspn(remembered, "\n")] = 0;
            q.device = remembered;
        }
        if (f) fclose(f);
    }
    return record(cli, &q);
}

const struct moim_command moim_command_record = {
    "record", "", "record a meeting with live captions",
    "Sound is on disk within a second, before anything else happens to it. Ends on q, Ctrl-C or the file's end, then\n"
    "writes transcript and minutes. In a pipe prints the new meeting's id alone; with --json captions and events as lines.",
    run_record};

static int run_devices(struct moim_cli *cli, int argc, char **argv)
{
    int n = moim_cli_args(cli, NULL, 0, argc, argv, 0, 0);
    if (n < 0) return n;
    struct moim_device *list;
    int rc = moim_capture_devices(&list, &n, &cli->err);
    if (rc) return rc;
    cJSON *all = cli->json ? cJSON_CreateArray() : NULL;
    for (int i = 0; i < n; i++) {
        if (!cli->json) {
            printf("%3d %s %-40s %-10s %d channels, %.0f Hz\n", list[i].index, list[i].is_default ? "*" : " ",
                   list[i].name, list[i].api, list[i].channels, list[i].rate);
            continue;
        }
        cJSON *o = cJSON_CreateObject();
        cJSON_AddNumberToObject(o, "index", list[i].index);
        cJSON_AddStringToObject(o, "name", list[i].name);
        cJSON_AddStringToObject(o, "api", list[i].api);
        cJSON_AddNumberToObject(o, "channels", list[i].channels);
        cJSON_AddNumberToObject(o, "rate", list[i].rate);
        cJSON_AddBoolToObject(o, "default", list[i].is_default);
        moim_json_append(all, o);
    }
    if (!n && !cli->json && !cli->quiet) fprintf(stderr, "moim: no microphone was found\n");
    free(list);
    return cli->json ? moim_print_json(cli, all) : MOIM_OK;
}

const struct moim_command moim_command_devices = {"devices", "", "list the microphones", NULL, run_devices};
