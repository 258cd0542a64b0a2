/* Checks of an English line: content words, negation, conditions, questions, form. */
#include "summarize/en/en.h"
#include "summarize/word_text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static size_t word(const char *p)
{
    size_t n = 0;
    while (isalnum((unsigned char)p[n]) || (p[n] & 0x80) ||
           ((p[n] == '\'' || p[n] == '-') && n && isalnum((unsigned char)p[n + 1])))
        n++;
    return n;
}

static bool any_word(const char *s, const char *const *list)
{
    for (const char *p = s; *p;) {
        size_t n = word(p);
        if (n && moim_word_in(p, n, list)) return true;
        p += n ? n : 1;
    }
    return false;
}

bool moim_en_negated(const char *s)
{
    static const char *const no[] = {
        "not",      "no",       "never",   "none",    "nobody", "nothing",   "without", "cannot",
        "can't",    "cant",     "won't",   "wont",    "don't",  "dont",      "doesn't", "doesnt",
        "didn't",   "didnt",    "isn't",   "isnt",    "aren't", "wasn't",    "weren't", "shouldn't",
        "wouldn't", "couldn't", "haven't", "hasn't",  "hadn't", "neither",   "nor",     "refused",
        "unable",   "skip",     "drop",    "dropped", "cancel", "cancelled", "stop",    NULL};
    return any_word(s, no);
}

bool moim_en_conditional(const char *s)
{
    static const char *const when[] = {"if", "unless", "provided", "once", "until", "assuming", NULL};
    static const char *const phrase[] = {
        "what if",     "if that's ok", "if that's okay", "if you like", "if you want",
        "if possible", "if you can",   "if i can",       "wonder if",   "see if",
        "ask if",      "check if",     "know if",        "not sure if", NULL};
    if (!any_word(s, when)) return false;
    for (int i = 0; phrase[i]; i++)
        if (strcasestr(s, phrase[i])) return false;
    return true;
}

bool moim_en_asks(const char *s)
{
    return strchr(s, '?') || !strncasecmp(s, "whether ", 8) || !strncasecmp(s, "open: ", 6);
}

static const char *const plain[] = {
    "a",       "an",    "the",    "and",   "or",    "but",     "if",      "of",      "to",      "in",
    "on",      "at",    "by",     "for",   "with",  "from",    "about",   "is",      "are",     "was",
    "were",    "be",    "been",   "being", "do",    "does",    "did",     "done",    "have",    "has",
    "had",     "will",  "would",  "can",   "could", "should",  "may",     "might",   "must",    "shall",
    "it",      "its",   "this",   "that",  "these", "those",   "there",   "their",   "they",    "them",
    "he",      "she",   "his",    "her",   "we",    "our",     "us",      "you",     "your",    "my",
    "me",      "as",    "than",   "then",  "so",    "not",     "no",      "into",    "also",    "who",
    "what",    "when",  "where",  "why",   "how",   "which",   "whether", "up",      "out",     "over",
    "per",     "each",  "all",    "both",  "only",  "more",    "still",   "decide",  "decided", "agreed",
    "open",    "after", "before", "until", "while", "because", "since",   "unless",  "said",    "group",
    "meeting", "one",   "same",   "get",   "make",  "use",     "go",      "instead", "rather",  "i",
    "i'll",    "we'll", "let's",  NULL};

int moim_en_content(const char *line, char out[][MOIM_WORD_MAX], int cap)
{
    int n = 0;
    for (const char *p = line; *p && n < cap;) {
        size_t len = word(p);
        if (len > 1 && len < MOIM_WORD_MAX && !moim_word_in(p, len, plain))
            snprintf(out[n++], MOIM_WORD_MAX, "%.*s", (int)len, p);
        p += len ? len : 1;
    }
    return n;
}

/* The part of a word that its forms share: "writing", "writes", "wrote" are beyond it, "emails" and "e-mail" are not. */
static size_t stem(const char *w)
{
    static const char *const ending[] = {"ations", "ation", "ments", "ment", "ings", "ing", "ies", "ed",
                                         "es",     "er",    "ly",    "'s",   "s",    "e",   "y"};
    size_t n = strlen(w);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        if (n > strlen(ending[i]) + 2 && !strcasecmp(w + n - strlen(ending[i]), ending[i])) {
            n -= strlen(ending[i]);
            break;
        }
    if (n > 3 && w[n - 1] == w[n - 2]) n--; /* "stopped" */
    return n > 6 ? 6 : n;
}

bool moim_en_says(const char *text, const char *w)
{
    static const char *const irregular[][2] = {
        {"send", "sent"},    {"sent", "send"},     {"buy", "bought"},  {"write", "wrote"}, {"find", "found"},
        {"keep", "kept"},    {"bring", "brought"}, {"make", "made"},   {"take", "took"},   {"get", "got"},
        {"run", "ran"},      {"tell", "told"},     {"move", "moving"}, {"meet", "met"},    {"build", "built"},
        {"choose", "chose"}, {"pay", "paid"},      {"hold", "held"}};
    size_t n = stem(w);
    for (const char *p = text; *p;) {
        size_t len = word(p);
        if (len >= n && n >= 3 && !strncasecmp(p, w, n)) return true;
        if (len && len == strlen(w) && !strncasecmp(p, w, len)) return true;
        for (size_t i = 0; len && i < sizeof irregular / sizeof *irregular; i++)
            if (!strcasecmp(w, irregular[i][0]) && len == strlen(irregular[i][1]) &&
                !strncasecmp(p, irregular[i][1], len))
                return true;
        p += len ? len : 1;
    }
    return false;
}

/* "Do it", "that one then": only refers back; "I'll", "you": still direct speech. */
bool moim_en_sound_line(const char *line, const char *source)
{
    static const char *const own[] = {"i",    "i'll",  "i'm",  "i've",  "we'll", "we're", "you",
                                      "your", "let's", "lets", "yeah",  "okay",  "um",    "uh",
                                      "ill",  "me",    "my",   "gonna", "wanna", NULL};
    static const char *const pointing[] = {"that", "this", "it", "those", "these", "one", NULL};
    (void)source;
    char w[4][MOIM_WORD_MAX];
    size_t n = strlen(line), last = n;
    if (n < 6 || n > 220 || any_word(line, own)) return false;
    if (moim_en_content(line, w, 4) < 2) return false;
    while (last && !isalnum((unsigned char)line[last - 1])) last--;
    size_t end = last;
    while (last && (isalnum((unsigned char)line[last - 1]) || line[last - 1] == '\'')) last--;
    return !moim_word_in(line + last, end - last, pointing);
}
