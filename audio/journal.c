#include "audio/journal.h"
#include "audio/flac_frames.h"
#include "audio/journal_int.h"
#include "base/clock.h"
#include "base/write.h"

#include <FLAC/metadata.h>
#include <FLAC/stream_encoder.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define RATE 16000
#define CHUNK 1024
#define RESERVE ((uint64_t)64 << 20)

struct moim_journal {
    FLAC__StreamEncoder *flac;
    FLAC__StreamMetadata *comment; /* says what two channels are; NULL: of one */
    int channels;
    char *path;
    int fd;
    struct moim_mark_writer marks;
    uint64_t accepted, written, durable;
    uint64_t size; /* bytes in whole frames */
    uint64_t reserve;
    double sync_seconds, synced_at, checked_at;
    int failed;       /* status that stopped it, MOIM_OK while it runs */
    int failed_errno; /* errno of the write that failed */
    struct moim_err why;
};

/* RLIMIT_FSIZE and quotas say it in their own words; to the user the disk is full. */
static int fail_write(struct moim_journal *j, int e, const char *path)
{
    errno = e;
    if (e == EFBIG || e == ENOSPC || e == EDQUOT)
        j->failed =
            moim_fail(&j->why, MOIM_ENOSPC, "%s: the disk is full; the recording is kept up to here", path);
    else
        j->failed = moim_fail_errno(&j->why, "%s: cannot write", path);
    return j->failed;
}

/* libFLAC hands over the header, then one whole frame at a time. */
static FLAC__StreamEncoderWriteStatus put_frame(const FLAC__StreamEncoder *e, const FLAC__byte *data,
                                                size_t n, uint32_t samples, uint32_t frame, void *user)
{
    (void)e, (void)frame;
    struct moim_journal *j = user;
    if (!moim_write_all(j->fd, data, n)) {
        j->failed_errno = errno;
        if (ftruncate(j->fd, (off_t)j->size)) { /* repair drops the torn frame at the next start */
        }
        return FLAC__STREAM_ENCODER_WRITE_STATUS_FATAL_ERROR;
    }
    j->size += n;
    j->written += samples;
    return FLAC__STREAM_ENCODER_WRITE_STATUS_OK;
}

/* Why libFLAC stopped: our write, or its own memory. */
static int encoder_errno(const struct moim_journal *j)
{
    if (j->failed_errno) return j->failed_errno;
    return FLAC__stream_encoder_get_state(j->flac) == FLAC__STREAM_ENCODER_MEMORY_ALLOCATION_ERROR ? ENOMEM
                                                                                                   : EIO;
}

static bool say_call(struct moim_journal *j)
{
    FLAC__StreamMetadata_VorbisComment_Entry tag;
    j->comment = FLAC__metadata_object_new(FLAC__METADATA_TYPE_VORBIS_COMMENT);
    return j->comment &&
           FLAC__metadata_object_vorbiscomment_entry_from_name_value_pair(&tag, "COMMENT",
                                                                          MOIM_CALL_COMMENT) &&
           FLAC__metadata_object_vorbiscomment_append_comment(j->comment, tag, false) &&
           FLAC__stream_encoder_set_metadata(j->flac, &j->comment, 1);
}

static int start_encoder(struct moim_journal *j, struct moim_err *err)
{
    FLAC__StreamEncoder *e = j->flac = FLAC__stream_encoder_new();
    if (!e) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", j->path);
    FLAC__stream_encoder_set_channels(e, (uint32_t)j->channels);
    if (j->channels == 2 && !say_call(j)) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", j->path);
    FLAC__stream_encoder_set_bits_per_sample(e, 16);
    FLAC__stream_encoder_set_sample_rate(e, RATE);
    FLAC__stream_encoder_set_compression_level(e, 5);
    FLAC__stream_encoder_set_blocksize(e, MOIM_JOURNAL_BLOCK);
    /* No seek callback: the totals are written by us, also when the encoder has failed. */
    if (FLAC__stream_encoder_init_stream(e, put_frame, NULL, NULL, NULL, j) ==
        FLAC__STREAM_ENCODER_INIT_STATUS_OK)
        return MOIM_OK;
    errno = encoder_errno(j);
    return moim_fail_errno(err, "%s: cannot begin the recording", j->path);
}

