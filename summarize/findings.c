#include "summarize/findings.h"
#include "summarize/evidence.h"
#include "summarize/note.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PERSONS_MAX 64
#define NEAR 5 /* turns within which one sentence may answer another */

struct sentence {
    char *text;
    int turn;
    struct moim_cue cue;
    bool has_date;
    struct moim_date date;
    size_t from, to; /* of the day in text */
};

struct hunt {
    const struct moim_minutes_request *req;
    bool ko;
    struct sentence *s;
    int n;
    const char *person[PERSONS_MAX];
    int n_persons;
    int *speaker; /* of each turn, -1 unknown */
    struct moim_findings *out;
    int *last; /* of each finding: the sentence that last touched it */
    bool oom;
};

void moim_findings_free(struct moim_findings *f)
{
    for (int i = 0; i < f->n; i++) {
        free(f->list[i].text);
        free(f->list[i].source);
        free(f->list[i].context);
    }
    free(f->list);
    memset(f, 0, sizeof *f);
}

/* ---- reading ---- */

static int read_speakers(struct hunt *h)
{
    h->speaker = malloc(sizeof *h->speaker * (size_t)h->req->n_turns);
    if (!h->speaker) return MOIM_ENOMEM;
    for (int t = 0; t < h->req->n_turns; t++) {
        const char *who = h->req->turns[t].speaker;
        int k = 0;
        while (k < h->n_persons && strcmp(h->person[k], who)) k++;
        if (k == h->n_persons && *who && k < PERSONS_MAX) h->person[h->n_persons++] = who;
        h->speaker[t] = *who && k < PERSONS_MAX ? k : -1;
    }
    return MOIM_OK;
}

static int read_sentences(struct hunt *h)
{
    int cap = 0;
    for (int t = 0; t < h->req->n_turns; t++) {
        const char *p = h->req->turns[t].text;
        size_t len;
        while ((len = moim_next_sentence(&p))) {
            if (h->n == cap) {
                cap = cap ? 2 * cap : 64;
                struct sentence *grown = realloc(h->s, sizeof *grown * (size_t)cap);
                if (!grown) return MOIM_ENOMEM;
                h->s = grown;
            }
            struct sentence *s = &h->s[h->n];
            memset(s, 0, sizeof *s);
            s->text = strndup(p, len);
            if (!s->text) return MOIM_ENOMEM;
            h->n++;
            p += len;
            s->turn = t;
            s->cue = h->ko ? moim_cue_ko(s->text) : moim_cue_en(s->text);
            s->has_date = moim_date_find(s->text, h->req->date, &s->date, &s->from, &s->to);
        }
    }
    return MOIM_OK;
}

static int who(const struct hunt *h, int i)
{
    return h->speaker[h->s[i].turn];
}

static bool same_turn(const struct hunt *h, int i, int j)
{
    return h->s[i].turn == h->s[j].turn;
}

/* A day and hardly anything else: "금요일까지요.", "오늘 안에요.", "금요일까지 될까요?" */
static bool only_date(const struct hunt *h, int i)
{
    const struct sentence *s = &h->s[i];
    size_t n = strlen(s->text), rest = n - (s->to - s->from);
    char topic[MOIM_NOTE_MAX];
    /* "회고는 다음 주 금요일": a day of something else. */
    if (s->has_date && h->ko && (strstr(s->text, "은 ") || strstr(s->text, "는 ")) && s->from > 3)
        return false;
    return s->has_date && rest < (h->ko ? 32 : 24) &&
           !(h->ko && rest > 20 && moim_note_topic(topic, s->text, true));
}

/* ---- writing ---- */

static char *or_oom(struct hunt *h, const char *s)
{
    char *copy = strdup(s);
    if (!copy) h->oom = true;
    return copy;
}

static void replace(struct hunt *h, char **to, const char *text)
{
    char *copy = or_oom(h, text);
    if (!copy) return;
    free(*to);
    *to = copy;
}

