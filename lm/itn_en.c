/* English numbers. Small ones stay words, as in print; a number is written in figures when it has two parts
 * or more, is at least ten, or stands before a unit. */
#include "lm/itn_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const small[] = {"zero",    "one",     "two",       "three",    "four",
                                    "five",    "six",     "seven",     "eight",    "nine",
                                    "ten",     "eleven",  "twelve",    "thirteen", "fourteen",
                                    "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
static const char *const tens[] = {"",      "",      "twenty",  "thirty", "forty",
                                   "fifty", "sixty", "seventy", "eighty", "ninety"};
static const char *const ordinals[] = {"zeroth",    "first",     "second",      "third",      "fourth",
                                       "fifth",     "sixth",     "seventh",     "eighth",     "ninth",
                                       "tenth",     "eleventh",  "twelfth",     "thirteenth", "fourteenth",
                                       "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"};
static const char *const tens_th[] = {"",         "",         "twentieth",  "thirtieth", "fortieth",
                                      "fiftieth", "sixtieth", "seventieth", "eightieth", "ninetieth"};

/* ---- reading figures aloud ---- */

static void say(FILE *out, int64_t v)
{
    static const struct {
        int64_t unit;
        const char *name;
    } units[] = {{1000000000000, "trillion"},
                 {1000000000, "billion"},
                 {1000000, "million"},
                 {1000, "thousand"},
                 {100, "hundred"}};
    if (v < 20) {
        fputs(small[v], out);
        return;
    }
    if (v < 100) {
        fputs(tens[v / 10], out);
        if (v % 10) fprintf(out, " %s", small[v % 10]);
        return;
    }
    int u = 0;
    while (v < units[u].unit) u++;
    say(out, v / units[u].unit);
    fprintf(out, " %s", units[u].name);
    if (v % units[u].unit) {
        putc(' ', out);
        say(out, v % units[u].unit);
    }
}

static void say_ordinal(FILE *out, int64_t v)
{
    int64_t last = v % 100;
    if (v >= 100) {
        say(out, v - last);
        if (!last) {
            fputs("th", out);
            return;
        }
        putc(' ', out);
    }
    if (last < 20)
        fputs(ordinals[last], out);
    else if (last % 10 == 0)
        fputs(tens_th[last / 10], out);
    else
        fprintf(out, "%s %s", tens[last / 10], ordinals[last % 10]);
}

/* 1850, 2024: as a year, which bare figures of this size nearly always are. */
static void say_year(FILE *out, int v)
{
    if (v >= 2000 && v < 2010) {
        say(out, v);
        return;
    }
    say(out, v / 100);
    if (v % 100 == 0)
        fputs(" hundred", out);
    else if (v % 100 < 10)
        fprintf(out, " oh %s", small[v % 100]);
    else
        putc(' ', out), say(out, v % 100);
}

static size_t has_suffix(const char *s, const char *suffix)
{
    size_t n = strlen(suffix);
    return !strncasecmp(s, suffix, n) && !isalpha((unsigned char)s[n]) ? n : 0;
}

static bool plural_year(const char *s) /* the 1990s */
{
    return has_suffix(s, "s") || has_suffix(s, "'s");
}

static void say_decade(FILE *out, int v)
{
    int last = v % 100;
    say(out, v / 100);
    if (!last)
        fputs(" hundreds", out);
    else
        fprintf(out, " %.*sies", (int)strlen(tens[last / 10]) - 1, tens[last / 10]);
}

