#include "firmware/library/meeting_document.h"
#include "firmware/library/redact.h"

#include <stdlib.h>
#include <string.h>

/* The text with every old replaced; NULL with *rc untouched where there is none. */
static char *replaced(const char *text, const char *old, const char *with, int *rc)
{
    size_t n = 0, k = strlen(old), w = strlen(with);
    for (const char *p = text; (p = strstr(p, old)); p += k) n++;
    if (!n) return NULL;
    char *out = malloc(strlen(text) + n * w + 1), *at = out;
    if (!out) {
        *rc = MOIM_ENOMEM;
        return NULL;
    }
    for (const char *p; (p = strstr(text, old)); text = p + k) {
        at = mempcpy(at, text, (size_t)(p - text));
        at = mempcpy(at, with, w);
    }
    strcpy(at, text);
    return out;
}

/* True when *text was changed. */
static bool replace_in(char **text, const char *old, const char *with, int *rc)
{
    char *changed = replaced(*text, old, with, rc);
    if (!changed) return false;
    free(*text);
    *text = changed;
    return true;
}

struct work {
    struct moim_store *s;
    struct moim_whole w;
    const char *old, *with;
    struct moim_replaced *done;
};

static int replace_lines(struct work *x, struct moim_err *err)
{
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < x->w.doc.n_segments; i++) {
        struct moim_segment *g = &x->w.segments[i];
        bool named = replace_in(&g->speaker_name, x->old, x->with, &rc);
        if (named && g->speaker > 0)
            rc = moim_speaker_rename(x->s, x->w.meeting.id, g->speaker, g->speaker_name, err);
        if (rc || !replace_in(&g->text, x->old, x->with, &rc)) continue;
        rc = moim_segment_edit(x->s, g->id, g->text, err);
        x->done->lines++;
    }
    return rc;
}

static int replace_items(struct work *x, struct moim_err *err)
{
    int rc = MOIM_OK, changed = 0;
    for (int i = 0; !rc && i < x->w.doc.n_items; i++) {
        struct moim_item *it = &x->w.items[i];
        bool text = replace_in(&it->text, x->old, x->with, &rc),
             owner = replace_in(&it->owner, x->old, x->with, &rc);
        changed += text || owner;
    }
    struct moim_minutes_version *list = NULL;
    int n = 0, at = -1;
    if (!rc && changed) rc = moim_minutes_versions(x->s, x->w.meeting.id, &list, &n, err);
    for (int i = 0; i < n; i++)
        if (list[i].current) at = i;
    if (!rc && at >= 0)
        rc = moim_minutes_put(x->s, x->w.meeting.id, list[at].model, list[at].template_name, x->w.items,
                              x->w.doc.n_items, err);
    moim_minutes_versions_free(list, n);
    x->done->items += changed;
    return rc;
}

static int replace_all(struct work *x, struct moim_err *err)
{
    int rc = MOIM_OK, before = x->done->lines + x->done->items;
    bool title = replace_in(&x->w.meeting.title, x->old, x->with, &rc);
    if (title) rc = moim_meeting_set_title(x->s, x->w.meeting.id, x->w.meeting.title, err);
    /* The minutes first: naming a speaker would write the name into them, as a version of its own. */
    if (!rc) rc = replace_items(x, err);
    if (!rc) rc = replace_lines(x, err);
    x->done->meetings += title || x->done->lines + x->done->items > before;
    return rc;
}

static int replace_one(struct moim_store *s, int64_t id, const char *old, const char *with,
                       struct moim_replaced *done, struct moim_err *err)
{
    struct work x = {.s = s, .old = old, .with = with, .done = done};
    int rc = moim_store_begin(s, err);
    if (rc) return rc;
    err->code = MOIM_OK;
    rc = moim_whole_load(s, id, &x.w, err);
    if (!rc) {
        rc = replace_all(&x, err);
        if (rc == MOIM_ENOMEM && err->code != rc) moim_fail(err, rc, "out of memory");
        moim_whole_free(&x.w);
    }
    return moim_store_end(s, rc, err);
}

int moim_replace(struct moim_store *s, int64_t meeting, const char *old, const char *with,
                 struct moim_replaced *done, struct moim_err *err)
{
    struct moim_meeting *list = NULL;
    int n = 0, rc = MOIM_OK;
    *done = (struct moim_replaced){0};
    if (!*old) return moim_fail(err, MOIM_EINVAL, "nothing to look for");
    if (meeting) return replace_one(s, meeting, old, with, done, err);
    rc = moim_meeting_list(s, &list, &n, err);
    if (rc) return rc;
    for (int i = 0; !rc && i < n; i++) {
        rc = replace_one(s, list[i].id, old, with, done, err);
        if (rc == MOIM_ENOENT) rc = MOIM_OK; /* deleted meanwhile */
    }
    moim_meeting_list_free(list, n);
    return rc;
}
