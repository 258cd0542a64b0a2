#include "base/text.h"
#include "firmware/pipeline/engine_int.h"
#include "firmware/pipeline/model_strength.h"
#include "firmware/pipeline/process.h"
#include "storage/export.h"
#include "storage/own_templates.h"
#include "summarize/minutes.h"
#include "summarize/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CONTEXT 4096
#define TEMPLATE_MAX 4096

int moim_minutes_model(const struct moim_models *m, const char *wanted, char *path, size_t cap,
                       struct moim_err *err)
{
    if (!wanted) {
        if (!moim_models_path(m, "minutes", path, cap, err)) return MOIM_OK;
        struct moim_err ignored;
        return moim_models_path(m, "minutes-small", path, cap, &ignored) ? err->code : MOIM_OK;
    }
    for (int i = 0; i < m->n; i++)
        if (!strcmp(m->list[i].role, wanted))
            return moim_models_path(m, wanted, path, cap, err);
        else if (!strcmp(m->list[i].name, wanted))
            return moim_model_file(m, &m->list[i], path, cap, err);
    snprintf(path, cap, "%s", wanted);
    int rc = moim_regular_file(path, err);
    return rc == MOIM_ENOENT
               ? moim_fail(err, rc, "%s: neither a model (see: moim models list) nor a file", wanted)
               : rc;
}

int moim_minutes_names(struct moim_store *s, const struct moim_models *m, const char *model,
                       const char *template_name, struct moim_err *err)
{
    struct moim_template known;
    if (model && *model && strcmp(model, "none") && !moim_models_named(m, model, "minutes"))
        return moim_fail(err, MOIM_EINVAL, "%s: no minutes model has that name", model);
    if (!template_name || !*template_name || moim_template_named(&known, template_name, "en")) return MOIM_OK;
    char *text;
    int rc = moim_own_template_get(s, template_name, &text, err);
    free(text);
    return rc == MOIM_ENOENT ? moim_fail(err, MOIM_EINVAL, "%s: no such template", template_name) : rc;
}

/* One of the user's in the store: 1 it is, 0 it is not, or a failure. */
static int own_template(struct moim_store *s, const char *name, char text[TEMPLATE_MAX], struct moim_err *err)
{
    char *own;
    int rc = moim_own_template_get(s, name, &own, err);
    if (rc) return rc == MOIM_ENOENT ? 0 : rc;
    rc = strlen(own) < TEMPLATE_MAX
             ? 1
             : moim_fail(err, MOIM_EINVAL, "template %s: longer than %d bytes", name, TEMPLATE_MAX - 1);
    snprintf(text, TEMPLATE_MAX, "%s", own);
    free(own);
    return rc;
}

/* A template that is no known name is one of the user's, or a file of instructions. */
static int load_template(struct moim_store *s, const char *name, struct moim_minutes_request *req,
                         char text[TEMPLATE_MAX], struct moim_err *err)
{
    struct moim_template known;
    if (moim_template_named(&known, name, "en")) {
        req->template_name = name;
        return MOIM_OK;
    }
    int rc = own_template(s, name, text, err);
    if (rc > 0) req->instructions = text;
    if (rc) return rc > 0 ? MOIM_OK : rc;
    rc = moim_regular_file(name, err);
    FILE *f = rc ? NULL : fopen(name, "re");
    if (!f) return rc ? rc : moim_fail_errno(err, "template %s", name);
    size_t n = fread(text, 1, TEMPLATE_MAX - 1, f);
    bool more = !feof(f) && fgetc(f) != EOF;
    fclose(f);
    text[n] = 0;
    if (more) return moim_fail(err, MOIM_EINVAL, "template %s: longer than %d bytes", name, TEMPLATE_MAX - 1);
    req->instructions = text;
    return MOIM_OK;
}

struct turns {
    struct moim_segment *seg;
    int n;
    struct moim_turn_text *turn;
    char (*label)[MOIM_LABEL];
    char *notes;
    double *marks; /* times of the user's marks */
    int n_marks;
};

