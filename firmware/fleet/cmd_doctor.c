/* Is the fleet well? doctor asks each part, metrics prints figures for Prometheus. */
#include "firmware/fleet/fleet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct check {
    const char *name, *sql, *advice; /* sql: one row, t or f */
};
static const struct check checks[] = {
    {"letters",
     "SELECT pg_encoding_to_char(encoding) = 'UTF8' AND datctype NOT IN ('C', 'POSIX') FROM pg_database WHERE datname = current_database()",
     "the database's LC_CTYPE must know letters: CREATE DATABASE ... ENCODING 'UTF8' LC_CTYPE 'C.UTF-8' TEMPLATE template0"},
    {"pg_trgm", "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm')",
     "CREATE EXTENSION pg_trgm"},
    {"rights",
     "SELECT NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'fleet'"
     " AND c.relkind = 'r' AND NOT c.relrowsecurity AND c.relname <> 'versions')",
     "a table lacks row-level security"},
    {"tokens", "SELECT current_setting('password_encryption') = 'scram-sha-256'",
     "password_encryption must be scram-sha-256"},
};
static const struct check owner_checks[] = {
    {"jobs", "SELECT NOT EXISTS (SELECT FROM fleet.jobs WHERE state = 'set aside')",
     "some were set aside: SELECT id, error FROM fleet.jobs WHERE state = 'set aside'; moim-fleet retry JOB"},
    {"leases",
     "SELECT NOT EXISTS (SELECT FROM fleet.jobs WHERE state = 'leased' AND lease_until < now() - interval '10 minutes')",
     "expired ones are not taken up: is a worker running?"},
    {"deletions",
     "SELECT NOT EXISTS (SELECT FROM fleet.dead_objects WHERE since < now() - interval '1 hour')",
     "sound that was deleted is still there: does its box push?"},
    {"boxes",
     "SELECT NOT EXISTS (SELECT FROM fleet.boxes WHERE revoked_at IS NULL AND coalesce(seen_at, added_at) < now() - interval '7 days')",
     "some were not heard of for a week: SELECT name, seen_at FROM fleet.boxes"},
};

static int report(const char *name, bool well, const char *why)
{
    printf("%-10s %s%s%s\n", name, well ? "ok" : "PROBLEM", well || !why ? "" : ": ",
           well || !why ? "" : why);
    return !well;
}

static int check_version(PGconn *pg)
{
    int version = 0;
    char why[600];
    struct moim_err err = {0};
    int rc = moim_pg_version(pg, &version, &err);
    snprintf(why, sizeof why, "version %d, this program has %d: moim-fleet migrate; %s", version,
             moim_pg_version_known(), err.msg);
    return report("schema", !rc && version == moim_pg_version_known(), why);
}

static int check_list(PGconn *pg, const struct check *list, int n)
{
    int bad = 0;
    for (int i = 0; i < n; i++) {
        struct moim_err err = {0};
        bool well = false;
        int rc = moim_pg_ask(pg, &well, &err, list[i].sql, 0, NULL);
        bad += report(list[i].name, !rc && well, rc ? err.msg : list[i].advice);
    }
    return bad;
}

static bool same_files(const char *a, const char *b)
{
    char x[64] = "", y[64] = "";
    FILE *f = fopen(a, "re"), *g = fopen(b, "re");
    bool same = f && g && fread(x, 1, sizeof x, f) == fread(y, 1, sizeof y, g) && !memcmp(x, y, sizeof x);
    if (f) fclose(f);
    if (g) fclose(g);
    return same;
}

/* Puts, gets and removes an object of its own. */
static int check_objects(const struct moim_fleet_config *c)
{
    char folder[256], a[300], b[300], name[64];
    struct moim_err err = {0};
    if (!c->store.where) return 0;
    int rc = moim_fleet_folder(folder, &err);
    if (rc) return report("objects", false, err.msg);
    snprintf(a, sizeof a, "%s/a", folder), snprintf(b, sizeof b, "%s/b", folder);
    snprintf(name, sizeof name, "doctor/%ld", (long)getpid());
    FILE *f = fopen(a, "we");
    if (f) fprintf(f, "moim-fleet doctor\n"), fclose(f);
    rc = moim_object_put(&c->store, name, a, &err);
    if (!rc) rc = moim_object_get(&c->store, name, b, &err);
    if (!rc && !same_files(a, b)) rc = moim_fail(&err, MOIM_EIO, "what was put does not come back");
    int gone = moim_object_remove(&c->store, name, rc ? NULL : &err);
    moim_fleet_folder_remove(folder);
    return report("objects", !rc && !gone, err.msg);
}

