#include "firmware/library/meeting_document.h"

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

int moim_shares(const struct moim_segment *list, int n, const char *lang, struct moim_share **shares)
{
    int k = 0;
    struct moim_share *out = *shares = NULL;
    for (int i = 0; i < n; i++) {
        int j = 0;
        while (j < k && out[j].number != list[i].speaker) j++;
        if (j == k) {
            struct moim_share *grown = realloc(out, ((size_t)k + 1) * sizeof *out);
            if (!grown) {
                free(out);
                return MOIM_ENOMEM;
            }
            out = grown;
            out[k++] = (struct moim_share){.number = list[i].speaker,
                                           .named = list[i].speaker_name && *list[i].speaker_name,
                                           .sample = list[i].text};
            out[j].label = moim_speaker_label(out[j].own, &list[i], lang);
        }
        out[j].seconds += list[i].end - list[i].start;
        if (strlen(list[i].text) > strlen(out[j].sample)) out[j].sample = list[i].text;
    }
    *shares = out;
    return k;
}
