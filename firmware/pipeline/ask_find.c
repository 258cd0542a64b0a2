#include "firmware/pipeline/ask_int.h"
#include "firmware/pipeline/engine_int.h"
#include "storage/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 12
#define PER_WORD 60 /* hits looked at for each word of the question */
#define TITLE 0.2   /* worth of words that name the meeting */

/* A segment that speaks for its surroundings. */
struct spot {
    int64_t meeting, segment;
    double start;
    unsigned said; /* bits of the question's words that it holds */
    double words;  /* share of the question's words, weighted by how rare they are, in it and beside it */
    double cosine; /* of its passage */
    double title;  /* share of the question's words that stand in its meeting's title */
};

struct spots {
    struct spot *at;
    int n;
};

/* The question's words, how rare each is, and which of them each meeting's title holds. */
struct query {
    char word[WORDS][64];
    double weight[WORDS];
    int n;
    struct moim_meeting *meeting;
    int n_meetings;
};

static double worth(const struct spot *s)
{
    return 0.6 * s->words + s->cosine + TITLE * s->title;
}

static int better(const void *a, const void *b)
{
    double x = worth(a), y = worth(b);
    return x != y ? (x < y ? 1 : -1)
                  : (((const struct spot *)a)->segment < ((const struct spot *)b)->segment ? -1 : 1);
}

static struct spot *spot_of(struct spots *s, const struct moim_hit *h)
{
    for (int i = 0; i < s->n; i++)
        if (s->at[i].segment == h->segment) return &s->at[i];
    struct spot *grown = realloc(s->at, sizeof *grown * (size_t)(s->n + 1));
    if (!grown) return NULL;
    s->at = grown;
    grown[s->n] = (struct spot){.meeting = h->meeting, .segment = h->segment, .start = h->start};
    return &grown[s->n++];
}

/* One word of the question: segments that hold it gain by how rare it is. */
static int add_word(struct moim_store *s, const struct moim_search_query *base, struct query *w, int k,
                    struct spots *spots, struct moim_err *err)
{
    struct moim_search_query q = *base;
    struct moim_hit *hits;
    int n;
    q.text = w->word[k];
    q.limit = PER_WORD;
    int rc = moim_search_run(s, &q, &hits, &n, err);
    if (rc) return rc;
    for (int i = 0; !rc && i < n; i++) {
        struct spot *at = hits[i].segment ? spot_of(spots, &hits[i]) : NULL;
        if (at) at->said |= 1u << k;
        if (hits[i].segment && !at) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    }
    moim_hits_free(hits, n);
    int said = 0; /* lines of minutes repeat what was said, and make no word more common */
    for (int i = 0; i < spots->n; i++) said += spots->at[i].said >> k & 1;
    w->weight[k] =
        said ? 1 / (1 + log(1 + said)) : 0.5; /* a word that was never said speaks against the rest */
    return rc;
}

static double sum_of(const struct query *q, unsigned bits)
{
    double sum = 0;
    for (int i = 0; i < q->n; i++) sum += bits & 1u << i ? q->weight[i] : 0;
    return sum;
}

/* Words of the title choose the meeting: they need not be said in it. */
static unsigned titled(const struct query *q, int64_t meeting)
{
    unsigned bits = 0;
    for (int m = 0; m < q->n_meetings; m++)
        for (int i = 0; q->meeting[m].id == meeting && i < q->n; i++)
            if (strcasestr(q->meeting[m].title, q->word[i])) bits |= 1u << i;
    return bits;
}

/* Question and answer seldom stand in one turn: what was said within 15 s counts for half. */
static void weigh(struct spots *s, const struct query *q)
{
    unsigned all = (1u << q->n) - 1;
    for (int i = 0; i < s->n; i++) {
        double beside = 0;
        for (int k = 0; k < s->n; k++)
            if (k != i && s->at[k].meeting == s->at[i].meeting && fabs(s->at[k].start - s->at[i].start) <= 15)
                beside = fmax(beside, sum_of(q, s->at[k].said));
        unsigned title = titled(q, s->at[i].meeting);
        double total = sum_of(q, all & (~title | s->at[i].said)), whole = sum_of(q, all);
        s->at[i].words = total > 0 ? fmin(1, (sum_of(q, s->at[i].said) + beside / 2) / total) : 0;
        s->at[i].title = whole > 0 ? sum_of(q, title) / whole : 0;
    }
}

static int add_meanings(struct moim_engine *e, struct moim_store *s, struct moim_search_query *q,
                        struct spots *out, struct moim_err *err)
{
    struct moim_hit *hits;
    int n, rc = moim_find(e, s, q, &hits, &n, err);
    if (rc) return rc;
    for (int i = 0; i < n; i++) {
        if (!hits[i].segment || !(hits[i].found & MOIM_FOUND_MEANING)) continue;
        /* The passage's cosine belongs to every spot in it, and to the segment it is shown by. */
        for (int k = 0; k < out->n; k++)
            if (out->at[k].meeting == hits[i].meeting && fabs(out->at[k].start - hits[i].start) <= 12)
                out->at[k].cosine = fmax(out->at[k].cosine, (double)hits[i].cosine);
        struct spot *at = spot_of(out, &hits[i]);
        if (at) at->cosine = fmax(at->cosine, (double)hits[i].cosine);
    }
    moim_hits_free(hits, n);
    return MOIM_OK;
}

static int find_spots(struct moim_engine *e, struct moim_store *s, const char *question,
                      const struct moim_ask_filter *f, struct spots *out, struct moim_err *err)
{
    struct moim_search_query q = {.since = f->since,
                                  .until = f->until,
                                  .tag = f->tag,
                                  .meeting = f->meeting,
                                  .limit = 40,
                                  .least = 0.12f};
    struct query *w = calloc(1, sizeof *w);
    int rc = w ? moim_meeting_list(s, &w->meeting, &w->n_meetings, err)
               : moim_fail(err, MOIM_ENOMEM, "out of memory");
    if (!rc) w->n = moim_question_words(question, w->word, WORDS);
    for (int i = 0; !rc && i < w->n; i++) rc = add_word(s, &q, w, i, out, err);
    q.text = question;
    if (!rc) rc = add_meanings(e, s, &q, out, err);
    if (!rc) weigh(out, w);
    if (out->n) qsort(out->at, (size_t)out->n, sizeof *out->at, better);
    if (w) moim_meeting_list_free(w->meeting, w->n_meetings);
    free(w);
    return rc;
}

bool moim_ask_has(const int64_t *list, int n, int64_t meeting)
{
    for (int i = 0; i < n; i++)
        if (list[i] == meeting) return true;
    return false;
}

/* The meetings of the best spots, each once. */
int moim_ask_meetings(struct moim_engine *e, struct moim_store *s, const char *question,
                      const struct moim_ask_filter *f, int64_t *meeting, int cap, int *n,
                      struct moim_err *err)
{
    struct spots spots = {0};
    *n = 0;
    int rc = find_spots(e, s, question, f, &spots, err);
    for (int i = 0; !rc && i < spots.n && *n < cap; i++)
        if (!moim_ask_has(meeting, *n, spots.at[i].meeting)) meeting[(*n)++] = spots.at[i].meeting;
    free(spots.at);
    return rc;
}
