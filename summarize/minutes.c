#include "summarize/minutes.h"
#include "summarize/evidence.h"
#include "summarize/generate.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_TOKENS                                                                                        \
    1600 /* of transcript at once: leaves room for instructions and answer in 4096 positions */
#define MAX_EVIDENCE 8
#define JSON_MAX 16384

/* One answer a window; the last call sees only what the windows found. Refs are numbers of turns, or of
 * points. */
#define STATEMENT(len) "{\"text\":%s" len ",\"refs\":%[1-3 %i%]}"
static const char window_pattern[] =
    "{\"topic\":%s40,\"points\":%[1-5 " STATEMENT("240") "%],\"decisions\":%[0-5 " STATEMENT(
        "200") "%],\"actions\":%[0-6 {\"owner\":%e,\"task\":%s160,\"due\":%s30,\"refs\":%[1-3 "
               "%i%]}%],\"questions\":%[0-3 " STATEMENT("200") "%]}";
static const char whole_pattern[] =
    "{\"title\":%s50,\"summary\":%[1-3 " STATEMENT("300") "%],\"next\":%[0-3 " STATEMENT("200") "%]}";

static const char system_en[] =
    "You write the minutes of meetings. You get turns of a transcript, each with its number. Report only "
    "what was said. Cite the numbers of the "
    "turns in refs. A decision is something the participants agreed on. An action is a task that someone "
    "took on or was given: owner is who does "
    "it, due is when as it was said, or none. Write short, plain sentences in English.";
static const char system_ko[] = "당신은 회의록 작성자입니다. 번호가 붙은 대화를 받아 JSON으로 회의록을 "
                                "씁니다. 실제로 말한 내용만 적고, refs에는 근거가 되는 발언 번호를 적으세요. "
                                "decisions는 참석자들이 합의한 사항, actions는 누군가 맡은 일입니다. owner는 "
                                "그 일을 할 사람, due는 말한 그대로의 기한이며 없으면 none입니다. "
                                "한국어 개조식(~함, ~하기로 함)으로 짧게 쓰세요.";

struct job {
    const struct moim_minutes_request *req;
    struct moim_minutes *out;
    struct moim_writer writer;
    bool ko;
    const char *choice[MOIM_GRAMMAR_CHOICES]; /* owners: speakers, then names that occur */
    int n_choices;
    char *text; /* prompt scratch */
    size_t cap;
    char *json;
};

static struct moim_minutes_item *push_item(struct moim_minutes *m, const char *kind, const char *text,
                                           const int *evidence, int n)
{
    struct moim_minutes_item *grown = realloc(m->items, sizeof *grown * (size_t)(m->n + 1));
    if (!grown) return NULL;
    m->items = grown;
    struct moim_minutes_item *it = &grown[m->n];
    memset(it, 0, sizeof *it);
    it->kind = kind;
    it->text = strdup(text);
    it->owner = strdup("");
    it->due_text = strdup("");
    it->evidence = malloc(sizeof *it->evidence * (size_t)(n ? n : 1));
    m->n++;
    if (!it->text || !it->owner || !it->due_text || !it->evidence) return NULL;
    if (n) memcpy(it->evidence, evidence, sizeof *evidence * (size_t)n);
    it->n_evidence = n;
    return it;
}

void moim_minutes_free(struct moim_minutes *m)
{
    for (int i = 0; i < m->n; i++) {
        free(m->items[i].text);
        free(m->items[i].owner);
        free(m->items[i].due_text);
        free(m->items[i].evidence);
    }
    free(m->items);
    memset(m, 0, sizeof *m);
}

/* ---- owners ---- */

static void collect_speakers(struct job *j)
{
    for (int i = 0; i < j->req->n_turns && j->n_choices < MOIM_GRAMMAR_CHOICES - 1; i++) {
        const char *who = j->req->turns[i].speaker;
        bool known = !*who || strpbrk(who, "\"\\");
        for (int k = 0; k < j->n_choices && !known; k++) known = !strcmp(j->choice[k], who);
        if (!known) j->choice[j->n_choices++] = who;
    }
    j->choice[j->n_choices++] = "none";
}

/* ---- prompts ---- */