void moim_sync_directory(const char *path)
{
    char *copy = strdup(path);
    int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(copy);
}

static int check_space(struct moim_journal *j)
{
    struct statvfs s;
    if (fstatvfs(j->fd, &s)) return MOIM_OK; /* a file system that cannot tell: the write will */
    uint64_t left = (uint64_t)s.f_bavail * s.f_frsize;
    if (left >= j->reserve) return MOIM_OK;
    return j->failed = moim_fail(&j->why, MOIM_ENOSPC,
                                 "%s: only %llu MB left on the disk; the recording stopped and is kept",
                                 j->path, (unsigned long long)(left >> 20));
}

/* Locked before anybody can take it for one that a crash left: between the two steps somebody may have, and
 * removed it, so that the name is taken again. */
static int open_locked(struct moim_journal *j, struct moim_err *err)
{
    for (int tries = 0; tries < 20; tries++) {
        struct stat st;
        /* The header is patched by pwrite, which O_APPEND would send to the end. */
        j->fd = open(j->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (j->fd < 0) return moim_fail_errno(err, "%s", j->path);
        if (flock(j->fd, LOCK_EX) || fstat(j->fd, &st)) {
            int rc = moim_fail_errno(err, "%s: cannot be locked", j->path);
            unlink(j->path);
            return rc;
        }
        if (st.st_nlink) return MOIM_OK;
        close(j->fd);
        j->fd = -1;
    }
    return moim_fail(err, MOIM_ESTATE, "%s: somebody removes it again and again", j->path);
}

static int open_files(struct moim_journal *j, struct moim_err *err)
{
    int rc = open_locked(j, err);
    if (rc) return rc;
    j->marks.fd = open(j->marks.path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (j->marks.fd >= 0) return MOIM_OK;
    rc = moim_fail_errno(err, "%s", j->marks.path);
    unlink(j->path);
    return rc;
}

static void discard(struct moim_journal *j)
{
    if (j->flac) FLAC__stream_encoder_delete(j->flac);
    if (j->comment) FLAC__metadata_object_delete(j->comment);
    if (j->fd >= 0) close(j->fd);
    if (j->marks.fd >= 0) close(j->marks.fd);
    moim_marks_free(j->marks.kept, j->marks.n_kept);
    pthread_mutex_destroy(&j->marks.lock);
    free(j->path);
    free(j->marks.path);
    free(j);
}

int moim_journal_create(struct moim_journal **out, const char *path,
                        const struct moim_journal_options *options, struct moim_err *err)
{
    *out = NULL;
    struct moim_journal *j = calloc(1, sizeof *j);
    if (!j) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    j->fd = j->marks.fd = -1;
    pthread_mutex_init(&j->marks.lock, NULL);
    j->path = strdup(path);
    j->marks.path = moim_marks_path(path);
    j->channels = options && options->channels == 2 ? 2 : 1;
    j->reserve = options && options->reserve_bytes ? options->reserve_bytes : RESERVE;
    j->sync_seconds = options && options->sync_seconds > 0 ? options->sync_seconds : 0.75;
    int rc = j->path && j->marks.path ? open_files(j, err) : moim_fail(err, MOIM_ENOMEM, "out of memory");
    if (rc) {
        discard(j);
        return rc;
    }
    if ((rc = check_space(j))) {
        if (err) *err = j->why;
    } else if (!moim_write_all(j->marks.fd, MARKS_HEADER, sizeof MARKS_HEADER - 1)) {
        rc = fail_write(j, errno, j->marks.path);
        if (err) *err = j->why;
    } else if (!(rc = start_encoder(j, err))) {
        rc = moim_journal_mark(j, MOIM_MARK_START, 0, NULL, err);
    }
    if (rc) {
        unlink(j->path);
        unlink(j->marks.path);
        discard(j);
        return rc;
    }
    fdatasync(j->fd);
    moim_sync_directory(path);
    j->synced_at = j->checked_at = moim_monotonic();
    *out = j;
    return MOIM_OK;
}

static void sync_if_due(struct moim_journal *j)
{
    double t = moim_monotonic();
    if (t - j->checked_at >= 1) {
        check_space(j);
        j->checked_at = t;
    }
    if (j->written == j->durable || t - j->synced_at < j->sync_seconds) return;
    uint64_t written = j->written;
    if (fdatasync(j->fd))
        fail_write(j, errno, j->path);
    else
        j->durable = written;
    j->synced_at = t;
}

static FLAC__int32 to_16_bit(float x)
{
    return x == x ? (FLAC__int32)lrintf(fminf(fmaxf(x, -1), 1) * 32767) : 0;
}

int moim_journal_write_call(struct moim_journal *j, const float *pcm, const float *far, size_t n,
                            struct moim_err *err)
{
    FLAC__int32 s[2 * CHUNK];
    size_t c = (size_t)j->channels;
    while (n && !j->failed) {
        size_t take = n < CHUNK ? n : CHUNK;
        for (size_t i = 0; i < take; i++) {
            s[i * c] = to_16_bit(pcm[i]);
            if (c == 2) s[2 * i + 1] = far ? to_16_bit(far[i]) : 0;
        }
        if (!FLAC__stream_encoder_process_interleaved(j->flac, s, (uint32_t)take)) {
            fail_write(j, encoder_errno(j), j->path);
            break;
        }
        j->accepted += take;
        pcm += take;
        if (far) far += take;
        n -= take;
        sync_if_due(j);
    }
    if (j->failed && err) *err = j->why;
    return j->failed;
}

int moim_journal_write(struct moim_journal *j, const float *pcm, size_t n, struct moim_err *err)
{
    return moim_journal_write_call(j, pcm, NULL, n, err);
}

int moim_journal_mark(struct moim_journal *j, enum moim_mark_kind kind, uint64_t at, const char *text,
                      struct moim_err *err)
{
    if ((unsigned)kind >= MOIM_MARK_KINDS)
        return moim_fail(err, MOIM_EINVAL, "no mark of kind %d", (int)kind);
    return moim_mark_writer_put(&j->marks, kind, at, text, err);
}

void moim_journal_unsaved(struct moim_journal *j, struct moim_mark **marks, size_t *n)
{
    moim_mark_writer_take(&j->marks, marks, n);
}

int moim_journal_lock(const struct moim_journal *j)
{
    return fcntl(j->fd, F_DUPFD_CLOEXEC, 0);
}

uint64_t moim_journal_samples(const struct moim_journal *j)
{
    return j->accepted;
}
uint64_t moim_journal_written(const struct moim_journal *j)
{
    return j->written;
}
uint64_t moim_journal_durable(const struct moim_journal *j)
{
    return j->durable;
}

int moim_journal_close(struct moim_journal *j, struct moim_err *err)
{
    if (!j) return MOIM_OK;
    bool was_failed = j->failed != MOIM_OK;
    if (!FLAC__stream_encoder_finish(j->flac) && !was_failed && j->written != j->accepted)
        fail_write(j, encoder_errno(j), j->path);
    if (moim_flac_set_total(j->fd, j->written) && !j->failed) fail_write(j, errno, j->path);
    if (fsync(j->fd) && !j->failed) fail_write(j, errno, j->path);
    moim_journal_mark(j, MOIM_MARK_STOP, j->written, j->failed ? j->why.msg : NULL, NULL);
    int rc = j->written == j->accepted ? MOIM_OK : j->failed;
    if (rc && err) *err = j->why;
    discard(j);
    return rc;
}
