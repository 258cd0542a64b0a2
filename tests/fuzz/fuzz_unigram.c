/* Any bytes as a vocabulary, and any as a text. */
#include "lm/unigram.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { PIECES = 8 };
    static uint32_t offs[PIECES + 1];
    static float scores[PIECES];
    int32_t id[64];
    if (size < sizeof offs + sizeof scores + 8) return 0;
    memcpy(offs, data, sizeof offs);
    memcpy(scores, data + sizeof offs, sizeof scores);
    data += sizeof offs + sizeof scores;
    size -= sizeof offs + sizeof scores;
    for (int i = 0; i <= PIECES; i++) offs[i] %= 64; /* often inside the blob */
    size_t blob = data[0] % size, rest = size - blob, norm = rest ? data[1] % rest : 0;
    struct moim_unigram_vocab v = {.n = PIECES,
                                   .offs = offs,
                                   .scores = scores,
                                   .blob = (const char *)data,
                                   .blob_bytes = blob,
                                   .unk = 3,
                                   .norm = data + blob,
                                   .norm_bytes = norm,
                                   .n_norm = data[2] % 8};
    struct moim_unigram *u;
    struct moim_err err;
    if (moim_unigram_new(&u, &v, &err)) return 0;
    moim_unigram_encode(u, (const char *)data + blob + norm, rest - norm, id, 64);
    moim_unigram_free(u);
    return 0;
}
