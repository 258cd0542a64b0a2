/* Decisions, tasks and open questions as lines of minutes. Three ways, best first: the model words the finding's turns and the verifier
 * (summarize/line_check.h) lets it stand; a note that rules made of one sentence stands when the same verifier lets it; else the
 * turns are quoted, request and answer together. */
#include "summarize/evidence.h"
#include "summarize/findings_int.h"
#include "summarize/line_check.h"
#include "summarize/minutes_int.h"
#include "summarize/quotation.h"
#include "summarize/strength.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_WORDED 28 /* of a meeting, the first ones */
#define MOST_JUDGED 12
#define TURN_BYTES 480 /* of a turn that is shown */
#define CONTEXT 2      /* turns shown before those that are cited */

bool moim_finding_doubtful(const struct moim_finding *f)
{
    return f->doubtful;
}

/* ---- prompts ---- */

/* The prompt prefix of a kind of call: instructions, and n examples with answers under a key. */
static int put_prefix(struct moim_job *j, const char *instructions, const struct moim_example *example, int n,
                      const char *key, struct moim_err *err)
{
    size_t at = (size_t)snprintf(j->text, j->cap, MOIM_CHAT_SYSTEM "%s" MOIM_CHAT_END, instructions);
    for (int i = 0; i < n; i++)
        at += (size_t)snprintf(j->text + at, j->cap - at,
                               MOIM_CHAT_USER "%s" MOIM_CHAT_END MOIM_CHAT_ASSISTANT
                                              "{\"%s\":\"%s\"}" MOIM_CHAT_END,
                               example[i].talk, key, example[i].line);
    snprintf(j->text + at, j->cap - at, MOIM_CHAT_USER);
    return moim_writer_prefix(&j->writer, j->text, err);
}

int moim_put_word_prefix(struct moim_job *j, struct moim_err *err)
{
    const struct moim_prompts *p = &j->talk->prompt;
    return put_prefix(j, p->word, p->word_example, 3, "text", err);
}

int moim_put_judge_prefix(struct moim_job *j, struct moim_err *err)
{
    const struct moim_prompts *p = &j->talk->prompt;
    return put_prefix(j, p->judge, p->judge_example, 4, "kind", err);
}

/* A turn's beginning, whole words of it. */
static int shown(const char *s)
{
    size_t n = strlen(s);
    if (n <= TURN_BYTES) return (int)n;
    for (n = TURN_BYTES; n && s[n] != ' '; n--) {
    }
    if (!n)
        for (n = TURN_BYTES; n && ((unsigned char)s[n] & 0xc0) == 0x80; n--) {
        }
    return (int)n;
}

/* The cited turns as dialogue, with those between them when they are near and `before` turns in front. Returns the end of the
 * text in j->text, 0 when it does not fit. */
static size_t put_turns(struct moim_job *j, const struct moim_finding *f, int before, size_t at)
{
    int a = f->turns[0] > before ? f->turns[0] - before : 0, last = f->turns[f->n_turns - 1];
    bool whole = last - f->turns[0] <= 6;
    for (int t = a; t <= last; t++) {
        bool cited = moim_cites(f->turns, f->n_turns, t);
        if (!cited && t > f->turns[0] && !whole) continue;
        const struct moim_turn_text *u = &j->req->turns[t];
        int n = snprintf(j->text + at, j->cap - at, "%s%s%.*s\n", u->speaker, *u->speaker ? ": " : "",
                         shown(u->text), u->text);
        if (n < 0 || (size_t)n >= j->cap - at - 512) return 0;
        at += (size_t)n;
    }
    return at;
}

/* ---- wording ---- */

/* "알겠습니다. 안내문 만들기": without the yes that it begins with. */
static const char *behind_yes(const struct moim_language *l, const char *line)
{
    char first[MOIM_NOTE_MAX];
    const char *p = line;
    size_t n = moim_next_sentence(&p);
    snprintf(first, sizeof first, "%.*s", (int)n, p);
    const char *rest = p + n + strspn(p + n, " ");
    return *rest && l->cue(first).act == MOIM_ACT_ACCEPT ? rest : line;
}

/* One call over the cited turns alone: words of others may not stand in the line. hint: what the first try said wrongly, or ""; it
 * comes last, so that the second try evaluates nothing but it. */
