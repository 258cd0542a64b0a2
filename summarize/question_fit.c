#include "summarize/question_fit.h"
#include "summarize/language.h"
#include "summarize/word_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURN_BYTES 480 /* of a turn that is read */
#define TITLE_BYTES 200

struct reader {
    struct moim_llm *m;
    char *text;
    size_t cap;
    int32_t *token;
    float *logprob;
    const struct moim_language *lang;
    const char *question, *title;
};

static int open_reader(struct reader *r, struct moim_err *err)
{
    size_t n = (size_t)moim_llm_n_ctx(r->m);
    r->cap = 1 << 15;
    r->text = malloc(r->cap);
    r->token = malloc(n * sizeof *r->token);
    r->logprob = malloc(n * sizeof *r->logprob);
    return r->text && r->token && r->logprob ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "answer: out of memory");
}

static void close_reader(struct reader *r)
{
    free(r->text);
    free(r->token);
    free(r->logprob);
}

/* Bytes of whole characters, at most `most`. */
static int head_of(const char *s, size_t most)
{
    size_t n = strlen(s);
    if (n <= most) return (int)n;
    for (n = most; n && ((unsigned char)s[n] & 0xc0) == 0x80; n--) {
    }
    return (int)n;
}

/* Title, turns (none for place NULL) and the words that lead to a question. */
static void put_context(struct reader *r, const struct moim_turn_text *turns, const struct moim_place *place)
{
    size_t at = (size_t)snprintf(r->text, r->cap, "%s: %.*s\n", r->lang->prompt.meeting,
                                 head_of(r->title, TITLE_BYTES), r->title);
    for (int t = place ? place->from : 0; place && t <= place->to; t++) {
        const char *who = turns[t].speaker;
        int n = snprintf(r->text + at, r->cap - at - 256, "%.100s%s%.*s\n", who, *who ? ": " : "",
                         head_of(turns[t].text, TURN_BYTES), turns[t].text);
        if (n < 0 || (size_t)n >= r->cap - at - 256) break;
        at += (size_t)n;
    }
    snprintf(r->text + at, r->cap - at, "\n%s", r->lang->prompt.answered_question);
}

/* ln p of the question behind the context. */
static int measure(struct reader *r, double *sum, int *words, struct moim_err *err)
{
    const struct moim_tokenizer *t = moim_llm_tokenizer(r->m);
    int cap = moim_llm_n_ctx(r->m);
    char asked[1024];
    snprintf(asked, sizeof asked, " %.*s", head_of(r->question, 1000), r->question);
    int n = moim_tokenize(t, r->text, strlen(r->text), MOIM_TOK_BOS, r->token, cap);
    int q = n < 1 || n >= cap ? -1 : moim_tokenize(t, asked, strlen(asked), 0, r->token + n, cap - n);
    if (q < 1 || n + q > cap) return moim_fail(err, MOIM_EINVAL, "answer: too many words for the model");
    /* Only the question's own tokens need the whole vocabulary. */
    int rc = n > 1 ? moim_llm_eval(r->m, r->token, n - 1, 0, NULL, err) : MOIM_OK;
    if (!rc) rc = moim_llm_score(r->m, r->token + n - 1, q + 1, n - 1, r->logprob, err);
    *sum = 0;
    *words = q;
    for (int i = 0; !rc && i < q; i++) *sum += (double)r->logprob[i];
    return rc;
}

int moim_question_fit(struct moim_llm *m, const char *question, const char *title,
                      const struct moim_turn_text *turns, struct moim_place *place, int n,
                      const volatile int *cancel, struct moim_err *err)
{
    struct reader r = {
        .m = m, .lang = moim_language_of(question), .question = question, .title = title ? title : ""};
    double without = 0, with;
    int tokens = 0, rc = open_reader(&r, err);
    if (!rc) {
        put_context(&r, turns, NULL);
        rc = measure(&r, &without, &tokens, err);
    }
    for (int i = 0; i < n && !rc; i++) {
        if (cancel && *cancel) rc = moim_fail(err, MOIM_ECANCEL, "answer: stopped");
        put_context(&r, turns, &place[i]);
        if (!rc) rc = measure(&r, &with, &tokens, err);
        if (!rc) place[i].gain = with - without, place[i].alone = without, place[i].words = tokens;
    }
    close_reader(&r);
    return rc;
}

/* Set on 88 questions of three authors (docs/experiments.md). */
#define FORM 10.0    /* nats that the form asked for is worth */
#define SURE 0.5     /* a score that needs no lead */
#define LEAST (-1.5) /* one that a lead makes good */
#define LEAD 6.0     /* nats of gain before every other place */

/* The best of those whose form can answer. */
static double best_score(const struct moim_place *place, int n)
{
    double score = -1e9;
    for (int i = 0; i < n; i++)
        if (place[i].fits && place[i].score > score) score = place[i].score;
    return score;
}

bool moim_places_may_answer(const struct moim_place *place, int n)
{
    return best_score(place, n) >= LEAST;
}

int moim_place_choose(const struct moim_place *place, int n)
{
    int best = -1;
    double score = best_score(place, n), next = -1e9;
    for (int i = 0; i < n; i++) {
        if (best < 0 || place[i].gain + FORM * place[i].form > place[best].gain + FORM * place[best].form)
            best = i;
    }
    for (int i = 0; i < n; i++)
        if (i != best && place[i].gain > next) next = place[i].gain;
    bool ahead = best >= 0 && n > 1 && place[best].gain - next >= LEAD;
    return score >= SURE || (score >= LEAST && ahead) ? best : -1;
}

/* Learnt from 395 questions about four held-out sets that the reader was not learnt from (docs/experiments.md). */
double moim_place_worth(const struct moim_place *place)
{
    return place->score + 0.4 * place->gain;
}

double moim_place_answers(const struct moim_place *place)
{
    return -1.443 + 0.4925 * place->score + 0.0995 * place->gain - 0.2613 * place->gain / place->words;
}
