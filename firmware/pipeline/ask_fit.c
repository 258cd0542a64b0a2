/* A small model that tells which of the likeliest places fits a question best (summarize/question_fit.h). */
#include "firmware/pipeline/ask_int.h"
#include "firmware/pipeline/engine_int.h"
#include "summarize/question_fit.h"

#include <stdlib.h>
#include <string.h>

#define PLACES 8 /* that it reads, at most */
#define SURE_FIT                                                                                             \
    0.1 /* log-odds at which a place is quoted, where the reader of answers has read all turns, too */
#define UNLIKELY (-2.5) /* log-odds of a turn by what the reader says, below which it need not look */
#define SMALL_CONTEXT 2048

/* Places that it reads, turns between two of them, turns on either side; each measured with the limits that belong to it. */
static const struct reach {
    int places, apart, around;
} where_read = {PLACES, 2, 3}, where_not = {5, 3, 2};

/* Whether one of the turns that would be shown has the form that is asked for: a day, an amount. */
static bool shows_form(const struct moim_ask_search *x, const struct moim_ask_candidate *c)
{
    const unsigned formal = x->q.kinds & MOIM_ASKED_FORMAL;
    const struct moim_answer_view *v = &x->view[c->talk];
    int refs[MOIM_ANSWER_REFS], n = moim_answer_gather(v, c->turn, refs);
    bool has = !formal;
    for (int i = 0; i < n && !has; i++) {
        const char *text = v->turns[refs[i]].text;
        size_t len = strlen(text);
        has = len && text[len - 1] != '?' && moim_inquiry_answered(&x->q, text) & formal;
    }
    return has;
}

/* The likeliest turns, no two of them close together, and what is around them. */
static int choose_places(const struct moim_ask_search *x, struct moim_ask_candidate chosen[PLACES],
                         struct moim_place place[PLACES])
{
    const struct reach reach = x->n_any && x->read[x->any[0].talk] ? where_read : where_not;
    int n = 0;
    for (int i = 0; i < x->n_any && n < reach.places; i++) {
        const struct moim_ask_candidate *c = &x->any[i];
        int a = c->turn - reach.around, b = c->turn + reach.around, last = x->talk[c->talk].n - 1;
        if (moim_ask_close(chosen, n, c, reach.apart)) continue;
        place[n] = (struct moim_place){.from = a < 0 ? 0 : a,
                                       .to = b < last ? b : last,
                                       .score = c->score,
                                       .fits = c->fits,
                                       .form = shows_form(x, c)};
        chosen[n++] = *c;
    }
    return n;
}

/* How much the question gains at each place, beside the title of its own meeting. */
static int measure_places(struct moim_llm *m, const struct moim_ask_search *x,
                          const struct moim_ask_candidate *chosen, struct moim_place *place, int n,
                          struct moim_err *err)
{
    int rc = MOIM_OK;
    for (int k = 0; k < x->n_talks && !rc; k++) {
        const struct moim_ask_talk *t = &x->talk[k];
        struct moim_place here[PLACES];
        int index[PLACES], had = 0;
        for (int i = 0; i < n; i++)
            if (chosen[i].talk == k) here[had] = place[i], index[had++] = i;
        if (!had) continue;
        rc = moim_question_fit(m, x->q.text, t->m.title, t->turn, here, had, NULL, err);
        for (int i = 0; i < had; i++) place[index[i]] = here[i];
    }
    return rc;
}

static int tell_places(const struct moim_ask_search *x, const struct moim_ask_candidate *chosen,
                       const struct moim_place *place, int n, struct moim_err *err)
{
    int rc = MOIM_OK;
    for (int i = 0; i < n && !rc && x->filter->placed; i++) {
        struct moim_reply r = {0};
        rc = moim_ask_quote(x, &chosen[i], &r, err);
        if (!rc) x->filter->placed(x->filter->arg, x->talk[chosen[i].talk].m.title, r.text, &place[i]);
        moim_reply_clear(&r);
    }
    return rc;
}

/* Likeliest first, by the reader and the small model together. */
static void sort_places(struct moim_ask_candidate *chosen, struct moim_place *place, int n)
{
    for (int i = 1; i < n; i++) {
        const struct moim_ask_candidate c = chosen[i];
        const struct moim_place p = place[i];
        int at = i;
        for (; at > 0 && moim_place_worth(&place[at - 1]) < moim_place_worth(&p); at--)
            chosen[at] = chosen[at - 1], place[at] = place[at - 1];
        chosen[at] = c;
        place[at] = p;
    }
}

/* These come first, then all others as they were. */
static void put_first(struct moim_ask_search *x, const struct moim_ask_candidate *chosen, int n)
{
    struct moim_ask_candidate order[MOIM_ASK_KEPT];
    int had = n;
    memcpy(order, chosen, sizeof *order * (size_t)n);
    for (int i = 0; i < x->n_any; i++)
        if (!moim_ask_close(chosen, n, &x->any[i], 1)) order[had++] = x->any[i];
    memcpy(x->any, order, sizeof *order * (size_t)had);
}

/* The place that answers surely enough; -1: none. Where all was read, they are also put in order. */
static int choose_fitting(struct moim_ask_search *x, struct moim_ask_candidate *chosen,
                          struct moim_place *place, int n)
{
    if (!x->read[chosen[0].talk]) return moim_place_choose(place, n);
    sort_places(chosen, place, n);
    put_first(x, chosen, n);
    return moim_place_answers(&place[0]) >= SURE_FIT ? 0 : -1;
}

/* Quotes the place that fits best, if it surely answers. */
int moim_ask_quote_fitting(struct moim_engine *e, struct moim_ask_search *x, const char *path,
                           struct moim_reply *out, struct moim_err *err)
{
    struct moim_llm *m = NULL;
    struct moim_ask_candidate chosen[PLACES];
    struct moim_place place[PLACES];
    int n = choose_places(x, chosen, place), at = -1;
    bool read = n && x->read[chosen[0].talk],
         may = read ? place[0].score >= UNLIKELY : moim_places_may_answer(place, n);
    if (!may && !x->filter->placed) return MOIM_OK;
    moim_engine_unload_speech(e);
    int rc =
        moim_llm_open(&m, path, moim_engine_pool(e), &(struct moim_llm_params){.n_ctx = SMALL_CONTEXT}, err);
    if (!rc) rc = measure_places(m, x, chosen, place, n, err);
    moim_llm_close(m);
    if (!rc) rc = tell_places(x, chosen, place, n, err);
    if (!rc && n) at = choose_fitting(x, chosen, place, n);
    return at < 0 ? rc : moim_ask_quote(x, &chosen[at], out, err);
}
