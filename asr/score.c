#include "asr/score.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

long moim_edit_distance(const unsigned *a, int na, const unsigned *b, int nb)
{
    int *row = calloc((size_t)nb + 1, sizeof *row);
    if (!row) return -1;
    for (int j = 0; j <= nb; j++) row[j] = j;
    for (int i = 1; i <= na; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= nb; j++) {
            int change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            int best = row[j - 1] < row[j] ? row[j - 1] + 1 : row[j] + 1;
            row[j] = best < change ? best : change;
        }
    }
    long d = row[nb];
    free(row);
    return d;
}

/* The next code point; bytes that are no UTF-8 count as themselves. */
static unsigned next_code(const char **p)
{
    const unsigned char *s = (const unsigned char *)*p;
    unsigned c = *s++;
    int tail = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
    if (tail) c &= 0x3fu >> tail;
    for (; tail && (*s & 0xc0) == 0x80; tail--) c = c << 6 | (*s++ & 0x3f);
    *p = (const char *)s;
    return c;
}

static int counts_in_korean(unsigned c)
{
    return c < 0x80 ? isalnum((int)c) : c >= 0xac00 && c <= 0xd7a3;
}

static int korean_characters(const char *s, unsigned *out)
{
    int n = 0;
    while (*s) {
        unsigned c = next_code(&s);
        if (counts_in_korean(c)) out[n++] = c < 0x80 ? (unsigned)tolower((int)c) : c;
    }
    return n;
}

int moim_score_cer(const char *reference, const char *hypothesis, struct moim_score *add)
{
    unsigned *a = malloc(sizeof *a * (strlen(reference) + strlen(hypothesis) + 2));
    if (!a) return MOIM_ENOMEM;
    int na = korean_characters(reference, a), nb = korean_characters(hypothesis, a + na);
    long d = moim_edit_distance(a, na, a + na, nb);
    free(a);
    if (d < 0) return MOIM_ENOMEM;
    add->edits += d;
    add->length += na;
    return MOIM_OK;
}

static const char *const small[] = {"zero",    "one",     "two",       "three",    "four",
                                    "five",    "six",     "seven",     "eight",    "nine",
                                    "ten",     "eleven",  "twelve",    "thirteen", "fourteen",
                                    "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
static const char *const tens[] = {"",      "",      "twenty",  "thirty", "forty",
                                   "fifty", "sixty", "seventy", "eighty", "ninety"};

static void spell_below_hundred(long n, char *out, size_t cap)
{
    if (n < 20)
        snprintf(out, cap, "%s", small[n]);
    else
        snprintf(out, cap, "%s%s%s", tens[n / 10], n % 10 ? " " : "", n % 10 ? small[n % 10] : "");
}

void moim_spell_number(long n, char *out, size_t cap)
{
    char a[160], b[160];
    if (n < 100) {
        spell_below_hundred(n, out, cap);
    } else if (n >= 1100 && n < 2000 && n % 1000) { /* a year, as most such numbers are */
        spell_below_hundred(n / 100, a, sizeof a);
        spell_below_hundred(n % 100, b, sizeof b);
        snprintf(out, cap, "%s %s%s", a,
                 n % 100 == 0   ? "hundred"
                 : n % 100 < 10 ? "oh "
                                : "",
                 n % 100 ? b : "");
    } else {
        static const struct {
            long unit;
            const char *name;
        } units[] = {{1000000, "million"}, {1000, "thousand"}, {100, "hundred"}};
        int u = 0;
        while (n < units[u].unit) u++;
        moim_spell_number(n / units[u].unit, a, sizeof a);
        *b = 0;
        if (n % units[u].unit) moim_spell_number(n % units[u].unit, b, sizeof b);
        snprintf(out, cap, "%s %s%s%s", a, units[u].name, *b ? " " : "", b);
    }
}

/* Lower case with digits spelled; what is no word character becomes a space. cap must hold ten times the
 * text. */
static void normalize(const char *s, int korean, char *out, size_t cap)
{
    size_t n = 0;
    while (*s && n + 256 < cap) {
        const char *from = s;
        unsigned c = next_code(&s);
        if (!korean && c < 0x80 && isdigit((int)c)) {
            long v = 0;
            for (s = from;
                 (isdigit((unsigned char)*s) || (*s == ',' && isdigit((unsigned char)s[1]))) && v < 100000000;
                 s++)
                if (*s != ',') v = v * 10 + (*s - '0');
            char spelled[200];
            moim_spell_number(v, spelled, sizeof spelled);
            n += (size_t)snprintf(out + n, cap - n, " %s ", spelled);
        } else if (c == 0x2019 && !korean) {
            out[n++] = '\'';
        } else if (c < 0x80 ? isalpha((int)c) || (korean && isdigit((int)c)) || (!korean && c == '\'')
                            : counts_in_korean(c)) {
            for (; from < s; from++) out[n++] = (char)tolower((unsigned char)*from);
        } else {
            out[n++] = ' ';
        }
    }
    out[n] = 0;
}

/* Words as numbers: equal words, equal numbers. */
static int words(char *text, unsigned *out)
{
    int n = 0;
    char *save;
    for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
        while (*w == '\'') w++;
        size_t len = strlen(w);
        while (len && w[len - 1] == '\'') w[--len] = 0;
        if (!len) continue;
        unsigned h = 2166136261u;
        for (; *w; w++) h = (h ^ (unsigned char)*w) * 16777619u;
        out[n++] = h;
    }
    return n;
}

int moim_score_wer(const char *reference, const char *hypothesis, int korean, struct moim_score *add)
{
    size_t cap = 12 * (strlen(reference) + strlen(hypothesis)) + 1024;
    char *text = malloc(cap);
    unsigned *a = malloc(sizeof *a * cap);
    long d = -1;
    int na = 0, nb;
    if (text && a) {
        normalize(reference, korean, text, cap);
        na = words(text, a);
        normalize(hypothesis, korean, text, cap);
        nb = words(text, a + na);
        d = moim_edit_distance(a, na, a + na, nb);
    }
    free(text);
    free(a);
    if (d < 0) return MOIM_ENOMEM;
    add->edits += d;
    add->length += na;
    return MOIM_OK;
}
