#include "summarize/word_text.h"

#include <string.h>
#include <strings.h>

bool moim_word_in(const char *w, size_t n, const char *const *list)
{
    for (; *list; list++)
        if (strlen(*list) == n && !strncasecmp(*list, w, n)) return true;
    return false;
}

bool moim_word_ends(const char *w, size_t n, const char *suffix)
{
    size_t m = strlen(suffix);
    return n > m && !memcmp(w + n - m, suffix, m);
}

bool moim_word_ends_any(const char *w, size_t n, const char *const *suffix)
{
    for (; *suffix; suffix++)
        if (moim_word_ends(w, n, *suffix)) return true;
    return false;
}

void moim_cut_bytes(char *s, size_t from, size_t to)
{
    while (s[to] == ' ' || s[to] == ',') to++;
    memmove(s + from, s + to, strlen(s + to) + 1);
}

void moim_tidy_line(char *s)
{
    size_t n = strlen(s), k = 0;
    for (size_t i = 0; i < n; i++)
        if (s[i] != ' ' || (k && s[k - 1] != ' ')) s[k++] = s[i];
    while (k && strchr(" .,!?~:", s[k - 1])) k--;
    s[k] = 0;
}

bool moim_starts_any(const char *p, const char *const *list)
{
    for (; *list; list++)
        if (!strncmp(p, *list, strlen(*list))) return true;
    return false;
}

bool moim_hangul_at(const char *p)
{
    return (unsigned char)*p >= 0xea && (unsigned char)*p <= 0xed;
}

int moim_by_int(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}
