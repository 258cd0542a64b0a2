#include "summarize/language.h"
#include "summarize/en/en.h"
#include "summarize/ko/ko.h"

#include <string.h>

static const struct moim_language *const known[] = {&moim_language_en, &moim_language_ko};

const struct moim_language *moim_language_get(const char *code)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (code && !strcmp(known[i]->code, code)) return known[i];
    return known[0];
}

const struct moim_language *moim_language_of(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0xea && (unsigned char)*text <= 0xed) return &moim_language_ko;
    return &moim_language_en;
}
