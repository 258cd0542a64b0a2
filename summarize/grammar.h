/* Grammar-constrained decoding: a small deterministic machine over bytes that says which byte may come next,
 * so that whatever a model writes parses. A grammar is a pattern of JSON text:
 *
 *   %sN       a JSON string of 1 to N characters, valid UTF-8, without escapes and Chinese characters
 *   %i        a whole number from 1 to the limit given
 *   %e        a JSON string that is one of the choices given; %eA-B one of number A to B, from 0
 *   %[A-B ... %]  a JSON array of A to B elements of the pattern between
 *   %%        a per cent sign; everything else stands for itself
 *
 * A state is plain data: copy it to try a token, keep the copy if every byte was accepted. */
#ifndef MOIM_SUMMARIZE_GRAMMAR_H
#define MOIM_SUMMARIZE_GRAMMAR_H

#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOIM_GRAMMAR_DEPTH 4
#define MOIM_GRAMMAR_CHOICES 64

struct moim_grammar;

struct moim_grammar_state {
    int pc, depth;
    int step;          /* inside the operation at pc */
    int chars;         /* of the string so far */
    int tail;          /* UTF-8 continuation bytes still due */
    uint8_t low, high; /* range that the next of them must lie in */
    int64_t number;
    uint64_t alive; /* choices that still match */
    int count[MOIM_GRAMMAR_DEPTH];
};

/* choices (at most 64, no quotes or control characters in them) may be NULL when the pattern has no %e. The
 * strings are copied. */
int moim_grammar_new(struct moim_grammar **out, const char *pattern, int limit, const char *const *choices,
                     int n_choices, struct moim_err *err);
void moim_grammar_free(struct moim_grammar *g);

void moim_grammar_start(const struct moim_grammar *g, struct moim_grammar_state *s);
/* Takes one byte; false, with the state undefined, when it may not come here. */
bool moim_grammar_accept(const struct moim_grammar *g, struct moim_grammar_state *s, uint8_t byte);
/* Takes n bytes from a copy of the state; on success the state moves on. */
bool moim_grammar_try(const struct moim_grammar *g, struct moim_grammar_state *s, const char *bytes,
                      size_t n);
bool moim_grammar_done(const struct moim_grammar *g, const struct moim_grammar_state *s);
/* The bytes that must come next because nothing else may: returns their number, at most cap, and moves the
 * state on. */
size_t moim_grammar_forced(const struct moim_grammar *g, struct moim_grammar_state *s, char *out, size_t cap);

#endif
