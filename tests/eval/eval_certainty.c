#include "tests/eval/eval_certainty.h"
#include "asr/certainty.h"
#include "firmware/pipeline/diarize_stage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WORD 0.3       /* seconds of a made word */
#define LINE_PAUSE 0.5 /* without speech end a line */
#define LINE_MOST 20   /* words */

static const double upper[MOIM_EVAL_BINS] = {0.5, 0.7, 0.8, 0.9, 0.95, 1.01};

/* Seconds that each speaker of the reference has in a stretch; returns who has most, -1 nobody. */
static int speaker_in(const struct moim_turn *ref, int n, double start, double end, double *seconds,
                      int speakers)
{
    int best = -1;
    memset(seconds, 0, sizeof *seconds * (size_t)speakers);
    for (int i = 0; i < n; i++) {
        double shared = fmin(end, ref[i].end) - fmax(start, ref[i].start);
        if (shared > 0) seconds[ref[i].speaker] += shared;
    }
    for (int r = 0; r < speakers; r++)
        if (seconds[r] > 0 && (best < 0 || seconds[r] > seconds[best])) best = r;
    return best;
}

struct made {
    struct moim_segment *lines; /* [n] */
    int n, cap;
    struct moim_word words[LINE_MOST];
    int n_words;
};

static int end_line(struct made *m)
{
    char text[LINE_MOST * 4] = "";
    if (!m->n_words) return MOIM_OK;
    if (m->n == m->cap) {
        int cap = 2 * m->cap + 64;
        struct moim_segment *grown = realloc(m->lines, sizeof *grown * (size_t)cap);
        if (!grown) return MOIM_ENOMEM;
        m->lines = grown;
        m->cap = cap;
    }
    m->words[m->n_words - 1].text = (char *)(uintptr_t) "w.";
    for (int i = 0; i < m->n_words; i++) strcat(strcat(text, i ? " " : ""), m->words[i].text);
    struct moim_segment *g = &m->lines[m->n++];
    *g = (struct moim_segment){.id = m->n,
                               .start = m->words[0].start,
                               .end = m->words[m->n_words - 1].end,
                               .text = strdup(text),
                               .n_words = m->n_words,
                               .confidence = 1};
    int n = m->n_words;
    m->n_words = 0;
    for (int i = 0; i < n; i++) m->words[i].text = strdup(m->words[i].text);
    if (moim_words_copy(m->words, n, &g->words)) g->n_words = 0;
    for (int i = 0; i < n; i++) free(m->words[i].text);
    return g->text && g->words ? MOIM_OK : MOIM_ENOMEM;
}

/* A sentence ends where the reference's speaker changes, a line where nobody speaks or it is full. */
static int make_lines(struct made *m, const struct moim_turn *ref, int n, int speakers, double *seconds,
                      double length)
{
    int rc = MOIM_OK, who = -1;
    double last = 0;
    for (double t = 0; !rc && t + WORD <= length; t += WORD) {
        int now = speaker_in(ref, n, t, t + WORD, seconds, speakers);
        if (now < 0) continue;
        if (m->n_words && (t - last > LINE_PAUSE || m->n_words == LINE_MOST))
            rc = end_line(m);
        else if (m->n_words && now != who)
            m->words[m->n_words - 1].text = (char *)(uintptr_t) "w.";
        who = now;
        last = t + WORD;
        m->words[m->n_words++] =
            (struct moim_word){.text = (char *)(uintptr_t) "w", .start = t, .end = last, .confidence = 1};
    }
    return rc ? rc : end_line(m);
}

/* Which speaker of the reference each one found is. */
static int map_speakers(const struct moim_diarization *d, const struct moim_turn *ref, int n, int speakers,
                        int *match)
{
    double *both = calloc((size_t)d->speakers * (size_t)speakers + 1, sizeof *both);
    if (!both) return MOIM_ENOMEM;
    for (int i = 0; i < d->n; i++)
        for (int k = 0; k < n; k++) {
            double shared = fmin(d->turns[i].end, ref[k].end) - fmax(d->turns[i].start, ref[k].start);
            if (shared > 0) both[d->turns[i].speaker * speakers + ref[k].speaker] += shared;
        }
    int rc = moim_assign(both, d->speakers, speakers, match);
    free(both);
    return rc;
}

static void count(struct moim_calibration *sum, double p, bool right)
{
    int bin = 0;
    while (p >= upper[bin]) bin++;
    sum->lines[bin]++;
    sum->right[bin] += right;
    sum->told[bin] += p;
    sum->loss -= log(right ? p : 1 - p);
}

static int count_lines(const char *name, const struct moim_diarization *d, const struct moim_turn *ref,
                       int n_ref, int speakers, const int *match, const struct made *m, double *seconds,
                       struct moim_calibration *sum, FILE *table, struct moim_err *err)
{
    struct moim_segment *part;
    int n, rc = moim_lines_by_speaker(d, m->lines, m->n, &part, &n, err);
    if (rc) return rc;
    for (int i = 0; i < n; i++) {
        int c = part[i].speaker - 1,
            truth = speaker_in(ref, n_ref, part[i].start, part[i].end, seconds, speakers);
        if (c < 0 || truth < 0) continue;
        double p = moim_speaker_certainty(d, c, part[i].start, part[i].end);
        bool right = match[c] == truth;
        struct moim_speaker_signs s = moim_speaker_signs(d, c, part[i].start, part[i].end);
        count(sum, p, right);
        if (table)
            fprintf(table, "%s\t%.2f\t%.2f\t%d\t%.3f\t%.3f\t%.3f\t%.3f\t%.2f\n", name, part[i].start,
                    part[i].end, right, p, (double)s.share, (double)s.own, (double)s.other,
                    (double)s.seconds);
    }
    moim_segments_free(part, n);
    return MOIM_OK;
}

int moim_eval_certainty(const char *name, const struct moim_diarization *d, const struct moim_turn *ref,
                        int n_ref, int ref_speakers, struct moim_calibration *sum, FILE *table,
                        struct moim_err *err)
{
    struct made m = {.n = 0};
    int match[MOIM_DIARIZE_SPEAKERS];
    double *seconds = calloc((size_t)ref_speakers + 1, sizeof *seconds);
    int rc = seconds ? make_lines(&m, ref, n_ref, ref_speakers, seconds, d->duration) : MOIM_ENOMEM;
    if (!rc) rc = map_speakers(d, ref, n_ref, ref_speakers, match);
    if (rc) moim_fail(err, rc, "out of memory");
    if (!rc) rc = count_lines(name, d, ref, n_ref, ref_speakers, match, &m, seconds, sum, table, err);
    moim_segments_free(m.lines, m.n);
    free(seconds);
    return rc;
}

void moim_eval_print_calibration(const struct moim_calibration *c)
{
    int lines = 0, right = 0;
    printf("certainty        lines  right\n");
    for (int i = 0; i < MOIM_EVAL_BINS; i++) {
        lines += c->lines[i];
        right += c->right[i];
        if (c->lines[i])
            printf("%.2f to %.2f     %5d  %5.1f %% (told %.1f)\n", i ? upper[i - 1] : 0, fmin(1, upper[i]),
                   c->lines[i], 100.0 * c->right[i] / c->lines[i], 100 * c->told[i] / c->lines[i]);
    }
    if (lines)
        printf("all              %5d  %5.1f %%; %.4f nats a line\n", lines, 100.0 * right / lines,
               c->loss / lines);
}
