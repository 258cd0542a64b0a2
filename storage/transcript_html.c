/* A page of HTML as lines: ours, or what another program wrote. Tags of blocks end a line, scripts and styles are left
 * out; in a transcript of ours the line's exact time stands for the shown one. */
#include "base/text.h"
#include "storage/export.h"
#include "storage/record.h"
#include "storage/transcript_file_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct page {
    FILE *out, *bare;
    struct moim_package *p;
    bool space, begun; /* a blank is due; the line has begun */
    bool in_cell;
    int cells;         /* of the row, so far */
    bool mark, who;    /* in a mark's line, in a name */
    const char *aside; /* the tag whose text does not count: title, a time that was written already */
    double at;         /* of the transcript's line, below 0: none */
    int failed;
};

/* One tag: its name, its attributes, where it ends. */
struct tag {
    char name[16];
    bool closes;
    const char *attributes, *end; /* end: past its '>' */
};

static const char *const blocks[] = {"p",       "div",     "li",         "ul",   "ol",    "h1", "h2",
                                     "h3",      "h4",      "h5",         "h6",   "tr",    "br", "table",
                                     "section", "header",  "body",       "dt",   "dd",    "hr", "audio",
                                     "article", "caption", "blockquote", "main", "footer"};

static bool is_block(const char *name)
{
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if (!strcmp(name, blocks[i])) return true;
    return false;
}

/* The tag at s, which is '<'; false when it is none. Quoted attributes may hold '>'. */
static bool read_tag(const char *s, const char *end, struct tag *t)
{
    size_t n = 0;
    *t = (struct tag){.closes = s + 1 < end && s[1] == '/'};
    s += 1 + t->closes;
    if (s >= end || !isalpha((unsigned char)*s)) return false;
    for (; s < end && isalnum((unsigned char)*s); s++)
        if (n + 1 < sizeof t->name) t->name[n++] = (char)tolower((unsigned char)*s);
    t->attributes = s;
    for (char quote = 0; s < end; s++) {
        if (quote ? *s == quote : *s == '"' || *s == '\'')
            quote = quote ? 0 : *s;
        else if (!quote && *s == '>')
            break;
    }
    t->end = s < end ? s + 1 : end;
    return true;
}

/* An attribute's value in quotes and its length, NULL: it has none. */
static const char *value_of(const struct tag *t, const char *name, size_t *n)
{
    size_t len = strlen(name);
    for (const char *s = t->attributes; s + len + 3 < t->end; s++) {
        if (!isspace((unsigned char)*s) || strncasecmp(s + 1, name, len) || s[1 + len] != '=') continue;
        char quote = s[2 + len];
        const char *from = s + 3 + len;
        const char *to = quote == '"' || quote == '\'' ? memchr(from, quote, (size_t)(t->end - from)) : NULL;
        if (!to) return NULL;
        *n = (size_t)(to - from);
        return from;
    }
    return NULL;
}

static bool has_value(const struct tag *t, const char *name, const char *value)
{
    size_t n;
    const char *v = value_of(t, name, &n);
    return v && n == strlen(value) && !memcmp(v, value, n);
}

/* ---- text ---- */

static void put(struct page *g, const char *s, size_t n)
{
    if (g->space && g->begun) fputc(' ', g->out);
    g->space = false;
    g->begun = true;
    fwrite(s, 1, n, g->out);
}

static void end_line(struct page *g)
{
    if (g->begun) fputc('\n', g->out);
    g->begun = g->space = false;
}

/* One character or entity; where the next begins. */
static const char *put_next(struct page *g, const char *s)
{
    char own[8];
    size_t n = 1;
    const char *after = *s == '&' ? moim_text_entity(s, own, &n) : NULL;
    const char *bytes = after ? own : s;
    if (!after && isspace((unsigned char)*s)) {
        g->space = true;
        return s + 1;
    }
    if (!g->aside) {
        put(g, bytes, n);
        fwrite(bytes, 1, n, g->bare);
    }
    return after ? after : s + 1;
}

/* ---- tags ---- */

/* What a script or a style holds ends at its own closing tag. */
static const char *skip_script(struct page *g, const struct tag *t, const char *end)
{
    char closing[20];
    snprintf(closing, sizeof closing, "</%s", t->name);
    const char *to = t->end;
    while (to < end && strncasecmp(to, closing, strlen(closing))) to++;
    if (!g->p->record && has_value(t, "type", MOIM_HTML_RECORD)) {
        g->p->n_record = (size_t)(to - t->end);
        g->p->record = strndup(t->end, g->p->n_record);
        if (!g->p->record) g->failed = MOIM_ENOMEM;
    }
    while (to < end && *to != '>') to++;
    return to < end ? to + 1 : end;
}

