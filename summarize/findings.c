#include "summarize/findings_int.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CUED 0.25F
#define WHOLE 0.08F
/* Of a talk of so few turns, of which it learnt less than of whole meetings, the network is less sure. */
#define FEW_TURNS 6
#define FEWER 0.5F
#define OWN_TASK 0.5F   /* a turn that is so probably a task by itself accepts none */
#define CLAUSE 512      /* bytes of a clause that is looked at */
#define SAME_DECISION 2 /* turns within which two settling turns are one decision */

static void free_finding(struct moim_finding *f)
{
    free(f->text);
    free(f->source);
    free(f->context);
}

void moim_findings_free(struct moim_findings *f)
{
    for (int i = 0; i < f->n; i++) free_finding(&f->list[i]);
    free(f->list);
    free(f->tag);
    memset(f, 0, sizeof *f);
}

int moim_hunt_unit(const struct moim_hunt *h, int turn, enum moim_tag tag)
{
    int best = h->in.first[turn];
    for (int i = best + 1; i < h->in.first[turn + 1]; i++)
        if (h->t.unit[i][tag] > h->t.unit[best][tag]) best = i;
    return best;
}

double moim_hunt_linked(const struct moim_hunt *h, int i, int j, enum moim_tag tag, enum moim_link link)
{
    int d = i - j;
    if (j < 0 || d < 1 || d > MOIM_TAGGER_REACH || i >= h->t.n_turns) return 0;
    return h->t.tag[i][tag] * exp(h->t.link[i][d - 1][link]);
}

/* The later turn that most probably does this to turn j; -1 when none reaches `least`. */
static int later(const struct moim_hunt *h, int j, enum moim_tag tag, enum moim_link link, double least)
{
    int best = -1;
    for (int i = j + 1; i < h->t.n_turns && i - j <= MOIM_TAGGER_REACH; i++) {
        double p = moim_hunt_linked(h, i, j, tag, link);
        if (p >= least) best = i, least = p;
    }
    return best;
}

/* ---- a finding ---- */

void moim_finding_cite(struct moim_finding *f, int turn)
{
    int at = 0;
    if (turn < 0) return;
    while (at < f->n_turns && f->turns[at] < turn) at++;
    if ((at < f->n_turns && f->turns[at] == turn) || f->n_turns == MOIM_FINDING_TURNS) return;
    memmove(f->turns + at + 1, f->turns + at, sizeof *f->turns * (size_t)(f->n_turns - at));
    f->turns[at] = turn;
    f->n_turns++;
}

/* Least probabilities of a kind that is shown, and shown as certain. A decision in a talk of few turns has less around it to tell it by. */
static void limits_of(const struct moim_hunt *h, int kind, float *shown, float *asserted)
{
    moim_tagger_limits(h->tagger, h->in.req, kind, shown, asserted);
    if (kind == MOIM_FOUND_DECISION && h->t.n_turns <= FEW_TURNS) *shown *= FEWER;
}

static struct moim_finding *push(struct moim_hunt *h, enum moim_finding_kind kind, int turn, float p)
{
    struct moim_finding *grown = realloc(h->out->list, sizeof *grown * (size_t)(h->out->n + 1));
    float shown, asserted;
    if (!grown) return NULL;
    h->out->list = grown;
    struct moim_finding *f = &grown[h->out->n++];
    memset(f, 0, sizeof *f);
    limits_of(h, (int)kind, &shown, &asserted);
    f->kind = kind;
    f->probability = moim_tagger_calibrated(h->tagger, h->in.req, (int)kind, p);
    f->doubtful = p < asserted;
    f->head = turn;
    f->about = f->accept = f->due = f->condition = f->put_off = -1;
    f->topic = -1;
    return f;
}

/* ---- decisions ---- */

/* The proposal that turn i settles: the one its link and the turn's own tag speak most for. */
static int proposal_of(const struct moim_hunt *h, int i)
{
    int best = -1;
    double most = 0.12;
    for (int j = i - 1; j >= 0 && i - j <= MOIM_TAGGER_REACH; j--) {
        double p = sqrt(h->t.tag[j][MOIM_TAG_PROPOSES]) * exp(h->t.link[i][i - j - 1][MOIM_LINK_SETTLES]);
        if (p > most) most = p, best = j;
    }
    return best;
}

