/* moim delete, moim trash: meetings go into the trash, from which they can be brought back, or for good. */
#include "base/json.h"
#include "firmware/cli/commands.h"
#include "firmware/library/removal.h"
#include "firmware/library/trash.h"
#include "storage/export.h"
#include "storage/overview.h"

#include <cjson/cJSON.h>
#include <time.h>

static int show(struct moim_cli *cli, struct moim_store *s)
{
    struct moim_overview *list;
    int n, rc = moim_overview_trash(s, &list, &n, &cli->err);
    if (rc) return rc;
    cJSON *all = cli->json ? cJSON_CreateArray() : NULL;
    for (int i = 0; i < n; i++) {
        const struct moim_meeting *m = &list[i].meeting;
        char when[32];
        moim_local_time(when, m->trashed_at);
        if (all)
            moim_json_append(all, moim_meeting_json(m));
        else
            printf("%4lld  %s  %s\n", (long long)m->id, when, m->title);
    }
    moim_overview_free(list, n);
    return all ? moim_print_json(cli, all) : MOIM_OK;
}

static int check_ids(struct moim_cli *cli, char **argv, int n)
{
    long long id;
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < n; i++) rc = moim_cli_id(cli, argv[i], &id);
    return rc;
}

/* Where no daemon runs, this empties the trash of what has been there long enough. */
static void empty_old(struct moim_store *s)
{
    int deleted;
    struct moim_err ignored;
    moim_trash_empty(s, MOIM_TRASH_DAYS, (int64_t)time(NULL), &deleted, &ignored);
}

static int into_trash(struct moim_cli *cli, struct moim_store *s, int64_t id)
{
    int rc = moim_trash(s, id, (int64_t)time(NULL), &cli->err);
    if (rc == MOIM_ENOSPC)
        return moim_fail(&cli->err, rc,
                         "the disk is full; deleting for good makes room: moim delete --for-good %lld",
                         (long long)id);
    return rc;
}

/* ---- trash ---- */

static int run_trash(struct moim_cli *cli, int argc, char **argv)
{
    bool restore = false, empty = false;
    struct moim_opt opts[] = {
        {"restore", MOIM_OPT_FLAG, NULL, "bring the meetings back", &restore},
        {"empty", MOIM_OPT_FLAG, NULL, "delete for good what is in it", &empty},
    };
    int n = moim_cli_args(cli, opts, 2, argc, argv, 0, -1);
    if (n < 0) return n;
    if ((restore && !n) || (empty && (n || restore)))
        return moim_fail(&cli->err, MOIM_EINVAL, "usage: moim trash [ID...] | --restore ID... | --empty");
    long long id;
    int deleted = 0, rc = check_ids(cli, argv, n);
    struct moim_store *s;
    if (!rc) rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    if (empty) rc = moim_trash_empty(s, 0, (int64_t)time(NULL), &deleted, &cli->err);
    for (int i = 0; !rc && i < n; i++) {
        rc = moim_cli_id(cli, argv[i], &id);
        if (!rc) rc = restore ? moim_trash_restore(s, id, &cli->err) : into_trash(cli, s, id);
    }
    if (!rc && !restore) empty_old(s);
    if (!rc && !n && !empty) rc = show(cli, s);
    moim_store_close(s);
    return rc;
}

const struct moim_command moim_command_trash = {
    "trash", "[ID...] | --restore ID... | --empty", "put meetings into the trash, list it, bring them back",
    "What is in the trash stands in no list and no search. After thirty days it is deleted for good, sound and all.",
    run_trash};

/* ---- delete ---- */

static int run_delete(struct moim_cli *cli, int argc, char **argv)
{
    bool for_good = false;
    struct moim_opt opts[] = {
        {"for-good", MOIM_OPT_FLAG, NULL, "at once and with the sound, not into the trash", &for_good},
    };
    int n = moim_cli_args(cli, opts, 1, argc, argv, 1, -1);
    if (n < 0) return n;
    long long id;
    int rc = check_ids(cli, argv, n);
    struct moim_store *s = NULL;
    if (!rc) rc = moim_store_open(&s, cli->db, &cli->err);
    for (int i = 0; !rc && i < n; i++) {
        rc = moim_cli_id(cli, argv[i], &id);
        if (!rc) rc = for_good ? moim_delete(s, id, &cli->err) : into_trash(cli, s, id);
    }
    if (!rc && !for_good) {
        empty_old(s);
        if (!cli->quiet)
            fprintf(
                stderr,
                "moim: in the trash for %d days; moim trash --restore brings back, moim delete --for-good does not wait\n",
                MOIM_TRASH_DAYS);
    }
    moim_store_close(s);
    return rc;
}

const struct moim_command moim_command_delete = {
    "delete", "ID...", "put meetings into the trash, or delete them for good",
    "From the trash `moim trash --restore` brings them back; after thirty days they are deleted for good.",
    run_delete};
