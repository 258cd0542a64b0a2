/* A strong machine at work. It holds a job by a lease that it renews; what it does without one has no effect.
 *
 *     take -> fetch sound -> run the command, renewing -> read its result -> finish
 *       no connection: again with a pause. Sound cannot be fetched: the job is given back unharmed.
 *       command fails: the job waits longer each time, then is set aside. Lease lost: the command is ended. */
#include "firmware/fleet/fleet.h"
#include "firmware/library/document_add.h"
#include "storage/fleet/document.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RESULT_MAX (256 << 20)

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

struct worker {
    struct moim_fleet_config config;
    const char *config_file;
    unsigned char secret[crypto_box_SECRETKEYBYTES];
    PGconn *pg;
    int lease; /* seconds */
    bool quiet;
    char seconds[12];
};

struct job {
    char id[24], lease[40], object[800], name[400], language[16], folder[256], sound[300], out[300];
    bool bulk;
};

static void pause_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void copy_value(char *out, size_t cap, const PGresult *r, int column)
{
    snprintf(out, cap, "%s", PQgetvalue(r, 0, column));
    moim_cut_whole(out);
}

/* 1: a job, 0: none waits. */
static int take(struct worker *w, struct job *j, struct moim_err *err)
{
    PGresult *r;
    const char *values[] = {w->seconds};
    int rc = moim_pg_query(w->pg, &r, err, "SELECT * FROM fleet.take($1::int)", 1, values);
    if (rc) return rc;
    int got = PQntuples(r);
    if (got) {
        copy_value(j->id, sizeof j->id, r, 0);
        copy_value(j->lease, sizeof j->lease, r, 1);
        copy_value(j->object, sizeof j->object, r, 2);
        copy_value(j->name, sizeof j->name, r, 3);
        copy_value(j->language, sizeof j->language, r, 4);
        j->bulk = *PQgetvalue(r, 0, 5) == 't';
    }
    PQclear(r);
    return got ? 1 : 0;
}

/* Sound of boxes is sealed; a bucket of recordings in bulk is as it is. */
static int fetch_sound(struct worker *w, struct job *j, struct moim_err *err)
{
    char sealed[300], bucket[256];
    snprintf(sealed, sizeof sealed, "%s/sealed", j->folder);
    snprintf(j->sound, sizeof j->sound, "%s/sound.flac", j->folder);
    snprintf(j->out, sizeof j->out, "%s/result.json", j->folder);
    if (!strncmp(j->object, "s3://", 5)) {
        /* A box names it, the worker's rights fetch it: only below what the worker's settings allow. */
        const char *bulk = w->config.bulk;
        if (!bulk || strncmp(j->object, bulk, strlen(bulk)) || strlen(bulk) < 7 ||
            bulk[strlen(bulk) - 1] != '/')
            return moim_fail(err, MOIM_EACCES, "%s: not below the bucket that this worker takes in bulk",
                             j->object);
        struct moim_objects from = w->config.store;
        size_t root = 5 + strcspn(j->object + 5, "/");
        const char *dot = strrchr(j->object, '.');
        if (dot && strlen(dot) < 8 && !strchr(dot, '/'))
            snprintf(j->sound, sizeof j->sound, "%s/sound%s", j->folder, dot);
        snprintf(bucket, sizeof bucket, "%.*s", (int)root, j->object);
        from.where = bucket;
        return moim_object_get(&from, j->object[root] ? j->object + root + 1 : "", j->sound, err);
    }
    int rc = moim_object_get(&w->config.store, j->object, sealed, err);
    if (!rc) rc = moim_fleet_unseal(sealed, j->sound, w->secret, err);
    unlink(sealed);
    return rc;
}

static pid_t start(struct worker *w, struct job *j)
{
    pid_t parent = getpid(), pid = fork();
    if (pid) return pid;
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a worker that is killed leaves nobody at work */
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    if (getppid() != parent || chdir(j->folder)) _exit(126);
    execl(w->config.command, w->config.command, j->sound, j->out, j->language, (char *)NULL);
    _exit(127);
}

static bool beat(struct worker *w, const struct job *j)
{
    bool held = false;
    const char *values[] = {j->id, j->lease, w->seconds};
    if (PQstatus(w->pg) != CONNECTION_OK) PQreset(w->pg);
    struct moim_err err = {0};
    int rc = moim_pg_ask(w->pg, &held, &err, "SELECT fleet.beat($1::bigint, $2::uuid, $3::int)", 3, values);
    return rc == MOIM_EIO || held; /* not reachable: the lease may still be ours until it ends */
}

/* Waits for the command and renews the lease three times in its length. MOIM_ECANCEL: told to stop; MOIM_ESTATE: the
 * lease is lost. */
