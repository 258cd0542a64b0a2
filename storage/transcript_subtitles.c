/* SubRip and WebVTT: voice tags, entities, cues that roll (YouTube), cues that nothing parts. */
#include "base/unicode.h"
#include "storage/transcript_file_int.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ROLLING 3 /* one cue in so many repeats the one before: then the file rolls */
#define TAG_MOST 300

struct cue {
    double start, end;
    char *said; /* its lines */
    size_t n, room;
};

struct cues {
    struct cue *list;
    int n, room;
};

/* ---- cues ---- */

/* The times of a cue, whatever settings follow. 1, 0 (no such line), -1 (it looks like one and is none). */
static int cue_times(const char *p, size_t len, double *start, double *end)
{
    const char *arrow = memmem(p, len, "-->", 3);
    size_t used, rest;
    while (len && (*p == ' ' || *p == '\t')) p++, len--;
    if (!arrow || !len || !isdigit((unsigned char)*p)) return 0;
    *start = moim_text_clock(p, (size_t)(arrow - p), &used);
    while (p + used < arrow && (p[used] == ' ' || p[used] == '\t')) used++;
    if (p + used < arrow) *start = -1;
    rest = len - (size_t)(arrow + 3 - p);
    for (arrow += 3; rest && (*arrow == ' ' || *arrow == '\t'); rest--) arrow++;
    *end = moim_text_clock(arrow, rest, &used);
    bool whole = used == rest || arrow[used] == ' ' || arrow[used] == '\t';
    return *start >= 0 && *end >= 0 && whole ? 1 : -1;
}

static int open_cue(struct cues *c, double start, double end)
{
    if (c->n == c->room) {
        int room = c->room ? 2 * c->room : 64;
        struct cue *grown = realloc(c->list, sizeof *grown * (size_t)room);
        if (!grown) return MOIM_ENOMEM;
        c->list = grown;
        c->room = room;
    }
    c->list[c->n++] = (struct cue){.start = start, .end = end};
    return MOIM_OK;
}

static int add_said(struct cue *c, const struct moim_text_line *l)
{
    if (!c->said || c->n + l->n + 2 > c->room) {
        size_t room = 2 * (c->n + l->n) + 64;
        char *grown = realloc(c->said, room);
        if (!grown) return MOIM_ENOMEM;
        c->said = grown;
        c->room = room;
    }
    if (c->n) c->said[c->n++] = '\n';
    memcpy(c->said + c->n, l->text, l->n);
    c->n += l->n;
    c->said[c->n] = 0;
    return MOIM_OK;
}

/* The number that a line is, -1 when it is none. */
static long number_in(const struct moim_text_line *l)
{
    long v = 0;
    for (size_t i = 0; i < l->n; i++) {
        if (!isdigit((unsigned char)l->text[i]) || v > 100000000) return -1;
        v = v * 10 + (l->text[i] - '0');
    }
    return l->n ? v : -1;
}

/* A block of WebVTT that is no speech: its header, a note, a style, a region. */
static bool opens_block(const struct moim_text_line *l)
{
    static const char *const word[] = {"WEBVTT", "NOTE", "STYLE", "REGION"};
    for (int i = 0; i < 4; i++) {
        size_t n = strlen(word[i]);
        if (l->n >= n && !memcmp(l->text, word[i], n) && (l->n == n || strchr(" \t:", l->text[n])))
            return true;
    }
    return false;
}

/* Whether the line only names the cue that follows it: after a blank line SubRip's counter or whatever name
 * WebVTT gives, without one the counter that comes next. *counter is the last one. */
static bool names_cue(const struct moim_text_line *l, const char *p, size_t left, bool after_blank, bool vtt,
                      long *counter)
{
    struct moim_text_line next = *l;
    double a, b;
    long number = number_in(l);
    if (!(after_blank ? vtt || number >= 0 : number == *counter + 1)) return false;
    do {
        if (!moim_text_line_next(&p, &left, &next)) return false;
    } while (number >= 0 && after_blank && strspn(next.text, " \t") >= next.n);
    if (!cue_times(next.text, next.n, &a, &b)) return false;
    if (number >= 0) *counter = number;
    return true;
}

/* Cues end where the next begins, with or without a blank line between; text after a blank line is still the
 * cue's. *bad: the line that cannot be read. */
