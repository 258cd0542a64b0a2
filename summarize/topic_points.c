/* Topics and key points: the model names a topic and says its points from the weightiest sentences; what it
 * gets wrong is replaced by the sentences themselves. */
#include "summarize/evidence.h"
#include "summarize/minutes_int.h"
#include "summarize/note_style.h"
#include "summarize/strength.h"
#include "summarize/subjects.h"
#include "summarize/word_text.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ_TOKENS 5600  /* of a long meeting in all: what a 1.5B model reads in a minute on two cores */
#define TOPIC_TOKENS 760  /* and of one topic */
#define LEAST_FACT (-0.7) /* log-odds from which a further sentence is a point */

static void put_example(const struct moim_job *j, char *out, size_t cap)
{
    const struct moim_prompts *p = &j->talk->prompt;
    const char *a = p->topic_point[0], *b = p->topic_point[1], *topic = p->topic_name;
    if (j->template.n_tags)
        snprintf(out, cap,
                 "{\"topic\":\"%s\",\"points\":[{\"tag\":\"%s\",\"text\":\"%s\"},{\"tag\":\"%s\",\"text\":\"%"
                 "s\"}]}",
                 topic, j->template.tag[0], a, j->template.tag[j->template.n_tags - 1], b);
    else
        snprintf(out, cap, "{\"topic\":\"%s\",\"points\":[{\"text\":\"%s\"},{\"text\":\"%s\"}]}", topic, a,
                 b);
}

static int put_prefix(struct moim_job *j, struct moim_err *err)
{
    char example[1024];
    const char *notes = j->req->notes ? j->req->notes : "";
    put_example(j, example, sizeof example);
    snprintf(j->text, j->cap,
             MOIM_CHAT_SYSTEM "%s "
                              "%s%s%.1500s" MOIM_CHAT_END MOIM_CHAT_USER
                              "%s" MOIM_CHAT_END MOIM_CHAT_ASSISTANT "%s" MOIM_CHAT_END MOIM_CHAT_USER,
             j->talk->prompt.topic, j->template.instructions, *notes ? j->talk->prompt.notes : "", notes,
             j->talk->prompt.topic_talk, example);
    return moim_writer_prefix(&j->writer, j->text, err);
}

int moim_print_units(struct moim_job *j, int a, int b, const bool *take)
{
    size_t at = 0;
    int turn = -1;
    j->text[0] = 0;
    for (int i = 0; i < j->n_units; i++) {
        const struct moim_unit *u = &j->unit[i];
        if (!take[i] || u->turn < a || u->turn >= b) continue;
        const char *who = u->turn == turn ? "" : j->req->turns[u->turn].speaker;
        int n = snprintf(j->text + at, j->cap - at, "%s%s%s%s",
                         turn >= 0 ? (u->turn == turn ? " " : "\n") : "", who, *who ? ": " : "", u->text);
        if (n < 0 || (size_t)n >= j->cap - at - 128) return MOIM_EINVAL;
        at += (size_t)n;
        turn = u->turn;
    }
    snprintf(j->text + at, j->cap - at, MOIM_CHAT_END MOIM_CHAT_ASSISTANT);
    return MOIM_OK;
}

static const char *text_of(const cJSON *o, const char *key)
{
    const cJSON *s = cJSON_GetObjectItem(o, key);
    return cJSON_IsString(s) ? s->valuestring : "";
}

/* "[걸림돌] 배수정: ...": what a template puts around a point. */
static int dress(struct moim_job *j, struct moim_minutes_item *it, const char *tag)
{
    const char *who = j->template.who && it->n_evidence ? j->req->turns[it->evidence[0]].speaker : "";
    if (strstr(it->text, who)) who = "";
    if (!*tag && !*who) return MOIM_OK;
    size_t n = strlen(it->text) + strlen(tag) + strlen(who) + 8;
    char *text = malloc(n);
    if (!text) return MOIM_ENOMEM;
    snprintf(text, n, "%s%s%s%s%s%s", *tag ? "[" : "", tag, *tag ? "] " : "", who, *who ? ": " : "",
             it->text);
    free(it->text);
    it->text = text;
    return MOIM_OK;
}

/* A small model copies questions and promises where points were asked for; those have their own sections. */
static bool is_point(const struct moim_job *j, const char *text)
{
    if (j->talk->asks(text) || moim_holds_any(text, j->talk->chat)) return false;
    if (!j->talk->by_syllable) return true;
    enum moim_act act = j->talk->cue(text).act;
    return act == MOIM_ACT_TELL || act == MOIM_ACT_PROPOSE || act == MOIM_ACT_REFUSE;
}