static void cite(struct moim_finding *f, int turn)
{
    int at = 0;
    while (at < f->n_turns && f->turns[at] < turn) at++;
    if ((at < f->n_turns && f->turns[at] == turn) || f->n_turns == MOIM_FINDING_TURNS) return;
    memmove(f->turns + at + 1, f->turns + at, sizeof *f->turns * (size_t)(f->n_turns - at));
    f->turns[at] = turn;
    f->n_turns++;
}

static void set_due(struct moim_finding *f, const struct sentence *s)
{
    if (!s->has_date) return;
    moim_date_format(s->date, f->due_date);
    size_t n = s->to - s->from;
    if (n >= sizeof f->due_text) n = sizeof f->due_text - 1;
    while (n && ((unsigned char)s->text[s->from + n] & 0xc0) == 0x80) n--;
    memcpy(f->due_text, s->text + s->from, n);
    f->due_text[n] = 0;
    while (n && strchr(" .,?!", f->due_text[n - 1])) f->due_text[--n] = 0;
}

static struct moim_finding *push(struct hunt *h, enum moim_finding_kind kind, const char *text, int i)
{
    struct moim_finding *grown = realloc(h->out->list, sizeof *grown * (size_t)(h->out->n + 1));
    int *last = grown ? realloc(h->last, sizeof *last * (size_t)(h->out->n + 1)) : NULL;
    if (grown) h->out->list = grown;
    if (last) h->last = last;
    if (!grown || !last) {
        h->oom = true;
        return NULL;
    }
    struct moim_finding *f = &grown[h->out->n];
    memset(f, 0, sizeof *f);
    last[h->out->n++] = i;
    f->kind = kind;
    f->text = or_oom(h, text);
    f->source = or_oom(h, h->s[i].text);
    f->context = or_oom(h, "");
    f->probability = 1;
    f->head = h->s[i].turn;
    f->about = f->accept = f->due = f->condition = f->put_off = -1;
    cite(f, h->s[i].turn);
    return f;
}

/* The nearest earlier sentence that says what `i` is about. */
static int context_of(const struct hunt *h, int i, char topic[MOIM_NOTE_MAX])
{
    /* What was said in the same breath; "그거" points at the last thing said; otherwise a question of the
     * last turns is what the talk is about. */
    static const char *const that[] = {"그거", "그것",   "그걸", "그건",  "그렇게",
                                       " it ", " that ", " it.", " that."};
    bool pointing = false;
    for (size_t k = 0; k < sizeof that / sizeof *that; k++)
        pointing = pointing || strstr(h->s[i].text, that[k]);
    for (int j = i - 1; j >= 0 && same_turn(h, i, j); j--)
        if (h->s[j].cue.act != MOIM_ACT_ACCEPT && moim_note_topic(topic, h->s[j].text, h->ko) &&
            !strstr(h->s[i].text, topic) && (h->ko || strchr(topic, ' ')))
            return j;
    for (int j = i - 1; j >= 0 && !pointing && h->s[i].turn - h->s[j].turn <= 3; j--) {
        enum moim_act act = h->s[j].cue.act;
        if (act != MOIM_ACT_ASK && act != MOIM_ACT_PROPOSE && act != MOIM_ACT_REQUEST) continue;
        if (moim_note_topic(topic, h->s[j].text, h->ko) && !strstr(h->s[i].text, topic) &&
            (h->ko || strchr(topic, ' ')))
            return j;
    }
    for (int j = i - 1; j >= 0 && h->s[i].turn - h->s[j].turn <= NEAR; j--) {
        enum moim_act act = h->s[j].cue.act;
        if (act == MOIM_ACT_ACCEPT || act == MOIM_ACT_REFUSE || act == MOIM_ACT_SO) continue;
        if (!moim_note_topic(topic, h->s[j].text, h->ko) || strstr(h->s[i].text, topic)) continue;
        if (h->ko || strchr(topic, ' ')) return j; /* one English word alone may be any verb */
    }
    return -1;
}

