/* moim retranscribe: recognises a stored meeting again, or only what was said between two times. */
#include "firmware/cli/cli_process.h"
#include "firmware/cli/commands.h"

#include <string.h>

static void show_progress(void *arg, const char *stage, double done)
{
    moim_cli_progress(arg, stage, done);
}

static int check(struct moim_cli *cli, const struct moim_process_options *o)
{
    bool known = !o->model || !strcmp(o->model, "conformer") || !strcmp(o->model, "whisper");
    if (!known)
        return moim_fail(&cli->err, MOIM_EINVAL, "--model: %s: must be conformer or whisper", o->model);
    if (o->from < 0 || (o->from > 0 && o->to <= 0) || (o->to != 0 && o->to <= o->from))
        return moim_fail(&cli->err, MOIM_EINVAL, "--to: must be after --from");
    return MOIM_OK;
}

static int again(struct moim_cli *cli, struct moim_store *s, int64_t id, struct moim_process_options *o)
{
    struct moim_engine *e;
    struct moim_err warning = {0};
    int rc = moim_engine_new(&e, cli->threads, &cli->err);
    if (rc) return rc;
    o->again = o->to <= 0;
    if (o->again) {
        rc = moim_cli_process(cli, e, s, id, o, &warning, &cli->err);
    } else {
        o->progress = show_progress;
        o->arg = cli;
        rc = moim_process(e, s, id, o, &warning, &cli->err);
        moim_cli_progress(cli, "", -1);
    }
    moim_engine_free(e);
    if (!rc && *warning.msg && !cli->quiet) fprintf(stderr, "moim: %s\n", warning.msg);
    return rc;
}

static int run_retranscribe(struct moim_cli *cli, int argc, char **argv)
{
    struct moim_process_options o = {.lang = cli->lang};
    struct moim_opt opts[] = {
        {"from", MOIM_OPT_NUM, "SECONDS", "only what is said from here", &o.from},
        {"to", MOIM_OPT_NUM, "SECONDS", "to here; lines elsewhere and the minutes stay", &o.to},
        {"model", MOIM_OPT_STR, "conformer|whisper", "recogniser (default: the most accurate installed)",
         &o.model},
        {"no-minutes", MOIM_OPT_FLAG, NULL, "write no minutes", &o.no_minutes},
    };
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 1, 1);
    if (n < 0) return n;
    long long id;
    struct moim_store *s;
    int rc = moim_cli_id(cli, argv[0], &id);
    if (!rc) rc = check(cli, &o);
    if (!rc) rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    rc = again(cli, s, id, &o);
    moim_store_close(s);
    return rc;
}

const struct moim_command moim_command_retranscribe = {
    "retranscribe", "ID", "transcribe a stored meeting again, or a part of it",
    "With --from and --to only what is said between them is recognised again, with --lang or --model if asked, and nothing\n"
    "else changes. Corrections, and speakers that were set by hand, stay.",
    run_retranscribe};
