#include "summarize/line_check.h"
#include "summarize/evidence.h"
#include "summarize/word_text.h"

#include <stdio.h>
#include <string.h>

#define WORDS 24
#define BASIS 3072

bool moim_words_said(const struct moim_language *lang, const struct moim_turn_text *turns, const int *cited,
                     int n_cited, const char *statement, char unsaid[MOIM_WORD_MAX])
{
    char word[WORDS][MOIM_WORD_MAX];
    int n = lang->content(statement, word, WORDS);
    for (int i = 0; i < n; i++) {
        bool said = false;
        for (int t = 0; t < n_cited && !said; t++)
            said = lang->says(turns[cited[t]].text, word[i]) || strcasestr(turns[cited[t]].speaker, word[i]);
        if (said) continue;
        if (unsaid) snprintf(unsaid, MOIM_WORD_MAX, "%s", word[i]);
        return false;
    }
    return n < WORDS;
}

/* The cited sentences that a line draws on: those that it was made from, and those that share a content word with it. */
static void put_basis(const struct moim_language *lang, const struct moim_turn_text *turns,
                      const struct moim_finding *f, char word[WORDS][MOIM_WORD_MAX], int n_words,
                      char out[BASIS])
{
    size_t at = 0;
    out[0] = 0;
    for (int i = 0; i < f->n_turns; i++) {
        const char *p = turns[f->turns[i]].text;
        for (size_t len; (len = moim_next_sentence(&p)); p += len) {
            char s[1024];
            snprintf(s, sizeof s, "%.*s", (int)(len < sizeof s - 1 ? len : sizeof s - 1), p);
            bool drawn = !strcmp(s, f->source);
            for (int w = 0; w < n_words && !drawn; w++) drawn = lang->says(s, word[w]);
            if (drawn && at + strlen(s) + 2 < BASIS) at += (size_t)snprintf(out + at, BASIS - at, "%s\n", s);
        }
    }
}

static bool any_line(const char *basis, bool (*is)(const char *))
{
    char s[1024];
    for (const char *p = basis; *p;) {
        size_t n = strcspn(p, "\n");
        snprintf(s, sizeof s, "%.*s", (int)n, p);
        if (is(s)) return true;
        p += n + (p[n] == '\n');
    }
    return false;
}

/* Whether a line begins with a name as its subject: "준이 ", "Ann will ". */
static bool is_subject(const char *line, const char *name)
{
    static const char *const behind[] = {"이 ",     "가 ",   "은 ",   "는 ",     "께서 ",   "님이 ",  "님은 ",
                                         "님께서 ", "씨가 ", "씨는 ", " 씨가 ",  " 씨는 ",  " will ", " to ",
                                         " is ",    " has ", " can ", " agrees", " would ", "'ll ",   NULL};
    size_t n = strlen(name);
    return n > 1 && !strncmp(line, name, n) && moim_starts_any(line + n, behind);
}

/* The stem of a word that is marked as topic or subject ("도서관은"), in bytes; 0: it is none. Verbs before a noun
 * ("정리하는") end alike. */
static size_t topic_stem(const char *word, size_t n)
{
    static const char *const mark[] = {"은", "는", "이", "가", NULL}, *const verb[] = {"하", "되", "있",
                                                                                       "없", "않", NULL};
    if (n < 9 || !moim_starts_any(word + n - 3, mark)) return 0;
    return moim_starts_any(word + n - 6, verb) ? 0 : n - 3;
}

/* Whether a line begins with a topic that its sentence does not hold, which has one of its own: "책장은 14일에 여는
 * 것으로" of "도서관은 14일에 여는 것으로". */
static bool another_topic(const struct moim_turn_text *turns, int n_turns, const char *line,
                          const char *source)
{
    char own[MOIM_WORD_MAX];
    size_t n = topic_stem(line, strcspn(line, " "));
    if (!n || n >= sizeof own) return false;
    snprintf(own, sizeof own, "%.*s", (int)n, line);
    if (strstr(source, own)) return false;
    for (int t = 0; t < n_turns; t++)
        if (strstr(turns[t].speaker, own)) return false; /* who does it is looked at apart */
    for (const char *p = source; *p;) {
        size_t len = strcspn(p, " ");
        if (topic_stem(p, len)) return true;
        p += len + (p[len] == ' ');
    }
    return false;
}

/* A line that names who does it names who said so, or who was asked by name: whoever asked does not do it. */
static bool another_subject(const struct moim_turn_text *turns, int n_turns, const struct moim_finding *f,
                            const char *line)
{
    for (int t = 0; t < n_turns; t++) {
        const char *label = turns[t].speaker, *last = strrchr(label, ' ');
        const char *name = is_subject(line, label)              ? label
                           : last && is_subject(line, last + 1) ? last + 1
                                                                : NULL;
        if (!name) continue;
        if (*f->owner) return !strstr(f->owner, name) && !strstr(name, f->owner);
        bool said = f->head >= 0 && !strcmp(turns[f->head].speaker, label);
        for (int i = 0; i < f->n_turns && !said; i++) said = strstr(turns[f->turns[i]].text, name) != NULL;
        return !said;
    }
    return false;
}