static int check_keys(const struct moim_fleet_config *c)
{
    unsigned char key[crypto_box_PUBLICKEYBYTES], secret[crypto_box_SECRETKEYBYTES],
        own[crypto_box_PUBLICKEYBYTES];
    struct moim_err err = {0};
    if (!c->public_key) return 0;
    int rc = moim_fleet_key_read(c->public_key, key, &err);
    if (!rc && c->secret_key) {
        rc = moim_fleet_key_read(c->secret_key, secret, &err);
        if (!rc && (crypto_scalarmult_base(own, secret) || memcmp(own, key, sizeof own)))
            rc = moim_fail(&err, MOIM_EFORMAT, "public_key and secret_key do not belong together");
        sodium_memzero(secret, sizeof secret);
    }
    return report("keys", !rc, err.msg);
}

static int run_doctor(struct moim_cli *cli, int argc, char **argv)
{
    const char *config = MOIM_FLEET_CONFIG;
    const struct moim_opt opts[] = {MOIM_FLEET_OPTIONS(&config)};
    int n = moim_cli_args(cli, opts, 1, argc, argv, 0, 0), bad = 0;
    if (n < 0) return n;
    struct moim_fleet_config c;
    PGconn *pg;
    bool owner = false;
    int rc = moim_fleet_open(&c, config, &pg, &cli->err);
    if (rc) {
        report("database", false, cli->err.msg);
        return rc;
    }
    report("database", true, NULL);
    rc = moim_pg_ask(
        pg, &owner, &cli->err,
        "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'fleet' AND pg_has_role(nspowner, 'MEMBER'))",
        0, NULL);
    if (!rc && owner) bad += check_version(pg);
    if (!rc) bad += check_list(pg, checks, sizeof checks / sizeof checks[0]);
    if (!rc && owner) bad += check_list(pg, owner_checks, sizeof owner_checks / sizeof owner_checks[0]);
    bad += check_keys(&c) + check_objects(&c);
    PQfinish(pg);
    moim_fleet_config_free(&c);
    return !rc && bad ? moim_fail(&cli->err, MOIM_ESTATE, "%d problem%s", bad, bad > 1 ? "s" : "") : rc;
}
const struct moim_command moim_command_doctor = {
    "doctor", "", "check database, rights, keys and the place of sound",
    "As the database's owner it looks at schema, jobs, deletions and boxes too.", run_doctor};

static int write_metrics(const PGresult *r, const char *path, struct moim_err *err)
{
    char part[4096] = "";
    if (path && snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part)
        return moim_fail(err, MOIM_EINVAL, "path is too long");
    FILE *out = path ? fopen(part, "we") : stdout;
    if (!out) return moim_fail_errno(err, "%s", part);
    const char *last = "";
    for (int i = 0; i < PQntuples(r); i++) {
        const char *name = PQgetvalue(r, i, 0), *label = PQgetvalue(r, i, 1);
        if (strcmp(last, name)) fprintf(out, "# TYPE %s gauge\n", name);
        fprintf(out, "%s%s%s%s %s\n", name, *label ? "{" : "", label, *label ? "}" : "", PQgetvalue(r, i, 2));
        last = name;
    }
    bool bad = ferror(out);
    if (!path) return bad || fflush(out) ? moim_fail_errno(err, "stdout") : MOIM_OK;
    return fclose(out) || bad || rename(part, path) ? moim_fail_errno(err, "%s", path) : MOIM_OK;
}

static int run_metrics(struct moim_cli *cli, int argc, char **argv)
{
    const char *config = MOIM_FLEET_CONFIG, *output = NULL;
    const struct moim_opt opts[] = {MOIM_FLEET_OPTIONS(&config),
                                    {"output", MOIM_OPT_STR, "FILE",
                                     "for the textfile collector of node_exporter: replaced whole", &output}};
    int n = moim_cli_args(cli, opts, 2, argc, argv, 0, 0);
    if (n < 0) return n;
    struct moim_fleet_config c;
    PGconn *pg;
    PGresult *r;
    int rc = moim_fleet_open(&c, config, &pg, &cli->err);
    if (rc) return rc;
    rc = moim_pg_query(pg, &r, &cli->err, "SELECT * FROM fleet.metrics()", 0, NULL);
    if (!rc) rc = write_metrics(r, output, &cli->err), PQclear(r);
    PQfinish(pg);
    moim_fleet_config_free(&c);
    return rc;
}
const struct moim_command moim_command_metrics = {
    "metrics", "", "figures in the text format of Prometheus (as the database's owner)", NULL, run_metrics};
