/* The command line: one table of commands, each with a table of options, from which parsing, --help and shell
 * completion all come. A command is one file, firmware/cli/cmd_*.c, that ends in its struct moim_command. */
#ifndef MOIM_FIRMWARE_CLI_CLI_H
#define MOIM_FIRMWARE_CLI_CLI_H

#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum moim_opt_kind { MOIM_OPT_FLAG, MOIM_OPT_STR, MOIM_OPT_INT, MOIM_OPT_NUM };

struct moim_opt {
    const char *name; /* without the dashes */
    enum moim_opt_kind kind;
    const char *arg; /* "FILE", "txt|json|srt|vtt": shown in help, offered by completion when it has bars */
    const char *help;
    void *value; /* bool *, const char **, int * or double * */
};

struct moim_program;

/* The context that every command gets. */
struct moim_cli {
    const struct moim_program *program;
    const char *db;   /* --db FILE, or the default path */
    const char *lang; /* "ko", "en" or "auto" */
    bool json, quiet, help;
    int threads;    /* 0: all cores */
    unsigned umask; /* the user's umask; ours denies access to others */
    struct moim_err err;
    char db_default[4096];
};

struct moim_command {
    const char *name;
    const char *args;    /* "FILE...", "ID", "" */
    const char *summary; /* one line */
    const char *details; /* more for --help, or NULL */
    int (*run)(struct moim_cli *cli, int argc, char **argv);
};

/* A program: its commands in the order of its help; NULL ends the list. */
struct moim_program {
    const char *name, *summary;
    const struct moim_command *const *commands;
};

/* main() of such a program: finds the command, runs it, and turns its status into an exit code. */
int moim_cli_main(const struct moim_program *program, int argc, char **argv);

/* Parses argv (argv[0] is the command) against the common options and opts; positional arguments are moved to
 * the front of argv and their number stored in *n_args. MOIM_EINVAL with a message on a bad option; when
 * --help was given prints the help and returns MOIM_CLI_DONE. */
#define MOIM_CLI_DONE (-100)
int moim_cli_parse(struct moim_cli *cli, const char *command, const struct moim_opt *opts, int n_opts,
                   int argc, char **argv, int *n_args);

/* Parses and checks that between min and max positional arguments are there (max < 0: any number).
 * Returns their number, MOIM_CLI_DONE or a negative status. */
int moim_cli_args(struct moim_cli *cli, const struct moim_opt *opts, int n_opts, int argc, char **argv,
                  int min, int max);

int moim_cli_completion(const struct moim_program *program, const char *shell, FILE *out);

/* A meeting id from the command line: a positive whole number. */
int moim_cli_id(struct moim_cli *cli, const char *text, long long *id);

/* Validates text for the store: MOIM_EFORMAT if it is not UTF-8 or holds control characters. NULL is valid. */
int moim_cli_text(struct moim_cli *cli, const char *what, const char *text);

/* Joins arguments with spaces. MOIM_EINVAL if they do not fit. */
int moim_join_args(struct moim_cli *cli, char **argv, int n, char *out, size_t cap);

struct cJSON;
/* Prints an object that it then deletes. */
int moim_print_json(struct moim_cli *cli, struct cJSON *json);

/* A status line on a terminal, nothing in a pipe: "label  42 %". done < 0 clears it. cli: a struct
 * moim_cli, so that it can be handed to whatever tells its progress. */
void moim_cli_progress(void *cli, const char *label, double done);

#endif
