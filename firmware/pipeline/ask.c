#include "firmware/pipeline/ask_int.h"
#include "firmware/pipeline/engine_int.h"
#include "firmware/pipeline/model_strength.h"
#include "firmware/pipeline/process.h"
#include "summarize/answer_check.h"
#include "summarize/question_fit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RECALLED 4  /* whose findings are asked */
#define SAID 30     /* meetings that words and meaning lead to */
#define PROMISED 4  /* meetings of these in which the reader finds most */
#define FARTHER 2.0 /* worth of a meeting before the next one that words and meaning lead to */
#define EXCERPTS 3  /* shown to a model */
#define BEFORE 2    /* turns around the one that was found */
#define AFTER 3
#define MOST_TURNS (EXCERPTS * (BEFORE + AFTER + 1))
#define SURE 0.0      /* log-odds at which a turn is quoted */
#define SURE_READ 1.0 /* the same where it was read, and */
#define LEAD 0.75     /* how far it is ahead of every other place then */
/* Turns between two places, so that what is shown of each hardly overlaps. */
#define PLACE_APART (MOIM_ANSWER_REACH + 1)
#define DOUBTFUL                                                                                             \
    -2.0 /* below it a model is not asked either: what little has to do with the question would only tempt it */
#define NEAR -3.6          /* log-odds below which a place has nothing to do with the question */
#define NEAR_BY_WORDS -5.0 /* the same where vectors of meaning are missing */
#define NEAR_READ -2.5     /* the same where it was read */
#define CONTEXT 4096

/* ---- the turns that may answer ---- */

static void search_clear(struct moim_ask_search *x)
{
    for (int i = 0; i < x->n_talks; i++) {
        moim_answer_view_close(&x->view[i]);
        free(x->read[i]);
        moim_ask_talk_free(&x->talk[i]);
    }
}

static void add_meetings(int64_t id[MOIM_ASK_MEETINGS], int *n, int most, const int64_t *more, int n_more)
{
    for (int i = 0; i < n_more && *n < most; i++)
        if (!moim_ask_has(id, *n, more[i])) id[(*n)++] = more[i];
}

/* r: NULL for none; then the question's words and meaning alone lead to meetings. */
static int search_load(struct moim_engine *e, struct moim_store *s, struct moim_answer_reader *r,
                       struct moim_ask_search *x, struct moim_err *err)
{
    float v[MOIM_EMBED_DIM];
    int64_t id[MOIM_ASK_MEETINGS], said[SAID], promised[MOIM_ASK_MEETINGS];
    int n = 0, n_said, n_promised = 0,
        rc = moim_ask_meetings(e, s, x->q.text, x->filter, said, SAID, &n_said, err);
    if (!rc && r) rc = moim_answer_reader_ask(r, x->q.text, err);
    if (!rc && r)
        rc = moim_ask_read_meetings(r, s, x->filter, said, n_said, promised, MOIM_ASK_MEETINGS, &n_promised,
                                    err);
    if (rc) return rc;
    add_meetings(id, &n, PROMISED, promised, n_promised);
    add_meetings(id, &n, MOIM_ASK_MEETINGS, said, n_said);
    add_meetings(id, &n, MOIM_ASK_MEETINGS, promised, n_promised);
    bool meant = moim_question_vector(e, s, x->q.text, v);
    for (int i = 0; !rc && i < n; i++) {
        rc = moim_ask_talk_load(s, id[i], meant ? v : NULL, &x->talk[i], err);
        if (rc) break;
        x->n_talks++;
        x->nearest = x->talk[i].nearest > x->nearest ? x->talk[i].nearest : x->nearest;
    }
    return rc;
}

static struct moim_answer_view view_of(const struct moim_ask_search *x, int talk)
{
    const struct moim_ask_talk *t = &x->talk[talk];
    return (struct moim_answer_view){.q = &x->q,
                                     .title = t->m.title,
                                     .turns = t->turn,
                                     .n_turns = t->n,
                                     .cosine = t->cosine,
                                     .nearest = x->nearest,
                                     .tags = t->tags.n_turns ? &t->tags : NULL,
                                     .note = t->note,
                                     .n_notes = t->n_notes};
}

