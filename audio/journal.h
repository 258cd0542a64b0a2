/* The recording journal: what the microphone gave, on disk before anything thinks about it.
 *
 *     NAME.flac   a plain FLAC file, 16 kHz mono 16 bit. Frames of 2048 samples (128 ms), each closed by
 * FLAC's CRC-16 and handed to the system in one write(). Any player opens it, at any moment. NAME.marks  one
 * line per mark: CRC-32 of the rest in hex, sample, wall clock in ms, kind, text
 *                 ("\n" and "\\" escaped). Each line is one write(), followed by fdatasync.
 *
 * What can be lost. kill -9: the samples that do not fill a frame yet, at most 2048 + 1 (0.13 s). Power cut:
 * those and what was written since the last fdatasync, which follows a frame as soon as sync_seconds (0.75)
 * have passed: less than one second. The directory is synced when the files are made.
 *
 * The disk. Before it writes, and once a second, the journal asks how much is free. Below reserve_bytes it
 * refuses with MOIM_ENOSPC and keeps everything so far; close then still succeeds, for it only rewrites the
 * header in place. A write that fails anyway (quota, RLIMIT_FSIZE, ENOSPC) is cut back to the last whole
 * frame.
 *
 * One thread uses a journal at a time. Files are created 0600 and never overwritten. */
#ifndef MOIM_AUDIO_JOURNAL_H
#define MOIM_AUDIO_JOURNAL_H

#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOIM_JOURNAL_BLOCK 2048

struct moim_journal;

struct moim_journal_options {
    uint64_t reserve_bytes; /* 0: 64 MiB; space that recording leaves to the rest of the system */
    double sync_seconds;    /* 0: 0.75 */
};

/* Creates path (by custom *.flac) and its marks file; MOIM_EACCES, MOIM_EIO when either exists already.
 * options NULL: the defaults. The first mark, START, carries the wall clock. */
int moim_journal_create(struct moim_journal **out, const char *path,
                        const struct moim_journal_options *options, struct moim_err *err);

/* Appends n samples of 16 kHz mono in [-1, 1] (others are clipped, NaN is silence). After MOIM_ENOSPC or
 * MOIM_EIO every further write gives the same answer; close keeps what is there. */
int moim_journal_write(struct moim_journal *j, const float *pcm, size_t n, struct moim_err *err);

enum moim_mark_kind {
    MOIM_MARK_START,
    MOIM_MARK_GAP,     /* samples that the device lost, filled with silence */
    MOIM_MARK_OVERRUN, /* samples that we lost, filled with silence */
    MOIM_MARK_PAUSE,
    MOIM_MARK_RESUME,
    MOIM_MARK_BOOKMARK,
    MOIM_MARK_MEMO,
    MOIM_MARK_DEVICE_LOST,
    MOIM_MARK_DEVICE_BACK,
    MOIM_MARK_CLIPPED,
    MOIM_MARK_SILENT,
    MOIM_MARK_STOP, /* closed in order: a journal without it was interrupted */
    MOIM_MARK_KINDS
};
extern const char *const moim_mark_names[MOIM_MARK_KINDS]; /* "start", "gap", ... as in the file */

/* Marks sample `at` of the recording (usually moim_journal_samples). text may be NULL, any UTF-8 up to
 * 4000 bytes; longer text is cut. */
int moim_journal_mark(struct moim_journal *j, enum moim_mark_kind kind, uint64_t at, const char *text,
                      struct moim_err *err);

uint64_t moim_journal_samples(const struct moim_journal *j); /* accepted by write */
uint64_t moim_journal_written(const struct moim_journal *j); /* of these, in frames given to the system */
uint64_t moim_journal_durable(const struct moim_journal *j); /* of these, known to be on the disk */

/* Writes what is left, the STOP mark and the header's totals, syncs and frees j whatever happens. The status
 * tells whether everything accepted is on disk. */
int moim_journal_close(struct moim_journal *j, struct moim_err *err);

/* Makes the name of a new file survive a power cut; what fails here the file's own fsync would tell. */
void moim_sync_directory(const char *path);

struct moim_repair {
    uint64_t samples;        /* in the file after repair */
    uint64_t dropped_bytes;  /* torn tail that was cut off */
    unsigned damaged_frames; /* frames inside that failed their CRC; kept, players pass over them */
    bool was_whole;          /* nothing had to be changed */
    bool interrupted;        /* no STOP mark: the recording did not end in order */
};

/* Makes an interrupted journal whole: finds its frames, cuts the torn tail, writes the totals, cuts a torn
 * last mark. Safe to run on a whole one (changes nothing), and again after a crash of its own. MOIM_EFORMAT
 * when there is no FLAC header with which to begin. */
int moim_journal_repair(const char *path, struct moim_repair *done, struct moim_err *err);

struct moim_mark {
    enum moim_mark_kind kind;
    uint64_t at;     /* sample of the recording */
    int64_t wall_ms; /* Unix time */
    char *text;      /* "" when none */
};

/* Reads the marks of the journal at path, up to the first torn line. *marks is malloc'ed, also when there are
 * none. */
int moim_marks_read(const char *path, struct moim_mark **marks, size_t *n, struct moim_err *err);
void moim_marks_free(struct moim_mark *marks, size_t n);

#endif
