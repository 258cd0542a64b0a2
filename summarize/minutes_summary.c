/* What concerns the whole meeting: findings put into words, title, summary, suggestions. */
#include "summarize/evidence.h"
#include "summarize/minutes_int.h"
#include "summarize/note_style.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINES 44 /* of points and findings that the summary is made from */
#define MAX_REWORDED 16

/* ---- findings ---- */

static const char reword_ko[] = "대화의 마지막 말에서 맡은 일이나 정한 것이 무엇인지, 무엇에 대한 것인지 "
                                "앞말에서 찾아 짧은 명사구 하나로 적으세요. 사람 이름과 날짜는 빼세요.";
static const char reword_en[] = "Say in one short phrase which task or decision the last line of the talk is "
                                "about; what it refers to stands in the lines before. No names, no dates.";
static const char reword_example_ko[] = "가: 초대장 문구는 언제 나와요?\n나: 내일까지 마무리할게요.";
static const char reword_example_en[] =
    "A: When will the invitation be ready?\nB: I'll finish it by tomorrow.";

static int put_reword_prefix(struct moim_job *j, struct moim_err *err)
{
    snprintf(j->text, j->cap,
             "<|im_start|>system\n%s<|im_end|>\n<|im_start|>user\n%s<|im_end|>\n<|im_start|>assistant\n{"
             "\"text\":\"%s\"}<|im_end|>\n<|im_start|>user\n",
             j->ko ? reword_ko : reword_en, j->ko ? reword_example_ko : reword_example_en,
             j->ko ? "초대장 문구 마무리" : "Finish the invitation");
    return moim_writer_prefix(&j->writer, j->text, err);
}

/* The model's wording is taken when it holds what the sentence says and adds only what stands in the lines
 * before. */
static bool takes_wording(const struct moim_job *j, const struct moim_finding *f, const char *text)
{
    char said[4096] = "", core[MOIM_NOTE_MAX];
    for (int i = 0; i < f->n_turns; i++)
        snprintf(said + strlen(said), sizeof said - strlen(said), "%s ", j->req->turns[f->turns[i]].text);
    snprintf(core, sizeof core, "%s", f->text);
    const char *colon = strstr(core, ": ");
    const char *own = colon ? colon + 2 : core;
    double of_own = moim_text_covered(own, text), of_said = moim_text_covered(text, said);
    return strlen(text) > 6 && strlen(text) < 150 && of_said > 0.72 && of_own > 0.3 &&
           strlen(text) > strlen(own) &&
           moim_evidence_holds(j->req->turns, j->req->n_turns, text, f->turns, f->n_turns);
}

static int reword(struct moim_job *j, struct moim_finding *f, struct moim_err *err)
{
    size_t at = 0;
    for (int i = 0; i < f->n_turns; i++) {
        const struct moim_turn_text *t = &j->req->turns[f->turns[i]];
        int n = snprintf(j->text + at, j->cap - at, "%s%s%s%.600s\n", t->speaker, *t->speaker ? ": " : "", "",
                         t->text);
        if (n < 0 || (size_t)n >= j->cap - at) return MOIM_OK;
        at += (size_t)n;
    }
    snprintf(j->text + at, j->cap - at, "<|im_end|>\n<|im_start|>assistant\n");
    int rc = moim_ask_model(j, j->ko ? "{\"text\":%s40}" : "{\"text\":%s90}", NULL, 0, err);
    if (rc) return rc;
    cJSON *root = cJSON_Parse(j->json), *text = cJSON_GetObjectItem(root, "text");
    if (cJSON_IsString(text)) {
        char line[MOIM_NOTE_MAX];
        snprintf(line, sizeof line, "%s", text->valuestring + strspn(text->valuestring, " "));
        if (j->ko && f->kind == MOIM_FOUND_ACTION) moim_ko_task(line);
        if (j->ko && f->kind == MOIM_FOUND_DECISION) moim_ko_decision(line);
        char *copy = takes_wording(j, f, line) ? strdup(line) : NULL;
        if (copy) {
            free(f->text);
            f->text = copy;
        }
    }
    cJSON_Delete(root);
    return MOIM_OK;
}

