/* moim record: the terminal of a recording (firmware/recording/session.h) with live captions; then transcript and
 * minutes. moim devices. */
#include "audio/capture_pulse.h"
#include "base/json.h"
#include "firmware/cli/cli_process.h"
#include "firmware/cli/commands.h"
#include "firmware/library/voiceprint_store.h"
#include "firmware/recording/caption_json.h"
#include "firmware/recording/captions.h"
#include "firmware/recording/microphone.h"
#include "firmware/recording/session.h"
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

struct terminal {
    struct moim_cli *cli;
    struct moim_engine *e;
    struct moim_store *store;
    struct moim_session *session;
    struct moim_recorder *rec;      /* the session's */
    struct moim_captions *captions; /* NULL: none */
    struct moim_draft draft;        /* what they said */
    int next_line;                  /* the first that is not shown with its speakers yet */
    bool shown, keys, paused;       /* shown: standard output is a terminal */
    bool partial;                   /* the last line on the terminal is an open caption */
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

/* Of labels: the one that is spoken, or else the one that was asked for. */
static const char *label_language(const struct terminal *s)
{
    return *s->draft.language ? s->draft.language : s->cli->lang;
}

/* "at": how much was recorded when the caption was said, in seconds; what lies between is how far it is
 * behind. */
static void caption_json(struct terminal *s, const struct moim_caption *x)
{
    cJSON *o = moim_caption_json(x, "type", label_language(s));
    if (x->kind != MOIM_CAPTION_SPEAKERS) cJSON_AddNumberToObject(o, "settled", x->settled);
    cJSON_AddNumberToObject(o, "at", moim_session_seconds(s->session));
    char *line = moim_json_text(o, false);
    if (line) puts(line);
    fflush(stdout);
    free(line);
    cJSON_Delete(o);
}

static void show(struct terminal *s, const char *type, double at, double end, const char *text)
{
    char clock[32];
    if (s->cli->json) {
        json_line(type, at, end, text);
        return;
    }
    if (!s->shown) return;
    moim_clock(clock, sizeof clock, at);
    printf("\r\033[K%s[%s] %s%s\n", strcmp(type, "final") ? "\033[33m" : "", clock, text,
           strcmp(type, "final") ? "\033[0m" : "");
    fflush(stdout);
}

static void show_level(struct terminal *s)
{
    time_t now = time(NULL);
    if (!s->shown || s->cli->json || now == s->level_shown || (s->partial && !s->typing && !s->paused))
        return;
    s->level_shown = now;
    float peak, rms;
    char clock[32];
    moim_recorder_level(s->rec, &peak, &rms);
    moim_clock(clock, sizeof clock, moim_session_seconds(s->session));
    int bars = (int)((peak + 60) / 3);
    bars = bars < 0 ? 0 : bars > 20 ? 20 : bars;
    printf("\r\033[K%s %s  |%-20.*s|  %s", s->paused ? "paused" : "rec", clock, bars, "====================",
           s->typing && s->memo ? s->memo : "space pause, b bookmark, m memo, q stop");
    fflush(stdout);
}

/* ---- captions ---- */

/* Settled words stand out, the rest is grey; one line of the terminal, its end when it is longer. */
static void show_partial(struct terminal *s, const struct moim_caption *x)
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

/* A line with its speakers, once: what is seen differently later stands in the draft. */
static void show_speakers(struct terminal *s, const struct moim_caption *x)
{
    char own[MOIM_LABEL], text[4400];
    if (x->line < s->next_line) return;
    s->next_line = x->line + 1;
    for (int i = 0; i < x->n_parts; i++) {
        const struct moim_caption_part *p = &x->part[i];
        struct moim_segment g = {.speaker = p->speaker, .speaker_name = ""};
        const char *who = moim_speaker_label(own, &g, label_language(s));
        snprintf(text, sizeof text, "%s%s%s%s%s%s", who, p->offer ? " (" : "", p->offer ? p->offer : "",
                 p->offer ? "?)" : "", *who ? ": " : "", p->text);
        show(s, "final", p->start, p->end, text);
    }
    s->partial = false;
}

static void show_caption(struct terminal *s, const struct moim_caption *x)
{
    bool final = x->kind == MOIM_CAPTION_FINAL;
    if (moim_draft_take(&s->draft, x))
        show(s, "error", x->start, -1, "out of memory: the draft lacks a line");
    if (s->cli->json) {
        caption_json(s, x);
    } else if (x->kind == MOIM_CAPTION_SPEAKERS) {
        if (s->shown) show_speakers(s, x);
    } else if (s->shown && final && !moim_captions_has_speakers(s->captions)) {
        show(s, "final", x->start, x->end, x->text);
        s->partial = false;
    } else if (s->shown && !s->typing) { /* a final one too, until its speakers are known */
        show_partial(s, x);
    }
}

static void show_captions(struct terminal *s)
{
    struct moim_caption x;
    while (moim_captions_next(s->captions, &x)) show_caption(s, &x);
}

static void no_more_captions(struct terminal *s)
{
    moim_captions_close(s->captions);
    s->captions = NULL;
}

/* Takes what was recorded since; false when there was nothing. Captions that fail do not cost the recording. */
static bool follow(struct terminal *s)
{
    bool any;
    struct moim_err why;
    int rc = moim_captions_follow(s->captions, s->rec, &any, &why);
    if (rc) {
        show(s, "error", moim_session_seconds(s->session), -1, why.msg);
        no_more_captions(s);
    }
    if (s->captions) show_captions(s);
    return any;
}

/* ---- keys ---- */

static void note(struct terminal *s, bool memo, const char *text)
{
    struct moim_err err;
    double at = moim_session_seconds(s->session);
    if (moim_recorder_note(s->rec, memo, text, &at, &err))
        show(s, "error", at, -1, err.msg);
    else
        show(s, memo ? "memo" : "bookmark", at, -1, *text ? text : "bookmark");
}

/* Every byte is kept: a memo that is too long is refused as a whole, and can be shortened. */
static bool type(struct terminal *s, char c)
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

static void rub_out(struct terminal *s)
{
    while (s->memo_n && (s->memo[--s->memo_n] & 0xc0) == 0x80)
        continue; /* a whole character, not a byte of it */
    if (s->memo) s->memo[s->memo_n] = 0;
}

static void end_memo(struct terminal *s)
{
    struct moim_err err;
    double at = moim_session_seconds(s->session);
    const char *text = s->memo_n ? s->memo : "";
    int rc = moim_recorder_note(s->rec, true, text, &at, &err);
    s->typing = rc == MOIM_EFORMAT; /* what was typed stays, to be shortened */
    if (rc)
        show(s, "error", at, -1, err.msg);
    else
        show(s, "memo", at, -1, text);
}

static void key(struct terminal *s, char c)
{
    if (s->typing) {
        if (c == '\n' || c == '\r')
            end_memo(s);
        else if (c == 127 || c == 8)
            rub_out(s);
        else if ((unsigned char)c >= 32 && !type(s, c))
            show(s, "error", moim_session_seconds(s->session), -1, "out of memory");
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

static void poll_keys(struct terminal *s, int timeout_ms)
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

static void keys_on(struct terminal *s)
{
    s->keys = isatty(STDIN_FILENO) && s->shown && !tcgetattr(STDIN_FILENO, &s->old);
    if (!s->keys) return;
    struct termios raw = s->old;
    raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

/* ---- the recording ---- */

static void end_captions(struct terminal *s)
{
    struct moim_err why;
    while (follow(s)) continue;
    if (!s->captions) return;
    moim_captions_end(s->captions, &why);
    show_captions(s);
    no_more_captions(s); /* processing needs the memory */
}

static int run(struct terminal *s)
{
    char text[MOIM_EVENT_TEXT];
    uint64_t at;
    while (!stop_asked) {
        bool any = follow(s);
        while (moim_recorder_event(s->rec, text, &at)) show(s, "event", (double)at / 16000, -1, text);
        show_level(s);
        if (!any && moim_recorder_ended(s->rec)) break;
        poll_keys(s, any ? 0 : 20);
    }
    int stopped = moim_session_stop(s->session, &s->cli->err);
    end_captions(s);
    return stopped;
}

/* recorded: how the recording ended. */
static int finish(struct terminal *s, const char *from, bool process, int recorded)
{
    struct moim_err warning = {0}, early = s->cli->err, no_draft;
    int64_t id = moim_session_meeting(s->session)->id;
    double seconds = moim_session_seconds(s->session);
    if (from && moim_recorder_broke_off(s->rec) && !s->cli->quiet)
        fprintf(stderr, "moim: %s: truncated; recorded up to there\n", from);
    int rc = moim_session_finish(s->session, &s->draft, &no_draft, &s->cli->err);
    if (no_draft.code && !s->cli->quiet)
        fprintf(stderr, "moim: no draft of the captions: %s\n", no_draft.msg);
    struct moim_process_options o = {.lang = s->cli->lang};
    if (!rc && process) rc = moim_cli_process(s->cli, s->e, s->store, id, &o, &warning, &s->cli->err);
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
    struct moim_session_options session;
    bool no_captions, no_process;
};

static int begin(struct terminal *s, const struct request *q)
{
    struct moim_err warning;
    int rc = moim_session_start(&s->session, s->store, &q->session, &warning, &s->cli->err);
    if (rc) return rc;
    s->rec = moim_session_recorder(s->session);
    if (warning.code && !s->cli->quiet)
        fprintf(stderr, "moim: no bookmarks from other programs: %s\n", warning.msg);
    return MOIM_OK;
}

static int follow_to_the_end(struct terminal *s, const struct request *q)
{
    signal(SIGINT, ask_stop);
    signal(SIGTERM, ask_stop);
    keys_on(s);
    int rc = run(s);
    if (s->keys) tcsetattr(STDIN_FILENO, TCSANOW, &s->old);
    if (s->shown && !s->cli->json) printf("\r\033[K");
    return finish(s, q->session.from, !q->no_process, rc);
}

static int record(struct moim_cli *cli, const struct request *q)
{
    struct terminal s = {.cli = cli, .shown = isatty(STDOUT_FILENO) && !cli->quiet};
    struct moim_captions_options captions = {.lang = cli->lang};
    struct moim_user_vocab vocab = {0};
    struct moim_known_voice *voices = NULL;
    int rc = moim_cli_text(cli, "title", q->session.title);
    if (!rc) rc = moim_store_open(&s.store, cli->db, &cli->err);
    if (!rc) moim_offer_repair(cli, s.store);
    if (!rc) rc = moim_user_vocab_load(&vocab, s.store, &cli->err);
    if (!rc && moim_voices_list(s.store, &voices, &captions.n_voices, NULL)) captions.n_voices = 0;
    captions.speakers = true;
    captions.voices = voices;
    captions.vocab = vocab.words;
    captions.n_vocab = vocab.n;
    if (!rc) rc = moim_engine_new(&s.e, cli->threads, &cli->err);
    if (!rc && !q->no_captions) rc = moim_captions_open(&s.captions, s.e, &captions, &cli->err);
    if (!rc) rc = begin(&s, q);
    if (!rc) rc = follow_to_the_end(&s, q);
    moim_session_free(s.session);
    moim_captions_close(s.captions);
    moim_user_vocab_free(&vocab);
    free(voices);
    moim_engine_free(s.e);
    moim_store_close(s.store);
    moim_draft_clear(&s.draft);
    free(s.memo);
    return rc;
}

static int run_record(struct moim_cli *cli, int argc, char **argv)
{
    struct request q = {.session = {.remember = true}};
    struct moim_opt opts[] = {
        {"from", MOIM_OPT_STR, "FILE", "take the sound from a file instead of a microphone, in real time",
         &q.session.from},
        {"fast", MOIM_OPT_FLAG, NULL, "with --from: as fast as it goes", &q.session.fast},
        {"device", MOIM_OPT_STR, "NAME",
         "microphone by name or index (see: moim devices); the default from then on", &q.session.device},
        {"call", MOIM_OPT_STR, "DEVICE",
         "the far side of a call, on a channel of its own: \"default\" (what the default output plays), another output\n"
         "or device, or none; the default from then on; with --from: a file",
         &q.session.call},
        {"channel", MOIM_OPT_INT, "N", "record this channel only (default: all mixed)", &q.session.channel},
        {"title", MOIM_OPT_STR, "TEXT", "title of the meeting (default: the date)", &q.session.title},
        {"no-captions", MOIM_OPT_FLAG, NULL, "record only; recognise afterwards", &q.no_captions},
        {"no-process", MOIM_OPT_FLAG, NULL, "stop after recording; go on later with: moim doctor --repair",
         &q.no_process},
    };
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 0, 0);
    if (n < 0) return n;
    q.session.captions = !q.no_captions;
    if (q.session.call && !strcmp(q.session.call, "none")) q.session.call = "";
    if (q.session.from && q.session.call && *q.session.call) q.session.from_call = q.session.call;
    return record(cli, &q);
}

const struct moim_command moim_command_record = {
    "record", "", "record a meeting with live captions",
    "Sound is on disk within a second, before anything else happens to it. Ends on q, Ctrl-C or the file's end, then\n"
    "writes transcript and minutes. In a pipe prints the new meeting's id alone; with --json captions and events as lines.",
    run_record};

static void print_device(const struct moim_device *d, const char *chosen, const char *call)
{
    if (d->output) {
        printf("    %s %-40s %-10s for a call: moim record --call\n", !strcmp(call, d->name) ? "*" : " ",
               d->name, d->api);
        return;
    }
    bool used = *chosen ? !strcmp(chosen, d->name) : d->is_default;
    printf("%3d %s %-40s %-10s %d channels, %.0f Hz\n", d->index, used ? "*" : " ", d->name, d->api,
           d->channels, d->rate);
}

/* Without a store nothing was chosen; looking for microphones makes none. */
static int chosen_devices(struct moim_cli *cli, char **name, char **call)
{
    struct moim_store *s;
    if (access(cli->db, F_OK))
        return (*name = strdup("")) && (*call = strdup(""))
                   ? MOIM_OK
                   : moim_fail(&cli->err, MOIM_ENOMEM, "out of memory");
    int rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    rc = moim_microphone_chosen(s, name, &cli->err);
    if (!rc) rc = moim_call_chosen(s, call, &cli->err);
    moim_store_close(s);
    return rc;
}

static void show_devices(cJSON *all, const struct moim_device *list, int n, const char *chosen,
                         const char *call)
{
    for (int i = 0; i < n; i++) {
        if (all)
            moim_json_append(all, moim_device_json(&list[i], list[i].output ? call : chosen));
        else
            print_device(&list[i], chosen, call);
    }
}

static int run_devices(struct moim_cli *cli, int argc, char **argv)
{
    struct moim_device *list = NULL, *outputs = NULL;
    char *chosen = NULL, *call = NULL;
    int n_outputs = 0, n = moim_cli_args(cli, NULL, 0, argc, argv, 0, 0);
    if (n < 0) return n;
    int rc = chosen_devices(cli, &chosen, &call);
    if (!rc) rc = moim_capture_devices(&list, &n, &cli->err);
    if (!rc) rc = moim_pulse_outputs(&outputs, &n_outputs, &cli->err);
    cJSON *all = cli->json && !rc ? cJSON_CreateArray() : NULL;
    if (!rc) show_devices(all, list, n, chosen, call);
    if (!rc) show_devices(all, outputs, n_outputs, chosen, call);
    if (!rc && !n && !cli->json && !cli->quiet) fprintf(stderr, "moim: no microphone was found\n");
    free(chosen);
    free(call);
    free(list);
    free(outputs);
    return all ? moim_print_json(cli, all) : rc;
}

const struct moim_command moim_command_devices = {
    "devices", "",
    "list the microphones, and the outputs that a call can be heard from; * marks what a recording uses",
    NULL, run_devices};
