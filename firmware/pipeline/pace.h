/* How long the rest of a meeting's processing takes. For each stage the seconds of work that a second of sound takes here,
 * learnt from the meetings so far, and kept in the store's setting "pace"; while a stage runs, what it has done counts more and
 * more instead, and what that differs from the past holds for the stages to come. Nothing here is thread-safe. */
#ifndef MOIM_FIRMWARE_PIPELINE_PACE_H
#define MOIM_FIRMWARE_PIPELINE_PACE_H

#include "storage/store.h"

#define MOIM_PACE_STAGES 4 /* transcribing, telling speakers apart, indexing, writing minutes */
/* What is to be done: the first stage that is not. */
enum moim_pace_work { MOIM_PACE_WORDS = 1, MOIM_PACE_LINES = 3, MOIM_PACE_ALL = 4 };

struct moim_pace {
    struct {
        double work, sound; /* seconds, older ones count for less; sound 0: never seen */
    } past[MOIM_PACE_STAGES];
};

/* One meeting at work. */
struct moim_pace_run {
    double sound;   /* its seconds */
    int stage, end; /* at work, -1: none yet; the first that is not wanted: enum moim_pace_work */
    double began, done;
    double from,
        from_done; /* the first report of work done, before which models were loaded; from_done 0: none yet */
    bool learnt;
};

/* Without a setting that can be read nothing is known. */
void moim_pace_load(struct moim_pace *p, struct moim_store *s);
int moim_pace_save(const struct moim_pace *p, struct moim_store *s, struct moim_err *err);

void moim_pace_begin(struct moim_pace_run *r, double sound, enum moim_pace_work work);
/* A report of progress at a time of base/clock.h; a stage that has ended is learnt from. Unknown stages are ignored. */
void moim_pace_report(struct moim_pace *p, struct moim_pace_run *r, const char *stage, double done,
                      double now);
/* All of it went well. True when there is something new to save. */
bool moim_pace_end(struct moim_pace *p, struct moim_pace_run *r, double now);
/* Seconds, or -1 while there is nothing to tell it from. */
double moim_pace_left(const struct moim_pace *p, const struct moim_pace_run *r, double now);

#endif
