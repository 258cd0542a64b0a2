#include "lm/itn.h"
#include "base/status.h"
#include "base/text.h"
#include "lm/itn_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

size_t itn_figure(const char *s, struct itn_figure *f)
{
    memset(f, 0, sizeof *f);
    size_t i = 0, n = 0;
    for (;; i++) {
        if (isdigit((unsigned char)s[i])) {
            if (n == 15) return 0;
            f->whole = f->whole * 10 + (s[i] - '0');
            f->digits[n++] = s[i];
        } else if (n && s[i] == ',' && isdigit((unsigned char)s[i + 1]) && isdigit((unsigned char)s[i + 2]) &&
                   isdigit((unsigned char)s[i + 3]) && !isdigit((unsigned char)s[i + 4])) {
            f->grouped = true;
        } else {
            break;
        }
    }
    if (n && s[i] == '.' && isdigit((unsigned char)s[i + 1])) {
        size_t k = 0;
        for (i++; isdigit((unsigned char)s[i]) && k + 1 < sizeof f->fraction; i++) f->fraction[k++] = s[i];
    }
    return n ? i : 0;
}

char *moim_itn_spoken(const char *text, const char *lang)
{
    char *result = NULL;
    size_t size;
    FILE *out = open_memstream(&result, &size);
    if (!out) return NULL;
    bool ko = !strcmp(lang, "ko");
    char last = ' ';
    for (const char *s = text; *s;) {
        bool money = (*s == '$' || !strncmp(s, "₩", 3)) && isdigit((unsigned char)s[*s == '$' ? 1 : 3]);
        bool inside_word = !ko && (isalpha((unsigned char)last) || isdigit((unsigned char)last));
        if ((isdigit((unsigned char)*s) && !inside_word) || money) {
            (ko ? itn_say_ko : itn_say_en)(&s, out);
            last = ' ';
        } else {
            last = *s;
            putc(*s++, out);
        }
    }
    if (!moim_stream_end(out, &result)) {
        free(result);
        return NULL;
    }
    return result;
}

static char *join_spoken(const struct moim_word *w, int n)
{
    size_t size = 1;
    for (int i = 0; i < n; i++) size += strlen(w[i].text) + 1;
    char *s = malloc(size);
    if (!s) return NULL;
    *s = 0;
    for (int i = 0; i < n; i++) {
        if (i && w[i].space_before) strcat(s, " ");
        strcat(s, w[i].text);
    }
    return s;
}

static bool plain_same(const struct moim_word *w, const struct itn_match *m)
{
    return m->used == 1 && !strcmp(w->text, m->out);
}

/* Appends what stands for w[0 .. m->used). */
static int replace(struct moim_hyp *to, const struct moim_word *w, const struct itn_match *m)
{
    float sum = 0;
    for (int i = 0; i < m->used; i++) sum += w[i].confidence;
    int rc = moim_hyp_add_word(to, m->out, w[0].start, w[m->used - 1].end, sum / (float)m->used,
                               w[0].space_before);
    if (rc) return rc;
    to->words[to->n_words - 1].spoken = join_spoken(w, m->used);
    return to->words[to->n_words - 1].spoken ? MOIM_OK : MOIM_ENOMEM;
}

int moim_itn_written(struct moim_hyp *h, const char *lang)
{
    bool ko = !strcmp(lang, "ko");
    if (!ko && strcmp(lang, "en")) return MOIM_OK;
    struct moim_nbest keep = {0};
    struct moim_hyp *to = moim_nbest_add(&keep);
    int rc = to ? MOIM_OK : MOIM_ENOMEM;
    for (int i = 0; !rc && i < h->n_words;) {
        struct itn_match m = {0};
        if (ko)
            itn_match_ko(h->words + i, h->n_words - i, i ? h->words + i - 1 : NULL, &m);
        else
            itn_match_en(h->words + i, h->n_words - i, &m);
        const struct moim_word *w = h->words + i;
        if (m.used && !plain_same(w, &m)) {
            rc = replace(to, w, &m);
            i += m.used;
        } else {
            rc = moim_hyp_add_word(to, w->text, w->start, w->end, w->confidence, w->space_before);
            i++;
        }
    }
    if (!rc) {
        struct moim_hyp old = *h;
        to->acoustic = old.acoustic;
        to->ngram = old.ngram;
        to->lm = old.lm;
        to->bonus = old.bonus;
        to->total = old.total;
        to->risk = old.risk;
        to->rank = old.rank;
        *h = *to;
        *to = old;
    }
    moim_nbest_free(&keep);
    return rc;
}