/* What is too thin to stand alone gets the topic it answers in front. */
static void explain(struct hunt *h, struct moim_finding *f, int i)
{
    char topic[MOIM_NOTE_MAX], text[2 * MOIM_NOTE_MAX];
    f->vague = moim_note_vague(f->text, h->ko);
    if (!f->vague) return;
    /* What was just proposed or asked for is what is taken on. */
    for (int j = i - 1;
         j >= 0 && h->ko && h->s[i].cue.act == MOIM_ACT_PROMISE && h->s[i].turn - h->s[j].turn <= 1; j--) {
        enum moim_act act = h->s[j].cue.act;
        if (same_turn(h, i, j) || (act != MOIM_ACT_PROPOSE && act != MOIM_ACT_REQUEST)) continue;
        moim_note_make(text, h->s[j].text, MOIM_ACT_PROMISE, h->ko, h->req->date, 0, 0);
        if (moim_note_vague(text, h->ko)) break;
        replace(h, &f->text, text);
        replace(h, &f->context, h->s[j].text);
        cite(f, h->s[j].turn);
        return;
    }
    int j = context_of(h, i, topic);

    if (j < 0) return;
    /* One word joins its object: "비용 계산", "상세 페이지 마무리". */
    snprintf(text, sizeof text, "%s%s %s", topic, h->ko && !strchr(f->text, ' ') ? "" : ":", f->text);
    replace(h, &f->text, text);
    replace(h, &f->context, h->s[j].text);
    cite(f, h->s[j].turn);
}

/* ---- actions ---- */

/* Days that stand beside the task in its own turn: "금요일까지요." */
static void due_nearby(const struct hunt *h, struct moim_finding *f, int i)
{
    if (h->s[i].has_date) set_due(f, &h->s[i]);
    for (int j = i + 1; !*f->due_date && j < h->n && same_turn(h, i, j); j++) {
        if (h->s[j].cue.act == MOIM_ACT_PROMISE && h->s[j].cue.sure) break;
        if (only_date(h, j)) set_due(f, &h->s[j]);
    }
    int j = i - 1;
    if (!*f->due_date && j >= 0 && same_turn(h, i, j) && h->s[j].has_date &&
        h->s[j].cue.act != MOIM_ACT_DECIDE && h->s[j].cue.act != MOIM_ACT_REQUEST &&
        (only_date(h, j) || h->s[j].cue.act == MOIM_ACT_PROPOSE))
        set_due(f, &h->s[j]);
}

static struct moim_finding *open_action_of(struct hunt *h, const char *owner, int i, int span, int *index)
{
    for (int k = h->out->n - 1; k >= 0; k--) {
        struct moim_finding *f = &h->out->list[k];
        if (f->kind != MOIM_FOUND_ACTION || h->s[i].turn - h->s[h->last[k]].turn > span) continue;
        if (strcmp(f->owner, owner)) continue;
        *index = k;
        return f;
    }
    return NULL;
}

/* A promise that answers a request, or says an earlier promise again, is that task. */
static bool same_task(const struct hunt *h, const struct moim_finding *f, int k, int i, const char *note)
{
    int j = h->last[k];
    bool vague = moim_note_vague(note, h->ko) || f->vague, answer = h->s[j].cue.act == MOIM_ACT_REQUEST;
    int gap = h->s[i].turn - h->s[j].turn;
    double alike = moim_text_overlap(f->text, note);
    if (alike > 0.5) return true;
    if (gap == 0) return vague || only_date(h, i);
    /* The first thing said in answer to a request is about it. */
    if (answer && gap <= 2 &&
        (i == 0 || h->s[i - 1].turn < h->s[i].turn || h->s[i - 1].cue.act == MOIM_ACT_ACCEPT))
        return vague || alike > 0.1 || gap == 1;
    return gap <= 3 && alike > 0.3;
}