static void keep(struct moim_ask_candidate best[MOIM_ASK_KEPT], int *n, struct moim_ask_candidate c)
{
    if (*n == MOIM_ASK_KEPT && best[MOIM_ASK_KEPT - 1].order >= c.order) return;
    int at = *n < MOIM_ASK_KEPT ? ++*n - 1 : MOIM_ASK_KEPT - 1;
    for (; at > 0 && best[at - 1].order < c.order; at--) best[at] = best[at - 1];
    best[at] = c;
}

/* less: the worth of its meeting's place in the list of all turns. */
static void weigh_turn(struct moim_ask_search *x, int talk, int t, double less)
{
    const struct moim_answer_view *v = &x->view[talk];
    float f[MOIM_ANSWER_FEATURES];
    bool fits = moim_answer_features(v, t, f);
    double score = moim_answer_worth(v, f);
    if (fits) keep(x->best, &x->n, (struct moim_ask_candidate){talk, t, score, score, fits});
    keep(x->any, &x->n_any, (struct moim_ask_candidate){talk, t, score, score - less, fits});
    if (x->filter->weighed)
        x->filter->weighed(x->filter->arg,
                           &(struct moim_weighed){v->title, &v->turns[t], f, t, fits,
                                                  moim_inquiry_answered(v->q, v->turns[t].text), score});
}

static int open_views(struct moim_ask_search *x, struct moim_err *err)
{
    int rc = MOIM_OK;
    for (int k = 0; k < x->n_talks && !rc; k++) {
        x->view[k] = view_of(x, k);
        rc = moim_answer_view_open(&x->view[k], err);
    }
    return rc;
}

/* What the reader says of all turns of a meeting. */
static int read_talk(struct moim_answer_reader *r, struct moim_store *s, struct moim_ask_search *x, int talk,
                     struct moim_err *err)
{
    struct moim_ask_talk *t = &x->talk[talk];
    struct moim_reading reading;
    int rc = moim_ask_reading(r, s, t, &reading, err);
    if (rc) return rc;
    x->read[talk] = calloc((size_t)t->n + 1, sizeof *x->read[talk]);
    rc = x->read[talk] ? moim_answer_reader_score(r, &reading, x->read[talk], err)
                       : moim_fail(err, MOIM_ENOMEM, "out of memory");
    moim_reading_free(&reading);
    x->view[talk].read = x->read[talk];
    return rc;
}

/* Weighs all turns, with what the reader says of them where there is one. */
static int weigh(struct moim_answer_reader *r, struct moim_store *s, struct moim_ask_search *x,
                 struct moim_err *err)
{
    int rc = MOIM_OK;
    for (int k = 0; k < x->n_talks && r && !rc; k++) rc = read_talk(r, s, x, k, err);
    for (int k = 0; k < x->n_talks && !rc; k++)
        for (int t = 0; t < x->view[k].n_turns; t++) weigh_turn(x, k, t, r ? 0 : FARTHER * k);
    return rc;
}

/* Whether a turn lies fewer than that many turns from one that was chosen. */
bool moim_ask_close(const struct moim_ask_candidate *chosen, int n, const struct moim_ask_candidate *c,
                    int turns)
{
    for (int i = 0; i < n; i++)
        if (chosen[i].talk == c->talk && abs(chosen[i].turn - c->turn) < turns) return true;
    return false;
}

/* Whether the best turn surely answers. */
static bool is_sure(const struct moim_ask_search *x)
{
    const struct moim_ask_candidate *best = &x->best[0];
    if (!x->n) return false;
    if (!x->read[best->talk]) return best->score >= SURE;
    int next = 1;
    while (next < x->n && moim_ask_close(best, 1, &x->best[next], PLACE_APART)) next++;
    return best->score >= SURE_READ && (next == x->n || best->score - x->best[next].score >= LEAD);
}

/* What was said, as it was said. */
int moim_ask_quote(const struct moim_ask_search *x, const struct moim_ask_candidate *c,
                   struct moim_reply *out, struct moim_err *err)
{
    const struct moim_answer_view *v = &x->view[c->talk];
    struct moim_answer a = {0};
    a.n_refs = moim_answer_gather(v, c->turn, a.refs);
    moim_answer_compose(v, a.refs, a.n_refs, a.text, sizeof a.text);
    return *a.text ? moim_ask_give(&x->talk[c->talk], &a, out, err) : MOIM_OK;
}