static void free_turns(struct turns *t)
{
    moim_segments_free(t->seg, t->n);
    free(t->turn);
    free(t->label);
    free(t->notes);
    free(t->marks);
}

/* The user's bookmarks and memos; the recorder's own marks are in brackets and are skipped. */
static int load_notes(struct moim_store *s, int64_t id, struct turns *t, struct moim_err *err)
{
    struct moim_bookmark *list;
    int n, rc = moim_bookmark_list(s, id, &list, &n, err);
    size_t len;
    if (rc) return rc;
    FILE *out = open_memstream(&t->notes, &len);
    t->marks = calloc((size_t)n + 1, sizeof *t->marks);
    for (int i = 0; out && t->marks && i < n; i++) {
        if (*list[i].note == '(') continue;
        t->marks[t->n_marks++] = list[i].at;
        if (*list[i].note) fprintf(out, "- %s\n", list[i].note);
    }
    bool whole = out && moim_stream_end(out, &t->notes);
    moim_bookmarks_free(list, n);
    return whole && t->marks ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "out of memory");
}

static int load_turns(struct moim_store *s, const struct moim_meeting *m, struct turns *t,
                      struct moim_err *err)
{
    memset(t, 0, sizeof *t);
    int rc = moim_segments_get(s, m->id, &t->seg, &t->n, err);
    if (!rc) rc = load_notes(s, m->id, t, err);
    if (rc) return rc;
    t->turn = calloc((size_t)t->n + 1, sizeof *t->turn);
    t->label = calloc((size_t)t->n + 1, sizeof *t->label);
    if (!t->turn || !t->label) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; i < t->n; i++) {
        const char *label = moim_speaker_label(t->label[i], &t->seg[i], m->language);
        t->turn[i] = (struct moim_turn_text){t->seg[i].start, t->seg[i].end, label, t->seg[i].text};
    }
    return MOIM_OK;
}

/* Maps turns to segment ids and times. */
static int store_minutes(struct moim_store *s, int64_t id, const char *model, const char *template_name,
                         const struct moim_minutes *m, const struct turns *t, struct moim_err *err)
{
    struct moim_item *items = calloc((size_t)m->n + 1, sizeof *items);
    int rc = items ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; !rc && i < m->n; i++) {
        const struct moim_minutes_item *x = &m->items[i];
        struct moim_item *it = &items[i];
        *it = (struct moim_item){.kind = (char *)(uintptr_t)x->kind,
                                 .text = x->text,
                                 .owner = x->owner,
                                 .due_text = x->due_text,
                                 .due_date = (char *)(uintptr_t)x->due_date,
                                 .n_evidence = x->n_evidence};
        it->evidence = calloc((size_t)x->n_evidence + 1, sizeof *it->evidence);
        if (!it->evidence) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
        for (int e = 0; !rc && e < x->n_evidence; e++) it->evidence[e] = t->seg[x->evidence[e]].id;
        if (!rc && x->n_evidence) {
            it->start = t->seg[x->evidence[0]].start;
            it->end = t->seg[x->evidence[x->n_evidence - 1]].end;
        }
    }
    if (!rc) rc = moim_minutes_put(s, id, model, template_name ? template_name : "plain", items, m->n, err);
    for (int i = 0; items && i < m->n; i++) free(items[i].evidence);
    free(items);
    return rc;
}

