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

/* ---- several in one ---- */

#define LINKS_MOST 4096

struct links {
    int64_t *start;
    int n, room;
};

static int add_link(struct links *l, int64_t at)
{
    if (l->n >= LINKS_MOST) return MOIM_OK; /* the last one holds the rest */
    if (l->n == l->room) {
        int room = l->room ? 2 * l->room : 8;
        int64_t *grown = realloc(l->start, sizeof *grown * (size_t)room);
        if (!grown) return MOIM_ENOMEM;
        l->start = grown;
        l->room = room;
    }
    l->start[l->n++] = at;
    return MOIM_OK;
}

/* A link begins with the first of its pages that begin a stream. */
static int ogg_links(int fd, int64_t size, struct links *l)
{
    uint8_t b[27 + 255];
    bool began = true;
    int rc = MOIM_OK;
    for (int64_t at = 0; !rc && at < size;) {
        ssize_t n = pread(fd, b, sizeof b, at);
        if (n < 27 || memcmp(b, "OggS", 5) || n < 27 + b[26]) break;
        bool begins = b[5] & 2;
        if (begins && !began) rc = add_link(l, at);
        began = begins;
        int64_t length = 27 + b[26];
        for (int i = 0; i < b[26]; i++) length += b[27 + i];
        at += length;
    }
    return rc;
}

static int riff_links(int fd, int64_t size, struct links *l)
{
    uint8_t b[12];
    int rc = MOIM_OK;
    for (int64_t at = 0; !rc && at < size && pread(fd, b, 12, at) == 12;) {
        uint64_t length = number(b + 4, 4, false);
        if (memcmp(b, "RIFF", 4) || memcmp(b + 8, "WAVE", 4)) break;
        if (at) rc = add_link(l, at);
        if (unknown(length)) break;
        at += 8 + (int64_t)length + (int64_t)(length & 1);
    }
    return rc;
}

/* A FLAC stream says no length: its head is looked for, the mark and a STREAMINFO block of 34 bytes. */
static int flac_links(int fd, int64_t size, struct links *l)
{
    enum { BLOCK = 1 << 20, HEAD = 8 };
    uint8_t *b = malloc(BLOCK);
    int rc = b ? MOIM_OK : MOIM_ENOMEM;
    for (int64_t at = 4; !rc && at < size;) {
        ssize_t n = pread(fd, b, BLOCK, at);
        if (n < HEAD) break;
        for (uint8_t *p = b; !rc && (p = memmem(p, (size_t)(b + n - p), "fLaC", 4)); p++)
            if (b + n - p >= HEAD && !(p[4] & 0x7F) && !memcmp(p + 5, "\0\0\x22", 3))
                rc = add_link(l, at + (p - b));
        at += n < BLOCK ? n : n - (HEAD - 1);
    }
    free(b);
    return rc;
}

/* ISO 11172-3: bytes of the MPEG audio frame whose head is b, 0 when it is none. *kind: what may not change within a
 * recording: layer, version, rate, one channel or two. */
static int mpeg_frame(const uint8_t *b, unsigned *kind)
{
    static const int rate[4] = {44100, 48000, 32000, 1};
    static const short kbit[2][16] = {{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0},
                                      {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0}};
    unsigned version = b[1] >> 3 & 3, layer = b[1] >> 1 & 3, r = b[2] >> 2 & 3;
    if (b[0] != 0xFF || (b[1] & 0xE0) != 0xE0 || version == 1 || layer != 1 || r == 3) return 0;
    bool low = version != 3;
    int hz = rate[r] >> (version == 0 ? 2 : low), bits = kbit[low][b[2] >> 4] * 1000;
    *kind = (unsigned)(b[1] & 0xFE) << 8 | r << 4 | ((b[3] & 0xC0) == 0xC0);
    return bits ? (low ? 72 : 144) * bits / hz + (b[2] >> 1 & 1) : 0;
}

/* Bytes of the ID3v2 tag that b begins, 0 when it is none. */
static int64_t id3_length(const uint8_t *b)
{
    if (memcmp(b, "ID3", 3)) return 0;
    return 10 +
           ((int64_t)(b[6] & 127) << 21 | (int64_t)(b[7] & 127) << 14 | (b[8] & 127) << 7 | (b[9] & 127)) +
           (b[5] & 16 ? 10 : 0);
}

