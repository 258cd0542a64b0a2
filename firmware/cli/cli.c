#include "firmware/cli/cli.h"
#include "firmware/http/message.h"
#include "firmware/platform/paths.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct moim_opt *common_options(struct moim_cli *cli, struct moim_opt out[6])
{
    struct moim_opt list[6] = {
        {"db", MOIM_OPT_STR, "FILE", "the store (default: $XDG_DATA_HOME/moim/moim.db)", &cli->db},
        {"lang", MOIM_OPT_STR, "ko|en|auto", "language of the speech (default: auto)", &cli->lang},
        {"json", MOIM_OPT_FLAG, NULL, "print JSON", &cli->json},
        {"quiet", MOIM_OPT_FLAG, NULL, "no progress, no remarks", &cli->quiet},
        {"threads", MOIM_OPT_INT, "N", "threads to compute with (default: all cores)", &cli->threads},
        {"help", MOIM_OPT_FLAG, NULL, "show this help", &cli->help},
    };
    memcpy(out, list, sizeof list);
    return out;
}
#define N_COMMON 6

static const struct moim_command *find_command(const char *name)
{
    for (int i = 0; i < moim_n_commands; i++)
        if (!strcmp(moim_commands[i].name, name)) return &moim_commands[i];
    return NULL;
}

static void print_options(const struct moim_opt *opts, int n)
{
    for (int i = 0; i < n; i++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", opts[i].name, opts[i].arg ? " " : "",
                 opts[i].arg ? opts[i].arg : "");
        printf("  %-26s %s\n", left, opts[i].help);
    }
}

static void print_help(const struct moim_command *c, const struct moim_opt *opts, int n_opts,
                       const struct moim_opt *common)
{
    printf("usage: moim %s [OPTION...] %s\n\n%s\n", c->name, c->args, c->summary);
    if (c->details) printf("\n%s\n", c->details);
    printf("\noptions:\n");
    print_options(opts, n_opts);
    print_options(common, N_COMMON);
}

static int store_value(struct moim_cli *cli, const char *command, const struct moim_opt *o, const char *text)
{
    char *end = NULL;
    switch (o->kind) {
    case MOIM_OPT_FLAG: *(bool *)o->value = true; return MOIM_OK;
    case MOIM_OPT_STR: *(const char **)o->value = text; return MOIM_OK;
    case MOIM_OPT_INT: {
        long v = strtol(text, &end, 10);
        if (end == text || *end || v < 0 || v > 1000000) break;
        *(int *)o->value = (int)v;
        return MOIM_OK;
    }
    case MOIM_OPT_NUM: {
        double v = strtod(text, &end);
        if (end == text || *end || !(v >= 0)) break;
        *(double *)o->value = v;
        return MOIM_OK;
    }
    }
    return moim_fail(&cli->err, MOIM_EINVAL, "moim %s: --%s wants a number, not '%s'", command, o->name,
                     text);
}

