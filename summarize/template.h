/* Kinds of minutes: what the points are about, how they are labelled, which sections there are. */
#ifndef MOIM_SUMMARIZE_TEMPLATE_H
#define MOIM_SUMMARIZE_TEMPLATE_H

#include "base/status.h"
#include "summarize/cues.h"

#define MOIM_TAGS_MAX 8

enum moim_section {
    MOIM_SEC_SUMMARY = 1,
    MOIM_SEC_TOPICS = 2,
    MOIM_SEC_POINTS = 4,
    MOIM_SEC_DECISIONS = 8,
    MOIM_SEC_ACTIONS = 16,
    MOIM_SEC_QUESTIONS = 32,
    MOIM_SEC_SUGGESTIONS = 64,
    MOIM_SEC_CONFIRM = 128,
    MOIM_SEC_ALL = 255
};

struct moim_template {
    char instructions[2048];     /* for the model, in the meeting's language */
    char tag[MOIM_TAGS_MAX][48]; /* labels of points; none: points carry no label */
    int n_tags;
    bool who; /* each point carries who said it */
    unsigned sections;
    double weight[MOIM_ACT_COUNT]; /* how much sentences of each act count; 1 is plain */
};

/* A known name: "plain" (also NULL), "weekly", "one-on-one", "interview", "lecture", "brainstorming". False:
 * there is none. */
bool moim_template_named(struct moim_template *t, const char *name, const char *language);
/* The user's own: lines "tags: a, b, c" (or "분류:"), "sections: summary, topics, points, decisions, actions,
 * questions, to confirm, suggestions" (or "구성:"), "speakers: yes"; every other line is said to the model. MOIM_EINVAL
 * with a message on an unknown section, too many tags or an empty file. */
int moim_template_parse(struct moim_template *t, const char *text, struct moim_err *err);

#endif