static int add_point(struct moim_job *j, const char *text, const char *tag, int a, int b, int *count)
{
    bool kept;
    if (!is_point(j, text) || moim_said_already(j->out, NULL, text) ||
        moim_said_already(j->out, "question", text))
        return MOIM_OK;
    int rc = moim_push_checked(j, "key_point", text, a, b, &kept);
    if (rc || !kept) return rc;
    ++*count;
    return dress(j, &j->out->items[j->out->n - 1], tag);
}

static int in_order(const void *a, const void *b)
{
    const struct moim_minutes_item *x = a, *y = b;
    return x->evidence[0] - y->evidence[0];
}

/* "목요일은 박람회 부스 때문에...": no statement. */
static bool breaks_off(const char *text)
{
    static const char *const end[] = {"..", "…", ",", "-", NULL};
    size_t n = strlen(text);
    while (n && strchr(" \"", text[n - 1])) n--;
    return moim_word_ends_any(text, n, end);
}

/* Whether a sentence can be a point: findings have sections of their own. */
static bool quotable(const struct moim_job *j, int i, char note[MOIM_NOTE_MAX])
{
    const struct moim_unit *u = &j->unit[i];
    enum moim_act act = u->cue.act;
    if (act == MOIM_ACT_ACCEPT || act == MOIM_ACT_SO ||
        ((act == MOIM_ACT_ASK || act == MOIM_ACT_PROPOSE) && j->template.weight[act] <= 1))
        return false;
    if (u->cue.sure && (act == MOIM_ACT_DECIDE || act == MOIM_ACT_PROMISE || act == MOIM_ACT_REQUEST ||
                        act == MOIM_ACT_DEFER))
        return false;
    if (breaks_off(u->text)) return false;
    if (strlen(u->text) < 24 || strlen(u->text) >= MOIM_NOTE_MAX) return false;
    moim_note_write(j->talk, note, u->text,
                    act == MOIM_ACT_ASK || act == MOIM_ACT_PROPOSE ? MOIM_ACT_ASK : MOIM_ACT_TELL,
                    j->req->date, 0, 0);
    if (!j->talk->sound_point(note, u->text)) moim_note_quote(j->talk, note, u->text);
    return strlen(note) >= 12 && !moim_holds_any(note, j->talk->chat) &&
           !moim_said_already(j->out, NULL, note);
}

/* The sentences of the topic that most probably are facts as its points, in their order, where the model left room; beside the first one
 * only what is likely enough. */
static int quote_points(struct moim_job *j, int a, int b, int most, int *count, bool *take)
{
    char note[MOIM_NOTE_MAX];
    memset(take, 0, sizeof *take * (size_t)j->n_units);
    int at = j->out->n, rc = MOIM_OK;
    while (*count < most && !rc) {
        int best = -1;
        for (int i = 0; i < j->n_units; i++)
            if (!take[i] && j->unit[i].turn >= a && j->unit[i].turn < b &&
                (best < 0 || j->unit[i].fact > j->unit[best].fact))
                best = i;
        if (best < 0) break;
        take[best] = true;
        bool asked_for = j->template.weight[j->unit[best].cue.act] > 1;
        if (*count && !asked_for && j->unit[best].fact < LEAST_FACT) continue;
        if (!quotable(j, best, note)) continue;
        if (!moim_push_item(j->out, "key_point", note, &j->unit[best].turn, 1)) return MOIM_ENOMEM;
        ++*count;
        rc = dress(j, &j->out->items[j->out->n - 1], "");
    }
    if (j->out->n > at) qsort(j->out->items + at, (size_t)(j->out->n - at), sizeof *j->out->items, in_order);
    return rc;
}

/* "회의 내용": what any part of any meeting could be called. */
static bool says_nothing(const char *name)
{
    static const char *const list[] = {"회의 내용",  "회의",        "논의 내용", "논의",
                                       "대화",       "대화 내용",   "주제",      "meeting",
                                       "discussion", "the meeting", "topic",     "conversation"};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (!strcasecmp(name, list[i])) return true;
    return false;
}

/* The name of a topic must share something with what was said; otherwise its name is what was spoken of most. */
static int add_topic(struct moim_job *j, const char *name, int a, int b)
{
    int check[MOIM_EVIDENCE_MAX], n = 0, span[2] = {a, b - 1};
    char topic[MOIM_NOTE_MAX] = "";
    while (*name == ' ') name++;
    if (*name && !says_nothing(name) && (j->talk->by_syllable || !moim_names_only(j, name)) &&
        moim_evidence_check(j->req->turns + a, b - a, name, check, &n, MOIM_EVIDENCE_MAX)) {
        snprintf(topic, sizeof topic, "%.*s", (int)strcspn(name, "\n"), name);
    } else {
        int rc = moim_name_part(j, a, b, 2, topic);
        if (rc) return rc;
    }
    if (!*topic) return MOIM_OK;
    return moim_push_item(j->out, "topic", topic, span, b - a > 1 ? 2 : 1) ? MOIM_OK : MOIM_ENOMEM;
}

