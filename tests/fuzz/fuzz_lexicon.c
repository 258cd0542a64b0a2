/* Word lists and lexicon files from anywhere: whatever opens can be walked. */
#include "asr/lexicon.h"
#include "asr/wordlist.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t walk(const struct moim_lexicon *l)
{
    size_t sum = 0;
    for (uint32_t i = 0; i < l->n_nodes; i++) {
        const struct moim_lex_node *n = &l->node[i];
        for (uint32_t k = 0; k < n->n_children; k++) sum += l->node[n->child + k].phoneme;
        for (uint32_t k = 0; k < n->n_words; k++) sum += strlen(moim_lexicon_word(l, l->entry[n->entry + k]));
        for (uint32_t up = i; up; up = l->node[up].parent) sum++;
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct moim_wordlist w;
    size_t sum = 0;
    if (!moim_wordlist_parse(&w, data, size, 0, "fuzz", NULL)) {
        for (int i = 0; i < w.n; i++) sum += strlen(w.text + w.at[i]);
        moim_wordlist_free(&w);
    }
    if (size < 40) return sum == SIZE_MAX ? -1 : 0;
    /* With a right sum, or the sum would keep everything else from being read. */
    uint8_t *copy = malloc(size);
    struct moim_lexicon *l;
    if (!copy) return 0;
    memcpy(copy, data, size);
    uint32_t crc = (uint32_t)crc32(0, copy + 40, (uInt)(size - 40));
    memcpy(copy + 16, &crc, 4);
    memcpy(copy, "MOIMLEX\0\1\0\0", 12);
    if (!moim_lexicon_view(&l, copy, size, "fuzz", NULL)) {
        sum += walk(l);
        moim_lexicon_close(l);
    }
    free(copy);
    return sum == SIZE_MAX ? -1 : 0; /* the sum must be used, or it would not be made */
}
