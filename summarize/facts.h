/* How probably each sentence of a meeting is a fact that minutes keep. */
#ifndef MOIM_SUMMARIZE_FACTS_H
#define MOIM_SUMMARIZE_FACTS_H

#include "summarize/minutes_int.h"
#include "summarize/tagger.h"

#define MOIM_FACT_FEATURES (18 + MOIM_ACT_COUNT + MOIM_TAGS)

/* What it rests on: f[n_units]; units, findings, topics and subjects are known. */
void moim_facts_measure(const struct moim_job *j, double (*f)[MOIM_FACT_FEATURES]);
/* Fills unit[].fact. MOIM_ENOMEM. */
int moim_facts_rate(struct moim_job *j, struct moim_err *err);

#endif
