/* Days that are spoken in words, as figures: "칠월 삼일까지" is "7월 3일까지", "by the tenth of July" is "by the
 * 10th of July". For summarize/dates.c. */
#ifndef MOIM_SUMMARIZE_DATES_WORDS_H
#define MOIM_SUMMARIZE_DATES_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* A copy of text with figures in place of such words, or NULL when memory runs out. (*at)[i] is the byte of
 * text that byte i of the copy stands for; its NUL counts. Both are freed by the caller. */
char *moim_date_figures(const char *text, size_t **at);

/* "6시까지", "by four": a limit within the day. */
bool moim_date_clock(const char *text);

#endif
