#include "storage/export_layout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool add(struct moim_blocks *b, enum moim_block_kind kind, const char *text, const char *who,
                const char *due, const char *time)
{
    if (b->n == b->room) {
        int more = b->room ? 2 * b->room : 64;
        struct moim_block *grown = realloc(b->list, (size_t)more * sizeof *grown);
        if (!grown) return false;
        b->list = grown;
        b->room = more;
    }
    struct moim_block *x = &b->list[b->n++];
    *x = (struct moim_block){kind, {strdup(text), strdup(who), strdup(due), strdup(time)}};
    for (int i = 0; i < MOIM_CELLS; i++)
        if (!x->cell[i]) return false;
    return true;
}

static bool add_text(struct moim_blocks *b, enum moim_block_kind kind, const char *text)
{
    return add(b, kind, text, "", "", "");
}

static bool add_columns(struct moim_blocks *b, const char *language)
{
    if (!strcmp(language, "ko")) return add(b, MOIM_BLOCK_TASK, "할 일", "담당", "기한", "발언");
    return add(b, MOIM_BLOCK_TASK, "Task", "Owner", "Due", "Said at");
}

static bool add_item(struct moim_blocks *b, const struct moim_item *it, bool task)
{
    char at[32] = "";
    if (it->n_evidence) moim_clock(at, sizeof at, it->start);
    return add(b, task ? MOIM_BLOCK_TASK : MOIM_BLOCK_POINT, it->text, it->owner,
               *it->due_date ? it->due_date : it->due_text, at);
}

static bool add_items(struct moim_blocks *b, const struct moim_document *doc)
{
    const char *language = doc->meeting->language;
    bool ok = true;
    for (int k = 0; ok && moim_kinds[k]; k++) {
        bool any = false, task = !strcmp(moim_kinds[k], "action");
        for (int i = 0; ok && i < doc->n_items; i++) {
            if (strcmp(doc->items[i].kind, moim_kinds[k])) continue;
            if (!any) ok = add_text(b, MOIM_BLOCK_HEADING, moim_kind_heading(moim_kinds[k], language));
            if (!any && ok && task) ok = add_columns(b, language);
            any = true;
            ok = ok && add_item(b, &doc->items[i], task);
        }
    }
    return ok;
}

static bool add_marks(struct moim_blocks *b, const struct moim_document *doc, int *next, double time)
{
    for (; *next < doc->n_bookmarks && doc->bookmarks[*next].at < time; ++*next) {
        char at[32], *text = moim_mark_text(&doc->bookmarks[*next], doc->meeting->language);
        moim_clock(at, sizeof at, doc->bookmarks[*next].at);
        bool ok = text && add(b, MOIM_BLOCK_MARK, text, "", "", at);
        free(text);
        if (!ok) return false;
    }
    return true;
}

static bool add_lines(struct moim_blocks *b, const struct moim_document *doc)
{
    int mark = 0;
    bool ok = add_text(b, MOIM_BLOCK_HEADING, moim_transcript_heading(doc->meeting->language));
    for (int i = 0; ok && i < doc->n_segments; i++) {
        const struct moim_segment *g = &doc->segments[i];
        char at[32], own[MOIM_LABEL];
        moim_clock(at, sizeof at, g->start);
        ok = add_marks(b, doc, &mark, g->start) &&
             add(b, MOIM_BLOCK_LINE, g->text, moim_line_label(own, doc, g), "", at);
    }
    return ok && add_marks(b, doc, &mark, INFINITY);
}

int moim_blocks_make(struct moim_blocks *b, const struct moim_document *doc)
{
    char day[32], length[32], when[72];
    *b = (struct moim_blocks){0};
    moim_local_time(day, doc->meeting->started_at);
    moim_clock(length, sizeof length, doc->meeting->duration);
    snprintf(when, sizeof when, "%s, %s", day, length);
    bool ok = add_text(b, MOIM_BLOCK_TITLE, doc->meeting->title) && add_text(b, MOIM_BLOCK_WHEN, when) &&
              add_items(b, doc) && (doc->minutes_only || add_lines(b, doc));
    if (!ok) moim_blocks_free(b);
    return ok ? MOIM_OK : MOIM_ENOMEM;
}

void moim_blocks_free(struct moim_blocks *b)
{
    for (int i = 0; i < b->n; i++)
        for (int c = 0; c < MOIM_CELLS; c++) free(b->list[i].cell[c]);
    free(b->list);
    *b = (struct moim_blocks){0};
}
