/* The lexicon of a language from its word list, each word pronounced by G2P. */
#include "asr/lexicon.h"
#include "asr/wordlist.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define AT_ONCE 64

struct making {
    const struct moim_g2p *g2p;
    struct moim_pronunciation *list;
    uint8_t (*phonemes)[MOIM_G2P_MAX_PHONEMES];
    int n, first;
    atomic_int failed;
};

/* Written numbers and signs have no single reading; letters and inner apostrophes do. */
static bool speakable(const char *w)
{
    size_t n = strlen(w), letters = 0;
    if (n == 1 && !strchr("aio", *w)) return false; /* a spelled letter is no word of running speech */
    for (size_t i = 0; i < n; i++) {
        bool letter = w[i] >= 'a' && w[i] <= 'z';
        if (!letter && !(w[i] == '\'' && i && i + 1 < n)) return false;
        letters += letter;
    }
    return letters > 0;
}

static void pronounce(void *arg, int i, int n)
{
    (void)n;
    struct making *m = arg;
    for (int k = m->first + i * AT_ONCE; k < m->first + (i + 1) * AT_ONCE && k < m->n; k++) {
        struct moim_pronunciation *p = &m->list[k];
        if (moim_g2p_word(m->g2p, p->word, m->phonemes[k], &p->n, NULL)) atomic_store(&m->failed, 1);
        p->phonemes = m->phonemes[k];
    }
}

/* Words by their letters, to look pieces of others up. */
struct piece {
    const char *word;
    size_t len;
    float logp;
};

static int by_letters(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    int c = memcmp(x->word, y->word, x->len < y->len ? x->len : y->len);
    return c ? c : (x->len > y->len) - (x->len < y->len);
}

#define RUN_TOGETHER 4.6f /* ln 100: what stands for a real word that two others happen to make */

/* Lists made of web text hold what was typed without a space, "ofthe", "toknow". Such a word is far rarer
 * than its pieces would follow each other by chance; "into" and "today" are not. */
static bool run_together(const struct piece *sorted, size_t n, const char *word, float logp)
{
    size_t len = strlen(word);
    for (size_t cut = 1; cut < len; cut++) {
        struct piece a = {word, cut, 0}, b = {word + cut, len - cut, 0};
        const struct piece *x = bsearch(&a, sorted, n, sizeof a, by_letters),
                           *y = x ? bsearch(&b, sorted, n, sizeof b, by_letters) : NULL;
        if (y && logp < x->logp + y->logp - RUN_TOGETHER) return true;
    }
    return false;
}

static int drop_run_together(struct making *m, struct moim_err *err)
{
    struct piece *sorted = malloc((size_t)m->n * sizeof *sorted);
    int kept = 0;
    if (!sorted) return moim_fail(err, MOIM_ENOMEM, "lexicon: out of memory");
    for (int i = 0; i < m->n; i++)
        sorted[i] = (struct piece){m->list[i].word, strlen(m->list[i].word), m->list[i].logp};
    qsort(sorted, (size_t)m->n, sizeof *sorted, by_letters);
    for (int i = 0; i < m->n; i++)
        if (!run_together(sorted, (size_t)m->n, m->list[i].word, m->list[i].logp))
            m->list[kept++] = m->list[i];
    m->n = kept;
    free(sorted);
    return MOIM_OK;
}

static int choose_words(struct making *m, const struct moim_wordlist *words, int max, struct moim_err *err)
{
    m->list = calloc((size_t)words->n, sizeof *m->list);
    m->phonemes = malloc((size_t)words->n * sizeof *m->phonemes);
    if (!m->list || !m->phonemes) return moim_fail(err, MOIM_ENOMEM, "lexicon: out of memory");
    for (int i = 0; i < words->n && m->n < max; i++) {
        const char *w = words->text + words->at[i];
        if (speakable(w)) m->list[m->n++] = (struct moim_pronunciation){w, words->logp[i], NULL, 0};
    }
    return m->n ? MOIM_OK : moim_fail(err, MOIM_EFORMAT, "lexicon: the word list has no words to speak");
}

int moim_lexicon_make(const char *path, const char *wordlist, const struct moim_g2p *g2p, int max,
                      struct moim_pool *pool, void (*progress)(void *arg, double done), void *arg,
                      struct moim_err *err)
{
    struct moim_wordlist words;
    struct making m = {.g2p = g2p};
    struct moim_lexicon *lexicon = NULL;
    int rc = moim_wordlist_open(&words, wordlist, 0, err);
    if (rc) return rc;
    rc = choose_words(&m, &words, max, err);
    if (!rc) rc = drop_run_together(&m, err);
    int share = 16 * moim_pool_threads(pool);
    for (; !rc && m.first < m.n; m.first += share * AT_ONCE) {
        if (progress) progress(arg, (double)m.first / m.n);
        moim_pool_run(pool, pronounce, &m, share);
        if (atomic_load(&m.failed))
            rc = moim_fail(err, MOIM_ENOMEM, "lexicon: a word could not be pronounced");
    }
    if (!rc) rc = moim_lexicon_build(&lexicon, m.list, m.n, (uint32_t)max, err);
    if (!rc) rc = moim_lexicon_save(lexicon, path, err);
    moim_lexicon_close(lexicon);
    moim_wordlist_free(&words);
    free(m.list);
    free(m.phonemes);
    return rc;
}