static void merge_action(struct hunt *h, struct moim_finding *f, int k, int i, const char *note)
{
    bool better = (f->vague && !moim_note_vague(note, h->ko)) ||
                  (!moim_note_vague(note, h->ko) && strlen(note) > strlen(f->text) + 12 &&
                   moim_text_overlap(f->text, note) > 0.3);
    if (better) {
        replace(h, &f->text, note);
        replace(h, &f->source, h->s[i].text);
        f->vague = false;
    }
    struct moim_finding day = {0};
    due_nearby(h, &day, i);
    if (*day.due_date) {
        memcpy(f->due_date, day.due_date, sizeof f->due_date);
        memcpy(f->due_text, day.due_text, sizeof f->due_text);
    }
    cite(f, h->s[i].turn);
    h->last[k] = i;
}

static void add_action(struct hunt *h, int i, const char *owner, const char *note)
{
    int k;
    struct moim_finding *f = open_action_of(h, owner, i, NEAR, &k);
    if (f && same_task(h, f, k, i, note)) {
        merge_action(h, f, k, i, note);
        return;
    }
    f = push(h, MOIM_FOUND_ACTION, note, i);
    if (!f) return;
    snprintf(f->owner, sizeof f->owner, "%s", owner);
    due_nearby(h, f, i);
    explain(h, f, i);
}

static bool asked_for_time(const struct hunt *h, int i)
{
    static const char *const time[] = {"언제", "가능", "when", "how soon", "by when", "how long"};
    for (int j = i - 1; j >= 0 && h->s[i].turn - h->s[j].turn <= 1; j--)
        for (size_t k = 0; k < sizeof time / sizeof *time; k++)
            if (h->s[j].cue.act == MOIM_ACT_ASK && !same_turn(h, i, j) && strcasestr(h->s[j].text, time[k]))
                return true;
    return false;
}

static void on_promise(struct hunt *h, int i)
{
    int p = who(h, i);
    if (!h->s[i].cue.sure && !h->s[i].has_date && !asked_for_time(h, i)) return;
    char note[MOIM_NOTE_MAX];
    moim_note_make(note, h->s[i].text, MOIM_ACT_PROMISE, h->ko, h->req->date, 0, 0);
    if (*note) add_action(h, i, p >= 0 ? h->person[p] : "", note);
}

/* Who answers next, if he does it as one who was asked. */
static int next_to_answer(const struct hunt *h, int i)
{
    int me = who(h, i);
    for (int j = i + 1; j < h->n && h->s[j].turn - h->s[i].turn <= 1; j++) {
        enum moim_act act = h->s[j].cue.act;
        if (same_turn(h, i, j)) continue;
        return who(h, j) != me &&
                       (act == MOIM_ACT_ACCEPT || act == MOIM_ACT_PROMISE || act == MOIM_ACT_REFUSE)
                   ? who(h, j)
                   : -1;
    }
    return -1;
}

static int speaker_before(const struct hunt *h, int i)
{
    for (int t = h->s[i].turn - 1; t >= 0 && t >= h->s[i].turn - 2; t--)
        if (h->speaker[t] >= 0 && h->speaker[t] != who(h, i)) return h->speaker[t];
    return -1;
}

/* "서론은 18일까지, 실험은 27일까지 주세요": days for tasks that are known already. */
static bool days_for_known(struct hunt *h, int i)
{
    char part[MOIM_NOTE_MAX];
    bool any = false;
    if (!h->s[i].has_date) return false;
    for (const char *p = h->s[i].text; *p;) {
        size_t n = strcspn(p, ",");
        snprintf(part, sizeof part, "%.*s", (int)n, p);
        p += n + (p[n] == ',');
        char topic[MOIM_NOTE_MAX];
        struct sentence day = {.text = part, .turn = h->s[i].turn};
        day.has_date = moim_date_find(part, h->req->date, &day.date, &day.from, &day.to);
        if (!day.has_date || !moim_note_topic(topic, part, h->ko)) continue;
        for (int k = h->out->n - 1; k >= 0; k--) {
            struct moim_finding *f = &h->out->list[k];
            if (f->kind != MOIM_FOUND_ACTION || *f->due_date ||
                h->s[i].turn - h->s[h->last[k]].turn > 2 * NEAR)
                continue;
            if (!strstr(f->text, topic)) continue;
            set_due(f, &day);
            cite(f, h->s[i].turn);
            h->last[k] = i;
            any = true;
            break;
        }
    }
    return any;
}

