/* A journal that was hit, anywhere and by anything: raw bytes in place of its files, or bytes written over a
 * good one (first byte odd: the rest is edits of three bytes, where and what). Repair must never crash, throw
 * away what it could not read, or leave a journal that a second repair does not find whole. */
#include "audio/journal.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char flac[64], marks[64];

static void spill(const char *path, const uint8_t *data, size_t n)
{
    FILE *f = fopen(path, "wb");
    if (!f) return;
    fwrite(data, 1, n, f);
    fclose(f);
}

static void clean(void)
{
    moim_aside_remove(flac, NULL);
    moim_aside_remove(marks, NULL);
    unlink(flac);
    unlink(marks);
}

static uint8_t *slurp(const char *path, size_t *n)
{
    struct stat st;
    FILE *f = fopen(path, "rb");
    *n = 0;
    if (!f || fstat(fileno(f), &st)) abort();
    uint8_t *data = malloc((size_t)st.st_size + 1);
    if (!data) abort();
    *n = fread(data, 1, (size_t)st.st_size, f);
    fclose(f);
    return data;
}

static void make_good(void)
{
    struct moim_journal *j;
    float pcm[20000];
    uint32_t r = 1;
    for (int i = 0; i < 20000; i++) pcm[i] = (float)((r = r * 1664525 + 1013904223) >> 20) / 8192 - 0.25f;
    if (moim_journal_create(&j, flac, NULL, NULL)) abort();
    moim_journal_write(j, pcm, 20000, NULL);
    for (int i = 0; i < 5; i++) moim_journal_mark(j, MOIM_MARK_MEMO, 100, "a\nnote", NULL);
    moim_journal_close(j, NULL);
}

static void write_over(const char *path, const uint8_t *edit, size_t n)
{
    size_t have;
    uint8_t *data = slurp(path, &have);
    for (size_t i = 0; i + 3 <= n && have; i += 3) {
        size_t at = (size_t)(edit[i] << 8 | edit[i + 1]) * have / 65536;
        if (edit[i + 2] == 255)
            have = at;
        else
            memset(data + at, edit[i + 2],
                   have - at < 1 + edit[i + 2] % 64u ? have - at : 1 + edit[i + 2] % 64u);
    }
    spill(path, data, have);
    free(data);
}

static void check(void)
{
    struct moim_repair r, again;
    struct moim_err err;
    size_t before, after;
    uint8_t *was = slurp(flac, &before);
    int rc = moim_journal_repair(flac, &r, &err);
    uint8_t *is = slurp(flac, &after);
    if (rc && (after != before || memcmp(was, is, after))) abort();
    if (!rc && !*r.sound_aside && r.dropped_bytes > 8192 && was[before - 1]) abort();
    if (!rc && (moim_journal_repair(flac, &again, &err) || !again.was_whole || again.samples != r.samples))
        abort();
    struct moim_mark *m;
    size_t n;
    if (!moim_marks_read(flac, &m, &n, &err)) moim_marks_free(m, n);
    free(was);
    free(is);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    snprintf(flac, sizeof flac, "/dev/shm/moim-fuzz-%d.flac", (int)getpid());
    snprintf(marks, sizeof marks, "/dev/shm/moim-fuzz-%d.marks", (int)getpid());
    clean();
    size_t split = 1 + (size - 1) * data[1] / 256;
    if (data[0] & 1) {
        make_good();
        write_over(marks, data + 1, split - 1);
        write_over(flac, data + split, size - split);
    } else {
        spill(marks, data + 1, split - 1);
        spill(flac, data + split, size - split);
    }
    check();
    clean();
    return 0;
}
