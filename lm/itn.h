/* Numbers as people read them and as people say them, Korean and English: inverse text normalisation
 * ("삼천만 원" -> "3,000만 원", "fourteen sixty-nine" -> "1469") and its way back ("2018년" -> "이천십팔년").
 * Rules only, and only where the words around a number leave no doubt: "이 사람" stays "this person". */
#ifndef MOIM_LM_ITN_H
#define MOIM_LM_ITN_H

#include "nn/nbest.h"
#include <stddef.h>

/* Rewrites the numbers of h in figures. Words that become one keep the first's start and the last's end; what
 * was said stays in word.spoken. lang is "ko" or "en"; others are left alone. MOIM_ENOMEM leaves h whole. */
int moim_itn_written(struct moim_hyp *h, const char *lang);

/* text with its figures as they are said, words only; for scoring and for --plain. The result is malloc'ed,
 * NULL when memory runs out. */
char *moim_itn_spoken(const char *text, const char *lang);

#endif
