/* A strong model reads each topic and proposes findings in addition to the tagger's. The verifier rejects
 * unsupported ones; those without a cue or the tagger's support are shown as to be confirmed. */
#include "summarize/line_check.h"
#include "summarize/minutes_int.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_TURNS 40
#define WINDOW_BYTES 6000
#define OWNERS 48
#define KINDS 3

static const char *const kind_name[KINDS] = {"decision", "task", "question"};

static int put_prefix(struct moim_job *j, struct moim_err *err)
{
    const struct moim_prompts *p = &j->talk->prompt;
    snprintf(j->text, j->cap,
             MOIM_CHAT_SYSTEM "%s" MOIM_CHAT_END MOIM_CHAT_USER "%s" MOIM_CHAT_END MOIM_CHAT_ASSISTANT
                              "%s" MOIM_CHAT_END MOIM_CHAT_USER,
             p->propose, p->propose_talk, p->propose_line);
    return moim_writer_prefix(&j->writer, j->text, err);
}

/* Turns from a on, before b, as many as one prompt holds; returns the first one left out. */
static int put_window(struct moim_job *j, int a, int b)
{
    size_t at = 0;
    int t = a;
    for (; t < b && t - a < WINDOW_TURNS; t++) {
        const struct moim_turn_text *u = &j->req->turns[t];
        size_t need = strlen(u->text) + strlen(u->speaker) + 16;
        if (t > a && at + need > WINDOW_BYTES) break;
        int n = snprintf(j->text + at, WINDOW_BYTES + 2048 - at, "[%d] %s%s%s\n", t - a + 1, u->speaker,
                         *u->speaker ? ": " : "", u->text);
        if (n < 0 || at + (size_t)n >= WINDOW_BYTES + 2048)
            at = WINDOW_BYTES + 2047; /* one turn longer than the window: its beginning */
        else
            at += (size_t)n;
    }
    snprintf(j->text + at, j->cap - at, MOIM_CHAT_END MOIM_CHAT_ASSISTANT);
    return t;
}

static int owners(const struct moim_job *j, int a, int b, const char *out[OWNERS])
{
    int n = 0;
    out[n++] = "-";
    for (int t = a; t < b && n < OWNERS; t++) {
        const char *who = j->req->turns[t].speaker;
        bool had = !*who || strpbrk(who, "\"\\") || strlen(who) > 90;
        for (int i = 0; i < n && !had; i++) had = !strcmp(out[i], who);
        if (!had) out[n++] = who;
    }
    return n;
}

/* A sentence of the head turn that says most of the line. */
static char *source_of(const struct moim_job *j, int turn, const char *line)
{
    char word[24][MOIM_WORD_MAX];
    int most = -1, n_words = j->talk->content(line, word, 24);
    const char *p = j->req->turns[turn].text, *best = p;
    size_t best_len = strlen(p);
    for (size_t len; (len = moim_next_sentence(&p)); p += len) {
        char s[1024];
        int n = 0;
        snprintf(s, sizeof s, "%.*s", (int)(len < sizeof s - 1 ? len : sizeof s - 1), p);
        for (int w = 0; w < n_words; w++) n += j->talk->says(s, word[w]);
        if (n > most) most = n, best = p, best_len = len;
    }
    return strndup(best, best_len);
}

/* Whether a cue of the head turn's does what the finding says was done. */
static bool cued(const struct moim_job *j, const struct moim_finding *f)
{
    for (int i = 0; i < j->n_units; i++) {
        if (j->unit[i].turn != f->head) continue;
        enum moim_act act = j->unit[i].cue.act;
        bool fits = f->kind == MOIM_FOUND_DECISION
                        ? act == MOIM_ACT_DECIDE || act == MOIM_ACT_SO || act == MOIM_ACT_ACCEPT
                    : f->kind == MOIM_FOUND_ACTION ? act == MOIM_ACT_PROMISE || act == MOIM_ACT_REQUEST
                                                   : act == MOIM_ACT_ASK || act == MOIM_ACT_DEFER;
        if (fits) return true;
    }
    return false;
}

/* The tagger's finding of the same kind that shares a turn: the model's word makes a doubtful one certain. */
static bool known(struct moim_job *j, const struct moim_finding *f)
{
    for (int i = 0; i < j->found.n; i++) {
        struct moim_finding *o = &j->found.list[i];
        if (o->kind != f->kind || (*o->owner && *f->owner && strcmp(o->owner, f->owner))) continue;
        for (int a = 0; a < o->n_turns; a++)
            for (int b = 0; b < f->n_turns; b++)
                if (o->turns[a] == f->turns[b]) {
                    o->doubtful = false;
                    return true;
                }
    }
    return false;
}

