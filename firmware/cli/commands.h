/* What the commands share; firmware/cli/commands.c lists them. */
#ifndef MOIM_FIRMWARE_CLI_COMMANDS_H
#define MOIM_FIRMWARE_CLI_COMMANDS_H

#include "firmware/cli/cli.h"

extern const struct moim_program moim_program; /* the one that its users have */

struct cJSON;
struct moim_store;

/* Says on stderr that interrupted meetings wait to be finished, if any do. */
void moim_offer_repair(const struct moim_cli *cli, struct moim_store *s);

/* Words of the command line with spaces between. MOIM_EINVAL when they do not fit. */
int moim_join_args(struct moim_cli *cli, char **argv, int n, char *out, size_t cap);

/* Prints an object that it then deletes. */
int moim_print_json(struct moim_cli *cli, struct cJSON *json);

#endif
