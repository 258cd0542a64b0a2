#include "firmware/recording/draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int make_said(struct moim_segment *g, double start, double end, const char *text, const char *language)
{
    *g = (struct moim_segment){.start = start, .end = end > start ? end : start};
    g->text = strdup(text);
    g->language = strdup(language);
    g->first_pass = strdup("");
    g->speaker_name = strdup("");
    if (g->text && g->language && g->first_pass && g->speaker_name) return MOIM_OK;
    moim_segment_clear(g);
    return MOIM_ENOMEM;
}

static void clear_line(struct moim_draft_line *l)
{
    moim_segment_clear(&l->said);
    free(l->offer);
}

static bool make_room(struct moim_draft *d, int more)
{
    if (d->n + more <= d->room) return true;
    int room = 2 * d->room + more + 64;
    struct moim_draft_line *grown = realloc(d->list, sizeof *grown * (size_t)room);
    if (!grown) return false;
    d->list = grown;
    d->room = room;
    return true;
}

static int add_line(struct moim_draft *d, const struct moim_caption *c)
{
    if (!make_room(d, 1)) return MOIM_ENOMEM;
    struct moim_draft_line *l = &d->list[d->n];
    *l = (struct moim_draft_line){.line = c->line, .offer = strdup("")};
    int rc = l->offer ? make_said(&l->said, c->start, c->end, c->text, c->language) : MOIM_ENOMEM;
    if (rc)
        clear_line(l);
    else
        d->n++;
    return rc;
}

static int make_parts(struct moim_draft_line *out, const struct moim_caption *c, const char *language)
{
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < c->n_parts; i++) {
        const struct moim_caption_part *p = &c->part[i];
        out[i] = (struct moim_draft_line){.line = c->line, .offer = strdup(p->offer ? p->offer : "")};
        rc = out[i].offer ? make_said(&out[i].said, p->start, p->end, p->text, language) : MOIM_ENOMEM;
        out[i].said.speaker = p->speaker;
    }
    return rc;
}

/* Its speakers' parts in the place of a line. */
static int divide_line(struct moim_draft *d, const struct moim_caption *c)
{
    int at = d->n, end;
    while (at > 0 && d->list[at - 1].line != c->line) at--;
    for (end = at; at > 0 && d->list[at - 1].line == c->line; at--) {
    }
    if (at == end || !c->n_parts) return MOIM_OK;
    struct moim_draft_line *parts = calloc((size_t)c->n_parts, sizeof *parts);
    int rc =
        parts && make_room(d, c->n_parts) ? make_parts(parts, c, d->list[at].said.language) : MOIM_ENOMEM;
    for (int i = at; !rc && i < end; i++) clear_line(&d->list[i]);
    for (int i = 0; rc && parts && i < c->n_parts; i++) clear_line(&parts[i]);
    if (!rc) {
        memmove(d->list + at + c->n_parts, d->list + end, sizeof *d->list * (size_t)(d->n - end));
        memcpy(d->list + at, parts, sizeof *parts * (size_t)c->n_parts);
        d->n += c->n_parts - (end - at);
    }
    free(parts);
    return rc;
}

int moim_draft_take(struct moim_draft *d, const struct moim_caption *c)
{
    if (c->kind == MOIM_CAPTION_SPEAKERS) return divide_line(d, c);
    moim_segment_clear(&d->open);
    if (*c->language) snprintf(d->language, sizeof d->language, "%s", c->language);
    return c->kind == MOIM_CAPTION_PARTIAL ? make_said(&d->open, c->start, c->end, c->text, c->language)
                                           : add_line(d, c);
}

int moim_draft_put(const struct moim_draft *d, struct moim_store *s, int64_t meeting, struct moim_err *err)
{
    int n = d->n + (d->open.text != NULL);
    if (!n) return MOIM_OK;
    struct moim_segment *all = malloc(sizeof *all * (size_t)n);
    if (!all) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; i < d->n; i++) all[i] = d->list[i].said;
    if (d->open.text) all[d->n] = d->open;
    int rc = moim_segments_put(s, meeting, all, n, d->language, MOIM_RECORDED, err);
    free(all); /* the lines are the draft's */
    return rc;
}

void moim_draft_clear(struct moim_draft *d)
{
    for (int i = 0; i < d->n; i++) clear_line(&d->list[i]);
    free(d->list);
    moim_segment_clear(&d->open);
    *d = (struct moim_draft){0};
}
