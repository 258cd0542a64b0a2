/* Spoken Korean into the style of notes (개조식): "제가 견적서 정리해서 보내 드릴게요" becomes "견적서
 * 정리해서 보내기", "온라인으로 하기로 했습니다" "온라인으로 하기로 함". Rules over endings, so that nothing
 * is added to what was said.
 *
 * Text is UTF-8 in a buffer of MOIM_NOTE_MAX bytes that is changed in place. */
#ifndef MOIM_SUMMARIZE_KO_ENDINGS_H
#define MOIM_SUMMARIZE_KO_ENDINGS_H

#include <stdbool.h>
#include <stddef.h>

#define MOIM_NOTE_MAX 512

/* A statement: its last verb gets the nominal ending -(으)ㅁ. Leaves what already is a noun. */
void moim_ko_nominal(char *text);
/* A promise or a request: its last verb becomes a noun or -기; politeness and auxiliaries go. */
void moim_ko_task(char *text);
/* A decision or a proposal that was accepted: -기로 함, -로 확정함. */
void moim_ko_decision(char *text);
/* Takes "네, 그럼 일단" and their like from the front; false when nothing else is left. */
bool moim_ko_strip_lead(char *text);
/* Whether text ends with suffix, spaces and closing punctuation of text aside. */
bool moim_ko_ends(const char *text, const char *suffix);

/* For the cues (cues_ko.c): code point that ends at p and its length; final consonant (0 none, 4 ㄴ, 8 ㄹ, 16
 * ㅁ, 17 ㅂ, 20 ㅆ) of a syllable, -1 for what is none. */
unsigned moim_ko_last(const char *text, size_t end, size_t *len);
int moim_ko_final(unsigned cp);

#endif
