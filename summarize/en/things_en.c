/* The objects of an English sentence: nouns after an article or a possessive. */
#include "summarize/dates.h"
#include "summarize/en/en.h"
#include "summarize/minutes.h"
#include "summarize/word_text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define PARTS 3 /* words of a thing */
#define RUN 8   /* words that follow each other */

static const char *const opens[] = {"the", "a",   "an",  "our",   "your", "their",
                                    "my",  "his", "her", "every", NULL};
/* Words that end a thing and are in none. */
static const char *const never[] = {
    "is",        "are",       "was",       "were",     "be",       "been",       "will",       "would",
    "can",       "could",     "should",    "may",      "might",    "must",       "have",       "has",
    "had",       "do",        "does",      "did",      "and",      "or",         "but",        "if",
    "of",        "to",        "in",        "on",       "at",       "by",         "for",        "with",
    "from",      "about",     "as",        "than",     "because",  "so",         "then",       "just",
    "very",      "too",       "also",      "not",      "no",       "i",          "you",        "he",
    "she",       "it",        "we",        "they",     "me",       "us",         "him",        "them",
    "who",       "what",      "when",      "where",    "why",      "how",        "which",      "that",
    "this",      "these",     "those",     "there",    "here",     "one",        "ones",       "um",
    "uh",        "yeah",      "ok",        "okay",     "like",     "up",         "out",        "down",
    "off",       "over",      "into",      "go",       "goes",     "going",      "get",        "gets",
    "got",       "comes",     "came",      "said",     "says",     "thats",      "its",        "ill",
    "im",        "youre",     "theyre",    "were",     "hes",      "shes",       "whats",      "dont",
    "cant",      "all",       "more",      "now",      "again",    "before",     "after",      "until",
    "a",         "an",        "the",       "my",       "your",     "our",        "their",      "wont",
    "didnt",     "isnt",      "theres",    "ive",      "weve",     "been",       "being",      "actually",
    "really",    "please",    "well",      "only",     "still",    "anyway",     "yet",        "last",
    "next",      "other",     "same",      "first",    "whole",    "second",     "good",       "bad",
    "lovely",    "nice",      "say",       "yes",      "want",     "till",       "though",     "little",
    "seventh",   "look",      "long",      "put",      "take",     "make",       "know",       "think",
    "need",      "bit",       "something", "anything", "nothing",  "everything", "everyone",   "everybody",
    "somebody",  "anybody",   "right",     "let",      "lets",     "see",        "tell",       "told",
    "thing",     "things",    "got",       "gonna",    "gotta",    "even",       "any",        "some",
    "back",      "cause",     "cos",       "itself",   "himself",  "herself",    "themselves", "myself",
    "yourself",  "ourselves", "giving",    "getting",  "making",   "doing",      "having",     "coming",
    "saying",    "asking",    "taking",    "looking",  "telling",  "putting",    "already",    "always",
    "never",     "maybe",     "enough",    "without",  "great",    "big",        "old",        "new",
    "either",    "neither",   "extra",     "inside",   "outside",  "hold",       "wait",       "best",
    "better",    "worse",     "made",      "sat",      "came",     "went",       "gave",       "took",
    "kept",      "rang",      "sent",      "paid",     "lost",     "left",       "found",      "thought",
    "wrote",     "broke",     "wants",     "needs",    "knows",    "ever",       "once",       "every",
    "everyones", "someone",   "anyone",    "nobody",   "sorry",    "okay",       "sure",       "thanks",
    "hello",     "must",      "half",      "both",     "each",     "such",       "quite",      "pretty",
    "rather",    "almost",    "perhaps",   "another",  "else",     "since",      "while",      "during",
    "against",   "between",   "under",     "through",  "around",   "across",     "behind",     "near",
    "them",      "than",      "couldnt",   "wouldnt",  "shouldnt", "doesnt",     "havent",     "hasnt",
    "hadnt",     "wasnt",     "werent",    "arent",    "aint",     "mustnt",     "neednt",     "itll",
    "thatll",    "youll",     "theyll",    "whos",     "wheres",   "hows",       "youve",      "theyve",
    "youd",      "theyd",     NULL};
/* Too general to name a meeting by. */
static const char *const vague[] = {
    "thing",    "things",  "way",        "lot",     "bit",      "rest",    "end",     "day",    "week",
    "weekend",  "morning", "night",      "time",    "people",   "guy",     "guys",    "man",    "stuff",
    "kind",     "sort",    "point",      "problem", "question", "idea",    "place",   "side",   "part",
    "year",     "month",   "hour",       "minute",  "half",     "couple",  "minutes", "moment", "fact",
    "hell",     "god",     "afternoon",  "evening", "lads",     "kids",    "mum",     "dad",    "wife",
    "husband",  "sake",    "days",       "weeks",   "hours",    "world",   "mind",    "life",   "reason",
    "matter",   "hand",    "head",       "eye",     "face",     "others",  "person",  "name",   "job",
    "work",     "money",   "number",     "two",     "three",    "four",    "five",    "ten",    "hundred",
    "thousand", "pounds",  "dollars",    "quid",    "euros",    "top",     "bottom",  "back",   "front",
    "middle",   "start",   "chance",     "much",    "many",     "one",     "six",     "seven",  "eight",
    "nine",     "eleven",  "twelve",     "fifteen", "twenty",   "thirty",  "forty",   "fifty",  "sixty",
    "meeting",  "object",  "note",       "worry",   "fella",    "bloke",   "call",    "page",   "list",
    "answer",   "story",   "word",       "words",   "line",     "thought", "feeling", "while",  "few",
    "left",     "right",   "correct",    "longer",  "sixth",    "fifth",   "fourth",  "third",  "tenth",
    "cents",    "pound",   "chap",       "ninety",  "seventy",  "eighty",  "lad",     "lady",   "uncle",
    "auntie",   "cousin",  "eighteenth", "green",   "grey",     "red",     "blue",    "big",    "small",
    "old",      NULL};

