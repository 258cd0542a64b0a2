#include "summarize/findings_int.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- who ---- */

/* Who is called by name in what a turn asks for, nearest to the sentence that asks. */
static int called(const struct moim_hunt *h, int turn, const char **stranger)
{
    int at = moim_hunt_unit(h, turn, MOIM_TAG_GIVES), a = h->in.first[turn], b = h->in.first[turn + 1];
    for (int d = 0; d < b - a; d++)
        for (int i = at - d; i <= at + d; i += d ? 2 * d : 1) {
            if (i < a || i >= b) continue;
            if (h->in.unit[i].addressee >= 0) return h->in.unit[i].addressee;
            if (d == 0 && *h->in.unit[i].stranger && !*stranger) *stranger = h->in.unit[i].stranger;
        }
    return -1;
}

/* Who speaks next, or spoke last, and is another. */
static int other_near(const struct moim_hunt *h, int turn)
{
    int me = h->in.speaker[turn];
    for (int t = turn + 1; t < h->t.n_turns && t <= turn + 2; t++)
        if (h->in.speaker[t] >= 0 && h->in.speaker[t] != me) return h->in.speaker[t];
    for (int t = turn - 1; t >= 0 && t >= turn - 2; t--)
        if (h->in.speaker[t] >= 0 && h->in.speaker[t] != me) return h->in.speaker[t];
    return -1;
}

/* The turn soon after in which that person most probably accepts; -1 none. */
static int answer_by(const struct moim_hunt *h, int turn, int who)
{
    int best = -1;
    double most = 0.02;
    for (int i = turn + 1; who >= 0 && i < h->t.n_turns && i <= turn + 4; i++) {
        double p = moim_hunt_linked(h, i, turn, MOIM_TAG_ACCEPTS, MOIM_LINK_ACCEPTS);
        if (h->in.speaker[i] == who && p > most) most = p, best = i;
    }
    return best;
}

/* ---- handed on: "Can you?" "I can't, I'm away. Ann, would you?" ---- */

#define REFUSES 0.4    /* probability that a turn refuses the task */
#define TAKES_OVER 0.2 /* that one after it takes the task, or names who shall */
#define SOON 6         /* turns in which one refuses, and then another takes it */
_Static_assert(2 * SOON <= MOIM_TAGGER_REACH, "links reach that far");

/* The turn in which that person refuses the task that turn `head` asks for; -1 none. */
static int refused_by(const struct moim_hunt *h, int head, int who)
{
    for (int i = head + 1; who >= 0 && i < h->t.n_turns && i <= head + SOON; i++)
        if (h->in.speaker[i] == who &&
            moim_hunt_linked(h, i, head, MOIM_TAG_REFUSES, MOIM_LINK_DROPS) > REFUSES)
            return i;
    return -1;
}

/* Who takes the task after that, in *turn; -1: nobody. */
static int taken_over(const struct moim_hunt *h, int head, int refused, int who, int *turn)
{
    int best = -1;
    double most = TAKES_OVER;
    for (int i = refused; i < h->t.n_turns && i <= refused + SOON; i++) {
        double again = exp(h->t.link[i][i - head - 1][MOIM_LINK_REPEATS]);
        double takes = h->t.tag[i][MOIM_TAG_TAKES] * again;
        double accepts = moim_hunt_linked(h, i, head, MOIM_TAG_ACCEPTS, MOIM_LINK_ACCEPTS);
        double gives = h->t.tag[i][MOIM_TAG_GIVES] * again;
        const char *stranger = NULL;
        int by = h->in.speaker[i], to = gives > most ? called(h, i, &stranger) : -1;
        if (accepts > takes) takes = accepts;
        if (by >= 0 && by != who && takes > most) most = takes, best = by, *turn = i;
        if (to >= 0 && to != who && gives > most) most = gives, best = to, *turn = i;
    }
    return best;
}

bool moim_hunt_first_person(const char *text)
{
    static const char *const me[] = {"제가", "내가", "저는", "나는",   "저도",  "나도", "난 ",
                                     "전 ",  "지가", "i'll", "i will", "i can", "ill ", NULL};
    for (int i = 0; me[i]; i++)
        for (const char *p = text; (p = strcasestr(p, me[i])); p++)
            if (p == text || strchr(" ,.", p[-1])) return true;
    return false;
}

bool moim_hunt_asked(const struct moim_hunt *h, int i)
{
    const struct moim_tagger_unit *u = &h->in.unit[moim_hunt_unit(h, i, MOIM_TAG_TASK)];
    if (u->cue.act == MOIM_ACT_PROMISE && u->cue.sure && h->t.tag[i][MOIM_TAG_GIVES] < 0.5F) return false;
    if (h->t.tag[i][MOIM_TAG_GIVES] > h->t.tag[i][MOIM_TAG_TAKES]) return true;
    return u->addressee >= 0 && !moim_hunt_first_person(u->text);
}

void moim_hunt_owner(const struct moim_hunt *h, struct moim_finding *f)
{
    const char *stranger = NULL;
    int who = h->in.speaker[f->head];
    if (moim_hunt_asked(h, f->head)) {
        int named = called(h, f->head, &stranger);
        double sure =
            f->accept < 0 ? 0 : moim_hunt_linked(h, f->accept, f->head, MOIM_TAG_ACCEPTS, MOIM_LINK_ACCEPTS);
        int accepts = f->accept >= 0 ? h->in.speaker[f->accept] : -1;
        /* An addressed name counts unless another person clearly accepts. */
        who = accepts >= 0 && (sure > 0.8 || named < 0) ? accepts : named;
        if (who < 0 && !stranger) who = other_near(h, f->head);
        /* An answer by another person than the owner does not count. */
        if (accepts >= 0 && who != accepts) f->accept = answer_by(h, f->head, who);
        int refused = refused_by(h, f->head, who), turn = -1;
        int other = refused < 0 ? -1 : taken_over(h, f->head, refused, who, &turn);
        if (other >= 0) who = other, f->accept = turn;
    }
    if (who < 0 && !stranger) return;
    snprintf(f->owner, sizeof f->owner, "%s", who >= 0 ? h->in.person[who] : stranger);
}
