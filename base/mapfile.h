/* Read-only memory maps, and a cursor over bytes that cannot be made to read outside them. */
#ifndef MOIM_BASE_MAPFILE_H
#define MOIM_BASE_MAPFILE_H

#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct moim_map {
    const uint8_t *data;
    size_t size;
};

/* Maps the whole regular file at path. An empty file is MOIM_EFORMAT. Release with moim_map_close. */
int moim_map_open(struct moim_map *map, const char *path, struct moim_err *err);
void moim_map_close(struct moim_map *map);
/* Gives its pages back to the system; reading brings them again. */
void moim_map_release(const struct moim_map *map);

/* A cursor: once a read would pass the end, ok turns false, stays false, and reads yield zeros. */
struct moim_cursor {
    const uint8_t *data;
    size_t size, pos;
    bool ok;
};
uint8_t moim_read_u8(struct moim_cursor *c);
uint16_t moim_read_u16(struct moim_cursor *c); /* little-endian, as are all below */
uint32_t moim_read_u32(struct moim_cursor *c);
uint64_t moim_read_u64(struct moim_cursor *c);
float moim_read_f32(struct moim_cursor *c);
const uint8_t *moim_read_bytes(struct moim_cursor *c, uint64_t n); /* NULL when fewer are left */

#endif
