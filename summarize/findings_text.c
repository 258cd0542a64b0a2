#include "summarize/evidence.h"
#include "summarize/findings_int.h"
#include "summarize/note.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUOTE_MOST 360 /* bytes of a turn that are quoted whole */

/* A sentence as it may be quoted: hesitations and blanks at its ends are left out. Freed by the caller. */
static char *cleaned(const struct moim_hunt *h, const char *text, size_t n)
{
    char *copy = strndup(text, n);
    if (!copy) return NULL;
    if (!h->ko) moim_note_fluent(copy);
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

/* "request" - "answer": both turns, the earlier first. */
static char *quote_pair(const struct moim_hunt *h, const struct moim_finding *f, int other, enum moim_tag tag)
{
    char *head = quote_turn(h, f->head, tag), *more = other >= 0 ? quote_turn(h, other, tag) : NULL,
         *text = NULL;
    if (head && more) {
        const char *first = other < f->head ? more : head, *second = other < f->head ? head : more;
        if (asprintf(&text, "“%s” – “%s”", first, second) < 0) text = NULL;
    } else if (head && other < 0) {
        if (asprintf(&text, "“%s”", head) < 0) text = NULL;
    }
    free(head);
    free(more);
    return text;
}

/* "그거 제가 할게요": only the turns before tell what about. */
static bool points(const char *text)
{
    static const char *const word[] = {"그거", "그건", "그걸", "이거",  "이건", "이걸", "그렇게", "이렇게",
                                       "저거", "그쪽", "거기", " that", " it ", " it.", " this",  "them"};
    for (size_t i = 0; i < sizeof word / sizeof *word; i++)
        if (strstr(text, word[i])) return true;
    return false;
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
    char name[96];
    size_t from = 0, to = 0;
    if (!fits || !u->cue.sure || points(u->text) || strlen(u->text) >= MOIM_NOTE_MAX / 2) return false;
    if (act == MOIM_ACT_REQUEST)
        moim_note_addressee(u->text, h->in.person, h->in.n_persons, h->in.speaker[u->turn], name, sizeof name,
                            &from, &to);
    moim_note_make(note, u->text, act, h->ko, h->req->date, from, to);
    return *note && !moim_note_vague(note, h->ko) && moim_text_covered(note, u->text) > 0.5;
}

static int finish(struct moim_finding *f, const char *source, const char *context, char *text)
{
    f->text = text;
    f->source = strdup(source);
    f->context = strdup(context);
    return f->text && f->source && f->context ? MOIM_OK : MOIM_ENOMEM;
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
    if (whole && h->in.n_content[f->head] >= 6 && as_note(h, f, unit, note))
        return finish(f, h->in.unit[unit].text, context, strdup(note));
    /* "네, 그렇게 하시죠": the proposal is what is settled. */
    int p =
        f->kind == MOIM_FOUND_DECISION && f->about >= 0 ? moim_hunt_unit(h, f->about, MOIM_TAG_PROPOSES) : -1;
    if (p >= 0 && h->in.unit[unit].cue.act == MOIM_ACT_SO && as_note(h, f, p, note))
        return finish(f, h->in.unit[unit].text, context, strdup(note));
    f->quoted = f->vague = true;
    return finish(f, h->in.unit[unit].text, context, quote_pair(h, f, other, tag));
}