void itn_say_en(const char **s, FILE *out)
{
    struct itn_figure f;
    bool dollars = **s == '$';
    if (!dollars && !isdigit((unsigned char)**s)) *s += 3; /* another currency's sign */
    if (dollars) (*s)++;
    size_t used = itn_figure(*s, &f);
    if (!used) {
        for (; isdigit((unsigned char)**s); (*s)++) fprintf(out, "%s ", small[**s - '0']);
        return;
    }
    *s += used;
    size_t th = 0;
    static const char *const suffix[] = {"th", "st", "nd", "rd"};
    for (int i = 0; i < 4 && !th; i++) th = has_suffix(*s, suffix[i]);
    bool year = !dollars && !f.grouped && !*f.fraction && f.whole >= 1100 && f.whole < 2100 && !f.digits[4];
    if (th && !*f.fraction) {
        say_ordinal(out, f.whole);
        *s += th;
    } else if (year && plural_year(*s) && f.whole % 10 == 0) {
        say_decade(out, (int)f.whole);
        *s += **s == '\'' ? 2 : 1;
    } else if (year && f.whole % 1000) {
        say_year(out, (int)f.whole);
    } else if (**s == ':' && isdigit((unsigned char)(*s)[1]) && isdigit((unsigned char)(*s)[2])) {
        int minutes = ((*s)[1] - '0') * 10 + (*s)[2] - '0';
        say(out, f.whole);
        if (minutes) fputs(minutes < 10 ? " oh " : " ", out), say(out, minutes);
        *s += 3;
    } else {
        say(out, f.whole);
        if (*f.fraction) fputs(" point", out);
        for (const char *d = f.fraction; *d; d++) fprintf(out, " %s", small[*d - '0']);
    }
    if (**s == '%') {
        fputs(" percent", out);
        (*s)++;
    }
    if (dollars) fputs(" dollars", out);
    if (isalpha((unsigned char)**s)) putc(' ', out);
}

/* ---- writing what was said in figures ---- */

enum kind { NONE, UNIT, TEEN, TENS, HUNDRED, BIG, OH, ORDINAL };
struct part {
    enum kind kind;
    int64_t v;
};

static int index_of(const char *s, size_t n, const char *const *list, int from, int to)
{
    for (int i = from; i < to; i++)
        if (strlen(list[i]) == n && !strncasecmp(s, list[i], n)) return i;
    return -1;
}

static struct part classify(const char *s, size_t n)
{
    int k;
    if ((k = index_of(s, n, small, 1, 10)) > 0) return (struct part){UNIT, k};
    if ((k = index_of(s, n, small, 10, 20)) > 0) return (struct part){TEEN, k};
    if ((k = index_of(s, n, tens, 2, 10)) > 0) return (struct part){TENS, k * 10};
    if ((k = index_of(s, n, ordinals, 1, 20)) > 0) return (struct part){ORDINAL, k};
    if ((k = index_of(s, n, tens_th, 2, 10)) > 0) return (struct part){ORDINAL, k * 10};
    static const char *const big[] = {"hundred", "thousand", "million", "billion", "oh"};
    static const struct part parts[] = {
        {HUNDRED, 100}, {BIG, 1000}, {BIG, 1000000}, {BIG, 1000000000}, {OH, 0}};
    k = index_of(s, n, big, 0, 5);
    return k >= 0 ? parts[k] : (struct part){NONE, 0};
}

struct spoken {
    struct part part[16];
    int word[16]; /* index of the word each part is in */
    int n;
    size_t sign; /* length of the signs after the last word */
};

static size_t body(const char *s)
{
    size_t n = strlen(s);
    while (n && strchr(".,?!;:", s[n - 1])) n--;
    return n;
}

/* Splits words into number parts, "twenty-five" into two; stops where a word is none, or a sign ends it. */
static void collect(const struct moim_word *w, int n, struct spoken *sp)
{
    sp->n = 0;
    for (int i = 0; i < n && sp->n < 14; i++) {
        const char *s = w[i].text;
        size_t len = body(s), at = 0;
        int before = sp->n;
        if (len == 3 && !strncasecmp(s, "and", 3) && !s[len] && sp->n &&
            sp->part[sp->n - 1].kind >= HUNDRED && sp->part[sp->n - 1].kind <= BIG)
            continue;
        while (at < len) {
            size_t k = 0;
            while (at + k < len && s[at + k] != '-') k++;
            struct part p = classify(s + at, k);
            if (p.kind == NONE || sp->n >= 15) {
                sp->n = before;
                return;
            }
            sp->word[sp->n] = i;
            sp->part[sp->n++] = p;
            at += k + 1;
        }
        if (s[len] || (sp->n && sp->part[sp->n - 1].kind == ORDINAL)) return;
    }
}

