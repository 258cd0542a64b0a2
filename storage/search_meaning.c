/* Search by meaning: every passage's bit code is compared with the query's (agreeing signs, counted), the
 * closest few hundred are compared by their vectors. 1,000 hours are about 8 MB of codes, read whole each
 * time. */
#include "storage/search_int.h"

#include <stdlib.h>
#include <string.h>

#define RERANKED 512

struct candidate {
    int64_t id;
    int distance;
};

/* A heap whose root is the farthest of those kept. */
struct heap {
    struct candidate at[RERANKED];
    int n;
};

static void sift(struct heap *h, int i)
{
    for (;;) {
        int c = 2 * i + 1;
        if (c >= h->n) return;
        if (c + 1 < h->n && h->at[c + 1].distance > h->at[c].distance) c++;
        if (h->at[c].distance <= h->at[i].distance) return;
        struct candidate t = h->at[c];
        h->at[c] = h->at[i];
        h->at[i] = t;
        i = c;
    }
}

static void offer(struct heap *h, int64_t id, int distance)
{
    if (h->n < RERANKED) {
        h->at[h->n++] = (struct candidate){id, distance};
        if (h->n == RERANKED)
            for (int i = RERANKED / 2 - 1; i >= 0; i--) sift(h, i);
    } else if (distance < h->at[0].distance) {
        h->at[0] = (struct candidate){id, distance};
        sift(h, 0);
    }
}

/* A sanitizer is not there yet when the variant is chosen. */
#if defined __x86_64__ && defined __GNUC__ && !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
#define FAST_COUNT __attribute__((target_clones("popcnt", "default")))
#else
#define FAST_COUNT
#endif

/* Bits in which each of n codes differs from the query's. */
FAST_COUNT static void distances(const uint8_t *codes, int n, const uint64_t *query, int *out)
{
    for (int i = 0; i < n; i++) {
        uint64_t bits[MOIM_CODE_WORDS];
        memcpy(bits, codes + (size_t)i * sizeof(struct moim_code) + sizeof(int64_t), sizeof bits);
        int d = 0;
        for (int w = 0; w < MOIM_CODE_WORDS; w++) d += __builtin_popcountll(bits[w] ^ query[w]);
        out[i] = d;
    }
}

static int scan(struct moim_finder *f, const uint64_t *query, struct heap *h)
{
    sqlite3_stmt *st = moim_sql(f->s, f->err, "SELECT meeting, codes FROM passage_codes", "");
    int rc;
    while ((rc = moim_sql_row(f->s, st, f->err)) > 0) {
        if (!moim_finder_takes(f, sqlite3_column_int64(st, 0))) continue;
        const uint8_t *codes = sqlite3_column_blob(st, 1);
        int n = codes ? sqlite3_column_bytes(st, 1) / (int)sizeof(struct moim_code) : 0, d[256];
        for (int i = 0; i < n; i += 256) {
            int some = n - i < 256 ? n - i : 256;
            distances(codes + (size_t)i * sizeof(struct moim_code), some, query, d);
            for (int k = 0; k < some; k++) {
                int64_t id;
                memcpy(&id, codes + (size_t)(i + k) * sizeof(struct moim_code), sizeof id);
                offer(h, id, d[k]);
            }
        }
    }
    sqlite3_finalize(st);
    return rc;
}

static int nearer(const void *a, const void *b)
{
    const struct moim_near *x = a, *y = b;
    if (x->cosine != y->cosine) return x->cosine < y->cosine ? 1 : -1;
    return (x->passage > y->passage) - (x->passage < y->passage);
}

static int by_id(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

/* A code may be of a passage that has gone since; such a one is passed over. */
static int rerank(struct moim_finder *f, struct heap *h, struct moim_near *found, int *n)
{
    sqlite3_stmt *st =
        moim_sql(f->s, f->err, "SELECT meeting, start, last, vector FROM passages WHERE id = ?", "");
    int rc = st ? 0 : f->err->code;
    float least = f->q->least > 0 ? f->q->least : 0.2f;
    qsort(h->at, (size_t)h->n, sizeof *h->at, by_id); /* in the order they lie in the file */
    for (int i = 0; !rc && i < h->n; i++) {
        sqlite3_reset(st);
        sqlite3_bind_int64(st, 1, h->at[i].id);
        rc = moim_sql_row(f->s, st, f->err);
        if (rc <= 0) continue;
        rc = 0;
        if (sqlite3_column_bytes(st, 3) != MOIM_VECTOR_BYTES) continue;
        struct moim_near near = {h->at[i].id, sqlite3_column_int64(st, 0), sqlite3_column_double(st, 1),
                                 sqlite3_column_double(st, 2),
                                 moim_vector_dot(f->q->vector, sqlite3_column_blob(st, 3))};
        if (near.cosine >= least && near.cosine < 2) found[(*n)++] = near; /* a damaged one may be anything */
    }
    sqlite3_finalize(st);
    return rc < 0 ? rc : MOIM_OK;
}

int moim_search_meaning(struct moim_finder *f, struct moim_near *out, int cap)
{
    uint8_t packed[MOIM_VECTOR_BYTES];
    uint64_t code[MOIM_CODE_WORDS];
    struct heap *h = calloc(1, sizeof *h);
    struct moim_near *found = malloc(RERANKED * sizeof *found);
    int n = 0, rc = h && found ? 0 : moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
    moim_vector_pack(f->q->vector, packed);
    moim_code_of(packed, code);
    if (!rc) rc = scan(f, code, h);
    if (!rc) rc = rerank(f, h, found, &n);
    if (!rc && n) qsort(found, (size_t)n, sizeof *found, nearer);
    if (n > cap) n = cap;
    if (!rc && n) memcpy(out, found, (size_t)n * sizeof *found);
    free(found);
    free(h);
    return rc ? rc : n;
}
