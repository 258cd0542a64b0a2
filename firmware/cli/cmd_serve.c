/* moim serve: the daemon. moim pair: the code that lets a device in. */
#include "base/clock.h"
#include "firmware/api/context.h"
#include "firmware/cli/commands.h"
#include "firmware/daemon/watch_thread.h"
#include "firmware/device/controller.h"
#include "firmware/http/certificate.h"
#include "firmware/http/pairing.h"
#include "firmware/http/server.h"
#include "firmware/library/recordings.h"
#include "firmware/library/removal.h"
#include "firmware/library/retention.h"
#include "firmware/library/trash.h"
#include "firmware/platform/ending.h"
#include "firmware/platform/log.h"
#include "firmware/platform/paths.h"
#include "storage/queue.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <malloc.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PORT 6646 /* m-o-i-m on a telephone's keys */
#define TIDY_SECONDS 3600
#define TIDY_EVEN 600    /* by then a device without a clock has the network's time */
#define STUCK_SECONDS 30 /* after which the recording thread counts as stuck */

struct request {
    const char *listen, *names, *web, *from, *hardware, *watch;
    int port, max_upload, fd; /* fd: of socket activation, or -1 */
    bool token, loop, fast, verbose, tls;
    struct moim_certificate own; /* with tls */
};

static bool is_loopback(const char *address)
{
    return !strncmp(address, "127.", 4) || !strcmp(address, "::1");
}

/* The address of systemd's socket; an unknown one counts as public. */
static void address_of(int fd, char *out, size_t cap)
{
    struct sockaddr_storage a = {0};
    socklen_t n = sizeof a;
    snprintf(out, cap, "0.0.0.0");
    if (getsockname(fd, (struct sockaddr *)&a, &n)) return;
    if (a.ss_family == AF_INET)
        inet_ntop(AF_INET, &((struct sockaddr_in *)(void *)&a)->sin_addr, out, (socklen_t)cap);
    if (a.ss_family == AF_INET6)
        inet_ntop(AF_INET6, &((struct sockaddr_in6 *)(void *)&a)->sin6_addr, out, (socklen_t)cap);
}

/* ---- before it starts ---- */

/* One daemon a store: two would both run its jobs. The lock ends with the process. */
static int take_lock(const char *dir, int *fd, struct moim_err *err)
{
    char path[4200];
    snprintf(path, sizeof path, "%sserve.lock", dir);
    int rc = moim_make_parents(path, err);
    if (rc) return rc;
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0) return moim_fail_errno(err, "%s", path);
    if (!flock(*fd, LOCK_EX | LOCK_NB)) return MOIM_OK;
    return moim_fail(err, MOIM_ESTATE, "another moim serve runs on this store (%s)", path);
}

/* Removes uploads that a crash left. We hold the daemon's lock, so that none is in progress. */
static void remove_uploads(const char *dir)
{
    char path[4200];
    struct dirent *e;
    snprintf(path, sizeof path, "%saudio", dir);
    DIR *d = opendir(path);
    while (d && (e = readdir(d)))
        if (!strncmp(e->d_name, "upload-", 7)) unlinkat(dirfd(d), e->d_name, 0);
    if (d) closedir(d);
}

/* Before pending jobs resume, so that these find the recovered meetings. */
static void find_recordings(const char *db)
{
    struct moim_store *s;
    struct moim_err err;
    struct moim_found found;
    if (moim_store_open(&s, db, &err)) return;
    if (moim_recordings_find(s, true, &found, &err)) moim_log(MOIM_LOG_WARNING, "recordings: %s", err.msg);
    moim_store_close(s);
}

/* held: the daemon's lock and the shared store lock (moim_store_lock), also while no store is open. */
static int prepare(struct moim_cli *cli, const struct request *q, struct moim_serve *sv, int held[2])
{
    struct moim_store *s;
    struct moim_err *err = &cli->err;
    char path[4300];
    int left, rc = moim_store_open(&s, cli->db, err);
    if (rc) return rc;
    if (moim_removals(s, true, &left, err)) moim_log(MOIM_LOG_WARNING, "%s", err->msg);
    moim_store_close(s);
    sv->web_dir = q->web;
    sv->max_upload = (uint64_t)q->max_upload << 20;
    rc = moim_serve_init(sv, cli->db, err);
    if (!rc) rc = take_lock(sv->dir, &held[0], err);
    if (!rc) rc = moim_store_lock(cli->db, false, &held[1], err);
    if (rc) return rc;
    snprintf(path, sizeof path, "%saudio/x", sv->dir);
    rc = moim_make_parents(path, err);
    if (!rc) remove_uploads(sv->dir);
    if (!rc) find_recordings(cli->db);
    bool required = q->token || !is_loopback(q->listen);
    if (!rc) rc = moim_guard_new(&sv->guard, sv->dir, required, q->names, err);
    if (!rc && q->tls) moim_guard_set_secure(sv->guard);
    return rc;
}

