/* Until when a task is to be done: the day that was named last for it. */
#include "summarize/findings_int.h"
#include "summarize/word_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ANSWER_TURNS 3     /* turns between what belongs to a task and a day given for it */
#define BARE_REST 14       /* bytes besides the day in a sentence that only names it */
#define BARE_LIMIT_REST 30 /* the same of "until" a day */
#define LINKED 0.2         /* probability that a turn gives the task its day */
#define LINKED_LATE 0.6    /* the same when the task is to be done at once */

/* A day in a turn, with the sentence that names it. */
struct named_day {
    const struct moim_tagger_unit *unit;
    struct moim_day day;
    bool corrects; /* another day is rejected beside it: "not Tuesday, Wednesday" */
};

static bool day_of(const struct moim_hunt *h, int unit, struct named_day *out)
{
    const struct moim_tagger_unit *u = &h->in.unit[unit];
    int best = u->n_days ? moim_day_that_counts(u->text, u->day, u->n_days) : -1;
    if (best < 0) return false;
    *out = (struct named_day){u, u->day[best], false};
    for (int i = 0; i < u->n_days; i++) out->corrects = out->corrects || u->day[i].denied;
    return u->cue.act != MOIM_ACT_REFUSE || out->corrects;
}

/* Whether the word before `to` is a subject or topic of its own, so that the day is that thing's: "회고는 금요일". */
static bool has_topic(const char *text, size_t to)
{
    static const char *const me[] = {"저는", "나는", "제가", "내가", "전", "난", NULL};
    static const char *const mark[] = {"은 ", "는 ", "이 ", "가 ", "을 ", "를 ", NULL};
    for (size_t at = 0, n; at < to; at += n + 1) {
        n = strcspn(text + at, " ");
        bool mine = false, marked = false;
        for (int i = 0; me[i]; i++) mine = mine || (strlen(me[i]) == n && !memcmp(text + at, me[i], n));
        for (int i = 0; mark[i]; i++) marked = marked || (n > 3 && !memcmp(text + at + n - 3, mark[i], 3));
        if (marked && !mine) return true;
        if (!text[at + n]) break;
    }
    return false;
}

/* Bytes of the words in front that only take up what was said: "아, 네 그럼 금요일이요". */
static size_t taking_up(const char *text)
{
    static const char *const word[] = {"아", "어", "음",   "네",   "예",   "응",   "그럼", "그러면",
                                       "so", "oh", "well", "okay", "then", "yeah", NULL};
    size_t at = 0;
    for (int i = 0; word[i]; i++) {
        size_t n = strlen(word[i]),
               more = n + strspn(text + at + (strncasecmp(text + at, word[i], n) ? 0 : n), ", .");
        if (strncasecmp(text + at, word[i], n) || more == n) continue;
        at += more;
        i = -1;
    }
    return at;
}

/* A day and little else: "금요일까지요", "내일 가", "Monday then". */
static bool only_names(const struct named_day *d)
{
    size_t up = taking_up(d->unit->text);
    size_t rest = strlen(d->unit->text) - (d->day.to - d->day.from) - (up < d->day.from ? up : d->day.from);
    return rest <= (d->day.limit ? BARE_LIMIT_REST : BARE_REST) && !has_topic(d->unit->text, d->day.from);
}

bool moim_hunt_names_day(const struct moim_hunt *h, int turn)
{
    struct named_day d;
    for (int i = h->in.first[turn]; i < h->in.first[turn + 1]; i++)
        if (day_of(h, i, &d)) return true;
    return false;
}

bool moim_hunt_only_day(const struct moim_hunt *h, int turn)
{
    struct named_day d;
    return h->in.n_content[turn] <= h->lang->amount.only_day && day_of(h, h->in.first[turn + 1] - 1, &d) &&
           only_names(&d);
}

/* "아니 다음 주 화요일": another day than the one just said. */
static bool says_no(const char *text)
{
    static const char *const no[] = {"아니 ", "아니, ", "아니요, ", "no, ", "no no", NULL};
    for (int i = 0; no[i]; i++)
        if (!strncasecmp(text, no[i], strlen(no[i]))) return true;
    return false;
}

/* The day of the sentence nearest to the one that makes the task, in its turn; one that only names a day and comes
 * later replaces it: "수요일까지 해 줄래요? 이번 수요일 말고 다음 주 수요일"; and so does any behind one that turns it
 * down: "Thursday. No, Thursday is the ministry. Friday, I'll drive out Friday." */