/* What was found by cues cites the turns it was found in; a number or name that stands beside them is cited
 * with them, and what stands nowhere near is not said. */
static int push_finding(struct moim_job *j, struct moim_finding *f)
{
    static const char *const kind[] = {"decision", "action", "question"};
    char said[2 * MOIM_NOTE_MAX];
    snprintf(said, sizeof said, "%s %s", f->text, f->owner);
    if (!moim_evidence_mend(j->req->turns, j->req->n_turns, said, 12, f->turns, &f->n_turns,
                            MOIM_FINDING_TURNS)) {
        j->out->dropped++;
        return MOIM_OK;
    }
    struct moim_minutes_item *it = moim_push_item(j->out, kind[f->kind], f->text, f->turns, f->n_turns);
    if (!it) return MOIM_ENOMEM;
    char *owner = strdup(f->owner), *due = strdup(f->due_text);
    if (owner && due) {
        free(it->owner);
        free(it->due_text);
        it->owner = owner;
        it->due_text = due;
        memcpy(it->due_date, f->due_date, sizeof it->due_date);
        return MOIM_OK;
    }
    free(owner);
    free(due);
    return MOIM_ENOMEM;
}

int moim_write_findings(struct moim_job *j, struct moim_err *err)
{
    int rc = MOIM_OK, reworded = 0;
    for (int i = 0; i < j->found.n && !rc; i++) {
        struct moim_finding *f = &j->found.list[i];
        if (j->model && f->vague && f->kind != MOIM_FOUND_QUESTION && reworded < MAX_REWORDED) {
            if (!reworded++) rc = put_reword_prefix(j, err);
            if (!rc) rc = reword(j, f, err);
        }
        if (!rc && (rc = push_finding(j, f))) moim_fail(err, rc, "minutes: out of memory");
    }
    return rc;
}

/* ---- suggestions ---- */

static int suggest(struct moim_job *j, const char *ko, const char *en, const struct moim_minutes_item *about)
{
    char text[2 * MOIM_NOTE_MAX];
    int evidence[MOIM_EVIDENCE_MAX],
        n = about->n_evidence < MOIM_EVIDENCE_MAX ? about->n_evidence : MOIM_EVIDENCE_MAX;
    memcpy(evidence, about->evidence, sizeof *evidence * (size_t)n);
    snprintf(text, sizeof text, "%s: %s%s%s%s", j->ko ? ko : en, about->text, *about->owner ? " (" : "",
             about->owner, *about->owner ? ")" : "");
    return moim_push_item(j->out, "suggestion", text, evidence, n) ? MOIM_OK : MOIM_ENOMEM;
}

/* What is left to settle, drawn from what was left open; said as suggestions, because nobody said them. */
static int write_suggestions(struct moim_job *j)
{
    int rc = MOIM_OK, had = 0, n = j->out->n;
    for (int i = 0; i < n && had < 4 && !rc; i++)
        if (!strcmp(j->out->items[i].kind, "question")) {
            struct moim_minutes_item it = j->out->items[i];
            rc = suggest(j, "다음 회의 안건으로 다루기", "For the next agenda", &it);
            had++;
        }
    for (int i = 0; i < n && had < 6 && !rc; i++) {
        struct moim_minutes_item it = j->out->items[i];
        if (strcmp(it.kind, "action") || (*it.owner && *it.due_date)) continue;
        rc = *it.owner ? suggest(j, "기한 정하기", "Agree on a day", &it)
                       : suggest(j, "담당자 정하기", "Find somebody to do it", &it);
        had++;
    }
    return rc;
}

/* ---- title and summary ---- */

