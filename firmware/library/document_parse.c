/* Parser of the JSON export. */
#include "base/json.h"
#include "base/text.h"
#include "firmware/library/document_add.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LATEST 1e7 /* longest recording in seconds, as for any import */
#define SPEAKERS_MAX 1000000

struct parser {
    struct moim_whole *w;
    int rc; /* MOIM_ENOMEM or MOIM_EFORMAT: the first error */
};

static char *text_of(struct parser *p, const cJSON *o, const char *key)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);
    char *text = moim_text_clean(cJSON_IsString(v) ? v->valuestring : "", false);
    if (!text && !p->rc) p->rc = MOIM_ENOMEM;
    return text;
}

static double number_of(const cJSON *o, const char *key, double most)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);
    double x = cJSON_IsNumber(v) && isfinite(v->valuedouble) ? v->valuedouble : 0;
    return x < 0 ? 0 : x > most ? most : x;
}

/* Allocates an array of the list's length; NULL with p->rc set if memory runs out. */
static void *room_for(struct parser *p, const cJSON *list, size_t size)
{
    void *room = calloc((size_t)cJSON_GetArraySize(list) + 1, size);
    if (!room && !p->rc) p->rc = MOIM_ENOMEM;
    return room;
}

static void read_words(struct parser *p, const cJSON *list, struct moim_segment *g)
{
    const cJSON *x;
    if (!cJSON_IsArray(list) || !(g->words = room_for(p, list, sizeof *g->words))) return;
    cJSON_ArrayForEach(x, list)
    {
        struct moim_word *w = &g->words[g->n_words++];
        *w = (struct moim_word){.text = text_of(p, x, "text"),
                                .start = number_of(x, "start", LATEST),
                                .end = number_of(x, "end", LATEST),
                                .confidence = (float)number_of(x, "confidence", 1),
                                .space_before = true};
        if (cJSON_GetObjectItemCaseSensitive(x, "spoken")) w->spoken = text_of(p, x, "spoken");
    }
}

/* A label is a name, or made of the number. */
static void name_speaker(struct parser *p, const cJSON *x, struct moim_segment *g, const char *language)
{
    char own[MOIM_LABEL];
    struct moim_segment bare = {.speaker = g->speaker, .speaker_name = (char *)(uintptr_t) ""};
    g->speaker_name = text_of(p, x, "speaker");
    if (g->speaker_name && !strcmp(g->speaker_name, moim_speaker_label(own, &bare, language)))
        *g->speaker_name = 0;
}

static void read_segments(struct parser *p, const cJSON *list)
{
    const cJSON *x;
    if (!cJSON_IsArray(list)) {
        if (!p->rc) p->rc = MOIM_EFORMAT;
        return;
    }
    struct moim_segment *out = p->w->segments = room_for(p, list, sizeof *out);
    double before = 0;
    if (!out) return;
    cJSON_ArrayForEach(x, list)
    {
        struct moim_segment *g = &out[p->w->doc.n_segments++];
        *g = (struct moim_segment){.id = (int64_t)number_of(x, "id", 9e15),
                                   .start = number_of(x, "start", LATEST),
                                   .end = number_of(x, "end", LATEST),
                                   .speaker = (int)number_of(x, "speaker_number", SPEAKERS_MAX),
                                   .text = text_of(p, x, "text"),
                                   .first_pass = text_of(p, x, "first_pass"),
                                   .confidence = number_of(x, "confidence", 1),
                                   .speaker_certainty = number_of(x, "speaker_certainty", 1)};
        g->start = fmax(g->start, before); /* in time order */
        g->end = fmax(g->end, g->start);
        before = g->start;
        g->language = p->w->meeting.language ? strdup(p->w->meeting.language) : NULL;
        if (!g->language) p->rc = MOIM_ENOMEM;
        name_speaker(p, x, g, p->w->meeting.language ? p->w->meeting.language : "");
        read_words(p, cJSON_GetObjectItemCaseSensitive(x, "words"), g);
    }
}

static void read_evidence(struct parser *p, const cJSON *list, struct moim_item *it)
{
    const cJSON *x;
    it->evidence = room_for(p, list, sizeof *it->evidence);
    if (!it->evidence) return;
    cJSON_ArrayForEach(x, list) if (cJSON_IsNumber(x) && fabs(x->valuedouble) < 9e15)
        it->evidence[it->n_evidence++] = (int64_t)x->valuedouble;
}

