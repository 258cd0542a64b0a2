#include "base/directory.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int push(struct moim_names *names, const char *name)
{
    char **grown = realloc(names->name, (names->n + 1) * sizeof *grown);
    if (!grown) return ENOMEM;
    names->name = grown;
    grown[names->n] = strdup(name);
    return grown[names->n] ? (names->n++, 0) : ENOMEM;
}

int moim_names_read(struct moim_names *names, const char *dir, struct moim_err *err)
{
    *names = (struct moim_names){0};
    DIR *d = opendir(dir);
    if (!d) return errno == ENOENT ? MOIM_OK : moim_fail_errno(err, "%s", dir);
    int failed = 0;
    while (!failed) {
        errno = 0;
        const struct dirent *e = readdir(d);
        failed = e ? 0 : errno;
        if (!e) break;
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..")) failed = push(names, e->d_name);
    }
    closedir(d);
    if (!failed) return MOIM_OK;
    moim_names_free(names);
    errno = failed;
    return moim_fail_errno(err, "%s", dir);
}

void moim_names_free(struct moim_names *names)
{
    for (size_t i = 0; i < names->n; i++) free(names->name[i]);
    free(names->name);
    *names = (struct moim_names){0};
}