static int print_turns(struct job *j, int first, int last, size_t at)
{
    for (int i = first; i < last; i++) {
        const struct moim_turn_text *t = &j->req->turns[i];
        int n = snprintf(j->text + at, j->cap - at, "[%d] %s%s%s\n", i - first + 1, t->speaker,
                         *t->speaker ? ": " : "", t->text);
        if (n < 0 || (size_t)n >= j->cap - at) return MOIM_EINVAL;
        at += (size_t)n;
    }
    return MOIM_OK;
}

static int put_prefix(struct job *j, struct moim_err *err)
{
    const char *template =
        moim_template_instructions(j->req->template_name ? j->req->template_name : "plain", j->req->language);
    if (!template) return moim_fail(err, MOIM_EINVAL, "%s: no such template", j->req->template_name);
    const char *own = j->req->instructions ? j->req->instructions : "",
               *notes = j->req->notes ? j->req->notes : "";
    snprintf(j->text, j->cap, "<|im_start|>system\n%s %s %s%s%s<|im_end|>\n<|im_start|>user\n",
             j->ko ? system_ko : system_en, template, own,
             *notes ? (j->ko ? "\n다음 메모를 중요하게 다루세요:\n" : "\nGive weight to these notes:\n") : "",
             notes);
    return moim_writer_prefix(&j->writer, j->text, err);
}

/* Turns that fit one window, from first on; at least one. */
static int window_end(struct job *j, int first)
{
    int tokens = 0, i = first;
    for (; i < j->req->n_turns; i++) {
        tokens += moim_writer_count(&j->writer, j->req->turns[i].text) + 12;
        if (tokens > WINDOW_TOKENS && i > first) break;
    }
    return i;
}

/* ---- reading what the model wrote ---- */

static int read_refs(const cJSON *o, int first, int last, int *out)
{
    int n = 0;
    const cJSON *r;
    cJSON_ArrayForEach(r, cJSON_GetObjectItem(o, "refs"))
    {
        int t = first + r->valueint - 1;
        if (t >= first && t < last && n < MAX_EVIDENCE) out[n++] = t;
    }
    return n;
}

/* The same thing said twice, by overlapping windows or by a model that repeats itself, stands once. */
static bool said_already(const struct moim_minutes *m, const char *kind, const char *text)
{
    for (int i = 0; i < m->n; i++)
        if (!strcmp(m->items[i].kind, kind) && moim_text_overlap(m->items[i].text, text) > 0.7) return true;
    return false;
}

static const char *text_of(const cJSON *o, const char *key)
{
    const cJSON *s = cJSON_GetObjectItem(o, key);
    return cJSON_IsString(s) ? s->valuestring : "";
}

static int add_statement(struct job *j, const char *kind, const cJSON *o, int first, int last)
{
    int refs[MAX_EVIDENCE], n = read_refs(o, first, last, refs);
    const char *text = text_of(o, "text");
    if (said_already(j->out, kind, text)) return MOIM_OK;
    for (int i = 0; i < n; i++) refs[i] -= first;
    if (!moim_evidence_check(j->req->turns + first, last - first, text, refs, &n, MAX_EVIDENCE)) {
        j->out->dropped++;
        return MOIM_OK;
    }
    for (int i = 0; i < n; i++) refs[i] += first;
    return push_item(j->out, kind, text, refs, n) ? MOIM_OK : MOIM_ENOMEM;
}

static int set_text(char **to, const char *text)
{
    char *copy = strdup(text);
    if (!copy) return MOIM_ENOMEM;
    free(*to);
    *to = copy;
    return MOIM_OK;
}

/* The day as it was said in the turns that the task rests on: the model's own wording counts only if they
 * hold it. */
static int set_due(struct job *j, struct moim_minutes_item *it, const char *due)
{
    struct moim_date d;
    bool found = false;
    if (strcmp(due, "none") && strcmp(due, "None"))
        for (int i = 0; i < it->n_evidence && !found; i++)
            if (strstr(j->req->turns[it->evidence[i]].text, due) ||
                moim_text_overlap(j->req->turns[it->evidence[i]].text, due) > 0.1)
                found = moim_date_resolve(due, j->req->date, &d);
    const char *said = due;
    for (int i = 0; i < it->n_evidence && !found; i++) {
        said = "";
        found = moim_date_resolve(j->req->turns[it->evidence[i]].text, j->req->date, &d);
    }
    if (!found) return MOIM_OK;
    moim_date_format(d, it->due_date);
    return set_text(&it->due_text, said);
}

