/* The program's commands, and what they share. */
#ifndef MOIM_FIRMWARE_CLI_COMMANDS_H
#define MOIM_FIRMWARE_CLI_COMMANDS_H

#include "firmware/cli/cli.h"

/* In the order of docs/moim.1, of which the list is made (firmware/packaging/list-commands.sh); NULL ends it. */
extern const struct moim_command *const moim_commands[];
extern const struct moim_program moim_program; /* of build/moim */

struct cJSON;
struct moim_store;

/* Mentions on stderr interrupted meetings that wait for repair, if any. */
void moim_offer_repair(const struct moim_cli *cli, struct moim_store *s);

/* Joins arguments with spaces. MOIM_EINVAL if they do not fit. */
int moim_join_args(struct moim_cli *cli, char **argv, int n, char *out, size_t cap);

/* Prints an object that it then deletes. */
int moim_print_json(struct moim_cli *cli, struct cJSON *json);

#endif
