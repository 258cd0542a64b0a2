#include "firmware/library/meeting_document.h"
#include "lm/filler.h"

#include <stdlib.h>
#include <string.h>

void moim_whole_free(struct moim_whole *w)
{
    moim_segments_free(w->segments, w->doc.n_segments);
    moim_items_free(w->items, w->doc.n_items);
    moim_bookmarks_free(w->bookmarks, w->doc.n_bookmarks);
    moim_meeting_clear(&w->meeting);
}

int moim_whole_load(struct moim_store *s, int64_t id, struct moim_whole *w, struct moim_err *err)
{
    memset(w, 0, sizeof *w);
    int rc = moim_meeting_get(s, id, &w->meeting, err);
    if (!rc) rc = moim_segments_get(s, id, &w->segments, &w->doc.n_segments, err);
    if (!rc) rc = moim_minutes_get(s, id, &w->items, &w->doc.n_items, err);
    if (!rc) rc = moim_bookmark_list(s, id, &w->bookmarks, &w->doc.n_bookmarks, err);
    w->doc.meeting = &w->meeting;
    w->doc.segments = w->segments;
    w->doc.items = w->items;
    w->doc.bookmarks = w->bookmarks;
    if (rc) moim_whole_free(w);
    return rc;
}

/* Removed words lose their times, too. */
static int clean_words(struct moim_segment *g, const char *language)
{
    if (!g->n_words) return MOIM_OK;
    const char **text = calloc((size_t)g->n_words, sizeof *text);
    bool *filler = calloc((size_t)g->n_words, sizeof *filler);
    int kept = 0;
    for (int i = 0; text && i < g->n_words; i++) text[i] = g->words[i].text;
    if (text && filler) moim_mark_fillers(language, text, g->n_words, filler);
    for (int i = 0; text && filler && i < g->n_words; i++) {
        if (!filler[i]) {
            g->words[kept++] = g->words[i];
            continue;
        }
        free(g->words[i].text);
        free(g->words[i].spoken);
    }
    bool ok = text && filler;
    if (ok) g->n_words = kept;
    free(text);
    free(filler);
    return ok ? MOIM_OK : MOIM_ENOMEM;
}

static bool has_line(const struct moim_whole *w, int64_t id)
{
    for (int i = 0; i < w->doc.n_segments; i++)
        if (w->segments[i].id == id) return true;
    return false;
}

static void drop_evidence(struct moim_whole *w)
{
    for (int i = 0; i < w->doc.n_items; i++) {
        struct moim_item *it = &w->items[i];
        int kept = 0;
        for (int e = 0; e < it->n_evidence; e++)
            if (has_line(w, it->evidence[e])) it->evidence[kept++] = it->evidence[e];
        it->n_evidence = kept;
    }
}

int moim_whole_clean(struct moim_whole *w, struct moim_err *err)
{
    int kept = 0, rc = MOIM_OK;
    for (int i = 0; i < w->doc.n_segments; i++) {
        struct moim_segment *g = &w->segments[i];
        const char *language = *g->language ? g->language : w->meeting.language;
        char *text = rc ? NULL : moim_without_fillers(language, g->text);
        if (!rc && (!text || clean_words(g, language))) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
        if (text) {
            free(g->text);
            g->text = text;
        }
        if (rc || *g->text) {
            struct moim_segment keep = *g;
            w->segments[kept++] = keep;
        } else {
            moim_segment_clear(g);
        }
    }
    if (kept < w->doc.n_segments)
        memset(&w->segments[kept], 0, (size_t)(w->doc.n_segments - kept) * sizeof *w->segments);
    w->doc.n_segments = kept;
    drop_evidence(w);
    return rc;
}

int moim_clean_beside(struct moim_segment *list, int n, const char *language, struct moim_err *err)
{
    for (int i = 0; i < n; i++) {
        char *text = moim_without_fillers(*list[i].language ? list[i].language : language, list[i].text);
        if (!text) return moim_fail(err, MOIM_ENOMEM, "out of memory");
        free(list[i].clean);
        list[i].clean = strcmp(text, list[i].text) ? text : NULL;
        if (!list[i].clean) free(text);
    }
    return MOIM_OK;
}

int moim_shares(const struct moim_segment *list, int n, const char *lang, struct moim_share **shares)
{
    int k = 0;
    /* Room for all at once: a label may lie within its entry, which must not move. */
    struct moim_share *out = *shares = calloc((size_t)n + 1, sizeof *out);
    if (!out) return MOIM_ENOMEM;
    for (int i = 0; i < n; i++) {
        int j = 0;
        while (j < k && out[j].number != list[i].speaker) j++;
        if (j == k) {
            out[k++] = (struct moim_share){.number = list[i].speaker,
                                           .named = list[i].speaker_name && *list[i].speaker_name,
                                           .sample = list[i].text};
            out[j].label = moim_speaker_label(out[j].own, &list[i], lang);
        }
        out[j].seconds += list[i].end - list[i].start;
        if (strlen(list[i].text) > strlen(out[j].sample)) out[j].sample = list[i].text;
    }
    return k;
}
