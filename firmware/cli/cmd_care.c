/* Maintenance: backup, restore, tidy. */
#include "firmware/cli/commands.h"
#include "firmware/library/backup.h"
#include "firmware/library/retention.h"
#include "firmware/library/seal.h"
#include "firmware/pipeline/models.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct stage {
    struct moim_cli *cli;
    const char *name;
};

static void show(void *arg, double done)
{
    const struct stage *st = arg;
    moim_cli_progress(st->cli, st->name, done);
}

static int run_backup(struct moim_cli *cli, int argc, char **argv)
{
    const char *pass_file = NULL;
    struct moim_opt opts[] = {
        {"passphrase-file", MOIM_OPT_STR, "FILE",
         "seal it with the first line of FILE, and put the key of remembered voices in", &pass_file},
    };
    int n = moim_cli_args(cli, opts, 1, argc, argv, 1, 1);
    if (n < 0) return n;
    char pass[MOIM_PASSPHRASE_MAX];
    struct moim_store *s;
    struct stage st = {cli, "backing up"};
    struct moim_backup_job job = {argv[0], pass_file ? pass : NULL, show, &st};
    int rc = moim_passphrase_read(pass_file, pass, &cli->err);
    if (!rc) rc = moim_store_open(&s, cli->db, &cli->err);
    if (!rc) {
        rc = moim_backup(s, &job, &cli->err);
        moim_cli_progress(cli, "", -1);
        moim_store_close(s);
    }
    sodium_memzero(pass, sizeof pass);
    return rc;
}

const struct moim_command moim_command_backup = {
    "backup", "FILE", "the whole store, sound and all, in one file",
    "A zip that other programs open too, or with a passphrase a sealed file. Recordings at work go in as far as "
    "they are.",
    run_backup};

static int run_restore(struct moim_cli *cli, int argc, char **argv)
{
    const char *pass_file = NULL;
    struct moim_opt opts[] = {
        {"passphrase-file", MOIM_OPT_STR, "FILE", "open a sealed backup with the first line of FILE",
         &pass_file},
    };
    int n = moim_cli_args(cli, opts, 1, argc, argv, 1, 1);
    if (n < 0) return n;
    char pass[MOIM_PASSPHRASE_MAX];
    struct stage st = {cli, "restoring"};
    struct moim_backup_job job = {argv[0], pass_file ? pass : NULL, show, &st};
    struct moim_restored done;
    int rc = moim_passphrase_read(pass_file, pass, &cli->err);
    if (!rc) rc = moim_restore(cli->db, &job, &done, &cli->err);
    sodium_memzero(pass, sizeof pass);
    moim_cli_progress(cli, "", -1);
    if (rc || cli->quiet) return rc;
    if (done.without_sound)
        fprintf(stderr, "moim: %d of %d meetings came without their sound, which the backup does not hold\n",
                done.without_sound, done.meetings);
    if (done.voices_lost)
        fprintf(
            stderr,
            "moim: %d remembered voices cannot be read here, their key is not in this backup; bring the file "
            "%s.voices-key from the old device, or remember them again: moim speakers --help\n",
            done.voices_lost, cli->db);
    return rc;
}

const struct moim_command moim_command_restore = {
    "restore", "FILE", "bring a backup back",
    "Only where there is nothing yet and no other moim has the store open: nothing is replaced.",
    run_restore};

/* "500M", "20G"; false for anything else. */
static bool read_size(const char *text, int64_t *bytes)
{
    char *end;
    double x = strtod(text, &end);
    const char *units = "KMGT", *unit = *end ? strchr(units, *end) : NULL;
    if (end == text || !(x >= 0) || (*end && (!unit || end[1]))) return false;
    for (int i = 0; unit && i <= unit - units; i++) x *= 1024;
    *bytes = x < 9e18 ? (int64_t)x : INT64_MAX;
    return true;
}

static int run_tidy(struct moim_cli *cli, int argc, char **argv)
{
    struct moim_keep keep = {0};
    const char *quota = NULL;
    struct moim_opt opts[] = {
        {"days", MOIM_OPT_INT, "N", "remove sound that came into the store longer ago than that", &keep.days},
        {"quota", MOIM_OPT_STR, "SIZE",
         "remove the oldest sound until no more than that is left (500M, 20G; 0: all that may go)", &quota},
        {"dry-run", MOIM_OPT_FLAG, NULL, "only say what would go", &keep.dry_run},
    };
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 0, 0);
    if (n < 0) return n;
    if (quota && !read_size(quota, &keep.bytes))
        return moim_fail(&cli->err, MOIM_EINVAL, "%s: not a size (500M, 20G)", quota);
    keep.limited = quota != NULL;
    if (keep.days < 0 || (!keep.days && !quota))
        return moim_fail(&cli->err, MOIM_EINVAL, "tidy: needs --days N or --quota SIZE");
    struct moim_store *s;
    struct moim_tidied done;
    int rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    rc = moim_tidy(s, &keep, (int64_t)time(NULL), &done, &cli->err);
    moim_store_close(s);
    if (rc) return rc;
    if (cli->json)
        printf("{\"meetings\": %d, \"freed_bytes\": %lld, \"left_bytes\": %lld, \"dry_run\": %s}\n",
               done.meetings, (long long)done.bytes, (long long)done.left, keep.dry_run ? "true" : "false");
    else if (!cli->quiet)
        printf("sound of %d meetings %s, %.1f MB; %.1f MB left\n", done.meetings,
               keep.dry_run ? "would go" : "removed", (double)done.bytes / 1e6, (double)done.left / 1e6);
    return MOIM_OK;
}

const struct moim_command moim_command_tidy = {"tidy", "", "remove old sound; transcripts and minutes stay",
                                               NULL, run_tidy};
