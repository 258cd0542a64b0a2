/* What a finding is about, where its own turns do not say it: the turns before that most probably do. */
#include "summarize/findings_int.h"
#include "summarize/language.h"
#include "summarize/minutes_int.h"

#include <math.h>
#include <string.h>

#define NOUNS 60  /* turns around that show which words are nouns */
#define BEFORE 10 /* turns of which one may say what a finding is about */
#define NEAR 6    /* of them, those that are looked at first */
#define CLOSE 0.7 /* log-odds by which a second one may fall behind */
#define THINGS 8  /* of a turn that are counted */
#define FEATURES 9

/* The turns around one, by which nouns are told: from *from, so many. */
static int around(const struct moim_job *j, int turn, const struct moim_turn_text **from)
{
    int a = turn > NOUNS ? turn - NOUNS : 0,
        b = turn + NOUNS < j->req->n_turns ? turn + NOUNS : j->req->n_turns;
    *from = j->req->turns + a;
    return b - a;
}

bool moim_says_what(const struct moim_job *j, const struct moim_finding *f, const char *text)
{
    const struct moim_turn_text *near;
    int n = around(j, f->head, &near);
    return !moim_hunt_points(text) && j->talk->names_object(text, near, n);
}

static bool part_says_what(const struct moim_job *j, const struct moim_finding *f, int turn)
{
    return turn >= 0 && moim_says_what(j, f, j->req->turns[turn].text);
}

/* Log-odds that turn t, before the finding, names what it is about, up to a constant: a conditional logit over the ten turns before
 * those findings of the corpus whose key words are not in their own turns. */
static double names_topic(const struct moim_job *j, const struct moim_finding *f, int t)
{
    static const double weight[2][FEATURES] = {
        {-1.281, -0.200, -0.360, 0.464, 2.051, 0.605, 0.290, 1.158, 2.027},
        {-1.814, -0.579, 0.935, 0.844, 1.540, 1.113, 1.130, 0.505, 1.779}};
    const struct moim_turn_text *turns = j->req->turns, *near;
    const char *text = turns[t].text;
    char thing[THINGS][MOIM_WORD_MAX];
    int first = f->turns[0], n = around(j, first, &near);
    double back = first - t, sum = 0;
    bool object = j->talk->names_object(text, near, n), asks = j->talk->asks(text);
    const double feature[FEATURES] = {log(back),
                                      1 / back,
                                      object,
                                      log(1 + j->talk->things(text, near, n, thing, THINGS)),
                                      log(1 + (double)strlen(text)),
                                      asks,
                                      !strcmp(turns[t].speaker, turns[first].speaker),
                                      object && back <= NEAR,
                                      asks && first == t + 1};
    for (int i = 0; i < FEATURES; i++) sum += weight[j->talk->weights][i] * feature[i];
    return sum;
}

void moim_add_what_about(const struct moim_job *j, struct moim_finding *f)
{
    double worth[BEFORE + 1] = {0};
    int first = f->turns[0], n = first < BEFORE ? first : BEFORE, best = 0, second = 0;
    if (part_says_what(j, f, f->head) || part_says_what(j, f, f->accept) || part_says_what(j, f, f->about))
        return;
    for (int i = 1; i <= n; i++) {
        worth[i] = names_topic(j, f, first - i);
        if (!best || worth[i] > worth[best])
            second = best, best = i;
        else if (!second || worth[i] > worth[second])
            second = i;
    }
    if (best) moim_finding_cite(f, f->topic[0] = first - best);
    if (second && worth[second] > worth[best] - CLOSE) moim_finding_cite(f, f->topic[1] = first - second);
}
