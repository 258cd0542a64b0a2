#include "audio/flac_frames.h"
#include "audio/journal.h"

#include <FLAC/stream_decoder.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WINDOW ((size_t)1 << 20)
#define SECTOR 4096 /* what is skipped when the disk cannot read it */

static uint8_t crc8(const uint8_t *p, size_t n)
{
    uint8_t c = 0;
    while (n--) {
        c ^= *p++;
        for (int k = 0; k < 8; k++) c = (uint8_t)(c & 0x80 ? c << 1 ^ 0x07 : c << 1);
    }
    return c;
}

static uint16_t crc16_step(uint16_t c, uint8_t byte)
{
    c = (uint16_t)(c ^ byte << 8);
    for (int k = 0; k < 8; k++) c = (uint16_t)(c & 0x8000 ? c << 1 ^ 0x8005 : c << 1);
    return c;
}

/* ---- one header ---- */

/* The number as FLAC codes it: UTF-8's scheme, up to 36 bits. Returns the bytes it takes, 0 for none. */
static size_t coded_number(const uint8_t *p, size_t n, uint64_t *value)
{
    size_t more = 0;
    if (!n) return 0;
    *value = p[0];
    if (p[0] >= 0x80) {
        while (more < 7 && p[0] & 0x80 >> more) more++;
        if (more < 2 || more > 7) return 0;
        *value = p[0] & (0x7Fu >> more);
        more--;
    }
    if (more + 1 > n) return 0;
    for (size_t i = 1; i <= more; i++) {
        if ((p[i] & 0xC0) != 0x80) return 0;
        *value = *value << 6 | (p[i] & 0x3F);
    }
    return more + 1;
}

/* Samples by the code in the header; 8 and 16: so many bits at its end say it; 0: none. */
static unsigned block_of(unsigned code)
{
    if (code == 1) return 192;
    if (code >= 2 && code <= 5) return 576u << (code - 2);
    if (code == 6 || code == 7) return code == 6 ? 8 : 16;
    return code >= 8 ? 256u << (code - 8) : 0;
}

/* Channels by the code in the header, 0 for what the journal never writes: two stand as they are, or one of them as its
 * difference to the other or to their mean. */
static unsigned channels_of(unsigned code)
{
    if (code <= 1) return code + 1;
    return code >= 8 && code <= 10 ? 2 : 0;
}

/* A header such as the journal writes them: size of it, 0 when there is none. */
static size_t read_header(const uint8_t *p, size_t n, struct moim_frame *f)
{
    if (n < 6 || p[0] != 0xFF || p[1] != 0xF8 || (p[2] & 15) != 5 || (p[3] & 15) != 0x08) return 0;
    f->channels = channels_of(p[3] >> 4);
    if (!f->channels) return 0;
    size_t at = 4 + coded_number(p + 4, n - 4, &f->number), code = p[2] >> 4;
    f->samples = block_of((unsigned)code);
    if (at == 4 || !f->samples || at + 3 > n) return 0;
    if (code == 6) f->samples = p[at++] + 1u;
    if (code == 7) {
        f->samples = ((unsigned)p[at] << 8 | p[at + 1]) + 1;
        at += 2;
    }
    if (at >= n || f->samples > MOIM_JOURNAL_BLOCK || f->number > UINT32_MAX || crc8(p, at) != p[at])
        return 0;
    return at + 1;
}

/* ---- the end of a frame that no other follows ---- */

struct probe {
    const uint8_t *data;
    size_t n, at;
    uint8_t header[MOIM_FLAC_HEADER];
    bool wrote, bad;
};

static FLAC__StreamDecoderReadStatus probe_read(const FLAC__StreamDecoder *d, FLAC__byte buffer[], size_t *n,
                                                void *user)
{
    (void)d;
    struct probe *p = user;
    size_t got = 0;
    for (; got < *n && p->at < MOIM_FLAC_HEADER + p->n; got++, p->at++)
        buffer[got] = p->at < MOIM_FLAC_HEADER ? p->header[p->at] : p->data[p->at - MOIM_FLAC_HEADER];
    *n = got;
    return got ? FLAC__STREAM_DECODER_READ_STATUS_CONTINUE : FLAC__STREAM_DECODER_READ_STATUS_END_OF_STREAM;
}

