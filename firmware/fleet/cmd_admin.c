/* Looking after the fleet: migrate, keygen, add, revoke, retry. */
#include "firmware/fleet/fleet.h"

#include <ctype.h>
#include <string.h>

static int run_migrate(struct moim_cli *cli, int argc, char **argv)
{
    const char *config = MOIM_FLEET_CONFIG;
    const struct moim_opt opts[] = {MOIM_FLEET_OPTIONS(&config)};
    int n = moim_cli_args(cli, opts, 1, argc, argv, 0, 0), from, to;
    if (n < 0) return n;
    struct moim_fleet_config c;
    PGconn *pg;
    int rc = moim_fleet_open(&c, config, &pg, &cli->err);
    if (rc) return rc;
    rc = moim_pg_migrate(pg, &from, &to, &cli->err);
    if (!rc && !cli->quiet) printf("schema: version %d, was %d\n", to, from);
    PQfinish(pg);
    moim_fleet_config_free(&c);
    return rc;
}
const struct moim_command moim_command_migrate = {
    "migrate", "", "bring the database's schema to this version (as its owner)", NULL, run_migrate};

static int run_keygen(struct moim_cli *cli, int argc, char **argv)
{
    int n = moim_cli_args(cli, NULL, 0, argc, argv, 2, 2);
    return n < 0 ? n : moim_fleet_keys_make(argv[0], argv[1], &cli->err);
}
const struct moim_command moim_command_keygen = {
    "keygen", "PUBLIC SECRET", "make the fleet's keys: boxes have the public one, workers both",
    "Without the secret key no sound of the archive can ever be heard again: keep a copy apart.", run_keygen};

/* "fleet_box_NAME": what PostgreSQL knows it by. */
static int login_of(const char *kind, const char *name, char out[64], struct moim_err *err)
{
    bool ok = *name && snprintf(out, 64, "fleet_%s_%s", kind, name) < 63;
    for (const char *p = name; ok && *p; p++)
        ok = islower((unsigned char)*p) || isdigit((unsigned char)*p) || *p == '_';
    return ok ? MOIM_OK : moim_fail(err, MOIM_EINVAL, "%s: a name is of a-z, 0-9 and _, at most 50", name);
}

/* A new token; what the database is given is a verifier that it cannot be read from. */
static int make_token(PGconn *pg, const char *login, char token[65], char **verifier, struct moim_err *err)
{
    unsigned char random[32];
    if (sodium_init() < 0) return moim_fail(err, MOIM_EIO, "libsodium does not start");
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(token, 65, random, sizeof random);
    *verifier = PQencryptPasswordConn(pg, token, login, "scram-sha-256");
    return *verifier ? MOIM_OK : moim_fail(err, MOIM_EIO, "PostgreSQL: %s", PQerrorMessage(pg));
}

static int add(PGconn *pg, const char *kind, char **a, int n, const char *role, bool *made, char token[65],
               char login[64], struct moim_err *err)
{
    bool box = !strcmp(kind, "box"), member = !strcmp(kind, "member"), worker = !strcmp(kind, "worker");
    char *verifier = NULL;
    *made = box || member || worker;
    if (!strcmp(kind, "team") && n == 2)
        return moim_pg_query(pg, NULL, err, "SELECT fleet.add_team($1, $2)", 2,
                             (const char *const[]){a[0], a[1]});
    if (!*made || n != (worker ? 1 : 3))
        return moim_fail(err, MOIM_EINVAL,
                         "add team ORG TEAM | box ORG TEAM NAME | member ORG TEAM NAME | worker NAME");
    int rc = login_of(kind, a[n - 1], login, err);
    if (!rc) rc = make_token(pg, login, token, &verifier, err);
    if (rc) return rc;
    const char *values[] = {a[0], worker ? login : a[1], worker ? verifier : a[2], login, verifier, role};
    rc = moim_pg_query(pg, NULL, err,
                       box      ? "SELECT fleet.add_box($1, $2, $3, $4, $5)"
                       : worker ? "SELECT fleet.add_worker($1, $2, $3)"
                                : "SELECT fleet.add_member($1, $2, $3, $4, $5, $6)",
                       box      ? 5
                       : worker ? 3
                                : 6,
                       values);
    PQfreemem(verifier);
    return rc;
}

static int run_add(struct moim_cli *cli, int argc, char **argv)
{
    const char *config = MOIM_FLEET_CONFIG, *role = "reader";
    const struct moim_opt opts[] = {
        MOIM_FLEET_OPTIONS(&config),
        {"role", MOIM_OPT_STR, "reader|manager|admin", "of a member (default: reader)", &role}};
    char token[65] = "", login[64] = "";
    bool made = false;
    int n = moim_cli_args(cli, opts, 2, argc, argv, 2, 4);
    if (n < 0) return n;
    struct moim_fleet_config c;
    PGconn *pg;
    int rc = moim_fleet_open(&c, config, &pg, &cli->err);
    if (rc) return rc;
    rc = add(pg, argv[0], argv + 1, n - 1, role, &made, token, login, &cli->err);
    if (!rc && made) printf("user = %s\ntoken: %s\n", login, token);
    PQfinish(pg);
    moim_fleet_config_free(&c);
    return rc;
}
const struct moim_command moim_command_add = {
    "add", "team ORG TEAM | box ORG TEAM NAME | member ORG TEAM NAME | worker NAME",
    "add to the fleet (as the database's owner)",
    "Prints user and token of a box, a member or a worker: the token is shown this once, the database keeps a verifier.",
    run_add};

static int change(struct moim_cli *cli, const char *config, const char *sql, const char *value,
                  const char *missing)
{
    struct moim_fleet_config c;
    PGconn *pg;
    bool yes = false;
    int rc = moim_fleet_open(&c, config, &pg, &cli->err);
    if (rc) return rc;
    rc = moim_pg_ask(pg, &yes, &cli->err, sql, 1, &value);
    if (!rc && !yes) rc = moim_fail(&cli->err, MOIM_ENOENT, "%s: %s", value, missing);
    PQfinish(pg);
    moim_fleet_config_free(&c);
    return rc;
}

static int run_revoke(struct moim_cli *cli, int argc, char **argv)
{
    const char *config = MOIM_FLEET_CONFIG;
    const struct moim_opt opts[] = {MOIM_FLEET_OPTIONS(&config)};
    int n = moim_cli_args(cli, opts, 1, argc, argv, 1, 1);
    return n < 0
               ? n
               : change(cli, config, "SELECT fleet.revoke($1)", argv[0], "no such user, or revoked already");
}
const struct moim_command moim_command_revoke = {
    "revoke", "USER", "end a token at once, also in open sessions",
    "USER: as `add` printed it, fleet_box_NAME for example.", run_revoke};

static int run_retry(struct moim_cli *cli, int argc, char **argv)
{
    const char *config = MOIM_FLEET_CONFIG;
    const struct moim_opt opts[] = {MOIM_FLEET_OPTIONS(&config)};
    int n = moim_cli_args(cli, opts, 1, argc, argv, 1, 1);
    return n < 0 ? n
                 : change(cli, config, "SELECT fleet.retry($1::bigint)", argv[0],
                          "not a job that was set aside");
}
const struct moim_command moim_command_retry = {"retry", "JOB", "try a job again that was set aside", NULL,
                                                run_retry};
