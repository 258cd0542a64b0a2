/* The program, and what its commands share. */
#include "firmware/cli/commands.h"

const struct moim_program moim_program = {
    "moim", "records meetings, writes transcripts and minutes, sends nothing anywhere", moim_commands};

static int run_completion(struct moim_cli *cli, int argc, char **argv)
{
    int n = moim_cli_args(cli, NULL, 0, argc, argv, 1, 1);
    if (n < 0) return n;
    if (moim_cli_completion(cli->program, argv[0], stdout))
        return moim_fail(&cli->err, MOIM_EINVAL, "%s: must be bash or zsh", argv[0]);
    return MOIM_OK;
}

const struct moim_command moim_command_completion = {"completion", "bash|zsh", "print shell completion", NULL,
                                                     run_completion};
