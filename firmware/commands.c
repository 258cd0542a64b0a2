#include "firmware/commands.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

const struct moim_command moim_commands[] = {
    {"transcribe", "FILE", "write a recording's transcript, store nothing",
     "With --nbest N each line holds start, end, rank, total, acoustic, n-gram and LM score, and the text.",
     moim_cmd_transcribe},
    {"models", "list | fetch [NAME...] | use ROLE [FILE]", "show, fetch and choose models",
     "Fetching asks PyPI for packages by name; nothing else in moim ever opens a connection.",
     moim_cmd_models},
    {"completion", "bash|zsh", "print shell completion", NULL, moim_cmd_completion},
};
const int moim_n_commands = sizeof moim_commands / sizeof moim_commands[0];

int moim_cmd_completion(struct moim_cli *cli, int argc, char **argv)
{
    int n = moim_cli_args(cli, NULL, 0, argc, argv, 1, 1);
    if (n < 0) return n;
    if (moim_cli_completion(argv[0], stdout))
        return moim_fail(&cli->err, MOIM_EINVAL, "%s: only bash and zsh", argv[0]);
    return MOIM_OK;
}

int moim_print_json(struct moim_cli *cli, struct cJSON *json)
{
    char *text = json ? cJSON_Print(json) : NULL;
    cJSON_Delete(json);
    if (!text) return moim_fail(&cli->err, MOIM_ENOMEM, "out of memory");
    puts(text);
    free(text);
    return MOIM_OK;
}
