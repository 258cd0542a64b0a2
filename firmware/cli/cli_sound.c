#include "firmware/cli/cli_sound.h"
#include "audio/range.h"

#include <string.h>
#include <unistd.h>

int moim_cli_pipe(struct moim_cli *cli, char **argv, int n, bool *was)
{
    int fd, rc = MOIM_OK;
    int64_t size;
    *was = false;
    for (int i = 0; !rc && i < n; i++) {
        if (strcmp(argv[i], "-")) continue;
        *was = true;
        rc = moim_sound_fd("/dev/stdin", &fd, &size, &cli->err);
        if (rc) return rc;
        if (dup2(fd, STDIN_FILENO) < 0) rc = moim_fail_errno(&cli->err, "/dev/stdin");
        close(fd);
        argv[i] = (char *)(uintptr_t) "/dev/stdin";
    }
    return rc;
}

int moim_cli_channels(struct moim_cli *cli, const char *text, enum moim_channels *how)
{
    static const char *const word[] = {"auto", "mix", "separate", "call"};
    for (int i = 0; i < 4; i++)
        if (!text || !strcmp(text, word[i])) {
            *how = (enum moim_channels)i;
            return MOIM_OK;
        }
    return moim_fail(&cli->err, MOIM_EINVAL, "--channels: must be auto, mix, separate or call");
}
