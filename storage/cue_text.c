#include "storage/cue_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* The character that an entity stands for and its bytes; 0 when it is none. */
static size_t entity_at(const char *s, size_t n, const char **character)
{
    static const struct {
        const char *name, *character;
    } known[] = {{"&lt;", "<"},   {"&gt;", ">"},   {"&amp;", "&"}, {"&quot;", "\""}, {"&#39;", "'"},
                 {"&apos;", "'"}, {"&nbsp;", " "}, {"&lrm;", ""},  {"&rlm;", ""}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t k = strlen(known[i].name);
        if (k > n || memcmp(s, known[i].name, k)) continue;
        *character = known[i].character;
        return k;
    }
    return 0;
}

/* Entities of n bytes as what they stand for, in place. */
static size_t decode(char *s, size_t n)
{
    size_t to = 0;
    for (size_t at = 0; at < n;) {
        const char *character;
        size_t k = s[at] == '&' ? entity_at(s + at, n - at, &character) : 0;
        if (!k) {
            s[to++] = s[at++];
            continue;
        }
        for (; *character; character++) s[to++] = *character;
        at += k;
    }
    return to;
}

/* Bytes of a tag of WebVTT's at s, with its brackets: "<v Name>", "</c>", "<00:00:01.000>"; 0 when it is none. */
static size_t tag_at(const char *s, size_t n)
{
    const char *end =
        n > 2 && *s == '<' && (isalnum((unsigned char)s[1]) || s[1] == '/') ? memchr(s, '>', n) : NULL;
    return end ? (size_t)(end - s) + 1 : 0;
}

/* Where the name in a voice tag begins; 0 when it is another tag. */
static size_t name_in(const char *tag, size_t n)
{
    size_t at = 2;
    if (n < 4 || tag[1] != 'v') return 0;
    while (at < n && tag[at] == '.') /* classes */
        while (at < n && tag[at] != ' ' && tag[at] != '>') at++;
    if (tag[at] != ' ' && tag[at] != '\t') return 0;
    while (at < n && (tag[at] == ' ' || tag[at] == '\t')) at++;
    return at + 1 < n ? at : 0;
}

const char *moim_cue_voice(const char *said, size_t n, size_t *n_who)
{
    for (size_t at = 0; at < n; at++) {
        size_t k = tag_at(said + at, n - at), begin = k ? name_in(said + at, k) : 0;
        if (!begin) continue;
        *n_who = k - 1 - begin;
        return said + at + begin;
    }
    *n_who = 0;
    return NULL;
}

size_t moim_cue_words(char *said, size_t n)
{
    size_t to = 0;
    for (size_t at = 0; at < n;) {
        size_t k = tag_at(said + at, n - at);
        if (k)
            at += k;
        else
            said[to++] = said[at++];
    }
    return decode(said, to);
}
