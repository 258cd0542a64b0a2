/* The program, and what its commands share. */
#include "firmware/cli/commands.h"
#include "base/json.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

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

int moim_print_json(struct moim_cli *cli, struct cJSON *json)
{
    char *text = moim_json_text(json, true);
    cJSON_Delete(json);
    if (!text) return moim_fail(&cli->err, MOIM_ENOMEM, "out of memory");
    puts(text);
    free(text);
    return MOIM_OK;
}