static void add_item(struct parser *p, const char *kind, const cJSON *x)
{
    struct moim_item *grown = realloc(p->w->items, ((size_t)p->w->doc.n_items + 1) * sizeof *grown);
    if (!grown) {
        p->rc = MOIM_ENOMEM;
        return;
    }
    p->w->items = grown;
    struct moim_item *it = &grown[p->w->doc.n_items++];
    *it = (struct moim_item){.kind = strdup(kind),
                             .text = cJSON_IsString(x) ? moim_text_clean(x->valuestring, false)
                                                       : text_of(p, x, "text"),
                             .owner = text_of(p, x, "owner"),
                             .due_text = text_of(p, x, "due"),
                             .due_date = text_of(p, x, "due_date"),
                             .start = number_of(x, "start", LATEST),
                             .end = number_of(x, "end", LATEST)};
    if (!it->kind || !it->text) p->rc = MOIM_ENOMEM;
    read_evidence(p, cJSON_GetObjectItemCaseSensitive(x, "evidence"), it);
}

static void read_minutes(struct parser *p, const cJSON *minutes)
{
    static const char *const key[] = {"summary", "topics",    "key_points", "decisions",
                                      "actions", "questions", "to_confirm", "suggestions"};
    const cJSON *title = cJSON_GetObjectItemCaseSensitive(minutes, "title"), *x;
    if (cJSON_IsString(title)) add_item(p, "title", title);
    for (int k = 0; moim_kinds[k]; k++)
        cJSON_ArrayForEach(x, cJSON_GetObjectItemCaseSensitive(minutes, key[k])) if (!p->rc)
            add_item(p, moim_kinds[k], x);
}

static void read_bookmarks(struct parser *p, const cJSON *list)
{
    const cJSON *x;
    p->w->bookmarks = room_for(p, list, sizeof *p->w->bookmarks);
    if (!p->w->bookmarks) return;
    cJSON_ArrayForEach(x, list)
    {
        struct moim_bookmark *b = &p->w->bookmarks[p->w->doc.n_bookmarks++];
        b->at = number_of(x, "at", LATEST);
        b->note = text_of(p, x, "note");
    }
}

static void read_meeting(struct parser *p, const cJSON *root)
{
    struct moim_meeting *m = &p->w->meeting;
    struct tm tm = {0};
    char *when = text_of(p, root, "started_at"), *state = text_of(p, root, "state");
    m->title = text_of(p, root, "title");
    m->language = text_of(p, root, "language");
    if (m->language && !moim_is_language(m->language)) *m->language = 0;
    m->duration = number_of(root, "duration_s", LATEST);
    if (when && sscanf(when, "%4d-%2d-%2dT%2d:%2d:%2dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
                       &tm.tm_min, &tm.tm_sec) == 6) {
        tm.tm_year -= 1900;
        tm.tm_mon--;
        m->started_at = (int64_t)timegm(&tm);
    }
    m->state = MOIM_DIARIZED;
    for (int i = 0; state && i < MOIM_STATE_COUNT; i++)
        if (!strcmp(state, moim_state_name((enum moim_state)i))) m->state = (enum moim_state)i;
    m->audio = strdup("");
    m->source = strdup("");
    m->error = strdup("");
    if (!m->audio || !m->source || !m->error) p->rc = MOIM_ENOMEM;
    free(when);
    free(state);
}

int moim_document_parse(struct moim_whole *w, const char *json, size_t n, struct moim_err *err)
{
    cJSON *root;
    struct parser p = {.w = w};
    memset(w, 0, sizeof *w);
    p.rc = moim_json_parse(&root, json, n, false);
    if (!p.rc && !cJSON_IsObject(root)) p.rc = MOIM_EFORMAT;
    if (!p.rc) read_meeting(&p, root);
    if (!p.rc) read_segments(&p, cJSON_GetObjectItemCaseSensitive(root, "segments"));
    if (!p.rc) read_minutes(&p, cJSON_GetObjectItemCaseSensitive(root, "minutes"));
    if (!p.rc) read_bookmarks(&p, cJSON_GetObjectItemCaseSensitive(root, "bookmarks"));
    cJSON_Delete(root);
    w->doc.meeting = &w->meeting;
    w->doc.segments = w->segments;
    w->doc.items = w->items;
    w->doc.bookmarks = w->bookmarks;
    if (!p.rc) return MOIM_OK;
    moim_whole_free(w);
    return moim_fail(err, p.rc, p.rc == MOIM_ENOMEM ? "out of memory" : "not a meeting in JSON");
}