/* The frame that encoders put first, for the length: it begins a recording. */
static bool heads_mp3(const uint8_t *b, size_t n)
{
    return memmem(b + 4, n - 4, "Xing", 4) || memmem(b + 4, n - 4, "Info", 4);
}

/* A link begins with a tag, with the first frame of an encoder, or where the frames are of another kind. */
static int mp3_links(int fd, int64_t size, struct links *l)
{
    uint8_t b[48];
    unsigned kind = 0, now;
    bool tag = false;
    int64_t length, frames = 0;
    int rc = MOIM_OK;
    for (int64_t at = 0; !rc && at < size; at += length) {
        if (pread(fd, b, sizeof b, at) != (ssize_t)sizeof b) break;
        if ((length = id3_length(b))) {
            if (frames) rc = add_link(l, at);
            tag = true, frames = 0;
        } else if (!memcmp(b, "TAG", 3)) {
            length = 128;
        } else if ((length = mpeg_frame(b, &now))) {
            bool begins = frames && !tag && (now != kind || heads_mp3(b, sizeof b));
            if (begins) rc = add_link(l, at);
            frames = begins ? 1 : frames + 1;
            kind = now;
            tag = false;
        } else {
            break; /* what is no frame is left to the decoder */
        }
    }
    return rc;
}

int moim_container_links(int fd, int64_t size, int64_t **start, int *n)
{
    uint8_t b[12] = {0};
    struct links l = {0};
    int rc = add_link(&l, 0);
    ssize_t have = pread(fd, b, 12, 0);
    if (!rc && have == 12 && !memcmp(b, "OggS", 4)) rc = ogg_links(fd, size, &l);
    if (!rc && have == 12 && !memcmp(b, "RIFF", 4)) rc = riff_links(fd, size, &l);
    if (!rc && have == 12 && (!memcmp(b, "ID3", 3) || (b[0] == 0xFF && (b[1] & 0xE0) == 0xE0)))
        rc = mp3_links(fd, size, &l);
    if (!rc && have == 12 && !memcmp(b, "fLaC", 4)) rc = flac_links(fd, size, &l);
    if (rc) free(l.start), l = (struct links){0};
    *start = l.start;
    *n = l.n;
    return rc;
}

bool moim_container_unfilled(int fd, int64_t size, int64_t *length_at)
{
    uint8_t b[12];
    if (pread(fd, b, 12, 0) != 12 || memcmp(b, "RIFF", 4) || memcmp(b + 8, "WAVE", 4)) return false;
    for (int64_t at = 12, chunks = 0; chunks < 1000 && pread(fd, b, 8, at) == 8; chunks++) {
        uint64_t length = number(b + 4, 4, false);
        *length_at = at + 4;
        if (!memcmp(b, "data", 4)) return !length && at + 8 < size;
        at += 8 + (int64_t)length + (int64_t)(length & 1);
    }
    return false;
}

/* ---- why not ---- */

/* ISO 14496-12: boxes of a length and a name; the index is called moov. */
static const char *mp4_fault(int fd, int64_t size)
{
    uint8_t b[16];
    for (int64_t at = 0, boxes = 0; boxes < 10000 && at < size && pread(fd, b, 16, at) >= 8; boxes++) {
        int64_t length = (int64_t)number(b, 4, true);
        if (!memcmp(b + 4, "moov", 4)) return NULL;
        if (length == 1) length = (int64_t)(number(b + 8, 8, true) & INT64_MAX);
        if (length < 8 || length > size - at) break;
        at += length;
    }
    return "its index is missing: the recording broke off before it was ended, and without it the sound cannot be found";
}

const char *moim_container_fault(int fd, int64_t size)
{
    uint8_t b[12] = {0};
    if (pread(fd, b, 12, 0) < 12) return NULL;
    if (!memcmp(b + 4, "ftyp", 4)) return mp4_fault(fd, size);
    if (!memcmp(b, "\x1A\x45\xDF\xA3", 4)) return "holds no sound";
    if (!memcmp(b, "\x1F\x43\xB6\x75", 4) || (b[0] == 0xA3 && (b[1] & 0xF0)))
        return "its beginning is missing: it is a later part of a browser's recording";
    return NULL;
}
