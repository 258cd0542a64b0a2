#include "audio/aside.h"
#include "audio/flac_frames.h"
#include "audio/journal_int.h"
#include "base/write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* "fLaC", block header (4), STREAMINFO (34): block sizes u16 u16, frame sizes u24 u24, then rate u20,
 * channels - 1 u3, bits - 1 u5, total samples u36, MD5. */
#define INFO 8
#define TOTAL (INFO + 13)
#define TOTAL_MAX (((uint64_t)1 << 36) - 1)
#define FRAMES_MAX (TOTAL_MAX / MOIM_JOURNAL_BLOCK)
#define SMALLEST_FRAME 10 /* bytes */

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

/* ---- what of the file is whole ---- */

/* Frames that follow one another, in the file and by their numbers. */
struct run {
    uint64_t at, size, first, frames;
    unsigned last; /* samples of the last frame */
    size_t last_size;
};

struct sound {
    int fd;
    uint64_t size;
    struct run *run;
    size_t n;
    uint64_t header;   /* bytes of a header that a decoder takes; 0: none */
    uint64_t total;    /* samples as it says */
    unsigned channels; /* 0: not known yet */
};

/* Bytes that one frame may have. */
static size_t frame_most(const struct sound *s)
{
    return s->channels == 2 ? MOIM_FRAME_MAX : MOIM_FRAME_MAX / 2;
}

static uint64_t end_of(const struct run *r)
{
    return r->at + r->size;
}

/* Appends a frame to what is known. False without memory. */
static bool add_frame(struct sound *s, const struct moim_frame *f)
{
    struct run *last = s->n ? &s->run[s->n - 1] : NULL;
    if (!s->channels) s->channels = f->channels;
    if (f->channels != s->channels) return true; /* another recording's */
    uint64_t next = last ? last->first + last->frames : 0, lost = f->at - (last ? end_of(last) : 0);
    if (f->number < next || f->number > FRAMES_MAX) return true; /* what lay on the disk before */
    /* So many frames cannot have been in so few bytes: another recording's. The first one's head may be lost.
     */
    if (last && f->number - next > lost / SMALLEST_FRAME) return true;
    if (last && !lost && f->number == next && last->last == MOIM_JOURNAL_BLOCK) {
        last->size += f->size;
        last->frames++;
        last->last = f->samples;
        last->last_size = f->size;
        return true;
    }
    if ((s->n & (s->n - 1)) == 0) { /* room is a power of two */
        struct run *grown = realloc(s->run, (s->n ? s->n * 2 : 1) * sizeof *grown);
        if (!grown) return false;
        s->run = grown;
    }
    s->run[s->n++] = (struct run){f->at, f->size, f->number, 1, f->samples, f->size};
    return true;
}

/* Only the last block is a short one: a short frame that others follow is no frame of this recording. */
static void drop_short_ends(struct sound *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        struct run *r = &s->run[i];
        if (i + 1 < s->n && r->last != MOIM_JOURNAL_BLOCK) {
            r->frames--;
            r->size -= r->last_size;
            r->last = MOIM_JOURNAL_BLOCK;
        }
        if (r->frames) s->run[n++] = *r;
    }
    s->n = n;
}

