/* Subtitles: SubRip and WebVTT. Each segment's words are parted at pauses, then where the sum of what parting and
 * uneven lengths cost is least (dynamic programming over the words); then cues are kept apart in time and given time
 * to be read. */
#include "storage/export_cues.h"
#include "base/text.h"
#include "storage/cue_words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST 7.0        /* seconds that a cue should stay */
#define SHORTEST 0.833     /* seconds below which an eye does not follow */
#define LINGER 700         /* ms after the last word */
#define READ_WIDE 24       /* columns a second: twelve Korean letters */
#define READ_NARROW 17     /* letters a second */
#define KEEP 500           /* ms of a cue that another's beginning may not take */
#define TIME_MAX_S 1e9     /* that is shown */
#define CUE_COST 4.0F      /* each cue more */
#define LABEL_MAX (40 / 2) /* columns of a speaker in a line's begin */

struct maker {
    const struct moim_document *doc;
    struct moim_cue *list; /* [n] */
    int n, room;
    struct moim_cue_units u; /* of the segment at hand */
    int indent;              /* columns of the speaker where one is shown */
    bool every;              /* shown in every cue of the segment */
};

/* ---- lines ---- */

/* Columns of units a ... b - 1 in one line. */
static int columns(const struct moim_cue_units *u, int a, int b)
{
    return b > a ? u->list[b - 1].at + u->list[b - 1].width - u->list[a].at : 0;
}

/* Where units a ... b - 1 break into two lines (b: they are one; a: the speaker has the first), the first indented; -1 when they do not fit. *cost is
 * how bad that is. */
static int line_break(const struct moim_cue_units *u, int a, int b, int indent, float *cost)
{
    int best = -1;
    *cost = 0;
    if (indent + columns(u, a, b) <= u->columns) return b;
    if (indent && columns(u, a, b) <= u->columns) best = a, *cost = 4; /* the speaker in a line alone */
    for (int m = a + 1; m < b; m++) {
        int upper = indent + columns(u, a, m), lower = columns(u, m, b);
        if (upper > u->columns) break;
        if (lower > u->columns) continue;
        float c = 1 + u->list[m].parting / 2 + (float)abs(upper - lower) / 10;
        if (best < 0 || c < *cost) best = m, *cost = c;
    }
    return best;
}

/* ---- parting ---- */

static float length_cost(double seconds)
{
    if (seconds > LONGEST) return (float)(seconds - LONGEST) * 20;
    return seconds < SHORTEST ? (float)(SHORTEST - seconds) * 12 : 0;
}

static int indent_at(const struct maker *m, int unit)
{
    return m->every || !unit ? m->indent : 0;
}

/* from[j]: where the last cue of the best parting of units a ... j - 1 begins. */
static void part(const struct maker *m, int a, int b, float *best, int *from)
{
    const struct moim_cue_units *u = &m->u;
    best[a] = 0;
    for (int j = a + 1; j <= b; j++) {
        best[j] = INFINITY;
        from[j] = j - 1;
        for (int i = j - 1; i >= a; i--) {
            float line;
            int indent = indent_at(m, i);
            if (columns(u, i, j) + indent > 2 * u->columns) break;
            if (line_break(u, i, j, indent, &line) < 0) continue;
            float c = best[i] + line + CUE_COST + (i > a ? u->list[i].parting : 0) +
                      length_cost(u->list[j - 1].end - u->list[i].start);
            if (c < best[j]) best[j] = c, from[j] = i;
        }
        if (isinf(best[j])) best[j] = best[j - 1] + CUE_COST; /* a word alone always fits */
    }
}

/* ---- making ---- */

static void put_unit(FILE *out, const struct moim_cue_unit *x)
{
    for (size_t i = 0; i < x->n; i++) {
        unsigned char c = (unsigned char)x->s[i];
        fputc(c < 0x20 || c == 0x7f ? ' ' : c, out);
    }
}

static char *text_of(const struct moim_cue_units *u, int a, int b, int middle)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    if (!out) return NULL;
    for (int i = a; i < b; i++) {
        if (i == middle)
            fputc('\n', out);
        else if (i > a && !u->list[i].glued)
            fputc(' ', out);
        put_unit(out, &u->list[i]);
    }
    if (moim_stream_end(out, &text)) return text;
    free(text);
    return NULL;
}

