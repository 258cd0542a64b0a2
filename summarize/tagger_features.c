#include "summarize/tagger_features.h"
#include "base/text.h"
#include "base/unicode.h"
#include "summarize/note_style.h"
#include "summarize/tagger_grams.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNIT_WORDS 40 /* a sentence of more words is cut */
#define PIECE_LEAST 8
#define PIECE_MOST 24
#define ANCHOR_TURNS 6 /* turns before, of which a day may be meant by "the day before" */

void moim_tagger_input_free(struct moim_tagger_input *in)
{
    for (int i = 0; i < in->n_units; i++) {
        free(in->unit[i].text);
        free(in->unit[i].gram);
        free(in->unit[i].day);
    }
    for (int t = 0; in->content && t < in->req->n_turns; t++) free(in->content[t]);
    free(in->content);
    free(in->n_content);
    free(in->unit);
    free(in->first);
    free(in->speaker);
    free(in->person);
    memset(in, 0, sizeof *in);
}

static int read_persons(struct moim_tagger_input *in)
{
    int n = in->req->n_turns;
    in->n_persons = 0;
    in->speaker = malloc(sizeof *in->speaker * (size_t)n);
    in->person = malloc(sizeof *in->person * (size_t)n);
    if (!in->speaker || !in->person) return MOIM_ENOMEM;
    for (int t = 0; t < n; t++) {
        const char *who = in->req->turns[t].speaker;
        int k = 0;
        while (k < in->n_persons && strcmp(in->person[k], who)) k++;
        if (k == in->n_persons && *who) in->person[in->n_persons++] = who;
        in->speaker[t] = *who ? k : -1;
    }
    return MOIM_OK;
}

/* ---- sentences ---- */

static bool ends_clause(const char *word, size_t n)
{
    static const char *const ko[] = {"요", "죠", "다", "까", "네", "고요", "지", "어", "해"};
    for (size_t i = 0; i < sizeof ko / sizeof *ko; i++) {
        size_t m = strlen(ko[i]);
        if (n > m && !memcmp(word + n - m, ko[i], m)) return true;
    }
    return false;
}

static bool opens_clause(const char *word, size_t n)
{
    static const char *const en[] = {"so",   "and",  "but",  "okay",  "ok",
                                     "then", "also", "well", "right", "yeah"};
    for (size_t i = 0; i < sizeof en / sizeof *en; i++)
        if (strlen(en[i]) == n && !strncasecmp(word, en[i], n)) return true;
    return false;
}

/* Bytes of the first piece of an unpunctuated sentence: all of it when it is short. */
static size_t piece(const char *s, size_t len)
{
    size_t words = 0, best = 0;
    for (size_t i = 0; i < len; i++) words += s[i] == ' ';
    if (words < UNIT_WORDS) return len;
    words = 0;
    for (size_t i = 0; i < len;) {
        size_t n = 0;
        while (i + n < len && s[i + n] != ' ') n++;
        if (words >= PIECE_LEAST && opens_clause(s + i, n)) return i;
        words++;
        i += n;
        if (words >= PIECE_LEAST && ends_clause(s + i - n, n)) return i;
        if (words == PIECE_MOST) best = i;
        if (words > PIECE_MOST + PIECE_LEAST) return best;
        while (i < len && s[i] == ' ') i++;
    }
    return len;
}

static int add_unit(struct moim_tagger_input *in, int *cap, int turn, const char *s, size_t len)
{
    if (in->n_units == *cap) {
        *cap = *cap ? 2 * *cap : 64;
        struct moim_tagger_unit *grown = realloc(in->unit, sizeof *grown * (size_t)*cap);
        if (!grown) return MOIM_ENOMEM;
        in->unit = grown;
    }
    struct moim_tagger_unit *u = &in->unit[in->n_units];
    memset(u, 0, sizeof *u);
    u->text = strndup(s, len);
    if (!u->text) return MOIM_ENOMEM;
    in->n_units++;
    u->turn = turn;
    return MOIM_OK;
}

