#include "tests/eval/eval_subjects.h"
#include "storage/transcript_file.h"
#include "summarize/facts.h"
#include "summarize/strength.h"
#include "summarize/subjects.h"
#include "summarize/what_about.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_subjects(FILE *out, const struct moim_job *j, const char *name)
{
    const struct moim_subject *s = j->subject;
    for (int i = 0; i < j->n_subjects; i++) {
        fprintf(out, "%s\t%.3f\t%.3f\t%d\t", name, s[i].worth, s[i].names, s[i].turn);
        for (int k = 0; k < MOIM_SUBJECT_FEATURES; k++) fprintf(out, "%s%.3g", k ? " " : "", s[i].f[k]);
        fprintf(out, "\t%s\n", s[i].text);
    }
}

static int print_facts(FILE *out, const struct moim_job *j, const char *name)
{
    double(*f)[MOIM_FACT_FEATURES] = malloc(sizeof *f * ((size_t)j->n_units + 1));
    int rc = f ? MOIM_OK : MOIM_ENOMEM;
    if (!rc) moim_facts_measure(j, f);
    for (int i = 0; i < j->n_units && !rc; i++) {
        fprintf(out, "%s\t%d\t", name, j->unit[i].turn);
        for (int k = 0; k < MOIM_FACT_FEATURES; k++) fprintf(out, "%s%.3g", k ? " " : "", f[i][k]);
        fprintf(out, "\t%s\n", j->unit[i].text);
    }
    free(f);
    return rc;
}

static void print_numbers(FILE *out, const double *f, int n)
{
    for (int k = 0; k < n; k++) fprintf(out, "%s%.3g", k ? " " : "\t", f[k]);
}

static void print_contexts(FILE *out, const struct moim_job *j, const char *name)
{
    double self[MOIM_CONTEXT_SELF], before[MOIM_CONTEXT_TURNS][MOIM_CONTEXT_BEFORE];
    for (int t = 1; t < j->req->n_turns; t++) {
        moim_context_measure(j, t, MOIM_FOUND_DECISION, self, before);
        fprintf(out, "%s\t%d", name, t);
        print_numbers(out, self, MOIM_CONTEXT_SELF);
        for (int i = 0; i < MOIM_CONTEXT_TURNS && i < t; i++)
            print_numbers(out, before[i], MOIM_CONTEXT_BEFORE);
        fputc('\n', out);
    }
}

int moim_eval_put_sentences(FILE *out, enum moim_eval_sort what, struct moim_embed *m, const char *dir,
                            const char *name, struct moim_err *err)
{
    char path[4096];
    struct moim_transcript_file f;
    struct moim_minutes minutes = {0};
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int rc = moim_transcript_file_read(&f, path, err);
    if (rc) return rc;
    struct moim_minutes_request req = {.turns = f.turns,
                                       .n_turns = f.n,
                                       .language = f.language,
                                       .date = f.has_date ? f.date : (struct moim_date){2026, 1, 1}};
    struct moim_job j = {.req = &req, .out = &minutes, .may = &moim_stages[MOIM_STRENGTH_NONE]};
    j.talk = j.lang = moim_language_get(req.language);
    moim_template_named(&j.template, "plain", req.language);
    if (m) rc = moim_turn_states(m, req.turns, req.n_turns, NULL, &req.state, err);
    req.encoder = m;
    if (!rc) rc = moim_findings_get(&req, &j.found, err);
    if (!rc) rc = j.n_topics = moim_topics_split(req.turns, req.n_turns, j.first);
    if (rc > 0) rc = moim_units_read(&j);
    if (!rc) {
        j.first[j.n_topics] = req.n_turns;
        moim_context_open(&j);
        rc = moim_subjects_read(&j, err);
    }
    if (!rc && what == MOIM_EVAL_FACTS) rc = print_facts(out, &j, name);
    if (!rc && what == MOIM_EVAL_SUBJECTS) print_subjects(out, &j, name);
    if (!rc && what == MOIM_EVAL_CONTEXTS) print_contexts(out, &j, name);
    if (rc == MOIM_ENOMEM) moim_fail(err, rc, "minutes: out of memory");
    free(req.state);
    free(j.subject);
    moim_units_free(&j);
    moim_findings_free(&j.found);
    moim_transcript_file_clear(&f);
    return rc;
}