/* A meaningless title: digits, punctuation and words that recorders use for file names. */
static bool says_nothing(const char *title)
{
    static const char *const word[] = {"recording", "record",   "rec",    "voice", "audio", "memo", "new",
                                       "file",      "untitled", "track",  "sound", "clip",  "녹음", "녹취",
                                       "음성",      "메모",     "새로운", "새",    "파일"};
    char rest[256];
    size_t n = 0;
    for (const char *p = title; *p && n + 1 < sizeof rest; p++) {
        bool letter = (*p & 0x80) || (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');
        rest[n++] = !letter ? ' ' : *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
    }
    rest[n] = 0;
    char *save = NULL;
    for (char *w = strtok_r(rest, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
        bool known = false;
        for (size_t i = 0; i < sizeof word / sizeof *word; i++) known |= !strcmp(w, word[i]);
        if (!known) return false;
    }
    return true;
}

/* The minutes' title replaces a title that is only a date or a recorder's file name. */
static int name_meeting(struct moim_store *s, const struct moim_meeting *meeting,
                        const struct moim_minutes *m, struct moim_err *err)
{
    if (meeting->titled || !says_nothing(meeting->title)) return MOIM_OK;
    for (int i = 0; i < m->n; i++)
        if (!strcmp(m->items[i].kind, "title") && *m->items[i].text)
            return moim_meeting_set_auto_title(s, meeting->id, m->items[i].text, err);
    return MOIM_OK;
}

struct moim_date moim_local_date(int64_t when)
{
    time_t t = (time_t)when;
    struct tm tm;
    localtime_r(&t, &tm);
    return (struct moim_date){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday};
}

/* A title by the user: neither the recording's date nor the file's name. */
static bool is_own_title(const struct moim_meeting *m)
{
    int y, mo, d, h, mi, n = 0;
    if (sscanf(m->title, "%4d-%2d-%2d %2d:%2d%n", &y, &mo, &d, &h, &mi, &n) == 5 && !m->title[n])
        return false;
    const char *slash = strrchr(m->source, '/'), *name = slash ? slash + 1 : m->source;
    size_t len = strlen(m->title);
    return *m->title && (strncmp(name, m->title, len) || (name[len] && name[len] != '.'));
}

int moim_write_minutes(struct moim_engine *e, struct moim_store *s, const struct moim_meeting *m,
                       const char *model, const char *template_name, const char *language,
                       void (*progress)(void *, double), void *arg, struct moim_err *err)
{
    char path[4300], own[TEMPLATE_MAX];
    struct moim_minutes_request req = {.language = *m->language ? m->language : "en",
                                       .minutes_language = language,
                                       .title = is_own_title(m) ? m->title : NULL,
                                       .date = moim_local_date(m->started_at),
                                       .cancel = e->cancel,
                                       .progress = progress,
                                       .arg = arg};
    struct turns t = {0};
    struct moim_minutes minutes;
    struct moim_llm *llm = NULL;
    int rc = m->state < MOIM_RESCORED && moim_has_sound(s, m) ? moim_not_recognised(m->id, err) : MOIM_OK;
    if (!rc) rc = load_template(s, template_name, &req, own, err);
    if (!rc) rc = load_turns(s, m, &t, err);
    if (!rc && t.n == 0) {
        rc = moim_minutes_put(s, m->id, "", "plain", NULL, 0, err); /* silence needs no minutes */
        free_turns(&t);
        return rc;
    }
    bool alone = model && !strcmp(model, "none");
    req.turns = t.turn;
    req.n_turns = t.n;
    req.notes = t.notes;
    req.marks = t.marks;
    req.n_marks = t.n_marks;
    if (!rc) rc = moim_engine_turn_states(e, &req, err);
    if (!rc && !alone) rc = moim_minutes_model(moim_engine_models(e), model, path, sizeof path, err);
    moim_engine_unload_speech(e);
    if (!rc && !alone)
        rc = moim_llm_open(&llm, path, moim_engine_pool(e), &(struct moim_llm_params){.n_ctx = CONTEXT}, err);
    if (!rc && llm) rc = moim_strength_of(llm, path, req.cancel, &req.strength, err);
    if (!rc) {
        rc = moim_minutes_write(llm, &req, &minutes, err);
        if (!rc && (rc = moim_engine_check(e, err))) moim_minutes_free(&minutes); /* cancelled */
    }
    if (!rc) {
        rc = store_minutes(s, m->id, llm ? moim_llm_name(llm) : "none", template_name, &minutes, &t, err);
        if (!rc) rc = name_meeting(s, m, &minutes, err);
        moim_minutes_free(&minutes);
    }
    moim_llm_close(llm);
    free(req.state);
    free_turns(&t);
    return rc;
}
