#include "base/mapfile.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int moim_map_open(struct moim_map *map, const char *path, struct moim_err *err)
{
    *map = (struct moim_map){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return moim_fail_errno(err, "%s", path);
    struct stat st;
    int rc = MOIM_OK;
    if (fstat(fd, &st))
        rc = moim_fail_errno(err, "%s", path);
    else if (!S_ISREG(st.st_mode))
        rc = moim_fail(err, MOIM_EFORMAT, "%s: not a regular file", path);
    else if (st.st_size == 0)
        rc = moim_fail(err, MOIM_EFORMAT, "%s: the file is empty", path);
    if (!rc) {
        void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
        if (p == MAP_FAILED)
            rc = moim_fail_errno(err, "%s", path);
        else
            *map = (struct moim_map){p, (size_t)st.st_size};
    }
    close(fd);
    return rc;
}

void moim_map_release(const struct moim_map *map)
{
    /* Read-only and backed by the file: nothing can be lost. */
    if (map->size) madvise((void *)(uintptr_t)map->data, map->size, MADV_DONTNEED);
}

void moim_map_close(struct moim_map *map)
{
    if (map->data) munmap((void *)(uintptr_t)map->data, map->size);
    *map = (struct moim_map){0};
}

const uint8_t *moim_read_bytes(struct moim_cursor *c, uint64_t n)
{
    if (!c->ok || n > c->size - c->pos) {
        c->ok = false;
        return NULL;
    }
    const uint8_t *p = c->data + c->pos;
    c->pos += (size_t)n;
    return p;
}

static uint64_t little_endian(struct moim_cursor *c, int n)
{
    const uint8_t *p = moim_read_bytes(c, (uint64_t)n);
    uint64_t v = 0;
    for (int i = 0; p && i < n; i++) v |= (uint64_t)p[i] << (8 * i);
    return v;
}

uint8_t moim_read_u8(struct moim_cursor *c)
{
    return (uint8_t)little_endian(c, 1);
}
uint16_t moim_read_u16(struct moim_cursor *c)
{
    return (uint16_t)little_endian(c, 2);
}
uint32_t moim_read_u32(struct moim_cursor *c)
{
    return (uint32_t)little_endian(c, 4);
}
uint64_t moim_read_u64(struct moim_cursor *c)
{
    return little_endian(c, 8);
}

float moim_read_f32(struct moim_cursor *c)
{
    uint32_t bits = moim_read_u32(c);
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}
