/* Text from outside: whether it is text that can be shown, and how long it is. */
#ifndef MOIM_BASE_TEXT_H
#define MOIM_BASE_TEXT_H

#include <stdbool.h>

/* Valid UTF-8 without control characters but tab and line feed; *characters counts them. */
bool moim_text_ok(const char *text, int *characters);

#endif