static int read_units(struct moim_tagger_input *in)
{
    int cap = 0, rc = MOIM_OK, n = in->req->n_turns;
    in->first = calloc((size_t)n + 1, sizeof *in->first);
    if (!in->first) return MOIM_ENOMEM;
    for (int t = 0; t < n; t++) {
        const char *p = in->req->turns[t].text;
        size_t len;
        in->first[t] = in->n_units;
        while (!rc && (len = moim_next_sentence(&p)))
            for (const char *end = p + len; !rc && p < end;) {
                size_t part = piece(p, (size_t)(end - p));
                rc = add_unit(in, &cap, t, p, part);
                for (p += part; p < end && *p == ' ';) p++;
            }
        /* Every turn has a unit, so that a turn of mere dots keeps its place. */
        if (!rc && in->first[t] == in->n_units) rc = add_unit(in, &cap, t, "", 0);
    }
    in->first[n] = in->n_units;
    return rc;
}

/* ---- numbers ---- */

static bool any_of(const char *s, const char *const *list)
{
    for (; *list; list++)
        if (strcasestr(s, *list)) return true;
    return false;
}

static int same_speaker(const struct moim_tagger_input *in, int a, int b)
{
    return a >= 0 && b >= 0 && a < in->req->n_turns && b < in->req->n_turns && in->speaker[a] >= 0 &&
           in->speaker[a] == in->speaker[b];
}

/* Half of a content's hashes in another, by the smaller one. */
static double shared(const struct moim_tagger_input *in, int a, int b)
{
    int i = 0, j = 0, both = 0, n = in->n_content[a], m = in->n_content[b];
    while (i < n && j < m) {
        uint32_t x = in->content[a][i], y = in->content[b][j];
        both += x == y;
        i += x <= y;
        j += y <= x;
    }
    int less = n < m ? n : m;
    return less ? (double)both / (less + 2) : 0;
}

static double echo(const struct moim_tagger_input *in, int t)
{
    double most = 0;
    for (int j = t - 1; j >= 0 && t - j <= MOIM_TAGGER_REACH; j--) {
        double s = shared(in, j, t);
        if (s > most) most = s;
    }
    return most;
}

static double share_of_turns(const struct moim_tagger_input *in, int t)
{
    int same = 0;
    for (int j = 0; j < in->req->n_turns; j++) same += same_speaker(in, t, j);
    return (double)same / in->req->n_turns;
}

static int bytes_of_turn(const struct moim_tagger_input *in, int t)
{
    return t >= 0 && t < in->req->n_turns ? (int)strlen(in->req->turns[t].text) : 0;
}

/* Numbers that only the sentence itself decides. */
static float *sentence_numbers(const struct moim_tagger_unit *u, float *d)
{
    static const char *const limit[] = {"까지", "안에", "안으로",  "중으로", "내로",
                                        "전에", "by ",  "before ", NULL};
    static const char *const me[] = {"제가",   "내가",  "저는", "나는", "저희", "i'll",
                                     "i will", "i can", "i'm",  "ill ", "im ",  NULL};
    static const char *const that[] = {"그거", "그건", "그걸", "그렇게", "그러", " that", " it", "so ", NULL};
    size_t n = strlen(u->text);
    d[u->cue.act] = 1;
    d += MOIM_ACT_COUNT;
    *d++ = u->cue.act != MOIM_ACT_TELL && u->cue.sure;
    *d++ = u->has_date;
    *d++ = u->has_date && any_of(u->text, limit);
    *d++ = n && u->text[n - 1] == '?';
    *d++ = u->addressee >= 0;
    *d++ = *u->stranger != 0;
    *d++ = (float)log1p((double)n) / 4;
    *d++ = strpbrk(u->text, "0123456789") != NULL;
    *d++ = any_of(u->text, me);
    *d++ = any_of(u->text, that);
    *d++ = moim_has_hangul(u->text);
    *d++ = n < (moim_has_hangul(u->text) ? 24 : 14);
    return d;
}

static void numbers(const struct moim_tagger_input *in, int i)
{
    struct moim_tagger_unit *u = &in->unit[i];
    int t = u->turn, n = in->req->n_turns;
    float *d = sentence_numbers(u, u->dense);
    *d++ = i == in->first[t];
    *d++ = i + 1 == in->first[t + 1];
    *d++ = (float)(i - in->first[t]) / 4;
    *d++ = (float)(in->first[t + 1] - i - 1) / 4;
    for (int k = 1; k <= 3; k++) {
        *d++ = (float)same_speaker(in, t, t - k);
        *d++ = (float)same_speaker(in, t, t + k);
    }
    *d++ = (float)t / (float)n;
    *d++ = t < 4;
    *d++ = n - t <= 4;
    *d++ = (float)in->n_persons / 6;
    *d++ = (float)share_of_turns(in, t);
    *d++ = (float)echo(in, t);
    *d++ = (float)log1p(bytes_of_turn(in, t)) / 4;
    *d++ = (float)log1p(bytes_of_turn(in, t - 1)) / 4;
    *d++ = (float)log1p(bytes_of_turn(in, t + 1)) / 4;
    *d++ = in->req->language[0] == 'k';
    *d++ = (float)log1p(n) / 5;
    *d++ = 1;
}

