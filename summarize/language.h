/* What minutes know of one language: how its sentences are read and noted, how lines are checked, and the texts
 * that are printed or said to a model. Adding a language is adding a folder beside ko/ and en/ and a row in
 * languages.h. */
#ifndef MOIM_SUMMARIZE_LANGUAGE_H
#define MOIM_SUMMARIZE_LANGUAGE_H

#include "summarize/cues.h"

#define MOIM_TEMPLATES 6 /* plain, weekly, one-on-one, interview, lecture, brainstorming */
#define MOIM_WORD_MAX 64

struct moim_turn_text; /* summarize/minutes.h */

/* Texts that minutes print. */
struct moim_labels {
    const char *meeting;                    /* a title when nothing else is known */
    const char *decided, *to_do, *open;     /* before what a summary lists, with colon and blank */
    const char *to_confirm;                 /* before what is probable only */
    const char *and_more;                   /* after a truncated list */
    const char *next_agenda, *agree_on_day; /* suggestions */
    const char *find_owner;
    const char *discussed; /* "%s discussed": a summary's sentence about topics, %s their names */
    const char *also;      /* between two names of topics */
    const char *by_day;    /* before the day of a task, in brackets; the closing one follows */
    const char *answered;  /* between a question or request and its answer */
    const char *quote[2];  /* marks around a quotation */
    const char *kind[3];   /* decision, action, question: before a line to confirm */
};

/* One worked example of wording a finding. */
struct moim_example {
    const char *talk, *line;
};

/* Prompts for the language model. */
struct moim_prompts {
    const char *topic;      /* topics and points: the task */
    const char *topic_talk; /* a worked example: talk, topic, two points */
    const char *topic_name, *topic_point[2];
    const char *notes;                       /* before the user's notes */
    const char *whole, *whole_pattern;       /* title and summary */
    const char *title_pattern;               /* the same without what would be said of findings */
    const char *list_decided, *list_to_do;   /* labels in the list that they are made from */
    const char *word;                        /* a finding's line: the task */
    struct moim_example word_example[3];     /* decision, task, question, in that order */
    const char *word_kind[3];                /* the requested kind, before the turns */
    const char *word_unsaid;                 /* "%s was not said": the second try */
    int word_letters, point_letters;         /* longest line and point */
    const char *judge;                       /* a candidate by multiple choice: the task */
    struct moim_example judge_example[4];    /* line: the choice's number */
    const char *propose;                     /* findings of a topic */
    const char *propose_talk, *propose_line; /* a worked example and its JSON */
    const char *answer;                      /* questions about meetings, with worked examples */
    const char *question;                    /* the word before a question */
    const char *meeting;                     /* and before a meeting's title */
    const char *answered_question;           /* before a question that the turns above answer */
};

/* How much a sentence says, counted as summarize/tagger_grams.h does: in pairs of syllables or in words of content. */
struct moim_amounts {
    int enough;        /* a quotation of so much says what it is about */
    int context;       /* shorter turns are not quoted beside it */
    int thin;          /* a turn of less says little by itself */
    int note;          /* a note of so much is not vague */
    int more_than_yes; /* an answer of so much is quoted with what it answers */
    int only_day;      /* a turn of at most so much, a day in it, is about that day */
};

struct moim_language {
    const char *code; /* "ko" */
    int weights;      /* number of its table in the tagger's file */
    struct moim_amounts amount;
    double token_bytes;      /* of running text, about */
    bool by_syllable;        /* words are compared by syllables and inflect at their ends */
    const char *const *chat; /* phrases of courtesy and of running the meeting; NULL ends the list */
    struct moim_labels label;
    struct moim_prompts prompt;
    const char *template_text[MOIM_TEMPLATES], *template_tags[MOIM_TEMPLATES];

    struct moim_cue (*cue)(const char *sentence);
    /* Bytes of a sentence's first clause that could be a sentence by its ending, where nothing is punctuated; NULL: cannot tell. */
    size_t (*clause)(const char *sentence);
    /* Spoken text without its hesitations, in place. */
    void (*fluent)(char *text);
    /* Makes a line of notes of a sentence, by what it does; buffers of MOIM_NOTE_MAX bytes. */
    void (*note)(char *out, enum moim_act act);
    /* After a name was taken out in front of byte `from`; may be NULL. */
    void (*unaddressed)(char *out, size_t from);
    bool (*vague)(const char *note);
    /* The things that a sentence speaks of, nouns by how the meeting uses them; returns their number, at most cap. */
    int (*things)(const char *sentence, const struct moim_turn_text *turns, int n_turns,
                  char out[][MOIM_WORD_MAX], int cap);
    /* Whether a text names what it is about, by a noun that something is done to: "문구를 고칠게요", not "제가 할게요". */
    bool (*names_object)(const char *text, const struct moim_turn_text *turns, int n_turns);
    /* Whether a note of a sentence ends as notes do and still says what the sentence said; else it is quoted. */
    bool (*sound_point)(const char *note, const char *sentence);

    bool (*negated)(const char *s);     /* says that something is not, or not done */
    bool (*conditional)(const char *s); /* holds only if */
    bool (*asks)(const char *s);
    /* Whether a line of notes is well formed: a known, fitting ending, and more than pronouns. source is the
     * text it was made from. */
    bool (*sound_line)(const char *line, const char *source);
    /* The content words of a line, without what every line of notes has; returns their number, at most cap. */
    int (*content)(const char *line, char word[][MOIM_WORD_MAX], int cap);
    /* Whether a text says a content word, in whatever form. */
    bool (*says)(const char *text, const char *word);
};

/* By code; English for any other. */
const struct moim_language *moim_language_get(const char *code);
/* The language that a text is in by its script. */
const struct moim_language *moim_language_of(const char *text);

#endif
