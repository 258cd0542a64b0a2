/* What a sentence of a meeting does: promise, ask somebody for something, decide, propose, agree, put off. By
 * the endings and phrases with which Korean and English do these things; no model. What is only told of
 * ("지난번에 하기로 했었는데"), asked ("하기로 했나요?") or part of running the meeting ("시작하겠습니다") is
 * none of them. */
#ifndef MOIM_SUMMARIZE_CUES_H
#define MOIM_SUMMARIZE_CUES_H

#include <stdbool.h>
#include <stddef.h>

enum moim_act {
    MOIM_ACT_TELL,    /* none of the below */
    MOIM_ACT_PROMISE, /* the speaker will do something */
    MOIM_ACT_REQUEST, /* another person is to do something */
    MOIM_ACT_DECIDE,  /* something is settled */
    MOIM_ACT_SO,      /* "그렇게 하시죠": what was proposed is settled */
    MOIM_ACT_PROPOSE,
    MOIM_ACT_ASK,
    MOIM_ACT_ACCEPT,
    MOIM_ACT_REFUSE,
    MOIM_ACT_DEFER, /* stays open */
    MOIM_ACT_COUNT
};

struct moim_cue {
    enum moim_act act;
    bool sure; /* false: depends on the context */
};

struct moim_cue moim_cue_ko(const char *sentence);
struct moim_cue moim_cue_en(const char *sentence);

/* The next sentence of *text: its length in bytes, leading blanks skipped and *text moved onto it; 0 at the
 * end. A full stop between digits ends none. */
size_t moim_next_sentence(const char **text);

#endif
