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
#define FULLER 0.5  /* log-odds that a fuller name of the same thing may lose */
#define WIDEST 72   /* bytes of a name that another thing may join */

/* Least log-odds of the first thing that is named, of the second and so on. Of turns that name nothing no topic is made. */
static const double of_topic[PARTS] = {-0.5, 1.0, 1.0, 1.0}, of_talk[PARTS] = {0.0, 0.5, 0.5, 0.5},
                    of_title[PARTS] = {-1e9, 0.0, 0.5, 1.0};

struct ranked {
    const struct moim_subject *s;
    double score;
};

static int by_score(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? 1 : -1;
    return x->s->turn - y->s->turn;
}

static bool holds_words(const char *whole, const char *part)
{
    size_t n = strlen(part);
    for (const char *p = strcasestr(whole, part); p; p = strcasestr(p + 1, part))
        if ((p == whole || p[-1] == ' ') && (!p[n] || p[n] == ' ')) return true;
    return false;
}

/* "바닥" is "놀이터 바닥" where that is nearly as likely. */
static const struct moim_subject *fullest(const struct ranked *r, int n, const struct moim_subject *s)
{
    const struct moim_subject *best = s;
    for (int i = 0; i < n; i++)
        if (r[i].s->names >= s->names - FULLER && strlen(r[i].s->text) > strlen(best->text) &&
            holds_words(r[i].s->text, s->text))
            best = r[i].s;
    return best;
}

/* The best things about different matters that likely are matters by themselves, best first. Returns their number. */
static int choose(const struct moim_job *j, const struct ranked *r, int n, const double least[PARTS],
                  int most, const struct moim_subject *part[PARTS])
{
    int k = 0;
    size_t wide = 0;
    for (int i = 0; i < n && k < most && wide <= WIDEST; i++) {
        bool same = false;
        if (r[i].s->names < least[k]) continue;
        const struct moim_subject *full = fullest(r, n, r[i].s);
        for (int q = 0; q < k; q++) same = same || moim_shares_word(j->talk, part[q]->text, full->text);
        if (same) continue;
        part[k++] = full;
        wide += strlen(full->text) + 2;
    }
    return k;
}

static void order_by_turn(const struct moim_subject **part, int k)
{
    for (int a = 0; a < k; a++)
        for (int b = a + 1; b < k; b++)
            if (part[b]->turn < part[a]->turn) {
                const struct moim_subject *t = part[a];
                part[a] = part[b];
                part[b] = t;
            }
}

/* The model's title holds when all its words were said and it names one of the meeting's first subjects. */
static bool takes_title(const struct moim_job *j, const char *title, const struct ranked *r, int n)
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
        central = central || moim_shares_word(j->talk, r[i].s->text, title);
    return central;
}

static void join(const struct moim_job *j, const struct moim_subject *const *part, int k,
                 char out[MOIM_NOTE_MAX])
{
    *out = 0;
    for (int p = 0; p < k; p++) {
        size_t at = strlen(out);
        snprintf(out + at, MOIM_NOTE_MAX - at, "%s%s", p ? j->lang->label.also : "", part[p]->text);
    }
}

static bool names_topic(const struct moim_job *j, const char *text)
{
    for (int k = 0; k < j->out->n; k++)
        if (!strcmp(j->out->items[k].kind, "topic") && strstr(j->out->items[k].text, text)) return true;
    return false;
}

/* The subjects that turns [a, b) say, those first that are said there rather than elsewhere. */
static int rank_part(const struct moim_job *j, int a, int b, bool again, struct ranked *r)
{
    int n = 0;
    for (int i = 0; i < j->n_subjects; i++) {
        const struct moim_subject *s = &j->subject[i];
        int here = moim_subject_turns(j, s, a, b);
        if (!here || (!again && names_topic(j, s->text))) continue;
        r[n++] = (struct ranked){s, s->names + log((double)here / s->turns)};
    }
    qsort(r, (size_t)n, sizeof *r, by_score);
    return n;
}

static struct ranked *ranked_new(const struct moim_job *j)
{
    return malloc(sizeof(struct ranked) * ((size_t)j->n_subjects + 1));
}

int moim_name_part(const struct moim_job *j, int a, int b, int most, char out[MOIM_NOTE_MAX])
{
    const struct moim_subject *part[PARTS];
    struct ranked *r = ranked_new(j);
    *out = 0;
    if (!r) return MOIM_ENOMEM;
    int n = rank_part(j, a, b, false, r);
    if (!n) n = rank_part(j, a, b, true, r);
    n = choose(j, r, n, of_topic, most, part);
    order_by_turn(part, n);
    join(j, part, n, out);
    free(r);
    return MOIM_OK;
}

/* Every subject, by what it is worth for a title or for telling what was discussed. */
static void rank_all(const struct moim_job *j, bool title, struct ranked *r)
{
    for (int i = 0; i < j->n_subjects; i++) {
        const struct moim_subject *s = &j->subject[i];
        r[i] = (struct ranked){s, title ? s->titles : s->names};
    }
    qsort(r, (size_t)j->n_subjects, sizeof *r, by_score);
}

int moim_name_meeting(const struct moim_job *j, int most, char out[MOIM_NOTE_MAX], int *turn, int *n_turns)
{
    const struct moim_subject *part[PARTS];
    struct ranked *r = ranked_new(j);
    *out = 0;
    *n_turns = 0;
    if (!r) return MOIM_ENOMEM;
    rank_all(j, false, r);
    int k = choose(j, r, j->n_subjects, of_talk, most < PARTS ? most : PARTS, part);
    order_by_turn(part, k);
    join(j, part, k, out);
    for (int i = 0; i < k; i++)
        if (!*n_turns || turn[*n_turns - 1] < part[i]->turn) turn[(*n_turns)++] = part[i]->turn;
    free(r);
    return MOIM_OK;
}

int moim_write_title(struct moim_job *j, const char *proposed)
{
    char title[MOIM_NOTE_MAX] = "";
    const struct moim_subject *part[PARTS];
    if (j->req->title && *j->req->title)
        return moim_push_item(j->out, "title", j->req->title, NULL, 0) ? MOIM_OK : MOIM_ENOMEM;
    struct ranked *r = ranked_new(j);
    if (!r) return MOIM_ENOMEM;
    rank_all(j, true, r);
    if (takes_title(j, proposed, r, j->n_subjects)) {
        snprintf(title, sizeof title, "%s", proposed);
    } else {
        join(j, part, choose(j, r, j->n_subjects, of_title, PARTS, part), title);
    }
    free(r);
    if (!*title) snprintf(title, sizeof title, "%s", j->lang->label.meeting);
    if (islower((unsigned char)*title)) *title = (char)toupper((unsigned char)*title);
    return moim_push_item(j->out, "title", title, NULL, 0) ? MOIM_OK : MOIM_ENOMEM;
}
