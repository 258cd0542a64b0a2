/* What the reader of answers keeps of meetings, in the store: a question is compared with every turn there is. */
#include "firmware/pipeline/ask_int.h"
#include "storage/passages.h"

#include <stdlib.h>
#include <string.h>

#define LOOKED_AT 40 /* meetings: those that words and meaning lead to, then the newest ones */

/* *out: of the store, none where it has none or a damaged one. */
static int stored(struct moim_store *s, int64_t meeting, struct moim_reading *out, struct moim_err *err)
{
    struct moim_err damaged;
    uint8_t *bytes;
    size_t size;
    *out = (struct moim_reading){0};
    int rc = moim_passages_reading(s, meeting, &bytes, &size, err);
    if (rc || !bytes) return rc;
    rc = moim_reading_open(out, bytes, size, &damaged);
    return rc == MOIM_ENOMEM ? moim_fail(err, rc, "%s", damaged.msg) : MOIM_OK;
}

int moim_ask_reading(struct moim_answer_reader *r, struct moim_store *s, const struct moim_ask_talk *t,
                     struct moim_reading *out, struct moim_err *err)
{
    uint8_t digest[MOIM_READING_DIGEST];
    struct moim_err ignored; /* a store that takes nothing now still answers */
    moim_answer_reader_digest(r, t->turn, t->n, digest);
    int rc = stored(s, t->m.id, out, err);
    if (rc || moim_reading_is_of(out, digest)) return rc;
    moim_reading_free(out);
    rc = moim_answer_reader_read(r, t->turn, t->n, NULL, out, err);
    if (!rc) moim_passages_put_reading(s, t->m.id, out->bytes, out->size, &ignored);
    return rc;
}

struct promise {
    int64_t meeting;
    float score;
};

static int by_score(const void *a, const void *b)
{
    float x = ((const struct promise *)a)->score, y = ((const struct promise *)b)->score;
    return x != y ? (x < y ? 1 : -1) : 0;
}

static int best_of(const struct moim_answer_reader *r, struct moim_store *s, struct promise *p,
                   struct moim_err *err)
{
    struct moim_reading reading;
    int rc = stored(s, p->meeting, &reading, err);
    float *score = rc ? NULL : malloc(((size_t)reading.n_turns + 1) * sizeof *score);
    if (!rc && !score) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    if (!rc) rc = moim_answer_reader_score(r, &reading, score, err);
    p->score = -1e30F;
    for (int t = 0; !rc && t < reading.n_turns; t++)
        if (score[t] > p->score) p->score = score[t];
    free(score);
    moim_reading_free(&reading);
    return rc;
}

/* Of all that have been read, newest first, those that are looked at. Returns their number. */
static int choose_read(const int64_t *id, int n, const int64_t *said, int n_said,
                       struct promise list[LOOKED_AT])
{
    int had = 0;
    for (int i = 0; i < n_said && had < LOOKED_AT; i++)
        if (moim_ask_has(id, n, said[i])) list[had++].meeting = said[i];
    for (int i = 0; i < n && had < LOOKED_AT; i++)
        if (!moim_ask_has(said, n_said, id[i])) list[had++].meeting = id[i];
    return had;
}

int moim_ask_read_meetings(struct moim_answer_reader *r, struct moim_store *s,
                           const struct moim_ask_filter *f, const int64_t *said, int n_said, int64_t *meeting,
                           int cap, int *n, struct moim_err *err)
{
    struct promise list[LOOKED_AT];
    int64_t *id = NULL;
    int had;
    *n = 0;
    int rc = moim_passages_read_meetings(s, f->since, f->until, f->tag, f->meeting, &id, &had, err);
    if (rc) return rc;
    had = choose_read(id, had, said, n_said, list);
    for (int i = 0; i < had && !rc; i++) rc = best_of(r, s, &list[i], err);
    if (!rc) qsort(list, (size_t)had, sizeof *list, by_score);
    for (; !rc && *n < had && *n < cap; ++*n) meeting[*n] = list[*n].meeting;
    free(id);
    return rc;
}
