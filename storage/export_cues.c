/* Subtitles: SubRip and WebVTT. A segment becomes as many cues as it takes for two lines of 42 columns each
 * (a Korean character takes two), broken between words, each shown as long as its share of the segment's
 * characters. */
#include "storage/export.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS 42
#define LINES 2

/* Columns of the character at s and its bytes: what is three bytes long or more counts as wide. */
static int width_at(const char *s, int *bytes)
{
    unsigned char c = (unsigned char)*s;
    int n = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    for (int i = 1; i < n; i++)
        if (((unsigned char)s[i] & 0xc0) != 0x80) n = i;
    *bytes = n;
    return n >= 3 ? 2 : 1;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The end of a line that begins at s: the last space that keeps it within COLUMNS, or the middle of a word
 * that is longer than a line. */
static const char *line_end(const char *s)
{
    const char *space = NULL, *p = s;
    int columns = 0;
    while (*p) {
        int bytes, w = width_at(p, &bytes);
        if (is_space(*p)) space = p;
        if (columns + w > COLUMNS) return space && space > s ? space : p > s ? p : p + bytes;
        columns += w;
        p += bytes;
    }
    return p;
}

/* WebVTT reads angle brackets and "&" as its own, SubRip an arrow as times. */
static void put_text(FILE *out, const char *s, const char *end, bool vtt)
{
    for (; s < end; s++) {
        if (is_space(*s))
            fputc(' ', out);
        else if (vtt && *s == '<')
            fputs("&lt;", out);
        else if (vtt && *s == '>')
            fputs("&gt;", out);
        else if (vtt && *s == '&')
            fputs("&amp;", out);
        else if (!vtt && end - s >= 3 && !memcmp(s, "-->", 3))
            fputs("\xe2\x86\x92", out), s += 2;
        else if ((unsigned char)*s >= 0x20 && *s != 0x7f)
            fputc(*s, out);
    }
}

struct cues {
    FILE *out;
    bool vtt;
    int n;
};

/* One cue of at most LINES lines from s on; returns where the next one begins. */
static const char *put_cue(struct cues *c, const char *s, const char *text, size_t whole, double start,
                           double seconds)
{
    const char *line[LINES][2], *p = s;
    char from[32], to[32];
    int n = 0;
    for (; n < LINES && *p; n++) {
        line[n][0] = p;
        line[n][1] = p = line_end(p);
        while (is_space(*p)) p++;
    }
    double begin = start + seconds * (double)(s - text) / (double)whole;
    double end = *p ? start + seconds * (double)(p - text) / (double)whole : start + seconds;
    if (end < begin + 0.001) end = begin + 0.001;
    moim_timestamp(from, sizeof from, begin, c->vtt ? '.' : ',');
    moim_timestamp(to, sizeof to, end, c->vtt ? '.' : ',');
    if (!c->vtt) fprintf(c->out, "%d\n", ++c->n);
    fprintf(c->out, "%s --> %s\n", from, to);
    for (int i = 0; i < n; i++) {
        put_text(c->out, line[i][0], line[i][1], c->vtt);
        fputc('\n', c->out);
    }
    fputc('\n', c->out);
    return p;
}

int moim_export_cues(FILE *out, const struct moim_document *doc, bool vtt)
{
    struct cues c = {out, vtt, 0};
    if (vtt) fputs("WEBVTT\n\n", out);
    for (int i = 0; i < doc->n_segments; i++) {
        const struct moim_segment *g = &doc->segments[i];
        char own[MOIM_LABEL], *text;
        const char *who = moim_line_label(own, doc, g), *words = g->text;
        while (is_space(*words)) words++;
        if (!*words) continue; /* a cue without text is none */
        if (asprintf(&text, "%s%s%s", who, *who ? ": " : "", words) < 0) return MOIM_ENOMEM;
        size_t whole = strlen(text);
        while (whole && is_space(text[whole - 1])) text[--whole] = 0;
        for (const char *p = text; *p;)
            p = put_cue(&c, p, text, whole, g->start, g->end > g->start ? g->end - g->start : 0);
        free(text);
    }
    return MOIM_OK;
}
