/* Inside of minutes writing, for summarize/ only: what its files hand each other. */
#ifndef MOIM_SUMMARIZE_MINUTES_INT_H
#define MOIM_SUMMARIZE_MINUTES_INT_H

#include "summarize/constrained_decode.h"
#include "summarize/findings.h"
#include "summarize/language.h"
#include "summarize/minutes.h"
#include "summarize/note_style.h"
#include "summarize/template.h"
#include "summarize/topics.h"

#define MOIM_EVIDENCE_MAX 8

/* A sentence of the meeting, as something that may be read or quoted. */
struct moim_unit {
    char *text;
    int turn;
    struct moim_cue cue;
    double weight;  /* how much it says of the meeting; around 1 */
    double steered; /* by the user's notes and bookmarks; 0: not */
    double fact;    /* log-odds that minutes keep it as a point */
};

struct moim_subject;

struct moim_job {
    const struct moim_minutes_request *req;
    struct moim_minutes *out;
    const struct moim_stages *may; /* what the model at hand is trusted with */
    bool model;                    /* one takes part */
    struct moim_writer writer;
    struct moim_template template;
    struct moim_findings found;
    struct moim_unit *unit;
    int n_units;
    int first[MOIM_TOPICS_MAX + 1]; /* of each topic, then n_turns */
    int n_topics;
    struct moim_subject *subject; /* of the whole meeting, worthiest first (subjects.h) */
    int n_subjects;
    float mean_state[MOIM_TURN_STATE]; /* of the turns, where they have states */
    const struct moim_language *talk;  /* what was spoken: reading, notes, quotations, what a model writes */
    const struct moim_language *lang;  /* what labels and sentences of ours are in */
    char *text;                        /* prompt scratch */
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
/* Each topic followed by what came of it; after title and summary, which take topics by their names. */
int moim_add_results(struct moim_job *j);
/* The taken units of turns [a, b) as dialogue into j->text, and the marks that end a prompt. MOIM_EINVAL:
 * they do not fit. */
int moim_print_units(struct moim_job *j, int a, int b, const bool *take);

/* en/summary_en.c: the English summary, pushed as at most three items. */
int moim_write_summary_en(struct moim_job *j, struct moim_err *err);
/* "The meeting was about ..." before the first line of what was discussed, when the transcript knows its words. */
int moim_add_about(struct moim_job *j, const char *about);
/* "Budget and Venue" in the form for the middle of a sentence; "TV" stays. */
void moim_lower_words(char *s);
/* A topic called after who speaks, and hardly anything else. */
bool moim_names_only(const struct moim_job *j, const char *topic);

/* finding_lines.c: decisions, tasks and questions as lines, worded by the model where the verifier lets it; what is doubtful is pushed
 * as "to_confirm". */
int moim_write_findings(struct moim_job *j, struct moim_err *err);
bool moim_finding_doubtful(const struct moim_finding *f);
/* what_about.c: whether a text of a finding names what it is about, by the nouns of the talk around, and not only "that one". */
bool moim_says_what(const struct moim_job *j, const struct moim_finding *f, const char *text);
/* Where its own turn does not: cites the one before that most probably does, as f->topic. */
void moim_add_what_about(const struct moim_job *j, struct moim_finding *f);
/* finding_lines.c: the single steps, for the test of a model's strength. The prefix precedes all calls of its kind. */
int moim_put_word_prefix(struct moim_job *j, struct moim_err *err);
int moim_put_judge_prefix(struct moim_job *j, struct moim_err *err);
/* Two tries with the model; *done if the verifier accepts one, which then is f->text. */
int moim_word_finding(struct moim_job *j, struct moim_finding *f, bool *done, struct moim_err *err);
/* By multiple choice, without saying what the tagger thought: 0 decision, 1 task, 2 question, 3 none of them. */
int moim_judge_finding(struct moim_job *j, const struct moim_finding *f, int *kind, struct moim_err *err);
/* propose_findings.c: a strong model reads each topic and proposes what the tagger missed; what the verifier lets through joins
 * j->found. */
int moim_propose_findings(struct moim_job *j, struct moim_err *err);

/* summary_outcomes.c: a line of the summary about the findings of a kind; about what is to be confirmed, labelled so; and the names of
 * what was discussed. Nothing when there are none. MOIM_ENOMEM. */
int moim_add_outcomes(struct moim_job *j, int kind, const char *label);
int moim_add_unsure(struct moim_job *j);
int moim_add_discussed(struct moim_job *j);
/* The item's finding in a few words; its text when no finding has it. */
void moim_short_finding(const struct moim_job *j, const struct moim_minutes_item *it, char *out, size_t cap);

/* minutes_summary.c, title.c; suggestions.c: open matters. */
int moim_write_whole(struct moim_job *j, struct moim_err *err);
int moim_write_title(struct moim_job *j, const char *proposed);
int moim_write_suggestions(struct moim_job *j);

/* minutes.c */
/* MOIM_ECANCEL once the request is cancelled. */
int moim_check_stop(const struct moim_job *j, struct moim_err *err);
struct moim_minutes_item *moim_push_item(struct moim_minutes *m, const char *kind, const char *text,
                                         const int *evidence, int n);
/* Whether something of that kind (NULL: a point, decision or action) says nearly the same. */
bool moim_said_already(const struct moim_minutes *m, const char *kind, const char *text);
int moim_count_kind(const struct moim_minutes *m, const char *kind);
/* Checks a statement a model wrote against turns [a, b), brings it into the style of notes and adds it;
 * counts it as dropped when nothing supports it. *kept tells which. */
int moim_push_checked(struct moim_job *j, const char *kind, const char *text, int a, int b, bool *kept);
/* Asks the model: prefix (shared, stays in the cache) was put by moim_writer_prefix. */
int moim_ask_model(struct moim_job *j, const char *pattern, int limit, const char *const *choices,
                   int n_choices, struct moim_err *err);

#endif
