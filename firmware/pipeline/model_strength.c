#include "firmware/pipeline/model_strength.h"
#include "firmware/platform/paths.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RESULTS "models.strength" /* lines "STRENGTH BYTES MTIME FILE", in the data directory */
#define CONTEXT 2048

static bool fingerprint(const char *path, char full[PATH_MAX], long long *bytes, long long *changed)
{
    struct stat st;
    if (!realpath(path, full) || stat(full, &st)) return false;
    *bytes = (long long)st.st_size;
    *changed = (long long)st.st_mtime;
    return true;
}

/* What the manifest's models are taken for until they are measured on this machine, so that the first minutes need not wait for it. */
static bool of_catalogue(const char *full, long long bytes, enum moim_strength *out)
{
    static const struct {
        const char *file;
        long long bytes;
        enum moim_strength strength;
    } tested[] = {{"qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", 491400064, MOIM_STRENGTH_QUOTES},
                  {"qwen2.5-coder-1.5b-instruct-q4_k_m.gguf", 1117320768, MOIM_STRENGTH_WRITES}};
    const char *name = strrchr(full, '/') + 1;
    for (size_t i = 0; i < sizeof tested / sizeof *tested; i++) {
        if (strcmp(name, tested[i].file) || bytes != tested[i].bytes) continue;
        *out = tested[i].strength;
        return true;
    }
    return false;
}

bool moim_strength_measured(const char *path, enum moim_strength *out)
{
    char conf[4096], full[PATH_MAX], line[PATH_MAX + 128], name[16];
    long long bytes, changed, b, c;
    if (!fingerprint(path, full, &bytes, &changed) || moim_path_data(conf, sizeof conf, RESULTS, NULL))
        return false;
    FILE *f = fopen(conf, "r");
    bool found = false;
    while (f && fgets(line, sizeof line, f)) {
        int at = 0;
        line[strcspn(line, "\n")] = 0;
        if (sscanf(line, "%15s %lld %lld %n", name, &b, &c, &at) == 3 && at && b == bytes && c == changed &&
            !strcmp(line + at, full))
            found = moim_strength_parse(name, out);
    }
    if (f) fclose(f);
    return found;
}

bool moim_strength_known(const char *path, enum moim_strength *out)
{
    char full[PATH_MAX];
    long long bytes, changed;
    return moim_strength_measured(path, out) ||
           (fingerprint(path, full, &bytes, &changed) && of_catalogue(full, bytes, out));
}

/* A newer line replaces the old one of the same file. */
static int remember(const char *path, enum moim_strength strength, struct moim_err *err)
{
    char conf[4096], tmp[4200], full[PATH_MAX], line[PATH_MAX + 128];
    long long bytes, changed;
    if (!fingerprint(path, full, &bytes, &changed)) return moim_fail_errno(err, "%s", path);
    int rc = moim_path_data(conf, sizeof conf, RESULTS, err);
    if (!rc) rc = moim_make_parents(conf, err);
    if (rc) return rc;
    snprintf(tmp, sizeof tmp, "%s.%ld.tmp", conf, (long)getpid());
    FILE *out = fopen(tmp, "w"), *in = fopen(conf, "r");
    while (out && in && fgets(line, sizeof line, in)) {
        const char *file = strchr(line, '/');
        size_t n = strlen(full);
        if (file && (strncmp(file, full, n) || file[n] != '\n')) fputs(line, out);
    }
    if (in) fclose(in);
    if (!out) return moim_fail_errno(err, "%s", tmp);
    fprintf(out, "%s %lld %lld %s\n", moim_stages[strength].name, bytes, changed, full);
    int bad = fflush(out) || fsync(fileno(out));
    if (fclose(out) || bad || rename(tmp, conf)) {
        rc = moim_fail_errno(err, "%s", conf);
        unlink(tmp);
    }
    return rc;
}

int moim_strength_of(struct moim_llm *model, const char *path, const volatile int *cancel,
                     enum moim_strength *out, struct moim_err *err)
{
    struct moim_strength_result r;
    struct moim_err ignored;
    if (moim_strength_known(path, out)) return MOIM_OK;
    int rc = moim_strength_measure(model, NULL, cancel, &r, err);
    if (rc) return rc;
    *out = r.strength;
    remember(path, r.strength, &ignored);
    return MOIM_OK;
}

int moim_strength_test(const char *path, struct moim_pool *pool, struct moim_strength_result *out,
                       struct moim_err *err)
{
    struct moim_llm *model;
    int rc = moim_llm_open(&model, path, pool, &(struct moim_llm_params){.n_ctx = CONTEXT}, err);
    if (rc) return rc;
    rc = moim_strength_measure(model, NULL, NULL, out, err);
    moim_llm_close(model);
    return rc ? rc : remember(path, out->strength, err);
}
