/* The title says what the meeting was about: the user's own, else the model's when its words are central to the meeting, else what was
 * talked about most. A side remark is never one: it is said once, by one person, and nothing was settled about it. */
#include "summarize/evidence.h"
#include "summarize/minutes_int.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 16
#define THINGS 16 /* of a sentence */
#define CANDIDATES 160
#define LONGEST 72 /* bytes of one part */
#define PARTS 3
#define NEARLY 0.6 /* of the best one's worth, for another part of the title */

struct candidate {
    char text[LONGEST + 4];
    int turn;
    double worth;
};

/* The relevance of a word: the number of its turns and speakers, and whether a finding contains it. */
static double word_worth(const struct moim_job *j, const char *word)
{
    const char *first = NULL;
    int turns = 0;
    bool shared = false, found = false;
    for (int t = 0; t < j->req->n_turns; t++) {
        if (!j->talk->says(j->req->turns[t].text, word)) continue;
        turns++;
        if (!first)
            first = j->req->turns[t].speaker;
        else
            shared = shared || strcmp(first, j->req->turns[t].speaker);
    }
    for (int i = 0; i < j->out->n && !found; i++) {
        const char *k = j->out->items[i].kind;
        found = (!strcmp(k, "decision") || !strcmp(k, "action") || !strcmp(k, "question")) &&
                j->talk->says(j->out->items[i].text, word);
    }
    /* A word in a third of all turns is filler, not the subject. */
    double often = turns > 3 && turns * 3 > j->req->n_turns ? 1 : sqrt(turns);
    return turns ? often * (shared ? 1.4 : 1) * (found ? 1.3 : 1) : -2;
}

static double text_worth(const struct moim_job *j, const char *text)
{
    char word[WORDS][MOIM_WORD_MAX];
    int n = j->talk->content(text, word, WORDS);
    double sum = 0;
    for (int i = 0; i < n; i++) sum += word_worth(j, word[i]);
    return n ? sum / pow(n, 0.6) : 0;
}

/* "Minister", "Chair": a speaker's label is not a subject. */
static bool is_speaker(const struct moim_job *j, const char *text)
{
    for (int t = 0; t < j->req->n_turns; t++)
        if (strcasestr(j->req->turns[t].speaker, text)) return true;
    return false;
}

static void consider(const struct moim_job *j, const char *text, int turn, double factor, struct candidate *c,
                     int *n)
{
    if (*n == CANDIDATES || !*text || strlen(text) > LONGEST || moim_holds_any(text, j->talk->chat)) return;
    if (moim_names_only(j, text) || is_speaker(j, text)) return;
    for (int i = 0; i < *n; i++)
        if (!strcmp(c[i].text, text)) return;
    snprintf(c[*n].text, sizeof c[*n].text, "%s", text);
    c[*n].turn = turn;
    c[*n].worth = text_worth(j, text) * factor;
    ++*n;
}

static void consider_sentence(const struct moim_job *j, const char *sentence, int turn, double factor,
                              struct candidate *c, int *n)
{
    char thing[THINGS][MOIM_WORD_MAX];
    if (*n == CANDIDATES) return;
    int m = j->talk->things(sentence, j->req->turns, j->req->n_turns, thing, THINGS);
    for (int i = 0; i < m; i++) consider(j, thing[i], turn, factor, c, n);
}

static int gather(const struct moim_job *j, struct candidate *c)
{
    int n = 0;
    for (int i = 0; i < j->out->n; i++)
        if (!strcmp(j->out->items[i].kind, "topic") && !moim_names_only(j, j->out->items[i].text))
            consider(j, j->out->items[i].text, j->out->items[i].evidence[0], j->model ? 1.25 : 1, c, &n);
    for (int i = 0; i < j->found.n; i++) {
        const struct moim_finding *f = &j->found.list[i];
        if (f->doubtful) continue;
        consider_sentence(j, f->context, f->head, 1.1, c, &n);
        consider_sentence(j, f->source, f->head, 1.1, c, &n);
    }
    for (int i = 0; i < j->n_units; i++)
        if (j->unit[i].weight > 1.2) consider_sentence(j, j->unit[i].text, j->unit[i].turn, 1, c, &n);
    return n;
}

static bool shares_word(const struct moim_job *j, const char *a, const char *b)
{
    char word[WORDS][MOIM_WORD_MAX];
    int n = j->talk->content(a, word, WORDS);
    for (int i = 0; i < n; i++)
        if (j->talk->says(b, word[i])) return true;
    n = j->talk->content(b, word, WORDS);
    for (int i = 0; i < n; i++)
        if (j->talk->says(a, word[i])) return true;
    return false;
}

/* The best, and nearly as good ones about other subjects; in the meeting's order. */
static void join_best(const struct moim_job *j, struct candidate *c, int n, char out[MOIM_NOTE_MAX])
{
    int part[PARTS] = {0}, k = 0;
    while (k < PARTS) {
        int best = -1;
        for (int i = 0; i < n; i++) {
            bool same = false;
            for (int p = 0; p < k; p++)
                same = same || part[p] == i || shares_word(j, c[part[p]].text, c[i].text);
            if (!same && (best < 0 || c[i].worth > c[best].worth)) best = i;
        }
        if (best < 0 || (k && c[best].worth < NEARLY * c[part[0]].worth)) break;
        part[k++] = best;
    }
    *out = 0;
    for (int p = 0; p < k; p++) {
        int first = p;
        for (int q = p + 1; q < k; q++)
            if (c[part[q]].turn < c[part[first]].turn) first = q;
        int t = part[p];
        part[p] = part[first];
        part[first] = t;
        size_t at = strlen(out);
        snprintf(out + at, MOIM_NOTE_MAX - at, "%s%s", p ? j->lang->label.also : "", c[part[p]].text);
    }
}

/* The model's title is used if all its words occur in the meeting and are nearly as central as the best ones. */
static bool takes_title(const struct moim_job *j, const char *title, double best)
{
    char word[WORDS][MOIM_WORD_MAX];
    int n = j->talk->content(title, word, WORDS);
    if (n < 2 || strlen(title) > 2 * LONGEST || moim_names_only(j, title) || j->talk->asks(title))
        return false;
    for (int i = 0; i < n; i++)
        if (word_worth(j, word[i]) < 0) return false;
    return text_worth(j, title) >= 0.7 * best;
}

int moim_write_title(struct moim_job *j, const char *proposed)
{
    char title[MOIM_NOTE_MAX];
    if (j->req->title && *j->req->title)
        return moim_push_item(j->out, "title", j->req->title, NULL, 0) ? MOIM_OK : MOIM_ENOMEM;
    struct candidate *c = calloc(CANDIDATES, sizeof *c);
    if (!c) return MOIM_ENOMEM;
    int n = gather(j, c);
    double best = 0;
    for (int i = 0; i < n; i++) best = c[i].worth > best ? c[i].worth : best;
    if (takes_title(j, proposed, best))
        snprintf(title, sizeof title, "%s", proposed);
    else
        join_best(j, c, n, title);
    free(c);
    if (!*title) snprintf(title, sizeof title, "%s", j->lang->label.meeting);
    if (islower((unsigned char)*title)) *title = (char)toupper((unsigned char)*title);
    return moim_push_item(j->out, "title", title, NULL, 0) ? MOIM_OK : MOIM_ENOMEM;
}
