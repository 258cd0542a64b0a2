/* What commands that read recordings share. */
#ifndef MOIM_FIRMWARE_CLI_CLI_SOUND_H
#define MOIM_FIRMWARE_CLI_CLI_SOUND_H

#include "audio/decode.h"
#include "firmware/cli/cli.h"

/* Arguments that are "-" become a file that holds what came by the pipe, so that it can be read more than once; *was: there
 * was one. */
int moim_cli_pipe(struct moim_cli *cli, char **argv, int n, bool *was);
/* "auto" (NULL too), "mix", "separate", "call". */
int moim_cli_channels(struct moim_cli *cli, const char *text, enum moim_channels *how);

#endif
