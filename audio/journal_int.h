/* What the writer and the repairer of a journal share. */
#ifndef MOIM_AUDIO_JOURNAL_INT_H
#define MOIM_AUDIO_JOURNAL_INT_H

#include "audio/journal.h"

#define MARKS_HEADER "moim-marks 1\n"
#define MARK_TEXT_MAX 4000

/* Writes sample count, and zero frame sizes and MD5 (unknown, as FLAC allows), into STREAMINFO in place. */
int moim_flac_set_total(int fd, uint64_t samples);

/* Malloc'ed name of the marks file that belongs to a journal. */
char *moim_marks_path(const char *journal);

uint32_t moim_crc32(const void *data, size_t n);

/* Length of the whole lines of a marks file, the rest being torn; *stopped tells whether the last is STOP. */
size_t moim_marks_whole(const char *data, size_t n, bool *stopped);

#endif
