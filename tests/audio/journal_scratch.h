/* What the suites of the journal share: a directory, a signal that depends on the sample's number alone, files whole. */
#ifndef MOIM_TESTS_JOURNAL_SCRATCH_H
#define MOIM_TESTS_JOURNAL_SCRATCH_H

#include "audio/aside.h"
#include "audio/decode.h"
#include "audio/journal.h"
#include "testing.h"

#include <math.h>
#include <unistd.h>

#define RATE 16000

static char dir[] = "/tmp/moim-journal-XXXXXX";

static inline char *file(const char *name)
{
    static char path[4][400];
    static unsigned turn;
    char *p = path[turn++ % 4];
    snprintf(p, 400, "%s/%s", dir, name);
    return p;
}

/* A voice-like signal that depends on the sample's number alone. */
static inline float tone(uint64_t i)
{
    uint32_t h = (uint32_t)i * 2654435761u;
    return 0.4f * (float)sin((double)(i % 160000) * 0.07) + 0.02f * ((float)(h >> 16) / 65536 - 0.5f);
}

static inline void fill(float *pcm, uint64_t at, size_t n)
{
    for (size_t i = 0; i < n; i++) pcm[i] = tone(at + i);
}

static inline struct moim_journal *make(const char *path, uint64_t samples)
{
    struct moim_err err = {0};
    struct moim_journal *j;
    assert_ok(moim_journal_create(&j, path, NULL, &err), err);
    float pcm[1000];
    for (uint64_t at = 0; at < samples; at += 1000) {
        size_t n = samples - at < 1000 ? (size_t)(samples - at) : 1000;
        fill(pcm, at, n);
        assert_ok(moim_journal_write(j, pcm, n, &err), err);
    }
    return j;
}

/* The file holds exactly samples samples of the tone. */
static inline void check_content(const char *path, uint64_t samples)
{
    struct moim_err err = {0};
    float *pcm;
    size_t n;
    assert_ok(moim_decode_file(path, 0, &pcm, &n, &err), err);
    assert_int_equal(n, samples);
    for (size_t i = 0; i < n; i++)
        if (fabsf(pcm[i] - tone(i)) > 1.0f / 30000) fail_msg("sample %zu is %f, not %f", i, pcm[i], tone(i));
    free(pcm);
}

static inline void clean(void)
{
    assert_int_equal(moim_aside_remove(file("a.flac"), NULL), MOIM_OK);
    assert_int_equal(moim_aside_remove(file("a.marks"), NULL), MOIM_OK);
    unlink(file("a.flac"));
    unlink(file("a.marks"));
}

static inline char *slurp(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char *data = malloc(1 << 20);
    *n = fread(data, 1, 1 << 20, f);
    fclose(f);
    return data;
}

static inline void spill(const char *path, const char *data, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    fclose(f);
}

static inline int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}
static inline int drop_dir(void **state)
{
    (void)state;
    return rmdir(dir);
}

#endif
