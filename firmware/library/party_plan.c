#include "firmware/library/party_plan.h"
#include "audio/flac_frames.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASS 3 /* the channel that players leave out */
#define NAMES "moim-parties:"
#define SPANS "moim-party-spans:"
#define STEP (MOIM_RATE / 20)
#define FLOOR_DB 100
#define SILENT 14   /* dB above the floor: the last bit of 16, dither */
#define QUIET_DB 35 /* under its loud moments */
#define PAD 6       /* steps kept before and after activity */
#define GAP 20      /* largest gap in steps within one span */
#define SPANS_MOST 2000000

int moim_party_channel(int slot, int slots)
{
    return slots > 5 && slot >= BASS ? slot + 1 : slot;
}

int moim_party_channels(int parties)
{
    int slots = parties < MOIM_PARTY_SLOTS ? parties : MOIM_PARTY_SLOTS;
    return slots > 1 ? moim_party_channel(slots - 1, slots) + 1 : 1;
}

/* ---- levels ---- */

static int make_room(struct moim_party_levels *l, size_t steps)
{
    if (steps > l->room) {
        size_t room = steps > 2 * l->room ? steps + 4096 : 2 * l->room, all = (size_t)l->parties;
        unsigned char *grown = realloc(l->peak, room * all);
        if (!grown) return MOIM_ENOMEM;
        memset(grown + l->room * all, 0, (room - l->room) * all);
        l->peak = grown;
        l->room = room;
    }
    if (steps > l->steps) l->steps = steps;
    return MOIM_OK;
}

int moim_party_measure(struct moim_party_levels *l, int party, int64_t from, const float *pcm, size_t n)
{
    if (make_room(l, (size_t)from / STEP + n / STEP + 2)) return MOIM_ENOMEM;
    for (size_t i = 0; i < n;) {
        size_t step = ((size_t)from + i) / STEP, end = (step + 1) * STEP - (size_t)from;
        float most = 0;
        for (; i < n && i < end; i++) most = fmaxf(most, fabsf(pcm[i]));
        double db = most > 0 ? 20 * log10((double)most) + FLOOR_DB : 0;
        unsigned char *at = &l->peak[step * (size_t)l->parties + (size_t)party];
        if (db > *at) *at = (unsigned char)fmin(db, 255);
    }
    return MOIM_OK;
}

void moim_party_levels_free(struct moim_party_levels *l)
{
    free(l->peak);
    *l = (struct moim_party_levels){0};
}

static unsigned char level_at(const struct moim_party_levels *l, int party, size_t step)
{
    return l->peak[step * (size_t)l->parties + (size_t)party];
}

/* A party's 95th percentile of loudness while it is not silent. */
static int loud_level(const struct moim_party_levels *l, int party)
{
    size_t count[256] = {0}, all = 0, above = 0;
    for (size_t s = 0; s < l->steps; s++) {
        int db = level_at(l, party, s);
        count[db] += db > SILENT;
        all += db > SILENT;
    }
    int at = 255;
    while (at > 0 && above + count[at] <= all / 20) above += count[at--];
    return at;
}

/* ---- spans ---- */

static int add_span(struct moim_part *p, size_t from, size_t to)
{
    int64_t a = from > PAD ? (int64_t)(from - PAD) * STEP : 0, b = (int64_t)(to + PAD) * STEP;
    struct moim_party_span *last = p->n_spans ? &p->spans[p->n_spans - 1] : NULL;
    if (last && a - last->to <= (int64_t)GAP * STEP) {
        last->to = b;
        return MOIM_OK;
    }
    if (!(p->n_spans & (p->n_spans - 1))) { /* room doubles at every power of two */
        struct moim_party_span *grown =
            realloc(p->spans, sizeof *grown * (size_t)(p->n_spans ? 2 * p->n_spans : 1));
        if (!grown) return MOIM_ENOMEM;
        p->spans = grown;
    }
    p->spans[p->n_spans++] = (struct moim_party_span){a, b, 0};
    return MOIM_OK;
}

