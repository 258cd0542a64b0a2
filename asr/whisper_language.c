/* Which language a stretch of sound is in, and where it changes: the decoder's first step, asked of the whole and
 * of each moment by itself (its cross-attention sees two seconds only). */
#include "asr/whisper_int.h"
#include "nn/vec.h"

#include <math.h>
#include <string.h>

#define SECOND 50 /* frames */
#define MAX_SECONDS 32

bool whisper_multilingual(const struct whisper_model *m)
{
    return m->dims.vocab >= 51865;
}

static int one_token(struct whisper_recogniser *r, int token)
{
    int path = 0;
    struct wrow row = {token, 0, &path};
    r->dec->nodes = 0;
    return whisper_forward(r->dec, r->m, &row, 1, 0);
}

/* What follows <|startoftranscript|>: Korean or English, as probabilities of the two. */
static int detect(struct whisper_recogniser *r, float *p_ko, float *p_en)
{
    int rc = one_token(r, r->m->ids.sot);
    if (rc) return rc;
    float ko = r->dec->logits.p[r->m->ids.lang0 + whisper_lang_index("ko")];
    float en = r->dec->logits.p[r->m->ids.lang0 + whisper_lang_index("en")];
    *p_ko = 1 / (1 + expf(en - ko));
    *p_en = 1 - *p_ko;
    return MOIM_OK;
}

int moim_whisper_detect(struct moim_asr *a, const float *pcm, size_t n, float *p_ko, float *p_en,
                        struct moim_err *err)
{
    struct whisper_recogniser *r = a->impl;
    *p_ko = 0;
    *p_en = 1;
    if (!whisper_multilingual(r->m)) return MOIM_OK;
    int rc = whisper_listen(r, pcm, n);
    if (!rc) rc = detect(r, p_ko, p_en);
    return rc ? moim_fail(err, rc, "whisper: language detection failed") : MOIM_OK;
}

/* Of all languages' probability: less is no proof of one that is neither Korean nor English, and a change to
 * such a language takes more. */
#define OTHER 0.9f
#define OTHER_NOW 0.99f
#define STILL 0.5f  /* ... while this is enough for the language so far to go on */
#define BEFORE 4.0f /* nats that speak for the language so far: one second of another is no change */

/* The language where it is not given: Korean or English, or another that is beyond doubt. before: the index of
 * the language so far, or -1. */
static int find_language(struct whisper_recogniser *r, int before, int *lang)
{
    float p_ko, p_en;
    int rc = detect(r, &p_ko, &p_en);
    if (rc) return rc;
    const float *x = r->dec->logits.p + r->m->ids.lang0;
    int n = r->m->ids.n_langs, best = 0, ko = whisper_lang_index("ko"), en = whisper_lang_index("en");
    for (int i = 1; i < n; i++)
        if (x[i] > x[best]) best = i;
    float wanted = before < 0 ? OTHER : best == before ? STILL : OTHER_NOW;
    float lead = x[ko] - x[en] + (before == ko ? BEFORE : before == en ? -BEFORE : 0);
    *lang = lead > 0 ? ko : en;
    if (best != ko && best != en && x[best] - moim_logsumexp(x, (size_t)n) > logf(wanted)) *lang = best;
    return MOIM_OK;
}

int whisper_choose_language(struct whisper_recogniser *r, const struct moim_asr_options *opt, int *lang,
                            struct moim_err *err)
{
    const char *asked = opt->lang;
    *lang = 0;
    if (!whisper_multilingual(r->m)) return MOIM_OK;
    if (asked && *asked && strcmp(asked, "auto")) {
        *lang = whisper_lang_index(asked);
        if (*lang < 0 || *lang >= r->m->ids.n_langs)
            return moim_fail(err, MOIM_EINVAL, "whisper: language %.8s is not known", asked);
        return MOIM_OK;
    }
    int rc = find_language(r, opt->likely ? whisper_lang_index(opt->likely) : -1, lang);
    return rc ? moim_fail(err, rc, "whisper: out of memory") : MOIM_OK;
}

/* ---- where it changes ---- */

