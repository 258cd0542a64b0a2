/* Diarization error rate, as NIST's md-eval scores it: missed, false-alarm and confused speech over reference
 * speech, speakers mapped one to one so that the error is least, overlap counted, a collar around reference
 * boundaries left out. */
#ifndef MOIM_ASR_DER_H
#define MOIM_ASR_DER_H

#include "base/status.h"

struct moim_turn {
    double start, end; /* seconds */
    int speaker;       /* 0, 1, ... */
};

struct moim_der {
    double speech; /* reference speaker time scored, seconds (two speakers at once count twice) */
    double missed, false_alarm, confusion;
};

/* Turns may overlap and come in any order. DER is (missed + false_alarm + confusion) / speech. */
int moim_der_score(const struct moim_turn *ref, int n_ref, const struct moim_turn *hyp, int n_hyp,
                   double collar, struct moim_der *out, struct moim_err *err);

/* The assignment of rows to columns (each used at most once) with the largest sum of gain[rows][cols], none
 * negative. match[r] is a column or -1. Hungarian method, O(n^3). */
int moim_assign(const double *gain, int rows, int cols, int *match);

#endif
