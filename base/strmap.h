/* A grow-only hash map from byte strings to int32. Keys are not copied: they must outlive the map. */
#ifndef MOIM_BASE_STRMAP_H
#define MOIM_BASE_STRMAP_H

#include <stddef.h>
#include <stdint.h>

struct moim_strmap {
    struct moim_strmap_slot {
        const char *key;
        uint32_t len;
        int32_t value;
    } * slots; /* key NULL: free */
    size_t cap, used;
};

/* Makes room for n keys. Returns MOIM_OK or MOIM_ENOMEM. A zeroed struct is a valid empty map. */
int moim_strmap_reserve(struct moim_strmap *m, size_t n);
void moim_strmap_free(struct moim_strmap *m);
/* Inserts or replaces. */
int moim_strmap_put(struct moim_strmap *m, const char *key, size_t len, int32_t value);
/* -1 when the key is absent. */
int32_t moim_strmap_get(const struct moim_strmap *m, const char *key, size_t len);

#endif