/* ---- greeting ---- */

static void print_addresses(const struct request *q, int port)
{
    struct ifaddrs *list = NULL, *a;
    const char *scheme = q->tls ? "https" : "http";
    if (strcmp(q->listen, "0.0.0.0") && strcmp(q->listen, "::")) {
        printf(strchr(q->listen, ':') ? "%s://[%s]:%d/\n" : "%s://%s:%d/\n", scheme, q->listen, port);
        return;
    }
    if (getifaddrs(&list)) list = NULL;
    for (a = list; a; a = a->ifa_next) {
        char text[64];
        if (!a->ifa_addr || a->ifa_addr->sa_family != AF_INET || !(a->ifa_flags & IFF_UP)) continue;
        struct sockaddr_in in;
        memcpy(&in, a->ifa_addr, sizeof in);
        if (inet_ntop(AF_INET, &in.sin_addr, text, sizeof text)) printf("%s://%s:%d/\n", scheme, text, port);
    }
    freeifaddrs(list);
}

static void greet(const struct moim_serve *sv, const struct request *q, int port, bool quiet)
{
    char code[MOIM_CODE_LENGTH + 1];
    struct moim_err err;
    print_addresses(q, port);
    if (moim_guard_required(sv->guard) && !quiet && isatty(STDOUT_FILENO)) {
        if (moim_pairing_code(sv->dir, code, &err))
            moim_log(MOIM_LOG_WARNING, "%s", err.msg);
        else
            printf("pairing code, good for ten minutes: %.4s-%s\n", code, code + 4);
    }
    if (q->tls && !quiet) printf("fingerprint (SHA-256): %s\n", q->own.fingerprint);
    fflush(stdout);
}

/* ---- while it runs ---- */

static bool alive(struct moim_serve *sv)
{
    return moim_monotonic() - moim_mic_heartbeat(sv->mic) < STUCK_SECONDS;
}

