/* Plain text and Markdown: one turn a line, "Name: words" with or without its time; or the name and the time above the
 * words, as CLOVA Note, Otter, Teams, Meet and others write. What stands above or below the transcript is its title,
 * its day and who took part; what is none of these is noted, never lost. */
#include "storage/transcript_file_int.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME_BYTES 60
#define NAME_WORDS 4
#define LINES_MOST 2000000
#define NOTES_MOST 12 /* lines outside of the transcript that are noted one by one */

struct text_line {
    char *s;         /* ends in NUL, without blanks at its ends */
    bool mark, bold; /* Markdown: in italics; begins with a bold word */
};

struct text {
    struct text_line *line;
    struct moim_text_row *row; /* [n] */
    int n;
    char *own;             /* what the lines point into */
    bool markdown, spaced; /* spaced: a blank line stands before what heads a block */
    bool note;             /* a note of ours for Obsidian: its properties have the day */
};

struct head {
    char name[NAME_BYTES + 4];
    double at; /* below 0: none */
};

/* ---- lines ---- */

/* "[[note|shown]]" is what is shown; a link to another line (evidence) is nothing. Its last byte. */
static char *put_link(char *from, char **to)
{
    char *end = strstr(from, "]]"), *bar = memchr(from, '|', (size_t)(end - from));
    char *shown = bar ? bar + 1 : from + 2;
    size_t n = from[2] == '#' ? 0 : (size_t)(end - shown);
    memmove(*to, shown, n);
    *to += n;
    return end + 1;
}

/* A line of a note ends in its block's name, " ^s12". */
static void drop_block_name(char *s)
{
    char *name = strrchr(s, '^');
    size_t n = name ? strspn(name + 2, "0123456789") : 0;
    if (n && name > s && name[-1] == ' ' && name[1] == 's' && !name[2 + n]) name[-1] = 0;
}

/* What Markdown means by signs goes, backslashes too; in place. */
static void strip_markdown(struct text_line *l)
{
    char *from = l->s, *to;
    while (*from == '#' || *from == '>') from++;
    if ((*from == '-' || *from == '*') && from[1] == ' ') from += 2;
    while (*from == ' ') from++;
    l->mark = *from == '*' && from[1] != '*' && from[1] != ' ';
    l->bold = !strncmp(from, "**", 2);
    drop_block_name(from);
    memmove(l->s, from, strlen(from) + 1);
    for (from = to = l->s; *from; from++) {
        if (*from == '\\' && ispunct((unsigned char)from[1]))
            *to++ = *++from;
        else if (!strncmp(from, "[[", 2) && strstr(from, "]]"))
            from = put_link(from, &to);
        else if (*from != '*' && *from != '`')
            *to++ = *from;
    }
    *to = 0;
}

static void trim(struct text_line *l)
{
    size_t n = strlen(l->s);
    while (n && isspace((unsigned char)l->s[n - 1])) l->s[--n] = 0;
    while (isspace((unsigned char)*l->s)) l->s++;
}

/* "| 0:05 | Kim | words |" with tabs for its signs; the line below the heading is nothing. In place. */
static void read_markdown_row(char *s)
{
    size_t n = strlen(s);
    while (n && isspace((unsigned char)s[n - 1])) s[--n] = 0;
    if (*s != '|' || n < 3 || s[n - 1] != '|') return;
    s[n - 1] = 0;
    memmove(s, s + 1, n - 1);
    if (strspn(s, "|-: ") == strlen(s)) {
        *s = 0;
        return;
    }
    for (char *bar = s; (bar = strchr(bar, '|')); bar++)
        if (bar == s || bar[-1] != '\\') *bar = '\t';
}

static int split(struct text *x, const char *p, size_t n)
{
    struct moim_text_line l = {0};
    size_t lines = 1;
    for (size_t i = 0; i < n; i++) lines += p[i] == '\n' || p[i] == '\r';
    if (lines > LINES_MOST) return MOIM_EFORMAT;
    x->line = calloc(lines, sizeof *x->line);
    x->row = calloc(lines, sizeof *x->row);
    x->own = malloc(n + lines + 1);
    if (!x->line || !x->row || !x->own) return MOIM_ENOMEM;
    for (char *to = x->own; moim_text_line_next(&p, &n, &l); x->n++) {
        struct text_line *out = &x->line[x->n];
        memcpy(to, l.text, l.n);
        to[l.n] = 0;
        out->s = to;
        to += l.n + 1;
        if (x->markdown) read_markdown_row(out->s);
        struct text_line raw = {.s = strchr(out->s, '\t') ? strdup(out->s) : NULL};
        if (strchr(out->s, '\t') && !raw.s) return MOIM_ENOMEM;
        if (raw.s && x->markdown) strip_markdown(&raw);
        trim(out);
        if (x->markdown) strip_markdown(out);
        trim(out);
        x->row[x->n].blank = !*out->s;
        x->row[x->n].line = *out->s ? raw.s : NULL;
        if (!*out->s) free(raw.s);
    }
    return MOIM_OK;
}

