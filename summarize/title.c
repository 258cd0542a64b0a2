/* The title says what the meeting was about: the user's own, else the model's when it is about the same things as the meeting, else
 * those things (summarize/subjects.h). A side remark is never one: it is said once, by one person, and nothing was settled about it. */
#include "summarize/evidence.h"
#include "summarize/minutes_int.h"
#include "summarize/subjects.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 16
#define LONGEST 140 /* bytes of the model's title */
#define PARTS 4     /* things in a title */
#define CENTRAL 2   /* likeliest things, one of which the model's title must name */
#define FULLER 1.5  /* log-odds that a fuller name of the same thing may lose */
#define BEHIND 2.5  /* nats of a title's first thing that a further one may lose */
#define CERTAIN 0.5 /* least probability of each further thing that was discussed */
#define WIDEST 72   /* bytes of a title that another thing may join */

enum names { TOPIC, MEETING, DISCUSSED };

static int by_titles(const void *a, const void *b)
{
    const struct moim_subject *x = a, *y = b;
    if (x->titles != y->titles) return x->titles < y->titles ? 1 : -1;
    return x->turn - y->turn;
}

static double probability(const struct moim_subject *s)
{
    return 1 / (1 + exp(-s->worth));
}

static bool holds_words(const char *whole, const char *part)
{
    size_t n = strlen(part);
    for (const char *p = strcasestr(whole, part); p; p = strcasestr(p + 1, part))
        if ((p == whole || p[-1] == ' ') && (!p[n] || p[n] == ' ')) return true;
    return false;
}

/* "바닥" is "놀이터 바닥" where that is nearly as worthy. */
static int fullest(const struct moim_subject *s, int n, int k)
{
    int best = k;
    for (int i = 0; i < n; i++)
        if (s[i].worth >= s[k].worth - FULLER && strlen(s[i].text) > strlen(s[best].text) &&
            holds_words(s[i].text, s[k].text))
            best = i;
    return best;
}

/* Least probability of each further thing of a topic. */
static const double probable[PARTS] = {0, 0.1, 0.22, 0.5};

/* Whether a further thing names it, too: one by itself seldom tells which meeting it was. */
static bool joins(const struct moim_subject *s, int i, int k, enum names what)
{
    if (what == MEETING) return s[i].titles >= s[0].titles - BEHIND;
    return probability(&s[i]) >= (what == DISCUSSED && k ? CERTAIN : probable[k]);
}

/* The best things about different matters, in the order of the meeting. Returns their number. */
static int choose(const struct moim_job *j, const struct moim_subject *s, int n, enum names what, int most,
                  int part[PARTS])
{
    int k = 0;
    size_t wide = 0;
    for (int i = 0; i < n && k < most; i++) {
        bool same = false;
        if (!joins(s, i, k, what) || wide > WIDEST) break;
        int full = fullest(s, n, i);
        for (int q = 0; q < k; q++) same = same || moim_shares_word(j->talk, s[part[q]].text, s[full].text);
        if (same) continue;
        part[k++] = full;
        wide += strlen(s[full].text) + 2;
    }
    for (int a = 0; a < k; a++)
        for (int b = a + 1; b < k; b++)
            if (s[part[b]].turn < s[part[a]].turn) {
                int t = part[a];
                part[a] = part[b];
                part[b] = t;
            }
    return k;
}

/* The model's title holds when all its words were said and it names one of the meeting's first subjects. */
static bool takes_title(const struct moim_job *j, const char *title, const struct moim_subject *s, int n)
{
    char word[WORDS][MOIM_WORD_MAX];
    int n_words = j->talk->content(title, word, WORDS);
    bool central = false;
    if (n_words < 2 || strlen(title) > LONGEST || moim_names_only(j, title) || j->talk->asks(title))
        return false;
    for (int i = 0; i < n_words; i++) {
        bool said = false;
        for (int t = 0; t < j->req->n_turns && !said; t++)
            said = j->talk->says(j->req->turns[t].text, word[i]);
        if (!said) return false;
    }
    for (int i = 0; i < n && i < CENTRAL; i++)
        central = central || moim_shares_word(j->talk, s[i].text, title);
    return central;
}

static void join(const struct moim_job *j, const struct moim_subject *s, const int *part, int k,
                 char out[MOIM_NOTE_MAX])
{
    *out = 0;
    for (int p = 0; p < k; p++) {
        size_t at = strlen(out);
        snprintf(out + at, MOIM_NOTE_MAX - at, "%s%s", p ? j->lang->label.also : "", s[part[p]].text);
    }
}

int moim_name_part(const struct moim_job *j, int a, int b, int most, char out[MOIM_NOTE_MAX])
{
    int n, m = 0, part[PARTS];
    struct moim_subject first, *s = moim_subjects_get(j, a, b, &n);
    *out = 0;
    if (!s) return MOIM_ENOMEM;
    if (n) first = s[0];
    for (int i = 0; i < n; i++) {
        bool named = false;
        for (int k = 0; k < j->out->n && !named; k++)
            named = !strcmp(j->out->items[k].kind, "topic") && strstr(j->out->items[k].text, s[i].text);
        if (!named) s[m++] = s[i];
    }
    if (!m && n) s[m++] = first;
    join(j, s, part, choose(j, s, m, TOPIC, most, part), out);
    free(s);
    return MOIM_OK;
}

int moim_name_meeting(const struct moim_job *j, int most, char out[MOIM_NOTE_MAX], int *turn, int *n_turns)
{
    int n, part[PARTS];
    struct moim_subject *s = moim_subjects_get(j, 0, j->req->n_turns, &n);
    *out = 0;
    *n_turns = 0;
    if (!s) return MOIM_ENOMEM;
    int k = choose(j, s, n, DISCUSSED, most < PARTS ? most : PARTS, part);
    join(j, s, part, k, out);
    for (int i = 0; i < k; i++)
        if (!*n_turns || turn[*n_turns - 1] < s[part[i]].turn) turn[(*n_turns)++] = s[part[i]].turn;
    free(s);
    return MOIM_OK;
}

int moim_write_title(struct moim_job *j, const char *proposed)
{
    char title[MOIM_NOTE_MAX] = "";
    int n, part[PARTS];
    if (j->req->title && *j->req->title)
        return moim_push_item(j->out, "title", j->req->title, NULL, 0) ? MOIM_OK : MOIM_ENOMEM;
    struct moim_subject *s = moim_subjects_get(j, 0, j->req->n_turns, &n);
    if (!s) return MOIM_ENOMEM;
    qsort(s, (size_t)n, sizeof *s, by_titles);
    if (takes_title(j, proposed, s, n)) {
        snprintf(title, sizeof title, "%s", proposed);
    } else {
        join(j, s, part, choose(j, s, n, MEETING, PARTS, part), title);
    }
    free(s);
    if (!*title) snprintf(title, sizeof title, "%s", j->lang->label.meeting);
    if (islower((unsigned char)*title)) *title = (char)toupper((unsigned char)*title);
    return moim_push_item(j->out, "title", title, NULL, 0) ? MOIM_OK : MOIM_ENOMEM;
}