/* A number below a hundred at part i; how many parts it takes. ordinal tells whether it ended in one. */
static int below_hundred(const struct spoken *sp, int i, int64_t *v, bool *ordinal)
{
    const struct part *p = &sp->part[i];
    int left = sp->n - i;
    *ordinal = false;
    if (left <= 0) return 0;
    *v = p->v;
    if (p->kind == UNIT || p->kind == TEEN) return 1;
    if (p->kind == ORDINAL) {
        *ordinal = true;
        return 1;
    }
    if (p->kind != TENS) return 0;
    if (left > 1 && (p[1].kind == UNIT || (p[1].kind == ORDINAL && p[1].v < 10))) {
        *v += p[1].v;
        *ordinal = p[1].kind == ORDINAL;
        return 2;
    }
    return 1;
}

/* [teen or tens] [tens or oh unit]: a year or a house number; parts taken, 0 for none. */
static int pair(const struct spoken *sp, int64_t *v)
{
    int64_t a, b;
    bool ordinal;
    int used = below_hundred(sp, 0, &a, &ordinal);
    if (!used || ordinal || a < 11 || a > 20) return 0;
    if (used < sp->n && sp->part[used].kind == OH && used + 1 < sp->n && sp->part[used + 1].kind == UNIT) {
        *v = a * 100 + sp->part[used + 1].v;
        return used + 2;
    }
    int more = below_hundred(sp, used, &b, &ordinal);
    if (!more || ordinal || b < 10) return 0;
    *v = a * 100 + b;
    return used + more;
}

static int cardinal(const struct spoken *sp, int64_t *v, bool *ordinal)
{
    int64_t total = 0, group = 0, last = INT64_MAX, x;
    int i = 0;
    *ordinal = false;
    while (i < sp->n && !*ordinal) {
        enum kind kind = sp->part[i].kind;
        int used = group % 100 == 0 ? below_hundred(sp, i, &x, ordinal) : 0;
        if (used) {
            if (*ordinal && group == 0 && total == 0 && i) break;
            group += x;
            i += used;
        } else if (kind == HUNDRED && group >= 1 && group < 100) {
            group *= 100;
            i++;
        } else if (kind == BIG && group > 0 && sp->part[i].v < last) {
            last = sp->part[i].v;
            total += group * last;
            group = 0;
            i++;
        } else {
            break;
        }
    }
    *v = total + group;
    return i;
}

static void figures(char *out, size_t cap, int64_t v, bool commas)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%lld", (long long)v), k = 0;
    for (int i = 0; i < n && (size_t)k + 2 < cap; i++) {
        if (i && commas && (n - i) % 3 == 0) out[k++] = ',';
        out[k++] = digits[i];
    }
    out[k] = 0;
}

static const char *ordinal_suffix(int64_t v)
{
    static const char *const suffix[] = {"th", "st", "nd", "rd"};
    int64_t last = v % 10;
    return v % 100 / 10 == 1 || last > 3 ? "th" : suffix[last];
}

static bool is_word(const struct moim_word *w, const char *text)
{
    return !strncasecmp(w->text, text, strlen(text)) && body(w->text) == strlen(text);
}

void itn_match_en(const struct moim_word *w, int n, struct itn_match *m)
{
    struct spoken sp;
    int64_t v = 0;
    bool ordinal = false;
    m->used = 0;
    collect(w, n, &sp);
    if (!sp.n) return;
    int parts = pair(&sp, &v);
    bool year = parts > 0;
    if (!parts) parts = cardinal(&sp, &v, &ordinal);
    /* Parts of a hyphenated word stay together. */
    if (!parts || (parts < sp.n && sp.word[parts] == sp.word[parts - 1])) return;
    int used = sp.word[parts - 1] + 1;
    const char *sign = w[used - 1].text + body(w[used - 1].text);
    bool more = used < n && !*sign;
    bool percent = more && (is_word(&w[used], "percent") || is_word(&w[used], "per-cent"));
    bool dollars = more && (is_word(&w[used], "dollars") || is_word(&w[used], "bucks"));
    if (ordinal ? v < 10 : v < 10 && !percent && !dollars) return;
    char figure[64];
    figures(figure, sizeof figure, v, !year && v >= 1000);
    m->used = used + (percent || dollars);
    if (percent || dollars) sign = w[used].text + body(w[used].text);
    snprintf(m->out, sizeof m->out, "%s%s%s%s%.8s", dollars ? "$" : "", figure,
             ordinal ? ordinal_suffix(v) : "", percent ? "%" : "", sign);
}
