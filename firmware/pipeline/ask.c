#include "firmware/pipeline/ask.h"
#include "firmware/pipeline/engine_int.h"
#include "firmware/pipeline/process.h"
#include "storage/export.h"
#include "storage/search.h"
#include "summarize/answer_check.h"
#include "summarize/answer_from_findings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORDS 12
#define PER_WORD 60 /* hits looked at for each word of the question */
#define EXCERPTS 5  /* shown to the model */
#define BEFORE 2    /* turns around the one that was found */
#define AFTER 4
#define MOST_TURNS (EXCERPTS * (BEFORE + AFTER + 1))
#define LEAST 0.58 /* worth of the best spot below which the store does not know */
#define BESIDE 0.6 /* of the best one's worth: what others need to be shown beside it */
#define RECALLED 4 /* meetings whose findings are looked through */
#define TITLE 0.2  /* worth of words that name the meeting */
#define CONTEXT 4096

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

/* ---- excerpts ---- */

struct excerpts {
    struct moim_turn_text turn[MOST_TURNS];
    const char *heading[MOST_TURNS];
    struct moim_citation cite[MOST_TURNS]; /* owns the strings of both */
    char *title[EXCERPTS];
    int n, excerpts;
};

static void citation_clear(struct moim_citation *c)
{
    free(c->title);
    free(c->speaker);
    free(c->text);
    memset(c, 0, sizeof *c);
}

static void free_excerpts(struct excerpts *x)
{
    for (int i = 0; i < x->n; i++) citation_clear(&x->cite[i]);
    for (int i = 0; i < x->excerpts; i++) free(x->title[i]);
}

static bool is_shown(const struct excerpts *x, int64_t segment)
{
    for (int i = 0; i < x->n; i++)
        if (x->cite[i].segment == segment) return true;
    return false;
}

static bool add_turn(struct excerpts *x, const struct moim_meeting *m, const struct moim_segment *g,
                     const char *heading)
{
    char own[MOIM_LABEL];
    const char *label = moim_speaker_label(own, g, m->language);
    struct moim_citation *c = &x->cite[x->n];
    *c = (struct moim_citation){m->id,         g->id,          m->started_at, g->start, strdup(m->title),
                                strdup(label), strdup(g->text)};
    x->heading[x->n] = heading;
    x->turn[x->n++] = (struct moim_turn_text){g->start, g->end, c->speaker, c->text};
    return c->title && c->speaker && c->text;
}

/* The turns around a spot that are not shown yet, under the meeting's title and day. */
static int add_excerpt(struct moim_store *s, const struct spot *spot, struct excerpts *x,
                       struct moim_err *err)
{
    struct moim_meeting m;
    struct moim_segment *g = NULL;
    int n = 0, at = 0, rc = moim_meeting_get(s, spot->meeting, &m, err);
    if (rc) return rc;
    rc = moim_segments_get(s, spot->meeting, &g, &n, err);
    while (!rc && at < n && g[at].id != spot->segment) at++;
    char day[32];
    time_t t = (time_t)m.started_at;
    struct tm tm;
    strftime(day, sizeof day, "%Y-%m-%d", localtime_r(&t, &tm));
    char *heading = NULL;
    if (!rc && at < n && !is_shown(x, spot->segment)) {
        bool ok = asprintf(&x->title[x->excerpts], "%s (%s)", m.title, day) >= 0;
        if (ok) heading = x->title[x->excerpts++];
        for (int i = at > BEFORE ? at - BEFORE : 0; ok && i < n && i <= at + AFTER && x->n < MOST_TURNS;
             i++) {
            if (is_shown(x, g[i].id)) continue;
            ok = add_turn(x, &m, &g[i], heading);
            heading = NULL;
        }
        if (!ok) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    }
    moim_segments_free(g, n);
    moim_meeting_clear(&m);
    return rc;
}

/* ---- answering ---- */

/* A meeting's turns, as those that answer look at them. */
struct talk {
    struct moim_meeting m;
    struct moim_segment *seg;
    struct moim_turn_text *turn;
    char (*label)[MOIM_LABEL]; /* made for who has no name */
    int n;
};

static void free_talk(struct talk *t)
{
    free(t->label);
    free(t->turn);
    moim_segments_free(t->seg, t->n);
    moim_meeting_clear(&t->m);
}

