/* The program's commands, and what they share. */
#ifndef MOIM_FIRMWARE_CLI_COMMANDS_H
#define MOIM_FIRMWARE_CLI_COMMANDS_H

#include "firmware/cli/cli.h"

/* In the order of docs/moim.1, of which the list is made (firmware/packaging/list-commands.sh); NULL ends it. */
extern const struct moim_command *const moim_commands[];
extern const struct moim_program moim_program; /* of build/moim */

struct moim_store;

/* Mentions on stderr interrupted meetings that wait for repair, if any. */
void moim_offer_repair(const struct moim_cli *cli, struct moim_store *s);

#endif
