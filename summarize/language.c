#include "summarize/language.h"
#include "base/text.h"
#include "summarize/languages.h"

#include <string.h>

#define DECLARE(code) extern const struct moim_language moim_language_##code;
#define LIST(code) &moim_language_##code,

MOIM_LANGUAGE_PACKS(DECLARE)
static const struct moim_language *const known[] = {MOIM_LANGUAGE_PACKS(LIST)};

const struct moim_language *moim_language_get(const char *code)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (code && !strcmp(known[i]->code, code)) return known[i];
    return &moim_language_en;
}

const struct moim_language *moim_language_of(const char *text)
{
    return moim_has_hangul(text) ? &moim_language_ko : &moim_language_en;
}