/* Whether a likelier turn near by settles the same. */
static bool settled_nearby(const struct moim_hunt *h, int i)
{
    float p = h->t.tag[i][MOIM_TAG_DECISION];
    for (int j = i - SAME_DECISION; j <= i + SAME_DECISION; j++) {
        if (j < 0 || j >= h->t.n_turns || j == i) continue;
        float q = h->t.tag[j][MOIM_TAG_DECISION];
        if (q > p || (q == p && j < i)) return true;
    }
    return false;
}

static int find_decision(struct moim_hunt *h, int i)
{
    struct moim_finding *f = push(h, MOIM_FOUND_DECISION, i, h->t.tag[i][MOIM_TAG_DECISION]);
    if (!f) return MOIM_ENOMEM;
    f->about = proposal_of(h, i);
    for (int j = i - 1; j >= 0 && i - j <= 6 && f->condition < 0; j--)
        if (moim_hunt_linked(h, j, f->about, MOIM_TAG_CONDITION, MOIM_LINK_CONDITION) > 0.3) f->condition = j;
    moim_finding_cite(f, i);
    moim_finding_cite(f, f->about);
    moim_finding_cite(f, f->condition);
    for (int j = i - 1; j > f->about && i - j <= 6; j--)
        if (h->t.tag[j][MOIM_TAG_PROPOSES] > 0.3F) moim_finding_cite(f, j);
    return moim_hunt_word(h, f);
}

/* ---- tasks ---- */

/* The task before that turn i takes up, accepts or says again; NULL when it is a new one. */
static struct moim_finding *known_task(const struct moim_hunt *h, int i)
{
    for (int k = h->out->n - 1; k >= 0; k--) {
        struct moim_finding *f = &h->out->list[k];
        int d = i - f->head;
        if (f->kind != MOIM_FOUND_ACTION || d < 1 || d > MOIM_TAGGER_REACH) continue;
        double accepts = moim_hunt_linked(h, i, f->head, MOIM_TAG_ACCEPTS, MOIM_LINK_ACCEPTS);
        double again = exp(h->t.link[i][d - 1][MOIM_LINK_REPEATS]);
        if (accepts > 0.4 || again > 0.5) return f;
        bool theirs =
            !strcmp(h->req->turns[i].speaker, f->owner) || h->in.speaker[i] == h->in.speaker[f->head];
        if (d < 6 && theirs && moim_hunt_only_day(h, i)) return f;
        if (d < 6 && f->due == i && (theirs || h->t.tag[i][MOIM_TAG_TASK] < 0.9F))
            return f; /* it gave the day */
        if (d == 1 && h->t.tag[i][MOIM_TAG_TASK] < OWN_TASK &&
            h->t.tag[f->head][MOIM_TAG_GIVES] > h->t.tag[f->head][MOIM_TAG_TAKES] &&
            h->in.speaker[i] != h->in.speaker[f->head] && h->t.tag[i][MOIM_TAG_GIVES] < 0.3)
            return f;
        if (d == 1 && h->in.speaker[i] >= 0 && h->in.speaker[i] == h->in.speaker[f->head]) return f;
        if (d == 1 && !strcmp(h->req->turns[i].speaker, f->owner) && moim_hunt_asked(h, f->head) &&
            moim_hunt_same_day(h, f, i))
            return f;
    }
    return NULL;
}

/* An accepted request is a task even if neither turn alone would be one, and so is one that the next turn promises. */
static float task_score(const struct moim_hunt *h, int i)
{
    int a = later(h, i, MOIM_TAG_ACCEPTS, MOIM_LINK_ACCEPTS, 0.05);
    double both = a < 0 ? 0 : moim_hunt_linked(h, a, i, MOIM_TAG_ACCEPTS, MOIM_LINK_ACCEPTS);
    double next = moim_hunt_linked(h, i + 1, i, MOIM_TAG_TASK, MOIM_LINK_REPEATS);
    both *= h->t.tag[i][MOIM_TAG_GIVES];
    next *= h->t.tag[i][MOIM_TAG_GIVES];
    return (float)(1 - (1 - h->t.tag[i][MOIM_TAG_TASK]) * (1 - 0.8 * both) * (1 - next));
}

