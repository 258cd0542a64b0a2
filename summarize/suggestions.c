/* Suggestions for open matters, marked as such because they were not said; only for certain findings. */
#include "summarize/minutes_int.h"

#include <stdio.h>
#include <string.h>

#define MOST 5
#define MOST_QUESTIONS 3
#define MOST_DAYS 2
#define LONGEST 300 /* bytes of what a suggestion is about */

static int suggest(struct moim_job *j, const char *what, const struct moim_minutes_item *about)
{
    char brief[MOIM_NOTE_MAX * 2], text[sizeof brief + 1024];
    int evidence[MOIM_EVIDENCE_MAX],
        n = about->n_evidence < MOIM_EVIDENCE_MAX ? about->n_evidence : MOIM_EVIDENCE_MAX;
    memcpy(evidence, about->evidence, sizeof *evidence * (size_t)n);
    moim_short_finding(j, about, brief, sizeof brief);
    snprintf(text, sizeof text, "%s: %s%s%s%s", what, brief, *about->owner ? " (" : "", about->owner,
             *about->owner ? ")" : "");
    return moim_push_item(j->out, "suggestion", text, evidence, n) ? MOIM_OK : MOIM_ENOMEM;
}

int moim_write_suggestions(struct moim_job *j)
{
    const struct moim_labels *l = &j->lang->label;
    int rc = MOIM_OK, had = 0, n = j->out->n;
    for (int pass = 0; pass < 3; pass++) {
        int most = pass == 0                ? MOST_QUESTIONS
                   : pass == 1              ? MOST
                   : had + MOST_DAYS < MOST ? had + MOST_DAYS
                                            : MOST;
        for (int i = 0; i < n && had < most && !rc; i++) {
            struct moim_minutes_item it = j->out->items[i];
            bool task = !strcmp(it.kind, "action");
            bool open = pass == 0   ? !strcmp(it.kind, "question")
                        : pass == 1 ? task && !*it.owner
                                    : task && *it.owner && !*it.due_date && !*it.due_text;
            /* What could only be quoted says too little of what there would be to settle by a day. */
            bool quoted = strstr(it.text, j->talk->label.quote[0]) != NULL;
            if (!open || strlen(it.text) > LONGEST || (quoted && pass)) continue;
            rc = suggest(j, pass == 0 ? l->next_agenda : pass == 1 ? l->find_owner : l->agree_on_day, &it);
            had++;
        }
    }
    return rc;
}
