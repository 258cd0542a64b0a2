/* Streaming parser of multipart/form-data (RFC 7578), fed in pieces of any size: fields to memory, "file" to
 * a sink. */
#ifndef MOIM_FIRMWARE_HTTP_MULTIPART_H
#define MOIM_FIRMWARE_HTTP_MULTIPART_H

#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>

#define MOIM_MULTIPART_FIELDS 16
#define MOIM_MULTIPART_FIELD_MAX 8192

struct moim_multipart;

struct moim_multipart_sink {
    int (*write)(void *arg, const char *bytes, size_t n, struct moim_err *err);
    void *arg;
};

/* content_type: the request's header. MOIM_EINVAL when it names no usable boundary. */
int moim_multipart_new(struct moim_multipart **out, const char *content_type, struct moim_multipart_sink sink,
                       struct moim_err *err);
void moim_multipart_free(struct moim_multipart *m);
/* MOIM_EFORMAT if this is no multipart body, MOIM_EINVAL if there are too many fields or one is too long. */
int moim_multipart_push(struct moim_multipart *m, const char *bytes, size_t n, struct moim_err *err);
/* After the last piece: MOIM_EFORMAT unless the closing boundary was seen. */
int moim_multipart_end(struct moim_multipart *m, struct moim_err *err);

/* Field i; the strings live as long as m. False past the end. A file's value is "". */
bool moim_multipart_field(const struct moim_multipart *m, int i, const char **name, const char **value);
/* The file's name, "" when it had none; NULL when no file came. */
const char *moim_multipart_filename(const struct moim_multipart *m);

#endif
