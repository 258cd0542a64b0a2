#include "asr/lexicon.h"
#include "base/mapfile.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

struct header {
    char magic[8];
    uint32_t version, source, crc, words, nodes, entries, text, zero;
};
_Static_assert(sizeof(struct header) == 40 && sizeof(struct moim_lex_node) == 20, "the file's layout");

static const char magic[8] = "MOIMLEX";

enum { VIEWED, MAPPED, BUILT }; /* who owns the bytes */

static uint64_t whole_size(const struct header *h)
{
    return sizeof *h + (uint64_t)h->nodes * sizeof(struct moim_lex_node) + 4ull * h->entries +
           8ull * h->words + h->text;
}

/* Points the sections into bytes. */
static void lay_out(struct moim_lexicon *l, const struct header *h)
{
    const uint8_t *p = l->bytes + sizeof *h;
    l->n_words = h->words;
    l->n_nodes = h->nodes;
    l->n_entries = h->entries;
    l->node = (const void *)p;
    l->entry = (const void *)(p += h->nodes * sizeof *l->node);
    l->logp = (const void *)(p += 4ull * h->entries);
    l->text_at = (const void *)(p += 4ull * h->words);
    l->text = (const char *)(p + 4ull * h->words);
}

/* Children lie behind their parent, so that no walk can go round in circles. */
static bool sound_nodes(const struct moim_lexicon *l)
{
    for (uint32_t i = 0; i < l->n_nodes; i++) {
        const struct moim_lex_node *n = &l->node[i];
        if (n->n_children && (n->child <= i || (uint64_t)n->child + n->n_children > l->n_nodes)) return false;
        if (n->n_words > l->n_entries) return false;
        if (n->n_words && n->entry > l->n_entries - n->n_words) return false;
        if (i && (n->parent >= i || n->phoneme >= MOIM_G2P_SYMBOLS)) return false;
        if (!(n->best <= 0)) return false;
        for (uint32_t k = 0; k < n->n_children; k++)
            if (l->node[n->child + k].parent != i) return false;
    }
    return true;
}

static bool sound(const struct moim_lexicon *l, uint32_t text)
{
    if (!l->n_nodes || !text || l->text[text - 1]) return false;
    for (uint32_t i = 0; i < l->n_words; i++)
        if (l->text_at[i] >= text || !(l->logp[i] <= 0)) return false;
    for (uint32_t i = 0; i < l->n_entries; i++)
        if (l->entry[i] >= l->n_words) return false;
    return sound_nodes(l);
}

int moim_lexicon_view(struct moim_lexicon **out, const uint8_t *bytes, size_t size, const char *name,
                      struct moim_err *err)
{
    *out = NULL;
    struct header h;
    if (size < sizeof h || memcmp(bytes, magic, sizeof magic))
        return moim_fail(err, MOIM_EFORMAT, "%s: not a lexicon", name);
    memcpy(&h, bytes, sizeof h);
    if (h.version != MOIM_LEXICON_VERSION)
        return moim_fail(err, MOIM_EVERSION, "%s: lexicon of version %u, this program has %d", name,
                         h.version, MOIM_LEXICON_VERSION);
    if (whole_size(&h) != size || crc32(0, bytes + sizeof h, (uInt)(size - sizeof h)) != h.crc)
        return moim_fail(err, MOIM_EFORMAT, "%s: a damaged lexicon", name);
    struct moim_lexicon *l = calloc(1, sizeof *l);
    if (!l) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", name);
    l->bytes = bytes;
    l->size = size;
    lay_out(l, &h);
    if (!sound(l, h.text)) {
        free(l);
        return moim_fail(err, MOIM_EFORMAT, "%s: a damaged lexicon", name);
    }
    *out = l;
    return MOIM_OK;
}

int moim_lexicon_open(struct moim_lexicon **out, const char *path, struct moim_err *err)
{
    struct moim_map map;
    *out = NULL;
    int rc = moim_map_open(&map, path, err);
    if (rc) return rc;
    rc = moim_lexicon_view(out, map.data, map.size, path, err);
    if (rc)
        moim_map_close(&map);
    else
        (*out)->origin = MAPPED;
    return rc;
}

void moim_lexicon_close(struct moim_lexicon *l)
{
    if (!l) return;
    struct moim_map map = {l->bytes, l->size};
    if (l->origin == MAPPED)
        moim_map_close(&map);
    else if (l->origin == BUILT)
        free((void *)(uintptr_t)l->bytes);
    free(l);
}

uint32_t moim_lexicon_source(const struct moim_lexicon *l)
{
    return ((const struct header *)(const void *)l->bytes)->source;
}

/* ---- building ---- */

struct building {
    const struct moim_pronunciation *list;
    int *order; /* [n] of the list, by phonemes, then most frequent first */
    int n;
    struct moim_lex_node *node;
    int *lo, *hi, *depth; /* [nodes] the range of order that lies at or below a node */
    uint32_t n_nodes, n_entries, text;
};

static int by_phonemes(const void *a, const void *b, void *list)
{
    const struct moim_pronunciation *x = (struct moim_pronunciation *)list + *(const int *)a,
                                    *y = (struct moim_pronunciation *)list + *(const int *)b;
    int c = memcmp(x->phonemes, y->phonemes, (size_t)(x->n < y->n ? x->n : y->n));
    if (c || x->n != y->n) return c ? c : x->n - y->n;
    if (x->logp != y->logp) return x->logp < y->logp ? 1 : -1;
    return strcmp(x->word, y->word);
}