/* The next line from i on that is not empty, x->n: none. */
static int filled(const struct text *x, int i)
{
    while (i < x->n && !*x->line[i].s) i++;
    return i;
}

/* ---- what a line is ---- */

/* "[0:05]", "(0:05)", "0:05" at p: seconds, and *used; -1: no time. */
static double time_at(const char *p, size_t *used)
{
    bool open = *p && strchr("[(", *p);
    size_t n = strlen(p + open);
    double at = moim_text_clock(p + open, n, used);
    if (at < 0) return -1;
    if (open && !strchr("])", p[1 + *used])) return -1;
    *used += open ? 2 : 0;
    return at;
}

/* A few words without the signs of a sentence. */
static bool is_name(const char *p, size_t n)
{
    int words = 1;
    if (!n || n > NAME_BYTES) return false;
    bool letters = false;
    for (size_t i = 0; i < n; i++) {
        if (strchr("?!,;:\"<>|/", p[i]) || p[i] == '\t') return false;
        if (p[i] == '.' && (i + 1 == n || (p[i + 1] == ' ' && (i > 4 || (p[0] & 0x80)))))
            return false; /* Dr. Kim */
        words += p[i] == ' ' && i && p[i - 1] != ' ';
        letters = letters || isalpha((unsigned char)p[i]) || (p[i] & 0x80);
    }
    return letters && words <= NAME_WORDS;
}

static void set_name(struct head *h, const char *p, size_t n)
{
    while (n && strchr(" \t-|·", p[n - 1]) && !(p[n - 1] & 0x80)) n--;
    snprintf(h->name, sizeof h->name, "%.*s", (int)n, p);
}

/* The name and the time above the words: "Kim 00:05", "Kim (00:05)", "00:05 Kim", "00:05". */
static bool is_head(const char *s, struct head *h)
{
    size_t used, n = strlen(s), last = n;
    *h = (struct head){.at = -1};
    double at = time_at(s, &used);
    if (at >= 0) {
        const char *name = s + used + strspn(s + used, " \t-|");
        if (!*name || (is_name(name, strlen(name)) && name > s + used)) {
            h->at = at;
            set_name(h, name, strlen(name));
            return true;
        }
        return false;
    }
    while (last && !isspace((unsigned char)s[last - 1])) last--;
    if (!last || (at = time_at(s + last, &used)) < 0 || last + used != n) return false;
    set_name(h, s, last);
    h->at = at;
    return is_name(h->name, strlen(h->name));
}

/* A head has words below it, and nothing runs on into it from above; times go forward. */
static bool heads_block(const struct text *x, int i, double before, struct head *h)
{
    struct head next;
    if (!*x->line[i].s || !is_head(x->line[i].s, h) || h->at < before) return false;
    if (i + 1 >= x->n) return false;
    int below = filled(x, i + 1);
    if (below >= x->n || below > i + 2) return false;
    if (is_head(x->line[below].s, &next) && next.at >= h->at) return false;
    size_t used;
    if (time_at(x->line[i].s, &used) >= 0 && *h->name && time_at(x->line[below].s, &used) >= 0)
        return false; /* a turn a line */
    if (x->spaced && i && *x->line[i - 1].s) return false;
    for (int j = below + 1; j < x->n && j < below + 40; j++)
        if (is_head(x->line[j].s, &next) && !(x->spaced && *x->line[j - 1].s))
            return next.at >= h->at; /* "see you at 10:30" is no head */
    return true;
}

static bool all_of(const char *s, char sign)
{
    return *s && strspn(s, (char[]){sign, 0}) == strlen(s);
}