static int load_talk(struct moim_store *s, int64_t id, struct talk *t, struct moim_err *err)
{
    memset(t, 0, sizeof *t);
    int rc = moim_meeting_get(s, id, &t->m, err);
    if (rc) return rc;
    rc = moim_segments_get(s, id, &t->seg, &t->n, err);
    t->turn = calloc((size_t)t->n + 1, sizeof *t->turn);
    t->label = calloc((size_t)t->n + 1, sizeof *t->label);
    if (!rc && (!t->turn || !t->label)) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; !rc && i < t->n; i++) {
        const struct moim_segment *g = &t->seg[i];
        const char *who = moim_speaker_label(t->label[i], g, t->m.language);
        t->turn[i] = (struct moim_turn_text){g->start, g->end, who, g->text};
    }
    if (rc) free_talk(t);
    return rc;
}

/* The answer and the segments of its turns become the reply. */
static int give(const struct talk *t, const struct moim_answer *a, struct moim_reply *out,
                struct moim_err *err)
{
    moim_reply_clear(out);
    snprintf(out->text, sizeof out->text, "%s", a->text);
    for (int i = 0; i < a->n_refs; i++) {
        const struct moim_segment *c = &t->seg[a->refs[i]];
        struct moim_citation cite = {t->m.id,
                                     c->id,
                                     t->m.started_at,
                                     c->start,
                                     strdup(t->m.title),
                                     strdup(t->label[a->refs[i]]),
                                     strdup(c->text)};
        if (!cite.title || !cite.speaker || !cite.text) {
            citation_clear(&cite);
            return moim_fail(err, MOIM_ENOMEM, "out of memory");
        }
        out->cite[i] = cite;
        out->n = i + 1;
    }
    return MOIM_OK;
}

/* What is found in one meeting, when that answers better than *best does. */
static int recall_from(struct moim_store *s, int64_t id, const char *question, double *best,
                       struct moim_reply *out, struct moim_err *err)
{
    struct talk t;
    struct moim_recalled r = {0};
    int rc = load_talk(s, id, &t, err);
    if (rc) return rc;
    struct moim_minutes_request req = {.turns = t.turn,
                                       .n_turns = t.n,
                                       .language = *t.m.language ? t.m.language : "en",
                                       .date = moim_local_date(t.m.started_at)};
    if (t.n) rc = moim_recall(&req, t.m.title, question, &r, err);
    if (!rc && r.match > *best) {
        *best = r.match;
        rc = give(&t, &r.answer, out, err);
    }
    free_talk(&t);
    return rc;
}

/* Who does what until when, and what was decided, needs no model: the meetings of the best spots know. */
static int recall(struct moim_store *s, const struct spots *spots, double least, const char *question,
                  struct moim_reply *out, struct moim_err *err)
{
    int64_t seen[RECALLED];
    int n = 0, rc = MOIM_OK;
    double best = 0;
    for (int i = 0; !rc && i < spots->n && n < RECALLED && worth(&spots->at[i]) >= least; i++) {
        bool had = false;
        for (int k = 0; k < n; k++) had = had || seen[k] == spots->at[i].meeting;
        if (had) continue;
        seen[n++] = spots->at[i].meeting;
        rc = recall_from(s, spots->at[i].meeting, question, &best, out, err);
    }
    return rc;
}

/* The model's answer against the whole meeting that it is from; what it cites of others is left out. */
static int verify(struct moim_store *s, const struct excerpts *x, const char *question,
                  const struct moim_answer *said, struct moim_reply *out, struct moim_err *err)
{
    struct talk t;
    struct moim_answer a = {0};
    int rc = load_talk(s, x->cite[said->refs[0]].meeting, &t, err);
    if (rc) return rc;
    snprintf(a.text, sizeof a.text, "%s", said->text);
    for (int i = 0; i < said->n_refs; i++)
        for (int k = 0; k < t.n; k++)
            if (t.seg[k].id == x->cite[said->refs[i]].segment) a.refs[a.n_refs++] = k;
    struct moim_answer_basis basis = {question, t.m.title, t.turn, t.n};
    if (moim_answer_verify(&basis, &a)) rc = give(&t, &a, out, err);
    free_talk(&t);
    return rc;
}

