#include "tests/eval/eval_files.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static int is_json(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return n > 5 && !strcmp(e->d_name + n - 5, ".json");
}

int moim_eval_each_json(const char *dir,
                        int (*visit)(void *arg, const char *name, int place, int of, struct moim_err *err),
                        void *arg, struct moim_err *err)
{
    struct dirent **list;
    int n = scandir(dir, &list, is_json, alphasort), rc = MOIM_OK;
    if (n < 0) return moim_fail_errno(err, "%s", dir);
    for (int i = 0; i < n; i++) {
        if (!rc) rc = visit(arg, list[i]->d_name, i, n, err);
        free(list[i]);
    }
    free(list);
    return rc ? rc : n;
}