static int add_action(struct job *j, const cJSON *o, int first, int last)
{
    int before = j->out->n;
    cJSON *renamed = cJSON_Duplicate(o, 1);
    cJSON_AddStringToObject(renamed, "text", text_of(o, "task"));
    int rc = add_statement(j, "action", renamed, first, last);
    cJSON_Delete(renamed);
    if (rc || j->out->n == before) return rc;
    struct moim_minutes_item *it = &j->out->items[before];
    const char *owner = text_of(o, "owner");
    if (strcmp(owner, "none")) rc = set_text(&it->owner, owner);
    return rc ? rc : set_due(j, it, text_of(o, "due"));
}

static int read_list(struct job *j, const cJSON *root, const char *key, const char *kind, int first, int last)
{
    const cJSON *o;
    int rc = MOIM_OK;
    cJSON_ArrayForEach(o, cJSON_GetObjectItem(root, key))
    {
        if (!rc)
            rc = !strcmp(kind, "action") ? add_action(j, o, first, last)
                                         : add_statement(j, kind, o, first, last);
    }
    return rc;
}

static int read_window(struct job *j, int first, int last)
{
    cJSON *root = cJSON_Parse(j->json);
    if (!root) return MOIM_EFORMAT;
    int evidence[2] = {first, last - 1}, check[MAX_EVIDENCE], n = 0, rc = MOIM_OK;
    const char *topic = text_of(root, "topic");
    /* A topic spans its window, and its name must share something with what was said there. */
    if (moim_evidence_check(j->req->turns + first, last - first, topic, check, &n, MAX_EVIDENCE) &&
        !push_item(j->out, "topic", topic, evidence, last - first > 1 ? 2 : 1))
        rc = MOIM_ENOMEM;
    if (!rc) rc = read_list(j, root, "points", "key_point", first, last);
    if (!rc) rc = read_list(j, root, "decisions", "decision", first, last);
    if (!rc) rc = read_list(j, root, "actions", "action", first, last);
    if (!rc) rc = read_list(j, root, "questions", "question", first, last);
    cJSON_Delete(root);
    return rc;
}

static int do_window(struct job *j, int first, int last, struct moim_err *err)
{
    struct moim_grammar *g;
    int rc = moim_grammar_new(&g, window_pattern, last - first, j->choice, j->n_choices, err);
    if (rc) return rc;
    rc = print_turns(j, first, last, 0);
    size_t at = strlen(j->text);
    int n = snprintf(j->text + at, j->cap - at, "<|im_end|>\n<|im_start|>assistant\n");
    if (rc || n < 0 || (size_t)n >= j->cap - at)
        rc = moim_fail(err, MOIM_EINVAL, "minutes: one turn is longer than the model can read");
    else
        rc = moim_writer_run(&j->writer, j->text, g, j->json, JSON_MAX, err);
    moim_grammar_free(g);
    if (!rc && (rc = read_window(j, first, last))) moim_fail(err, rc, "minutes: out of memory");
    return rc;
}

/* ---- the whole ---- */

static bool is_point(const struct moim_minutes_item *it)
{
    return strcmp(it->kind, "topic") && strcmp(it->kind, "title");
}

/* Summary statements cite points; what they rest on is what the points rest on. */
static int add_from_points(struct job *j, const char *kind, const cJSON *o, const int *point, int n_points)
{
    int refs[MAX_EVIDENCE], n = 0;
    const cJSON *r;
    const char *text = text_of(o, "text");
    cJSON_ArrayForEach(r, cJSON_GetObjectItem(o, "refs"))
    {
        if (r->valueint < 1 || r->valueint > n_points) continue;
        const struct moim_minutes_item *it = &j->out->items[point[r->valueint - 1]];
        for (int i = 0; i < it->n_evidence && n < MAX_EVIDENCE; i++) refs[n++] = it->evidence[i];
    }
    if (said_already(j->out, kind, text)) return MOIM_OK;
    if (!moim_evidence_check(j->req->turns, j->req->n_turns, text, refs, &n, MAX_EVIDENCE)) {
        j->out->dropped++;
        return MOIM_OK;
    }
    return push_item(j->out, kind, text, refs, n) ? MOIM_OK : MOIM_ENOMEM;
}

/* Where nothing of the model's summary holds, the first points are one. */
static int summary_from_points(struct job *j, const int *point, int n_points)
{
    int rc = MOIM_OK;
    for (int i = 0; i < j->out->n; i++)
        if (!strcmp(j->out->items[i].kind, "summary")) return MOIM_OK;
    for (int i = 0; !rc && i < n_points && i < 3; i++) {
        const struct moim_minutes_item it = j->out->items[point[i]];
        if (!push_item(j->out, "summary", it.text, it.evidence, it.n_evidence)) rc = MOIM_ENOMEM;
    }
    return rc;
}

