/* moim watch: imports files that appear in a folder. */
#include "firmware/cli/cli_process.h"
#include "firmware/cli/commands.h"
#include "firmware/library/import_file.h"
#include "firmware/library/watch_folder.h"

#include <signal.h>
#include <stdio.h>

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
}

struct request {
    struct moim_process_options process;
    struct moim_import_options import;
    bool no_process, once;
    double settle;
};

/* A failure is printed and noted beside its file; the next file follows. */
static int take(struct moim_cli *cli, struct moim_watch *w, struct moim_store *s, struct moim_engine *e,
                const char *path, const struct request *q)
{
    struct moim_imported done;
    struct moim_err why, warning = {0};
    int rc = moim_import_file(s, path, cli->lang, &q->import, &done, &why);
    if (rc == MOIM_ENOSPC) return moim_fail(&cli->err, rc, "%s", why.msg); /* the file stays for a retry */
    if (rc && !cli->quiet) fprintf(stderr, "moim: %s\n", why.msg);
    int moved = moim_watch_done(w, path, rc ? why.msg : NULL, &cli->err);
    if (moved || rc) return moved;
    if (e && moim_cli_process(cli, e, s, done.id, &q->process, &warning, &why))
        fprintf(stderr, "moim: %s\n", why.msg);
    moim_cli_progress(cli, "", -1);
    printf("%lld\n", (long long)done.id);
    fflush(stdout);
    return MOIM_OK;
}

static int watch(struct moim_cli *cli, struct moim_watch *w, struct moim_store *s, struct moim_engine *e,
                 const struct request *q)
{
    char path[4400];
    int rc = MOIM_OK;
    double idle = 0;
    while (!rc && !stopped) {
        rc = moim_watch_next(w, 1000, path, sizeof path, &cli->err);
        if (rc == 1) {
            rc = take(cli, w, s, e, path, q);
            idle = 0;
        } else if (!rc && q->once && ++idle > q->settle + 1) {
            break;
        }
    }
    return rc;
}

static int run_watch(struct moim_cli *cli, int argc, char **argv)
{
    struct request q = {.settle = MOIM_WATCH_SETTLE};
    struct moim_opt opts[] = {
        {"settle", MOIM_OPT_NUM, "SECONDS", "how long a file has to keep still (default: 3)", &q.settle},
        {"speakers", MOIM_OPT_INT, "N", "how many people speak (default: as many as are heard)",
         &q.process.speakers},
        {"no-minutes", MOIM_OPT_FLAG, NULL, "write no minutes", &q.process.no_minutes},
        {"no-process", MOIM_OPT_FLAG, NULL, "only take them in; go on later with: moim doctor --repair",
         &q.no_process},
        {"once", MOIM_OPT_FLAG, NULL, "end when nothing is left", &q.once},
    };
    struct moim_watch *w;
    struct moim_store *s = NULL;
    struct moim_engine *e = NULL;
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 1, 1);
    if (n < 0) return n;
    q.process.lang = cli->lang;
    if (q.settle < 0 || q.settle > 3600)
        return moim_fail(&cli->err, MOIM_EINVAL, "--settle: must be 0 to 3600");
    int rc = moim_watch_open(&w, argv[0], q.settle, &cli->err);
    if (rc) return rc;
    struct sigaction on = {.sa_handler = stop};
    sigaction(SIGINT, &on, NULL);
    sigaction(SIGTERM, &on, NULL);
    rc = moim_store_open(&s, cli->db, &cli->err);
    if (!rc && !q.no_process) rc = moim_engine_new(&e, cli->threads, &cli->err);
    if (!rc) rc = watch(cli, w, s, e, &q);
    moim_engine_free(e);
    if (s) moim_store_close(s);
    moim_watch_close(w);
    return rc;
}

const struct moim_command moim_command_watch = {
    "watch", "DIR", "a folder whose files become meetings",
    "Recordings and transcripts that come into DIR are taken in once they are whole, then moved to DIR/done, or to\n"
    "DIR/failed with the reason beside them. Prints each new meeting's id. `moim serve --watch DIR` does the same.",
    run_watch};
