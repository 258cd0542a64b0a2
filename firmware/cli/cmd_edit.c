/* Changing what is in the store: edit, bookmark. */
#include "base/text.h"
#include "firmware/cli/commands.h"
#include "firmware/pipeline/semantic_index.h"
#include "firmware/recording/control_socket.h"
#include "storage/export.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

static int run_edit(struct moim_cli *cli, int argc, char **argv)
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
    if (!rc) rc = moim_cli_text(cli, title ? "title" : "correction", title ? title : undo ? NULL : argv[2]);
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

const struct moim_command moim_command_edit = {
    "edit", "ID SEGMENT TEXT | ID SEGMENT --undo | ID --title TEXT", "correct a transcript or a title",
    "SEGMENT is the \"id\" that `moim show ID --json` prints. Recognising again never overwrites a correction.",
    run_edit};

static int check_note(struct moim_cli *cli, const char *text)
{
    int characters, rc = moim_cli_text(cli, "note", text);
    if (rc || (moim_text_ok(text, &characters) && characters <= MOIM_NOTE_CHARACTERS)) return rc;
    return moim_fail(&cli->err, MOIM_EFORMAT, "note: longer than %d characters (it has %d)",
                     MOIM_NOTE_CHARACTERS, characters);
}

/* At this moment of the recording at work. */
static int note_now(struct moim_cli *cli, const char *text, bool memo)
{
    struct moim_store *s;
    double at;
    int rc = check_note(cli, text);
    if (!rc) rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    rc = moim_control_note(s, memo, text, &at, &cli->err);
    if (!rc && cli->json)
        printf("{\"at\": %.3f}\n", at);
    else if (!rc && !cli->quiet)
        printf("%.3f\n", at);
    moim_store_close(s);
    return rc;
}

static int run_bookmark(struct moim_cli *cli, int argc, char **argv)
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
    if (!rc) rc = check_note(cli, n > 2 ? argv[2] : "");
    struct moim_store *s;
    if (!rc) rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    rc = moim_bookmark_add(s, id, at, n > 2 ? argv[2] : "", &cli->err);
    moim_store_close(s);
    return rc;
}

const struct moim_command moim_command_bookmark = {
    "bookmark", "ID SECONDS [NOTE] | now [NOTE] [--memo]",
    "mark a moment of a meeting, or of the recording at work",
    "now: from another terminal, a script or a button; prints the moment in seconds.", run_bookmark};