enum moim_line_fault moim_line_check(const struct moim_language *lang, const struct moim_turn_text *turns,
                                     int n_turns, const struct moim_finding *f, const char *line,
                                     char unsaid[MOIM_WORD_MAX])
{
    char word[WORDS][MOIM_WORD_MAX], basis[BASIS];
    int n = lang->content(line, word, WORDS);
    if (unsaid) *unsaid = 0;
    if (n < 1 || (f->kind != MOIM_FOUND_QUESTION && lang->vague(line))) return MOIM_LINE_FORM;
    if (!moim_evidence_holds(turns, n_turns, line, f->turns, f->n_turns)) return MOIM_LINE_CLAIM;
    if (!moim_words_said(lang, turns, f->turns, f->n_turns, line, unsaid)) return MOIM_LINE_UNSAID;
    if (f->kind != MOIM_FOUND_QUESTION &&
        (another_subject(turns, n_turns, f, line) || another_topic(turns, n_turns, line, f->source)))
        return MOIM_LINE_SUBJECT;
    put_basis(lang, turns, f, word, n, basis);
    if (f->kind != MOIM_FOUND_QUESTION && !lang->sound_line(line, basis)) return MOIM_LINE_FORM;
    if (lang->asks(line) != (f->kind == MOIM_FOUND_QUESTION)) return MOIM_LINE_MOOD;
    /* A question may be asked either way: whether to, whether not to. */
    if (f->kind != MOIM_FOUND_QUESTION && lang->negated(line) != any_line(basis, lang->negated))
        return MOIM_LINE_POLARITY;
    if (f->kind != MOIM_FOUND_QUESTION && any_line(basis, lang->conditional) && !lang->conditional(line))
        return MOIM_LINE_CONDITION;
    return MOIM_LINE_TRUE;
}

/* ---- statements that name no turns ---- */

static bool says_word(const struct moim_language *lang, const struct moim_turn_text *t, const char *word)
{
    return lang->says(t->text, word) || (*t->speaker && strcasestr(t->speaker, word));
}

static int count_said(const struct moim_language *lang, const struct moim_turn_text *t,
                      char word[WORDS][MOIM_WORD_MAX], int n, const bool *had)
{
    int k = 0;
    for (int i = 0; i < n; i++) k += !had[i] && says_word(lang, t, word[i]);
    return k;
}

static void insert(int *list, int *n, int v)
{
    int at = *n;
    while (at > 0 && list[at - 1] > v) list[at] = list[at - 1], at--;
    list[at] = v;
    ++*n;
}

/* Whether the sentence of the cited turns that shares most words with the statement says yes or no as it does. */
static bool same_sense(const struct moim_language *lang, const struct moim_turn_text *turns, const int *cited,
                       int n, const char *statement, char word[WORDS][MOIM_WORD_MAX], int n_words)
{
    int most = 0;
    bool no = false, any_no = false;
    for (int i = 0; i < n; i++) {
        const char *p = turns[cited[i]].text;
        for (size_t len; (len = moim_next_sentence(&p)); p += len) {
            char s[1024];
            int k = 0;
            snprintf(s, sizeof s, "%.*s", (int)(len < sizeof s - 1 ? len : sizeof s - 1), p);
            for (int w = 0; w < n_words; w++) k += lang->says(s, word[w]);
            bool is = lang->negated(s);
            if (k) any_no = any_no || is;
            if (k > most) most = k, no = is;
        }
    }
    return lang->negated(statement) ? any_no : !no;
}

bool moim_find_support(const struct moim_language *lang, const struct moim_turn_text *turns, int a, int b,
                       const char *statement, const char *speaker, int reach, int spare, int *cited,
                       int *n_cited, int cap)
{
    char word[WORDS][MOIM_WORD_MAX];
    bool had[WORDS] = {false};
    int n = lang->content(statement, word, WORDS), left = n, best = -1, most = 0;
    *n_cited = 0;
    if (!n) return false;
    for (int t = a; t < b; t++) {
        int k = speaker && strcmp(turns[t].speaker, speaker) ? 0 : count_said(lang, &turns[t], word, n, had);
        if (k > most) most = k, best = t;
    }
    for (int centre = best; best >= 0 && *n_cited < cap;) {
        insert(cited, n_cited, best);
        for (int i = 0; i < n; i++)
            if (!had[i] && says_word(lang, &turns[best], word[i])) had[i] = true, left--;
        most = 0;
        best = -1;
        for (int t = centre - reach < a ? a : centre - reach; t < b && t <= centre + reach && left; t++) {
            int k = count_said(lang, &turns[t], word, n, had);
            if (k > most) most = k, best = t;
        }
    }
    return *n_cited && left <= spare && moim_evidence_holds(turns, b, statement, cited, *n_cited) &&
           same_sense(lang, turns, cited, *n_cited, statement, word, n);
}
