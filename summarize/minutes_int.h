/* Inside of minutes writing, for summarize/ only: what its files hand each other. */
#ifndef MOIM_SUMMARIZE_MINUTES_INT_H
#define MOIM_SUMMARIZE_MINUTES_INT_H

#include "summarize/constrained_decode.h"
#include "summarize/findings.h"
#include "summarize/ko/endings.h"
#include "summarize/minutes.h"
#include "summarize/template.h"
#include "summarize/topics.h"

#define MOIM_EVIDENCE_MAX 8

/* A sentence of the meeting, as something that may be read or quoted. */
struct moim_unit {
    char *text;
    int turn;
    struct moim_cue cue;
    double weight; /* how much it says of the meeting; around 1 */
};

struct moim_job {
    const struct moim_minutes_request *req;
    struct moim_minutes *out;
    struct moim_llm *model; /* NULL: no model takes part */
    struct moim_writer writer;
    struct moim_template template;
    struct moim_findings found;
    struct moim_unit *unit;
    int n_units;
    int first[MOIM_TOPICS_MAX + 1]; /* of each topic, then n_turns */
    int n_topics;
    bool ko;
    char *text; /* prompt scratch */
    size_t cap;
    char *json;
};

#define MOIM_JSON_MAX 16384

/* sentence_rank.c: sentences, weighted by TextRank, by cues, by the template and by the user's notes and bookmarks.
 */
int moim_units_read(struct moim_job *j);
void moim_units_free(struct moim_job *j);
/* Marks the heaviest units of turns [a, b) that fit into so many tokens (or, without a model, the n
 * heaviest). */
void moim_units_choose(const struct moim_job *j, int a, int b, int tokens, int most, bool *take);

/* topic_points.c: topics and key points. */
int moim_write_topics(struct moim_job *j, struct moim_err *err);
/* The taken units of turns [a, b) as dialogue into j->text, and the marks that end a prompt. MOIM_EINVAL:
 * they do not fit. */
int moim_print_units(struct moim_job *j, int a, int b, const bool *take);

/* en/summary_en.c: the English summary, pushed as at most three items. */
int moim_write_summary_en(struct moim_job *j, struct moim_err *err);
/* "Budget and Venue" as it stands inside a sentence; "TV" stays. */
void moim_lower_words(char *s);
/* A topic called after who speaks, and hardly anything else. */
bool moim_names_only(const struct moim_job *j, const char *topic);

/* minutes_summary.c: title, summary, suggestions; and the wording of findings that do not stand alone. */
int moim_write_findings(struct moim_job *j, struct moim_err *err);
int moim_write_whole(struct moim_job *j, struct moim_err *err);

/* minutes.c */
struct moim_minutes_item *moim_push_item(struct moim_minutes *m, const char *kind, const char *text,
                                         const int *evidence, int n);
/* Whether something of that kind (NULL: a point, decision or action) says nearly the same. */
bool moim_said_already(const struct moim_minutes *m, const char *kind, const char *text);
/* Checks a statement a model wrote against turns [a, b), brings it into the style of notes and adds it;
 * counts it as dropped when nothing supports it. *kept tells which. */
int moim_push_checked(struct moim_job *j, const char *kind, const char *text, int a, int b, bool *kept);
/* Asks the model: prefix (shared, stays in the cache) was put by moim_writer_prefix. */
int moim_ask_model(struct moim_job *j, const char *pattern, const char *const *choices, int n_choices,
                   struct moim_err *err);

#endif
