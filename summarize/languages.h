/* The languages that minutes are written in, a row each: the code is its folder's name. */
#ifndef MOIM_SUMMARIZE_LANGUAGES_H
#define MOIM_SUMMARIZE_LANGUAGES_H

#define MOIM_LANGUAGE_PACKS(X)                                                                               \
    X(ko)                                                                                                    \
    X(en)

/* "ko|en", for whoever offers the choice; MOIM_LANGUAGE_OR_NONE has an empty choice before them. */
#define MOIM_LANGUAGE_CODE(code) "|" #code
#define MOIM_LANGUAGE_OR_NONE "" MOIM_LANGUAGE_PACKS(MOIM_LANGUAGE_CODE)
#define MOIM_LANGUAGE_CODES (&(MOIM_LANGUAGE_OR_NONE)[1])

#endif
