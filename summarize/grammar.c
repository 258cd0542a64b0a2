#include "summarize/grammar.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum op_kind { OP_BYTE, OP_STRING, OP_NUMBER, OP_CHOICE, OP_LIST, OP_LIST_END, OP_END };

struct op {
    enum op_kind kind;
    int a, b;  /* byte; longest string; least and most elements; first and last choice */
    int other; /* list: pc of its end; list end: pc of its list */
};

struct moim_grammar {
    struct op *op;
    int n;
    int limit;
    char *choice[MOIM_GRAMMAR_CHOICES];
    int n_choices;
};

static struct op *push(struct moim_grammar *g, enum op_kind kind, int a, int b)
{
    struct op *grown = realloc(g->op, sizeof *grown * (size_t)(g->n + 1));
    if (!grown) return NULL;
    g->op = grown;
    grown[g->n] = (struct op){kind, a, b, 0};
    return &grown[g->n++];
}

static int compile(struct moim_grammar *g, const char *p)
{
    int open[MOIM_GRAMMAR_DEPTH], depth = 0;
    while (*p) {
        struct op *o = NULL;
        if (*p != '%') {
            o = push(g, OP_BYTE, (uint8_t)*p++, 0);
        } else if (p[1] == '%') {
            o = push(g, OP_BYTE, '%', 0);
            p += 2;
        } else if (p[1] == 's') {
            char *end;
            o = push(g, OP_STRING, (int)strtol(p + 2, &end, 10), 0);
            p = end;
        } else if (p[1] == 'i') {
            o = push(g, OP_NUMBER, 0, 0);
            p += 2;
        } else if (p[1] == 'e') {
            int from = 0, to = MOIM_GRAMMAR_CHOICES - 1;
            p += 2;
            if (isdigit((unsigned char)*p)) {
                char *end;
                from = (int)strtol(p, &end, 10);
                if (*end != '-' || !isdigit((unsigned char)end[1])) return MOIM_EINVAL;
                to = (int)strtol(end + 1, &end, 10);
                p = end;
            }
            if (from > to || to >= MOIM_GRAMMAR_CHOICES) return MOIM_EINVAL;
            o = push(g, OP_CHOICE, from, to);
        } else if (p[1] == '[' && depth < MOIM_GRAMMAR_DEPTH) {
            char *end;
            int least = (int)strtol(p + 2, &end, 10);
            if (!*end) return MOIM_EINVAL; /* the pattern ends here: there is nothing to step over */
            int most = (int)strtol(end + 1, &end, 10);
            if (*end != ' ' || most < 1 || least > most) return MOIM_EINVAL;
            open[depth++] = g->n;
            o = push(g, OP_LIST, least, most);
            p = end + 1;
        } else if (p[1] == ']' && depth > 0) {
            o = push(g, OP_LIST_END, 0, 0);
            if (!o) return MOIM_ENOMEM;
            o->other = open[--depth];
            g->op[o->other].other = g->n - 1;
            p += 2;
        } else {
            return MOIM_EINVAL;
        }
        if (!o) return MOIM_ENOMEM;
    }
    return depth ? MOIM_EINVAL : push(g, OP_END, 0, 0) ? MOIM_OK : MOIM_ENOMEM;
}

int moim_grammar_new(struct moim_grammar **out, const char *pattern, int limit, const char *const *choices,
                     int n_choices, struct moim_err *err)
{
    *out = NULL;
    struct moim_grammar *g = calloc(1, sizeof *g);
    int rc = !g ? MOIM_ENOMEM : n_choices > MOIM_GRAMMAR_CHOICES ? MOIM_EINVAL : compile(g, pattern);
    for (int i = 0; !rc && i < n_choices; i++) {
        g->choice[i] = strdup(choices[i]);
        if (!g->choice[i]) rc = MOIM_ENOMEM;
        g->n_choices++;
    }
    if (rc) {
        moim_grammar_free(g);
        return moim_fail(err, rc,
                         rc == MOIM_ENOMEM ? "grammar: out of memory" : "grammar: the pattern is wrong");
    }
    g->limit = limit;
    *out = g;
    return MOIM_OK;
}

void moim_grammar_free(struct moim_grammar *g)
{
    if (!g) return;
    for (int i = 0; i < g->n_choices; i++) free(g->choice[i]);
    free(g->op);
    free(g);
}

void moim_grammar_start(const struct moim_grammar *g, struct moim_grammar_state *s)
{
    (void)g;
    memset(s, 0, sizeof *s);
}

static void next_op(struct moim_grammar_state *s)
{
    s->pc++;
    s->step = s->chars = s->tail = 0;
    s->number = 0;
}

/* First byte of a character: how many follow, and the range of the next one that keeps the sequence shortest
 * and no surrogate (Unicode 15, table 3-7). */
