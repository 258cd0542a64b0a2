/* Changing what is in the store: edit, speakers, bookmark. */
#include "firmware/commands.h"
#include "firmware/find.h"
#include "firmware/live.h"
#include "storage/export.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

int moim_cmd_edit(struct moim_cli *cli, int argc, char **argv)
{
    bool undo = false;
    const char *title = NULL;
    struct moim_opt opts[] = {
        {"undo", MOIM_OPT_FLAG, NULL, "take the last correction of SEGMENT back", &undo},
        {"title", MOIM_OPT_STR, "TEXT", "change the meeting's title instead", &title},
    };
    int n = moim_cli_args(cli, opts, 2, argc, argv, 1, 3);
    if (n < 0) return n;
    if (n != (title ? 1 : undo ? 2 : 3))
        return moim_fail(&cli->err, MOIM_EINVAL,
                         "usage: moim edit ID SEGMENT TEXT | ID SEGMENT --undo | ID --title TEXT");
    long long id, number = 0;
    int rc = moim_cli_id(cli, argv[0], &id), have = 0;
    if (!rc && !title) rc = moim_cli_id(cli, argv[1], &number);
    struct moim_store *s;
    struct moim_segment *list = NULL;
    if (!rc) rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    if (title) {
        rc = moim_meeting_set_title(s, id, title, &cli->err);
    } else {
        rc = moim_segments_get(s, id, &list, &have, &cli->err);
        /* SEGMENT is what `show --json` calls "id". */
        bool found = false;
        for (int i = 0; i < have; i++) found |= list[i].id == number;
        if (!rc && !found)
            rc = moim_fail(&cli->err, MOIM_ENOENT,
                           "meeting %lld has no segment %lld (see: moim show %lld --json)", id, number, id);
        if (!rc)
            rc = undo ? moim_segment_undo(s, number, &cli->err)
                      : moim_segment_edit(s, number, argv[2], &cli->err);
        moim_segments_free(list, have);
        if (!rc) moim_embed_again(s, id);
    }
    moim_store_close(s);
    return rc;
}

struct share {
    int number;
    char label[128];
    double seconds;
    const char *sample;
};

static int count_shares(const struct moim_segment *list, int n, const char *lang, struct share *out, int cap)
{
    int k = 0;
    for (int i = 0; i < n; i++) {
        int j = 0;
        while (j < k && out[j].number != list[i].speaker) j++;
        if (j == k) {
            if (k == cap) continue;
            out[k++] = (struct share){.number = list[i].speaker, .sample = list[i].text};
            moim_speaker_label(out[j].label, sizeof out[j].label, &list[i], lang);
        }
        out[j].seconds += list[i].end - list[i].start;
        if (strlen(list[i].text) > strlen(out[j].sample)) out[j].sample = list[i].text;
    }
    return k;
}

static int show_speakers(struct moim_cli *cli, struct moim_store *s, int64_t id)
{
    struct moim_meeting m;
    struct moim_segment *list = NULL;
    struct share share[64];
    int n = 0, rc = moim_meeting_get(s, id, &m, &cli->err);
    if (!rc) rc = moim_segments_get(s, id, &list, &n, &cli->err);
    if (rc) return rc;
    int k = count_shares(list, n, m.language, share, 64);
    cJSON *all = cli->json ? cJSON_CreateArray() : NULL;
    for (int i = 0; i < k; i++) {
        char time[32];
        moim_clock(time, sizeof time, share[i].seconds);
        if (cli->json) {
            cJSON *o = cJSON_CreateObject();
            cJSON_AddNumberToObject(o, "number", share[i].number);
            cJSON_AddStringToObject(o, "name", share[i].label);
            cJSON_AddNumberToObject(o, "seconds", share[i].seconds);
            cJSON_AddItemToArray(all, o);
        } else {
            printf("%d  %-16s %8s  %.80s\n", share[i].number, *share[i].label ? share[i].label : "?", time,
                   share[i].sample);
        }
    }
    moim_segments_free(list, n);
    moim_meeting_clear(&m);
    return cli->json ? moim_print_json(cli, all) : MOIM_OK;
}

int moim_cmd_speakers(struct moim_cli *cli, int argc, char **argv)
{
    int n = moim_cli_args(cli, NULL, 0, argc, argv, 1, 4);
    if (n < 0) return n;
    long long id, a = 0, b = 0;
    bool name = n == 4 && !strcmp(argv[1], "name"), merge = n == 4 && !strcmp(argv[1], "merge");
    if (n != 1 && !name && !merge)
        return moim_fail(&cli->err, MOIM_EINVAL,
                         "usage: moim speakers ID [name NUMBER NAME | merge NUMBER INTO]");
    int rc = moim_cli_id(cli, argv[0], &id);
    if (!rc && n == 4) rc = moim_cli_id(cli, argv[2], &a);
    if (!rc && merge) rc = moim_cli_id(cli, argv[3], &b);
    struct moim_store *s;
    if (!rc) rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    if (name)
        rc = moim_speaker_rename(s, id, (int)a, argv[3], &cli->err);
    else if (merge)
        rc = moim_speaker_merge(s, id, (int)a, (int)b, &cli->err);
    else
        rc = show_speakers(cli, s, id);
    moim_store_close(s);
    return rc;
}

/* At this moment of the recording at work. */
static int note_now(struct moim_cli *cli, const char *text, bool memo)
{
    struct moim_store *s;
    double at;
    int rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    rc = moim_live_note(s, memo, text, &at, &cli->err);
    if (!rc && cli->json)
        printf("{\"at\": %.3f}\n", at);
    else if (!rc && !cli->quiet)
        printf("%.3f\n", at);
    moim_store_close(s);
    return rc;
}

int moim_cmd_bookmark(struct moim_cli *cli, int argc, char **argv)
{
    bool memo = false;
    struct moim_opt opts[] = {
        {"memo", MOIM_OPT_FLAG, NULL, "with now: a memo line instead of a bookmark", &memo}};
    int n = moim_cli_args(cli, opts, 1, argc, argv, 1, 3);
    if (n < 0) return n;
    if (!strcmp(argv[0], "now") && n <= 2) return note_now(cli, n > 1 ? argv[1] : "", memo);
    if (n < 2 || memo)
        return moim_fail(&cli->err, MOIM_EINVAL,
                         "usage: moim bookmark ID SECONDS [NOTE] | now [NOTE] [--memo]");
    long long id;
    char *end;
    double at = strtod(argv[1], &end);
    int rc = moim_cli_id(cli, argv[0], &id);
    if (!rc && (end == argv[1] || *end || !(at >= 0)))
        rc = moim_fail(&cli->err, MOIM_EINVAL, "%s: not a time in seconds", argv[1]);
    struct moim_store *s;
    if (!rc) rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    rc = moim_bookmark_add(s, id, at, n > 2 ? argv[2] : "", &cli->err);
    moim_store_close(s);
    return rc;
}
