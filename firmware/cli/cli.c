#include "firmware/cli/cli.h"
#include "asr/whisper.h"
#include "base/json.h"
#include "firmware/http/message.h"
#include "firmware/platform/paths.h"

#include <cjson/cJSON.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct moim_opt *common_options(struct moim_cli *cli, struct moim_opt out[6])
{
    struct moim_opt list[6] = {
        {"db", MOIM_OPT_STR, "FILE", "the store (default: $XDG_DATA_HOME/moim/moim.db)", &cli->db},
        {"lang", MOIM_OPT_STR, "ko|en|auto|xx",
         "language of the speech (default: auto); xx: any that Whisper knows, as ja or de", &cli->lang},
        {"json", MOIM_OPT_FLAG, NULL, "print JSON", &cli->json},
        {"quiet", MOIM_OPT_FLAG, NULL, "no progress, no warnings", &cli->quiet},
        {"threads", MOIM_OPT_INT, "N", "threads to compute with (default: all cores)", &cli->threads},
        {"help", MOIM_OPT_FLAG, NULL, "show this help", &cli->help},
    };
    memcpy(out, list, sizeof list);
    return out;
}
#define N_COMMON 6

static const struct moim_command *find_command(const struct moim_program *p, const char *name)
{
    for (int i = 0; p->commands[i]; i++)
        if (!strcmp(p->commands[i]->name, name)) return p->commands[i];
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

static void print_help(const char *program, const struct moim_command *c, const struct moim_opt *opts,
                       int n_opts, const struct moim_opt *common)
{
    printf("usage: %s %s [OPTION...] %s\n\n%s\n", program, c->name, c->args, c->summary);
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
    return moim_fail(&cli->err, MOIM_EINVAL, "moim %s: --%s takes a number, not '%s'", command, o->name,
                     text);
}

/* An option whose argument lists choices with bars accepts only those; xx stands for a language code. */
static int check_choice(struct moim_cli *cli, const char *command, const struct moim_opt *o, const char *text)
{
    if (!o->arg || !strchr(o->arg, '|')) return MOIM_OK;
    size_t n = strlen(text);
    for (const char *p = o->arg; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
        if (!strncmp(p, text, n) && (p[n] == '|' || !p[n])) return MOIM_OK;
    if (strstr(o->arg, "|xx") && moim_whisper_language(text)) return MOIM_OK;
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
            return moim_fail(&cli->err, MOIM_EINVAL, "moim %s: --%s needs %s", command, o->name, o->arg);
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
        print_help(cli->program->name, find_command(cli->program, command), opts, n_opts, common);
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
        return moim_fail(&cli->err, MOIM_EINVAL, "usage: %s %s %s (see: %s %s --help)", cli->program->name,
                         command, find_command(cli->program, command)->args, cli->program->name, command);
    return n;
}

static void print_usage(const struct moim_program *p, FILE *out)
{
    fprintf(out, "%s %s: %s\n\nusage: %s COMMAND [OPTION...] [ARGUMENT...]\n\n", p->name, MOIM_VERSION,
            p->summary, p->name);
    for (int i = 0; p->commands[i]; i++)
        fprintf(out, "  %-12s %s\n", p->commands[i]->name, p->commands[i]->summary);
    fprintf(
        out,
        "\n`%s COMMAND --help` shows a command's options. Everywhere: --db FILE, --lang ko|en|auto|xx, --json, "
        "--quiet.\n",
        p->name);
}

int moim_cli_completion(const struct moim_program *p, const char *shell, FILE *out)
{
    bool zsh = !strcmp(shell, "zsh");
    if (!zsh && strcmp(shell, "bash")) return MOIM_EINVAL;
    if (zsh) fprintf(out, "#compdef moim\nautoload -U +X bashcompinit && bashcompinit\n");
    /* Options are read from --help, so that completion stays current. */
    fprintf(out, "_moim() {\n    local cur=${COMP_WORDS[COMP_CWORD]} cmd=${COMP_WORDS[1]}\n"
                 "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        COMPREPLY=($(compgen -W '");
    for (int i = 0; p->commands[i]; i++) fprintf(out, "%s%s", i ? " " : "", p->commands[i]->name);
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
    return moim_fail(&cli->err, MOIM_EFORMAT, "%s: not valid UTF-8, or holds control characters", what);
}

int moim_join_args(struct moim_cli *cli, char **argv, int n, char *out, size_t cap)
{
    size_t len = 0;
    *out = 0;
    for (int i = 0; i < n; i++) {
        int more = snprintf(out + len, cap - len, "%s%s", i ? " " : "", argv[i]);
        if (more < 0 || (size_t)more >= cap - len)
            return moim_fail(&cli->err, MOIM_EINVAL, "longer than %zu bytes", cap - 1);
        len += (size_t)more;
    }
    return MOIM_OK;
}

int moim_print_json(struct moim_cli *cli, struct cJSON *json)
{
    char *text = moim_json_text(json, true);
    cJSON_Delete(json);
    if (!text) return moim_fail(&cli->err, MOIM_ENOMEM, "out of memory");
    puts(text);
    free(text);
    return MOIM_OK;
}

void moim_cli_progress(void *arg, const char *label, double done)
{
    const struct moim_cli *cli = arg;
    if (cli->quiet || !isatty(STDERR_FILENO)) return;
    if (done < 0)
        fprintf(stderr, "\r\033[K");
    else
        fprintf(stderr, "\r\033[K%-24s %3.0f %%", label, 100 * done);
    fflush(stderr);
}

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

static int top_level(const struct moim_program *p, int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "--version")) {
        printf("%s %s\n", p->name, MOIM_VERSION);
        return 0;
    }
    bool asked = argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"));
    print_usage(p, asked ? stdout : stderr);
    return asked ? 0 : moim_exit_code(MOIM_EINVAL);
}

static int run_command(const struct moim_program *p, const struct moim_command *c, int argc, char **argv)
{
    /* Every file that it writes is private to the user, exports and backups included. */
    struct moim_cli cli = {.program = p, .lang = "auto", .umask = umask(077)};
    int rc = c->run(&cli, argc, argv);
    if (rc == MOIM_CLI_DONE) rc = MOIM_OK;
    if (!rc && (fflush(stdout) || ferror(stdout)))
        rc = moim_fail(&cli.err, MOIM_EIO, "standard output: cannot be written");
    if (rc < 0) fprintf(stderr, "%s: %s\n", p->name, cli.err.msg);
    return rc < 0 ? moim_exit_code(rc) : rc;
}

int moim_cli_main(const struct moim_program *p, int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error to report, like a full disk */
    int at = command_index(argc, argv);
    if (at == argc) return top_level(p, argc, argv);
    char *name = argv[at];
    memmove(argv + 2, argv + 1, sizeof *argv * (size_t)(at - 1));
    argv[1] = name;
    const struct moim_command *c = find_command(p, name);
    if (c) return run_command(p, c, argc - 1, argv + 1);
    fprintf(stderr, "%s: no command '%s' (see: %s --help)\n", p->name, name, p->name);
    return moim_exit_code(MOIM_EINVAL);
}
