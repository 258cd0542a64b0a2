/* Edits: edit, bookmark. */
#include "base/text.h"
#include "firmware/cli/commands.h"
#include "firmware/library/redact.h"
#include "firmware/pipeline/semantic_index.h"
#include "firmware/recording/control_socket.h"
#include "storage/export.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

struct change {
    bool undo, all;
    const char *title, *replace;
};

/* Sets one segment's text, or undoes its last correction. */
static int edit_segment(struct moim_cli *cli, struct moim_store *s, long long id, long long number,
                        const char *text)
{
    struct moim_segment *list = NULL;
    int have = 0, rc = moim_segments_get(s, id, &list, &have, &cli->err);
    /* SEGMENT is what `show --json` calls "id". */
    bool found = false;
    for (int i = 0; i < have; i++) found |= list[i].id == number;
    if (!rc && !found)
        rc = moim_fail(&cli->err, MOIM_ENOENT,
                       "meeting %lld has no segment %lld (see: moim show %lld --json)", id, number, id);
    if (!rc)
        rc = text ? moim_segment_edit(s, number, text, &cli->err) : moim_segment_undo(s, number, &cli->err);
    moim_segments_free(list, have);
    if (!rc) moim_embed_again(s, id);
    return rc;
}

/* id 0: in all meetings. */
static int replace(struct moim_cli *cli, struct moim_store *s, long long id, const char *old,
                   const char *with)
{
    struct moim_replaced done;
    int rc = moim_replace(s, id, old, with, &done, &cli->err);
    if (rc) return rc;
    if (id) moim_embed_again(s, id);
    if (cli->json)
        printf("{\"meetings\": %d, \"lines\": %d, \"minutes\": %d}\n", done.meetings, done.lines, done.items);
    else if (!cli->quiet)
        printf("%d meetings changed: %d lines, %d statements of the minutes\n", done.meetings, done.lines,
               done.items);
    return MOIM_OK;
}

static int apply(struct moim_cli *cli, const struct change *c, char **argv)
{
    long long id = 0, number = 0;
    const char *text = c->replace ? argv[c->all ? 0 : 1] : c->title ? c->title : c->undo ? NULL : argv[2];
    int rc = c->all ? MOIM_OK : moim_cli_id(cli, argv[0], &id);
    if (!rc && !c->title && !c->replace) rc = moim_cli_id(cli, argv[1], &number);
    if (!rc) rc = moim_cli_text(cli, c->title ? "title" : "correction", text);
    if (!rc) rc = moim_cli_text(cli, "text to replace", c->replace);
    struct moim_store *s;
    if (!rc) rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    rc = c->replace ? replace(cli, s, id, c->replace, text)
         : c->title ? moim_meeting_set_title(s, id, c->title, &cli->err)
                    : edit_segment(cli, s, id, number, text);
    moim_store_close(s);
    return rc;
}

static int run_edit(struct moim_cli *cli, int argc, char **argv)
{
    struct change c = {0};
    struct moim_opt opts[] = {
        {"undo", MOIM_OPT_FLAG, NULL, "take the last correction of SEGMENT back", &c.undo},
        {"title", MOIM_OPT_STR, "TEXT", "change the meeting's title instead", &c.title},
        {"replace", MOIM_OPT_STR, "OLD",
         "put NEW in the place of OLD in title, transcript, names and minutes", &c.replace},
        {"all", MOIM_OPT_FLAG, NULL, "with --replace: in every meeting", &c.all},
    };
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 1, 3);
    if (n < 0) return n;
    if (c.title && c.replace) n = 0;
    if (n != (c.replace ? 2 - c.all : c.title ? 1 : c.undo ? 2 : 3) || (c.all && !c.replace))
        return moim_fail(
            &cli->err, MOIM_EINVAL,
            "usage: moim edit ID SEGMENT TEXT | ID SEGMENT --undo | ID --title TEXT | ID --replace OLD "
            "NEW | --replace OLD NEW --all");
    return apply(cli, &c, argv);
}

const struct moim_command moim_command_edit = {
    "edit", "ID SEGMENT TEXT | ID SEGMENT --undo | ID --title TEXT | ID --replace OLD NEW",
    "correct a transcript or a title",
    "SEGMENT is the \"id\" that `moim show ID --json` prints. Recognising again never overwrites a correction; each line that\n"
    "--replace changes is one, and the minutes become a new version.",
    run_edit};

static int check_note(struct moim_cli *cli, const char *text)
{
    int characters, rc = moim_cli_text(cli, "note", text);
    if (rc || (moim_text_ok(text, &characters) && characters <= MOIM_NOTE_CHARACTERS)) return rc;
    return moim_fail(&cli->err, MOIM_EFORMAT, "note: longer than %d characters (it has %d)",
                     MOIM_NOTE_CHARACTERS, characters);
}

/* At the current position of the running recording. */
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
