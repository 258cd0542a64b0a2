/* What was said as a line of minutes where no better wording is certain: the sentences themselves, hesitation apart, request
 * and answer together. */
#ifndef MOIM_SUMMARIZE_QUOTATION_H
#define MOIM_SUMMARIZE_QUOTATION_H

#include "summarize/findings.h"
#include "summarize/language.h"

#define MOIM_QUOTE_MAX 1024

/* Ann “When does the poster come?” → Ben “By Friday.”: of at most three cited turns the sentence that says most; the one that
 * the finding was made from is among them. */
void moim_quote_finding(const struct moim_language *lang, const struct moim_turn_text *turns,
                        const struct moim_finding *f, char out[MOIM_QUOTE_MAX]);

#endif
