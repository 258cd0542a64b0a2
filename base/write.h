/* Writing to a file descriptor. */
#ifndef MOIM_BASE_WRITE_H
#define MOIM_BASE_WRITE_H

#include <stdbool.h>
#include <stddef.h>

/* Writes all n bytes, after interruptions too; false with errno set when that fails. */
bool moim_write_all(int fd, const void *data, size_t n);

#endif
