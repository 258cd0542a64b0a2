#include "summarize/evidence.h"
#include "summarize/findings_int.h"
#include "summarize/note_style.h"
#include "summarize/tagger_grams.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUOTED_MOST 6
#define QUOTE_MOST 360 /* bytes of a turn that are quoted whole */

/* A sentence as it may be quoted: hesitations and blanks at its ends are left out. Freed by the caller. */
static char *cleaned(const struct moim_hunt *h, const char *text, size_t n)
{
    char *copy = strndup(text, n);
    if (!copy) return NULL;
    h->lang->fluent(copy);
    size_t lead = strspn(copy, " .,"), len = strlen(copy + lead);
    memmove(copy, copy + lead, len + 1);
    while (len && strchr(" ,", copy[len - 1])) copy[--len] = 0;
    return copy;
}

/* The words of a turn that matter: all when it is short, else the sentence that speaks for the tag, with those
 * beside it while they fit. */
static char *quote_turn(const struct moim_hunt *h, int turn, enum moim_tag tag)
{
    const char *all = h->req->turns[turn].text;
    if (strlen(all) <= QUOTE_MOST) return cleaned(h, all, strlen(all));
    int a = moim_hunt_unit(h, turn, tag), b = a;
    size_t len = strlen(h->in.unit[a].text);
    for (bool more = true; more;) {
        more = false;
        if (b + 1 < h->in.first[turn + 1] && len + strlen(h->in.unit[b + 1].text) < QUOTE_MOST)
            len += strlen(h->in.unit[++b].text) + 1, more = true;
        if (a > h->in.first[turn] && len + strlen(h->in.unit[a - 1].text) < QUOTE_MOST)
            len += strlen(h->in.unit[--a].text) + 1, more = true;
    }
    char *text = calloc(1, len + (size_t)(b - a) + 2), *clean;
    if (!text) return NULL;
    for (int i = a; i <= b; i++) {
        if (i > a) strcat(text, " ");
        strcat(text, h->in.unit[i].text);
    }
    clean = cleaned(h, text, strlen(text));
    free(text);
    return clean;
}

/* Content is counted in pairs of syllables or in words; a sentence of either language has about so many. */
static bool says_enough(const struct moim_hunt *h, int content)
{
    return content >= h->lang->amount.enough;
}

/* A short question by another that turn t answers: "의공학과 불렀어?" */
static bool asks_before(const struct moim_hunt *h, int t)
{
    if (t < 1 || strlen(h->req->turns[t - 1].text) > 120 || h->in.n_content[t - 1] < 2) return false;
    if (h->in.speaker[t - 1] >= 0 && h->in.speaker[t - 1] == h->in.speaker[t]) return false;
    for (int i = h->in.first[t - 1]; i < h->in.first[t]; i++)
        if (h->in.unit[i].cue.act == MOIM_ACT_ASK) return true;
    return false;
}

/* Turns that say little ("네, 제가 받아 올게요") get those before them that say what about. */
static int with_context(const struct moim_hunt *h, int turn[QUOTED_MOST], int n)
{
    int content = 0, more = 0;
    for (int i = 0; i < n; i++) content += h->in.n_content[turn[i]];
    for (int t = turn[0] - 1; t >= 0 && more < 2 && n < QUOTED_MOST && !says_enough(h, content); t--) {
        if (turn[0] - t > 3) break;
        if (h->in.n_content[t] < h->lang->amount.context) continue;
        memmove(turn + 1, turn, sizeof *turn * (size_t)n++);
        turn[0] = t;
        content += h->in.n_content[t];
        more++;
    }
    if (n < QUOTED_MOST && asks_before(h, turn[0])) {
        memmove(turn + 1, turn, sizeof *turn * (size_t)n++);
        turn[0]--;
    }
    return n;
}

/* Turns of the finding that are quoted: what it is about and what makes it, and of a decision the other proposals
 * just before, of which one may name what the settling turn only agrees to. Ascending. */
static int quoted_turns(const struct moim_hunt *h, const struct moim_finding *f, int other,
                        int turn[QUOTED_MOST])
{
    int n = 0;
    for (int t = f->head - 6 > 0 ? f->head - 6 : 0; t < f->head && n < QUOTED_MOST - 2; t++) {
        bool proposal = f->kind == MOIM_FOUND_DECISION && h->t.tag[t][MOIM_TAG_PROPOSES] > 0.3F;
        if (proposal && t > other) turn[n++] = t;
    }
    if (other >= 0 && other < f->head) {
        memmove(turn + 1, turn, sizeof *turn * (size_t)n++);
        turn[0] = other;
    }
    turn[n++] = f->head;
    if (other > f->head) turn[n++] = other;
    return with_context(h, turn, n);
}

/* “request” – “answer” */
static char *quote(const struct moim_hunt *h, struct moim_finding *f, int other, enum moim_tag tag)
{
    int turn[QUOTED_MOST], n = quoted_turns(h, f, other, turn);
    char *text = strdup("");
    for (int i = 0; text && i < n; i++) {
        moim_finding_cite(f, turn[i]);
        char *one = quote_turn(h, turn[i], turn[i] == f->head ? tag : MOIM_TAG_PROPOSES), *more = NULL;
        if (!one || asprintf(&more, "%s%s“%s”", text, i ? " – " : "", one) < 0) more = NULL;
        free(one);
        free(text);
        text = more;
    }
    return text;
}