/* An option whose argument lists its choices with bars takes nothing else. */
static int check_choice(struct moim_cli *cli, const char *command, const struct moim_opt *o, const char *text)
{
    if (!o->arg || !strchr(o->arg, '|')) return MOIM_OK;
    size_t n = strlen(text);
    for (const char *p = o->arg; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
        if (!strncmp(p, text, n) && (p[n] == '|' || !p[n])) return MOIM_OK;
    return moim_fail(&cli->err, MOIM_EINVAL, "moim %s: --%s takes %s, not '%s'", command, o->name, o->arg,
                     text);
}

static const struct moim_opt *match(const struct moim_opt *opts, int n, const char *name, size_t len)
{
    for (int i = 0; i < n; i++)
        if (strlen(opts[i].name) == len && !strncmp(opts[i].name, name, len)) return &opts[i];
    return NULL;
}

static int take_option(struct moim_cli *cli, const char *command, const struct moim_opt *opts, int n_opts,
                       const struct moim_opt *common, int argc, char **argv, int *i)
{
    const char *name = argv[*i] + 2;
    size_t len = strcspn(name, "=");
    const struct moim_opt *o = match(opts, n_opts, name, len);
    if (!o) o = match(common, N_COMMON, name, len);
    if (!o)
        return moim_fail(&cli->err, MOIM_EINVAL, "moim %s: no option %s (see: moim %s --help)", command,
                         argv[*i], command);
    const char *text = name[len] ? name + len + 1 : NULL;
    if (o->kind == MOIM_OPT_FLAG) {
        if (text) return moim_fail(&cli->err, MOIM_EINVAL, "moim %s: --%s takes no value", command, o->name);
        return store_value(cli, command, o, NULL);
    }
    if (!text) {
        if (*i + 1 >= argc)
            return moim_fail(&cli->err, MOIM_EINVAL, "moim %s: --%s wants %s", command, o->name, o->arg);
        text = argv[++*i];
    }
    int rc = check_choice(cli, command, o, text);
    return rc ? rc : store_value(cli, command, o, text);
}

int moim_cli_parse(struct moim_cli *cli, const char *command, const struct moim_opt *opts, int n_opts,
                   int argc, char **argv, int *n_args)
{
    struct moim_opt common[N_COMMON];
    common_options(cli, common);
    int n = 0;
    bool only_args = false;
    for (int i = 1; i < argc; i++) {
        if (!only_args && !strcmp(argv[i], "--")) {
            only_args = true;
        } else if (!only_args && (!strcmp(argv[i], "-h") || !strcmp(argv[i], "-q"))) {
            *(argv[i][1] == 'h' ? &cli->help : &cli->quiet) = true;
        } else if (!only_args && !strncmp(argv[i], "--", 2)) {
            int rc = take_option(cli, command, opts, n_opts, common, argc, argv, &i);
            if (rc) return rc;
        } else if (!only_args && argv[i][0] == '-' && argv[i][1]) {
            return moim_fail(&cli->err, MOIM_EINVAL, "moim %s: no option %s (see: moim %s --help)", command,
                             argv[i], command);
        } else {
            argv[n++] = argv[i];
        }
    }
    *n_args = n;
    if (cli->help) {
        print_help(find_command(command), opts, n_opts, common);
        return MOIM_CLI_DONE;
    }
    if (cli->db) return MOIM_OK;
    int rc = moim_path_data(cli->db_default, sizeof cli->db_default, "moim.db", &cli->err);
    cli->db = cli->db_default;
    return rc;
}

int moim_cli_args(struct moim_cli *cli, const struct moim_opt *opts, int n_opts, int argc, char **argv,
                  int min, int max)
{
    const char *command = argv[0];
    int n = 0, rc = moim_cli_parse(cli, command, opts, n_opts, argc, argv, &n);
    if (rc) return rc;
    if (n < min || (max >= 0 && n > max))
        return moim_fail(&cli->err, MOIM_EINVAL, "usage: moim %s %s (see: moim %s --help)", command,
                         find_command(command)->args, command);
    return n;
}

void moim_cli_usage(FILE *out)
{
    fprintf(out,
            "moim %s: records meetings, writes transcripts and minutes, sends nothing anywhere\n\n"
            "usage: moim COMMAND [OPTION...] [ARGUMENT...]\n\n",
            MOIM_VERSION);
    for (int i = 0; i < moim_n_commands; i++)
        fprintf(out, "  %-12s %s\n", moim_commands[i].name, moim_commands[i].summary);
    fprintf(out, "\n`moim COMMAND --help` shows a command's options. Everywhere: --db FILE, --lang "
                 "ko|en|auto, --json, --quiet.\n");
}

int moim_cli_completion(const char *shell, FILE *out)
{
    bool zsh = !strcmp(shell, "zsh");
    if (!zsh && strcmp(shell, "bash")) return MOIM_EINVAL;
    if (zsh) fprintf(out, "#compdef moim\nautoload -U +X bashcompinit && bashcompinit\n");
    /* Options are asked of the program itself, so completion never lags behind it. */
    fprintf(out, "_moim() {\n    local cur=${COMP_WORDS[COMP_CWORD]} cmd=${COMP_WORDS[1]}\n"
                 "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        COMPREPLY=($(compgen -W '");
    for (int i = 0; i < moim_n_commands; i++) fprintf(out, "%s%s", i ? " " : "", moim_commands[i].name);
    fprintf(out, "' -- \"$cur\"))\n"
                 "    elif [[ $cur == -* ]]; then\n"
                 "        COMPREPLY=($(compgen -W \"$(moim \"$cmd\" --help 2>/dev/null | grep -oE '^  "
                 "--[a-z-]+')\" -- \"$cur\"))\n"
                 "    else\n        COMPREPLY=($(compgen -f -- \"$cur\"))\n    fi\n}\n"
                 "complete -o filenames -F _moim moim\n");
    return MOIM_OK;
}

int moim_cli_id(struct moim_cli *cli, const char *text, long long *id)
{
    char *end;
    long long v = strtoll(text, &end, 10);
    if (end == text || *end || v <= 0)
        return moim_fail(&cli->err, MOIM_EINVAL, "%s: not a meeting id (see: moim list)", text);
    *id = v;
    return MOIM_OK;
}

int moim_cli_text(struct moim_cli *cli, const char *what, const char *text)
{
    int characters;
    if (!text || moim_text_ok(text, &characters)) return MOIM_OK;
    return moim_fail(&cli->err, MOIM_EFORMAT, "the %s is no text in UTF-8, or holds control characters",
                     what);
}

void moim_cli_progress(const struct moim_cli *cli, const char *label, double done)
{
    if (cli->quiet || !isatty(STDERR_FILENO)) return;
    if (done < 0)
        fprintf(stderr, "\r\033[K");
    else
        fprintf(stderr, "\r\033[K%-24s %3.0f %%", label, 100 * done);
    fflush(stderr);
}
