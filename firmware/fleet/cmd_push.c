/* A box and the fleet: push, and enqueue. */
#include "base/directory.h"
#include "base/text.h"
#include "firmware/fleet/fleet.h"
#include "firmware/library/audio_files.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int run_push(struct moim_cli *cli, int argc, char **argv)
{
    const char *config = MOIM_FLEET_CONFIG;
    bool adopt = false;
    const struct moim_opt opts[] = {MOIM_FLEET_OPTIONS(&config),
                                    {"adopt", MOIM_OPT_FLAG, NULL,
                                     "this store takes the place of the one that was archived as this box",
                                     &adopt}};
    int n = moim_cli_args(cli, opts, 2, argc, argv, 0, 0);
    if (n < 0) return n;
    struct moim_fleet_config c;
    struct moim_fleet_push p = {.config = &c, .quiet = cli->quiet};
    int rc = moim_fleet_open(&c, config, &p.pg, &cli->err);
    if (rc) return rc;
    rc = moim_store_open(&p.store, cli->db, &cli->err);
    if (!rc) rc = moim_fleet_push(&p, adopt, &cli->err);
    if (!cli->quiet && p.store)
        printf("archived %d, unchanged %d, deleted %d, results taken in %d, failed %d\n", p.archived,
               p.unchanged, p.deleted, p.taken_in, p.failed);
    moim_store_close(p.store);
    PQfinish(p.pg);
    moim_fleet_config_free(&c);
    return rc;
}
const struct moim_command moim_command_push = {
    "push", "", "archive what is finished, take results in, follow corrections and deletions",
    "What is cut off is taken up again by the next push. What is deleted here is deleted in the archive for good.",
    run_push};

struct bulk {
    const struct moim_fleet_config *config;
    PGconn *pg;
    const char *box, *language;
    char priority[12];
    int queued;
    bool quiet;
};

static int queue(struct bulk *b, const char *object, const char *file, struct moim_err *err)
{
    PGresult *r;
    char *title = moim_title_of(file);
    if (!title) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    const char *values[] = {object, title, b->language, b->priority};
    int rc = moim_pg_query(b->pg, &r, err, "SELECT fleet.enqueue_object($1, $2, $3, $4::int)", 4, values);
    if (!rc) b->queued += !PQgetisnull(r, 0, 0), PQclear(r);
    free(title);
    return rc;
}

/* Named by what is in it: the same recording again is the same object. */
static int hash_sound(const char *path, char hex[33], struct moim_err *err)
{
    unsigned char block[65536], sum[16];
    crypto_generichash_state st;
    size_t n;
    FILE *f = fopen(path, "re");
    if (!f) return moim_fail_errno(err, "%s", path);
    crypto_generichash_init(&st, NULL, 0, sizeof sum);
    while ((n = fread(block, 1, sizeof block, f)) > 0) crypto_generichash_update(&st, block, n);
    bool bad = ferror(f);
    fclose(f);
    crypto_generichash_final(&st, sum, sizeof sum);
    sodium_bin2hex(hex, 33, sum, sizeof sum);
    return bad ? moim_fail(err, MOIM_EIO, "%s: cannot be read", path) : MOIM_OK;
}

static int queue_file(struct bulk *b, const char *path, struct moim_err *err)
{
    char hex[33], object[80], bytes[24];
    struct stat st;
    if (stat(path, &st) || !S_ISREG(st.st_mode)) return MOIM_OK;
    int rc = hash_sound(path, hex, err);
    snprintf(object, sizeof object, "%s/bulk-%s", b->box, hex);
    if (!rc) rc = moim_fleet_put_sound(b->config, path, object, bytes, err);
    return rc ? rc : queue(b, object, path, err);
}

static int queue_folder(struct bulk *b, const char *dir, struct moim_err *err)
{
    struct moim_names names;
    int rc = moim_names_read(&names, dir, err);
    if (rc) return rc;
    for (size_t i = 0; !rc && i < names.n; i++) {
        char path[4096];
        if (snprintf(path, sizeof path, "%s/%s", dir, names.name[i]) < (int)sizeof path)
            rc = queue_file(b, path, err);
    }
    moim_names_free(&names);
    return rc;
}

static int queue_bucket(struct bulk *b, const char *uri, struct moim_err *err)
{
    size_t root = 5 + strcspn(uri + 5, "/");
    char bucket[256], object[800], *names;
    if (root >= sizeof bucket) return moim_fail(err, MOIM_EINVAL, "%s: too long", uri);
    snprintf(bucket, sizeof bucket, "%.*s", (int)root, uri);
    struct moim_objects from = b->config->store;
    from.where = bucket;
    int rc = moim_object_list(&from, uri[root] ? uri + root + 1 : "", &names, err);
    if (rc) return rc;
    for (char *rest = names, *name; !rc && (name = strsep(&rest, "\n"));) {
        if (!*name) continue;
        snprintf(object, sizeof object, "%s/%s", bucket, name);
        rc = queue(b, object, name, err);
    }
    free(names);
    return rc;
}

static int whose(struct bulk *b, PGresult **r, struct moim_err *err)
{
    int rc = moim_pg_query(b->pg, r, err, "SELECT fleet.my_number()", 0, NULL);
    if (!rc) b->box = PQgetvalue(*r, 0, 0);
    return rc;
}

static int run_enqueue(struct moim_cli *cli, int argc, char **argv)
{
    const char *config = MOIM_FLEET_CONFIG;
    int priority = 0;
    const struct moim_opt opts[] = {
        MOIM_FLEET_OPTIONS(&config),
        {"priority", MOIM_OPT_INT, "N", "higher ones are done first (default: 0)", &priority}};
    int n = moim_cli_args(cli, opts, 2, argc, argv, 1, -1);
    if (n < 0) return n;
    struct moim_fleet_config c;
    struct bulk b = {
        .config = &c, .quiet = cli->quiet, .language = strcmp(cli->lang, "auto") ? cli->lang : ""};
    PGresult *r = NULL;
    int rc = moim_fleet_open(&c, config, &b.pg, &cli->err);
    if (rc) return rc;
    snprintf(b.priority, sizeof b.priority, "%d", priority);
    rc = whose(&b, &r, &cli->err);
    for (int i = 0; !rc && i < n; i++)
        rc = !strncmp(argv[i], "s3://", 5) ? queue_bucket(&b, argv[i], &cli->err)
                                           : queue_folder(&b, argv[i], &cli->err);
    if (!cli->quiet && !rc) printf("queued %d\n", b.queued);
    PQclear(r);
    PQfinish(b.pg);
    moim_fleet_config_free(&c);
    return rc;
}
const struct moim_command moim_command_enqueue = {
    "enqueue", "DIR|s3://BUCKET/PREFIX...",
    "an archive of recordings in bulk, as work for the strong machines",
    "Each recording becomes a meeting of this box's team when a worker has done it. One that was queued before is not queued again.",
    run_enqueue};