/* The turns of a place that would be shown if it answered. */
static int cite_place(const struct moim_ask_search *x, const struct moim_ask_candidate *c,
                      struct moim_reply *out, struct moim_err *err)
{
    int refs[MOIM_ANSWER_REFS], n = moim_answer_gather(&x->view[c->talk], c->turn, refs), rc = MOIM_OK;
    for (int i = 0; i < n && !rc; i++) {
        rc = moim_ask_cite(&x->talk[c->talk], refs[i], &out->near[out->n_near], err);
        out->n_near += !rc;
    }
    return rc;
}

/* Where nothing surely answers, the places that come closest: no two of them close together. */
static int give_near(const struct moim_ask_search *x, struct moim_reply *out, struct moim_err *err)
{
    struct moim_ask_candidate chosen[MOIM_ASK_NEAR];
    int n = 0, rc = MOIM_OK;
    for (int i = 0; i < x->n_any && !rc && n < MOIM_ASK_NEAR; i++) {
        const struct moim_ask_candidate *c = &x->any[i];
        if (c->score < (x->read[c->talk] ? NEAR_READ : x->talk[c->talk].cosine ? NEAR : NEAR_BY_WORDS)) break;
        if (moim_ask_close(chosen, n, c, PLACE_APART)) continue;
        chosen[n++] = *c;
        rc = cite_place(x, c, out, err);
    }
    return rc;
}

/* ---- a model ---- */

/* What it is shown: the turns around the best ones, each once, under their meeting's title and day. */
struct excerpts {
    struct moim_turn_text turn[MOST_TURNS];
    const char *heading[MOST_TURNS];
    int talk[MOST_TURNS], at[MOST_TURNS];
    char *title[EXCERPTS]; /* owned */
    int n, excerpts;
};

static bool is_shown(const struct excerpts *x, int talk, int turn)
{
    for (int i = 0; i < x->n; i++)
        if (x->talk[i] == talk && x->at[i] == turn) return true;
    return false;
}

static int add_excerpt(const struct moim_ask_search *s, const struct moim_ask_candidate *c,
                       struct excerpts *x)
{
    const struct moim_ask_talk *t = &s->talk[c->talk];
    char day[32];
    time_t at = (time_t)t->m.started_at;
    struct tm tm;
    if (is_shown(x, c->talk, c->turn) || x->excerpts == EXCERPTS) return MOIM_OK;
    strftime(day, sizeof day, "%Y-%m-%d", localtime_r(&at, &tm));
    char *title;
    if (asprintf(&title, "%s (%s)", t->m.title, day) < 0) return MOIM_ENOMEM;
    const char *heading = x->title[x->excerpts++] = title;
    for (int i = c->turn > BEFORE ? c->turn - BEFORE : 0; i < t->n && i <= c->turn + AFTER; i++) {
        if (is_shown(x, c->talk, i)) continue;
        x->heading[x->n] = heading;
        x->turn[x->n] = t->turn[i];
        x->talk[x->n] = c->talk;
        x->at[x->n++] = i;
        heading = NULL;
    }
    return MOIM_OK;
}

/* The model's answer against the whole meeting that it is from; what it cites of others is left out. */
static int verify(const struct moim_ask_search *s, const struct excerpts *x, const struct moim_answer *said,
                  struct moim_reply *out, struct moim_err *err)
{
    const struct moim_ask_talk *t = &s->talk[x->talk[said->refs[0]]];
    struct moim_answer a = {0};
    snprintf(a.text, sizeof a.text, "%s", said->text);
    for (int i = 0; i < said->n_refs; i++)
        if (&s->talk[x->talk[said->refs[i]]] == t) a.refs[a.n_refs++] = x->at[said->refs[i]];
    struct moim_answer_basis basis = {s->q.text, t->m.title, t->turn, t->n};
    return moim_answer_verify(&basis, &a) ? moim_ask_give(t, &a, out, err) : MOIM_OK;
}

