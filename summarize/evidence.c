#include "summarize/evidence.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Letters, digits and everything beyond ASCII, lower case, as code points: what remains of a text when its
 * looks go. */
static int letters(const char *s, uint32_t *out, int cap)
{
    int n = 0;
    while (*s && n < cap) {
        unsigned char c = (unsigned char)*s;
        if (c < 0x80) {
            if (isalnum(c)) out[n++] = (uint32_t)tolower(c);
            s++;
            continue;
        }
        int tail = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
        uint32_t cp = c & (0x3fu >> tail);
        for (s++; tail && ((unsigned char)*s & 0xc0) == 0x80; tail--)
            cp = cp << 6 | ((unsigned char)*s++ & 0x3f);
        out[n++] = cp;
    }
    return n;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

#define TEXT_MAX 2048

static int bigrams(const char *s, uint64_t *out)
{
    uint32_t cp[TEXT_MAX];
    int n = letters(s, cp, TEXT_MAX);
    for (int i = 0; i + 1 < n; i++) out[i] = (uint64_t)cp[i] << 32 | cp[i + 1];
    if (n < 2) return 0;
    qsort(out, (size_t)n - 1, sizeof *out, by_value);
    return n - 1;
}

static int common(const uint64_t *a, int na, const uint64_t *b, int nb)
{
    int i = 0, j = 0, k = 0;
    while (i < na && j < nb) {
        if (a[i] == b[j])
            k++, i++, j++;
        else if (a[i] < b[j])
            i++;
        else
            j++;
    }
    return k;
}

double moim_text_overlap(const char *a, const char *b)
{
    uint64_t x[TEXT_MAX], y[TEXT_MAX];
    int na = bigrams(a, x), nb = bigrams(b, y);
    return na + nb ? 2.0 * common(x, na, y, nb) / (na + nb) : 0;
}

double moim_text_covered(const char *part, const char *whole)
{
    uint64_t x[TEXT_MAX], y[TEXT_MAX];
    int na = bigrams(part, x), nb = bigrams(whole, y);
    return na ? (double)common(x, na, y, nb) / na : 0;
}

/* The digits of the number at *p, commas left out; moves *p past it. */
static int take_number(const char **p, char *out, int cap)
{
    int n = 0;
    while (isdigit((unsigned char)**p) || (**p == ',' && isdigit((unsigned char)(*p)[1]) && n)) {
        if (**p != ',' && n + 1 < cap) out[n++] = **p;
        (*p)++;
    }
    out[n] = 0;
    return n;
}

static bool holds_number(const char *text, const char *number)
{
    char found[32];
    for (const char *p = text; *p;) {
        if (!isdigit((unsigned char)*p)) {
            p++;
            continue;
        }
        take_number(&p, found, sizeof found);
        if (!strcmp(found, number)) return true;
    }
    static const char *const word[][3] = {
        {"one", "한", "일"},    {"two", "두", "이"},   {"three", "세", "삼"},   {"four", "네", "사"},
        {"five", "다섯", "오"}, {"six", "여섯", "육"}, {"seven", "일곱", "칠"}, {"eight", "여덟", "팔"},
        {"nine", "아홉", "구"}, {"ten", "열", "십"}};
    int v = strlen(number) <= 2 ? atoi(number) : 0;
    for (int i = 0; v >= 1 && v <= 10 && i < 3; i++)
        if (strcasestr(text, word[v - 1][i])) return true;
    return false;
}

static bool has(const int *list, int n, int v)
{
    for (int i = 0; i < n; i++)
        if (list[i] == v) return true;
    return false;
}

static bool number_supported(const struct moim_turn_text *turns, int n_turns, const char *number,
                             int *evidence, int *n, int cap)
{
    for (int i = 0; i < *n; i++)
        if (holds_number(turns[evidence[i]].text, number)) return true;
    for (int t = 0; t < n_turns; t++) {
        if (!holds_number(turns[t].text, number)) continue;
        if (*n < cap && !has(evidence, *n, t)) evidence[(*n)++] = t;
        return true;
    }
    return false;
}

/* English marks names by capitals: a capitalised word that begins no sentence is one. Korean does not, and
 * what its minutes name is held to the transcript by the overlap above. */
static bool names_supported(const struct moim_turn_text *turns, int n_turns, const char *statement)
{
    bool sentence_start = true;
    for (const char *p = statement; *p;) {
        if (!isalpha((unsigned char)*p)) {
            if (strchr(".?!:", *p)) sentence_start = true;
            p++;
            continue;
        }
        char word[64];
        size_t n = 0;
        const char *from = p;
        for (; isalpha((unsigned char)*p); p++)
            if (n + 1 < sizeof word) word[n++] = *p;
        word[n] = 0;
        bool name = isupper((unsigned char)*from) && !sentence_start && n > 1;
        sentence_start = false;
        for (int t = 0; t < n_turns && name; t++)
            name = !strcasestr(turns[t].text, word) && !strcasestr(turns[t].speaker, word);
        if (name) return false;
    }
    return true;
}

static int ascending(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

bool moim_evidence_check(const struct moim_turn_text *turns, int n_turns, const char *statement,
                         int *evidence, int *n_evidence, int cap)
{
    int kept = 0;
    for (int i = 0; i < *n_evidence; i++)
        if (moim_text_covered(statement, turns[evidence[i]].text) > 0.08 && !has(evidence, kept, evidence[i]))
            evidence[kept++] = evidence[i];
    if (!kept) {
        /* The model cites by number and may slip: the turn that says most of it is what it meant. */
        int best = -1;
        double most = 0.25;
        for (int t = 0; t < n_turns; t++) {
            double c = moim_text_covered(statement, turns[t].text);
            if (c > most) most = c, best = t;
        }
        if (best < 0) return false;
        evidence[kept++] = best;
    }
    *n_evidence = kept;
    if (!names_supported(turns, n_turns, statement)) return false;
    char number[32];
    for (const char *p = statement; *p;) {
        if (!isdigit((unsigned char)*p)) {
            p++;
            continue;
        }
        take_number(&p, number, sizeof number);
        if (!number_supported(turns, n_turns, number, evidence, n_evidence, cap)) return false;
    }
    qsort(evidence, (size_t)*n_evidence, sizeof *evidence, ascending);
    return true;
}

static bool cited_number(const struct moim_turn_text *turns, const int *evidence, int n, const char *number)
{
    for (int i = 0; i < n; i++)
        if (holds_number(turns[evidence[i]].text, number) || holds_number(turns[evidence[i]].speaker, number))
            return true;
    return false;
}

static bool cited_name(const struct moim_turn_text *turns, const int *evidence, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(turns[evidence[i]].speaker, name) || strstr(turns[evidence[i]].text, name)) return true;
    return false;
}

bool moim_evidence_holds(const struct moim_turn_text *turns, int n_turns, const char *text,
                         const int *evidence, int n_evidence)
{
    char number[32];
    for (const char *p = text; *p;) {
        if (!isdigit((unsigned char)*p)) {
            p++;
            continue;
        }
        take_number(&p, number, sizeof number);
        if (!cited_number(turns, evidence, n_evidence, number)) return false;
    }
    for (int t = 0; t < n_turns; t++) {
        const char *who = turns[t].speaker;
        if (strlen(who) >= 3 && strstr(text, who) && !cited_name(turns, evidence, n_evidence, who))
            return false;
    }
    return n_evidence > 0;
}

double moim_words_known(const struct moim_turn_text *turns, int n_turns, const char *statement)
{
    int words = 0, known = 0;
    for (const char *p = statement; *p;) {
        while (*p && !isalpha((unsigned char)*p) && !(*p & 0x80)) p++;
        size_t n = 0;
        while (isalpha((unsigned char)p[n]) || (p[n] & 0x80)) n++;
        bool hangul = (*p & 0x80) != 0;
        char head[8];
        snprintf(head, sizeof head, "%.*s", hangul ? 6 : n < 5 ? (int)n : 5, p);
        if (n >= (hangul ? 6 : 4)) {
            bool found = false;
            for (int t = 0; t < n_turns && !found; t++)
                found = strcasestr(turns[t].text, head) || strcasestr(turns[t].speaker, head);
            words++;
            known += found;
        }
        p += n;
    }
    return words ? (double)known / words : 1;
}