static int sort_list(struct building *b, int n, struct moim_err *err)
{
    size_t nodes = 1;
    b->order = malloc(sizeof *b->order * ((size_t)n + 1));
    if (!b->order) return moim_fail(err, MOIM_ENOMEM, "lexicon: out of memory");
    for (int i = 0; i < n; i++) {
        const struct moim_pronunciation *p = &b->list[i];
        for (int k = 0; k < p->n; k++)
            if (p->phonemes[k] >= MOIM_G2P_SYMBOLS)
                return moim_fail(err, MOIM_EINVAL, "lexicon: %s has a phoneme %d", p->word, p->phonemes[k]);
        if (p->n <= 0) continue;
        b->order[b->n++] = i;
        nodes += (size_t)p->n;
        b->text += (uint32_t)strlen(p->word) + 1;
    }
    b->text = (b->text + 4) & ~3u;
    qsort_r(b->order, (size_t)b->n, sizeof *b->order, by_phonemes, (void *)(uintptr_t)b->list);
    b->node = calloc(nodes, sizeof *b->node);
    b->lo = malloc(sizeof *b->lo * nodes);
    b->hi = malloc(sizeof *b->hi * nodes);
    b->depth = malloc(sizeof *b->depth * nodes);
    return b->node && b->lo && b->hi && b->depth ? MOIM_OK
                                                 : moim_fail(err, MOIM_ENOMEM, "lexicon: out of memory");
}

/* The node's own words, then a child for each phoneme that follows. */
static void open_node(struct building *b, uint32_t at)
{
    struct moim_lex_node *n = &b->node[at];
    int i = b->lo[at], depth = b->depth[at];
    n->entry = (uint32_t)i;
    n->best = -INFINITY;
    for (int k = b->lo[at]; k < b->hi[at]; k++) n->best = fmaxf(n->best, b->list[b->order[k]].logp);
    while (i < b->hi[at] && b->list[b->order[i]].n == depth && n->n_words < UINT16_MAX) i++, n->n_words++;
    n->child = b->n_nodes;
    while (i < b->hi[at]) {
        uint32_t c = b->n_nodes++;
        uint8_t phoneme = b->list[b->order[i]].phonemes[depth];
        b->node[c].parent = at;
        b->node[c].phoneme = phoneme;
        b->lo[c] = i;
        while (i < b->hi[at] && b->list[b->order[i]].phonemes[depth] == phoneme) i++;
        b->hi[c] = i;
        b->depth[c] = depth + 1;
        n->n_children++;
    }
}

static int write_out(struct building *b, uint32_t source, struct moim_lexicon **out, struct moim_err *err)
{
    struct header h = {.version = MOIM_LEXICON_VERSION,
                       .source = source,
                       .words = (uint32_t)b->n,
                       .nodes = b->n_nodes,
                       .entries = (uint32_t)b->n,
                       .text = b->text};
    memcpy(h.magic, magic, sizeof magic);
    size_t size = (size_t)whole_size(&h);
    uint8_t *bytes = calloc(1, size);
    struct moim_lexicon *l = calloc(1, sizeof *l);
    if (!bytes || !l) {
        free(bytes);
        free(l);
        return moim_fail(err, MOIM_ENOMEM, "lexicon: out of memory");
    }
    *l = (struct moim_lexicon){.bytes = bytes, .size = size, .origin = BUILT};
    lay_out(l, &h);
    memcpy(bytes + sizeof h, b->node, sizeof *b->node * b->n_nodes);
    uint32_t text = 0;
    for (int i = 0; i < b->n; i++) {
        const struct moim_pronunciation *p = &b->list[b->order[i]];
        ((uint32_t *)(uintptr_t)l->entry)[i] = (uint32_t)i;
        ((float *)(uintptr_t)l->logp)[i] = p->logp;
        ((uint32_t *)(uintptr_t)l->text_at)[i] = text;
        text += (uint32_t)(stpcpy((char *)(uintptr_t)l->text + text, p->word) - (l->text + text)) + 1;
    }
    h.crc = (uint32_t)crc32(0, bytes + sizeof h, (uInt)(size - sizeof h));
    memcpy(bytes, &h, sizeof h);
    *out = l;
    return MOIM_OK;
}

int moim_lexicon_build(struct moim_lexicon **out, const struct moim_pronunciation *list, int n,
                       uint32_t source, struct moim_err *err)
{
    *out = NULL;
    struct building b = {.list = list, .n_nodes = 1};
    int rc = sort_list(&b, n, err);
    if (!rc) {
        b.lo[0] = b.depth[0] = 0;
        b.hi[0] = b.n;
        for (uint32_t i = 0; i < b.n_nodes; i++) open_node(&b, i);
        rc = write_out(&b, source, out, err);
    }
    free(b.order);
    free(b.node);
    free(b.lo);
    free(b.hi);
    free(b.depth);
    return rc;
}

int moim_lexicon_save(const struct moim_lexicon *l, const char *path, struct moim_err *err)
{
    char part[4200];
    if (snprintf(part, sizeof part, "%s.XXXXXX", path) >= (int)sizeof part)
        return moim_fail(err, MOIM_EINVAL, "%s: path is too long", path);
    int fd = mkstemp(part);
    if (fd < 0) return moim_fail_errno(err, "%s", part);
    int rc = MOIM_OK;
    for (size_t done = 0; !rc && done < l->size;) {
        ssize_t put = write(fd, l->bytes + done, l->size - done);
        if (put < 0 && errno != EINTR) rc = moim_fail_errno(err, "%s", part);
        if (put > 0) done += (size_t)put;
    }
    if (!rc && fsync(fd)) rc = moim_fail_errno(err, "%s", part);
    close(fd);
    if (!rc && rename(part, path)) rc = moim_fail_errno(err, "%s", path);
    if (rc) unlink(part);
    return rc;
}