/* What a promise answers: the likeliest request of the turns before, else the turn before by another. */
static int answered_by(const struct moim_hunt *h, int i)
{
    int best = -1;
    float most = 0.12F;
    for (int j = i - 1; j >= 0 && i - j <= 4; j--) {
        if (h->in.speaker[j] >= 0 && h->in.speaker[j] == h->in.speaker[i]) continue;
        float p = h->t.tag[j][MOIM_TAG_GIVES];
        if (h->t.tag[j][MOIM_TAG_ASKS] > p) p = h->t.tag[j][MOIM_TAG_ASKS];
        if (j == i - 1 && h->t.tag[j][MOIM_TAG_PROPOSES] > p) p = h->t.tag[j][MOIM_TAG_PROPOSES];
        if (p > most) most = p, best = j;
    }
    if (best < 0 && i > 0 && !h->lang->names_object(h->req->turns[i].text, h->req->turns, h->t.n_turns) &&
        (h->in.speaker[i - 1] != h->in.speaker[i] || h->in.speaker[i] < 0))
        best = i - 1;
    return best;
}

/* A promise for a day, the request to do it on another day, and the turn that says yes to that day: one task. */
static bool moves_day(const struct moim_hunt *h, const struct moim_finding *a, const struct moim_finding *b)
{
    return b->head == a->head + 1 && a->due > b->head && a->due == b->due && !moim_hunt_asked(h, a->head) &&
           moim_hunt_asked(h, b->head) && moim_hunt_names_day(h, a->head) && moim_hunt_names_day(h, b->head);
}

/* "그거 자네가 써서 내일 보여 줘": the last task says more of the one just before, of the same person. Its day
 * counts, its words stand beside. */
static int join_task(struct moim_hunt *h)
{
    struct moim_finding *f = &h->out->list[h->out->n - 1], *before = NULL;
    for (int k = h->out->n - 2; k >= 0 && !before; k--)
        if (h->out->list[k].kind == MOIM_FOUND_ACTION) before = &h->out->list[k];
    if (!before || f->head - before->head > 3 || !*f->owner || strcmp(f->owner, before->owner))
        return MOIM_OK;
    if (!moim_hunt_points(h->req->turns[f->head].text) && !moim_hunt_thin(h, f->head) &&
        !moves_day(h, before, f))
        return MOIM_OK;
    moim_finding_cite(before, f->head);
    moim_finding_cite(before, f->accept);
    moim_finding_cite(before, f->due);
    char *both = moim_hunt_quote(h, before);
    if (!both) return MOIM_ENOMEM;
    free(before->text);
    before->text = both;
    before->quoted = before->vague = true;
    if (f->accept >= 0) before->accept = f->accept;
    if (f->due >= 0) {
        before->due = f->due;
        memcpy(before->due_date, f->due_date, sizeof f->due_date);
        memcpy(before->due_text, f->due_text, sizeof f->due_text);
    }
    free_finding(f);
    h->out->n--;
    return MOIM_OK;
}

/* A doubtful task that takes its day from a turn in which the same person takes on a sure one. */
static bool is_shadow(const struct moim_finding *f, const struct moim_finding *sure)
{
    return f->kind == MOIM_FOUND_ACTION && sure->kind == MOIM_FOUND_ACTION && f->doubtful &&
           !sure->doubtful && *f->owner && !strcmp(f->owner, sure->owner) && f->due >= 0 &&
           f->due != f->head && (f->due == sure->head || f->due == sure->accept);
}

static void drop_shadows(struct moim_findings *f)
{
    int n = 0;
    for (int i = 0; i < f->n; i++) {
        bool drop = false;
        for (int k = 0; k < f->n && !drop; k++) drop = k != i && is_shadow(&f->list[i], &f->list[k]);
        if (drop)
            free_finding(&f->list[i]);
        else
            f->list[n++] = f->list[i];
    }
    f->n = n;
}

static int find_task(struct moim_hunt *h, int i, float score)
{
    struct moim_finding *f = push(h, MOIM_FOUND_ACTION, i, score);
    if (!f) return MOIM_ENOMEM;
    bool asked = moim_hunt_asked(h, i);
    if (asked)
        f->accept = later(h, i, MOIM_TAG_ACCEPTS, MOIM_LINK_ACCEPTS, 0.1);
    else
        f->about = answered_by(h, i);
    moim_hunt_owner(h, f);
    moim_hunt_due(h, f);
    moim_finding_cite(f, i);
    moim_finding_cite(f, f->about);
    moim_finding_cite(f, f->accept);
    moim_finding_cite(f, f->due);
    int rc = moim_hunt_word(h, f);
    return rc ? rc : join_task(h);
}