static bool day_near(const struct moim_hunt *h, int turn, enum moim_tag tag, struct named_day *out)
{
    int at = moim_hunt_unit(h, turn, tag), a = h->in.first[turn], b = h->in.first[turn + 1];
    bool found = false;
    for (int d = 0; d < b - a && !found; d++)
        for (int i = at + d; i >= at - d && !found; i -= d ? 2 * d : 1)
            found = i >= a && i < b && day_of(h, i, out) && (!d || !out->day.told || out->day.limit);
    struct named_day later;
    bool turned_down = false;
    for (int i = found ? (int)(out->unit - h->in.unit) + 1 : b; i < b; i++) {
        if (!day_of(h, i, &later)) continue;
        bool same = moim_date_same(later.day.date, out->day.date);
        if (same && says_no(later.unit->text)) turned_down = true;
        if (!(turned_down && !same) && !only_names(&later) && !later.corrects) continue;
        *out = later;
        turned_down = false;
    }
    return found;
}

static void set_due(struct moim_finding *f, const struct named_day *d)
{
    size_t n = d->day.to - d->day.from;
    moim_date_format(d->day.date, f->due_date);
    if (n >= sizeof f->due_text) n = sizeof f->due_text - 1;
    while (n && ((unsigned char)d->unit->text[d->day.from + n] & 0xc0) == 0x80) n--;
    memcpy(f->due_text, d->unit->text + d->day.from, n);
    f->due_text[n] = 0;
    while (n && strchr(" .,?!", f->due_text[n - 1])) f->due_text[--n] = 0;
    f->due = d->unit->turn;
}

static bool says(const char *text, const char *const *list)
{
    for (; *list; list++)
        if (strcasestr(text, *list)) return true;
    return false;
}

/* "지금 바로 보낼게요": no later day is meant. */
static bool at_once(const struct moim_hunt *h, int turn)
{
    static const char *const now[] = {"지금", "바로", "right now", "right away", NULL};
    for (int i = turn < 0 ? 0 : h->in.first[turn]; turn >= 0 && i < h->in.first[turn + 1]; i++) {
        enum moim_act act = h->in.unit[i].cue.act;
        bool does = act == MOIM_ACT_PROMISE || act == MOIM_ACT_REQUEST || h->in.n_content[turn] <= 4;
        if (does && says(h->in.unit[i].text, now)) return true;
    }
    return false;
}

/* "언제까지?", "By when?" */
bool moim_hunt_asks_when(const struct moim_hunt *h, int turn)
{
    static const char *const when[] = {"언제",     "며칠",     "얼마나 걸", "when",
                                       "what day", "how long", "how soon",  NULL};
    return h->in.n_content[turn] < 8 && says(h->req->turns[turn].text, when);
}

static bool same_person(const struct moim_hunt *h, int a, int b)
{
    return a >= 0 && b >= 0 && a < h->t.n_turns && b < h->t.n_turns && h->in.speaker[a] >= 0 &&
           h->in.speaker[a] == h->in.speaker[b];
}

static bool agrees(const char *text)
{
    static const char *const yes[] = {"then", "okay", "fine", "그럼", "네", "그래", NULL};
    return says(text, yes);
}

/* The task's owner, its requester, or an adjacent speaker. */
static bool takes_part(const struct moim_hunt *h, const struct moim_finding *f, int turn)
{
    if (!strcmp(h->req->turns[turn].speaker, f->owner)) return true;
    int with[] = {f->head, f->about, f->accept, f->head - 1, f->head + 1};
    for (size_t i = 0; i < sizeof with / sizeof *with; i++)
        if (same_person(h, with[i], turn)) return true;
    return false;
}

/* Whether turn i is a task of its own rather than about this one. */
static bool own_task(const struct moim_hunt *h, const struct moim_finding *f, int i)
{
    static const char *const me[] = {"저는", "제가", "나는", "내가", "i'll ", "i will ", "ill ", NULL};
    if (!strcmp(h->req->turns[i].speaker, f->owner))
        return h->t.tag[i][MOIM_TAG_TASK] > 0.5F && i - f->head > 1 &&
               exp(h->t.link[i][i - f->head - 1][MOIM_LINK_REPEATS]) < 0.3;
    return says(h->req->turns[i].text, me) ||
           (h->t.tag[i][MOIM_TAG_TASK] > 0.3F && !same_person(h, i, f->head) && !same_person(h, i, f->about));
}

