#include "firmware/pipeline/ask.h"
#include "firmware/pipeline/engine_int.h"
#include "firmware/pipeline/process.h"
#include "storage/export.h"
#include "storage/search.h"
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
#define CONTEXT 4096

/* A segment that speaks for its surroundings. */
struct spot {
    int64_t meeting, segment;
    double start;
    double words;  /* share of the question's words, weighted by how rare they are, in it and beside it */
    double cosine; /* of its passage */
};

struct spots {
    struct spot *at;
    int n;
};

static double worth(const struct spot *s)
{
    return 0.6 * s->words + s->cosine;
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
static int add_word(struct moim_store *s, const struct moim_search_query *base, const char *word,
                    struct spots *spots, double *total, struct moim_err *err)
{
    struct moim_search_query q = *base;
    struct moim_hit *hits;
    int n;
    q.text = word;
    q.limit = PER_WORD;
    int rc = moim_search_run(s, &q, &hits, &n, err);
    if (rc) return rc;
    double weight = 1 / (1 + log(1 + n));
    *total += n ? weight : 0.5; /* a word that was never said speaks against the rest */
    for (int i = 0; !rc && i < n; i++) {
        struct spot *at = hits[i].segment ? spot_of(spots, &hits[i]) : NULL;
        if (at) at->words += weight;
        if (hits[i].segment && !at) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    }
    moim_hits_free(hits, n);
    return rc;
}

/* Question and answer seldom stand in one turn: what was said within 15 s counts for half. */
static void share_with_neighbours(struct spots *s, double total)
{
    double *sum = calloc((size_t)s->n + 1, sizeof *sum);
    for (int i = 0; sum && i < s->n; i++) {
        double beside = 0;
        for (int k = 0; k < s->n; k++)
            if (k != i && s->at[k].meeting == s->at[i].meeting && fabs(s->at[k].start - s->at[i].start) <= 15)
                beside = fmax(beside, s->at[k].words);
        sum[i] = s->at[i].words + beside / 2;
    }
    for (int i = 0; sum && i < s->n; i++) s->at[i].words = total > 0 ? fmin(1, sum[i] / total) : 0;
    free(sum);
}

static int find_spots(struct moim_engine *e, struct moim_store *s, const char *question,
                      const struct moim_ask_filter *f, struct spots *out, struct moim_err *err)
{
    struct moim_search_query q = {
        .since = f->since, .until = f->until, .tag = f->tag, .limit = 40, .least = 0.12f};
    char word[WORDS][64];
    double total = 0;
    int rc = MOIM_OK, n = moim_question_words(question, word, WORDS);
    for (int i = 0; !rc && i < n; i++) rc = add_word(s, &q, word[i], out, &total, err);
    share_with_neighbours(out, total);
    struct moim_hit *hits;
    q.text = question;
    if (!rc) rc = moim_find(e, s, &q, &hits, &n, err);
    for (int i = 0; !rc && i < n; i++) {
        if (!hits[i].segment || !(hits[i].found & MOIM_FOUND_MEANING)) continue;
        /* The passage's cosine belongs to every spot in it, and to the segment it is shown by. */
        for (int k = 0; k < out->n; k++)
            if (out->at[k].meeting == hits[i].meeting && fabs(out->at[k].start - hits[i].start) <= 12)
                out->at[k].cosine = fmax(out->at[k].cosine, (double)hits[i].cosine);
        struct spot *at = spot_of(out, &hits[i]);
        if (at) at->cosine = fmax(at->cosine, (double)hits[i].cosine);
    }
    if (!rc) moim_hits_free(hits, n);
    if (out->n) qsort(out->at, (size_t)out->n, sizeof *out->at, better);
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
    char label[128];
    moim_speaker_label(label, sizeof label, g, m->language);
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

/* What the cues find in one meeting, when that answers better than *best does. */
static int recall_from(struct moim_store *s, int64_t id, const char *question, double *best,
                       struct moim_reply *out, struct moim_err *err)
{
    struct moim_meeting m;
    struct moim_recalled r = {0};
    struct moim_segment *g = NULL;
    int n = 0, rc = moim_meeting_get(s, id, &m, err);
    if (rc) return rc;
    rc = moim_segments_get(s, id, &g, &n, err);
    struct moim_turn_text *turn = calloc((size_t)n + 1, sizeof *turn);
    char(*label)[128] = calloc((size_t)n + 1, sizeof *label);
    if (!rc && (!turn || !label)) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; !rc && i < n; i++) {
        moim_speaker_label(label[i], sizeof *label, &g[i], m.language);
        turn[i] = (struct moim_turn_text){g[i].start, g[i].end, label[i], g[i].text};
    }
    struct moim_minutes_request req = {.turns = turn,
                                       .n_turns = n,
                                       .language = *m.language ? m.language : "en",
                                       .date = moim_local_date(m.started_at)};
    if (!rc && n) rc = moim_recall(&req, m.title, question, &r, err);
    if (!rc && r.match > *best) {
        moim_reply_clear(out);
        *best = r.match;
        snprintf(out->text, sizeof out->text, "%s", r.answer.text);
        for (int i = 0; i < r.answer.n_refs && !rc; i++) {
            const struct moim_segment *c = &g[r.answer.refs[i]];
            struct moim_citation *to = &out->cite[out->n++];
            *to = (struct moim_citation){m.id,           c->id,           m.started_at,
                                         c->start,       strdup(m.title), strdup(label[r.answer.refs[i]]),
                                         strdup(c->text)};
            if (!to->title || !to->speaker || !to->text) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
        }
    }
    free(label);
    free(turn);
    moim_segments_free(g, n);
    moim_meeting_clear(&m);
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

static int answer(struct moim_engine *e, struct excerpts *x, const char *question, const char *path,
                  struct moim_reply *out, struct moim_err *err)
{
    struct moim_llm *llm = NULL;
    struct moim_answer a = {0};
    struct moim_answer_request req = {
        .question = question, .turns = x->turn, .heading = x->heading, .n_turns = x->n};
    moim_engine_unload(e);
    int rc = moim_llm_open(&llm, path, moim_engine_pool(e), &(struct moim_llm_params){.n_ctx = CONTEXT}, err);
    if (!rc) rc = moim_answer_write(llm, &req, &a, err);
    moim_llm_close(llm);
    if (rc) return rc;
    snprintf(out->text, sizeof out->text, "%s", a.text);
    for (int i = 0; i < a.n_refs; i++) {
        out->cite[out->n++] = x->cite[a.refs[i]];
        memset(&x->cite[a.refs[i]], 0, sizeof x->cite[0]); /* the reply owns its strings now */
    }
    return MOIM_OK;
}

int moim_ask(struct moim_engine *e, struct moim_store *s, const char *question,
             const struct moim_ask_filter *filter, struct moim_reply *out, struct moim_err *err)
{
    struct spots spots = {0};
    char path[4300];
    memset(out, 0, sizeof *out);
    /* A missing model is said before anything is looked for: "not known" would not be true. */
    int rc = moim_minutes_model(moim_engine_models(e), filter->model, path, sizeof path, err);
    if (rc) return rc;
    struct excerpts *x = calloc(1, sizeof *x);
    rc = x ? find_spots(e, s, question, filter, &spots, err) : moim_fail(err, MOIM_ENOMEM, "out of memory");
    /* What little has to do with the question would only tempt the model. */
    double best = !rc && spots.n ? worth(&spots.at[0]) : 0;
    if (best < LEAST) spots.n = 0;
    if (!rc && spots.n) rc = recall(s, &spots, BESIDE * best, question, out, err);
    if (!rc && out->n) spots.n = 0; /* answered */
    for (int i = 0; !rc && i < spots.n && x->excerpts < EXCERPTS && worth(&spots.at[i]) >= BESIDE * best; i++)
        rc = add_excerpt(s, &spots.at[i], x, err);
    if (!rc && x->n) rc = answer(e, x, question, path, out, err);
    if (x) free_excerpts(x);
    free(x);
    free(spots.at);
    if (rc) moim_reply_clear(out);
    return rc;
}

void moim_reply_clear(struct moim_reply *r)
{
    for (int i = 0; i < r->n; i++) citation_clear(&r->cite[i]);
    memset(r, 0, sizeof *r);
}
