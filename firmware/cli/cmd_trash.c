/* moim trash: meetings that can still be brought back. */
#include "base/json.h"
#include "firmware/cli/commands.h"
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
    int rc = MOIM_OK, deleted = 0;
    for (int i = 0; !rc && i < n; i++) rc = moim_cli_id(cli, argv[i], &id);
    struct moim_store *s;
    if (!rc) rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    int64_t now = (int64_t)time(NULL);
    if (empty) rc = moim_trash_empty(s, 0, now, &deleted, &cli->err);
    for (int i = 0; !rc && i < n; i++) {
        rc = moim_cli_id(cli, argv[i], &id);
        if (!rc) rc = restore ? moim_trash_restore(s, id, &cli->err) : moim_trash(s, id, now, &cli->err);
    }
    if (!rc && !n && !empty) rc = show(cli, s);
    moim_store_close(s);
    return rc;
}

const struct moim_command moim_command_trash = {
    "trash", "[ID...] | --restore ID... | --empty", "put meetings into the trash, list it, bring them back",
    "What is in the trash stands in no list and no search. The daemon deletes it for good after thirty days, sound and all.",
    run_trash};