static void read_addressee(const struct moim_tagger_input *in, struct moim_tagger_unit *u)
{
    char name[512];
    size_t from, to;
    u->addressee = -1;
    if (!moim_note_addressee(u->text, in->person, in->n_persons, in->speaker[u->turn], name, sizeof name,
                             &from, &to))
        return;
    for (int k = 0; k < in->n_persons; k++)
        if (!strcmp(in->person[k], name)) u->addressee = k;
    if (u->addressee < 0) snprintf(u->stranger, sizeof u->stranger, "%s", name);
}

/* The day named last, for relative dates. */
struct anchor {
    struct moim_date date;
    int turn; /* -1: none yet */
};

static int read_days(const struct moim_tagger_input *in, struct moim_tagger_unit *u, struct anchor *last)
{
    struct moim_day day[MOIM_DAYS_MAX];
    struct moim_date meeting = in->req->date;
    int n = moim_days_find(u->text, meeting, NULL, day, MOIM_DAYS_MAX);
    int best = n ? moim_day_that_counts(u->text, day, n) : -1;
    struct anchor next = n ? (struct anchor){day[n - 1].date, u->turn} : *last;
    u->has_date = best >= 0;
    if (best >= 0) u->date = day[best].date, u->from = day[best].from, u->to = day[best].to;
    if (last->turn >= 0 && u->turn - last->turn <= ANCHOR_TURNS && moim_day_is_told(u->text))
        n = moim_days_find(u->text, meeting, &last->date, day, MOIM_DAYS_MAX);
    *last = next;
    if (!n) return MOIM_OK;
    u->day = malloc(sizeof *day * (size_t)n);
    if (!u->day) return MOIM_ENOMEM;
    memcpy(u->day, day, sizeof *day * (size_t)n);
    u->n_days = n;
    return MOIM_OK;
}

int moim_tagger_read(struct moim_tagger_input *in, const struct moim_minutes_request *req,
                     struct moim_err *err)
{
    struct anchor last = {.turn = -1};
    memset(in, 0, sizeof *in);
    in->req = req;
    int rc = read_persons(in), n = req->n_turns;
    if (!rc) rc = read_units(in);
    in->content = calloc((size_t)n, sizeof *in->content);
    in->n_content = calloc((size_t)n, sizeof *in->n_content);
    if (!in->content || !in->n_content) rc = MOIM_ENOMEM;
    for (int t = 0; !rc && t < n; t++)
        rc = moim_tagger_content(req->turns[t].text, &in->content[t], &in->n_content[t]);
    for (int i = 0; !rc && i < in->n_units; i++) {
        struct moim_tagger_unit *u = &in->unit[i];
        u->cue = moim_has_hangul(u->text) ? moim_cue_ko(u->text) : moim_cue_en(u->text);
        rc = read_days(in, u, &last);
        read_addressee(in, u);
        numbers(in, i);
        if (!rc) rc = moim_tagger_grams(u->text, &u->gram, &u->n_grams);
    }
    if (!rc) return MOIM_OK;
    moim_tagger_input_free(in);
    return moim_fail(err, rc, "minutes: out of memory");
}

static bool addressed(const struct moim_tagger_input *in, int by, int who)
{
    for (int i = in->first[by]; i < in->first[by + 1]; i++)
        if (in->unit[i].addressee >= 0 && in->unit[i].addressee == in->speaker[who]) return true;
    return false;
}

void moim_tagger_pair(const struct moim_tagger_input *in, int j, int i, float out[MOIM_TAGGER_PAIR])
{
    int between = 0;
    for (int t = j + 1; t < i; t++) between += same_speaker(in, t, i);
    out[0] = (float)same_speaker(in, j, i);
    out[1] = (float)shared(in, j, i);
    out[2] = addressed(in, j, i);
    out[3] = addressed(in, i, j);
    out[4] = (float)(i - j) / 8;
    out[5] = i - j == 1;
    out[6] = between > 0;
    out[7] = 1;
}