static int read_whole(struct job *j, const int *point, int n_points)
{
    cJSON *root = cJSON_Parse(j->json);
    if (!root) return MOIM_EFORMAT;
    int rc = push_item(j->out, "title", text_of(root, "title"), NULL, 0) ? MOIM_OK : MOIM_ENOMEM;
    const cJSON *o;
    cJSON_ArrayForEach(o, cJSON_GetObjectItem(root, "summary")) rc =
        rc ? rc : add_from_points(j, "summary", o, point, n_points);
    if (!rc) rc = summary_from_points(j, point, n_points);
    cJSON_ArrayForEach(o, cJSON_GetObjectItem(root, "next")) rc =
        rc ? rc : add_from_points(j, "suggestion", o, point, n_points);
    cJSON_Delete(root);
    return rc;
}

#define MAX_POINTS 60

static int do_whole(struct job *j, struct moim_err *err)
{
    int point[MAX_POINTS], n = 0, step = 1, points = 0;
    for (int i = 0; i < j->out->n; i++) points += is_point(&j->out->items[i]);
    if (points > MAX_POINTS) step = (points + MAX_POINTS - 1) / MAX_POINTS;
    for (int i = 0, k = 0; i < j->out->n && n < MAX_POINTS; i++)
        if (is_point(&j->out->items[i]) && k++ % step == 0) point[n++] = i;
    size_t at = (size_t)snprintf(j->text, j->cap, "%s",
                                 j->ko ? "회의에서 나온 내용입니다. 제목, 세 줄 이내의 요약, 그리고 아직 "
                                         "풀리지 않은 점에서 이어질 다음 단계 제안(next)을 쓰세요.\n"
                                       : "These are the points of the meeting. Write a title, a summary of "
                                         "at most three sentences, and as next the steps "
                                         "that the open points suggest.\n");
    for (int i = 0; i < n; i++) {
        const struct moim_minutes_item *it = &j->out->items[point[i]];
        at += (size_t)snprintf(j->text + at, j->cap - at, "[%d] (%s) %s%s%s\n", i + 1, it->kind, it->owner,
                               *it->owner ? ": " : "", it->text);
        if (at >= j->cap) return moim_fail(err, MOIM_EINVAL, "minutes: too many points");
    }
    snprintf(j->text + at, j->cap - at, "<|im_end|>\n<|im_start|>assistant\n");
    struct moim_grammar *g;
    int rc = moim_grammar_new(&g, whole_pattern, n ? n : 1, NULL, 0, err);
    if (!rc) rc = moim_writer_run(&j->writer, j->text, g, j->json, JSON_MAX, err);
    if (!rc && (rc = read_whole(j, point, n))) moim_fail(err, rc, "minutes: out of memory");
    moim_grammar_free(g);
    return rc;
}

static int run(struct job *j, struct moim_err *err)
{
    int rc = put_prefix(j, err), total = j->req->n_turns;
    for (int first = 0; !rc && first < total;) {
        int last = window_end(j, first);
        rc = do_window(j, first, last, err);
        first = last;
        if (!rc && j->req->progress) j->req->progress(j->req->arg, 0.9 * first / total);
    }
    return rc ? rc : do_whole(j, err);
}

int moim_minutes_write(struct moim_llm *model, const struct moim_minutes_request *req,
                       struct moim_minutes *out, struct moim_err *err)
{
    memset(out, 0, sizeof *out);
    if (req->n_turns < 1) return moim_fail(err, MOIM_EINVAL, "minutes: nothing was said");
    struct job j = {.req = req, .out = out, .ko = !strcmp(req->language, "ko"), .cap = 1 << 17};
    j.text = malloc(j.cap);
    j.json = malloc(JSON_MAX);
    collect_speakers(&j);
    int rc = j.text && j.json ? moim_writer_init(&j.writer, model, req->cancel, err)
                              : moim_fail(err, MOIM_ENOMEM, "minutes: out of memory");
    if (!rc) rc = run(&j, err);
    moim_writer_clear(&j.writer);
    free(j.text);
    free(j.json);
    if (rc) moim_minutes_free(out);
    return rc;
}
