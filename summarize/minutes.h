/* Minutes of a meeting (docs/minutes.md). Decisions, tasks and open questions come from cues
 * (summarize/findings.h); a model under a grammar reads the weightiest sentences of each topic and writes its
 * name and points, then title and summary. What the cited turns do not support is dropped, and sentences of
 * the meeting take its place. Without a model all of it is quoted. */
#ifndef MOIM_SUMMARIZE_MINUTES_H
#define MOIM_SUMMARIZE_MINUTES_H

#include "base/transcript.h"
#include "lm/embed.h"
#include "lm/llm.h"
#include "summarize/dates.h"
#include <stdbool.h>

/* What a model may do, least first; summarize/strength.h measures it. */
enum moim_strength {
    MOIM_STRENGTH_NONE,   /* no model */
    MOIM_STRENGTH_QUOTES, /* too weak to write: minutes are made without a model */
    MOIM_STRENGTH_WRITES, /* words lines, judges doubtful findings by multiple choice */
    MOIM_STRENGTH_READS,  /* also finds by itself what was settled */
    MOIM_STRENGTHS
};

/* Something that answers prompts in a model's place: a test's script, or a model elsewhere. */
struct moim_script {
    /* Writes what follows the prompt into out; what the grammar refuses fails the run with MOIM_EFORMAT. */
    int (*reply)(void *arg, const char *prompt, char *out, size_t cap);
    void *arg;
};

struct moim_findings;
struct moim_tagger;

#define MOIM_TURN_STATE MOIM_EMBED_DIM

struct moim_minutes_request {
    const struct moim_turn_text *turns;
    int n_turns;
    float *state; /* [n_turns][MOIM_TURN_STATE] of moim_turn_states(), or NULL: all does without */
    struct moim_embed *encoder; /* whose they are, for the states of single words and sentences; or NULL */
    const char *language;       /* "ko" or "en": what was spoken */
    const char
        *minutes_language; /* labels and sentences of ours; what was said stays as it is. NULL: as spoken */
    const char *title;     /* the user's own: kept as it is. NULL: one is made */
    enum moim_strength strength;      /* of the model */
    const struct moim_script *script; /* in the model's place, or NULL */
    const struct moim_findings
        *findings;             /* what the tagger found (summarize/findings.h), or NULL: it is asked */
    struct moim_date date;     /* of the meeting */
    const char *template_name; /* plain, weekly, one-on-one, interview, lecture, brainstorming; NULL: plain */
    const char *instructions;  /* the user's own template's text (summarize/template.h), or NULL */
    const char *notes;         /* memos and bookmarks of the user, one a line, or NULL */
    const double *marks;       /* [n_marks] the moments that the user marked, seconds */
    int n_marks;
    const struct moim_tagger *tagger; /* NULL: the program's own weights (summarize/tagger.h) */

    void (*progress)(void *arg, double done);
    void *arg;
    const volatile int *cancel; /* set by another thread or a signal handler to stop; may be NULL */
};

struct moim_minutes_item {
    const char
        *kind; /* "title", "summary", "topic", "key_point", "decision", "action", "question", "to_confirm",
               "suggestion" */
    char *text, *owner, *due_text;
    char due_date[11];
    bool worded;   /* by a language model */
    int *evidence; /* indices of turns, ascending */
    int n_evidence;
};

/* The stages that a model takes part in, and what it costs: prompt tokens that were evaluated and that were in the cache already,
 * tokens that it chose, processor seconds of the whole stage. */
enum moim_minutes_stage { MOIM_STAGE_FINDINGS, MOIM_STAGE_TOPICS, MOIM_STAGE_SUMMARY, MOIM_MINUTES_STAGES };

struct moim_model_cost {
    int calls, read, reused, written;
    double cpu;
};

struct moim_minutes {
    struct moim_minutes_item *items;
    int n;
    int dropped; /* statements that their turns did not support */
    struct moim_model_cost cost[MOIM_MINUTES_STAGES];
};

/* What the sentence encoder makes of each turn, with its speaker, among its neighbours; freed by the caller. MOIM_ENOMEM, MOIM_ECANCEL,
 * MOIM_EUNSUP. */
int moim_turn_states(struct moim_embed *m, const struct moim_turn_text *turns, int n,
                     const volatile int *cancel, float **state, struct moim_err *err);

/* model may be NULL, and is not asked when too weak: findings and quotations alone. Errors: MOIM_EINVAL (no turns, unknown template),
 * MOIM_ENOMEM, MOIM_ECANCEL. */
int moim_minutes_write(struct moim_llm *model, const struct moim_minutes_request *req,
                       struct moim_minutes *out, struct moim_err *err);
void moim_minutes_free(struct moim_minutes *m);

#endif
