#include "summarize/cues.h"

#include <ctype.h>
#include <string.h>

static bool is_abbreviation(const char *from, const char *stop)
{
    static const char *const known[] = {"Mr", "Mrs", "Ms", "Dr", "St", "vs", "etc", "e.g", "i.e", "No"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t n = strlen(known[i]);
        if ((size_t)(stop - from) >= n && !strncmp(stop - n, known[i], n) &&
            ((size_t)(stop - from) == n || stop[-(long)n - 1] == ' '))
            return true;
    }
    return false;
}

size_t moim_next_sentence(const char **text)
{
    const char *p = *text;
    while (*p && strchr(" .?!\t\n", *p)) p++;
    *text = p;
    const char *from = p;
    for (; *p; p++) {
        if (!strchr(".?!\n", *p)) continue;
        if (*p == '.' && (isdigit((unsigned char)p[1]) || is_abbreviation(from, p))) continue;
        while (p[1] && strchr(".?!", p[1])) p++;
        if (!p[1] || isspace((unsigned char)p[1]) || (unsigned char)p[1] >= 0x80)
            return (size_t)(p + 1 - from);
    }
    return (size_t)(p - from);
}