static int add(struct moim_job *j, struct moim_finding *f, const char *line)
{
    struct moim_finding *grown = realloc(j->found.list, sizeof *grown * (size_t)(j->found.n + 1));
    if (!grown) return MOIM_ENOMEM;
    j->found.list = grown;
    struct moim_date day;
    size_t from, to;
    for (int i = 0; i < f->n_turns && f->kind == MOIM_FOUND_ACTION; i++) { /* the last day that is named */
        const char *text = j->req->turns[f->turns[i]].text;
        if (!moim_date_find(text, j->req->date, &day, &from, &to)) continue;
        moim_date_format(day, f->due_date);
        f->due = f->turns[i];
        snprintf(f->due_text, sizeof f->due_text, "%.*s", (int)(to - from), text + from);
    }
    f->text = strdup(line);
    f->context = strdup("");
    if (!f->text || !f->context) {
        free(f->text);
        free(f->context);
        return MOIM_ENOMEM;
    }
    f->probability = f->doubtful ? 0.4f : 0.7f;
    grown[j->found.n++] = *f;
    return MOIM_OK;
}

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* One proposal; a is the window's first turn. */
static int take(struct moim_job *j, const cJSON *o, int a, int b)
{
    struct moim_finding f = {
        .head = -1, .about = -1, .accept = -1, .due = -1, .condition = -1, .put_off = -1, .topic = -1};
    const cJSON *kind = cJSON_GetObjectItem(o, "kind"), *owner = cJSON_GetObjectItem(o, "owner"),
                *text = cJSON_GetObjectItem(o, "text"), *t;
    if (!cJSON_IsString(kind) || !cJSON_IsString(owner) || !cJSON_IsString(text)) return MOIM_OK;
    while (f.kind < KINDS - 1 && strcmp(kind_name[f.kind], kind->valuestring)) f.kind++;
    cJSON_ArrayForEach(t, cJSON_GetObjectItem(o, "turns"))
    {
        int i = a + t->valueint - 1;
        bool had = i < a || i >= b || f.n_turns == MOIM_FINDING_TURNS;
        for (int k = 0; k < f.n_turns; k++) had = had || f.turns[k] == i;
        if (!had) f.turns[f.n_turns++] = i;
    }
    if (!f.n_turns) return MOIM_OK;
    qsort(f.turns, (size_t)f.n_turns, sizeof *f.turns, by_number);
    f.head = f.turns[f.kind == MOIM_FOUND_QUESTION ? 0 : f.n_turns - 1];
    if (f.kind == MOIM_FOUND_ACTION && strcmp(owner->valuestring, "-"))
        snprintf(f.owner, sizeof f.owner, "%s", owner->valuestring);
    f.source = source_of(j, f.head, text->valuestring);
    if (!f.source) return MOIM_ENOMEM;
    bool said = moim_line_check(j->talk, j->req->turns, j->req->n_turns, &f, text->valuestring, NULL) ==
                MOIM_LINE_TRUE;
    if (!said) j->out->dropped++;
    if (!said || known(j, &f)) {
        free(f.source);
        return MOIM_OK;
    }
    f.doubtful = !cued(j, &f);
    int rc = add(j, &f, text->valuestring);
    if (rc) free(f.source);
    return rc;
}

static int propose(struct moim_job *j, int a, int b, int *next, struct moim_err *err)
{
    const char *choice[KINDS + OWNERS];
    char pattern[160];
    for (int i = 0; i < KINDS; i++) choice[i] = kind_name[i];
    *next = put_window(j, a, b);
    int n = owners(j, a, *next, choice + KINDS);
    snprintf(
        pattern, sizeof pattern,
        "{\"findings\":%%[0-8 {\"kind\":%%e0-2,\"turns\":%%[1-4 %%i%%],\"owner\":%%e%d-%d,\"text\":%%s%d}%%]}",
        KINDS, KINDS + n - 1, j->talk->prompt.word_letters);
    int rc = moim_ask_model(j, pattern, *next - a, choice, KINDS + n, err);
    if (rc) return rc;
    cJSON *root = cJSON_Parse(j->json), *o;
    cJSON_ArrayForEach(o, cJSON_GetObjectItem(root, "findings"))
    {
        if (!rc && (rc = take(j, o, a, *next))) moim_fail(err, rc, "minutes: out of memory");
    }
    cJSON_Delete(root);
    return rc;
}

static int by_head(const void *a, const void *b)
{
    const struct moim_finding *x = a, *y = b;
    return x->head != y->head ? x->head - y->head : (int)x->kind - (int)y->kind;
}

int moim_propose_findings(struct moim_job *j, struct moim_err *err)
{
    int rc = put_prefix(j, err);
    for (int k = 0; k < j->n_topics && !rc; k++)
        for (int a = j->first[k]; a < j->first[k + 1] && !rc;) rc = propose(j, a, j->first[k + 1], &a, err);
    if (!rc && j->found.n) qsort(j->found.list, (size_t)j->found.n, sizeof *j->found.list, by_head);
    return rc;
}
