/* What commands that process meetings share. */
#ifndef MOIM_FIRMWARE_CLI_CLI_PROCESS_H
#define MOIM_FIRMWARE_CLI_CLI_PROCESS_H

#include "firmware/cli/cli.h"
#include "firmware/pipeline/process.h"

/* moim_process, with a status line on a terminal: the meeting, what is being done, and about how long all of it will take.
 * o's progress and arg are set here; to is 0. */
int moim_cli_process(struct moim_cli *cli, struct moim_engine *e, struct moim_store *s, int64_t meeting,
                     const struct moim_process_options *o, struct moim_err *warning, struct moim_err *err);

#endif