/* ---- questions ---- */

/* A postponed matter is open, too, even if its turn was not classified as a question. */
static float question_score(const struct moim_hunt *h, int i)
{
    float asks = h->t.tag[i][MOIM_TAG_QUESTION], off = 0.5F * h->t.tag[i][MOIM_TAG_PUTS_OFF];
    return asks > off ? asks : off;
}

static bool asked_nearby(const struct moim_hunt *h, int i)
{
    float p = question_score(h, i);
    for (int j = i - 2; j <= i + 2; j++) {
        if (j < 0 || j >= h->t.n_turns || j == i) continue;
        float q = question_score(h, j);
        if (q > p || (q == p && j < i)) return true;
    }
    return false;
}

/* What turn i puts off: the turn it is linked to, or -1. */
static int put_off_by(const struct moim_hunt *h, int i)
{
    int best = -1;
    double most = 0.1;
    for (int j = i - 1; j >= 0 && i - j <= MOIM_TAGGER_REACH; j--) {
        double p = exp(h->t.link[i][i - j - 1][MOIM_LINK_PUTS_OFF]);
        if (p > most) most = p, best = j;
    }
    return best;
}

static int find_question(struct moim_hunt *h, int i)
{
    struct moim_finding *f = push(h, MOIM_FOUND_QUESTION, i, question_score(h, i));
    if (!f) return MOIM_ENOMEM;
    if (0.5F * h->t.tag[i][MOIM_TAG_PUTS_OFF] > h->t.tag[i][MOIM_TAG_QUESTION]) {
        f->about = put_off_by(h, i);
        f->put_off = i;
    } else {
        f->put_off = later(h, i, MOIM_TAG_PUTS_OFF, MOIM_LINK_PUTS_OFF, 0.2);
    }
    moim_finding_cite(f, i);
    moim_finding_cite(f, f->about);
    moim_finding_cite(f, f->put_off);
    return moim_hunt_word(h, f);
}

/* ---- the meeting ---- */

/* "자재 목록을 세 시까지 뽑아 와." "예": due date and owner: the speaker, the person addressed, or the one who accepts. */
static bool has_day_and_owner(const struct moim_hunt *h, int turn, const struct moim_tagger_unit *u)
{
    bool limit = u->dense[MOIM_TAGGER_LIMIT] > 0;
    if (u->has_date && strcasestr(u->text, "i'll ")) return true;
    if (!limit || u->cue.act == MOIM_ACT_REFUSE || u->cue.act == MOIM_ACT_ASK) return false;
    if (u->addressee >= 0 || moim_hunt_first_person(u->text)) return true;
    if (turn + 1 >= h->t.n_turns || h->in.speaker[turn + 1] == h->in.speaker[turn]) return false;
    enum moim_act next = h->in.unit[h->in.first[turn + 1]].cue.act;
    return next == MOIM_ACT_ACCEPT || next == MOIM_ACT_PROMISE;
}

/* "언제까지 되겠어요?": asks a task its day and is none. */
static bool only_asks_when(const struct moim_hunt *h, int turn)
{
    return moim_hunt_asks_when(h, turn) &&
           h->in.unit[moim_hunt_unit(h, turn, MOIM_TAG_TASK)].cue.act == MOIM_ACT_ASK;
}

/* "포스터는 누가 붙이죠?" "제가 전날에 붙일게요.": what is promised is the task, with its day. */
static bool promised_next(const struct moim_hunt *h, int turn)
{
    static const char *const who[] = {"누가", "누구", "who", NULL};
    if (turn + 1 >= h->t.n_turns || h->in.speaker[turn + 1] == h->in.speaker[turn]) return false;
    const struct moim_tagger_unit *asked = &h->in.unit[moim_hunt_unit(h, turn, MOIM_TAG_TASK)],
                                  *next = &h->in.unit[moim_hunt_unit(h, turn + 1, MOIM_TAG_TASK)];
    bool asks = false;
    for (int i = 0; who[i]; i++) asks = asks || strcasestr(asked->text, who[i]);
    return asks && asked->cue.act == MOIM_ACT_ASK && next->cue.act == MOIM_ACT_PROMISE && next->cue.sure;
}

