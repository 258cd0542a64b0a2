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
