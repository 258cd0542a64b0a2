#include "base/text.h"
#include "firmware/pipeline/ask_int.h"
#include "summarize/answer_check.h"
#include "summarize/answer_from_findings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void citation_clear(struct moim_citation *c)
{
    free(c->title);
    free(c->speaker);
    free(c->text);
    memset(c, 0, sizeof *c);
}

void moim_reply_clear(struct moim_reply *r)
{
    for (int i = 0; i < r->n; i++) citation_clear(&r->cite[i]);
    for (int i = 0; i < r->n_near; i++) citation_clear(&r->near[i]);
    memset(r, 0, sizeof *r);
}

const char *moim_reply_text(const struct moim_reply *r, const char *question)
{
    if (r->n) return r->text;
    return moim_has_hangul(question) ? "기록에서 답을 찾지 못했습니다." : "The meetings do not say.";
}

const char *moim_reply_near_text(const char *question)
{
    return moim_has_hangul(question) ? "가장 가까운 곳(답이 아닐 수 있음):"
                                     : "The places that come closest (they may not answer it):";
}

int moim_ask_cite(const struct moim_ask_talk *t, int turn, struct moim_citation *out, struct moim_err *err)
{
    const struct moim_segment *c = &t->seg[turn];
    *out = (struct moim_citation){
        t->m.id,        c->id, t->m.started_at, c->start, strdup(t->m.title), strdup(t->turn[turn].speaker),
        strdup(c->text)};
    if (out->title && out->speaker && out->text) return MOIM_OK;
    citation_clear(out);
    return moim_fail(err, MOIM_ENOMEM, "out of memory");
}

/* The answer and the segments of its turns become the reply. */
int moim_ask_give(const struct moim_ask_talk *t, const struct moim_answer *a, struct moim_reply *out,
                  struct moim_err *err)
{
    moim_reply_clear(out);
    snprintf(out->text, sizeof out->text, "%s", a->text);
    for (int i = 0; i < a->n_refs; i++) {
        int rc = moim_ask_cite(t, a->refs[i], &out->cite[i], err);
        if (rc) return rc;
        out->n = i + 1;
    }
    return MOIM_OK;
}

/* One part of a question; of the meetings the one that it matches best. */
static int recall_part(const struct moim_ask_talk *talk, int n, const char *question, struct moim_reply *out,
                       struct moim_err *err)
{
    double best = 0;
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < n; i++) {
        struct moim_recalled r = {0};
        struct moim_minutes_request req = moim_ask_request(&talk[i]);
        if (talk[i].n) rc = moim_recall(&req, talk[i].noted, talk[i].m.title, question, &r, err);
        if (rc || r.match <= best) continue;
        best = r.match;
        rc = moim_ask_give(&talk[i], &r.answer, out, err);
    }
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
        second->cite[i] = (struct moim_citation){0};
    }
}

int moim_ask_recall(const struct moim_ask_talk *talk, int n, const char *question, struct moim_reply *out,
                    struct moim_err *err)
{
    char part[2][1024];
    struct moim_reply second = {0};
    int parts = moim_question_parts(question, part);
    int rc = recall_part(talk, n, part[0], out, err);
    if (!rc && out->n && parts > 1) {
        rc = recall_part(talk, n, part[1], &second, err);
        if (!rc && second.n && second.cite[0].meeting == out->cite[0].meeting)
            join(out, &second);
        else
            moim_reply_clear(out); /* half an answer is none */
    }
    moim_reply_clear(&second);
    return rc;
}
