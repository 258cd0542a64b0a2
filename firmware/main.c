#include "firmware/cli/cli.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Options may stand before the command too: the command is the first word that is neither an option nor its
 * value. */
static int command_index(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-') return i;
        if (!strcmp(argv[i], "--db") || !strcmp(argv[i], "--lang") || !strcmp(argv[i], "--threads")) i++;
    }
    return argc;
}

static int top_level(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "--version")) {
        printf("moim %s\n", MOIM_VERSION);
        return 0;
    }
    bool asked = argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"));
    moim_cli_usage(asked ? stdout : stderr);
    return asked ? 0 : moim_exit_code(MOIM_EINVAL);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error to report, like a full disk */
    int at = command_index(argc, argv);
    if (at == argc) return top_level(argc, argv);
    char *name = argv[at];
    memmove(argv + 2, argv + 1, sizeof *argv * (size_t)(at - 1));
    argv[1] = name;
    for (int i = 0; i < moim_n_commands; i++) {
        if (strcmp(moim_commands[i].name, name)) continue;
        struct moim_cli cli = {.lang = "auto"};
        int rc = moim_commands[i].run(&cli, argc - 1, argv + 1);
        if (rc == MOIM_CLI_DONE) rc = MOIM_OK;
        if (!rc && (fflush(stdout) || ferror(stdout)))
            rc = moim_fail(&cli.err, MOIM_EIO, "standard output: cannot be written");
        if (rc < 0) fprintf(stderr, "moim: %s\n", cli.err.msg);
        return rc < 0 ? moim_exit_code(rc) : rc;
    }
    fprintf(stderr, "moim: no command '%s' (see: moim --help)\n", name);
    return moim_exit_code(MOIM_EINVAL);
}