/* "For the March round?" "For the meeting on the twelfth"; "Do it before the meeting tomorrow". */
static bool answers(const struct moim_hunt *h, const struct moim_finding *f, int turn,
                    const struct named_day *d)
{
    const char *before = h->req->turns[turn - 1].text;
    bool asked =
        *before && before[strlen(before) - 1] == '?' && !strcmp(h->req->turns[turn - 1].speaker, f->owner);
    return asked || d->unit->cue.act == MOIM_ACT_REQUEST;
}

static bool requests(const struct moim_hunt *h, int turn)
{
    if (h->t.tag[turn][MOIM_TAG_GIVES] > 0.15F || h->t.tag[turn][MOIM_TAG_ASKS] > 0.15F) return true;
    for (int i = h->in.first[turn]; i < h->in.first[turn + 1]; i++)
        if (h->in.unit[i].cue.act == MOIM_ACT_ASK || h->in.unit[i].cue.act == MOIM_ACT_REQUEST) return true;
    return false;
}

/* "Let's say the first, to be safe", "그럼 목요일로 하죠": settles on that day. */
static bool settles_on(const struct named_day *d)
{
    static const char *const say[] = {"let's say ", "lets say ", "say ", "make it ",
                                      "make that ", "call it ",  NULL};
    static const char *const so[] = {"로 하", "로 합", "로 해", "로 할", "로 가", NULL};
    const char *text = d->unit->text + taking_up(d->unit->text), *behind = d->unit->text + d->day.to;
    for (int i = 0; say[i]; i++)
        if (!strncasecmp(text, say[i], strlen(say[i])) &&
            d->unit->text + d->day.from < text + strlen(say[i]) + 12)
            return true;
    /* The particle may be taken for the day's. */
    return moim_starts_any(behind, so) ||
           (d->day.to >= strlen("로") && moim_starts_any(behind - strlen("로"), so));
}

/* "내가 금요일에 들고 가니까 목요일까지.": whatever stands before, its last word is until when. */
static bool ends_with_limit(const struct named_day *d)
{
    const char *behind = d->unit->text + d->day.to;
    if (!strncmp(behind, "요", strlen("요"))) behind += strlen("요");
    return d->day.limit && !behind[strspn(behind, " .,?!")];
}

bool moim_hunt_same_day(const struct moim_hunt *h, const struct moim_finding *f, int turn)
{
    struct named_day d;
    char day[11] = "";
    if (day_near(h, turn, MOIM_TAG_TASK, &d)) moim_date_format(d.day.date, day);
    return *day && !strcmp(day, f->due_date);
}

/* "네, 그럼 수요일까지요", "내일 가.": a day and little else, soon after, by who does the task or asked for it. */
static bool gives_day(const struct moim_hunt *h, const struct moim_finding *f, int turn, int last,
                      const struct named_day *d)
{
    bool owner = !strcmp(h->req->turns[turn].speaker, f->owner), next = turn == last + 1;
    bool had = *f->due_date && f->due >= f->head;
    if (turn - last > ANSWER_TURNS) return false;
    if (!had && turn - 1 <= last && moim_hunt_asks_when(h, turn - 1)) return true;
    if (!takes_part(h, f, turn)) return false;
    if (next && !owner && says_no(h->req->turns[turn].text)) return true;
    if (owner && (d->corrects || exp(h->t.link[turn][turn - f->head - 1][MOIM_LINK_REPEATS]) > 0.5))
        return true;
    bool until = ends_with_limit(d) && !owner && h->in.speaker[turn] == h->in.speaker[f->head];
    if (own_task(h, f, turn) && !until) return false;
    /* "They're seeing them on the twenty-fourth." "Oh, you'll have it Friday." */
    if (owner && had && f->due > f->head && turn == f->due + 1 && !same_person(h, f->due, turn)) return true;
    bool little = h->in.n_content[turn] <= h->lang->amount.only_day;
    bool first = d->unit == &h->in.unit[h->in.first[turn]];
    bool bare = only_names(d) && (little || first || (next && !had));
    if (d->corrects || settles_on(d) || (!had && next && answers(h, f, turn, d))) return true;
    if (had)
        return bare &&
               (d->day.limit || agrees(d->unit->text) ||
                (owner && (f->due != f->head || (next && requests(h, f->head))))) &&
               (!d->day.wide || d->day.limit);
    return bare || until || (owner && d->day.limit) || (little && next && (owner || d->day.limit)) ||
           (next && first && !d->day.from);
}

