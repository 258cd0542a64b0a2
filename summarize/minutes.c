#include "summarize/minutes.h"
#include "summarize/evidence.h"
#include "summarize/facts.h"
#include "summarize/ko/endings.h"
#include "summarize/line_check.h"
#include "summarize/minutes_int.h"
#include "summarize/strength.h"
#include "summarize/subjects.h"
#include "summarize/what_about.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AROUND 3 /* turns from the one that says most of a statement to what else it may rest on */

struct moim_minutes_item *moim_push_item(struct moim_minutes *m, const char *kind, const char *text,
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

bool moim_said_already(const struct moim_minutes *m, const char *kind, const char *text)
{
    for (int i = 0; i < m->n; i++) {
        const char *k = m->items[i].kind;
        bool same = kind ? !strcmp(k, kind)
                         : !strcmp(k, "key_point") || !strcmp(k, "decision") || !strcmp(k, "action");
        if (same && moim_text_overlap(m->items[i].text, text) > 0.6) return true;
    }
    return false;
}

int moim_count_kind(const struct moim_minutes *m, const char *kind)
{
    int n = 0;
    for (int i = 0; i < m->n; i++) n += !strcmp(m->items[i].kind, kind);
    return n;
}

int moim_push_checked(struct moim_job *j, const char *kind, const char *text, int a, int b, bool *kept)
{
    char line[MOIM_NOTE_MAX];
    int refs[MOIM_EVIDENCE_MAX], n = 0;
    *kept = false;
    snprintf(line, sizeof line, "%s", text);
    if (strlen(text) >= sizeof line) return MOIM_OK;
    bool notes = j->talk->by_syllable; /* written as notes: one sentence, nominal */
    char *more = notes ? strstr(line, ". ") : NULL;
    if (more && more - line > 24) *more = 0;
    if (notes) moim_ko_nominal(line);
    size_t n_line = strlen(line);
    if (n_line > 12 && !memcmp(line + n_line - 6, "임임", 6))
        line[n_line - 3] = 0; /* the 0.5B's own nominal, said twice */
    char *first = line + strspn(line, " -*");
    if (strlen(first) < 6 ||
        !moim_find_support(j->talk, j->req->turns, a, b, first, NULL, AROUND, 0, refs, &n, 4)) {
        j->out->dropped++;
        return MOIM_OK;
    }
    *kept = true;
    struct moim_minutes_item *it = moim_push_item(j->out, kind, first, refs, n);
    if (it) it->worded = true;
    return it ? MOIM_OK : MOIM_ENOMEM;
}

int moim_ask_model(struct moim_job *j, const char *pattern, int limit, const char *const *choices,
                   int n_choices, struct moim_err *err)
{
    struct moim_grammar *g;
    int rc = moim_grammar_new(&g, pattern, limit, choices, n_choices, err);
    if (!rc) rc = moim_writer_run(&j->writer, j->text, g, j->json, MOIM_JSON_MAX, err);
    moim_grammar_free(g);
    return rc;
}

/* Sections that a template leaves out; a topic or point may have been needed for the summary. */
static void drop_sections(struct moim_job *j)
{
    static const struct {
        const char *kind;
        unsigned bit;
    } of[] = {{"summary", MOIM_SEC_SUMMARY},    {"topic", MOIM_SEC_TOPICS},
              {"key_point", MOIM_SEC_POINTS},   {"decision", MOIM_SEC_DECISIONS},
              {"action", MOIM_SEC_ACTIONS},     {"question", MOIM_SEC_QUESTIONS},
              {"to_confirm", MOIM_SEC_CONFIRM}, {"suggestion", MOIM_SEC_SUGGESTIONS}};
    int k = 0;
    for (int i = 0; i < j->out->n; i++) {
        struct moim_minutes_item it = j->out->items[i];
        bool keep = true;
        for (size_t s = 0; s < sizeof of / sizeof *of; s++)
            if (!strcmp(it.kind, of[s].kind)) keep = (j->template.sections & of[s].bit) != 0;
        if (keep) {
            j->out->items[k++] = it;
            continue;
        }
        free(it.text);
        free(it.owner);
        free(it.due_text);
        free(it.evidence);
    }
    j->out->n = k;
}

int moim_check_stop(const struct moim_job *j, struct moim_err *err)
{
    return j->req->cancel && *j->req->cancel ? moim_fail(err, MOIM_ECANCEL, "minutes: stopped") : MOIM_OK;
}

static void progress(const struct moim_job *j, double done)
{
    if (j->req->progress) j->req->progress(j->req->arg, done);
}

/* What was spent since the last stage ended goes to this one. */
static void spent(struct moim_job *j, enum moim_minutes_stage stage, double *since)
{
    struct timespec s;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &s);
    double cpu = (double)s.tv_sec + (double)s.tv_nsec / 1e9;
    j->out->cost[stage] = j->writer.cost;
    j->out->cost[stage].cpu = cpu - *since;
    j->writer.cost = (struct moim_model_cost){0};
    *since = cpu;
}