static int read_cues(struct cues *c, const char *p, size_t n, bool vtt, int *bad)
{
    struct moim_text_line l = {0};
    double start, end;
    bool blank = true, block = false;
    long counter = 0;
    int rc = MOIM_OK;
    while (!rc && moim_text_line_next(&p, &n, &l)) {
        int times = cue_times(l.text, l.n, &start, &end);
        bool after_blank = blank;
        blank = strspn(l.text, " \t") >= l.n;
        block = !blank && (block || (vtt && after_blank && opens_block(&l)));
        if (blank || block || names_cue(&l, p, n, after_blank, vtt, &counter)) continue;
        if (times < 0 || (!times && !c->n)) {
            *bad = l.number;
            rc = MOIM_EFORMAT;
        } else {
            rc = times ? open_cue(c, start, end) : add_said(&c->list[c->n - 1], &l);
        }
    }
    return rc;
}

/* ---- tags ---- */

const char *moim_text_entity(const char *p, char *out, size_t *n)
{
    static const struct {
        const char *name, *text;
    } known[] = {{"&amp;", "&"},  {"&lt;", "<"},   {"&gt;", ">"}, {"&quot;", "\""},
                 {"&apos;", "'"}, {"&nbsp;", " "}, {"&lrm;", ""}, {"&rlm;", ""}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strncmp(p, known[i].name, strlen(known[i].name))) {
            *n = strlen(known[i].text);
            memcpy(out, known[i].text, *n);
            return p + strlen(known[i].name);
        }
    char *end;
    if (p[1] != '#' || !isalnum((unsigned char)p[2])) return NULL;
    unsigned long code = p[2] == 'x' || p[2] == 'X' ? strtoul(p + 3, &end, 16) : strtoul(p + 2, &end, 10);
    if (*end != ';' || code < 32 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return NULL;
    *n = moim_utf8_put((uint32_t)code, out);
    return end + 1;
}

/* Bytes of the tag at p, 0 when what stands there is said. */
static size_t tag_at(const char *p, bool vtt)
{
    static const char *const html[] = {"i", "b", "u", "s", "font"};
    if (!vtt && !strncmp(p, "{\\an", 4)) return strcspn(p, "}") < 10 ? strcspn(p, "}") + 1 : 0;
    size_t n = *p == '<' ? strcspn(p, ">\n") : 0, name = 1 + (p[1] == '/');
    if (!n || p[n] != '>' || n > TAG_MOST) return 0;
    if (vtt) return p[1] == '/' || isalnum((unsigned char)p[1]) ? n + 1 : 0;
    for (size_t i = 0; i < 5; i++) {
        size_t k = strlen(html[i]);
        if (!strncasecmp(p + name, html[i], k) && (p[name + k] == '>' || p[name + k] == ' ')) return n + 1;
    }
    return 0;
}

static bool is_voice(const char *p)
{
    return !strncmp(p, "</v>", 4) || (p[1] == 'v' && strchr(" .>", p[2]));
}

/* ---- rolling ---- */

/* Bytes at the beginning of b that are whole lines with which a ends. */
static size_t repeated(const char *a, const char *b)
{
    size_t best = 0;
    for (const char *end = b; *end; end += *end == '\n') {
        end += strcspn(end, "\n");
        size_t n = (size_t)(end - b), all = strlen(a);
        if (n <= all && !memcmp(a + all - n, b, n) && (n == all || a[all - n - 1] == '\n')) best = n;
    }
    return best;
}

/* Tags that say nothing of who speaks go, so that lines can be compared. */
static void drop_tags(char *said, bool vtt)
{
    char *to = said;
    for (const char *p = said; *p;) {
        size_t k = tag_at(p, vtt);
        if (k && !(vtt && is_voice(p)))
            p += k;
        else
            *to++ = *p++;
    }
    *to = 0;
}

/* In a file that rolls, each cue shows again what the one before said: its new lines are what counts. */
static void unroll(struct cues *c)
{
    int rolls = 0, many = 0;
    for (int i = 1; i < c->n; i++) {
        const struct cue *a = &c->list[i - 1], *b = &c->list[i];
        if (!a->said || !b->said) continue;
        size_t same = repeated(a->said, b->said);
        many++;
        rolls += same && b->start <= a->end + 0.1 &&
                 (b->said[same] || strchr(b->said, '\n') || strchr(a->said, '\n'));
    }
    if (rolls < 2 || rolls * ROLLING < many) return;
    for (int i = c->n - 1; i > 0; i--) {
        struct cue *a = &c->list[i - 1], *b = &c->list[i];
        size_t same = a->said && b->said && b->start <= a->end + 0.1 ? repeated(a->said, b->said) : 0;
        if (!same) continue;
        same += b->said[same] == '\n';
        memmove(b->said, b->said + same, strlen(b->said + same) + 1);
    }
}

/* ---- voices ---- */

struct voice {
    char *text; /* what was said since the last tag */
    size_t n;
    char name[TAG_MOST + 1];
    bool named;
};

/* Text without tags, entities resolved where vtt. to has room for as much as from. */
static size_t plain(char *to, const char *from, size_t n, bool vtt)
{
    size_t out = 0, k;
    for (const char *p = from, *after; p < from + n;) {
        if ((k = tag_at(p, vtt))) {
            p += k;
        } else if (vtt && *p == '&' && (after = moim_text_entity(p, to + out, &k))) {
            out += k;
            p = after;
        } else {
            to[out++] = *p == '\n' ? ' ' : *p;
            p++;
        }
    }
    return out;
}

static int flush(struct moim_transcript_file *t, const struct cue *c, struct voice *v, const char *from,
                 size_t n, bool vtt)
{
    v->n = plain(v->text, from, n, vtt);
    v->text[v->n] = 0;
    return v->named ? moim_turn_push(t, v->name, strlen(v->name), v->text, v->n, c->start, c->end)
                    : moim_turn_said(t, v->text, v->n, c->start, c->end);
}

/* "<v Name>", "<v.loud Name>": the name. */
static void take_voice(struct voice *v, const char *tag, size_t n)
{
    const char *name = memchr(tag, ' ', n), *end = tag + n - 1;
    v->name[name ? plain(v->name, name + 1, (size_t)(end - name - 1), true) : 0] = 0;
    v->named = *v->name;
}

static int push_cue(struct moim_transcript_file *t, const struct cue *c, bool vtt)
{
    struct voice v = {.text = malloc(strlen(c->said) + 8)};
    const char *from = c->said, *p = from;
    int rc = v.text ? MOIM_OK : MOIM_ENOMEM;
    while (!rc && *p) {
        size_t k = tag_at(p, vtt);
        bool end = vtt && !strncmp(p, "</v>", 4), voice = vtt && k && !end && is_voice(p);
        if (voice || end) {
            rc = flush(t, c, &v, from, (size_t)(p - from), vtt);
            v.named = false;
            if (voice) take_voice(&v, p, k);
            from = p + k;
        }
        p += k ? k : 1;
    }
    if (!rc) rc = flush(t, c, &v, from, (size_t)(p - from), vtt);
    free(v.text);
    return rc;
}

/* Where some cues say who speaks, one that does not goes on with the last who was named. */
static int inherit(struct moim_transcript_file *t, int from)
{
    for (int i = from + 1; i < t->n; i++) {
        if (*t->turns[i].speaker || !*t->turns[i - 1].speaker) continue;
        char *who = strdup(t->turns[i - 1].speaker);
        if (!who) return MOIM_ENOMEM;
        free((char *)(uintptr_t)t->turns[i].speaker);
        t->turns[i].speaker = who;
    }
    return MOIM_OK;
}

int moim_parse_subtitles(struct moim_transcript_file *t, const char *p, size_t n, bool vtt, int *bad)
{
    struct cues c = {0};
    int rc = read_cues(&c, p, n, vtt, bad);
    vtt = vtt || memmem(p, n, "<v ", 3); /* turned into SubRip, voices and all */
    for (int i = 0; !rc && i < c.n; i++)
        if (c.list[i].said) drop_tags(c.list[i].said, vtt);
    if (!rc) unroll(&c);
    for (int i = 0; !rc && i < c.n; i++)
        if (c.list[i].said) rc = push_cue(t, &c.list[i], vtt);
    if (!rc && !vtt) rc = inherit(t, 0);
    for (int i = 0; i < c.n; i++) free(c.list[i].said);
    free(c.list);
    return rc;
}
