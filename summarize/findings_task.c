#include "summarize/findings_int.h"

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

void moim_hunt_owner(const struct moim_hunt *h, struct moim_finding *f)
{
    const char *stranger = NULL;
    int who = h->in.speaker[f->head];
    if (h->t.tag[f->head][MOIM_TAG_GIVES] > h->t.tag[f->head][MOIM_TAG_TAKES]) {
        int named = called(h, f->head, &stranger);
        double sure =
            f->accept < 0 ? 0 : moim_hunt_linked(h, f->accept, f->head, MOIM_TAG_ACCEPTS, MOIM_LINK_ACCEPTS);
        int accepts = f->accept >= 0 ? h->in.speaker[f->accept] : -1;
        /* A name called counts unless somebody else takes it up beyond doubt. */
        who = accepts >= 0 && (sure > 0.8 || named < 0) ? accepts : named;
        if (who < 0 && !stranger) who = other_near(h, f->head);
        /* An answer by somebody else than the owner is none. */
        if (accepts >= 0 && who != accepts) f->accept = answer_by(h, f->head, who);
    }
    if (who < 0 && !stranger) return;
    snprintf(f->owner, sizeof f->owner, "%s", who >= 0 ? h->in.person[who] : stranger);
}

/* ---- until when ---- */

static void set_due(struct moim_finding *f, const struct moim_tagger_unit *u)
{
    size_t n = u->to - u->from;
    moim_date_format(u->date, f->due_date);
    if (n >= sizeof f->due_text) n = sizeof f->due_text - 1;
    while (n && ((unsigned char)u->text[u->from + n] & 0xc0) == 0x80) n--;
    memcpy(f->due_text, u->text + u->from, n);
    f->due_text[n] = 0;
    while (n && strchr(" .,?!", f->due_text[n - 1])) f->due_text[--n] = 0;
    f->due = u->turn;
}

/* The day of the sentence nearest to the one that makes the task, in its turn. */
static const struct moim_tagger_unit *day_near(const struct moim_hunt *h, int turn, enum moim_tag tag)
{
    int at = moim_hunt_unit(h, turn, tag), a = h->in.first[turn], b = h->in.first[turn + 1];
    for (int d = 0; d < b - a; d++)
        for (int i = at + d; i >= at - d; i -= d ? 2 * d : 1)
            if (i >= a && i < b && h->in.unit[i].has_date && h->in.unit[i].cue.act != MOIM_ACT_REFUSE)
                return &h->in.unit[i];
    return NULL;
}

/* "네, 그럼 수요일까지요": a limit and little else, by who does the task, soon after. */
static bool only_day(const struct moim_hunt *h, const struct moim_finding *f, int turn)
{
    int last = f->due > f->accept ? f->due : f->accept;
    if (turn - (last > f->head ? last : f->head) > 2 || !moim_hunt_thin(h, turn)) return false;
    if (strcmp(h->req->turns[turn].speaker, f->owner)) return false;
    for (int i = h->in.first[turn]; i < h->in.first[turn + 1]; i++)
        if (h->in.unit[i].has_date && h->in.unit[i].dense[MOIM_TAGGER_LIMIT] > 0) return true;
    return false;
}

/* The day named last counts: in the task itself, in its acceptance, in turns that give it a day. */
void moim_hunt_due(const struct moim_hunt *h, struct moim_finding *f)
{
    const struct moim_tagger_unit *u = day_near(h, f->head, MOIM_TAG_TASK);
    if (u) set_due(f, u);
    for (int i = f->head + 1; i < h->t.n_turns && i - f->head <= MOIM_TAGGER_REACH; i++) {
        double p = moim_hunt_linked(h, i, f->head, MOIM_TAG_DATES, MOIM_LINK_DATES);
        for (int j = f->head + 1; j < i && j <= f->accept; j++)
            p += moim_hunt_linked(h, i, j, MOIM_TAG_DATES, MOIM_LINK_DATES);
        if (p < 0.25 && i != f->accept && !only_day(h, f, i)) continue;
        u = day_near(h, i, MOIM_TAG_DATES);
        if (u) set_due(f, u);
    }
}
