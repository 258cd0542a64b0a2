/* Where sound lies: a directory (also on NFS), or a bucket by the S3 protocol. Names are "12/34-0a1b...": letters,
 * digits, "/._-", no part that begins with a dot. Putting is whole or not at all, and may be repeated. */
#ifndef MOIM_STORAGE_FLEET_OBJECTS_H
#define MOIM_STORAGE_FLEET_OBJECTS_H

#include "base/status.h"
#include <stdbool.h>

struct moim_objects {
    const char *where; /* "/srv/moim", or "s3://BUCKET/PREFIX" */
    const char *endpoint,
        *region; /* "https://s3.eu-west-1.amazonaws.com"; the bucket is a part of the path */
    const char *access_key, *secret_key, *ca; /* ca: a file of certificates, NULL: the system's */
};

int moim_object_put(const struct moim_objects *o, const char *name, const char *from, struct moim_err *err);
int moim_object_get(const struct moim_objects *o, const char *name, const char *to,
                    struct moim_err *err); /* MOIM_ENOENT */
/* What is not there is removed. */
int moim_object_remove(const struct moim_objects *o, const char *name, struct moim_err *err);
/* Names below a prefix, a line each; malloc'ed. */
int moim_object_list(const struct moim_objects *o, const char *prefix, char **names, struct moim_err *err);

/* Shared by the two kinds. */
bool moim_object_name_ok(const char *name);
int moim_s3_put(const struct moim_objects *o, const char *name, const char *from, struct moim_err *err);
int moim_s3_get(const struct moim_objects *o, const char *name, const char *to, struct moim_err *err);
int moim_s3_remove(const struct moim_objects *o, const char *name, struct moim_err *err);
int moim_s3_list(const struct moim_objects *o, const char *prefix, char **names, struct moim_err *err);

#endif