static int attend(struct worker *w, struct job *j, struct moim_err *err)
{
    int status = 0, rc = MOIM_OK;
    pid_t pid = start(w, j), ended = 0;
    if (pid < 0) return moim_fail_errno(err, "fork");
    double next = now() + w->lease / 3.0;
    while (!rc && !(ended = waitpid(pid, &status, WNOHANG))) {
        if (stop) rc = moim_fail(err, MOIM_ECANCEL, "told to stop");
        if (!rc && now() >= next) {
            if (!beat(w, j)) rc = moim_fail(err, MOIM_ESTATE, "job %s: the lease is lost", j->id);
            next = now() + w->lease / 3.0;
        }
        if (!rc) pause_ms(10);
    }
    if (rc && !ended) {
        kill(-pid, SIGKILL);
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
    }
    if (rc || (WIFEXITED(status) && !WEXITSTATUS(status))) return rc;
    if (WIFEXITED(status))
        return moim_fail(err, MOIM_EINVAL, "%s: exit status %d", w->config.command, WEXITSTATUS(status));
    return moim_fail(err, MOIM_EINVAL, "%s: ended by signal %d", w->config.command, WTERMSIG(status));
}

static int read_result(const char *path, char **json, struct moim_err *err)
{
    struct stat st;
    FILE *f = fopen(path, "re");
    if (!f) return moim_fail_errno(err, "%s", path);
    int rc = fstat(fileno(f), &st) || st.st_size <= 0 || st.st_size > RESULT_MAX
                 ? moim_fail(err, MOIM_EFORMAT, "the result is empty or too large")
                 : MOIM_OK;
    *json = rc ? NULL : calloc(1, (size_t)st.st_size + 1);
    if (!rc && !*json) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    if (!rc && fread(*json, 1, (size_t)st.st_size, f) != (size_t)st.st_size)
        rc = moim_fail(err, MOIM_EIO, "%s: cannot be read", path);
    fclose(f);
    if (rc) free(*json), *json = NULL;
    return rc;
}

/* The result as a meeting of the archive, by way of a store of its own. */
static int archive_form(struct job *j, const struct moim_whole *w, struct moim_fleet_text *doc,
                        struct moim_err *err)
{
    char db[300];
    struct moim_store *s;
    int64_t id;
    struct moim_meeting m = *w->doc.meeting;
    struct moim_document d = w->doc;
    m.audio = "";
    d.meeting = &m;
    snprintf(db, sizeof db, "%s/result.db", j->folder);
    int rc = moim_store_open(&s, db, err);
    if (rc) return rc;
    rc = moim_document_add(s, &d, &id, err);
    if (!rc) rc = moim_fleet_document(s, id, doc, err);
    moim_store_close(s);
    return rc;
}

static int finish(struct worker *w, struct job *j, const char *json, const struct moim_fleet_text *doc,
                  struct moim_err *err)
{
    bool done = false;
    const char *values[] = {j->id, j->lease, json, doc->json, doc->words, doc->digest};
    int rc = MOIM_EIO;
    /* Until the lease has surely ended; a finish whose answer was lost answers false the second time. */
    for (double end = now() + w->lease; rc == MOIM_EIO && now() < end && !stop;
         pause_ms(rc == MOIM_EIO ? 500 : 0)) {
        if (PQstatus(w->pg) != CONNECTION_OK) PQreset(w->pg);
        rc =
            moim_pg_ask(w->pg, &done, err,
                        "SELECT fleet.finish($1::bigint, $2::uuid, $3, $4::json, $5::text[], $6)", 6, values);
    }
    if (!rc && !done)
        rc = moim_fail(err, MOIM_ESTATE, "job %s: finished already, or the lease is lost", j->id);
    return rc;
}

static int hand_in(struct worker *w, struct job *j, struct moim_err *err)
{
    char *json = NULL;
    struct moim_fleet_text doc = {0};
    struct moim_whole whole;
    int rc = read_result(j->out, &json, err);
    if (rc) return rc;
    rc = moim_document_parse(&whole, json, strlen(json), err);
    if (!rc) {
        if (!whole.doc.n_segments) rc = moim_fail(err, MOIM_EFORMAT, "the result has no words");
        if (!rc && j->bulk) rc = archive_form(j, &whole, &doc, err);
        moim_whole_free(&whole);
    }
    if (!rc) rc = finish(w, j, json, &doc, err);
    free(json);
    moim_fleet_text_free(&doc);
    return rc;
}

static void tell(struct worker *w, struct job *j, const char *sql, const char *why)
{
    bool done;
    const char *values[] = {j->id, j->lease, why};
    if (PQstatus(w->pg) != CONNECTION_OK) PQreset(w->pg);
    /* Not told: the lease ends by itself. */
    moim_pg_ask(w->pg, &done, NULL, sql, why ? 3 : 2, values);
}

static void work_on(struct worker *w, struct job *j)
{
    struct moim_err err = {0};
    int rc = moim_fleet_folder(j->folder, &err), fetched = rc;
    if (!rc) {
        fetched = rc = fetch_sound(w, j, &err);
        if (!rc) rc = attend(w, j, &err);
        if (!rc) rc = hand_in(w, j, &err);
        moim_fleet_folder_remove(j->folder);
    }
    if (!w->quiet) printf("job %s %s%s\n", j->id, rc ? "not done: " : "done", rc ? err.msg : "");
    fflush(stdout);
    if (!rc || rc == MOIM_ESTATE) return;
    bool ours = rc == MOIM_ECANCEL || rc == MOIM_ENOSPC ||
                (fetched && rc != MOIM_ENOENT && rc != MOIM_EFORMAT && rc != MOIM_EACCES);
    tell(w, j,
         ours ? "SELECT fleet.release($1::bigint, $2::uuid)" : "SELECT fleet.fail($1::bigint, $2::uuid, $3)",
         ours ? NULL : err.msg);
    if (ours && !stop) pause_ms(2000);
}

