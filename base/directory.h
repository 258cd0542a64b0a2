/* The names in a directory, read whole or not at all: a directory that cannot be read is not an empty one. */
#ifndef MOIM_BASE_DIRECTORY_H
#define MOIM_BASE_DIRECTORY_H

#include "base/status.h"
#include <stddef.h>

struct moim_names {
    char **name; /* [n] without "." and "..", in no order */
    size_t n;
};

/* A directory that is not there has no names. Release with moim_names_free. */
int moim_names_read(struct moim_names *names, const char *dir, struct moim_err *err);
void moim_names_free(struct moim_names *names);

#endif