static uint32_t little_endian(const uint8_t b[4])
{
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* The comment that the encoder writes: its own name and, of two channels, what they are. Returns its length, 0 for
 * another block. */
static uint64_t comment_length(int fd, uint64_t at, unsigned channels)
{
    static const char call[] = "COMMENT=" MOIM_CALL_COMMENT;
    uint8_t b[8], more[8 + sizeof call - 1];
    uint32_t tail = channels == 2 ? sizeof more : 4;
    if (!pread_all(fd, b, 8, (off_t)at) || b[0] != 0x84) return 0;
    uint32_t n = (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3], name = little_endian(b + 4);
    if (n < 4 + tail || name != n - 4 - tail || !pread_all(fd, more, tail, (off_t)(at + 4 + n - tail)))
        return 0;
    if (little_endian(more) != (channels == 2)) return 0;
    if (channels == 2 &&
        (little_endian(more + 4) != sizeof call - 1 || memcmp(more + 8, call, sizeof call - 1)))
        return 0;
    return 4 + (uint64_t)n;
}

/* The header's length, when it is as the journal writes it, and the first frame, or nothing, follows; else 0.
 */
static uint64_t header_length(struct sound *s, uint64_t first)
{
    uint8_t h[MOIM_FLAC_HEADER], ours[MOIM_FLAC_HEADER];
    if (!pread_all(s->fd, h, sizeof h, 0)) return 0;
    s->total = (uint64_t)(h[TOTAL] & 15) << 32;
    for (int i = 1; i < 5; i++) s->total |= (uint64_t)h[TOTAL + i] << (8 * (4 - i));
    moim_flac_header(ours, s->channels ? s->channels : 1, s->total);
    bool alone = h[4] & 0x80;
    ours[4] = h[4] & 0x80;
    if (memcmp(h, ours, sizeof h)) return 0;
    uint64_t comment = alone ? 0 : comment_length(s->fd, sizeof h, s->channels);
    if (alone ? s->channels == 2 : !comment) return 0;
    return sizeof h + comment <= first ? sizeof h + comment : 0;
}

/* As the file's header says, where it is one of ours; 0: the first frame will tell. */
static unsigned header_channels(int fd)
{
    uint8_t h[MOIM_FLAC_HEADER];
    if (!pread_all(fd, h, sizeof h, 0) || memcmp(h, "fLaC", 4) || (h[20] & 0xFD)) return 0;
    return 1u + (h[20] >> 1 & 1);
}

static int find_sound(struct sound *s, const char *path, struct moim_err *err)
{
    struct moim_frame_search search;
    struct moim_frame f;
    s->channels = header_channels(s->fd);
    bool room = !moim_frames_begin(&search, s->fd, s->size);
    while (room && moim_frames_next(&search, &f)) room = add_frame(s, &f);
    moim_frames_end(&search);
    if (!room) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    drop_short_ends(s);
    s->header = header_length(s, s->n ? s->run[0].at : s->size);
    return MOIM_OK;
}

static uint64_t samples_of(const struct sound *s)
{
    if (!s->n) return 0;
    const struct run *last = &s->run[s->n - 1];
    return (last->first + last->frames - 1) * MOIM_JOURNAL_BLOCK + last->last;
}

static bool only_zeros(int fd, uint64_t from, uint64_t to)
{
    static const uint8_t zero[4096];
    uint8_t buf[4096];
    while (from < to) {
        size_t n = to - from < sizeof buf ? (size_t)(to - from) : sizeof buf;
        if (!pread_all(fd, buf, n, (off_t)from) || memcmp(buf, zero, n)) return false;
        from += n;
    }
    return true;
}

/* ---- the tail alone is torn ---- */

/* First the tail, then the totals: a crash between the two is repaired by running again. */
static int cut_tail(struct sound *s, const char *path, struct moim_repair *r, struct moim_err *err)
{
    uint64_t end = s->n ? end_of(&s->run[0]) : s->header, total = samples_of(s);
    int rc = MOIM_OK;
    r->dropped_bytes = s->size - end;
    if (!r->dropped_bytes && s->total == total) return MOIM_OK;
    r->was_whole = false;
    /* More than a torn frame, and not the zeros that a power cut leaves. */
    if (r->dropped_bytes > frame_most(s) && !only_zeros(s->fd, end, s->size))
        rc = moim_aside_copy(s->fd, end, r->dropped_bytes, path, r->sound_aside, err);
    if (!rc && (ftruncate(s->fd, (off_t)end) || moim_flac_set_total(s->fd, total) || fsync(s->fd)))
        rc = moim_fail_errno(err, "%s", path);
    return rc;
}

/* ---- a new file of what is whole ---- */

static int put_run(int to, int from, const struct run *r)
{
    char buf[65536];
    for (uint64_t done = 0; done < r->size;) {
        size_t want = r->size - done < sizeof buf ? (size_t)(r->size - done) : sizeof buf;
        ssize_t got = pread(from, buf, want, (off_t)(r->at + done));
        if (got <= 0) {
            if (!got) errno = EIO; /* cut while we read it */
            return -1;
        }
        if (!moim_write_all(to, buf, (size_t)got)) return -1;
        done += (uint64_t)got;
    }
    return 0;
}

static bool put_header(int to, unsigned channels, uint64_t samples)
{
    uint8_t out[MOIM_FLAC_HEADER + MOIM_FLAC_COMMENT];
    size_t n = MOIM_FLAC_HEADER;
    moim_flac_header(out, channels, samples);
    if (channels == 2) {
        out[4] = 0; /* a comment follows */
        n += moim_flac_call_comment(out + n);
    }
    return moim_write_all(to, out, n);
}

/* Silence stands for the frames that are lost, so that every other keeps its time. */
static int put_sound(int to, const struct sound *s, uint64_t *lost)
{
    uint8_t silence[MOIM_SILENCE_MAX];
    uint64_t next = 0;
    if (!put_header(to, s->channels, samples_of(s))) return -1;
    for (size_t i = 0; i < s->n; i++) {
        for (; next < s->run[i].first; next++, ++*lost)
            if (!moim_write_all(to, silence, moim_flac_silence(silence, s->channels, next))) return -1;
        if (put_run(to, s->fd, &s->run[i])) return -1;
        next += s->run[i].frames;
    }
    return fsync(to);
}

/* The new file takes the old one's name once it is on disk and, when the caller holds the old one's lock,
 * locked. */
static int rebuild(struct sound *s, const char *path, int *lock, struct moim_repair *r, struct moim_err *err)
{
    char *name = NULL;
    uint64_t lost = 0;
    if (asprintf(&name, "%s.repair", path) < 0) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), rc = MOIM_OK;
    if (fd < 0 || put_sound(fd, s, &lost) || (lock && flock(fd, LOCK_EX | LOCK_NB)))
        rc = moim_fail_errno(err, "%s", name);
    if (!rc && s->size) rc = moim_aside_link(path, r->sound_aside, err);
    if (!rc && rename(name, path)) rc = moim_fail_errno(err, "%s", path);
    if (!rc) {
        moim_sync_directory(path);
        r->was_whole = false;
        r->damaged_frames = lost > UINT32_MAX ? UINT32_MAX : (unsigned)lost;
    }
    if (rc && fd >= 0) unlink(name);
    if (!rc && lock) {
        if (*lock >= 0) close(*lock);
        *lock = fd;
    } else if (fd >= 0) {
        close(fd);
    }
    free(name);
    return rc;
}