static int read_answer(struct moim_job *j, int a, int b, int most, int *count)
{
    cJSON *root = cJSON_Parse(j->json);
    const cJSON *o;
    int rc = root ? add_topic(j, text_of(root, "topic"), a, b) : MOIM_EFORMAT;
    cJSON_ArrayForEach(o, cJSON_GetObjectItem(root, "points"))
    {
        if (!rc && *count < most) rc = add_point(j, text_of(o, "text"), text_of(o, "tag"), a, b, count);
    }
    cJSON_Delete(root);
    return rc;
}

/* Whether the model words the points: one that is sure of what it reads, or a template that wants them sorted. */
static bool asks_for_points(const struct moim_job *j)
{
    return j->model && (j->may->points || j->template.n_tags);
}

static int write_topic(struct moim_job *j, int k, bool *take, struct moim_err *err)
{
    int a = j->first[k], b = j->first[k + 1], count = 0,
        most = j->n_topics == 1  ? 7
               : j->n_topics < 5 ? 5
                                 : 4;
    int tokens = READ_TOKENS / j->n_topics, rc = MOIM_OK;
    if (tokens > TOPIC_TOKENS) tokens = TOPIC_TOKENS;
    moim_units_choose(j, a, b, tokens, 1000, take);
    if (asks_for_points(j)) {
        char pattern[256];
        const char *tags[MOIM_TAGS_MAX];
        for (int i = 0; i < j->template.n_tags; i++) tags[i] = j->template.tag[i];
        snprintf(pattern, sizeof pattern, "{\"topic\":%%s30,\"points\":%%[1-%d {%s\"text\":%%s%d}%%]}", most,
                 j->template.n_tags ? "\"tag\":%e," : "", j->talk->prompt.point_letters);
        rc = moim_print_units(j, a, b, take);
        if (rc) return moim_fail(err, rc, "minutes: a topic is longer than the model can read");
        rc = moim_ask_model(j, pattern, 1, j->template.n_tags ? tags : NULL, j->template.n_tags, err);
        if (!rc && (rc = read_answer(j, a, b, most, &count))) moim_fail(err, rc, "minutes: out of memory");
    } else if ((rc = add_topic(j, "", a, b))) {
        moim_fail(err, rc, "minutes: out of memory");
    }
    if (!rc && count < most && (rc = quote_points(j, a, b, most, &count, take)))
        moim_fail(err, rc, "minutes: out of memory");
    return rc;
}

int moim_write_topics(struct moim_job *j, struct moim_err *err)
{
    bool *take = calloc((size_t)j->n_units + 1, sizeof *take);
    if (!take) return moim_fail(err, MOIM_ENOMEM, "minutes: out of memory");
    int rc = asks_for_points(j) ? put_prefix(j, err) : MOIM_OK;
    for (int k = 0; k < j->n_topics && !rc; k++) {
        rc = write_topic(j, k, take, err);
        if (!rc && j->req->progress) j->req->progress(j->req->arg, 0.1 + 0.75 * (k + 1) / j->n_topics);
    }
    free(take);
    return rc;
}

/* The first decision within the topic's turns, where that is a short line. */
static const char *result_of(const struct moim_job *j, const struct moim_minutes_item *topic)
{
    int a = topic->evidence[0], b = topic->evidence[topic->n_evidence - 1];
    for (int i = 0; i < j->out->n; i++) {
        const struct moim_minutes_item *it = &j->out->items[i];
        if (!strcmp(it->kind, "decision") && it->evidence[0] >= a && it->evidence[0] <= b &&
            strlen(it->text) <= 120 && !strstr(it->text, j->talk->label.quote[0]))
            return it->text;
    }
    return NULL;
}

int moim_add_results(struct moim_job *j)
{
    for (int i = 0; i < j->out->n; i++) {
        struct moim_minutes_item *it = &j->out->items[i];
        const char *result = strcmp(it->kind, "topic") ? NULL : result_of(j, it);
        char *text;
        if (!result) continue;
        if (asprintf(&text, "%s%s%s", it->text, j->lang->label.answered, result) < 0) return MOIM_ENOMEM;
        free(it->text);
        it->text = text;
    }
    return MOIM_OK;
}
