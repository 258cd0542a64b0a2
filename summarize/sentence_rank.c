#include "summarize/evidence.h"
#include "summarize/minutes_int.h"
#include "summarize/note_style.h"
#include "summarize/textrank.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEAR_MARK 30.0 /* seconds around a bookmark that it makes weightier */

void moim_units_free(struct moim_job *j)
{
    for (int i = 0; i < j->n_units; i++) free(j->unit[i].text);
    free(j->unit);
    j->unit = NULL;
    j->n_units = 0;
}

static int split(struct moim_job *j)
{
    int cap = 0;
    for (int t = 0; t < j->req->n_turns; t++) {
        const char *p = j->req->turns[t].text;
        size_t len;
        while ((len = moim_next_sentence(&p))) {
            if (j->n_units == cap) {
                cap = cap ? 2 * cap : 64;
                struct moim_unit *grown = realloc(j->unit, sizeof *grown * (size_t)cap);
                if (!grown) return MOIM_ENOMEM;
                j->unit = grown;
            }
            char *text = strndup(p, len);
            if (!text) return MOIM_ENOMEM;
            if (!j->talk->by_syllable) j->talk->fluent(text);
            p += len;
            j->unit[j->n_units++] =
                (struct moim_unit){.text = text, .turn = t, .cue = j->talk->cue(text), .weight = 1};
        }
    }
    return MOIM_OK;
}

static bool near_mark(const struct moim_job *j, const struct moim_turn_text *t)
{
    for (int i = 0; i < j->req->n_marks; i++)
        if (t->start < j->req->marks[i] + NEAR_MARK && t->end > j->req->marks[i] - NEAR_MARK) return true;
    return false;
}

/* Similarity to the user's notes: the share of a note's letter pairs that occur in the sentence. */
static double in_notes(const struct moim_job *j, const char *text)
{
    double most = 0;
    char line[512];
    for (const char *p = j->req->notes ? j->req->notes : ""; *p;) {
        size_t n = strcspn(p, "\n");
        snprintf(line, sizeof line, "%.*s", (int)n, p);
        double s = moim_text_covered(line, text);
        if (s > most) most = s;
        p += n + (p[n] == '\n');
    }
    return most;
}

/* What the user marked or wrote down counts whether or not anybody else came back to it. */
static double steered(const struct moim_job *j, const struct moim_unit *u)
{
    double note = in_notes(j, u->text);
    return (near_mark(j, &j->req->turns[u->turn]) ? 0.6 : 0) + (note > 0.5 ? 4 * note : 0);
}

static double own_weight(const struct moim_job *j, const struct moim_unit *u)
{
    size_t len = strlen(u->text);
    double w = j->template.weight[u->cue.act];
    if (strpbrk(u->text, "0123456789")) w *= 1.3;
    if (len < 24 || moim_holds_any(u->text, j->talk->chat)) w *= 0.3;
    if (len > 600) w *= 0.7;
    return w;
}

int moim_units_read(struct moim_job *j)
{
    int rc = split(j);
    if (rc || !j->n_units) return rc;
    struct moim_turn_text *as_turns = calloc((size_t)j->n_units, sizeof *as_turns);
    double *score = calloc((size_t)j->n_units, sizeof *score);
    if (!as_turns || !score) rc = MOIM_ENOMEM;
    for (int i = 0; i < j->n_units && !rc; i++) as_turns[i].text = j->unit[i].text;
    if (!rc) rc = moim_textrank(as_turns, j->n_units, score);
    for (int i = 0; i < j->n_units && !rc; i++) {
        j->unit[i].steered = steered(j, &j->unit[i]);
        j->unit[i].weight = (score[i] + j->unit[i].steered) * own_weight(j, &j->unit[i]);
    }
    for (int f = 0; f < j->found.n && !rc; f++)
        for (int i = 0; i < j->n_units; i++)
            if (j->unit[i].turn == j->found.list[f].turns[0] &&
                moim_text_overlap(j->unit[i].text, j->found.list[f].source) > 0.8)
                j->unit[i].weight *= 1.5;
    free(as_turns);
    free(score);
    return rc;
}

void moim_units_choose(const struct moim_job *j, int a, int b, int tokens, int most, bool *take)
{
    memset(take, 0, sizeof *take * (size_t)j->n_units);
    for (int had = 0, n = 0; n < most; n++) {
        int best = -1;
        for (int i = 0; i < j->n_units; i++)
            if (!take[i] && j->unit[i].turn >= a && j->unit[i].turn < b &&
                (best < 0 || j->unit[i].weight > j->unit[best].weight))
                best = i;
        if (best < 0) return;
        /* A token is about four letters of English, one and a half syllables of Korean. */
        had += 6 + (int)(strlen(j->unit[best].text) / j->talk->token_bytes);
        if (had > tokens && n) return;
        take[best] = true;
    }
}
