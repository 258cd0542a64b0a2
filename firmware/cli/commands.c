/* The program's commands, in the order of its help. A new one is a file that ends in its struct moim_command and a
 * line here. */
#include "firmware/cli/commands.h"
#include "base/json.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#define COMMANDS(X)                                                                                          \
    X(record)                                                                                                \
    X(devices)                                                                                               \
    X(import)                                                                                                \
    X(watch)                                                                                                 \
    X(transcribe)                                                                                            \
    X(list)                                                                                                  \
    X(show)                                                                                                  \
    X(minutes)                                                                                               \
    X(tasks)                                                                                                 \
    X(search)                                                                                                \
    X(ask)                                                                                                   \
    X(tag)                                                                                                   \
    X(export)                                                                                                \
    X(handover)                                                                                              \
    X(calendar)                                                                                              \
    X(edit)                                                                                                  \
    X(redact)                                                                                                \
    X(speakers)                                                                                              \
    X(vocab)                                                                                                 \
    X(bookmark)                                                                                              \
    X(trash)                                                                                                 \
    X(delete)                                                                                                \
    X(models)                                                                                                \
    X(doctor)                                                                                                \
    X(backup)                                                                                                \
    X(restore)                                                                                               \
    X(tidy)                                                                                                  \
    X(serve)                                                                                                 \
    X(mcp)                                                                                                   \
    X(pair)                                                                                                  \
    X(completion)
#define DECLARE(name) extern const struct moim_command moim_command_##name;
#define LIST(name) &moim_command_##name,

COMMANDS(DECLARE)
static const struct moim_command *const commands[] = {COMMANDS(LIST)};
const struct moim_program moim_program = {
    "moim", "records meetings, writes transcripts and minutes, sends nothing anywhere", commands,
    sizeof commands / sizeof commands[0]};

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