static void on_request(struct hunt *h, int i)
{
    char owner[96] = "", note[MOIM_NOTE_MAX];
    size_t from = 0, to = 0;
    bool named = moim_note_addressee(h->s[i].text, h->person, h->n_persons, who(h, i), owner, sizeof owner,
                                     &from, &to);
    if (days_for_known(h, i)) return;
    int answer = next_to_answer(h, i);
    for (int j = i - 1; !named && j >= 0 && same_turn(h, i, j); j--) { /* "수빈 씨. 이거 해 주세요." */
        size_t a, b;
        if (strlen(h->s[j].text) > 40) continue;
        named = moim_note_addressee(h->s[j].text, h->person, h->n_persons, who(h, i), owner, sizeof owner, &a,
                                    &b);
    }
    if (!h->s[i].cue.sure && !named && answer < 0 && !h->s[i].has_date) return;
    if (!named) {
        int p = answer >= 0 ? answer : speaker_before(h, i);
        if (p >= 0) snprintf(owner, sizeof owner, "%s", h->person[p]);
    }
    moim_note_make(note, h->s[i].text, MOIM_ACT_REQUEST, h->ko, h->req->date, from, to);
    if (!*note) return;
    add_action(h, i, owner, note);
    /* Whoever is asked answers in the turns around it: that is where the name comes from. */
    int k, p = -1;
    for (int q = 0; q < h->n_persons; q++)
        if (!strcmp(h->person[q], owner)) p = q;
    struct moim_finding *f = p >= 0 ? open_action_of(h, owner, i, 0, &k) : NULL;
    for (int d = 1; f && d <= 2; d++)
        for (int t = h->s[i].turn + d; t >= h->s[i].turn - d; t -= 2 * d)
            if (t >= 0 && t < h->req->n_turns && h->speaker[t] == p) {
                cite(f, t);
                return;
            }
}

/* A day said while a task is being agreed on is its day: "언제까지 될까요?" "금요일까지요." */
static void on_date(struct hunt *h, int i)
{
    static const char *const limit[] = {"까지", "안에", "안으로", "중으로", "내로",
                                        "전에", "by ",  "By ",    "before "};
    bool limits = asked_for_time(h, i);
    for (size_t k = 0; k < sizeof limit / sizeof *limit; k++)
        limits = limits || strstr(h->s[i].text, limit[k]);
    if (!limits) return; /* "오늘 감사합니다" */
    for (int k = h->out->n - 1; k >= 0; k--) {
        struct moim_finding *f = &h->out->list[k];
        int gap = h->s[i].turn - h->s[h->last[k]].turn;
        if (f->kind != MOIM_FOUND_ACTION || gap < 1 || gap > 3) continue;
        bool answered = i > 0 && h->s[i - 1].cue.act == MOIM_ACT_ACCEPT;
        bool owner = who(h, i) >= 0 && !strcmp(h->person[who(h, i)], f->owner);
        if (*f->due_date && !owner && !answered) return;
        if (h->s[i].cue.act == MOIM_ACT_ASK && *f->due_date)
            return; /* wishes another day: the answer decides */
        set_due(f, &h->s[i]);
        cite(f, h->s[i].turn);
        h->last[k] = i;
        return;
    }
}

/* ---- decisions ---- */

static struct moim_finding *near_decision(struct hunt *h, int i, int *index)
{
    for (int k = h->out->n - 1; k >= 0; k--) {
        struct moim_finding *f = &h->out->list[k];
        if (f->kind == MOIM_FOUND_DECISION && h->s[i].turn - h->s[h->last[k]].turn <= 2 * NEAR) {
            *index = k;
            return f;
        }
    }
    return NULL;
}

