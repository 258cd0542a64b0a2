#include "firmware/pipeline/lexicon_cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define LEXICON_WORDS 100000

int moim_conformer_paths(const struct moim_models *m, struct moim_conformer_paths *out, struct moim_err *err)
{
    static const char *const beside[] = {"lexicon-en.bin", "encoder.hama", "decoder_step.hama",
                                         "g2p_vocab.json", "p2g.hama",     "p2g_vocab.json"};
    const char **to[] = {&out->files.lexicon,   &out->files.g2p_encoder, &out->files.g2p_decoder,
                         &out->files.g2p_vocab, &out->files.p2g,         &out->files.p2g_vocab};
    int rc = moim_models_path(m, "asr-streaming", out->path[0], sizeof out->path[0], err);
    out->files.model = out->path[0];
    for (int i = 0; !rc && i < 6; i++) {
        snprintf(out->path[i + 1], sizeof out->path[i + 1], "%s/%s", m->dir, beside[i]);
        *to[i] = out->path[i + 1];
    }
    return rc;
}

static bool is_whole(const char *path)
{
    struct moim_lexicon *l;
    if (moim_lexicon_open(&l, path, NULL)) return false;
    bool ours = moim_lexicon_source(l) == LEXICON_WORDS;
    moim_lexicon_close(l);
    return ours;
}

static int build(const struct moim_models *m, const struct moim_conformer_paths *paths,
                 struct moim_pool *pool, void (*progress)(void *arg, double done), void *arg,
                 struct moim_err *err)
{
    char words[4300];
    struct moim_g2p *g2p;
    int rc = moim_models_path(m, "word-list", words, sizeof words, err);
    const struct moim_conformer_files *f = &paths->files;
    if (!rc) rc = moim_g2p_open(&g2p, f->g2p_encoder, f->g2p_decoder, f->g2p_vocab, err);
    if (rc) return rc;
    rc = moim_lexicon_make(f->lexicon, words, g2p, LEXICON_WORDS, pool, progress, arg, err);
    moim_g2p_close(g2p);
    if (progress) progress(arg, -1);
    return rc;
}

int moim_lexicon_ensure(const struct moim_models *m, const struct moim_conformer_paths *paths, bool again,
                        struct moim_pool *pool, void (*progress)(void *arg, double done), void *arg,
                        struct moim_err *err)
{
    if (!again && is_whole(paths->files.lexicon)) return MOIM_OK;
    char lock[4400];
    snprintf(lock, sizeof lock, "%s.lock", paths->files.lexicon);
    int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return moim_fail_errno(err, "%s", lock);
    flock(fd, LOCK_EX);
    int rc = MOIM_OK;
    if (again || !is_whole(paths->files.lexicon)) rc = build(m, paths, pool, progress, arg, err);
    close(fd);
    return rc;
}