static int find_spans(const struct moim_party_levels *l, int party, int threshold, struct moim_part *p)
{
    int rc = MOIM_OK;
    p->n_spans = 0;
    free(p->spans);
    p->spans = NULL;
    for (size_t s = 0; !rc && s < l->steps; s++) {
        size_t from = s;
        while (s < l->steps && level_at(l, party, s) > threshold) s++;
        if (s > from) rc = add_span(p, from, s);
    }
    if (!rc && !p->spans && !(p->spans = calloc(1, sizeof *p->spans))) rc = MOIM_ENOMEM; /* never heard */
    return rc;
}

struct place {
    struct moim_party_span *span;
    int party;
};

static int by_start(const void *a, const void *b)
{
    const struct place *p = a, *q = b;
    if (p->span->from != q->span->from) return p->span->from < q->span->from ? -1 : 1;
    return p->party - q->party;
}

static int list_places(const struct moim_parties *p, struct place **out)
{
    int n = 0;
    for (int k = 0; k < p->n; k++) n += p->part[k].n_spans;
    struct place *list = *out = calloc((size_t)n + 1, sizeof *list);
    if (!list) return MOIM_ENOMEM;
    n = 0;
    for (int k = 0; k < p->n; k++)
        for (int i = 0; i < p->part[k].n_spans; i++) list[n++] = (struct place){&p->part[k].spans[i], k};
    qsort(list, (size_t)n, sizeof *list, by_start);
    return n;
}

/* A free slot, preferably the party's last one; if none is free, the one that becomes free first. */
static int choose(const int64_t *busy, int last, int64_t from)
{
    int best = last >= 0 && busy[last] <= from ? last : 0;
    for (int s = 0; busy[best] > from && s < MOIM_PARTY_SLOTS; s++)
        if (busy[s] < busy[best]) best = s;
    return best;
}

static int place_spans(struct moim_parties *p, struct moim_party_verdict *v)
{
    struct place *list;
    int64_t busy[MOIM_PARTY_SLOTS] = {0};
    int last[MOIM_PARTIES_MOST], n = list_places(p, &list);
    if (n < 0) return n;
    for (int k = 0; k < p->n; k++) last[k] = -1;
    v->shared = false;
    for (int i = 0; i < n; i++) {
        struct moim_party_span *g = list[i].span;
        int slot = choose(busy, last[list[i].party], g->from);
        if (busy[slot] > g->from && !v->shared) v->shared = true, v->shared_at = (double)g->from / MOIM_RATE;
        if (g->to > busy[slot]) busy[slot] = g->to;
        last[list[i].party] = slot;
        g->channel = moim_party_channel(slot, MOIM_PARTY_SLOTS);
    }
    free(list);
    return MOIM_OK;
}

/* First with everything above silence; if that needs too many channels, with speech only. */
int moim_party_plan(const struct moim_party_levels *l, struct moim_parties *p, struct moim_party_verdict *v)
{
    int rc = MOIM_OK;
    *v = (struct moim_party_verdict){0};
    for (int strict = 0; !rc && strict < 2; strict++) {
        for (int k = 0; !rc && k < p->n; k++) {
            int own = loud_level(l, k) - QUIET_DB;
            rc = find_spans(l, k, strict && own > SILENT ? own : SILENT, &p->part[k]);
        }
        if (!rc) rc = place_spans(p, v);
        v->quiet_left_out = strict;
        if (!v->shared) break;
    }
    return rc;
}

/* ---- the table ---- */

