#include "storage/transcript_own.h"
#include "storage/export.h"

#include <ctype.h>
#include <string.h>

struct text_line {
    const char *s;
    size_t n;
};

/* The line at *at without its end; false after the last. */
static bool read_line(const char *text, size_t n, size_t *at, struct text_line *l)
{
    if (*at >= n) return false;
    const char *end = memchr(text + *at, '\n', n - *at);
    l->s = text + *at;
    l->n = end ? (size_t)(end - l->s) : n - *at;
    *at += l->n + (end != NULL);
    if (l->n && l->s[l->n - 1] == '\r') l->n--;
    return true;
}

static bool is_rule(const struct text_line *l, char sign)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->s[i] != sign) return false;
    return l->n >= 3;
}

static bool is(const struct text_line *l, const char *s)
{
    return l->n == strlen(s) && !memcmp(l->s, s, l->n);
}

/* "2026-03-04 09:00, 12:34" */
static bool is_when(const struct text_line *l, struct moim_date *date)
{
    char day[11];
    if (l->n < 18 || l->s[10] != ' ' || l->s[13] != ':' || l->s[16] != ',' ||
        !isdigit((unsigned char)l->s[0]))
        return false;
    memcpy(day, l->s, 10);
    day[10] = 0;
    return moim_date_parse(day, date);
}

size_t moim_own_text_head(const char *text, size_t n, const char **title, size_t *n_title,
                          struct moim_date *date)
{
    size_t at = 0;
    struct text_line name, rule, when, line, before = {0};
    if (!read_line(text, n, &at, &name) || !read_line(text, n, &at, &rule) || !read_line(text, n, &at, &when))
        return 0;
    if (!is_rule(&rule, '=') || !is_when(&when, date)) return 0;
    *title = name.s;
    *n_title = name.n;
    while (read_line(text, n, &at, &line)) {
        if (is_rule(&line, '-') &&
            (is(&before, moim_transcript_heading("ko")) || is(&before, moim_transcript_heading("en"))))
            break;
        before = line;
    }
    return at;
}