static int answer(struct moim_engine *e, struct moim_store *s, struct excerpts *x, const char *question,
                  const char *path, struct moim_reply *out, struct moim_err *err)
{
    struct moim_llm *llm = NULL;
    struct moim_answer a = {0};
    struct moim_answer_request req = {
        .question = question, .turns = x->turn, .heading = x->heading, .n_turns = x->n};
    moim_engine_unload(e);
    int rc = moim_llm_open(&llm, path, moim_engine_pool(e), &(struct moim_llm_params){.n_ctx = CONTEXT}, err);
    if (!rc) rc = moim_answer_write(llm, &req, &a, err);
    moim_llm_close(llm);
    return rc || !a.n_refs ? rc : verify(s, x, question, &a, out, err);
}

static void tell(const struct moim_ask_filter *f, const char *stage)
{
    if (f->progress) f->progress(f->arg, stage, 0);
}

/* One question with one answer. path "": no model answers; MOIM_ENOENT when one would be needed. */
static int ask_one(struct moim_engine *e, struct moim_store *s, const char *question,
                   const struct moim_ask_filter *filter, const char *path, struct moim_reply *out,
                   struct moim_err *err)
{
    struct spots spots = {0};
    memset(out, 0, sizeof *out);
    tell(filter, "finding");
    struct excerpts *x = calloc(1, sizeof *x);
    int rc =
        x ? find_spots(e, s, question, filter, &spots, err) : moim_fail(err, MOIM_ENOMEM, "out of memory");
    /* What little has to do with the question would only tempt the model. */
    double best = !rc && spots.n ? worth(&spots.at[0]) : 0;
    if (best < LEAST) spots.n = 0;
    if (!rc && spots.n) rc = recall(s, &spots, BESIDE * best, question, out, err);
    if (!rc && out->n) spots.n = 0; /* answered */
    for (int i = 0; !rc && i < spots.n && x->excerpts < EXCERPTS && worth(&spots.at[i]) >= BESIDE * best; i++)
        rc = add_excerpt(s, &spots.at[i], x, err);
    if (!rc && !out->n && !*path) rc = MOIM_ENOENT;
    if (!rc && x->n) tell(filter, "answering");
    if (!rc && x->n) rc = answer(e, s, x, question, path, out, err);
    if (x) free_excerpts(x);
    free(x);
    free(spots.at);
    return rc;
}

static bool cites(const struct moim_reply *r, int64_t segment)
{
    for (int i = 0; i < r->n; i++)
        if (r->cite[i].segment == segment) return true;
    return false;
}

/* The second part's answer behind the first one's, and its places. */
static void join(struct moim_reply *first, struct moim_reply *second)
{
    size_t n = strlen(first->text), more = strlen(second->text);
    if (!strstr(first->text, second->text) && n + more + 3 < sizeof first->text) {
        if (n) memcpy(first->text + n, "; ", 2), n += 2;
        memcpy(first->text + n, second->text, more + 1);
    }
    for (int i = 0; i < second->n && first->n < MOIM_ANSWER_REFS; i++) {
        if (cites(first, second->cite[i].segment)) continue;
        first->cite[first->n++] = second->cite[i];
        memset(&second->cite[i], 0, sizeof second->cite[i]);
    }
}

int moim_ask(struct moim_engine *e, struct moim_store *s, const char *question,
             const struct moim_ask_filter *filter, struct moim_reply *out, struct moim_err *err)
{
    char path[4300], part[2][1024];
    struct moim_reply second = {0};
    memset(out, 0, sizeof *out);
    struct moim_err missing = {0};
    int rc = moim_minutes_model(moim_engine_models(e), filter->model, path, sizeof path, &missing);
    /* Without a model there is still what was decided and who does what; for the rest its lack is the answer: "not known" would
     * not be true. */
    if (rc == MOIM_ENOENT) *path = 0, rc = MOIM_OK;
    if (rc) {
        if (err) *err = missing;
        return rc;
    }
    int n = moim_question_parts(question, part);
    rc = ask_one(e, s, part[0], filter, path, out, err);
    if (!rc && n > 1) rc = ask_one(e, s, part[1], filter, path, &second, err);
    if (rc == MOIM_ENOENT && !*path && err) *err = missing;
    if (!rc && second.n) join(out, &second);
    moim_reply_clear(&second);
    if (rc) moim_reply_clear(out);
    return rc;
}

void moim_reply_clear(struct moim_reply *r)
{
    for (int i = 0; i < r->n; i++) citation_clear(&r->cite[i]);
    memset(r, 0, sizeof *r);
}