static const char whole_ko[] = "회의에서 나온 내용 목록을 읽고, 회의 제목(title)과 무엇을 왜 논의했는지 알려 "
                               "주는 요약(summary)을 JSON으로 적으세요. 목록에 있는 사실만 짧은 명사형 "
                               "문장(~함, ~임)으로 적으세요.";
static const char whole_en[] = "Read the list of what came up in a meeting. Write as JSON the meeting's "
                               "title and a phrase that ends the "
                               "sentence \"The meeting was about\" (about). Use only words of the list.";

static bool is_list(const struct moim_minutes_item *it, const char *kind)
{
    return !strcmp(it->kind, kind);
}

static int count_kind(const struct moim_job *j, const char *kind)
{
    int n = 0;
    for (int i = 0; i < j->out->n; i++) n += is_list(&j->out->items[i], kind);
    return n;
}

static int put_lines(struct moim_job *j)
{
    size_t at = (size_t)snprintf(j->text, j->cap, "<|im_start|>system\n%s<|im_end|>\n<|im_start|>user\n",
                                 j->ko ? whole_ko : whole_en);
    int total = 0, step, k = 0;
    bool story = !j->ko && count_kind(j, "summary") > 0; /* then it and the topics say it all */
    for (int i = 0; i < j->out->n; i++) total += strcmp(j->out->items[i].kind, "question") != 0;
    step = story ? 1 : total / MAX_LINES + 1;
    for (int i = 0; i < j->out->n; i++) {
        const struct moim_minutes_item *it = &j->out->items[i];
        bool topic = !strcmp(it->kind, "topic"),
             point = !strcmp(it->kind, "key_point") || !strcmp(it->kind, "summary");
        if (!strcmp(it->kind, "question") || (!topic && k++ % step)) continue;
        if (story && !topic && strcmp(it->kind, "summary")) continue;
        const char *label = topic                           ? "#"
                            : point                         ? "-"
                            : !strcmp(it->kind, "decision") ? (j->ko ? "- 결정:" : "- Decided:")
                                                            : (j->ko ? "- 할 일:" : "- To do:");
        int n = snprintf(j->text + at, j->cap - at, "%s %s%s%s\n", label, it->owner, *it->owner ? ": " : "",
                         it->text);
        if (n < 0 || (size_t)n >= j->cap - at - 128) break;
        at += (size_t)n;
    }
    snprintf(j->text + at, j->cap - at, "<|im_end|>\n<|im_start|>assistant\n");
    return MOIM_OK;
}

/* "결정: ...; ..." of all items of a kind, what they cite with it; "" when there are none. */
static int listed(const struct moim_job *j, const char *kind, const char *label, char *text, size_t cap,
                  int *evidence)
{
    int n = 0, shown = 0, had = 0;
    *text = 0;
    for (int i = 0; i < j->out->n; i++) had += is_list(&j->out->items[i], kind);
    for (int i = 0; i < j->out->n && shown < 3; i++) {
        const struct moim_minutes_item *it = &j->out->items[i];
        if (!is_list(it, kind) || strlen(text) + strlen(it->text) > 280) continue;
        if (n + it->n_evidence > MOIM_EVIDENCE_MAX) break;
        snprintf(text + strlen(text), cap - strlen(text), "%s%s%s%s%s", shown ? "; " : label, it->owner,
                 *it->owner ? " – " : "", it->text, "");
        for (int e = 0; e < it->n_evidence; e++) {
            bool has = false;
            for (int k = 0; k < n; k++) has = has || evidence[k] == it->evidence[e];
            if (!has) evidence[n++] = it->evidence[e];
        }
        shown++;
    }
    if (shown && shown < had) snprintf(text + strlen(text), cap - strlen(text), j->ko ? " 등" : ", and more");
    return n;
}

