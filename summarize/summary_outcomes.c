/* What a summary says of decisions, tasks and open questions: the line of each where it is short, else the one sentence that says most of
 * it, with owner and day; and the names of what was discussed. */
#include "summarize/findings_int.h"
#include "summarize/minutes_int.h"
#include "summarize/subjects.h"
#include "summarize/word_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTED 3      /* of a kind */
#define NAMES 4       /* of what was discussed */
#define UNSURE 2      /* to be confirmed, where hardly anything is certain */
#define SENTENCE 150  /* bytes of a sentence that is quoted */
#define LINE_MOST 640 /* bytes of a line of the summary */
#define THIN 24       /* bytes of a turn that says next to nothing */
#define ASKED 40      /* of a question that says what it asks */

struct list {
    char text[1024];
    int evidence[MOIM_EVIDENCE_MAX], n_evidence, shown;
};

/* A turn that is short enough as a whole; of a longer one the finding's own sentence, else the one that names what it is about, else the
 * longest. */
static void part_of(const struct moim_job *j, const struct moim_finding *f, int turn, const char *own,
                    char out[MOIM_NOTE_MAX])
{
    const char *p = j->req->turns[turn].text;
    char s[MOIM_NOTE_MAX];
    bool named = false;
    snprintf(out, MOIM_NOTE_MAX, "%s", strlen(p) <= SENTENCE ? p : own && strstr(p, own) ? own : "");
    if (*out) return;
    for (size_t n; (n = moim_next_sentence(&p)); p += n) {
        snprintf(s, sizeof s, "%.*s", (int)n, p);
        bool names = moim_says_what(j, f, s);
        if ((names && !named) || (names == named && strlen(s) > strlen(out))) memcpy(out, s, sizeof s);
        named = named || names;
    }
}

static void put_quoted(const struct moim_job *j, const char *sentence, char *out, size_t cap)
{
    char copy[MOIM_NOTE_MAX];
    size_t n, at = strlen(out);
    if (!*sentence) return;
    snprintf(copy, sizeof copy, "%s", sentence);
    j->talk->fluent(copy);
    n = strlen(copy);
    bool cut = n > SENTENCE;
    if (cut)
        for (n = SENTENCE; n && copy[n] != ' ';) n--;
    while (n && strchr(" ,.", copy[n - 1])) n--;
    if (n)
        snprintf(out + at, cap - at, "%s%s%.*s%s%s", at ? " " : "", j->lang->label.quote[0],
                 (int)(n - strspn(copy, " ,.")), copy + strspn(copy, " ,."), cut ? "…" : "",
                 j->lang->label.quote[1]);
}

/* The turn that says what a finding is about where its own does not; -1: none. */
static int what_about(const struct moim_job *j, const struct moim_finding *f)
{
    int role[] = {f->about, f->accept};
    for (int i = 0; i < 2; i++)
        if (role[i] >= 0 && moim_says_what(j, f, j->req->turns[role[i]].text)) return role[i];
    for (int i = f->n_turns - 1; i >= 0; i--)
        if (f->turns[i] < f->head && moim_says_what(j, f, j->req->turns[f->turns[i]].text))
            return f->turns[i];
    return f->about >= 0 && strlen(j->req->turns[f->about].text) >= THIN ? f->about : -1;
}

/* A finding in a few words: its line when that was worded; else its own sentence, beside the one that says what about. */
static void put_short(const struct moim_job *j, const struct moim_finding *f, char *out, size_t cap)
{
    char own[MOIM_NOTE_MAX], about[MOIM_NOTE_MAX] = "";
    *out = 0;
    if (!strstr(f->text, j->talk->label.quote[0]) && strlen(f->text) <= 2 * SENTENCE) {
        snprintf(out, cap, "%s", f->text);
        return;
    }
    part_of(j, f, f->head, f->source, own);
    bool enough = moim_says_what(j, f, own) || (f->kind == MOIM_FOUND_QUESTION && strlen(own) >= ASKED);
    int turn = enough ? -1 : what_about(j, f);
    if (turn >= 0 && turn != f->head) part_of(j, f, turn, f->context, about);
    if (turn < f->head) put_quoted(j, about, out, cap);
    put_quoted(j, own, out, cap);
    if (turn > f->head) put_quoted(j, about, out, cap);
}

void moim_short_finding(const struct moim_job *j, const struct moim_minutes_item *it, char *out, size_t cap)
{
    snprintf(out, cap, "%s", it->text);
    for (int i = 0; i < j->found.n; i++) {
        const struct moim_finding *f = &j->found.list[i];
        bool cited = false;
        for (int e = 0; e < it->n_evidence; e++) cited = cited || it->evidence[e] == f->head;
        if (!cited || strcmp(f->text, it->text)) continue;
        put_short(j, f, out, cap);
        if (!*out) snprintf(out, cap, "%s", it->text);
        return;
    }
}

static const struct moim_minutes_item *item_of(const struct moim_job *j, const struct moim_finding *f,
                                               const char *kind)
{
    for (int i = 0; i < j->out->n; i++) {
        const struct moim_minutes_item *it = &j->out->items[i];
        size_t n = strlen(it->text), m = strlen(f->text);
        if (strcmp(it->kind, kind) || n < m || strcmp(it->text + n - m, f->text)) continue;
        for (int e = 0; e < it->n_evidence; e++)
            if (it->evidence[e] == f->head) return it;
    }
    return NULL;
}

