#include "firmware/platform/paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int join(char *out, size_t cap, const char *dir, const char *middle, const char *leaf,
                struct moim_err *err)
{
    int n = snprintf(out, cap, "%s%s%s%s", dir, middle, *leaf ? "/" : "", leaf);
    if (n < 0 || (size_t)n >= cap) return moim_fail(err, MOIM_EINVAL, "%s: path is too long", dir);
    return MOIM_OK;
}

/* XDG variables count only when they hold an absolute path, says the specification. */
static int xdg(char *out, size_t cap, const char *var, const char *fallback, const char *leaf,
               struct moim_err *err)
{
    const char *dir = getenv(var), *home = getenv("HOME");
    char base[4096];
    if (dir && dir[0] == '/') {
        snprintf(base, sizeof base, "%s", dir);
    } else {
        if (!home || home[0] != '/') return moim_fail(err, MOIM_EINVAL, "neither %s nor HOME is set", var);
        snprintf(base, sizeof base, "%s%s", home, fallback);
    }
    return join(out, cap, base, "/moim", leaf, err);
}

int moim_path_data(char *out, size_t cap, const char *leaf, struct moim_err *err)
{
    return xdg(out, cap, "XDG_DATA_HOME", "/.local/share", leaf, err);
}

int moim_path_config(char *out, size_t cap, const char *leaf, struct moim_err *err)
{
    return xdg(out, cap, "XDG_CONFIG_HOME", "/.config", leaf, err);
}

int moim_path_models(char *out, size_t cap, const char *leaf, struct moim_err *err)
{
    const char *dir = getenv("MOIM_MODELS");
    if (dir && *dir) return join(out, cap, dir, "", leaf, err);
    char models[4096];
    snprintf(models, sizeof models, "models%s%s", *leaf ? "/" : "", leaf);
    return xdg(out, cap, "XDG_CACHE_HOME", "/.cache", models, err);
}

int moim_path_share(char *out, size_t cap, const char *leaf, struct moim_err *err)
{
    const char *dir = getenv("MOIM_SHARE");
    if (dir && *dir) return join(out, cap, dir, "", leaf, err);
    char exe[4096];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n <= 0) return moim_fail_errno(err, "/proc/self/exe");
    exe[n] = 0;
    char *slash = strrchr(exe, '/');
    if (slash) *slash = 0;
    /* Installed first: a build tree has no ../share/moim. */
    static const char *const beside[] = {"/../share/moim", "/../firmware/packaging"};
    for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++)
        if (!join(out, cap, exe, beside[i], leaf, NULL) && !access(out, F_OK)) return MOIM_OK;
    return moim_fail(err, MOIM_ENOENT, "%s: not found beside %s; set MOIM_SHARE", leaf, exe);
}

int moim_make_parents(const char *path, struct moim_err *err)
{
    char dir[4096];
    if (snprintf(dir, sizeof dir, "%s", path) >= (int)sizeof dir)
        return moim_fail(err, MOIM_EINVAL, "%s: path is too long", path);
    for (char *p = dir + 1; (p = strchr(p, '/')); p++) {
        *p = 0;
        if (mkdir(dir, 0700) && errno != EEXIST) return moim_fail_errno(err, "%s", dir);
        *p = '/';
    }
    return MOIM_OK;
}
