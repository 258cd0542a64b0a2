#include "firmware/pipeline/pace.h"
#include "storage/queue.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY "pace"
#define FADE 0.5     /* what the past counts once there is another meeting */
#define LEAST_WORK 2 /* seconds of a stage that tell how long it will take */
#define LEAST_DONE 0.03

/* usual: work for a second of sound, which tells how the stages compare before any was seen. */
static const struct {
    const char *name;
    double usual;
} stage[MOIM_PACE_STAGES] = {
    {"transcribing", 0.12}, {"telling speakers apart", 0.03}, {"indexing", 0.01}, {"writing minutes", 0.08}};

void moim_pace_load(struct moim_pace *p, struct moim_store *s)
{
    char *text = NULL;
    *p = (struct moim_pace){0};
    if (moim_setting_get(s, KEY, "", &text, NULL)) return;
    const char *at = text;
    for (int i = 0, n = 0; i < MOIM_PACE_STAGES; i++, at += n) {
        double work, sound;
        if (sscanf(at, "%lf/%lf %n", &work, &sound, &n) != 2) break;
        if (work >= 0 && sound >= 0 && work < 1e7 && sound < 1e7)
            p->past[i].work = work, p->past[i].sound = sound;
    }
    free(text);
}

int moim_pace_save(const struct moim_pace *p, struct moim_store *s, struct moim_err *err)
{
    char text[MOIM_PACE_STAGES * 48] = "";
    for (int i = 0, n = 0; i < MOIM_PACE_STAGES; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%.3f/%.3f ", p->past[i].work, p->past[i].sound);
    return moim_setting_set(s, KEY, text, err);
}

void moim_pace_begin(struct moim_pace_run *r, double sound, enum moim_pace_work work)
{
    *r = (struct moim_pace_run){.sound = sound, .stage = -1, .end = (int)work};
}

/* A long meeting tells more than a short one, most of which is loading models. */
static void learn(struct moim_pace *p, struct moim_pace_run *r, double now)
{
    if (r->stage < 0 || r->sound < 1) return;
    r->learnt = true;
    p->past[r->stage].work = FADE * p->past[r->stage].work + now - r->began;
    p->past[r->stage].sound = FADE * p->past[r->stage].sound + r->sound;
}

void moim_pace_report(struct moim_pace *p, struct moim_pace_run *r, const char *name, double done, double now)
{
    int k = 0;
    while (k < MOIM_PACE_STAGES && strcmp(stage[k].name, name)) k++;
    if (k == MOIM_PACE_STAGES) return;
    if (k != r->stage) {
        learn(p, r, now);
        r->stage = k;
        r->began = now;
        r->from_done = 0;
    }
    if (r->from_done <= 0 && done > 0) {
        r->from = now;
        r->from_done = done;
    }
    r->done = done < 0 ? 0 : done > 1 ? 1 : done;
}

bool moim_pace_end(struct moim_pace *p, struct moim_pace_run *r, double now)
{
    learn(p, r, now);
    r->stage = -1;
    return r->learnt;
}

static double expected(const struct moim_pace *p, int k, double sound)
{
    double each = p->past[k].sound > 0 ? p->past[k].work / p->past[k].sound : stage[k].usual;
    return each * sound;
}

static bool all_seen(const struct moim_pace *p, int from, int end)
{
    for (int k = from; k < end; k++)
        if (p->past[k].sound <= 0) return false;
    return true;
}

/* What is left of the stage at work: by what it has done, the more of it the surer, and by what is usual. */
static double stage_left(const struct moim_pace *p, const struct moim_pace_run *r, double now, bool *measured)
{
    double usual = expected(p, r->stage, r->sound) * (1 - r->done);
    double did = r->done - r->from_done, spent = now - r->from;
    *measured = r->from_done > 0 && spent > LEAST_WORK && did > LEAST_DONE;
    if (!*measured) return usual;
    double trust = p->past[r->stage].sound > 0 ? sqrt(r->done) : 1;
    return trust * spent / did * (1 - r->done) + (1 - trust) * usual;
}

double moim_pace_left(const struct moim_pace *p, const struct moim_pace_run *r, double now)
{
    bool measured = false;
    double left = r->stage >= 0 ? stage_left(p, r, now, &measured) : 0, ratio = 1;
    if (!measured && !all_seen(p, r->stage < 0 ? 0 : r->stage, r->end)) return -1;
    double usual = r->stage >= 0 ? expected(p, r->stage, r->sound) : 0;
    if (measured && usual > 0)
        ratio = fmin(fmax((now - r->from) / (r->done - r->from_done) / usual, 0.25), 4);
    for (int k = r->stage + 1; k < r->end; k++) left += ratio * expected(p, k, r->sound);
    return left;
}