#define AROUND SECOND /* frames to each side of a second's middle that are listened to */
#define LEAST_P 0.02f /* no second is surer than this ... */
#define CHANGE_COST                                                                                          \
    8.0f /* ... and a change costs more than two of them: a word of another language is none */

/* p[]: probability of Korean, of the two, in each second of the sound. */
static int listen_by_seconds(struct whisper_recogniser *r, float *p, int *n)
{
    int all = r->sound_frames < r->dec->frames ? r->sound_frames : r->dec->frames, rc = MOIM_OK;
    float p_en;
    *n = 0;
    for (int f = 0; !rc && f + SECOND / 2 <= all && *n < MAX_SECONDS; f += SECOND) {
        int middle = f + SECOND / 2;
        r->dec->hear_from = middle > AROUND ? middle - AROUND : 0;
        r->dec->hear_to = middle + AROUND < all ? middle + AROUND : all;
        rc = detect(r, &p[(*n)++], &p_en);
    }
    r->dec->hear_from = r->dec->hear_to = 0;
    return rc;
}

/* The likeliest course of the two languages (Viterbi); korean[n]. */
static void follow(const float *p, int n, int before, bool *korean)
{
    float score[2] = {before == 0 ? BEFORE : 0, before == 1 ? BEFORE : 0};
    bool changed[MAX_SECONDS][2];
    for (int i = 0; i < n; i++) {
        float ko = fminf(fmaxf(p[i], LEAST_P), 1 - LEAST_P), said[2] = {logf(1 - ko), logf(ko)}, old[2];
        memcpy(old, score, sizeof old);
        for (int k = 0; k < 2; k++) {
            changed[i][k] = i && old[!k] - CHANGE_COST > old[k];
            score[k] = said[k] + (changed[i][k] ? old[!k] - CHANGE_COST : old[k]);
        }
    }
    int k = score[1] > score[0];
    for (int i = n - 1; i >= 0; i--) {
        korean[i] = k;
        if (changed[i][k]) k = !k;
    }
}

#define NEAR 0.8 /* seconds around a change in which the pause is looked for */

/* Korean or English at the beginning of the sound, and the second in which that changes; MAX_SECONDS: never. */
static int first_language(struct whisper_recogniser *r, int before, int *lang, int *change)
{
    float p[MAX_SECONDS];
    bool korean[MAX_SECONDS];
    int n, ko = whisper_lang_index("ko"), en = whisper_lang_index("en");
    int rc = listen_by_seconds(r, p, &n);
    *change = MAX_SECONDS;
    if (rc || !n) return rc;
    follow(p, n, before == ko ? 1 : before == en ? 0 : -1, korean);
    *lang = korean[0] ? ko : en;
    for (int i = 1; i < n && *change == MAX_SECONDS; i++)
        if (korean[i] != korean[0]) *change = i;
    return MOIM_OK;
}

int moim_whisper_language_of(struct moim_asr *a, const float *pcm, size_t n, const char *before, char lang[8],
                             size_t *until, struct moim_err *err)
{
    struct whisper_recogniser *r = a->impl;
    struct moim_asr_options o = {.lang = "auto", .likely = before};
    int index, change = MAX_SECONDS, rc = MOIM_OK;
    *until = n;
    strcpy(lang, before ? before : "en");
    if (whisper_is_quiet(pcm, n)) return MOIM_OK;
    if (whisper_listen(r, pcm, n)) return moim_fail(err, MOIM_ENOMEM, "whisper: out of memory");
    if ((rc = whisper_choose_language(r, &o, &index, err))) return rc;
    const char *code = whisper_lang_code(index);
    if (!strcmp(code, "ko") || (whisper_multilingual(r->m) && !strcmp(code, "en")))
        rc = first_language(r, before ? whisper_lang_index(before) : -1, &index, &change);
    if (rc) return moim_fail(err, rc, "whisper: out of memory");
    strcpy(lang, whisper_lang_code(index));
    double seconds = (double)n / MOIM_ASR_RATE;
    if (change < seconds)
        *until = (size_t)(whisper_quietest(pcm, n, change - NEAR, change + NEAR) * MOIM_ASR_RATE);
    if (*until > n) *until = n;
    return MOIM_OK;
}
