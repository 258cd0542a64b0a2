#include "firmware/recording/draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int make_line(struct moim_segment *g, const struct moim_caption *c)
{
    *g = (struct moim_segment){.start = c->start, .end = c->end > c->start ? c->end : c->start};
    g->text = strdup(c->text);
    g->language = strdup(c->language);
    g->first_pass = strdup("");
    g->speaker_name = strdup("");
    if (g->text && g->language && g->first_pass && g->speaker_name) return MOIM_OK;
    moim_segment_clear(g);
    return MOIM_ENOMEM;
}

static bool make_room(struct moim_draft *d)
{
    if (d->n < d->room) return true;
    int room = d->room ? 2 * d->room : 64;
    struct moim_segment *grown = realloc(d->list, sizeof *grown * (size_t)room);
    if (!grown) return false;
    d->list = grown;
    d->room = room;
    return true;
}

int moim_draft_take(struct moim_draft *d, const struct moim_caption *c)
{
    moim_segment_clear(&d->open);
    if (*c->language) snprintf(d->language, sizeof d->language, "%s", c->language);
    if (c->kind == MOIM_CAPTION_PARTIAL) return make_line(&d->open, c);
    if (!make_room(d)) return MOIM_ENOMEM;
    int rc = make_line(&d->list[d->n], c);
    if (!rc) d->n++;
    return rc;
}

int moim_draft_put(const struct moim_draft *d, struct moim_store *s, int64_t meeting, struct moim_err *err)
{
    int n = d->n + (d->open.text != NULL);
    if (!n) return MOIM_OK;
    struct moim_segment *all = malloc(sizeof *all * (size_t)n);
    if (!all) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    if (d->n) memcpy(all, d->list, sizeof *all * (size_t)d->n);
    if (d->open.text) all[d->n] = d->open;
    int rc = moim_segments_put(s, meeting, all, n, d->language, MOIM_RECORDED, err);
    free(all); /* the lines are the draft's */
    return rc;
}

void moim_draft_clear(struct moim_draft *d)
{
    moim_segments_free(d->list, d->n);
    moim_segment_clear(&d->open);
    *d = (struct moim_draft){0};
}