static long long milliseconds(double seconds)
{
    return seconds > 0 ? llround(fmin(seconds, TIME_MAX_S) * 1000) : 0;
}

static bool add_cue(struct maker *m, int segment, int a, int b)
{
    if (m->n == m->room) {
        int more = m->room ? 2 * m->room : 64;
        struct moim_cue *grown = realloc(m->list, (size_t)more * sizeof *grown);
        if (!grown) return false;
        m->list = grown;
        m->room = more;
    }
    float cost;
    int middle = line_break(&m->u, a, b, indent_at(m, a), &cost);
    struct moim_cue c = {.start = milliseconds(m->u.list[a].start),
                         .end = milliseconds(m->u.list[b - 1].end),
                         .segment = segment,
                         .named = m->every || !a,
                         .text = text_of(&m->u, a, b, middle)};
    if (!c.text) return false;
    c.said = c.end;
    m->list[m->n++] = c;
    return true;
}

static bool add_cues(struct maker *m, int segment, const int *from, int a, int b)
{
    int *cut = malloc((size_t)(b - a + 1) * sizeof *cut), n = 0;
    bool ok = cut != NULL;
    for (int j = b; ok && j > a; j = from[j]) cut[n++] = j;
    for (; ok && n; a = cut[n]) {
        n--;
        ok = add_cue(m, segment, a, cut[n]);
    }
    free(cut);
    return ok;
}

/* Does another speaker's segment lie in its time? Then its cues stand among that one's. */
static bool is_crossed(const struct moim_document *doc, int i)
{
    const struct moim_segment *g = &doc->segments[i];
    for (int j = i + 1; j < doc->n_segments && doc->segments[j].start < g->end; j++)
        if (doc->segments[j].speaker != g->speaker) return true;
    for (int j = i - 1; j >= 0 && j >= i - 8; j--)
        if (doc->segments[j].end > g->start && doc->segments[j].speaker != g->speaker) return true;
    return false;
}

static int add_segment(struct maker *m, int segment, const char *label)
{
    const struct moim_segment *g = &m->doc->segments[segment];
    int width = *label ? moim_columns(label, strlen(label)) + 2 : 0;
    char *first = NULL;
    if (width > LABEL_MAX && asprintf(&first, "%s:", label) < 0) return MOIM_ENOMEM;
    m->indent = first ? 0 : width;
    m->every = is_crossed(m->doc, segment);
    int rc = moim_cue_units_read(&m->u, g, first ? first : "");
    float *best = rc ? NULL : malloc(((size_t)m->u.n + 1) * sizeof *best);
    int *from = rc ? NULL : malloc(((size_t)m->u.n + 1) * sizeof *from);
    bool ok = best && from;
    for (int a = 0, b; ok && a < m->u.n; a = b) {
        for (b = a + 1; b < m->u.n && m->u.list[b].start - m->u.list[b - 1].end <= MOIM_CUE_PAUSE;) b++;
        part(m, a, b, best, from);
        ok = add_cues(m, segment, from, a, b);
    }
    free(best);
    free(from);
    free(first);
    moim_cue_units_free(&m->u);
    return rc ? rc : ok ? MOIM_OK : MOIM_ENOMEM;
}

/* ---- time ---- */

static int in_time(const void *a, const void *b)
{
    const struct moim_cue *x = a, *y = b;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    return x->segment != y->segment ? (x->segment < y->segment ? -1 : 1) : x < y ? -1 : x > y;
}

static long long at_most(long long a, long long b)
{
    return a < b ? a : b;
}

/* Of two that would be shown at once the earlier gives way, down to half a second. */
static void keep_apart(struct moim_cue *list, int n)
{
    for (int k = 0; k < n; k++) {
        struct moim_cue *c = &list[k], *before = k ? &list[k - 1] : NULL;
        long long own = c->end - c->start;
        if (before && c->start < before->end) {
            long long least = before->start + at_most(before->end - before->start, KEEP);
            before->end = c->start > least ? c->start : least;
            if (c->start < before->end) c->start = before->end;
        }
        if (c->end <= c->start) c->end = c->start + (own > KEEP ? KEEP : own > 0 ? own : 1);
    }
}

