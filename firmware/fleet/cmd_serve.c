/* The page over the fleet: moim-fleet serve. */
#include "firmware/fleet/fleet.h"
#include "firmware/fleet/page.h"
#include "firmware/http/certificate.h"
#include "firmware/platform/ending.h"
#include "firmware/platform/log.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PORT 6647 /* the recorder's is 6646 */

struct request {
    const char *config, *listen, *tls, *names;
    int port;
    bool proxy;
};

/* Until it is told to end. */
static void watch(struct moim_page *p, struct moim_http_server *http)
{
    for (;;) {
        int sig = moim_ending_wait(1000);
        if (sig) {
            moim_log(MOIM_LOG_NOTICE, "ending on %s", strsignal(sig));
            return;
        }
        moim_http_tend(http, 0);
        moim_sessions_tend(p->sessions, 0);
    }
}

static int serve(struct moim_page *p, const struct request *q, const struct moim_certificate *own, bool quiet,
                 struct moim_err *err)
{
    struct moim_http_server *http;
    struct moim_http_options o = {.address = q->listen,
                                  .port = q->port,
                                  .listen_fd = -1,
                                  .upload_dir = "",
                                  .key = own->key,
                                  .cert = own->cert};
    struct moim_http_app app = {p, moim_page_begin, moim_page_lane, moim_page_handle, NULL, NULL};
    int rc = moim_http_start(&http, &o, &app, err);
    if (rc) return rc;
    printf(strchr(q->listen, ':') ? "%s://[%s]:%d/\n" : "%s://%s:%d/\n", own->key ? "https" : "http",
           q->listen, moim_http_port(http));
    if (own->key && !quiet) printf("fingerprint (SHA-256): %s\n", own->fingerprint);
    fflush(stdout);
    moim_notify("READY=1");
    watch(p, http);
    moim_notify("STOPPING=1");
    p->ending = 1;
    moim_http_stop(http);
    return MOIM_OK;
}

/* The certificate lies in a folder, our own being made when there is none. */
static int open_certificate(struct moim_certificate *own, const struct request *q, struct moim_err *err)
{
    char dir[4096];
    if (!q->tls) return MOIM_OK;
    if (snprintf(dir, sizeof dir, "%s/", q->tls) >= (int)sizeof dir)
        return moim_fail(err, MOIM_EINVAL, "--tls: too long");
    if (mkdir(q->tls, 0700) && errno != EEXIST) return moim_fail_errno(err, "%s", q->tls);
    return moim_certificate_open(own, dir, q->names, err);
}

static int check(const struct request *q, struct moim_err *err)
{
    bool here = !strncmp(q->listen, "127.", 4) || !strcmp(q->listen, "::1");
    if (q->port > 65535) return moim_fail(err, MOIM_EINVAL, "--port: must be at most 65535");
    if (here || q->tls) return MOIM_OK;
    return moim_fail(
        err, MOIM_EINVAL,
        "--listen %s: tokens would cross the network in the clear; give --tls DIR, or listen on 127.0.0.1 "
        "behind a proxy that has HTTPS (--proxy)",
        q->listen);
}

static int run_serve(struct moim_cli *cli, int argc, char **argv)
{
    struct request q = {.config = MOIM_FLEET_CONFIG, .listen = "127.0.0.1", .port = PORT};
    struct moim_page p = {.threads = cli->threads};
    struct moim_certificate own = {0};
    struct moim_fleet_config c;
    const struct moim_opt opts[] = {
        MOIM_FLEET_OPTIONS(&q.config),
        {"listen", MOIM_OPT_STR, "ADDRESS", "listen there (default: 127.0.0.1; others demand --tls)",
         &q.listen},
        {"port", MOIM_OPT_INT, "N", "port (default: 6647; 0: a free one)", &q.port},
        {"tls", MOIM_OPT_STR, "DIR",
         "HTTPS, by tls-key.pem and tls-cert.pem in this folder; its own are made if it has none", &q.tls},
        {"proxy", MOIM_OPT_FLAG, NULL, "a proxy that has HTTPS stands before it: cookies are for HTTPS alone",
         &q.proxy},
        {"name", MOIM_OPT_STR, "NAMES", "host names that lead here, besides this machine's own", &q.names},
        {"minutes-model", MOIM_OPT_STR, "NAME",
         "the model that answers (default: the one that writes minutes; none: without)", &p.model}};
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 0, 0);
    if (n < 0) return n;
    moim_log_set(cli->quiet ? MOIM_LOG_WARNING : MOIM_LOG_INFO);
    umask(077);
    int rc = check(&q, &cli->err);
    if (!rc) rc = moim_fleet_config_read(&c, q.config, &cli->err);
    if (rc) return rc;
    p.secure = q.tls || q.proxy;
    rc = moim_ending_catch(&cli->err);
    if (!rc) rc = open_certificate(&own, &q, &cli->err);
    if (!rc) rc = moim_page_init(&p, c.database, q.names, &cli->err);
    if (!rc) rc = serve(&p, &q, &own, cli->quiet, &cli->err);
    if (p.guard) moim_page_clear(&p);
    moim_certificate_clear(&own);
    moim_fleet_config_free(&c);
    return rc;
}
const struct moim_command moim_command_serve_fleet = {
    "serve", "", "the page over the fleet, for people who read",
    "Who signs in with user and token of `add member` reads, searches and asks as that person: the database decides what is\n"
    "seen. The settings need to name the database alone.",
    run_serve};
