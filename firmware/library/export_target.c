#include "firmware/library/export_target.h"
#include "firmware/library/audio_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The resolved directory of path; malloc'ed, NULL if it does not exist. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    char *real = folder ? realpath(folder, NULL) : NULL;
    free(folder);
    return real;
}

static const char *name_in(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_below(const char *path, const char *folder)
{
    size_t n = strlen(folder);
    return !strncmp(path, folder, n) && (!path[n] || path[n] == '/');
}

/* Whether this directory and name belong to the store. */
static bool is_own(const struct moim_store *s, const char *folder, const char *name)
{
    const char *db = name_in(moim_store_path(s));
    char audio[4096], *home = folder_of(moim_store_path(s)), *sound = NULL;
    if (!moim_audio_path(s, "", audio, sizeof audio, NULL)) sound = realpath(audio, NULL);
    bool own = home && !strcmp(folder, home) && (!strncmp(name, db, strlen(db)) || !strcmp(name, "audio"));
    own = own || (sound && is_below(folder, sound));
    free(home);
    free(sound);
    return own;
}

int moim_output_allowed(const struct moim_store *s, const char *path, struct moim_err *err)
{
    char *folder = folder_of(path), *target = realpath(path, NULL),
         *beyond = target ? folder_of(target) : NULL;
    bool own = moim_store_owns(s, path) || (folder && is_own(s, folder, name_in(path))) ||
               (beyond && is_own(s, beyond, name_in(target)));
    free(folder);
    free(target);
    free(beyond);
    return own ? moim_fail(err, MOIM_EINVAL, "%s: is one of the store's own files", path) : MOIM_OK;
}