static int ask_line(struct moim_job *j, const struct moim_finding *f, const char *hint,
                    char line[MOIM_NOTE_MAX], struct moim_err *err)
{
    char pattern[48];
    size_t at = (size_t)snprintf(j->text, j->cap, "%s\n", j->talk->prompt.word_kind[f->kind]);
    at = put_turns(j, f, 0, at);
    *line = 0;
    if (!at) return MOIM_OK;
    if (*hint) {
        at += (size_t)snprintf(j->text + at, j->cap - at, "(");
        at += (size_t)snprintf(j->text + at, j->cap - at, j->talk->prompt.word_unsaid, hint);
        at += (size_t)snprintf(j->text + at, j->cap - at, ")\n");
    }
    snprintf(j->text + at, j->cap - at, MOIM_CHAT_END MOIM_CHAT_ASSISTANT);
    snprintf(pattern, sizeof pattern, "{\"text\":%%s%d}", j->talk->prompt.word_letters);
    int rc = moim_ask_model(j, pattern, 1, NULL, 0, err);
    if (rc) return rc;
    cJSON *root = cJSON_Parse(j->json), *text = cJSON_GetObjectItem(root, "text");
    if (cJSON_IsString(text))
        snprintf(line, MOIM_NOTE_MAX, "%s",
                 behind_yes(j->talk, text->valuestring + strspn(text->valuestring, " -")));
    cJSON_Delete(root);
    size_t n = strlen(line);
    while (n && strchr(" .,", line[n - 1])) line[--n] = 0;
    return MOIM_OK;
}

static int replace_text(struct moim_finding *f, const char *text)
{
    char *copy = strdup(text);
    if (!copy) return MOIM_ENOMEM;
    free(f->text);
    f->text = copy;
    return MOIM_OK;
}

int moim_word_finding(struct moim_job *j, struct moim_finding *f, bool *done, struct moim_err *err)
{
    char line[MOIM_NOTE_MAX], unsaid[MOIM_WORD_MAX] = "";
    *done = false;
    for (int try = 0; try < 2; try++) {
        int rc = ask_line(j, f, unsaid, line, err);
        if (rc) return rc;
        if (!*line) break;
        if (moim_line_check(j->talk, j->req->turns, j->req->n_turns, f, line, unsaid) != MOIM_LINE_TRUE) {
            j->out->dropped++;
            if (!*unsaid) break; /* greedy: asked the same again, it says the same again */
            continue;
        }
        *done = true;
        return replace_text(f, line) ? moim_fail(err, MOIM_ENOMEM, "minutes: out of memory") : MOIM_OK;
    }
    return MOIM_OK;
}

static int word_by_rule(struct moim_job *j, struct moim_finding *f)
{
    char quote[MOIM_QUOTE_MAX];
    if (!f->quoted && !f->vague && (f->kind == MOIM_FOUND_QUESTION || moim_says_what(j, f, f->source)) &&
        moim_line_check(j->talk, j->req->turns, j->req->n_turns, f, f->text, NULL) == MOIM_LINE_TRUE)
        return MOIM_OK;
    moim_add_what_about(j, f);
    moim_quote_finding(j->talk, j->req->turns, f, quote);
    return *quote ? replace_text(f, quote) : MOIM_OK;
}

/* ---- judging ---- */

int moim_judge_finding(struct moim_job *j, const struct moim_finding *f, int *kind, struct moim_err *err)
{
    static const char *const choice[] = {"decision", "task", "question", "none"};
    size_t at = put_turns(j, f, CONTEXT, 0);
    *kind = 3;
    if (!at) return MOIM_OK;
    snprintf(j->text + at, j->cap - at, MOIM_CHAT_END MOIM_CHAT_ASSISTANT);
    int rc = moim_ask_model(j, "{\"kind\":%e}", 1, choice, 4, err);
    for (int i = 0; !rc && i < 4; i++)
        if (strstr(j->json, choice[i])) *kind = i;
    return rc;
}

static int judge_doubtful(struct moim_job *j, bool *drop, struct moim_err *err)
{
    int rc = MOIM_OK, n = 0;
    for (int i = 0; i < j->found.n && n < MOST_JUDGED && !rc; i++) {
        if (!j->found.list[i].doubtful) continue;
        int kind = 3;
        if (!n++) rc = moim_put_judge_prefix(j, err);
        if (!rc) rc = moim_judge_finding(j, &j->found.list[i], &kind, err);
        drop[i] = !rc && kind == 3;
    }
    return rc;
}