static bool cue_is(struct moim_cue c, enum moim_finding_kind kind)
{
    if (!c.sure) return false;
    if (kind == MOIM_FOUND_DECISION) return c.act == MOIM_ACT_DECIDE || c.act == MOIM_ACT_SO;
    if (kind == MOIM_FOUND_ACTION) return c.act == MOIM_ACT_PROMISE || c.act == MOIM_ACT_REQUEST;
    return c.act == MOIM_ACT_DEFER;
}

/* Without punctuation a unit may be several sentences: whether one of its clauses does it. */
static bool clause_is(const struct moim_hunt *h, const char *text, enum moim_finding_kind kind)
{
    char clause[CLAUSE];
    for (const char *p = text; h->lang->clause && *p;) {
        size_t n = h->lang->clause(p);
        if (!n) break;
        snprintf(clause, sizeof clause, "%.*s", (int)(n < sizeof clause ? n : 0), p);
        if (*clause && (p[n] || p > text) && cue_is(h->lang->cue(clause), kind)) return true;
        p += n + strspn(p + n, " ");
    }
    return false;
}

/* The share of the probability that will do: less where the rules of endings and phrases are sure of it too, least
 * where they also know by whom and until when. */
static float share_needed(const struct moim_hunt *h, int turn, enum moim_finding_kind kind)
{
    float share = 1;
    for (int i = h->in.first[turn]; i < h->in.first[turn + 1]; i++) {
        const struct moim_tagger_unit *u = &h->in.unit[i];
        bool whole = kind == MOIM_FOUND_ACTION && has_day_and_owner(h, turn, u);
        float s = whole ? WHOLE : cue_is(u->cue, kind) || clause_is(h, u->text, kind) ? CUED : 1;
        if (s < share) share = s;
    }
    return share;
}

static bool enough(const struct moim_hunt *h, int turn, enum moim_finding_kind kind, float p, float limit)
{
    return p >= limit || p >= limit * share_needed(h, turn, kind);
}

static int find_all(struct moim_hunt *h)
{
    float shown[3], asserted,
        asked = 0; /* asked: that the turn before asks who does what this one promises */
    int rc = MOIM_OK;
    for (int k = 0; k < 3; k++) limits_of(h, k, &shown[k], &asserted);
    for (int i = 0; !rc && i < h->t.n_turns; i++) {
        if (enough(h, i, MOIM_FOUND_DECISION, h->t.tag[i][MOIM_TAG_DECISION], shown[0]) &&
            !settled_nearby(h, i))
            rc = find_decision(h, i);
        float task = fmaxf(task_score(h, i), asked);
        bool promised = promised_next(h, i);
        asked = promised ? task : 0;
        if (!rc && !promised && enough(h, i, MOIM_FOUND_ACTION, task, shown[1]) && !only_asks_when(h, i) &&
            !known_task(h, i))
            rc = find_task(h, i, task);
        if (!rc && enough(h, i, MOIM_FOUND_QUESTION, question_score(h, i), shown[2]) && !asked_nearby(h, i))
            rc = find_question(h, i);
    }
    drop_shadows(h->out);
    return rc;
}

int moim_findings_with(const struct moim_tagger *tagger, const struct moim_minutes_request *req,
                       struct moim_findings *out, struct moim_err *err)
{
    struct moim_hunt h = {.req = req, .tagger = tagger, .out = out, .lang = moim_language_get(req->language)};
    memset(out, 0, sizeof *out);
    int rc = moim_tagger_read(&h.in, req, err);
    if (rc) return rc;
    rc = moim_tagger_run(tagger, &h.in, &h.t, err);
    if (!rc) {
        rc = find_all(&h);
        if (rc) moim_fail(err, rc, "minutes: out of memory");
        out->tag = h.t.tag[0];
        h.t.tag = NULL;
        moim_tagging_free(&h.t);
    }
    moim_tagger_input_free(&h.in);
    if (rc) moim_findings_free(out);
    return rc;
}

int moim_findings_get(const struct moim_minutes_request *req, struct moim_findings *out, struct moim_err *err)
{
    struct moim_tagger *tagger = NULL;
    memset(out, 0, sizeof *out);
    if (req->tagger) return moim_findings_with(req->tagger, req, out, err);
    int rc = moim_tagger_open(&tagger, moim_tagger_weights,
                              (uintptr_t)moim_tagger_weights_end - (uintptr_t)moim_tagger_weights, err);
    if (!rc) rc = moim_findings_with(tagger, req, out, err);
    moim_tagger_close(tagger);
    return rc;
}