static void begin_line(struct page *g, const struct tag *t)
{
    size_t n;
    const char *seconds = value_of(t, "data-s", &n);
    g->mark = has_value(t, "class", "mark");
    g->at = seconds && n < 20 ? strtod(seconds, NULL) : -1;
}

/* The time of a line of ours: to the millisecond where the page says it. */
static void put_time(struct page *g, const struct tag *t)
{
    char at[32];
    if (t->closes) {
        put(g, g->mark ? "\t-- " : "\t", g->mark ? 4 : 1);
        g->aside = NULL;
    } else if (g->at >= 0 && g->at < 1e6) {
        moim_timestamp(at, sizeof at, g->at, '.');
        put(g, at, strlen(at));
        g->aside = "time";
    }
}

/* Cells are parted by tabs, a row is one line; a table in a cell begins anew. */
static void take_table(struct page *g, const struct tag *t)
{
    bool cell = !strcmp(t->name, "td") || !strcmp(t->name, "th");
    if (cell || !strcmp(t->name, "tr") || !strcmp(t->name, "table")) g->in_cell = cell && !t->closes;
    if (!strcmp(t->name, "tr")) g->cells = 0;
    if (!cell || t->closes) return;
    if (g->cells++) fputc('\t', g->out);
    g->begun = g->begun || g->cells > 1;
    g->space = false;
}

static void take_tag(struct page *g, const struct tag *t)
{
    take_table(g, t);
    if (is_block(t->name) && g->in_cell) g->space = true;
    if (is_block(t->name) && !g->in_cell) end_line(g);
    if (!strcmp(t->name, "li") && !t->closes) begin_line(g, t);
    if (!strcmp(t->name, "time")) put_time(g, t);
    if (!strcmp(t->name, "title")) g->aside = t->closes ? NULL : "title";
    if (!strcmp(t->name, "b") && !t->closes) g->who = has_value(t, "class", "who");
    if (!strcmp(t->name, "b") && t->closes && g->who) {
        put(g, ": ", 2);
        g->who = false;
    }
}

static void read_page(struct page *g, const char *s, const char *end)
{
    struct tag t;
    while (s < end && !g->failed) {
        if (*s != '<') {
            s = put_next(g, s);
        } else if (!strncmp(s, "<!--", 4)) {
            const char *to = memmem(s, (size_t)(end - s), "-->", 3);
            s = to ? to + 3 : end;
        } else if (s[1] == '!' || s[1] == '?') {
            while (s < end && *s != '>') s++;
            s += s < end;
        } else if (!read_tag(s, end, &t)) {
            s = put_next(g, s);
        } else if (!t.closes && (!strcmp(t.name, "script") || !strcmp(t.name, "style"))) {
            s = skip_script(g, &t, end);
        } else {
            take_tag(g, &t);
            s = t.end;
        }
    }
    end_line(g);
}

int moim_html_read(const char *html, size_t n, struct moim_package *p)
{
    size_t n_text, n_bare;
    struct page g = {.p = p, .at = -1};
    memset(p, 0, sizeof *p);
    g.out = open_memstream(&p->text, &n_text);
    g.bare = open_memstream(&p->bare, &n_bare);
    if (g.out && g.bare)
        read_page(&g, html, html + n);
    else
        g.failed = MOIM_ENOMEM;
    if (g.out && !moim_stream_end(g.out, &p->text)) g.failed = MOIM_ENOMEM;
    if (g.bare && !moim_stream_end(g.bare, &p->bare)) g.failed = MOIM_ENOMEM;
    if (g.failed) moim_package_clear(p);
    return g.failed;
}

/* ---- what a page holds besides its text ---- */

size_t moim_html_drop_data(struct moim_html_data *d, char *bytes, size_t n)
{
    static const char begins[] = ";base64,";
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        char c = bytes[i];
        d->dropping = d->dropping && (isalnum((unsigned char)c) || strchr("+/=%\r\n", c));
        if (d->dropping && c) continue;
        if (c == '<' || c == '>') d->in_tag = c == '<';
        d->met = c == begins[d->met] ? d->met + 1 : c == begins[0];
        if (!begins[d->met]) {
            d->dropping = d->in_tag;
            d->met = 0;
        }
        bytes[kept++] = c;
    }
    return kept;
}
