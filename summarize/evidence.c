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

bool moim_cites(const int *turns, int n, int turn)
{
    for (int i = 0; i < n; i++)
        if (turns[i] == turn) return true;
    return false;
}

bool moim_evidence_check(const struct moim_turn_text *turns, int n_turns, const char *statement,
                         int *evidence, int *n_evidence, int cap)
{
    int kept = 0;
    for (int i = 0; i < *n_evidence; i++)
        if (moim_text_covered(statement, turns[evidence[i]].text) > 0.08 &&
            !moim_cites(evidence, kept, evidence[i]))
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
    return moim_evidence_mend(turns, n_turns, statement, n_turns, evidence, n_evidence, cap);
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
            bool found = false, name = false;
            for (int t = 0; t < n_turns && !name; t++) {
                name = strcasestr(turns[t].speaker, head) != NULL;
                found = found || strcasestr(turns[t].text, head);
            }
            words += !name; /* who it is about says nothing of what */
            known += !name && found;
        }
        p += n;
    }
    return words ? (double)known / words : 1;
}

bool moim_holds_any(const char *text, const char *const *list)
{
    for (; *list; list++)
        if (strcasestr(text, *list)) return true;
    return false;
}