static int proposal_before(const struct hunt *h, int i, const char *text)
{
    int nearest = -1;
    for (int j = i - 1; j >= 0 && h->s[i].turn - h->s[j].turn <= NEAR; j--) {
        if (h->s[j].cue.act != MOIM_ACT_PROPOSE) continue;
        if (!text || moim_text_overlap(h->s[j].text, text) > 0.2) return j;
        if (nearest < 0) nearest = j;
    }
    return text ? -1 : nearest;
}

static bool agreed_after(const struct hunt *h, int i)
{
    for (int j = i + 1; j < h->n && h->s[j].turn - h->s[i].turn <= 2; j++) {
        if (same_turn(h, i, j)) continue;
        enum moim_act act = h->s[j].cue.act;
        if (act == MOIM_ACT_ACCEPT || act == MOIM_ACT_SO) return true;
        if (act == MOIM_ACT_REFUSE) return false;
    }
    return false;
}

static void add_decision(struct hunt *h, int i, int proposal, const char *note)
{
    int k;
    struct moim_finding *f = near_decision(h, i, &k);
    if (f && moim_text_overlap(f->text, note) > 0.4) {
        if (!moim_note_vague(note, h->ko)) replace(h, &f->text, note);
        cite(f, h->s[i].turn);
        h->last[k] = i;
        return;
    }
    f = push(h, MOIM_FOUND_DECISION, note, i);
    if (!f) return;
    if (proposal >= 0) cite(f, h->s[proposal].turn);
    explain(h, f, i);
}

static void on_decision(struct hunt *h, int i)
{
    char note[MOIM_NOTE_MAX];
    moim_note_make(note, h->s[i].text, MOIM_ACT_DECIDE, h->ko, h->req->date, 0, 0);
    int proposal = proposal_before(h, i, note);
    if (!h->s[i].cue.sure && proposal < 0 && !agreed_after(h, i)) return;

    if (moim_note_vague(note, h->ko) && proposal < 0 && !strpbrk(note, "0123456789")) {
        char topic[MOIM_NOTE_MAX];
        if (context_of(h, i, topic) < 0) return; /* "분담을 합시다": settles nothing */
    }
    if (*note) add_decision(h, i, proposal, note);
}

/* "그렇게 하시죠": the last proposal stands. A decision that was just voiced is only confirmed. */
static void on_so(struct hunt *h, int i)
{
    char note[MOIM_NOTE_MAX];
    int k, p = proposal_before(h, i, NULL);
    struct moim_finding *f = near_decision(h, i, &k);
    if (f && h->last[k] > p && h->s[i].turn - h->s[h->last[k]].turn <= 2) {
        cite(f, h->s[i].turn);
        h->last[k] = i;
        return;
    }
    if (p < 0) return;
    moim_note_make(note, h->s[p].text, MOIM_ACT_PROPOSE, h->ko, h->req->date, 0, 0);
    f = push(h, MOIM_FOUND_DECISION, note, p);
    if (!f) return;
    cite(f, h->s[i].turn);
    explain(h, f, p);
    h->last[h->out->n - 1] = i;
}

/* ---- open questions ---- */

/* "공고는 나갔습니까?": whether something has happened; "아직이요" leaves nothing to settle. */
static bool asks_status(const char *s)
{
    static const char *const past[] = {"나요", "습니까", "어요", "죠", NULL};
    char core[MOIM_NOTE_MAX];
    snprintf(core, sizeof core, "%s", s);
    if (strstr(s, "지는 ") || strstr(s, "지 ")) return false; /* "늘릴지는 아직 안 정했죠?" */
    for (int i = 0; past[i]; i++) {
        size_t len, n;
        if (!moim_ko_ends(core, past[i])) continue;
        char *p = strstr(core, past[i]);
        for (char *q = p; q && (q = strstr(q + 1, past[i]));) p = q;
        n = p ? (size_t)(p - core) : 0;
        return n && moim_ko_final(moim_ko_last(core, n, &len)) == 20; /* ㅆ */
    }
    return false;
}

