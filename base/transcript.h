/* The types that cross rooms: a recognised word with its times, and a line of a transcript. Nobody but storage/ writes
 * them as JSON. Strings inside are malloc'ed and owned by their struct unless a function says otherwise. */
#ifndef MOIM_BASE_TRANSCRIPT_H
#define MOIM_BASE_TRANSCRIPT_H

#include <stdbool.h>
#include <stdint.h>

struct moim_word {
    char *text;        /* UTF-8, no spaces */
    char *spoken;      /* what was said where text writes a number in figures; else NULL */
    double start, end; /* seconds from the start of the recording */
    float confidence;  /* 0..1 posterior estimate */
    bool space_before; /* joined to the previous word by a space; the store does not keep it */
};

struct moim_segment {
    int64_t id;
    double start, end;
    int speaker; /* 1, 2, ...; 0 while unknown */
    double
        speaker_certainty; /* 0..1: the probability that it is this speaker; 0 while not known, or the user said so */
    char *speaker_name;      /* given by the user, or "" */
    char *text;              /* final, or as the user corrected it */
    char *first_pass;        /* before rescoring */
    struct moim_word *words; /* [n_words] in the order of the text */
    int n_words;
    char *language;
    double confidence; /* 0..1 */
    bool edited, highlighted;
    char *
        clean; /* the text without sounds of hesitation where that differs, else NULL; not kept, who shows it makes it */
};

/* What one person said without a break, as the minutes read it. Strings are borrowed. */
struct moim_turn_text {
    double start, end;
    const char *speaker; /* name or label, "" unknown */
    const char *text;
};

/* "name: words" of n turns, each, as the sentence encoder reads them; NULL: no memory. Free with moim_texts_free. */
char **moim_turn_texts(const struct moim_turn_text *turns, int n);
/* n texts; NULL is none. */
void moim_texts_free(char **text, int n);

/* n words with their strings; NULL is none. */
void moim_words_free(struct moim_word *words, int n);
/* A copy of n words into *out (NULL for none). MOIM_ENOMEM, and nothing is left behind. */
int moim_words_copy(const struct moim_word *words, int n, struct moim_word **out);

/* What a segment owns; it is zeroed. */
void moim_segment_clear(struct moim_segment *g);
void moim_segments_free(struct moim_segment *list, int n);

#endif