static bool begin_character(struct moim_grammar_state *s, uint8_t b)
{
    s->low = 0x80;
    s->high = 0xbf;
    if (b < 0x80) {
        s->tail = 0;
    } else if (b >= 0xc2 && b <= 0xdf) {
        s->tail = 1;
    } else if (b >= 0xe3 && b <= 0xe9) {
        return false; /* U+3000 to U+9FFF: Qwen slips into Chinese */
    } else if (b >= 0xe0 && b <= 0xef) {
        s->tail = 2;
        if (b == 0xe0) s->low = 0xa0;
        if (b == 0xed) s->high = 0x9f;
    } else if (b >= 0xf0 && b <= 0xf4) {
        s->tail = 3;
        if (b == 0xf0) s->low = 0x90;
        if (b == 0xf4) s->high = 0x8f;
    } else {
        return false;
    }
    s->chars++;
    return true;
}

static bool in_string(struct moim_grammar_state *s, int most, uint8_t b)
{
    if (s->step == 0) {
        s->step = 1;
        return b == '"';
    }
    if (s->tail) {
        if (b < s->low || b > s->high) return false;
        s->low = 0x80;
        s->high = 0xbf;
        s->tail--;
        return true;
    }
    if (b == '"') {
        if (!s->chars) return false;
        next_op(s);
        return true;
    }
    return b >= 0x20 && b != '\\' && b != 0x7f && s->chars < most && begin_character(s, b);
}

static bool in_choice(const struct moim_grammar *g, const struct op *o, struct moim_grammar_state *s,
                      uint8_t b)
{
    if (s->step == 0) {
        s->step = 1;
        s->alive = 0;
        for (int i = o->a; i <= o->b && i < g->n_choices; i++) s->alive |= UINT64_C(1) << i;
        return b == '"' && s->alive;
    }
    uint64_t still = 0;
    for (int i = 0; i < g->n_choices; i++) {
        if (!(s->alive >> i & 1)) continue;
        uint8_t want = (uint8_t)g->choice[i][s->chars];
        if (want == 0 && b == '"') {
            next_op(s);
            return true;
        }
        if (want == b && want) still |= UINT64_C(1) << i;
    }
    s->alive = still;
    s->chars++;
    return still != 0;
}

/* -1: the number ended before this byte, which belongs to what follows. */
static int in_number(const struct moim_grammar *g, struct moim_grammar_state *s, uint8_t b)
{
    if (b < '0' || b > '9') {
        if (!s->number) return 0;
        next_op(s);
        return -1;
    }
    s->number = s->number * 10 + (b - '0');
    return s->number >= 1 && s->number <= g->limit;
}

/* -1: this byte starts the list's first element. */
static int in_list(struct moim_grammar_state *s, const struct op *o, uint8_t b)
{
    if (s->step == 0) {
        s->step = 1;
        return b == '[';
    }
    if (b == ']' && o->a == 0) {
        s->pc = o->other;
        next_op(s);
        return 1;
    }
    s->count[s->depth++] = 1;
    next_op(s);
    return -1;
}

static bool in_list_end(const struct moim_grammar *g, struct moim_grammar_state *s, uint8_t b)
{
    const struct op *list = &g->op[g->op[s->pc].other];
    int *count = &s->count[s->depth - 1];
    if (b == ',' && *count < list->b) {
        ++*count;
        s->pc = g->op[s->pc].other;
        next_op(s);
        return true;
    }
    if (b != ']' || *count < list->a) return false;
    s->depth--;
    next_op(s);
    return true;
}

bool moim_grammar_accept(const struct moim_grammar *g, struct moim_grammar_state *s, uint8_t b)
{
    for (;;) {
        const struct op *o = &g->op[s->pc];
        int r = 0;
        switch (o->kind) {
        case OP_BYTE:
            if (b != o->a) return false;
            next_op(s);
            return true;
        case OP_STRING: return in_string(s, o->a, b);
        case OP_CHOICE: return in_choice(g, o, s, b);
        case OP_NUMBER: r = in_number(g, s, b); break;
        case OP_LIST: r = in_list(s, o, b); break;
        case OP_LIST_END: return in_list_end(g, s, b);
        case OP_END: return false;
        }
        if (r >= 0) return r;
    }
}

bool moim_grammar_try(const struct moim_grammar *g, struct moim_grammar_state *s, const char *bytes, size_t n)
{
    struct moim_grammar_state copy = *s;
    for (size_t i = 0; i < n; i++)
        if (!moim_grammar_accept(g, &copy, (uint8_t)bytes[i])) return false;
    *s = copy;
    return true;
}

bool moim_grammar_done(const struct moim_grammar *g, const struct moim_grammar_state *s)
{
    return g->op[s->pc].kind == OP_END;
}

size_t moim_grammar_forced(const struct moim_grammar *g, struct moim_grammar_state *s, char *out, size_t cap)
{
    size_t n = 0;
    while (n < cap && !moim_grammar_done(g, s)) {
        struct moim_grammar_state only = *s;
        int possible = 0;
        for (int b = 0; b < 256 && possible < 2; b++) {
            struct moim_grammar_state copy = *s;
            if (!moim_grammar_accept(g, &copy, (uint8_t)b)) continue;
            possible++;
            only = copy;
            out[n] = (char)b;
        }
        if (possible != 1) break;
        *s = only;
        n++;
    }
    return n;
}