/* Time to read it, where nothing else wants it. */
static void let_read(struct moim_cue *list, int n)
{
    for (int k = 0; k < n; k++) {
        struct moim_cue *c = &list[k];
        int all = moim_columns(c->text, strlen(c->text));
        bool wide = all > (int)strlen(c->text) / 2 && strlen(c->text) > (size_t)all;
        long long need = (long long)all * 1000 / (wide ? READ_WIDE : READ_NARROW);
        if (need < (long long)(SHORTEST * 1000)) need = (long long)(SHORTEST * 1000);
        long long until = at_most(c->start + need, c->end + LINGER);
        if (k + 1 < n) until = at_most(until, list[k + 1].start);
        if (until > c->end) c->end = until;
    }
}

int moim_cues_make(const struct moim_document *doc, bool label, struct moim_cue **list, int *n)
{
    struct maker m = {.doc = doc};
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < doc->n_segments; i++) {
        char own[MOIM_LABEL];
        rc = add_segment(&m, i, label ? moim_line_label(own, doc, &doc->segments[i]) : "");
    }
    *list = m.list;
    *n = m.n;
    if (rc) {
        moim_cues_free(m.list, m.n);
        *list = NULL;
        *n = 0;
        return rc;
    }
    if (m.n) qsort(m.list, (size_t)m.n, sizeof *m.list, in_time);
    keep_apart(m.list, m.n);
    let_read(m.list, m.n);
    return MOIM_OK;
}

void moim_cues_free(struct moim_cue *list, int n)
{
    for (int i = 0; i < n; i++) free(list[i].text);
    free(list);
}

/* ---- writing ---- */

/* WebVTT reads angle brackets and "&" as its own, SubRip an arrow as times. */
static void put_text(FILE *out, const char *s, bool vtt)
{
    for (; *s; s++) {
        if (vtt && *s == '<')
            fputs("&lt;", out);
        else if (vtt && *s == '>')
            fputs("&gt;", out);
        else if (vtt && *s == '&')
            fputs("&amp;", out);
        else if (!vtt && !strncmp(s, "-->", 3))
            fputs("\xe2\x86\x92", out), s += 2;
        else
            fputc(*s, out);
    }
}

/* A voice tag ends with its line: a name has no line feed, nor what would end the tag. */
static void put_voice(FILE *out, const char *who)
{
    fputs("<v ", out);
    for (; *who; who++) {
        char one[2] = {(unsigned char)*who < 0x20 || *who == 0x7f ? ' ' : *who, 0};
        put_text(out, one, true);
    }
    fputc('>', out);
}

static void put_cue(FILE *out, const struct moim_document *doc, const struct moim_cue *c, bool vtt)
{
    char own[MOIM_LABEL], from[32], to[32], sep = vtt ? '.' : ',';
    const char *who = moim_line_label(own, doc, &doc->segments[c->segment]);
    int width = moim_columns(who, strlen(who)) + 2;
    moim_timestamp(from, sizeof from, (double)c->start / 1000, sep);
    moim_timestamp(to, sizeof to, (double)c->end / 1000, sep);
    fprintf(out, "%s --> %s\n", from, to);
    if (*who && vtt)
        put_voice(out, who);
    else if (*who && c->named && width <= LABEL_MAX)
        put_text(out, who, false), fputs(*c->text == '\n' ? ":" : ": ", out);
    put_text(out, c->text, vtt);
    fputs("\n\n", out);
}

int moim_export_cues(FILE *out, const struct moim_document *doc, bool vtt)
{
    struct moim_cue *list;
    int n, rc = moim_cues_make(doc, !vtt, &list, &n);
    if (rc) return rc;
    if (vtt) fputs("WEBVTT\n\n", out);
    for (int i = 0; i < n; i++) {
        if (!vtt) fprintf(out, "%d\n", i + 1);
        put_cue(out, doc, &list[i], vtt);
    }
    moim_cues_free(list, n);
    return MOIM_OK;
}
