#include "audio/journal_int.h"

#include <FLAC/stream_decoder.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "fLaC", block header (4), STREAMINFO (34): block sizes u16 u16, frame sizes u24 u24, then rate u20,
 * channels - 1 u3, bits - 1 u5, total samples u36, MD5. */
#define INFO 8
#define TOTAL (INFO + 13)
#define TOTAL_MAX (((uint64_t)1 << 36) - 1)

static bool pread_all(int fd, void *to, size_t n, off_t at)
{
    ssize_t got = pread(fd, to, n, at);
    return got == (ssize_t)n;
}

int moim_flac_set_total(int fd, uint64_t samples)
{
    uint8_t b[5 + 16] = {0}, keep = 0xF0; /* bits - 1 = 15: its low four bits share a byte with the total */
    if (samples > TOTAL_MAX) samples = 0; /* unknown, as FLAC writes it: 49 days at 16 kHz */
    if (pread_all(fd, b, 1, TOTAL)) keep = b[0] & 0xF0;
    b[0] = (uint8_t)(keep | (samples >> 32));
    for (int i = 1; i < 5; i++) b[i] = (uint8_t)(samples >> (8 * (4 - i)));
    uint8_t sizes[6] = {0};
    if (pwrite(fd, sizes, 6, INFO + 4) != 6 || pwrite(fd, b, sizeof b, TOTAL) != (ssize_t)sizeof b) {
        if (!errno) errno = EIO;
        return MOIM_EIO;
    }
    return MOIM_OK;
}

struct scan {
    int fd;
    uint64_t at, size;  /* reading position, file size */
    uint64_t good_end;  /* behind the last whole frame */
    uint64_t samples;   /* up to there */
    unsigned bad;       /* errors before good_end */
    unsigned bad_since; /* errors since the last whole frame */
    bool wrote;         /* the frame just processed was whole */
    uint64_t next;
};

static FLAC__StreamDecoderReadStatus read_some(const FLAC__StreamDecoder *d, FLAC__byte buffer[], size_t *n,
                                               void *user)
{
    (void)d;
    struct scan *s = user;
    ssize_t got = pread(s->fd, buffer, *n, (off_t)s->at);
    *n = got > 0 ? (size_t)got : 0;
    s->at += *n;
    if (got < 0) return FLAC__STREAM_DECODER_READ_STATUS_ABORT;
    return *n ? FLAC__STREAM_DECODER_READ_STATUS_CONTINUE : FLAC__STREAM_DECODER_READ_STATUS_END_OF_STREAM;
}

static FLAC__StreamDecoderTellStatus tell(const FLAC__StreamDecoder *d, FLAC__uint64 *at, void *user)
{
    (void)d;
    *at = ((struct scan *)user)->at;
    return FLAC__STREAM_DECODER_TELL_STATUS_OK;
}

/* libFLAC calls this for a frame that failed its CRC too (as silence), after on_error. */
static FLAC__StreamDecoderWriteStatus on_frame(const FLAC__StreamDecoder *d, const FLAC__Frame *frame,
                                               const FLAC__int32 *const pcm[], void *user)
{
    (void)d, (void)pcm;
    struct scan *s = user;
    s->wrote = true;
    s->next = frame->header.number.sample_number + frame->header.blocksize;
    return FLAC__STREAM_DECODER_WRITE_STATUS_CONTINUE;
}

static void on_error(const FLAC__StreamDecoder *d, FLAC__StreamDecoderErrorStatus status, void *user)
{
    (void)d, (void)status;
    ((struct scan *)user)->bad_since++;
}

/* Decodes frame by frame: only a frame whose CRC-16 holds and that goes on where the last ended moves
 * good_end. */
static void scan_frames(FLAC__StreamDecoder *d, struct scan *s)
{
    for (;;) {
        s->wrote = false;
        unsigned bad_before = s->bad_since;
        if (!FLAC__stream_decoder_process_single(d)) break;
        FLAC__uint64 at = 0;
        if (s->wrote && (s->bad_since == bad_before || s->next > s->samples)) {
            bool whole = s->bad_since == bad_before;
            if (whole && s->next > s->samples && s->next <= TOTAL_MAX &&
                FLAC__stream_decoder_get_decode_position(d, &at) && at <= s->size) {
                s->good_end = at;
                s->samples = s->next;
                s->bad += s->bad_since;
                s->bad_since = 0;
            } else if (whole) {
                s->bad_since++;
            }
        }
        FLAC__StreamDecoderState state = FLAC__stream_decoder_get_state(d);
        if (state == FLAC__STREAM_DECODER_END_OF_STREAM || state >= FLAC__STREAM_DECODER_OGG_ERROR) break;
    }
}