static void on_defer(struct hunt *h, int i)
{
    /* "쿠폰을 줄지는 아직 미정이에요" says itself what is open. */
    bool own = h->ko && (strstr(h->s[i].text, "지는 ") || strstr(h->s[i].text, "지 말지") ||
                         strstr(h->s[i].text, "을지 ") || strstr(h->s[i].text, "갈지 ") ||
                         strstr(h->s[i].text, "할지 ") || strstr(h->s[i].text, "줄지 "));
    int asked = -1;
    for (int j = i - 1; j >= 0 && !own && h->s[i].turn - h->s[j].turn <= 3 && asked < 0; j--) {
        bool open = h->s[j].cue.act == MOIM_ACT_ASK || h->s[j].cue.act == MOIM_ACT_PROPOSE;
        if (open && strlen(h->s[j].text) > 20 && (who(h, j) != who(h, i) || who(h, j) < 0)) asked = j;
    }
    if (asked >= 0 && h->ko && asks_status(h->s[asked].text)) return;

    for (int k = h->out->n - 1; k >= 0; k--) {
        struct moim_finding *f = &h->out->list[k];
        if (f->kind != MOIM_FOUND_QUESTION || h->s[i].turn - h->s[h->last[k]].turn > 1) continue;
        cite(f, h->s[i].turn);
        h->last[k] = i;
        return;
    }
    char note[MOIM_NOTE_MAX];
    int about = asked >= 0 ? asked : i;
    moim_note_make(note, h->s[about].text, asked >= 0 ? MOIM_ACT_ASK : MOIM_ACT_TELL, h->ko, h->req->date, 0,
                   0);
    if (!*note || (asked < 0 && moim_note_vague(note, h->ko))) return;
    struct moim_finding *f = push(h, MOIM_FOUND_QUESTION, note, i);
    if (f) cite(f, h->s[about].turn);
}

/* A question that was settled after all is none. */
static void close_questions(struct hunt *h)
{
    for (int k = 0; k < h->out->n; k++) {
        struct moim_finding *q = &h->out->list[k];
        bool settled = false;
        for (int d = k + 1; q->kind == MOIM_FOUND_QUESTION && d < h->out->n && !settled; d++)
            settled = h->out->list[d].kind == MOIM_FOUND_DECISION &&
                      moim_text_overlap(h->out->list[d].text, q->text) > 0.35;
        if (!settled) continue;
        free(q->text);
        free(q->source);
        free(q->context);
        memmove(q, q + 1, sizeof *q * (size_t)(h->out->n - k - 1));
        h->out->n--;
        k--;
    }
}

int moim_findings_get(const struct moim_minutes_request *req, struct moim_findings *out, struct moim_err *err)
{
    memset(out, 0, sizeof *out);
    struct hunt h = {.req = req, .ko = !strcmp(req->language, "ko"), .out = out};
    int rc = read_speakers(&h);
    if (!rc) rc = read_sentences(&h);
    for (int i = 0; !rc && i < h.n; i++) {
        switch (h.s[i].cue.act) {
        case MOIM_ACT_PROMISE: on_promise(&h, i); break;
        case MOIM_ACT_REQUEST: on_request(&h, i); break;
        case MOIM_ACT_DECIDE: on_decision(&h, i); break;
        case MOIM_ACT_SO: on_so(&h, i); break;
        case MOIM_ACT_DEFER: on_defer(&h, i); break;
        default:
            if (only_date(&h, i)) on_date(&h, i);
            break;
        }
        if (h.oom) rc = MOIM_ENOMEM;
    }
    if (!rc) close_questions(&h);
    for (int i = 0; i < h.n; i++) free(h.s[i].text);
    free(h.s);
    free(h.speaker);
    free(h.last);
    if (!rc) return MOIM_OK;
    moim_findings_free(out);
    return moim_fail(err, rc, "minutes: out of memory");
}
