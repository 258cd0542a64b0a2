#include "summarize/en/en.h"
#include "summarize/note_style.h"
#include "summarize/word_text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const en_lead[] = {"okay",         "ok",         "so",        "well",
                                      "um",           "uh",         "then",      "and",
                                      "but",          "yes",        "yeah",      "sure",
                                      "fine",         "alright",    "right",     "now",
                                      "great",        "agreed",     "also",      "hmm",
                                      "oh",           "good",       "maybe",     "actually",
                                      "sorry",        "i think",    "i mean",    "you know",
                                      "all right",    "no problem", "of course", "we've decided then",
                                      "in that case", NULL};
static const char *const en_task[] = {"i'll",
                                      "i will",
                                      "i'm going to",
                                      "i am going to",
                                      "let me",
                                      "i shall",
                                      "i can",
                                      "i could",
                                      "can you",
                                      "could you",
                                      "would you",
                                      "will you",
                                      "please",
                                      "i want you to",
                                      "i'd like you to",
                                      "i need you to",
                                      "you're going to",
                                      "let's",
                                      "we'll",
                                      "you should",
                                      "make sure you",
                                      NULL};
static const char *const en_stop[] = {
    "a",     "an",    "the",     "and",   "or",    "but",   "if",    "of",     "to",    "in",    "on",
    "at",    "by",    "for",     "with",  "from",  "about", "is",    "are",    "was",   "were",  "be",
    "been",  "am",    "do",      "does",  "did",   "done",  "have",  "has",    "had",   "will",  "would",
    "can",   "could", "should",  "may",   "might", "must",  "shall", "i",      "you",   "he",    "she",
    "it",    "we",    "they",    "them",  "him",   "her",   "me",    "us",     "my",    "your",  "our",
    "their", "its",   "this",    "that",  "these", "those", "there", "here",   "what",  "who",   "when",
    "where", "why",   "how",     "which", "not",   "no",    "yes",   "so",     "then",  "just",  "very",
    "too",   "also",  "well",    "okay",  "ok",    "um",    "uh",    "mm",     "like",  "know",  "think",
    "mean",  "get",   "got",     "go",    "going", "gonna", "want",  "need",   "say",   "said",  "see",
    "yeah",  "right", "really",  "quite", "some",  "any",   "all",   "one",    "up",    "out",   "down",
    "as",    "than",  "because", "let's", "i'll",  "i'm",   "it's",  "that's", "we're", "we'll", "don't",
    "far",   "still", "into",    "again", "much",  "more",  "make",  "sure",   NULL};

static void strip_en(char *s)
{
    for (bool again = true; again;) {
        again = false;
        while (*s && strchr(" ,.;-", *s)) memmove(s, s + 1, strlen(s));
        for (int i = 0; en_lead[i]; i++) {
            size_t n = strlen(en_lead[i]);
            if (strncasecmp(s, en_lead[i], n) || (s[n] && !strchr(" ,.:", s[n]))) continue;
            memmove(s, s + n + (s[n] == ':' || s[n] == ','), strlen(s + n) + 1);
            again = true;
            break;
        }
    }
}

static size_t en_word(const char *p)
{
    size_t n = 0;
    while (isalnum((unsigned char)p[n]) || p[n] == '\'' || (p[n] & 0x80)) n++;
    return n;
}

void moim_note_fluent(char *text)
{
    static const char *const um[] = {"um", "uh", "uhm", "umm", "mm", "hmm", "er", "erm", "mm-hmm", NULL};
    char *to = text;
    const char *last = NULL;
    size_t n_last = 0;
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, " "), core = en_word(p);
        const char *rest = p + core;
        bool drop = core && (moim_word_in(p, core, um) ||
                             (last && core == n_last && n == core && !strncasecmp(p, last, core)));
        if (drop && *rest && *rest != ' ' && *rest != ',' && to > text && to[-1] == ' ')
            to[-1] = *rest, *to++ = ' ';
        if (!drop) {
            memmove(to, p, n);
            last = to;
            n_last = n;
            to += n;
            if (p[n]) *to++ = ' ';
        }
        p += n + strspn(p + n, " ");
    }
    while (to > text && to[-1] == ' ') to--;
    *to = 0;
}

void moim_en_note(char *out, enum moim_act act)
{
    moim_note_fluent(out);
    strip_en(out);
    if (act == MOIM_ACT_PROMISE || act == MOIM_ACT_REQUEST || act == MOIM_ACT_DECIDE ||
        act == MOIM_ACT_PROPOSE)
        for (bool again = true; again;) {
            again = false;
            for (int i = 0; en_task[i] && !again; i++) {
                size_t n = strlen(en_task[i]);
                if (strncasecmp(out, en_task[i], n) || out[n] != ' ') continue;
                memmove(out, out + n + 1, strlen(out + n + 1) + 1);
                again = true;
            }
        }
    moim_tidy_line(out);
    if (islower((unsigned char)*out)) *out = (char)toupper((unsigned char)*out);
}

bool moim_en_vague(const char *note)
{
    int content = 0;
    for (const char *p = note; *p;) {
        size_t n = en_word(p);
        if (n && !moim_word_in(p, n, en_stop)) content++;
        p += n ? n : 1;
    }
    return content < 2;
}
