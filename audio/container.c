#include "audio/container.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t number(const uint8_t *p, int n, bool big)
{
    uint64_t v = 0;
    for (int i = 0; i < n; i++) v = v << 8 | p[big ? i : n - 1 - i];
    return v;
}

/* A length that a program wrote before it knew it: none, or as much as the field holds. */
static bool unknown(uint64_t length)
{
    return !length || length >= 0xFFFFFF00u || (length >= 0x7FFFFF00u && length <= 0x7FFFFFFFu);
}

/* RIFF and FORM: id (4), length (4), content, padded to an even length. ds64 of RF64 has the length of its
 * data. */
static bool chunks_cut(int fd, uint64_t size, bool big, const char *sound)
{
    uint8_t b[24];
    uint64_t at = 12, wide = 0;
    for (int chunks = 0; chunks < 1000 && pread(fd, b, 8, (off_t)at) == 8; chunks++) {
        uint64_t length = number(b + 4, 4, big);
        if (!memcmp(b, "ds64", 4) && pread(fd, b + 8, 16, (off_t)at + 8) == 16)
            wide = number(b + 16, 8, false);
        if (!memcmp(b, sound, 4)) {
            if (wide && length == 0xFFFFFFFFu) return wide > size - at - 8;
            return !unknown(length) && length > size - at - 8;
        }
        at += 8 + length + (length & 1);
    }
    return false;
}

static bool au_cut(int fd, uint64_t size)
{
    uint8_t b[12];
    if (pread(fd, b, 12, 0) != 12) return false;
    uint64_t from = number(b + 4, 4, true), length = number(b + 8, 4, true);
    return !unknown(length) && (from > size || length > size - from);
}

/* RFC 3533: 27 bytes, the lengths of its segments, these. The last page of a file ends its stream. */
static bool ogg_cut(int fd, uint64_t size)
{
    const size_t most = 2 * 65536; /* a page and more */
    uint64_t from = size > most ? size - most : 0;
    uint8_t *tail = malloc(most);
    ssize_t n = tail ? pread(fd, tail, most, (off_t)from) : 0, at = n - 27;
    while (at >= 0 && (memcmp(tail + at, "OggS", 4) || tail[at + 4])) at--;
    bool cut = n > 0; /* no page where one must be */
    if (at >= 0) {
        ssize_t end = at + 27 + tail[at + 26];
        for (ssize_t i = at + 27; i < at + 27 + tail[at + 26] && i < n; i++) end += tail[i];
        cut = end > n || !(tail[at + 5] & 4);
    }
    free(tail);
    return cut;
}

bool moim_container_cut(int fd)
{
    uint8_t b[12];
    struct stat st;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode) || pread(fd, b, 12, 0) != 12) return false;
    uint64_t size = (uint64_t)st.st_size;
    if ((!memcmp(b, "RIFF", 4) || !memcmp(b, "RF64", 4)) && !memcmp(b + 8, "WAVE", 4))
        return chunks_cut(fd, size, false, "data");
    if (!memcmp(b, "FORM", 4) && !memcmp(b + 8, "AIF", 3)) return chunks_cut(fd, size, true, "SSND");
    if (!memcmp(b, ".snd", 4)) return au_cut(fd, size);
    return !memcmp(b, "OggS", 4) && ogg_cut(fd, size);
}