/* ---- items ---- */

/* Nobody owns a task who neither spoke nor was named in it. */
static bool owner_present(const struct moim_job *j, const struct moim_finding *f)
{
    for (int t = 0; t < j->req->n_turns; t++)
        if (!strcmp(j->req->turns[t].speaker, f->owner)) return true;
    for (int i = 0; i < f->n_turns; i++)
        if (strstr(j->req->turns[f->turns[i]].text, f->owner)) return true;
    return false;
}

static int push_finding(struct moim_job *j, const struct moim_finding *f, bool worded)
{
    static const char *const kind[] = {"decision", "action", "question"};
    char text[MOIM_QUOTE_MAX + 64];
    bool doubtful = moim_finding_doubtful(f);
    snprintf(text, sizeof text, "%s%s%s", doubtful ? j->lang->label.kind[f->kind] : "", doubtful ? ": " : "",
             f->text);
    struct moim_minutes_item *it =
        moim_push_item(j->out, doubtful ? "to_confirm" : kind[f->kind], text, f->turns, f->n_turns);
    if (!it) return MOIM_ENOMEM;
    it->worded = worded;
    char *owner = strdup(owner_present(j, f) ? f->owner : ""), *due = strdup(f->due_text);
    if (!owner || !due) {
        free(owner);
        free(due);
        return MOIM_ENOMEM;
    }
    free(it->owner);
    free(it->due_text);
    it->owner = owner;
    it->due_text = due;
    memcpy(it->due_date, f->due_date, sizeof it->due_date);
    return MOIM_OK;
}

static bool within(const struct moim_finding *part, const struct moim_finding *whole)
{
    for (int i = 0; i < part->n_turns; i++)
        if (!moim_cites(whole->turns, whole->n_turns, part->turns[i])) return false;
    return true;
}

/* Whether one says nothing that the other does not: the same kind, nobody else, no other day, and no turn besides. */
static bool adds_nothing(const struct moim_finding *f, const struct moim_finding *to)
{
    return f->kind == to->kind && !strcmp(f->owner, to->owner) &&
           (!*f->due_date || !strcmp(f->due_date, to->due_date)) && f->doubtful >= to->doubtful &&
           within(f, to);
}

/* Whether another says all that this one does; of two alike the first stands. */
static bool is_within_another(const struct moim_job *j, int i)
{
    const struct moim_finding *f = &j->found.list[i];
    for (int k = 0; k < j->found.n; k++) {
        const struct moim_finding *o = &j->found.list[k];
        if (k != i && adds_nothing(f, o) && (k < i || !adds_nothing(o, f))) return true;
    }
    return false;
}

/* Findings that repeat another of the same turn. */
static bool repeated(const struct moim_job *j, int i)
{
    const struct moim_finding *f = &j->found.list[i];
    for (int k = 0; k < i; k++) {
        const struct moim_finding *o = &j->found.list[k];
        if (o->kind == f->kind && o->head == f->head && !strcmp(o->owner, f->owner) &&
            moim_text_overlap(o->text, f->text) > 0.8)
            return true;
    }
    return false;
}

int moim_write_findings(struct moim_job *j, struct moim_err *err)
{
    int rc = MOIM_OK, worded = 0;
    bool *drop = calloc((size_t)j->found.n + 1, sizeof *drop);
    if (!drop) return moim_fail(err, MOIM_ENOMEM, "minutes: out of memory");
    if (j->may->judges) rc = judge_doubtful(j, drop, err);
    for (int i = 0; i < j->found.n; i++) drop[i] = drop[i] || is_within_another(j, i);
    for (int i = 0; i < j->found.n && !rc; i++) {
        struct moim_finding *f = &j->found.list[i];
        bool done = false;
        if (drop[i]) continue;
        if (j->may->lines && !f->doubtful && worded < MOST_WORDED) { /* what is only probable is quoted */
            if (!worded++) rc = moim_put_word_prefix(j, err);
            if (!rc) rc = moim_word_finding(j, f, &done, err);
            if (rc) break;
        }
        if ((!done && (rc = word_by_rule(j, f))) || (!repeated(j, i) && (rc = push_finding(j, f, done))))
            moim_fail(err, rc, "minutes: out of memory");
    }
    free(drop);
    return rc;
}
