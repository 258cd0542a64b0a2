/* Names of people in what was written about them: a speaker who is given a name has it in the minutes too. */
#ifndef MOIM_STORAGE_PERSON_NAMES_H
#define MOIM_STORAGE_PERSON_NAMES_H

#include <stdbool.h>

/* text with every `old` that stands as a name replaced, malloc'ed; NULL when memory runs out. A name stands between what is
 * no letter or digit; in Korean 님, 씨 and particles may follow, and a particle takes the form that the new name wants
 * (김부장이, 박대리가). *changed: whether there was any. */
char *moim_name_replace(const char *text, const char *old, const char *new_name, bool *changed);

#endif