static int ascending(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static int add_listed(struct moim_job *j, const char *kind, const char *label)
{
    char text[1024];
    int evidence[MOIM_EVIDENCE_MAX], n = listed(j, kind, label, text, sizeof text, evidence);
    if (!*text) return MOIM_OK;
    qsort(evidence, (size_t)n, sizeof *evidence, ascending);
    return moim_push_item(j->out, "summary", text, evidence, n) ? MOIM_OK : MOIM_ENOMEM;
}

/* Points as lines, the first ones of the first topics. */
static int quote_lines(struct moim_job *j, int most)
{
    if (most < 1) most = 1;
    int rc = MOIM_OK;
    for (int i = 0; i < j->out->n && count_kind(j, "summary") < most && !rc; i++) {
        struct moim_minutes_item it = j->out->items[i];
        if (is_list(&it, "key_point") && !moim_said_already(j->out, "summary", it.text))
            rc = moim_push_item(j->out, "summary", it.text, it.evidence, it.n_evidence) ? MOIM_OK
                                                                                        : MOIM_ENOMEM;
    }
    return rc;
}

/* A point up to its first comma, when that is short and says enough. */
static bool first_clause(const char *point, char clause[64])
{
    size_t n = strcspn(point, ",.;:");
    if (n < 12 || n >= 64) return false;
    snprintf(clause, 64, "%.*s", (int)n, point);
    return !moim_note_vague(clause, false);
}

static int add_title(struct moim_job *j, const char *title)
{
    int check[MOIM_EVIDENCE_MAX], n = 0;
    char clause[64];
    while (*title == ' ') title++;
    if (!*title || (!j->ko && moim_note_vague(title, false)) ||
        !moim_evidence_check(j->req->turns, j->req->n_turns, title, check, &n, MOIM_EVIDENCE_MAX)) {
        title = "";
        for (int i = 0; i < j->out->n && !*title; i++)
            if (is_list(&j->out->items[i], "topic") &&
                (j->ko || !moim_note_vague(j->out->items[i].text, false)))
                title = j->out->items[i].text;
        /* "times": one word names no meeting, the beginning of what was said does. */
        for (int i = 0; i < j->out->n && !*title && !j->ko; i++)
            if (is_list(&j->out->items[i], "key_point") && first_clause(j->out->items[i].text, clause))
                title = clause;
        for (int i = 0; i < j->out->n && !*title; i++)
            if (is_list(&j->out->items[i], "topic")) title = j->out->items[i].text;
        for (int i = 0; i < j->out->n && !*title; i++)
            if (!is_list(&j->out->items[i], "suggestion")) title = j->out->items[i].text;
    }
    char copy[MOIM_NOTE_MAX];
    snprintf(copy, sizeof copy, "%s", *title ? title : j->ko ? "회의" : "Meeting");
    if (islower((unsigned char)*copy)) *copy = (char)toupper((unsigned char)*copy);
    return moim_push_item(j->out, "title", copy, NULL, 0) ? MOIM_OK : MOIM_ENOMEM;
}

/* "The meeting was about ..." before the first line of the summary, when the transcript knows its words. */
static int add_about(struct moim_job *j, const char *about)
{
    char text[2048], phrase[256];
    int check[MOIM_EVIDENCE_MAX], n = 0, i = 0;
    static const char *const lead[] = {
        "the meeting was about", "the group", "the team",         "discussed", "discussing",
        "talked about",          "about",     "the discussion of"};
    for (size_t k = 0; k < sizeof lead / sizeof *lead; k++) {
        about += strspn(about, " ");
        if (!strncasecmp(about, lead[k], strlen(lead[k])) && about[strlen(lead[k])] == ' ')
            about += strlen(lead[k]) + 1;
    }
    const char *stop = strstr(about, ". "); /* one sentence of it */
    snprintf(phrase, sizeof phrase, "%.*s", (int)(stop ? (size_t)(stop - about) : strlen(about)), about);
    if (strchr(phrase, ' ') && isupper((unsigned char)strchr(phrase, ' ')[1]))
        moim_lower_words(phrase); /* written like a title */
    else if (isupper((unsigned char)*phrase) && islower((unsigned char)phrase[1]))
        *phrase = (char)tolower((unsigned char)*phrase);
    about = phrase;
    size_t len = strlen(about);
    while (i < j->out->n && !is_list(&j->out->items[i], "summary")) i++;
    while (len && strchr(" .,;:", about[len - 1])) len--;
    snprintf(text, sizeof text, "%.*s", (int)len, about);
    if (i == j->out->n || len < 8 || moim_words_known(j->req->turns, j->req->n_turns, text) < 0.55 ||
        !moim_evidence_check(j->req->turns, j->req->n_turns, text, check, &n, MOIM_EVIDENCE_MAX))
        return MOIM_OK;
    struct moim_minutes_item *it = &j->out->items[i];
    snprintf(text, sizeof text, "The meeting was about %.*s. %s", (int)len, about, it->text);
    n = it->n_evidence;
    if (n > MOIM_EVIDENCE_MAX) return MOIM_OK;
    memcpy(check, it->evidence, sizeof *check * (size_t)n);
    if (!moim_evidence_mend(j->req->turns, j->req->n_turns, text, j->req->n_turns, check, &n,
                            MOIM_EVIDENCE_MAX))
        return MOIM_OK;
    char *copy = strdup(text);
    int *refs = malloc(sizeof *refs * (size_t)n);
    if (!copy || !refs) {
        free(copy);
        free(refs);
        return MOIM_ENOMEM;
    }
    memcpy(refs, check, sizeof *refs * (size_t)n);
    free(it->text);
    free(it->evidence);
    it->text = copy, it->evidence = refs, it->n_evidence = n;
    return MOIM_OK;
}

static int read_summary(struct moim_job *j, int most)
{
    cJSON *root = cJSON_Parse(j->json);
    const cJSON *o = cJSON_GetObjectItem(root, "title");
    int rc = root ? add_title(j, cJSON_IsString(o) ? o->valuestring : "") : MOIM_EFORMAT;
    o = cJSON_GetObjectItem(root, "about");
    if (!rc && cJSON_IsString(o)) rc = add_about(j, o->valuestring);
    cJSON_ArrayForEach(o, cJSON_GetObjectItem(root, "summary"))
    {
        bool kept;
        if (rc || !cJSON_IsString(o) || count_kind(j, "summary") >= most ||
            moim_said_already(j->out, "summary", o->valuestring) ||
            moim_said_already(j->out, "question", o->valuestring))
            continue;
        rc = moim_push_checked(j, "summary", o->valuestring, 0, j->req->n_turns, &kept);
    }
    cJSON_Delete(root);
    return rc;
}

int moim_write_whole(struct moim_job *j, struct moim_err *err)
{
    bool decided = count_kind(j, "decision") > 0, tasks = count_kind(j, "action") > 0;
    /* Korean: what was discussed, then decisions and tasks word for word. English sentences carry all three.
     */
    int most = j->ko || !j->model ? 3 - decided - tasks : 3, rc = MOIM_OK;
    if (j->model) {
        if (!j->ko && (rc = moim_write_summary_en(j, err))) return rc;
        put_lines(j);
        rc = moim_writer_prefix(&j->writer, "", err);
        if (!rc)
            rc = moim_ask_model(
                j, j->ko ? "{\"title\":%s24,\"summary\":%[1-2 %s110%]}" : "{\"title\":%s60,\"about\":%s120}",
                NULL, 0, err);
        if (rc) return rc;
        rc = read_summary(j, most);
    } else {
        rc = add_title(j, "");
    }
    if (!rc && (j->ko || !j->model || count_kind(j, "summary") < 2)) rc = quote_lines(j, most);
    if (!rc && (j->ko || !j->model || count_kind(j, "summary") < 2)) {
        rc = add_listed(j, "decision", j->ko ? "결정: " : "Decided: ");
        if (!rc) rc = add_listed(j, "action", j->ko ? "할 일: " : "To do: ");
    }
    if (!rc) rc = write_suggestions(j);
    return rc ? moim_fail(err, rc, "minutes: out of memory") : MOIM_OK;
}