static FLAC__StreamDecoderTellStatus probe_tell(const FLAC__StreamDecoder *d, FLAC__uint64 *at, void *user)
{
    (void)d;
    *at = ((struct probe *)user)->at;
    return FLAC__STREAM_DECODER_TELL_STATUS_OK;
}

static FLAC__StreamDecoderWriteStatus probe_write(const FLAC__StreamDecoder *d, const FLAC__Frame *frame,
                                                  const FLAC__int32 *const pcm[], void *user)
{
    (void)d, (void)frame, (void)pcm;
    ((struct probe *)user)->wrote = true;
    return FLAC__STREAM_DECODER_WRITE_STATUS_CONTINUE;
}

static void probe_error(const FLAC__StreamDecoder *d, FLAC__StreamDecoderErrorStatus status, void *user)
{
    (void)d, (void)status;
    ((struct probe *)user)->bad = true;
}

/* A CRC of 16 bits is right by chance once in a frame or two when every length is tried: the decoder knows.
 */
static size_t decoded_size(const uint8_t *data, size_t n, unsigned channels)
{
    struct probe p = {.data = data, .n = n};
    FLAC__uint64 at = 0;
    FLAC__StreamDecoder *d = FLAC__stream_decoder_new();
    moim_flac_header(p.header, channels, 0);
    bool ok = d &&
              FLAC__stream_decoder_init_stream(d, probe_read, NULL, probe_tell, NULL, NULL, probe_write, NULL,
                                               probe_error, &p) == FLAC__STREAM_DECODER_INIT_STATUS_OK &&
              FLAC__stream_decoder_process_until_end_of_metadata(d) &&
              FLAC__stream_decoder_process_single(d) && p.wrote && !p.bad &&
              FLAC__stream_decoder_get_decode_position(d, &at);
    if (d) FLAC__stream_decoder_delete(d);
    return ok && at > MOIM_FLAC_HEADER && at <= MOIM_FLAC_HEADER + n ? (size_t)at - MOIM_FLAC_HEADER : 0;
}

static size_t frame_size(const uint16_t table[256], const uint8_t *p, size_t n, size_t header,
                         const struct moim_frame *f)
{
    uint16_t c = 0;
    struct moim_frame next;
    for (size_t i = 0; i < n; i++) {
        c = (uint16_t)(c << 8 ^ table[c >> 8 ^ p[i]]);
        /* The CRC over a frame with its own CRC is 0; the next frame confirms it. */
        if (!c && i > header + 2 && read_header(p + i + 1, n - i - 1, &next) && next.number == f->number + 1)
            return i + 1;
    }
    return decoded_size(p, n, f->channels);
}

/* ---- the search ---- */

int moim_frames_begin(struct moim_frame_search *s, int fd, uint64_t size)
{
    *s = (struct moim_frame_search){.fd = fd, .size = size, .window = malloc(WINDOW)};
    for (int i = 0; i < 256; i++) s->crc16[i] = crc16_step(0, (uint8_t)i);
    return s->window ? 0 : -1;
}

void moim_frames_end(struct moim_frame_search *s)
{
    free(s->window);
    s->window = NULL;
}

static void load(struct moim_frame_search *s)
{
    s->from = s->at;
    s->have = 0;
    while (s->have < WINDOW && s->from + s->have < s->size) {
        uint64_t left = s->size - s->from - s->have;
        size_t want = left < WINDOW - s->have ? (size_t)left : WINDOW - s->have;
        ssize_t got = pread(s->fd, s->window + s->have, want, (off_t)(s->from + s->have));
        if (got <= 0) {
            got = (ssize_t)(want < SECTOR ? want : SECTOR);
            memset(s->window + s->have, 0, (size_t)got);
        }
        s->have += (size_t)got;
    }
}

