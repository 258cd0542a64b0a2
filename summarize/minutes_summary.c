/* The summary: outcomes first, then what was discussed, then what stays open; three to seven sentences. */
#include "summarize/evidence.h"
#include "summarize/line_check.h"
#include "summarize/minutes_int.h"
#include "summarize/note_style.h"
#include "summarize/strength.h"
#include "summarize/word_text.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINES 22 /* of points and findings that the summary is made from */
#define SUMMARY_MOST 7
#define SAYS_LITTLE 40 /* bytes of a point with its marks: "이건 본사 지침이고요" */
#define CLEAR 0.3      /* log-odds of a fact from which it is told in the summary */

static bool is_list(const struct moim_minutes_item *it, const char *kind)
{
    return !strcmp(it->kind, kind);
}

/* What the summary may say as it is: what is open or only probable has its own sections. */
static bool stands(const struct moim_minutes_item *it)
{
    return !is_list(it, "question") && !is_list(it, "to_confirm");
}

static int put_lines(struct moim_job *j)
{
    size_t at = (size_t)snprintf(j->text, j->cap, MOIM_CHAT_SYSTEM "%s" MOIM_CHAT_END MOIM_CHAT_USER,
                                 j->talk->prompt.whole);
    int total = 0, step, k = 0;
    bool story = !j->talk->by_syllable &&
                 moim_count_kind(j->out, "summary") > 0; /* then it and the topics say it all */
    for (int i = 0; i < j->out->n; i++) total += stands(&j->out->items[i]);
    step = story ? 1 : total / MAX_LINES + 1;
    for (int i = 0; i < j->out->n; i++) {
        const struct moim_minutes_item *it = &j->out->items[i];
        bool topic = !strcmp(it->kind, "topic"),
             point = !strcmp(it->kind, "key_point") || !strcmp(it->kind, "summary");
        if (!stands(it) || (!topic && k++ % step)) continue;
        if (story && !topic && strcmp(it->kind, "summary")) continue;
        const char *label = topic                           ? "#"
                            : point                         ? "-"
                            : !strcmp(it->kind, "decision") ? j->talk->prompt.list_decided
                                                            : j->talk->prompt.list_to_do;
        int n = snprintf(j->text + at, j->cap - at, "%s %s%s%s\n", label, it->owner, *it->owner ? ": " : "",
                         it->text);
        if (n < 0 || (size_t)n >= j->cap - at - 128) break;
        at += (size_t)n;
    }
    snprintf(j->text + at, j->cap - at, MOIM_CHAT_END MOIM_CHAT_ASSISTANT);
    return MOIM_OK;
}

/* How probably the sentence that a point was made of is a fact that minutes keep. */
static double worth_of(const struct moim_job *j, const struct moim_minutes_item *it)
{
    double best = -100;
    for (int i = 0; i < j->n_units; i++)
        if (it->n_evidence && j->unit[i].turn == it->evidence[0] && j->unit[i].fact > best &&
            moim_text_covered(j->unit[i].text, it->text) > 0.5)
            best = j->unit[i].fact;
    return best;
}

static bool in_summary(const struct moim_job *j, const char *text)
{
    for (int i = 0; i < j->out->n; i++)
        if (is_list(&j->out->items[i], "summary") && moim_text_covered(text, j->out->items[i].text) > 0.75)
            return true;
    return false;
}

/* The points that are facts most probably as lines, in the meeting's order, until there are `most` lines of what was discussed. */
static int quote_lines(struct moim_job *j, int most)
{
    int n = j->out->n, rc = MOIM_OK;
    bool *take = calloc((size_t)n + 1, sizeof *take);
    if (!take) return MOIM_ENOMEM;
    for (int k = 0; k < most; k++) {
        int best = -1;
        double worth, highest = 0;
        for (int i = 0; i < n; i++) {
            const struct moim_minutes_item *it = &j->out->items[i];
            if (take[i] || !is_list(it, "key_point") || strlen(it->text) >= 240 ||
                strlen(it->text) < SAYS_LITTLE || in_summary(j, it->text))
                continue;
            worth = worth_of(j, it);
            if (best < 0 || worth > highest) best = i, highest = worth;
        }
        if (best < 0 || (highest < CLEAR && moim_count_kind(j->out, "summary"))) break;
        take[best] = true;
    }
    for (int i = 0; !rc && i < n; i++) {
        struct moim_minutes_item it = j->out->items[i];
        if (take[i] && !moim_push_item(j->out, "summary", it.text, it.evidence, it.n_evidence))
            rc = MOIM_ENOMEM;
    }
    free(take);
    return rc;
}

