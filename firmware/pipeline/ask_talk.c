#include "base/date.h"
#include "firmware/pipeline/ask_int.h"
#include "firmware/pipeline/process.h"
#include "storage/passages.h"
#include "summarize/word_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void moim_ask_talk_free(struct moim_ask_talk *t)
{
    free(t->label);
    free(t->turn);
    free(t->cosine);
    free(t->note);
    moim_findings_free(&t->found);
    moim_tagging_free(&t->tags);
    moim_segments_free(t->seg, t->n);
    moim_meeting_clear(&t->m);
}

static int load_turns(struct moim_store *s, int64_t id, struct moim_ask_talk *t, struct moim_err *err)
{
    int rc = moim_segments_get(s, id, &t->seg, &t->n, err);
    if (rc) return rc;
    t->turn = calloc((size_t)t->n + 1, sizeof *t->turn);
    t->label = calloc((size_t)t->n + 1, sizeof *t->label);
    if (!t->turn || !t->label) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; i < t->n; i++) {
        const struct moim_segment *g = &t->seg[i];
        const char *who = moim_speaker_label(t->label[i], g, t->m.language);
        t->turn[i] = (struct moim_turn_text){g->start, g->end, who, g->text};
    }
    return MOIM_OK;
}

/* A passage's closeness is that of each turn in it. */
static int load_cosines(struct moim_store *s, int64_t id, const float *vector, struct moim_ask_talk *t,
                        struct moim_err *err)
{
    struct moim_passage_cosine *p;
    int n;
    if (!vector) return MOIM_OK;
    int rc = moim_passages_compare(s, id, vector, &p, &n, err);
    if (rc || !n) return rc;
    t->cosine = calloc((size_t)t->n + 1, sizeof *t->cosine);
    for (int i = 0, k = 0; t->cosine && i < t->n; i++) {
        while (k + 1 < n && t->seg[i].start > p[k].last) k++;
        t->cosine[i] = t->seg[i].start >= p[k].start && t->seg[i].start <= p[k].last ? p[k].cosine : 0;
        t->nearest = t->cosine[i] > t->nearest ? t->cosine[i] : t->nearest;
    }
    free(p);
    return t->cosine ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "out of memory");
}

static int turn_of(const struct moim_ask_talk *t, int64_t segment)
{
    for (int i = 0; i < t->n; i++)
        if (t->seg[i].id == segment) return i;
    return -1;
}

static bool take_line(const struct moim_ask_talk *t, const struct moim_item *it, enum moim_finding_kind kind,
                      struct moim_finding *f)
{
    *f = (struct moim_finding){.kind = kind,
                               .head = -1,
                               .about = -1,
                               .accept = -1,
                               .due = -1,
                               .condition = -1,
                               .put_off = -1,
                               .probability = 1};
    f->text = strdup(it->text);
    f->source = strdup(it->text);
    f->context = strdup("");
    snprintf(f->owner, sizeof f->owner, "%s", it->owner);
    snprintf(f->due_text, sizeof f->due_text, "%s", it->due_text);
    snprintf(f->due_date, sizeof f->due_date, "%s", it->due_date);
    for (int i = 0; i < it->n_evidence && f->n_turns < MOIM_FINDING_TURNS; i++) {
        int turn = turn_of(t, it->evidence[i]);
        if (turn >= 0) f->turns[f->n_turns++] = turn;
    }
    qsort(f->turns, (size_t)f->n_turns, sizeof *f->turns, moim_by_int);
    if (f->n_turns) f->head = f->turns[0];
    return f->text && f->source && f->context;
}

/* The decisions, tasks and open questions of the minutes as they stand, with what the user changed. */
static int take_lines(struct moim_ask_talk *t, const struct moim_item *item, int n, struct moim_err *err)
{
    static const char *const kind[] = {"decision", "action", "question"};
    t->found.list = calloc((size_t)(unsigned)n + 1, sizeof *t->found.list);
    if (!t->found.list) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; i < n; i++)
        for (int k = 0; k < 3; k++)
            if (!strcmp(item[i].kind, kind[k]) &&
                !take_line(t, &item[i], (enum moim_finding_kind)k, &t->found.list[t->found.n++]))
                return moim_fail(err, MOIM_ENOMEM, "out of memory");
    return MOIM_OK;
}

/* What is noted of the meeting: its minutes, or what is found in it while it has none. */
static int load_notes(struct moim_store *s, int64_t id, struct moim_ask_talk *t, struct moim_err *err)
{
    struct moim_item *item;
    int n, rc = moim_minutes_get(s, id, &item, &n, err);
    if (rc) return rc;
    struct moim_minutes_request req = moim_ask_request(t);
    t->noted = n > 0;
    rc = n ? take_lines(t, item, n, err) : moim_findings_get(&req, &t->found, err);
    moim_items_free(item, n);
    if (rc) return rc;
    t->note = calloc((size_t)(unsigned)t->found.n + 1, sizeof *t->note);
    if (!t->note) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; i < t->found.n; i++) {
        const struct moim_finding *f = &t->found.list[i];
        if (!f->doubtful)
            t->note[t->n_notes++] =
                (struct moim_noted){f->kind, f->text, f->owner, f->due_text, f->turns, f->n_turns};
    }
    return MOIM_OK;
}

struct moim_minutes_request moim_ask_request(const struct moim_ask_talk *t)
{
    return (struct moim_minutes_request){.turns = t->turn,
                                         .n_turns = t->n,
                                         .language = *t->m.language ? t->m.language : "en",
                                         .findings = t->found.list ? &t->found : NULL,
                                         .date = moim_local_date(t->m.started_at)};
}

int moim_ask_talk_turns(struct moim_store *s, int64_t id, struct moim_ask_talk *t, struct moim_err *err)
{
    memset(t, 0, sizeof *t);
    int rc = moim_meeting_get(s, id, &t->m, err);
    if (!rc) rc = load_turns(s, id, t, err);
    if (rc) moim_ask_talk_free(t);
    return rc;
}

int moim_ask_talk_load(struct moim_store *s, int64_t id, const float *vector, struct moim_ask_talk *t,
                       struct moim_err *err)
{
    int rc = moim_ask_talk_turns(s, id, t, err);
    if (rc) return rc;
    rc = load_cosines(s, id, vector, t, err);
    struct moim_minutes_request req = moim_ask_request(t);
    if (!rc && t->n) rc = moim_tagging_of(&req, &t->tags, err);
    if (!rc && t->n) rc = load_notes(s, id, t, err);
    if (rc) moim_ask_talk_free(t);
    return rc;
}