bool moim_frames_next(struct moim_frame_search *s, struct moim_frame *frame)
{
    while (s->at < s->size) {
        uint64_t end = s->from + s->have;
        /* A frame and the header behind it are in the window, or the file ends there. */
        if (end < s->size && s->at + 2 * MOIM_FRAME_MAX > end) load(s);
        uint8_t *p = s->window + (s->at - s->from);
        size_t n = s->have - (size_t)(s->at - s->from), header;
        uint8_t *sync = memchr(p, 0xFF, n);
        if (sync != p) {
            s->at += sync ? (size_t)(sync - p) : n;
            continue;
        }
        if (n > MOIM_FRAME_MAX) n = MOIM_FRAME_MAX;
        frame->at = s->at;
        frame->size = (header = read_header(p, n, frame)) ? frame_size(s->crc16, p, n, header, frame) : 0;
        s->at += frame->size ? frame->size : 1;
        if (frame->size) return true;
    }
    return false;
}

/* ---- writing ---- */

void moim_flac_header(uint8_t out[MOIM_FLAC_HEADER], unsigned channels, uint64_t samples)
{
    /* The only block; 34 bytes; blocks of 2048 samples; frame sizes unknown; 16000 Hz, one channel, 16 bits. */
    static const uint8_t fixed[22] = {'f',  'L', 'a', 'C', 0x80, 0, 0, 34,   0x08, 0x00, 0x08,
                                      0x00, 0,   0,   0,   0,    0, 0, 0x03, 0xE8, 0x00, 0xF0};
    memset(out, 0, MOIM_FLAC_HEADER);
    memcpy(out, fixed, sizeof fixed);
    if (samples >> 36) samples = 0; /* unknown: 49 days */
    out[20] |= (uint8_t)((channels - 1) << 1);
    out[21] = (uint8_t)(0xF0 | samples >> 32);
    for (int i = 0; i < 4; i++) out[22 + i] = (uint8_t)(samples >> (8 * (3 - i)));
}

size_t moim_flac_call_comment(uint8_t out[MOIM_FLAC_COMMENT])
{
    static const char vendor[] = "moim", tag[] = "COMMENT=" MOIM_CALL_COMMENT;
    size_t v = sizeof vendor - 1, t = sizeof tag - 1, n = 12 + v + t;
    memset(out, 0, MOIM_FLAC_COMMENT);
    out[0] = 0x84; /* the last block, a comment; its numbers have the low byte first */
    out[3] = (uint8_t)n;
    out[4] = (uint8_t)v;
    memcpy(out + 8, vendor, v);
    out[8 + v] = 1;
    out[12 + v] = (uint8_t)t;
    memcpy(out + 16 + v, tag, t);
    return 4 + n;
}

static size_t code_number(uint8_t *out, uint64_t number)
{
    size_t more = 1;
    if (number < 0x80) {
        out[0] = (uint8_t)number;
        return 1;
    }
    while (number >> (6 - more + 6 * more)) more++;
    out[0] = (uint8_t)(0xFF00u >> (more + 1) | number >> (6 * more));
    for (size_t i = 0; i < more; i++) out[1 + i] = (uint8_t)(0x80 | (number >> (6 * (more - 1 - i)) & 0x3F));
    return more + 1;
}

size_t moim_flac_silence(uint8_t out[MOIM_SILENCE_MAX], unsigned channels, uint64_t number)
{
    size_t n = 4;
    uint16_t c = 0;
    memcpy(out, (const uint8_t[]){0xFF, 0xF8, 0xB5, (uint8_t)((channels - 1) << 4 | 0x08)}, 4);
    n += code_number(out + n, number);
    out[n] = crc8(out, n);
    n++;
    memset(out + n, 0, 3 * channels); /* a subframe each: the constant 0 */
    n += 3 * channels;
    for (size_t i = 0; i < n; i++) c = crc16_step(c, out[i]);
    out[n++] = (uint8_t)(c >> 8);
    out[n++] = (uint8_t)c;
    return n;
}
