/* The recording journal: what the microphone gave, on disk before anything thinks about it.
 *
 *     NAME.flac    a plain FLAC file, 16 kHz 16 bit, one channel; of a call two: this side, then the other. Frames of 2048 samples (128 ms), each closed by
 * FLAC's CRC-16 and handed to the system in one write(). Any player opens it, at any moment. NAME.marks   one
 * line per mark: CRC-32 of the rest in hex, sample, wall clock in ms, kind, text of any length ("\n" and "\\"
 * escaped). Each line is one write(), followed by fdatasync. NAME.*.damaged, -2, ...  what repair found
 * damaged, as it was (audio/aside.h)
 *
 * Who owns it. NAME.flac is locked (flock, exclusive) from before anybody can know its name until the
 * recording is in the store: whoever cannot take that lock leaves the recording alone.
 *
 * What can be lost. kill -9: the samples that do not fill a frame yet, at most 2048 + 1 (0.13 s). Power cut:
 * those and what was written since the last fdatasync, which follows a frame as soon as sync_seconds (0.75)
 * have passed: less than one second. The directory is synced when the files are made.
 *
 * The disk. Before it writes, and once a second, the journal asks how much is free. Below reserve_bytes it
 * refuses with MOIM_ENOSPC and keeps everything so far; close then still succeeds, for it only rewrites the
 * header in place. A write that fails anyway (quota, RLIMIT_FSIZE, ENOSPC) is cut back to the last whole
 * frame. A mark that cannot be written ends nothing: it waits in memory for the next one, or for the store.
 *
 * One thread at a time uses a journal; marks may come from any thread. Files are created 0600 and never
 * overwritten. */
#ifndef MOIM_AUDIO_JOURNAL_H
#define MOIM_AUDIO_JOURNAL_H

#include "audio/aside.h"
#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOIM_JOURNAL_BLOCK 2048

struct moim_journal;

struct moim_journal_options {
    uint64_t reserve_bytes; /* 0: 64 MiB; space that recording leaves to the rest of the system */
    double sync_seconds;    /* 0: 0.75 */
    int channels;           /* 0: one; 2: both sides of a call */
};

/* Creates path (by custom *.flac), locked, and its marks file; MOIM_EACCES, MOIM_EIO when either exists
 * already. options NULL: the defaults. The first mark, START, carries the wall clock. */
int moim_journal_create(struct moim_journal **out, const char *path,
                        const struct moim_journal_options *options, struct moim_err *err);

/* Appends n samples of 16 kHz in [-1, 1] (others are clipped, NaN is silence). After MOIM_ENOSPC or
 * MOIM_EIO every further write gives the same answer; close keeps what is there. */
int moim_journal_write(struct moim_journal *j, const float *pcm, size_t n, struct moim_err *err);
/* The same for both sides of a call, each its n samples; far NULL: silence. */
int moim_journal_write_call(struct moim_journal *j, const float *near, const float *far, size_t n,
                            struct moim_err *err);

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
    MOIM_MARK_DAMAGED, /* found by recovery, never in a file */
    MOIM_MARK_STOP,    /* closed in order: a journal without it was interrupted */
    MOIM_MARK_KINDS
};
extern const char *const moim_mark_names[MOIM_MARK_KINDS]; /* "start", "gap", ... as in the file */

/* Marks sample `at` of the recording (usually moim_journal_samples), on disk when this returns MOIM_OK. text
 * may be NULL, any UTF-8. From any thread. Otherwise the mark is kept (unless MOIM_ENOMEM says that it could
 * not be) and written before the next one, as soon as that is possible. */
int moim_journal_mark(struct moim_journal *j, enum moim_mark_kind kind, uint64_t at, const char *text,
                      struct moim_err *err);
/* The marks that still could not be written, before close; to be freed by moim_marks_free. */
struct moim_mark;
void moim_journal_unsaved(struct moim_journal *j, struct moim_mark **marks, size_t *n);
/* A descriptor that keeps the lock until it is closed, also beyond the journal; -1 when there is none to be
 * had. */
int moim_journal_lock(const struct moim_journal *j);

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
    unsigned damaged_frames; /* blocks inside that are silence now, because their frames are lost */
    bool was_whole;          /* nothing had to be changed */
    bool interrupted;        /* no STOP mark: the recording did not end in order */
    /* Names, beside the files, of what is kept as it was found; "" when nothing had to be. */
    char sound_aside[MOIM_ASIDE_NAME], marks_aside[MOIM_ASIDE_NAME];
};

/* Makes an interrupted or damaged journal whole, whatever happened to its bytes: frames and marks that are
 * whole by their checksums come back at their time, silence stands for lost ones, a lost header is made anew,
 * a torn tail of at most one frame is cut. Damaged files are kept aside, never deleted. Safe to run on a
 * whole one (changes nothing), and again after a crash of its own. MOIM_EFORMAT when nothing in it can be
 * read as sound: the file is left as it is. */
int moim_journal_repair(const char *path, struct moim_repair *done, struct moim_err *err);
/* The same by the holder of its lock: where a new file takes the old one's name, *lock becomes that one's. */
int moim_journal_repair_locked(const char *path, int *lock, struct moim_repair *done, struct moim_err *err);

struct moim_mark {
    enum moim_mark_kind kind;
    uint64_t at;     /* sample of the recording */
    int64_t wall_ms; /* Unix time */
    char *text;      /* "" when none */
};

/* Reads the marks of the journal at path, all lines that are whole. *marks is malloc'ed, NULL when there are
 * none; MOIM_ENOENT without a file. */
int moim_marks_read(const char *path, struct moim_mark **marks, size_t *n, struct moim_err *err);
void moim_marks_free(struct moim_mark *marks, size_t n);

/* Writes sample count, and zero frame sizes and MD5 (unknown, as FLAC allows), into a FLAC file's STREAMINFO in
 * place. MOIM_EIO with errno. */
int moim_flac_set_total(int fd, uint64_t samples);

#endif