/* A promise takes the limit that the question before it named: "화요일까지 돼요?" */
static void due_of_question(const struct moim_hunt *h, struct moim_finding *f)
{
    struct named_day d;
    if (f->about >= 0 && f->head - f->about <= ANSWER_TURNS && requests(h, f->about) &&
        day_near(h, f->about, MOIM_TAG_GIVES, &d) && d.day.limit)
        set_due(f, &d);
}

/* "제가 오늘 중으로 다시 잡겠습니다." "강 반장은 서쪽 배근 토요일까지 끝내 놔요.": the task has named its own limit, and the turn is one
 * by another about another. */
static bool of_another_task(const struct moim_hunt *h, const struct moim_finding *f, int turn,
                            const struct named_day *d)
{
    struct named_day own;
    bool said =
        *f->due_date && f->due == f->head && day_near(h, f->head, MOIM_TAG_TASK, &own) && own.day.limit;
    return said && !d->corrects && !only_names(d) && !says_no(h->req->turns[turn].text) &&
           strcmp(h->req->turns[turn].speaker, f->owner) != 0 && own_task(h, f, turn);
}

/* What a link takes for the task's day and is not: the day of what another promises there, and a week or month where a
 * day was said. */
static bool belongs_elsewhere(const struct moim_hunt *h, const struct moim_finding *f, int turn,
                              const struct named_day *d)
{
    bool owner = !strcmp(h->req->turns[turn].speaker, f->owner);
    bool promises = d->unit->cue.act == MOIM_ACT_PROMISE ||
                    h->t.tag[turn][MOIM_TAG_TAKES] > h->t.tag[turn][MOIM_TAG_GIVES];
    bool sure = h->t.tag[turn][MOIM_TAG_TASK] > 0.3F || d->unit->cue.sure;
    if (!owner && turn != f->accept && (!takes_part(h, f, turn) || (promises && sure))) return true;
    bool by_owner = f->due >= f->head && !strcmp(h->req->turns[f->due].speaker, f->owner);
    if (*f->due_date && by_owner && !owner && !d->day.limit && !d->corrects && !only_names(d) &&
        !agrees(d->unit->text))
        return true;
    return (*f->due_date && d->day.wide && !d->day.limit) || of_another_task(h, f, turn, d);
}

/* The day named last counts: in the task itself, in its acceptance, in turns that give it a day. */
void moim_hunt_due(const struct moim_hunt *h, struct moim_finding *f)
{
    struct named_day d = {0};
    due_of_question(h, f);
    if (day_near(h, f->head, MOIM_TAG_TASK, &d)) set_due(f, &d);
    int last = f->accept > f->head ? f->accept : f->head;
    char today[11];
    moim_date_format(h->req->date, today);
    if (at_once(h, f->accept) && !d.day.limit && strcmp(f->due_date, today))
        *f->due_date = *f->due_text = 0, f->due = -1;
    bool now = !*f->due_date && (at_once(h, f->head) || at_once(h, f->accept));
    for (int i = f->head + 1; i < h->t.n_turns && i - f->head <= MOIM_TAGGER_REACH; i++) {
        double p = moim_hunt_linked(h, i, f->head, MOIM_TAG_DATES, MOIM_LINK_DATES);
        for (int j = f->head + 1; j < i && j <= f->accept; j++)
            p += moim_hunt_linked(h, i, j, MOIM_TAG_DATES, MOIM_LINK_DATES);
        if (i <= last + ANSWER_TURNS && moim_hunt_asks_when(h, i) && i > last) last = i;
        if (!day_near(h, i, MOIM_TAG_DATES, &d)) continue;
        bool linked = p >= (now ? LINKED_LATE : LINKED) && !belongs_elsewhere(h, f, i, &d);
        if (i != f->accept && !linked && (now || !gives_day(h, f, i, last, &d))) continue;
        set_due(f, &d);
        if (i > last) last = i;
    }
}