char *moim_party_table(const struct moim_parties *p, bool names)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    if (!out) return NULL;
    bool spans = p->n > MOIM_PARTY_SLOTS;
    if (p->call && p->n == 2) {
        fputs(MOIM_CALL_COMMENT, out);
        if (moim_stream_end(out, &text)) return text;
        free(text);
        return NULL;
    }
    fputs(spans ? SPANS : NAMES, out);
    if (spans) fprintf(out, " %d", p->n);
    for (int k = 0; k < p->n; k++) fprintf(out, "\n%s", names ? p->part[k].name : "");
    for (int k = 0; spans && k < p->n; k++)
        for (int i = 0; i < p->part[k].n_spans; i++) {
            const struct moim_party_span *g = &p->part[k].spans[i];
            fprintf(out, "\n%d %d %lld %lld", k, g->channel, (long long)g->from, (long long)g->to);
        }
    if (moim_stream_end(out, &text)) return text;
    free(text);
    return NULL;
}

static int add_party(struct moim_parties *out, int channel, const char *name, size_t n)
{
    char *own = strndup(name, n), *clean = own ? moim_text_clean(own, false) : NULL;
    free(own);
    if (clean) out->part[out->n++] = (struct moim_part){.track = -1, .channel = channel, .name = clean};
    return clean ? MOIM_OK : MOIM_ENOMEM;
}

/* The line at *s, which moves on to the next; false after the last. */
static bool next_line(const char **s, const char **line, size_t *n)
{
    if (!**s) return false;
    *line = *s;
    *n = strcspn(*s, "\n");
    *s += *n + ((*s)[*n] == '\n');
    return true;
}

/* Malformed lines are skipped: the file is untrusted. */
static int read_spans(const char *s, int channels, struct moim_parties *out)
{
    const char *line;
    size_t n;
    for (int all = 0; all < SPANS_MOST && next_line(&s, &line, &n); all++) {
        int party, channel;
        long long from, to;
        if (sscanf(line, "%d %d %lld %lld", &party, &channel, &from, &to) != 4 || party < 0 ||
            party >= out->n || channel < 0 || channel >= channels || from < 0 || to <= from)
            continue;
        struct moim_part *p = &out->part[party];
        if (p->n_spans && from < p->spans[p->n_spans - 1].to) continue;
        if (!(p->n_spans & (p->n_spans - 1))) {
            struct moim_party_span *grown =
                realloc(p->spans, sizeof *grown * (size_t)(p->n_spans ? 2 * p->n_spans : 1));
            if (!grown) return MOIM_ENOMEM;
            p->spans = grown;
        }
        p->spans[p->n_spans++] = (struct moim_party_span){from, to, channel};
    }
    for (int k = 0; k < out->n; k++)
        if (!out->part[k].spans && !(out->part[k].spans = calloc(1, sizeof *out->part[k].spans)))
            return MOIM_ENOMEM;
    return MOIM_OK;
}

int moim_party_table_read(const char *comment, int channels, struct moim_parties *out)
{
    bool spans = !strncmp(comment, SPANS, strlen(SPANS)), named = !strncmp(comment, NAMES, strlen(NAMES));
    int parties = spans          ? atoi(comment + strlen(SPANS))
                  : channels > 5 ? channels - 1
                                 : channels,
        rc = MOIM_OK;
    const char *s = spans || named ? comment + strcspn(comment, "\n") : "", *line = "";
    size_t n = 0;
    memset(out, 0, sizeof *out);
    if (parties < 2 || parties > (spans ? MOIM_PARTIES_MOST : MOIM_PARTY_SLOTS)) return MOIM_OK;
    s += *s == '\n';
    for (int k = 0; !rc && k < parties; k++) {
        if (!next_line(&s, &line, &n)) n = 0;
        rc = add_party(out, spans ? 0 : moim_party_channel(k, parties), line, n);
    }
    if (!rc && spans) rc = read_spans(s, channels, out);
    if (rc) moim_parties_clear(out);
    out->call = out->n == 2 && !strncmp(comment, MOIM_CALL_COMMENT, strlen(MOIM_CALL_COMMENT));
    return rc;
}
