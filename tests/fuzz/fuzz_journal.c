/* Any bytes as a journal (first byte: how much of the rest is the marks file). Repair must leave a journal
 * that a second repair finds whole. */
#include "audio/journal.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void spill(const char *path, const uint8_t *data, size_t n)
{
    FILE *f = fopen(path, "wb");
    if (!f) return;
    fwrite(data, 1, n, f);
    fclose(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size) return 0;
    char flac[64], marks[64];
    snprintf(flac, sizeof flac, "/dev/shm/moim-fuzz-%d.flac", (int)getpid());
    snprintf(marks, sizeof marks, "/dev/shm/moim-fuzz-%d.marks", (int)getpid());
    size_t split = size * data[0] / 256;
    spill(marks, data + 1, split ? split - 1 : 0);
    spill(flac, data + (split ? split : 1), size - (split ? split : 1));
    struct moim_repair r, again;
    struct moim_err err;
    if (!moim_journal_repair(flac, &r, &err)) {
        if (moim_journal_repair(flac, &again, &err) || !again.was_whole || again.samples != r.samples)
            abort();
        struct moim_mark *m;
        size_t n;
        if (!moim_marks_read(flac, &m, &n, &err)) moim_marks_free(m, n);
    }
    unlink(flac);
    unlink(marks);
    return 0;
}