static int copy_findings(const struct moim_findings *from, struct moim_findings *to)
{
    to->list = calloc((size_t)from->n + 1, sizeof *to->list);
    for (int i = 0; to->list && i < from->n; i++) {
        struct moim_finding *f = &to->list[to->n++];
        *f = from->list[i];
        f->text = strdup(f->text);
        f->source = strdup(f->source);
        f->context = strdup(f->context);
        if (!f->text || !f->source || !f->context) return MOIM_ENOMEM;
    }
    return to->list ? MOIM_OK : MOIM_ENOMEM;
}

static int run(struct moim_job *j, struct moim_err *err)
{
    const struct moim_minutes_request *req = j->req;
    double since = 0;
    spent(j, MOIM_STAGE_FINDINGS, &since);
    int rc = req->findings ? copy_findings(req->findings, &j->found) : moim_findings_get(req, &j->found, err);
    if (rc) return rc;
    j->n_topics = moim_topics_split(req->turns, req->n_turns, j->first);
    if (j->n_topics > 0) j->first[j->n_topics] = req->n_turns;
    rc = j->n_topics < 0 ? j->n_topics : moim_units_read(j);
    if (rc) return moim_fail(err, rc, "minutes: out of memory");
    moim_context_open(j);
    rc = moim_subjects_read(j, err);
    if (!rc) rc = moim_facts_rate(j, err);
    if (rc) return rc;
    if (j->may->proposes) rc = moim_propose_findings(j, err);
    if (!rc) rc = moim_write_findings(j, err);
    spent(j, MOIM_STAGE_FINDINGS, &since);
    progress(j, 0.1);
    if (!rc) rc = moim_write_topics(j, err);
    spent(j, MOIM_STAGE_TOPICS, &since);
    if (!rc) rc = moim_write_whole(j, err);
    spent(j, MOIM_STAGE_SUMMARY, &since);
    if (!rc) drop_sections(j);
    progress(j, 1);
    return rc;
}

static int choose_template(struct moim_job *j, struct moim_err *err)
{
    const struct moim_minutes_request *req = j->req;
    if (req->instructions) return moim_template_parse(&j->template, req->instructions, err);
    if (moim_template_named(&j->template, req->template_name, req->language)) return MOIM_OK;
    return moim_fail(err, MOIM_EINVAL, "%s: no such template", req->template_name);
}

int moim_minutes_write(struct moim_llm *model, const struct moim_minutes_request *req,
                       struct moim_minutes *out, struct moim_err *err)
{
    memset(out, 0, sizeof *out);
    if (req->n_turns < 1) return moim_fail(err, MOIM_EINVAL, "minutes: nothing was said");
    struct moim_job j = {.req = req,
                         .out = out,
                         .may = &moim_stages[model || req->script ? req->strength : MOIM_STRENGTH_NONE],
                         .talk = moim_language_get(req->language),
                         .lang =
                             moim_language_get(req->minutes_language ? req->minutes_language : req->language),
                         .cap = 1 << 16};
    j.model = j.may->writes;
    j.text = malloc(j.cap);
    j.json = malloc(MOIM_JSON_MAX);
    int rc = choose_template(&j, err);
    if (!rc && (!j.text || !j.json)) rc = moim_fail(err, MOIM_ENOMEM, "minutes: out of memory");
    if (!rc && j.model)
        rc = moim_writer_init(&j.writer, req->script ? NULL : model, req->script, req->cancel, err);
    if (!rc) rc = run(&j, err);
    if (j.model) moim_writer_clear(&j.writer);
    moim_units_free(&j);
    free(j.subject);
    moim_findings_free(&j.found);
    free(j.text);
    free(j.json);
    if (rc) moim_minutes_free(out);
    return rc;
}
