/* Subtitles out of a transcript. A cue holds words of one segment as long as they are said: it begins with its first
 * word, never spans a pause of more than 0.7 s, and ends at most 0.7 s after its last word, earlier where the next
 * begins. Two lines of 40 columns where there are Korean letters (a Korean letter takes two: 16 to 20 letters), of 42
 * elsewhere, broken at ends of phrases. */
#ifndef MOIM_STORAGE_EXPORT_CUES_H
#define MOIM_STORAGE_EXPORT_CUES_H

#include "storage/export.h"

#define MOIM_CUE_PAUSE 0.7     /* seconds without a word that end a cue */
#define MOIM_CUE_COLUMNS 42    /* of a line without wide letters */
#define MOIM_CUE_COLUMNS_KO 40 /* of a line among wide letters */

struct moim_cue {
    long long start, end; /* milliseconds; cues are in order and do not overlap */
    long long said;       /* when its last word ends, before cues were kept apart */
    int segment;          /* whose words they are: index into the document's */
    bool named;           /* shows the speaker, where there is one to show */
    char *text;           /* one or two lines with a line feed between; without the speaker, who has the
                       * first line alone where it is empty */
};

/* label: the speaker stands in the first line ("Name: "), so that there must be room. *list is malloc'ed; released with
 * moim_cues_free. MOIM_ENOMEM. */
int moim_cues_make(const struct moim_document *doc, bool label, struct moim_cue **list, int *n);
void moim_cues_free(struct moim_cue *list, int n);

/* Columns of the n bytes at s: a letter of three bytes or more takes two. */
int moim_columns(const char *s, size_t n);

#endif
