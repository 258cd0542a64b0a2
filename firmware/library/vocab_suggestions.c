#include "firmware/library/vocab_suggestions.h"
#include "base/unicode.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WORDS = 400, MAX_RUN = 4, WORD = 128 };

struct words {
    char text[MAX_WORDS][WORD];
    int n;
};

/* Words without the signs around them; what does not fit is left out. */
static void split(const char *s, struct words *w)
{
    w->n = 0;
    while (*s && w->n < MAX_WORDS) {
        size_t n = strcspn(s, " \t\n"), from = 0, to = n;
        while (from < to && ispunct((unsigned char)s[from])) from++;
        while (to > from && ispunct((unsigned char)s[to - 1])) to--;
        if (to > from && to - from < WORD) {
            memcpy(w->text[w->n], s + from, to - from);
            w->text[w->n++][to - from] = 0;
        }
        s += n + strspn(s + n, " \t\n");
    }
}

static int letters(const char *s)
{
    size_t n = strlen(s), used;
    int count = 0;
    uint32_t c;
    for (size_t i = 0; i < n; i += used) {
        used = moim_utf8_next(s + i, n - i, &c);
        count += moim_uc_class(c) == MOIM_UC_LETTER;
    }
    return count;
}

/* A name comes with particles after it: they are not part of what was taught. */
static void strip_particle(char *word)
{
    static const char *const particle[] = {
        "에서는", "으로는", "이라는", "에서", "으로", "까지", "부터", "에게", "처럼", "라는", "이나", "은",
        "는",     "이",     "가",     "을",   "를",   "의",   "에",   "와",   "과",   "도",   "로",   "만"};
    size_t n = strlen(word);
    for (size_t i = 0; i < sizeof particle / sizeof *particle; i++) {
        size_t p = strlen(particle[i]);
        if (n <= p || strcmp(word + n - p, particle[i])) continue;
        word[n - p] = 0;
        if (letters(word) >= 2) return;
        word[n - p] = particle[i][0];
    }
}

static int put(const char *word, const char *heard, struct moim_suggestion **list, int *n)
{
    char plain[WORD];
    snprintf(plain, sizeof plain, "%s", word);
    strip_particle(plain);
    if (letters(plain) < 2) return MOIM_OK;
    for (int i = 0; i < *n; i++) {
        if (strcmp((*list)[i].word, plain)) continue;
        char *copy = strdup(heard);
        if (!copy) return MOIM_ENOMEM;
        free((*list)[i].heard);
        (*list)[i].heard = copy;
        (*list)[i].count++;
        return MOIM_OK;
    }
    struct moim_suggestion *grown = realloc(*list, sizeof *grown * (size_t)(*n + 1));
    if (!grown) return MOIM_ENOMEM;
    *list = grown;
    grown[*n] = (struct moim_suggestion){strdup(plain), strdup(heard), 1};
    const struct moim_suggestion *last = &grown[(*n)++]; /* counted, so that what there is of it is freed */
    return last->word && last->heard ? MOIM_OK : MOIM_ENOMEM;
}

/* The run b[at ...) of one side was replaced by a[...) of the other: a few words by a few words is a
 * mishearing, more is another sentence. */
static int put_run(const struct words *b, int b0, int b1, const struct words *a, int a0, int a1,
                   struct moim_suggestion **list, int *n)
{
    char heard[MAX_RUN * WORD + MAX_RUN] = "";
    if (b1 == b0 || a1 == a0 || b1 - b0 > MAX_RUN || a1 - a0 > MAX_RUN) return MOIM_OK;
    for (int i = b0; i < b1; i++) {
        if (i > b0) strcat(heard, " ");
        strcat(heard, b->text[i]);
    }
    int rc = MOIM_OK;
    for (int i = a0; !rc && i < a1; i++) {
        bool kept = false; /* only moved */
        for (int k = b0; k < b1; k++) kept |= !strcmp(b->text[k], a->text[i]);
        if (!kept) rc = put(a->text[i], heard, list, n);
    }
    return rc;
}

int moim_suggest_from(const char *before, const char *after, struct moim_suggestion **list, int *n,
                      struct moim_err *err)
{
    struct words *b = malloc(2 * sizeof *b), *a = b + 1;
    short(*common)[MAX_WORDS + 1] = calloc(MAX_WORDS + 1, sizeof *common);
    int rc = b && common ? MOIM_OK : MOIM_ENOMEM;
    if (!rc) {
        split(before, b);
        split(after, a);
        for (int i = b->n - 1; i >= 0; i--)
            for (int k = a->n - 1; k >= 0; k--)
                common[i][k] = !strcmp(b->text[i], a->text[k])       ? (short)(common[i + 1][k + 1] + 1)
                               : common[i + 1][k] > common[i][k + 1] ? common[i + 1][k]
                                                                     : common[i][k + 1];
        int i = 0, k = 0, i0 = 0, k0 = 0;
        while (!rc && (i < b->n || k < a->n)) {
            if (i < b->n && k < a->n && !strcmp(b->text[i], a->text[k])) {
                rc = put_run(b, i0, i, a, k0, k, list, n);
                i0 = ++i;
                k0 = ++k;
            } else if (k == a->n || (i < b->n && common[i + 1][k] >= common[i][k + 1])) {
                i++;
            } else {
                k++;
            }
        }
        if (!rc) rc = put_run(b, i0, i, a, k0, k, list, n);
    }
    free(b);
    free(common);
    return rc ? moim_fail(err, rc, "out of memory") : MOIM_OK;
}

static int often_first(const void *x, const void *y)
{
    return ((const struct moim_suggestion *)y)->count - ((const struct moim_suggestion *)x)->count;
}

static void drop_known(struct moim_suggestion *list, int *n, const struct moim_vocab_row *rows, int n_rows)
{
    int kept = 0;
    for (int i = 0; i < *n; i++) {
        bool known = false;
        for (int k = 0; k < n_rows; k++)
            known |= !strcmp(rows[k].word, list[i].word) || !strcmp(rows[k].sounds_like, list[i].word);
        if (known) {
            free(list[i].word);
            free(list[i].heard);
        } else {
            list[kept++] = list[i];
        }
    }
    *n = kept;
}

int moim_suggest(struct moim_store *s, struct moim_suggestion **list, int *n, struct moim_err *err)
{
    struct moim_correction *c;
    struct moim_vocab_row *rows = NULL;
    int n_c, n_rows = 0;
    *list = NULL;
    *n = 0;
    int rc = moim_corrections(s, &c, &n_c, err);
    for (int i = 0; !rc && i < n_c; i++) rc = moim_suggest_from(c[i].before, c[i].after, list, n, err);
    moim_corrections_free(c, n_c);
    if (!rc) rc = moim_vocab_list(s, &rows, &n_rows, err);
    if (!rc) {
        drop_known(*list, n, rows, n_rows);
        if (*n) qsort(*list, (size_t)*n, sizeof **list, often_first);
    }
    moim_vocab_free(rows, n_rows);
    if (rc) {
        moim_suggestions_free(*list, *n);
        *list = NULL;
        *n = 0;
    }
    return rc;
}

void moim_suggestions_free(struct moim_suggestion *list, int n)
{
    for (int i = 0; i < n; i++) {
        free(list[i].word);
        free(list[i].heard);
    }
    free(list);
}
