#include "firmware/library/document_add.h"

#include <stdlib.h>
#include <string.h>

/* The index of the line with that id, -1 if there is none. */
static int line_of(const struct moim_document *doc, int64_t id)
{
    for (int i = 0; i < doc->n_segments; i++)
        if (doc->segments[i].id == id) return i;
    return -1;
}

/* Copies of the items with the ids of the new lines; strings are shared with the originals. */
static int carry_items(const struct moim_document *doc, const struct moim_segment *lines, int n_lines,
                       struct moim_item **out)
{
    struct moim_item *list = *out = calloc((size_t)doc->n_items + 1, sizeof *list);
    if (!list) return MOIM_ENOMEM;
    for (int i = 0; i < doc->n_items; i++) {
        const struct moim_item *it = &doc->items[i];
        list[i] = *it;
        list[i].n_evidence = 0;
        list[i].evidence = calloc((size_t)it->n_evidence + 1, sizeof *list[i].evidence);
        if (!list[i].evidence) return MOIM_ENOMEM;
        for (int e = 0; e < it->n_evidence; e++) {
            int at = line_of(doc, it->evidence[e]);
            if (at >= 0 && at < n_lines) list[i].evidence[list[i].n_evidence++] = lines[at].id;
        }
    }
    return MOIM_OK;
}

static int add_minutes(struct moim_store *s, const struct moim_document *doc, int64_t id,
                       struct moim_err *err)
{
    struct moim_segment *lines;
    struct moim_item *items = NULL;
    int n, rc = moim_segments_get(s, id, &lines, &n, err);
    if (rc) return rc;
    if (carry_items(doc, lines, n, &items))
        rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    else
        rc = moim_minutes_put(s, id, "", "plain", items, doc->n_items, err);
    for (int i = 0; items && i < doc->n_items; i++) free(items[i].evidence);
    free(items);
    moim_segments_free(lines, n);
    return rc;
}

static int name_speakers(struct moim_store *s, const struct moim_document *doc, int64_t id,
                         struct moim_err *err)
{
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < doc->n_segments; i++) {
        const struct moim_segment *g = &doc->segments[i];
        bool first = g->speaker > 0 && *g->speaker_name;
        for (int j = 0; first && j < i; j++) first = doc->segments[j].speaker != g->speaker;
        if (first) rc = moim_speaker_rename(s, id, g->speaker, g->speaker_name, err);
    }
    return rc;
}

static int add_all(struct moim_store *s, const struct moim_document *doc, int64_t *id, struct moim_err *err)
{
    struct moim_meeting m = *doc->meeting;
    enum moim_state state = m.state > MOIM_DIARIZED ? MOIM_DIARIZED : m.state;
    m.state = MOIM_RECORDED;
    int rc = moim_meeting_add(s, &m, id, err);
    if (!rc && doc->n_segments)
        rc = moim_segments_put(s, *id, doc->segments, doc->n_segments, m.language, state, err);
    if (!rc) rc = name_speakers(s, doc, *id, err);
    if (!rc && doc->n_items) rc = add_minutes(s, doc, *id, err);
    for (int i = 0; !rc && i < doc->n_bookmarks; i++)
        rc = moim_bookmark_add(s, *id, doc->bookmarks[i].at, doc->bookmarks[i].note, err);
    return rc;
}

int moim_document_add(struct moim_store *s, const struct moim_document *doc, int64_t *id,
                      struct moim_err *err)
{
    int rc = moim_store_begin(s, err);
    if (rc) return rc;
    return moim_store_end(s, add_all(s, doc, id, err), err);
}