static bool cite(struct list *l, const struct moim_minutes_item *it)
{
    if (l->n_evidence + it->n_evidence > MOIM_EVIDENCE_MAX) return false;
    for (int e = 0; e < it->n_evidence; e++) {
        bool has = false;
        for (int k = 0; k < l->n_evidence; k++) has = has || l->evidence[k] == it->evidence[e];
        if (!has) l->evidence[l->n_evidence++] = it->evidence[e];
    }
    return true;
}

static void add_to_list(const struct moim_job *j, struct list *l, const struct moim_finding *f,
                        const struct moim_minutes_item *it, const char *label, const char *kind)
{
    char one[MOIM_NOTE_MAX * 2];
    size_t at = strlen(l->text);
    put_short(j, f, one, sizeof one);
    if (!*one || at + strlen(one) + strlen(it->owner) > LINE_MOST || !cite(l, it)) return;
    at += (size_t)snprintf(l->text + at, sizeof l->text - at, "%s%s%s%s%s", l->shown ? "; " : label, kind,
                           it->owner, *it->owner ? " – " : "", one);
    const char *day = it->due_text + (strncasecmp(it->due_text, "by ", 3) ? 0 : 3); /* the label says it */
    if (*day && !strstr(one, it->due_text) && at < sizeof l->text)
        snprintf(l->text + at, sizeof l->text - at, "%s%s)", j->lang->label.by_day, day);
    l->shown++;
}

static int push_list(struct moim_job *j, struct list *l, int had)
{
    if (!l->shown) return MOIM_OK;
    if (l->shown < had)
        snprintf(l->text + strlen(l->text), sizeof l->text - strlen(l->text), "%s", j->lang->label.and_more);
    qsort(l->evidence, (size_t)l->n_evidence, sizeof *l->evidence, moim_by_int);
    return moim_push_item(j->out, "summary", l->text, l->evidence, l->n_evidence) ? MOIM_OK : MOIM_ENOMEM;
}

/* The likeliest findings of a kind, in the order of the meeting. */
static int likeliest(const struct moim_job *j, int k, bool doubtful, int most, int chosen[LISTED], int *had)
{
    static const char *const kind[] = {"decision", "action", "question"};
    int n = 0;
    *had = 0;
    for (int i = 0; i < j->found.n; i++) {
        const struct moim_finding *f = &j->found.list[i];
        if ((int)f->kind != k || f->doubtful != doubtful || !item_of(j, f, doubtful ? "to_confirm" : kind[k]))
            continue;
        ++*had;
        if (n < most) {
            chosen[n++] = i;
            continue;
        }
        int least = 0;
        for (int c = 1; c < n; c++)
            if (j->found.list[chosen[c]].probability < j->found.list[chosen[least]].probability) least = c;
        if (f->probability <= j->found.list[chosen[least]].probability) continue;
        memmove(chosen + least, chosen + least + 1, sizeof *chosen * (size_t)(n - least - 1));
        chosen[n - 1] = i;
    }
    return n;
}

int moim_add_outcomes(struct moim_job *j, int k, const char *label)
{
    static const char *const kind[] = {"decision", "action", "question"};
    static const unsigned section[] = {MOIM_SEC_DECISIONS, MOIM_SEC_ACTIONS, MOIM_SEC_QUESTIONS};
    struct list l = {0};
    if (!(j->template.sections & section[k])) return MOIM_OK;
    int chosen[LISTED], had, n = likeliest(j, k, false, LISTED, chosen, &had);
    for (int i = 0; i < n; i++) {
        const struct moim_finding *f = &j->found.list[chosen[i]];
        add_to_list(j, &l, f, item_of(j, f, kind[k]), label, "");
    }
    return push_list(j, &l, had);
}

int moim_add_unsure(struct moim_job *j)
{
    struct list l = {0};
    int chosen[LISTED], had = 0, all = 0;
    if (!(j->template.sections & MOIM_SEC_CONFIRM)) return MOIM_OK;
    for (int k = 0; k < 2; k++) {
        int n = likeliest(j, k, true, UNSURE - l.shown, chosen, &had);
        all += had;
        for (int i = 0; i < n && l.shown < UNSURE; i++) {
            const struct moim_finding *f = &j->found.list[chosen[i]];
            char kind[64];
            snprintf(kind, sizeof kind, "%s ", j->lang->label.kind[k]);
            add_to_list(j, &l, f, item_of(j, f, "to_confirm"), j->lang->label.to_confirm, kind);
        }
        if (l.shown >= UNSURE) break;
    }
    return push_list(j, &l, all);
}

int moim_add_discussed(struct moim_job *j)
{
    char text[MOIM_NOTE_MAX + 64], names[MOIM_NOTE_MAX];
    int evidence[NAMES], n, rc = moim_name_meeting(j, NAMES, names, evidence, &n);
    if (rc || !*names) return rc;
    snprintf(text, sizeof text, j->lang->label.discussed, names);
    return moim_push_item(j->out, "summary", text, evidence, n) ? MOIM_OK : MOIM_ENOMEM;
}