static int let_read(struct moim_engine *e, const struct moim_ask_search *s, const char *path,
                    struct moim_reply *out, struct moim_err *err)
{
    struct moim_llm *llm = NULL;
    struct moim_answer a = {0};
    struct excerpts *x = calloc(1, sizeof *x);
    if (!x) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    int rc = MOIM_OK;
    for (int i = 0; i < s->n && !rc; i++)
        if (s->best[i].score >= DOUBTFUL) rc = add_excerpt(s, &s->best[i], x);
    if (rc) moim_fail(err, rc, "out of memory");
    struct moim_answer_request req = {
        .question = s->q.text, .turns = x->turn, .heading = x->heading, .n_turns = x->n};
    moim_engine_unload(e);
    if (!rc)
        rc = moim_llm_open(&llm, path, moim_engine_pool(e), &(struct moim_llm_params){.n_ctx = CONTEXT}, err);
    if (!rc) rc = moim_answer_write(llm, &req, &a, err);
    moim_llm_close(llm);
    if (!rc && a.n_refs) rc = verify(s, x, &a, out, err);
    for (int i = 0; i < x->excerpts; i++) free(x->title[i]);
    free(x);
    return rc;
}

/* ---- asking ---- */

static void tell(const struct moim_ask_filter *f, const char *stage)
{
    if (f->progress) f->progress(f->arg, stage, 0);
}

/* The file of the model that reads, "" for none: without one, what was said is still quoted. */
static int reader(struct moim_engine *e, const char *wanted, char *path, size_t cap, struct moim_err *err)
{
    struct moim_err missing = {0};
    *path = 0;
    if (wanted && !strcmp(wanted, "none")) return MOIM_OK;
    int rc = moim_minutes_model(moim_engine_models(e), wanted, path, cap, &missing);
    if (rc == MOIM_ENOENT && !wanted) *path = 0, rc = MOIM_OK;
    enum moim_strength strength;
    if (!rc && *path && moim_strength_known(path, &strength) && strength < MOIM_STRENGTH_READS)
        *path = 0; /* too weak to read: it would only invent */
    if (rc && err) *err = missing;
    return rc;
}

/* The small model, unless none is wanted or there is none. */
static bool small_reader(struct moim_engine *e, const char *wanted, char *path, size_t cap)
{
    struct moim_err missing;
    if (wanted && !strcmp(wanted, "none")) return false;
    return !moim_models_path(moim_engine_models(e), "rescorer", path, cap, &missing);
}

int moim_ask(struct moim_engine *e, struct moim_store *s, const char *question,
             const struct moim_ask_filter *filter, struct moim_reply *out, struct moim_err *err)
{
    char path[4300], small[4300];
    memset(out, 0, sizeof *out);
    int rc = reader(e, filter->model, path, sizeof path, err);
    if (rc) return rc;
    struct moim_answer_reader *r = NULL;
    struct moim_ask_search *x = calloc(1, sizeof *x);
    if (!x) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    x->filter = filter;
    moim_inquiry_read(&x->q, question);
    tell(filter, "finding");
    rc = moim_engine_answer_reader(e, &r, err);
    if (!rc) rc = search_load(e, s, r, x, err);
    if (!rc) rc = open_views(x, err);
    if (!rc) rc = moim_ask_recall(x->talk, x->n_talks < RECALLED ? x->n_talks : RECALLED, question, out, err);
    if (!rc && (!r || !out->n)) rc = weigh(r, s, x, err);
    double best = x->n && !out->n ? x->best[0].score : -1e9;
    if (!rc && !out->n && x->n_any && small_reader(e, filter->model, small, sizeof small)) {
        tell(filter, "answering");
        rc = moim_ask_quote_fitting(e, x, small, out, err);
    } else if (!rc && !out->n && is_sure(x))
        rc = moim_ask_quote(x, &x->best[0], out, err);
    if (!rc && !out->n && best >= DOUBTFUL && *path) {
        tell(filter, "answering");
        rc = let_read(e, x, path, out, err);
    }
    if (!rc && !out->n) rc = give_near(x, out, err);
    search_clear(x);
    free(x);
    if (rc) moim_reply_clear(out);
    return rc;
}