static bool is_date(const char *s)
{
    static const char *const month[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int y, m, d, n = 0;
    if (sscanf(s, "%4d-%2d-%2d%n", &y, &m, &d, &n) == 3 && n == 10 && m >= 1 && m <= 12)
        return true; /* as we write it */
    const char *year = strstr(s, "20");
    if (!year || strlen(s) > 100 || !isdigit((unsigned char)year[2]) || !isdigit((unsigned char)year[3]))
        return false;
    bool named = strstr(s, "년") != NULL;
    for (size_t i = 0; i < 12; i++) named = named || strstr(s, month[i]);
    return named || (year[4] && strchr("-./_", year[4]) && isdigit((unsigned char)year[5]));
}

/* "참석자: ...", "Attendees", and the names below it. */
static bool names_people(const char *s)
{
    static const char *const word[] = {"참석자",   "참가자",     "참여자", "Attendees", "Participants",
                                       "Speakers", "Transcript", "대화록", "전체 기록"};
    for (size_t i = 0; i < sizeof word / sizeof *word; i++) {
        size_t n = strlen(word[i]);
        if (!strncasecmp(s, word[i], n) && (!s[n] || strchr(": \t-(", s[n]))) return true;
    }
    return false;
}

static bool is_length(const char *s)
{
    size_t used;
    return (strspn(s, "0123456789hms분초시간 ") == strlen(s) && *s && strpbrk(s, "hm")) ||
           (time_at(s, &used) >= 0 && !s[used]);
}

static bool signs_off(const char *s)
{
    static const char *const word[] = {"Transcribed by ",  "clovanote.naver.com", "https://clovanote",
                                       "https://otter.ai", "Meeting ended after", "This editable transcript"};
    for (size_t i = 0; i < sizeof word / sizeof *word; i++)
        if (!strncmp(s, word[i], strlen(word[i]))) return true;
    return false;
}

/* ---- around the transcript ---- */

static int set(char **to, const char *s)
{
    free(*to);
    *to = strdup(s);
    return *to ? MOIM_OK : MOIM_ENOMEM;
}

/* Names parted by commas, each of which speaks below. */
static bool lists_speakers(const struct text *x, const char *s)
{
    const char *comma = strchr(s, ',');
    size_t n = comma ? (size_t)(comma - s) : 0;
    if (!n || !is_name(s, n)) return false;
    for (int i = 0; i < x->n; i++) {
        struct head h;
        if (is_head(x->line[i].s, &h) && strlen(h.name) == n && !memcmp(h.name, s, n)) return true;
    }
    return false;
}

/* Lines from i to end: the title, the day, who took part; others are noted. */
static int read_preamble(struct moim_transcript_file *t, const struct text *x, int i, int end)
{
    int rc = MOIM_OK, noted = 0;
    bool people = false;
    for (; !rc && i < end; i++) {
        const char *s = x->line[i].s;
        if (!*s || all_of(s, '=') || all_of(s, '-') || !strcmp(s, t->title)) continue;
        if (names_people(s)) {
            people = !s[strcspn(s, ":\t")] || !s[strcspn(s, ":\t") + 1];
        } else if (is_date(s) && !*t->date_line) {
            rc = set(&t->date_line, s);
            if (!*t->title && strlen(s) > 24 && !isdigit((unsigned char)*s) && strchr(s, '-'))
                rc = set(&t->title, s);
        } else if (!*t->title) {
            rc = set(&t->title, s);
        } else if (!is_length(s) && !people && !lists_speakers(x, s) && !signs_off(s)) {
            if (noted++ < NOTES_MOST)
                rc = moim_transcript_note(t, 0, "left out above the transcript: ", s, strlen(s));
        }
    }
    if (!rc && noted > NOTES_MOST)
        rc = moim_transcript_note(t, 0, "more lines were left out above the transcript", "", 0);
    return rc;
}

/* ---- the name above the words ---- */

static int read_blocks(struct moim_transcript_file *t, const struct text *x, int first)
{
    struct head h, now = {.at = -1};
    double before = -1;
    int rc = read_preamble(t, x, 0, first);
    for (int i = first; !rc && i < x->n; i++) {
        const char *s = x->line[i].s;
        if (!*s) continue;
        if (heads_block(x, i, before, &h)) {
            now = h;
            before = h.at;
        } else if (signs_off(s)) {
            rc = moim_transcript_note(t, now.at, "left out: ", s, strlen(s));
        } else if (*now.name) {
            rc = moim_turn_push(t, now.name, strlen(now.name), s, strlen(s), now.at, -1);
            now.at = -1; /* its next line follows */
        } else {
            rc = moim_turn_said(t, s, strlen(s), now.at, -1);
            now.at = -1;
        }
    }
    return rc;
}

static bool is_spaced(const struct text *x)
{
    struct head h;
    int heads = 0, after_blank = 0;
    for (int i = 1; i < x->n; i++) {
        if (!*x->line[i].s || !is_head(x->line[i].s, &h)) continue;
        heads++;
        after_blank += !*x->line[i - 1].s;
    }
    return 2 * after_blank > heads;
}

/* The first line of blocks, -1 when the text has none. */
static int first_block(struct text *x)
{
    struct head h;
    double before = -1;
    x->spaced = is_spaced(x);
    int first = -1, heads = 0;
    for (int i = 0; i < x->n; i++) {
        if (!heads_block(x, i, before, &h)) continue;
        if (first < 0) first = i;
        before = h.at;
        heads++;
    }
    return heads > 1 || (heads == 1 && first < 8) ? first : -1;
}

/* ---- a turn a line ---- */

/* "Name (0:05): words", "Name [0:05] words" */
static double time_after_name(const char *s, size_t *name, size_t *rest)
{
    size_t at = strcspn(s, "[(:"), used, n = at;
    if (!s[at] || s[at] == ':') return -1;
    double time = time_at(s + at, &used);
    while (n && s[n - 1] == ' ') n--;
    if (time < 0 || !is_name(s, n)) return -1;
    *name = n;
    *rest = at + used + strspn(s + at + used, ": ");
    return s[*rest] ? time : -1;
}

static int read_line(struct moim_transcript_file *t, const struct text *x, const struct text_line *l,
                     double *base)
{
    size_t used = 0, name = 0, rest = 0;
    const char *s = l->s;
    double at = time_at(s, &used), later = at < 0 ? time_after_name(s, &name, &rest) : -1;
    if (later >= 0) return moim_turn_push(t, s, name, s + rest, strlen(s + rest), later, -1);
    bool bare = at >= 0 && !strchr("[(", *s);
    if (bare && s[used] && s[used] != ' ' && s[used] != '\t') at = -1;
    if (at < 0) used = 0;
    const char *said = s + used + strspn(s + used, " \t");
    if (at >= 0 && (!strncmp(said, "-- ", 3) || (x->markdown && l->mark && !strncmp(said, "— ", 4)))) {
        said += strcspn(said, " ") + 1;
        return moim_transcript_note(t, at, "", said, strlen(said));
    }
    if (at >= 0 && !*said) {
        *base = at; /* of what follows */
        return MOIM_OK;
    }
    const char *tab = at >= 0 ? strchr(said, '\t') : NULL;
    if (at < 0) at = *base;
    *base = -1;
    if (tab && is_name(said, (size_t)(tab - said)))
        return moim_turn_push(t, said, (size_t)(tab - said), tab, strlen(tab), at, -1);
    return moim_turn_said(t, said, strlen(said), at, -1);
}

/* ---- properties ---- */

/* A value as YAML has it, its quotes gone; in place. */
static char *value_of(char *s)
{
    s += strspn(s, " \t");
    size_t n = strlen(s);
    if (n < 2 || (*s != '"' && *s != '\'') || s[n - 1] != *s) return s;
    bool escapes = *s == '"';
    s[n - 1] = 0;
    char *to = s;
    for (char *from = s + 1; *from; from++) {
        if (escapes && *from == '\\' && from[1]) from++;
        *to++ = *from;
    }
    *to = 0;
    return s;
}

static int take_property(struct moim_transcript_file *t, char *line, char time[16], bool *ours)
{
    char *colon = strchr(line, ':'), *value;
    if (!colon || isspace((unsigned char)*line) || *line == '-') return MOIM_OK;
    *colon = 0;
    value = value_of(colon + 1);
    if (!strcmp(line, "title")) return set(&t->title, value);
    if (!strcmp(line, "date")) return set(&t->date_line, value);
    if (!strcmp(line, "time") && strlen(value) < 16) strcpy(time, value);
    if (!strcmp(line, "duration_s")) *ours = true;
    if (!strcmp(line, "language") && (!strcmp(value, "ko") || !strcmp(value, "en")))
        memcpy(t->language, value, 3);
    return MOIM_OK;
}

/* Properties between two lines of dashes at the beginning of a note; *p: what follows them. */
static int read_properties(struct moim_transcript_file *t, struct text *x, const char **p, size_t *n)
{
    struct moim_text_line l;
    const char *at = *p;
    size_t left = *n;
    char time[16] = "", *day = NULL;
    int rc = MOIM_OK;
    if (!moim_text_line_next(&at, &left, &l) || l.n != 3 || memcmp(l.text, "---", 3)) return MOIM_OK;
    if (!memmem(at, left, "\n---", 4)) return MOIM_OK;
    while (!rc && moim_text_line_next(&at, &left, &l) && (l.n < 3 || memcmp(l.text, "---", 3))) {
        char *line = strndup(l.text, l.n);
        rc = line ? take_property(t, line, time, &x->note) : MOIM_ENOMEM;
        free(line);
    }
    if (!rc && *time && asprintf(&day, "%s %s", t->date_line, time) < 0) rc = MOIM_ENOMEM;
    if (!rc && day) {
        free(t->date_line);
        t->date_line = day;
    }
    *p = at;
    *n = left;
    return rc;
}

/* Where the transcript of an export of ours begins: below a heading that says so, after a title and a day. */
static int after_heading(const struct text *x)
{
    int last = -1, below = filled(x, x->note ? filled(x, 0) + 1 : 1);
    if (below < x->n && all_of(x->line[below].s, '=')) below = filled(x, below + 1);
    if (below >= x->n || (!x->note && !is_date(x->line[below].s))) return -1;
    for (int i = x->note ? below : below + 1; last < 0 && i < x->n; i++) {
        const char *s = x->line[i].s;
        if (strcmp(s, "전체 기록") && strcmp(s, "Transcript")) continue;
        last = i + 1;
        if (last < x->n && all_of(x->line[last].s, '-')) last++;
    }
    size_t used;
    int begins = last > 0 ? filled(x, last) : x->n;
    return begins < x->n && time_at(x->line[begins].s, &used) >= 0 ? last : -1;
}

/* "2026-03-04 09:00, 12:34" below a title, and no line begins with a time: an export of ours with minutes alone. */
static bool is_minutes(const struct text *x)
{
    size_t used;
    int below = filled(x, filled(x, 0) + 1);
    for (int i = 0; i < x->n; i++)
        if (time_at(x->line[i].s, &used) >= 0 && strchr(" \t", x->line[i].s[used])) return false;
    if (x->note) return true;
    if (below < x->n && all_of(x->line[below].s, '=')) below = filled(x, below + 1);
    if (below >= x->n || !is_date(x->line[below].s)) return false;
    const char *s = x->line[below].s, *comma = strstr(s, ", ");
    return comma == s + 16 && s[10] == ' ' && s[13] == ':' && time_at(comma + 2, &used) >= 0 &&
           !comma[2 + used];
}

static int read_lines(struct moim_transcript_file *t, const struct text *x, int begin)
{
    int rc = begin > 0 ? read_preamble(t, x, 0, begin) : MOIM_OK;
    double base = -1;
    for (int i = begin > 0 ? begin : 0; !rc && i < x->n; i++) {
        const struct moim_text_row *r = &x->row[i];
        if (r->is == MOIM_ROW_TURN)
            rc = moim_turn_push(t, r->who, strlen(r->who), r->said, strlen(r->said), r->at, r->end);
        else if (r->is == MOIM_ROW_NONE && *x->line[i].s)
            rc = read_line(t, x, &x->line[i], &base);
    }
    return rc;
}

/* The first row of the first table of turns, -1: the text has none. *rc: MOIM_ENOMEM. */
static int first_row(struct text *x, int *rc)
{
    *rc = moim_text_tables(x->row, x->n);
    for (int i = 0; !*rc && i < x->n; i++)
        if (x->row[i].is != MOIM_ROW_NONE) return i;
    return -1;
}

static int read_all(struct moim_transcript_file *t, struct text *x)
{
    int rc = MOIM_OK, begin = after_heading(x);
    if (begin > 0) return read_lines(t, x, begin);
    t->minutes_alone = is_minutes(x);
    if (t->minutes_alone) return read_lines(t, x, x->n);
    if ((begin = first_row(x, &rc)) >= 0 || rc) return rc ? rc : read_lines(t, x, begin);
    begin = first_block(x);
    return begin >= 0 ? read_blocks(t, x, begin) : read_lines(t, x, 0);
}

static void free_text(struct text *x)
{
    for (int i = 0; x->row && i < x->n; i++) {
        free(x->row[i].line);
        free(x->row[i].who);
        free(x->row[i].said);
    }
    free(x->row);
    free(x->line);
    free(x->own);
}

/* A turn that has a time of its own ends the one before. */
static void end_turns(struct moim_transcript_file *t)
{
    for (int i = 0; i + 1 < t->n; i++)
        if (t->turns[i + 1].start > t->turns[i].start && t->turns[i + 1].start < t->turns[i].end)
            t->turns[i].end = t->turns[i + 1].start;
}

int moim_parse_text(struct moim_transcript_file *t, const char *p, size_t n, bool markdown)
{
    struct text x = {.markdown = markdown};
    int rc = markdown ? read_properties(t, &x, &p, &n) : MOIM_OK;
    if (!rc) rc = split(&x, p, n);
    if (!rc) rc = read_all(t, &x);
    free_text(&x);
    if (!rc) end_turns(t);
    return rc;
}