/* So little was written that it is our header or a part of it: the crash came before the first frame. */
static bool begun_only(const struct sound *s)
{
    uint8_t h[MOIM_FLAC_HEADER], ours[MOIM_FLAC_HEADER];
    moim_flac_header(ours, s->channels ? s->channels : 1, 0);
    ours[4] = 0; /* a comment follows in the encoder's */
    size_t n = s->size < sizeof h ? (size_t)s->size : sizeof h;
    return !n || (s->size <= MOIM_FLAC_HEADER + 256 && pread_all(s->fd, h, n, 0) &&
                  !memcmp(h, ours, n < 12 ? n : 12));
}

static int repair_sound(struct sound *s, const char *path, int *lock, struct moim_repair *r,
                        struct moim_err *err)
{
    int rc = find_sound(s, path, err);
    if (rc) return rc;
    r->samples = samples_of(s);
    if (s->n == 1 && s->header == s->run[0].at && !s->run[0].first) return cut_tail(s, path, r, err);
    if (s->n) return rebuild(s, path, lock, r, err);
    /* No frame. What a torn one leaves behind the header may go, anything else is not ours to throw away. */
    if (s->header && (s->size - s->header <= frame_most(s) || only_zeros(s->fd, s->header, s->size)))
        return cut_tail(s, path, r, err);
    if (begun_only(s)) {
        r->was_whole = false;
        if (ftruncate(s->fd, 0) || lseek(s->fd, 0, SEEK_SET) ||
            !put_header(s->fd, s->channels ? s->channels : 1, 0) || fsync(s->fd))
            return moim_fail_errno(err, "%s", path);
        return MOIM_OK;
    }
    return moim_fail(err, MOIM_EFORMAT, "%s: nothing in it can be read as sound; it is left as it is", path);
}

/* ---- the marks ---- */

/* Writes the whole lines to a new file, which takes the old one's name. */
static int rewrite_marks(const char *name, const char *data, size_t n, struct moim_err *err)
{
    char *fresh = NULL;
    struct moim_marks_cursor c = moim_marks_begin(data, n);
    struct moim_marks_line line;
    if (asprintf(&fresh, "%s.repair", name) < 0) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool failed = fd < 0 || !moim_write_all(fd, MARKS_HEADER, sizeof MARKS_HEADER - 1);
    while (!failed && moim_marks_next(&c, &line))
        failed = !moim_write_all(fd, line.begin, (size_t)(line.end - line.begin) + 1);
    int rc = failed || fsync(fd) || rename(fresh, name) ? moim_fail_errno(err, "%s", fresh) : MOIM_OK;
    if (rc) unlink(fresh);
    if (fd >= 0) close(fd);
    free(fresh);
    return rc;
}

/* Keeps the damaged marks aside and leaves the whole ones; a missing file stays missing. */
static int repair_marks(const char *path, struct moim_repair *done, struct moim_err *err)
{
    char *name = moim_marks_path(path), *data = NULL;
    size_t n = 0;
    done->interrupted = true;
    int rc = name ? moim_marks_load(name, &data, &n, err) : moim_fail(err, MOIM_ENOMEM, "out of memory");
    if (!rc) {
        struct moim_marks_cursor c = moim_marks_begin(data, n);
        struct moim_marks_line line;
        while (moim_marks_next(&c, &line)) done->interrupted = line.kind != MOIM_MARK_STOP;
        if (c.damaged) {
            done->was_whole = false;
            rc = n ? moim_aside_link(name, done->marks_aside, err) : MOIM_OK;
            if (!rc) rc = rewrite_marks(name, data, n, err);
        }
    }
    free(data);
    free(name);
    return rc == MOIM_ENOENT ? MOIM_OK : rc;
}

int moim_journal_repair_locked(const char *path, int *lock, struct moim_repair *done, struct moim_err *err)
{
    struct moim_repair r = {.was_whole = true};
    struct sound s = {.fd = open(path, O_RDWR | O_CLOEXEC)};
    struct stat st;
    *done = r;
    if (s.fd < 0) return moim_fail_errno(err, "%s", path);
    int rc = fstat(s.fd, &st) ? moim_fail_errno(err, "%s", path) : MOIM_OK;
    s.size = rc ? 0 : (uint64_t)st.st_size;
    if (!rc) rc = repair_sound(&s, path, lock, &r, err);
    free(s.run);
    close(s.fd);
    struct moim_err second;
    int marks = repair_marks(path, &r, rc ? &second : err);
    *done = r;
    return rc ? rc : marks;
}

int moim_journal_repair(const char *path, struct moim_repair *done, struct moim_err *err)
{
    return moim_journal_repair_locked(path, NULL, done, err);
}