static int connect_again(struct worker *w, struct moim_err *err)
{
    if (w->pg && PQstatus(w->pg) == CONNECTION_OK) return MOIM_OK;
    PQfinish(w->pg);
    moim_fleet_config_free(&w->config);
    int rc = moim_fleet_open(&w->config, w->config_file, &w->pg, err);
    return rc ? rc : moim_pg_query(w->pg, NULL, err, "LISTEN fleet_jobs", 0, NULL);
}

/* Until a job is put in line, or one that waits may be taken. In short pieces, since a signal may come before poll(). */
static int wait_for_work(struct worker *w, struct moim_err *err)
{
    PGresult *r;
    int rc = moim_pg_query(w->pg, &r, err, "SELECT least(15, fleet.next_due())", 0, NULL);
    if (rc) return rc;
    double due = strtod(PQgetvalue(r, 0, 0), NULL), end = now() + (due > 0.2 ? due : 0.2);
    PQclear(r);
    bool told = false;
    while (!stop && !told && now() < end && PQstatus(w->pg) == CONNECTION_OK) {
        struct pollfd p = {.fd = PQsocket(w->pg), .events = POLLIN};
        double left = end - now();
        poll(&p, 1, left > 0.25 ? 250 : (int)(left * 1000) + 1);
        if (!PQconsumeInput(w->pg)) break; /* the connection is gone: the next round connects again */
        for (PGnotify *n; (n = PQnotifies(w->pg)); PQfreemem(n)) told = true;
    }
    return MOIM_OK;
}

/* Only what is no outage ends a worker: a wrong setting, a revoked token. */
static int work(struct worker *w, bool once, struct moim_err *err)
{
    int rc = MOIM_OK;
    while (!stop && (!rc || rc == MOIM_EIO || rc == 1 || rc == MOIM_ESTATE)) {
        struct job j = {0};
        rc = connect_again(w, err);
        if (!rc) rc = take(w, &j, err);
        if (rc == 1) work_on(w, &j);
        if (!rc && once) break;
        if (!rc) rc = wait_for_work(w, err);
        if (rc < 0 && !w->quiet) fprintf(stderr, "moim-fleet: %s\n", err->msg);
        if (rc < 0 && !stop) pause_ms(500 + random() % 1000);
    }
    return rc == 1 || (stop && rc == MOIM_EIO) ? MOIM_OK : rc;
}

static int prepare(struct worker *w, struct moim_err *err)
{
    struct sigaction on = {.sa_handler = on_signal};
    sigaction(SIGTERM, &on, NULL);
    sigaction(SIGINT, &on, NULL);
    signal(SIGPIPE, SIG_IGN);
    srandom((unsigned)(getpid() ^ time(NULL)));
    snprintf(w->seconds, sizeof w->seconds, "%d", w->lease);
    int rc = moim_fleet_config_read(&w->config, w->config_file, err);
    if (rc) return rc;
    if (!w->config.secret_key || !w->config.store.where)
        rc = moim_fail(err, MOIM_EINVAL, "%s: a worker needs secret_key and objects", w->config_file);
    if (!rc) rc = moim_fleet_key_read(w->config.secret_key, w->secret, err);
    if (!rc && access(w->config.command, X_OK)) rc = moim_fail_errno(err, "%s", w->config.command);
    moim_fleet_config_free(&w->config);
    return rc;
}

static int run_worker(struct moim_cli *cli, int argc, char **argv)
{
    struct worker w = {.config_file = MOIM_FLEET_CONFIG, .lease = 120, .quiet = cli->quiet};
    bool once = false;
    const struct moim_opt opts[] = {MOIM_FLEET_OPTIONS(&w.config_file),
                                    {"lease", MOIM_OPT_INT, "S",
                                     "a job of a worker not heard of so long goes to others (default: 120)",
                                     &w.lease},
                                    {"once", MOIM_OPT_FLAG, NULL, "end when nothing waits", &once}};
    int n = moim_cli_args(cli, opts, 3, argc, argv, 0, 0);
    if (n < 0) return n;
    if (w.lease < 3) return moim_fail(&cli->err, MOIM_EINVAL, "--lease: at least 3 seconds");
    w.quiet = cli->quiet;
    int rc = prepare(&w, &cli->err);
    if (!rc) rc = work(&w, once, &cli->err);
    PQfinish(w.pg);
    moim_fleet_config_free(&w.config);
    sodium_memzero(w.secret, sizeof w.secret);
    return rc;
}
const struct moim_command moim_command_worker = {
    "worker", "", "take recordings that wait for a better pass",
    "Runs the command of the settings as COMMAND SOUND RESULT LANGUAGE; it writes to RESULT what `moim export --format json` writes.",
    run_worker};
