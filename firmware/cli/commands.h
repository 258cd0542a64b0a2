/* The commands of the program, one function each, listed in firmware/cli/commands.c. */
#ifndef MOIM_FIRMWARE_CLI_COMMANDS_H
#define MOIM_FIRMWARE_CLI_COMMANDS_H

#include "firmware/cli/cli.h"

struct cJSON;

int moim_cmd_import(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_transcribe(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_list(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_show(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_minutes(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_search(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_ask(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_tag(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_export(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_edit(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_speakers(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_vocab(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_bookmark(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_delete(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_models(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_record(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_devices(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_eval(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_eval_speakers(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_eval_minutes(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_doctor(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_backup(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_restore(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_tidy(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_serve(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_pair(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_mcp(struct moim_cli *cli, int argc, char **argv);
int moim_cmd_completion(struct moim_cli *cli, int argc, char **argv);

struct moim_store;
/* Says on stderr that interrupted meetings wait to be finished, if any do. */
void moim_offer_repair(const struct moim_cli *cli, struct moim_store *s);

/* Words of the command line with spaces between. MOIM_EINVAL when they do not fit. */
int moim_join_args(struct moim_cli *cli, char **argv, int n, char *out, size_t cap);

/* Prints an object that it then deletes. */
int moim_print_json(struct moim_cli *cli, struct cJSON *json);

#endif