/* "그거 제가 할게요": only the turns before tell what about. */
bool moim_hunt_points(const char *text)
{
    static const char *const word[] = {"그거",   "그건",   "그걸",  "그게",    "이거",  "이건",  "이걸",
                                       "이게",   "그분",   "그 분", "그 사람", "그 집", "걔",    "그때",
                                       "그렇게", "이렇게", "저거",  "그쪽",    "거기",  " that", " it ",
                                       " it.",   " this",  "them",  " him ",   " him.", " her.", " those"};
    for (size_t i = 0; i < sizeof word / sizeof *word; i++)
        if (strstr(text, word[i])) return true;
    return false;
}

/* Pairs of syllables and words of content: "견적서 보내기" has five, "마무리" two. */
static int content_of(const char *text)
{
    uint32_t *id;
    int n;
    if (moim_tagger_content(text, &id, &n)) return 0;
    free(id);
    return n;
}

/* The sentence as a note, when its ending is one the rules know and it says enough by itself. */
static bool as_note(const struct moim_hunt *h, const struct moim_finding *f, int unit,
                    char note[MOIM_NOTE_MAX])
{
    const struct moim_tagger_unit *u = &h->in.unit[unit];
    enum moim_act act = u->cue.act;
    bool fits = f->kind == MOIM_FOUND_DECISION ? act == MOIM_ACT_DECIDE || act == MOIM_ACT_PROPOSE
                : f->kind == MOIM_FOUND_ACTION ? act == MOIM_ACT_PROMISE || act == MOIM_ACT_REQUEST
                                               : act == MOIM_ACT_ASK;
    char name[512];
    size_t from = 0, to = 0;
    bool sure = u->cue.sure || f->probability > 0.5F || (act == MOIM_ACT_REQUEST && u->addressee >= 0);
    if (!fits || !sure || moim_hunt_points(u->text) || strlen(u->text) >= MOIM_NOTE_MAX / 2) return false;
    if (act == MOIM_ACT_REQUEST)
        moim_note_addressee(u->text, h->in.person, h->in.n_persons, h->in.speaker[u->turn], name, sizeof name,
                            &from, &to);
    moim_note_write(h->lang, note, u->text, act, h->req->date, from, to);
    return *note && (!h->lang->vague(note) || content_of(note) >= h->lang->amount.note) &&
           moim_text_covered(note, u->text) >= 0.4;
}

static int finish(struct moim_finding *f, const char *source, const char *context, char *text)
{
    f->text = text;
    f->source = strdup(source);
    f->context = strdup(context);
    return f->text && f->source && f->context ? MOIM_OK : MOIM_ENOMEM;
}

bool moim_hunt_thin(const struct moim_hunt *h, int turn)
{
    return h->in.n_content[turn] < h->lang->amount.thin;
}

char *moim_hunt_quote(const struct moim_hunt *h, const struct moim_finding *f)
{
    char *text = strdup("");
    for (int i = 0; text && i < f->n_turns; i++) {
        char *one = quote_turn(h, f->turns[i], MOIM_TAG_TASK), *more = NULL;
        if (!one || asprintf(&more, "%s%s“%s”", text, i ? " – " : "", one) < 0) more = NULL;
        free(one);
        free(text);
        text = more;
    }
    return text;
}

int moim_hunt_word(const struct moim_hunt *h, struct moim_finding *f)
{
    static const enum moim_tag of[] = {MOIM_TAG_DECISION, MOIM_TAG_TASK, MOIM_TAG_QUESTION};
    enum moim_tag tag = of[f->kind];
    int unit = moim_hunt_unit(h, f->head, tag), other = f->about >= 0 ? f->about : f->accept;
    char note[MOIM_NOTE_MAX];
    const char *context = "";
    if (other >= 0) context = h->in.unit[moim_hunt_unit(h, other, MOIM_TAG_PROPOSES)].text;
    bool whole = h->in.first[f->head + 1] - h->in.first[f->head] == 1;
    /* An answer that says more than yes is quoted with what it answers. */
    bool plain = f->accept < 0 || h->in.n_content[f->accept] < h->lang->amount.more_than_yes;
    if (whole && plain && !moim_hunt_thin(h, f->head) && as_note(h, f, unit, note))
        return finish(f, h->in.unit[unit].text, context, strdup(note));
    /* "네, 그렇게 하시죠": accepts the proposal before it. */
    int p =
        f->kind == MOIM_FOUND_DECISION && f->about >= 0 ? moim_hunt_unit(h, f->about, MOIM_TAG_PROPOSES) : -1;
    if (p >= 0 && h->in.unit[unit].cue.act == MOIM_ACT_SO && as_note(h, f, p, note))
        return finish(f, h->in.unit[unit].text, context, strdup(note));
    f->quoted = f->vague = true;
    return finish(f, h->in.unit[unit].text, context, quote(h, f, other, tag));
}
