/* A store in a directory of its own for each test of a suite: setup, teardown, and what they keep. */
#ifndef MOIM_TESTS_SCRATCH_H
#define MOIM_TESTS_SCRATCH_H

#include "storage/store.h"
#include "testing.h"

#include <unistd.h>

static char dir[32], path[64];
static struct moim_store *store;
static struct moim_err err;

/* Opens a store called name below dir. */
static inline int open_scratch(const char *name)
{
    snprintf(dir, sizeof dir, "/tmp/moim-test-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_ok(moim_store_open(&store, path, &err), err);
    return 0;
}

static inline int setup(void **state)
{
    (void)state;
    return open_scratch("moim.db");
}

static inline int teardown(void **state)
{
    (void)state;
    moim_store_close(store);
    char command[192];
    snprintf(command, sizeof command, "chmod -R u+w %s; rm -r %s", dir, dir);
    return system(command);
}

#endif
