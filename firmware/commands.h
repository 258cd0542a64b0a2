/* The commands of the program, one function each, listed in firmware/commands.c. */
#ifndef MOIM_FIRMWARE_COMMANDS_H
#define MOIM_FIRMWARE_COMMANDS_H

#include "firmware/cli.h"

struct cJSON;

int moim_cmd_transcribe(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_models(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_completion(struct moim_cli *cli, int argc, char **argv);

/* Prints an object that it then deletes. */
int moim_print_json(struct moim_cli *cli, struct cJSON *json);

#endif