static int scan_file(struct scan *s, const char *path, struct moim_err *err)
{
    FLAC__StreamDecoder *d = FLAC__stream_decoder_new();
    if (!d) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    int rc = MOIM_OK;
    FLAC__uint64 at = 0;
    if (FLAC__stream_decoder_init_stream(d, read_some, NULL, tell, NULL, NULL, on_frame, NULL, on_error, s) !=
            FLAC__STREAM_DECODER_INIT_STATUS_OK ||
        !FLAC__stream_decoder_process_until_end_of_metadata(d) || s->bad_since ||
        FLAC__stream_decoder_get_state(d) == FLAC__STREAM_DECODER_END_OF_STREAM ||
        !FLAC__stream_decoder_get_decode_position(d, &at) || at > s->size) {
        /* A header with no frame after it is a recording that had just begun. */
        if (FLAC__stream_decoder_get_decode_position(d, &at) && at == s->size && at >= INFO + 34 &&
            !s->bad_since)
            s->good_end = at;
        else
            rc = moim_fail(err, MOIM_EFORMAT, "%s: no FLAC header: nothing of it can be recovered", path);
    } else {
        s->good_end = at;
        scan_frames(d, s);
    }
    FLAC__stream_decoder_finish(d);
    FLAC__stream_decoder_delete(d);
    return rc;
}

static bool header_is_ours(int fd, uint64_t *total)
{
    uint8_t h[INFO + 34];
    if (!pread_all(fd, h, sizeof h, 0) || memcmp(h, "fLaC", 4) || (h[4] & 0x7F) != 0 || h[5] || h[6] ||
        h[7] != 34)
        return false;
    *total = (uint64_t)(h[TOTAL] & 15) << 32;
    for (int i = 1; i < 5; i++) *total |= (uint64_t)h[TOTAL + i] << (8 * (4 - i));
    return true;
}

/* Cuts a torn last mark; leaves a missing file missing. */
static int repair_marks(const char *path, struct moim_repair *done, struct moim_err *err)
{
    done->interrupted = true;
    char *name = moim_marks_path(path), *data = NULL;
    int fd = name ? open(name, O_RDWR | O_CLOEXEC) : -1, rc = MOIM_OK;
    struct stat st;
    if (fd >= 0 && !fstat(fd, &st) && st.st_size > 0 && st.st_size < 1 << 30) {
        data = malloc((size_t)st.st_size);
        if (!data) rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", name);
        if (data && pread_all(fd, data, (size_t)st.st_size, 0)) {
            bool stopped;
            size_t whole = moim_marks_whole(data, (size_t)st.st_size, &stopped);
            done->interrupted = !stopped;
            if (whole < (size_t)st.st_size) {
                done->was_whole = false;
                if (ftruncate(fd, (off_t)whole) || fsync(fd)) rc = moim_fail_errno(err, "%s", name);
            }
        }
    }
    if (fd >= 0) close(fd);
    free(data);
    free(name);
    return rc;
}

int moim_journal_repair(const char *path, struct moim_repair *done, struct moim_err *err)
{
    struct moim_repair r = {.was_whole = true};
    struct scan s = {.fd = open(path, O_RDWR | O_CLOEXEC)};
    struct stat st;
    uint64_t total = 0;
    *done = r;
    if (s.fd < 0) return moim_fail_errno(err, "%s", path);
    int rc = fstat(s.fd, &st) ? moim_fail_errno(err, "%s", path) : MOIM_OK;
    s.size = rc ? 0 : (uint64_t)st.st_size;
    if (!rc && !header_is_ours(s.fd, &total))
        rc = moim_fail(err, MOIM_EFORMAT, "%s: no FLAC header: nothing of it can be recovered", path);
    if (!rc) rc = scan_file(&s, path, err);
    if (!rc) {
        r.samples = s.samples;
        r.damaged_frames = s.bad;
        r.dropped_bytes = s.size - s.good_end;
        if (r.dropped_bytes || total != s.samples) {
            r.was_whole = false;
            /* First the tail, then the totals: a crash between the two is repaired by running again. */
            if (ftruncate(s.fd, (off_t)s.good_end) || moim_flac_set_total(s.fd, s.samples) || fsync(s.fd))
                rc = moim_fail_errno(err, "%s", path);
        }
    }
    close(s.fd);
    if (!rc) rc = repair_marks(path, &r, err);
    *done = r;
    return rc;
}
