/* moim tasks: the tasks of all meetings. */
#include "base/json.h"
#include "firmware/cli/commands.h"
#include "storage/export.h"
#include "storage/minutes_lines.h"
#include "storage/tasks.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

static int check_day(struct moim_cli *cli, const char *day)
{
    return !day || moim_is_date(day)
               ? MOIM_OK
               : moim_fail(&cli->err, MOIM_EINVAL, "'%s': a day is written YYYY-MM-DD", day);
}

static void print_task(const struct moim_task *t)
{
    const struct moim_item *it = &t->item;
    const char *due = *it->due_date ? it->due_date : it->due_text;
    char at[32];
    moim_clock(at, sizeof at, it->start);
    printf("%lld [%c] %s%s%s%s%s  (%lld %s%s%s)\n", (long long)it->line, it->done_at ? 'x' : ' ', it->owner,
           *it->owner ? ": " : "", it->text, *due ? " — " : "", due, (long long)t->meeting.id,
           t->meeting.title, it->n_evidence ? ", " : "", it->n_evidence ? at : "");
}

static int print_json(struct moim_cli *cli, const struct moim_task *list, int n)
{
    cJSON *all = cJSON_CreateArray();
    for (int i = 0; i < n; i++) {
        cJSON *o = moim_item_json(&list[i].item);
        cJSON_AddNumberToObject(o, "meeting", (double)list[i].meeting.id);
        cJSON_AddStringToObject(o, "title", list[i].meeting.title);
        moim_json_append(all, o);
    }
    return moim_print_json(cli, all);
}

static int show(struct moim_cli *cli, struct moim_store *s, const struct moim_task_query *q,
                const char *format)
{
    struct moim_task *list;
    int n, total, rc = moim_tasks(s, q, &list, &n, &total, &cli->err);
    if (rc) return rc;
    if (format && !strcmp(format, "csv"))
        rc = moim_tasks_csv(stdout, list, n, n && !strcmp(list[0].meeting.language, "ko"));
    else if (format)
        rc = moim_tasks_ics(stdout, list, n);
    else if (cli->json)
        rc = print_json(cli, list, n);
    else
        for (int i = 0; i < n; i++) print_task(&list[i]);
    moim_tasks_free(list, n);
    return rc == MOIM_ENOMEM ? moim_fail(&cli->err, rc, "out of memory") : rc;
}

/* Marks tasks done or open. */
static int tick(struct moim_cli *cli, struct moim_store *s, char **argv, int n, bool done)
{
    struct moim_line_change c = MOIM_LINE_CHANGE;
    int rc = MOIM_OK;
    c.done = done;
    for (int i = 0; !rc && i < n; i++) {
        long long line;
        int64_t meeting;
        rc = moim_cli_id(cli, argv[i], &line);
        if (!rc) rc = moim_line_meeting(s, line, &meeting, &cli->err);
        if (!rc) rc = moim_line_change(s, meeting, line, &c, &cli->err);
    }
    return rc;
}

static int run_tasks(struct moim_cli *cli, int argc, char **argv)
{
    struct moim_task_query q = {.state = MOIM_TASKS_OPEN};
    const char *format = NULL;
    bool all = false;
    int meeting = 0;
    struct moim_opt opts[] = {
        {"owner", MOIM_OPT_STR, "NAME", "of a person: a part of the name, or - for those that nobody has",
         &q.owner},
        {"from", MOIM_OPT_STR, "DAY", "due on that day (YYYY-MM-DD) and later", &q.due_from},
        {"until", MOIM_OPT_STR, "DAY", "due on that day and earlier", &q.due_until},
        {"find", MOIM_OPT_STR, "WORDS", "that hold these words", &q.text},
        {"meeting", MOIM_OPT_INT, "ID", "of one meeting", &meeting},
        {"all", MOIM_OPT_FLAG, NULL, "also those that are done", &all},
        {"format", MOIM_OPT_STR, "csv|ics", "as a table or for a calendar", &format},
    };
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 0, -1);
    if (n < 0) return n;
    bool done = n > 1 && !strcmp(argv[0], "done"), open = n > 1 && !strcmp(argv[0], "open");
    if (n && !done && !open)
        return moim_fail(&cli->err, MOIM_EINVAL,
                         "usage: moim tasks [done ID... | open ID...] (see: moim tasks --help)");
    if (format && strcmp(format, "csv") && strcmp(format, "ics"))
        return moim_fail(&cli->err, MOIM_EINVAL, "%s: no such format (csv, ics)", format);
    int rc = check_day(cli, q.due_from);
    if (!rc) rc = check_day(cli, q.due_until);
    if (all) q.state = MOIM_TASKS_ALL;
    q.meeting = meeting;
    q.nobody = q.owner && !strcmp(q.owner, "-");
    if (q.nobody) q.owner = NULL;
    struct moim_store *s;
    if (!rc) rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    rc = n ? tick(cli, s, argv + 1, n - 1, done) : show(cli, s, &q, format);
    moim_store_close(s);
    return rc;
}

const struct moim_command moim_command_tasks = {
    "tasks", "[done ID... | open ID...]", "what is to be done, from all meetings; tick it off",
    "Prints open tasks with their numbers, by day. Without --meeting those of meetings in the trash are left out.",
    run_tasks};