static double boottime(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The clock was set, usually by the network after boot: recordings from before are not as old as their dates
 * say. */
static void look_at_clock(struct moim_serve *sv, struct moim_clock_look *look)
{
    struct moim_store *s;
    struct moim_err err;
    int64_t now = (int64_t)time(NULL), wrong_since;
    if (!moim_clock_was_set(look, now, boottime(), &wrong_since)) return;
    if (moim_store_open(&s, sv->db, &err)) {
        moim_log(MOIM_LOG_WARNING, "the clock was set: %s", err.msg);
        return;
    }
    if (moim_sound_came_now(s, wrong_since, now, &err))
        moim_log(MOIM_LOG_WARNING, "the clock was set: %s", err.msg);
    moim_store_close(s);
}

/* Once an hour, removes audio older than the settings allow; skipped after a clock jump. */
static void tidy(struct moim_serve *sv)
{
    struct moim_store *s;
    struct moim_err err;
    struct moim_tidied done = {0};
    char *days = NULL;
    if (moim_store_open(&s, sv->db, &err)) return;
    int rc = moim_setting_get(s, "keep_audio_days", "0", &days, &err);
    struct moim_keep keep = {.days = rc ? 0 : atoi(days)};
    if (keep.days > 0 && moim_tidy(s, &keep, (int64_t)time(NULL), &done, &err))
        moim_log(MOIM_LOG_WARNING, "old sound: %s", err.msg);
    if (done.meetings)
        moim_log(MOIM_LOG_INFO, "the sound of %d old meetings was removed, as the settings say",
                 done.meetings);
    free(days);
    int deleted = 0;
    if (moim_trash_empty(s, MOIM_TRASH_DAYS, (int64_t)time(NULL), &deleted, &err))
        moim_log(MOIM_LOG_WARNING, "trash: %s", err.msg);
    if (deleted)
        moim_log(MOIM_LOG_INFO, "%d meetings were deleted that lay in the trash for %d days", deleted,
                 MOIM_TRASH_DAYS);
    moim_store_close(s);
}

/* The main thread: signals, and periodic work once a second. */
static void watch(struct moim_serve *sv, struct moim_http_server *http)
{
    double ping = moim_monotonic(), dog = ping, tidied = ping - TIDY_SECONDS, every = moim_notify_watchdog();
    struct moim_clock_look look = {0};
    for (;;) {
        int sig = moim_ending_wait(1000);
        if (sig) {
            moim_log(MOIM_LOG_NOTICE, "ending on %s", strsignal(sig));
            return;
        }
        double t = moim_monotonic();
        moim_http_tend(http, 0);
        moim_fetches_poll(sv);
        moim_finder_poll(sv->finder);
        if (t - ping >= 15) {
            moim_events_ping(sv->events);
            ping = t;
        }
        look_at_clock(sv, &look);
        if (t - tidied >= TIDY_SECONDS && boottime() - look.even_since >= TIDY_EVEN) {
            tidy(sv);
            tidied = t;
        }
        if (every > 0 && t - dog >= every && alive(sv)) {
            moim_notify("WATCHDOG=1");
            dog = t;
        }
    }
}

/* The recording first: flush its audio and close its journal. A running job is abandoned; it resumes at the
 * next start. */
static void shut_down(struct moim_serve *sv, struct moim_http_server *http, struct moim_controller *panel,
                      struct moim_watching *folder)
{
    moim_notify("STOPPING=1");
    moim_controller_stop(panel);
    moim_mic_end(sv->mic);
    moim_watching_stop(folder);
    moim_http_quiesce(http);
    moim_events_end(sv->events);
    if (!moim_jobs_stop(sv->jobs, 3)) {
        moim_log(MOIM_LOG_NOTICE, "a job is at work; it begins again at the next start");
        fflush(NULL);
        _exit(0);
    }
    moim_http_stop(http);
    moim_mic_close(sv->mic);
    moim_jobs_free(sv->jobs);
}

static void folder_brought(void *sv, int64_t meeting)
{
    moim_tell_meeting(sv, meeting, "added");
}

static struct cJSON *state_json(void *sv)
{
    return moim_state_json(sv);
}

static int run(struct moim_cli *cli, const struct request *q, struct moim_serve *sv)
{
    char uploads[4200];
    struct moim_http_server *http = NULL;
    struct moim_controller *panel = NULL;
    struct moim_watching *folder = NULL;
    struct moim_err *err = &cli->err;
    snprintf(uploads, sizeof uploads, "%saudio/", sv->dir);
    struct moim_http_options o = {.address = q->listen,
                                  .port = q->port,
                                  .listen_fd = q->fd,
                                  .upload_dir = uploads,
                                  .key = q->own.key,
                                  .cert = q->own.cert};
    struct moim_http_app app = {sv,
                                moim_serve_begin,
                                moim_serve_lane,
                                moim_serve_handle,
                                moim_serve_to_job_thread,
                                moim_serve_has_room};
    struct moim_mic_options m = {.db = cli->db,
                                 .from = q->from,
                                 .loop = q->loop,
                                 .fast = q->fast,
                                 .threads = cli->threads,
                                 .events = sv->events,
                                 .state = state_json,
                                 .state_arg = sv};
    int rc = moim_jobs_start(&sv->jobs, cli->db, sv->events, cli->threads, err);
    m.jobs = sv->jobs;
    if (!rc) rc = moim_mic_open(&sv->mic, &m, err);
    if (!rc) rc = moim_controller_start(&panel, q->hardware, sv->dir, sv->mic, sv->jobs, err);
    if (!rc && q->watch)
        rc = moim_watching_start(&folder, q->watch, cli->db, sv->jobs, folder_brought, sv, err);
    if (!rc) rc = moim_http_start(&http, &o, &app, err);
    if (rc) {
        moim_watching_stop(folder);
        moim_controller_stop(panel);
        moim_mic_close(sv->mic);
        if (sv->jobs && moim_jobs_stop(sv->jobs, 3)) moim_jobs_free(sv->jobs);
        return rc;
    }
    greet(sv, q, moim_http_port(http), cli->quiet);
    moim_notify("READY=1");
    malloc_trim(0);
    watch(sv, http);
    shut_down(sv, http, panel, folder);
    return MOIM_OK;
}

static int run_serve(struct moim_cli *cli, int argc, char **argv)
{
    struct request q = {.listen = "127.0.0.1", .hardware = "none", .port = PORT, .max_upload = 2048};
    struct moim_opt opts[] = {
        {"listen", MOIM_OPT_STR, "ADDRESS", "listen there (default: 127.0.0.1; others demand pairing)",
         &q.listen},
        {"port", MOIM_OPT_INT, "N", "port (default: 6646; 0: a free one)", &q.port},
        {"token", MOIM_OPT_FLAG, NULL, "demand pairing on 127.0.0.1 too", &q.token},
        {"tls", MOIM_OPT_FLAG, NULL, "HTTPS, by a certificate of its own; moim pair shows its fingerprint",
         &q.tls},
        {"name", MOIM_OPT_STR, "NAMES", "host names that lead here, besides this machine's own", &q.names},
        {"max-upload", MOIM_OPT_INT, "MB", "largest recording that is taken (default: 2048)", &q.max_upload},
        {"web", MOIM_OPT_STR, "DIR", "the page's files from here instead of those built in", &q.web},
        {"from", MOIM_OPT_STR, "FILE", "a file instead of the microphone; after its end it is silent",
         &q.from},
        {"loop", MOIM_OPT_FLAG, NULL, "with --from: begin again at its end", &q.loop},
        {"fast", MOIM_OPT_FLAG, NULL, "with --from: as fast as it goes; its end ends the recording", &q.fast},
        {"watch", MOIM_OPT_STR, "DIR", "a folder whose files become meetings (moim watch)", &q.watch},
        {"hardware", MOIM_OPT_STR, "WIRING",
         "buttons and lights: a file, sim:SOCKET or none (docs/hardware.md)", &q.hardware},
        {"verbose", MOIM_OPT_FLAG, NULL, "log more", &q.verbose},
    };
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 0, 0), held[2] = {-1, -1};
    if (n < 0) return n;
    if (q.port > 65535) return moim_fail(&cli->err, MOIM_EINVAL, "--port: must be at most 65535");
    if (q.from && access(q.from, R_OK)) return moim_fail_errno(&cli->err, "%s", q.from);
    moim_log_set(q.verbose ? MOIM_LOG_DEBUG : cli->quiet ? MOIM_LOG_WARNING : MOIM_LOG_INFO);
    /* Few malloc arenas keep the idle daemon small. */
    mallopt(M_ARENA_MAX, 2);
    umask(077);
    struct moim_serve sv = {0};
    char given[64];
    q.fd = moim_notify_listen_fd();
    if (q.fd >= 0) { /* the socket's address decides whether pairing is required */
        address_of(q.fd, given, sizeof given);
        q.listen = given;
    }
    int rc = moim_ending_catch(&cli->err);
    if (!rc) rc = prepare(cli, &q, &sv, held);
    if (!rc && q.tls) rc = moim_certificate_open(&q.own, sv.dir, q.names, &cli->err);
    if (!rc) rc = run(cli, &q, &sv);
    moim_serve_clear(&sv);
    moim_certificate_clear(&q.own);
    for (int i = 0; i < 2; i++)
        if (held[i] >= 0) close(held[i]);
    return rc;
}