/* What the model says of the whole rests on the items that it was shown: at most two of them say every word of a line. */
static int add_line(struct moim_job *j, const char *line)
{
    struct moim_turn_text *item = calloc((size_t)j->out->n + 1, sizeof *item);
    char text[MOIM_NOTE_MAX];
    int refs[2], n = 0, cited[MOIM_EVIDENCE_MAX], n_cited = 0, rc = item ? MOIM_OK : MOIM_ENOMEM;
    snprintf(text, sizeof text, "%s", line + strspn(line, " -*"));
    for (int i = 0; !rc && i < j->out->n; i++)
        item[i] = (struct moim_turn_text){.speaker = j->out->items[i].owner, .text = j->out->items[i].text};
    bool said = !rc && strlen(line) < sizeof text && !j->talk->asks(text) &&
                !moim_said_already(j->out, "summary", text) &&
                moim_find_support(j->talk, item, 0, j->out->n, text, NULL, j->out->n, 0, refs, &n, 2);
    for (int i = 0; said && i < n; i++) {
        const struct moim_minutes_item *it = &j->out->items[refs[i]];
        for (int e = 0; e < it->n_evidence && n_cited < MOIM_EVIDENCE_MAX; e++) {
            if (!moim_cites(cited, n_cited, it->evidence[e])) cited[n_cited++] = it->evidence[e];
        }
    }
    free(item);
    if (rc) return rc;
    if (!said || !n_cited) {
        j->out->dropped++;
        return MOIM_OK;
    }
    qsort(cited, (size_t)n_cited, sizeof *cited, moim_by_int);
    struct moim_minutes_item *made = moim_push_item(j->out, "summary", text, cited, n_cited);
    if (made) made->worded = true;
    return made ? MOIM_OK : MOIM_ENOMEM;
}

/* Where the lines of findings are quoted, what the model would say of them rests on no line that was checked: it gives the title. */
static int ask_whole(struct moim_job *j, char title[MOIM_NOTE_MAX], int most, struct moim_err *err)
{
    const struct moim_prompts *p = &j->talk->prompt;
    put_lines(j);
    int rc = moim_writer_prefix(&j->writer, "", err);
    if (!rc) rc = moim_ask_model(j, j->may->lines ? p->whole_pattern : p->title_pattern, 1, NULL, 0, err);
    if (rc) return rc;
    cJSON *root = cJSON_Parse(j->json);
    const cJSON *o = cJSON_GetObjectItem(root, "title"), *line;
    if (cJSON_IsString(o)) snprintf(title, MOIM_NOTE_MAX, "%s", o->valuestring + strspn(o->valuestring, " "));
    int had = 0;
    cJSON_ArrayForEach(line, cJSON_GetObjectItem(root, "summary"))
    {
        int n = j->out->n;
        if (!rc && had < most && cJSON_IsString(line)) rc = add_line(j, line->valuestring);
        had += j->out->n - n;
    }
    o = cJSON_GetObjectItem(root, "about");
    if (!rc && cJSON_IsString(o)) rc = moim_add_about(j, o->valuestring);
    cJSON_Delete(root);
    return rc ? moim_fail(err, rc, "minutes: out of memory") : MOIM_OK;
}

int moim_write_whole(struct moim_job *j, struct moim_err *err)
{
    char title[MOIM_NOTE_MAX] = "";
    const struct moim_labels *l = &j->lang->label;
    int rc = moim_add_outcomes(j, MOIM_FOUND_DECISION, l->decided);
    if (!rc) rc = moim_add_outcomes(j, MOIM_FOUND_ACTION, l->to_do);
    if (!rc && !moim_count_kind(j->out, "decision")) rc = moim_add_unsure(j);
    if (rc) return moim_fail(err, rc, "minutes: out of memory");
    int outcomes = moim_count_kind(j->out, "summary"), most = outcomes ? 2 : 3;
    if (j->model && !j->talk->by_syllable && (rc = moim_write_summary_en(j, err))) return rc;
    if (j->model && (rc = ask_whole(j, title, most, err))) return rc;
    if (!j->model) rc = moim_add_discussed(j);
    int left = outcomes + most - moim_count_kind(j->out, "summary");
    if (!rc && left > 0) rc = quote_lines(j, left);
    if (!rc && moim_count_kind(j->out, "summary") < SUMMARY_MOST)
        rc = moim_add_outcomes(j, MOIM_FOUND_QUESTION, l->open);
    if (!rc) rc = moim_write_title(j, title);
    if (!rc) rc = moim_add_results(j);
    if (!rc) rc = moim_write_suggestions(j);
    return rc ? moim_fail(err, rc, "minutes: out of memory") : MOIM_OK;
}
