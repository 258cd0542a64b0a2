#include "summarize/quotation.h"
#include "summarize/word_text.h"

#include <stdio.h>
#include <string.h>

#define QUOTES 4    /* turns of a quotation */
#define UNASKED 3   /* those whose words are few are left out from here on */
#define LONGEST 240 /* bytes of one turn */
#define LEAD 16     /* bytes of a first sentence that may be left out */
#define WORDS 24

struct quote {
    int turn;
    char text[LONGEST + 8];
    int words; /* content words */
};

/* A long sentence is cut between words, with an ellipsis. */
static void put_text(const struct moim_language *lang, const char *s, size_t len, char out[LONGEST + 8])
{
    char copy[2048];
    snprintf(copy, sizeof copy, "%.*s", (int)(len < sizeof copy - 1 ? len : sizeof copy - 1), s);
    lang->fluent(copy);
    size_t n = strlen(copy);
    while (n && strchr(" ,", copy[n - 1])) copy[--n] = 0;
    bool cut = n > LONGEST;
    if (cut) {
        for (n = LONGEST; n && copy[n] != ' '; n--) {
        }
        if (!n)
            for (n = LONGEST; n && ((unsigned char)copy[n] & 0xc0) == 0x80; n--) {
            }
    }
    snprintf(out, LONGEST + 8, "%.*s%s", (int)n, copy, cut ? "…" : "");
}

/* "아 추워. 시안은 언제 돼요?": a first sentence that says next to nothing is left out before the finding's own. */
static const char *without_lead(const struct moim_language *lang, const char *turn,
                                const struct moim_finding *f)
{
    char word[3][MOIM_WORD_MAX], s[LONGEST + 1];
    const char *p = turn;
    size_t len = moim_next_sentence(&p);
    snprintf(s, sizeof s, "%.*s", (int)len, p);
    const char *rest = p + len, *own = *f->source ? strstr(rest, f->source) : NULL;
    if (!own && *f->context) own = strstr(rest, f->context);
    if (!own || len > LEAD || lang->content(s, word, 3) > 2) return turn;
    return rest + strspn(rest, " ");
}

/* A short turn completely; of a long one the finding's sentences and their neighbours, or the most
 * informative one. */
static struct quote best_of(const struct moim_language *lang, const struct moim_turn_text *turns, int turn,
                            const struct moim_finding *f)
{
    struct quote q = {.turn = turn, .words = -1};
    char word[WORDS][MOIM_WORD_MAX];
    const char *all = turns[turn].text, *p = all, *from = all, *to = all + strlen(all), *before = NULL;
    bool own = false;
    if (strlen(all) <= LONGEST) {
        all = without_lead(lang, all, f);
        put_text(lang, all, strlen(all), q.text);
        q.words = lang->content(all, word, WORDS);
        return q;
    }
    for (size_t len; (len = moim_next_sentence(&p)); p += len) {
        char s[2048];
        snprintf(s, sizeof s, "%.*s", (int)(len < sizeof s - 1 ? len : sizeof s - 1), p);
        int n = lang->content(s, word, WORDS);
        bool is_own = !strcmp(s, f->source) || (*f->context && !strcmp(s, f->context));
        if (own && (size_t)(p + len - from) <= LONGEST) to = p + len; /* what comes after it */
        if (own ? !is_own : !is_own && n <= q.words) {
            before = p;
            continue;
        }
        if (!own || (size_t)(p + len - from) > LONGEST) {
            from = is_own && before && (size_t)(p + len - before) <= LONGEST ? before : p;
            to = p + len;
        }
        own = own || is_own;
        q.words = n;
        before = p;
    }
    put_text(lang, from, (size_t)(to - from), q.text);
    return q;
}

/* The sentence that the finding was made from, and of the others those that say most; in their order. */
static int choose(const struct moim_language *lang, const struct moim_turn_text *turns,
                  const struct moim_finding *f, struct quote out[QUOTES])
{
    struct quote all[MOIM_FINDING_TURNS] = {0};
    bool take[MOIM_FINDING_TURNS] = {false};
    int n = 0, most = QUOTES - (f->topic < 0);
    for (int i = 0; i < f->n_turns; i++) {
        all[i] = best_of(lang, turns, f->turns[i], f);
        if (f->turns[i] == f->head) all[i].words += 2 * WORDS;
        if (f->turns[i] == f->about || f->turns[i] == f->accept || f->turns[i] == f->topic)
            all[i].words += WORDS;
    }
    for (int k = 0; k < most; k++) {
        int best = -1;
        for (int i = 0; i < f->n_turns; i++)
            if (!take[i] && *all[i].text && (best < 0 || all[i].words > all[best].words)) best = i;
        if (best < 0 || (k + 1 >= UNASKED && all[best].words < 2)) break;
        take[best] = true;
    }
    for (int i = 0; i < f->n_turns; i++)
        if (take[i]) out[n++] = all[i];
    return n;
}

void moim_quote_finding(const struct moim_language *lang, const struct moim_turn_text *turns,
                        const struct moim_finding *f, char out[MOIM_QUOTE_MAX])
{
    struct quote q[QUOTES];
    int n = choose(lang, turns, f, q);
    size_t at = 0;
    out[0] = 0;
    for (int i = 0; i < n; i++) {
        const char *who = n > 1 && (!i || strcmp(turns[q[i].turn].speaker, turns[q[i - 1].turn].speaker))
                              ? turns[q[i].turn].speaker
                              : "";
        int m = snprintf(out + at, MOIM_QUOTE_MAX - at, "%s%.90s%s%s%s%s", i ? lang->label.answered : "", who,
                         *who ? " " : "", lang->label.quote[0], q[i].text, lang->label.quote[1]);
        if (m < 0 || (size_t)m >= MOIM_QUOTE_MAX - at) {
            out[at] = 0;
            return;
        }
        at += (size_t)m;
    }
}