const struct moim_command moim_command_serve = {
    "serve", "", "the daemon: page, HTTP interface, microphone and jobs (docs/openapi.yaml)",
    "Listens on this machine only unless --listen says otherwise; other devices are then paired first (moim pair).\n"
    "Recordings, uploads and what `doctor --repair` would finish are worked on one after another.",
    run_serve};

#define BOX "/var/lib/moim/" /* the store of the Debian package's recorder */

static bool is_served(const char *dir)
{
    char path[4200];
    snprintf(path, sizeof path, "%sserve.lock", dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool served = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
    if (fd >= 0) close(fd);
    return served;
}

/* Without a running recorder the code is useless. */
static int check_served(struct moim_cli *cli, const char *dir)
{
    struct stat st;
    if (is_served(dir)) return MOIM_OK;
    if (cli->db == cli->db_default && strcmp(dir, BOX) && !stat(BOX, &st) && st.st_uid != getuid())
        return moim_fail(&cli->err, MOIM_ESTATE,
                         "no recorder runs on %s; for this device's own (" BOX "): sudo moim-box pair",
                         cli->db);
    if (!cli->quiet)
        fprintf(stderr, "moim: moim serve does not run on %s; start it before the code is typed\n", cli->db);
    return MOIM_OK;
}

static int run_pair(struct moim_cli *cli, int argc, char **argv)
{
    bool reset = false, token = false;
    struct moim_opt opts[] = {
        {"reset", MOIM_OPT_FLAG, NULL, "a new token: nobody is paired any more", &reset},
        {"token", MOIM_OPT_FLAG, NULL, "print the token itself, for programs", &token},
    };
    int n = moim_cli_args(cli, opts, 2, argc, argv, 0, 0);
    if (n < 0) return n;
    char dir[4096], text[MOIM_TOKEN_LENGTH + 1];
    const char *slash = strrchr(cli->db, '/');
    snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - cli->db + 1) : 2, slash ? cli->db : "./");
    int rc = check_served(cli, dir);
    if (!rc && reset) rc = moim_pairing_reset(dir, &cli->err);
    if (!rc) rc = token ? moim_pairing_token(dir, text, &cli->err) : moim_pairing_code(dir, text, &cli->err);
    if (rc) return rc;
    if (token)
        puts(text);
    else
        printf("%.4s-%s\n", text, text + 4);
    if (!token && !cli->quiet && isatty(STDOUT_FILENO))
        printf("Type this on the new device within ten minutes. It is good once.\n");
    char print[MOIM_FINGERPRINT];
    struct moim_err none;
    if (!token && !cli->quiet && !moim_certificate_fingerprint(dir, print, &none))
        fprintf(
            stderr,
            "Over HTTPS, the browser must show this fingerprint (SHA-256) before the code is typed:\n%s\n",
            print);
    return MOIM_OK;
}

const struct moim_command moim_command_pair = {
    "pair", "", "show the code that lets another device use `moim serve`", NULL, run_pair};