static const char *const amount[] = {"two",      "three",  "four",  "five",   "six",    "seven",
                                     "eight",    "nine",   "ten",   "eleven", "twelve", "fifteen",
                                     "twenty",   "thirty", "forty", "fifty",  "sixty",  "hundred",
                                     "thousand", "many",   "much",  "few",    "couple", NULL};

static size_t word_at(const char *p)
{
    size_t n = 0;
    while (isalpha((unsigned char)p[n]) ||
           (n && (p[n] == '-' || p[n] == '\'') && isalpha((unsigned char)p[n + 1])))
        n++;
    return n;
}

static bool same_noun(const char *a, size_t n, const char *b, size_t m)
{
    if (n > m) return same_noun(b, m, a, n);
    return (m == n || (m == n + 1 && tolower((unsigned char)b[n]) == 's')) && !strncasecmp(a, b, n);
}

/* "The courier arrives", "the league emailed": what follows a noun may be a verb. */
static bool ends_as_verb(const char *w, size_t n)
{
    return moim_word_ends(w, n, "ed") || (moim_word_ends(w, n, "s") && !moim_word_ends(w, n, "ss"));
}

/* Whether the meeting uses a word as a noun: at the end of what an article or a possessive opens, with at most one word between. */
static bool used_as_noun(const char *w, size_t n, const struct moim_turn_text *turns, int n_turns)
{
    for (int t = 0; t < n_turns; t++) {
        int since = PARTS; /* words since the article */
        for (const char *p = turns[t].text; *p;) {
            size_t m = word_at(p);
            if (!m) {
                if (*p != ' ') since = PARTS;
                p++;
                continue;
            }
            since = moim_word_in(p, m, opens) || moim_word_in(p, m, amount) ? 0 : since + 1;
            if (since && since < PARTS && same_noun(w, n, p, m) && (since == 1 || !ends_as_verb(p, m))) {
                const char *next = p + m + strspn(p + m, " ");
                size_t k = word_at(next);
                if (!k || next[-1] != ' ' || moim_word_in(next, k, never) || moim_word_in(next, k, opens) ||
                    (since == 1 && moim_word_ends(next, k, "ing")))
                    return true;
            }
            p += m;
        }
    }
    return false;
}

static bool can_be_part(const char *w, size_t n)
{
    return n > 2 && !moim_word_in(w, n, never) && !moim_word_in(w, n, opens) && !memchr(w, '\'', n);
}

static int put_thing(const char *from, size_t n, char out[][MOIM_WORD_MAX], int at)
{
    struct moim_date day;
    if (n >= MOIM_WORD_MAX) return at;
    memcpy(out[at], from, n);
    out[at][n] = 0;
    return at + !moim_date_resolve(out[at], (struct moim_date){2026, 1, 1}, &day);
}

/* Of a run of words that ends in a noun: every end of it, "gate" and "side gate", up to a word that is no part: "two". */
static int put_run(const char *const *from, int n, const char *end, char out[][MOIM_WORD_MAX], int at,
                   int cap)
{
    for (int i = n - 1; i >= 0 && n - i <= PARTS && at < cap; i--) {
        size_t all = (size_t)(end - from[i]);
        if (i < n - 1 && moim_word_in(from[i], word_at(from[i]), amount)) break;
        at = put_thing(from[i], all, out, at);
    }
    return at;
}

int moim_en_things(const char *sentence, const struct moim_turn_text *turns, int n_turns,
                   char out[][MOIM_WORD_MAX], int cap)
{
    const char *from[RUN], *next;
    int n = 0, found = 0;
    for (const char *p = sentence; *p && found < cap; p = next) {
        size_t k = word_at(p);
        next = k ? p + k : p + 1;
        if (!k) {
            if (*p != ' ') n = 0;
            continue;
        }
        if (n == RUN || !can_be_part(p, k)) {
            n = 0;
            continue;
        }
        from[n++] = p;
        if (!moim_word_in(p, k, vague) && used_as_noun(p, k, turns, n_turns))
            found = put_run(from, n, next, out, found, cap);
    }
    return found;
}

bool moim_en_names_object(const char *text, const struct moim_turn_text *turns, int n_turns)
{
    static const char *const pointing[] = {"it",  "that",  "this", "them", "him",
                                           "her", "those", "em",   "one",  NULL};
    char word[4][MOIM_WORD_MAX];
    bool open = false, points = false;
    (void)turns;
    (void)n_turns;
    for (const char *p = text; *p;) {
        size_t n = word_at(p);
        if (n && open && n > 2 && !moim_word_in(p, n, never) && !moim_word_in(p, n, vague)) return true;
        if (n) open = moim_word_in(p, n, opens) || (open && moim_word_in(p, n, vague));
        points = points || (n && moim_word_in(p, n, pointing));
        p += n ? n : 1;
    }
    return !points && moim_en_content(text, word, 4) >= 3;
}

bool moim_en_sound_point(const char *note, const char *sentence)
{
    static const char *const open_end[] = {" the", " a",       " an", " of", " and", " or", " but",
                                           " so",  " because", " if", " at", " for", " to", " with",
                                           " my",  " our",     " um", " uh", NULL};
    size_t n = strlen(note);
    if (sentence[0] && sentence[strlen(sentence) - 1] == '?') return false;
    for (int i = 0; open_end[i]; i++) {
        size_t m = strlen(open_end[i]);
        if (n > m && !strcasecmp(note + n - m, open_end[i])) return false;
    }
    return true;
}
