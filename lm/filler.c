#include "lm/filler.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* always: nothing but hesitation; parted: with a comma or dots behind it. */
struct fillers {
    const char *lang;
    const char *const *always, *const *parted;
};

static const char *const ko_always[] = {"음", "으음", "음음", "흠", "어", "어어", "으", "에또", "어음", NULL};
static const char *const ko_parted[] = {"그", "저", "에", "뭐", "저기", "뭐랄까", "뭐지", "이", "인제", NULL};
static const char *const en_always[] = {"um", "uh", "er", "erm", "uhm", "hm", "mm", "ehm", NULL};
static const char *const en_parted[] = {"well", "like", "eh", NULL};

static const struct fillers languages[] = {{"ko", ko_always, ko_parted}, {"en", en_always, en_parted}};

static const struct fillers *fillers_of(const char *lang)
{
    for (size_t i = 0; i < sizeof languages / sizeof *languages; i++)
        if (!strcmp(languages[i].lang, lang)) return &languages[i];
    return NULL;
}

#define ELLIPSIS "…"
#define LONGEST 24 /* bytes of a filler that is drawn out */

/* Bytes of word before its signs. */
static size_t bare_length(const char *word)
{
    size_t n = strlen(word);
    for (;;) {
        if (n && strchr(".,?!~-", word[n - 1]))
            n--;
        else if (n >= 3 && !memcmp(word + n - 3, ELLIPSIS, 3))
            n -= 3;
        else
            return n;
    }
}

/* The word lowered and without signs; what is drawn out in English ("ummm") is as short as it can be. */
static void bare(const char *word, char to[LONGEST + 1])
{
    size_t n = bare_length(word), k = 0;
    *to = 0;
    if (n > LONGEST) return;
    for (size_t i = 0; i < n; i++) {
        char c = (char)tolower((unsigned char)word[i]);
        bool drawn = k && islower((unsigned char)c) && to[k - 1] == c && c != 'e' && c != 'l';
        if (!drawn) to[k++] = c;
    }
    to[k] = 0;
}

static bool among(const char *const *list, const char *word)
{
    for (; *list; list++)
        if (!strcmp(*list, word) || (!strcmp(*list, "mm") && !strcmp(word, "m"))) return true;
    return false;
}

/* A comma or dots: the speaker stopped there. */
static bool parted(const char *word)
{
    const char *signs = word + bare_length(word);
    return strchr(signs, ',') || strstr(signs, "..") || strstr(signs, ELLIPSIS) || strchr(signs, '~');
}

bool moim_is_filler(const char *lang, const char *word)
{
    const struct fillers *f = fillers_of(lang);
    char text[LONGEST + 1];
    if (!f) return false;
    bare(word, text);
    return *text && (among(f->always, text) || (parted(word) && among(f->parted, text)));
}

void moim_mark_fillers(const char *lang, const char *const *words, int n, bool *filler)
{
    const struct fillers *f = fillers_of(lang);
    char text[LONGEST + 1];
    for (int i = n - 1; i >= 0; i--) {
        bare(words[i], text);
        filler[i] = moim_is_filler(lang, words[i]) ||
                    (f && i + 1 < n && filler[i + 1] && *text && among(f->parted, text));
    }
}

/* ---- a line without them ---- */

/* Gives the sentence's sign of a filler to the text before it, which ends at to[n]; returns its new end. */
static size_t hand_back(char *to, size_t n, const char *word)
{
    const char *sign = strpbrk(word + bare_length(word), ".?!");
    if (!n || !sign || strstr(word, "..") || strchr(".?!", to[n - 1])) return n;
    if (to[n - 1] == ',') n--;
    to[n] = *sign;
    return n + 1;
}

/* Parts text at its spaces, in place; words[] has room. */
static int split(char *text, const char **words)
{
    int n = 0;
    char *rest = NULL;
    for (char *w = strtok_r(text, " \n", &rest); w; w = strtok_r(NULL, " \n", &rest)) words[n++] = w;
    return n;
}

static void join(char *to, const char *const *words, const bool *filler, int n)
{
    size_t len = 0;
    bool capital = false;
    for (int i = 0; i < n; i++) {
        if (filler[i]) {
            capital = capital || isupper((unsigned char)*words[i]);
            len = hand_back(to, len, words[i]);
            continue;
        }
        if (len) to[len++] = ' ';
        strcpy(to + len, words[i]);
        if (capital) to[len] = (char)toupper((unsigned char)to[len]);
        capital = false;
        len += strlen(words[i]);
    }
    to[len] = 0;
}

char *moim_without_fillers(const char *lang, const char *text)
{
    size_t n = strlen(text);
    char *copy = strdup(text), *to = malloc(n + 2);
    const char **words = calloc(n / 2 + 1, sizeof *words);
    bool *filler = calloc(n / 2 + 1, sizeof *filler);
    if (copy && to && words && filler) {
        int count = split(copy, words);
        moim_mark_fillers(lang, words, count, filler);
        join(to, words, filler, count);
    } else {
        free(to);
        to = NULL;
    }
    free(copy);
    free(words);
    free(filler);
    return to;
}
