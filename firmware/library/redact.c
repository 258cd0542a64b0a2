#include "firmware/library/redact.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/document_add.h"
#include "firmware/library/redact_marks.h"
#include "firmware/library/removal.h"
#include "firmware/library/sound_mute.h"
#include "storage/minutes_lines.h"
#include "storage/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MARGIN 0.15 /* seconds around a word: a recogniser's times are not exact */

struct redactor {
    const struct moim_redaction *how;
    struct moim_whole w;
    char **word; /* [n] all that is looked for: the user's words and the speakers' names */
    int n;
    const char *with;
    struct moim_mutes mutes;
    bool *gone;  /* [n_segments] said in the stretch of time */
    bool failed; /* for want of memory */
    struct moim_redacted *done;
};

/* ---- what is looked for ---- */

static bool look_for(struct redactor *r, const char *word, size_t n)
{
    char **grown = realloc(r->word, ((size_t)r->n + 1) * sizeof *grown);
    if (!grown) return false;
    r->word = grown;
    if (!(grown[r->n] = strndup(word, n))) return false;
    r->n++;
    return true;
}

/* A Korean name of three syllables is also said without the family's. */
static bool look_for_name(struct redactor *r, const char *name)
{
    size_t n = strlen(name);
    bool korean = n == 9;
    for (size_t i = 0; korean && i < 9; i += 3)
        korean = (unsigned char)name[i] >= 0xea && (unsigned char)name[i] <= 0xed;
    return look_for(r, name, n) && (!korean || look_for(r, name + 3, 6));
}

static bool gather(struct redactor *r)
{
    bool ok = true;
    for (int i = 0; ok && i < r->how->n_words; i++)
        ok = look_for(r, r->how->words[i], strlen(r->how->words[i]));
    for (int i = 0; ok && r->how->names && i < r->w.doc.n_segments; i++) {
        const char *name = r->w.segments[i].speaker_name;
        bool first = *name;
        for (int j = 0; first && j < r->n; j++) first = strcmp(r->word[j], name) != 0;
        if (first) ok = look_for_name(r, name);
    }
    return ok;
}

/* ---- texts ---- */

/* hit[] for a text, calloc'ed; *any tells whether there is something. */
static bool *marks_of(const struct redactor *r, const char *text, bool *any)
{
    size_t n = strlen(text);
    bool *hit = calloc(n + 1, sizeof *hit);
    *any = false;
    if (!hit) return NULL;
    for (int i = 0; i < r->n; i++) moim_mark_word(text, r->word[i], hit);
    if (r->how->numbers) moim_mark_numbers(text, hit);
    for (size_t i = 0; i < n; i++) *any |= hit[i];
    return hit;
}

/* Replaces in a text that has no times; 1 where it was changed, 0, or MOIM_ENOMEM. */
static int redact_text(const struct redactor *r, char **text)
{
    bool any, *hit = marks_of(r, *text, &any);
    char *out = hit && any ? moim_unmarked(*text, hit, r->with) : NULL;
    int rc = !hit || (any && !out) ? MOIM_ENOMEM : any;
    free(hit);
    if (!out) return rc;
    free(*text);
    *text = out;
    return rc;
}

/* ---- lines ---- */

static bool mute(struct redactor *r, double from, double to)
{
    struct moim_mutes *m = &r->mutes;
    struct moim_mute *grown = realloc(m->list, ((size_t)m->n + 1) * sizeof *grown);
    if (!grown) return false;
    m->list = grown;
    m->list[m->n++] = (struct moim_mute){fmax(from - MARGIN, 0), to + MARGIN};
    return true;
}

/* The words said in the stretch, by their middle. */
static void mark_stretch(const struct redactor *r, const struct moim_line_words *w, bool *hit)
{
    for (int i = 0; i < w->n; i++) {
        const struct moim_line_word *x = &w->list[i];
        double middle = (x->start + x->end) / 2;
        if (middle >= r->how->from && middle < r->how->to)
            memset(hit + x->from, true, (x->to - x->from) * sizeof *hit);
    }
}

/* The words that stay, and their times; what goes is silenced. False when memory runs out. */
static bool keep_words(struct redactor *r, const struct moim_segment *g, const struct moim_line_words *w,
                       const bool *hit, struct moim_word *kept, int *n)
{
    bool ok = true, timed = g->n_words > 0;
    *n = 0;
    for (int i = 0; ok && i < w->n; i++) {
        const struct moim_line_word *x = &w->list[i];
        bool goes = false;
        for (size_t k = x->from; k < x->to; k++) goes |= hit[k];
        if (goes && timed) ok = mute(r, x->start, x->end);
        if (!goes && x->heard) kept[(*n)++] = *x->heard;
    }
    return ok && (timed || mute(r, g->start, g->end));
}

static int change_line(struct redactor *r, struct moim_segment *g, const struct moim_line_words *w,
                       const bool *hit)
{
    struct moim_line_span span = {g->start, g->end, g->confidence};
    struct moim_word *kept = calloc((size_t)w->n + 1, sizeof *kept), *fitted = NULL;
    char *text = moim_unmarked(g->text, hit, r->with);
    int n = 0, n_fitted = 0, rc = MOIM_ENOMEM;
    if (kept && text && keep_words(r, g, w, hit, kept, &n))
        rc = g->n_words ? moim_line_words_fit(text, kept, n, span, &fitted, &n_fitted) : MOIM_OK;
    free(kept); /* strings are the segment's */
    if (rc) {
        free(text);
        return rc;
    }
    moim_words_free(g->words, g->n_words);
    g->words = fitted;
    g->n_words = n_fitted;
    free(g->text);
    g->text = text;
    r->done->lines++;
    return MOIM_OK;
}

static int redact_line(struct redactor *r, int at)
{
    struct moim_segment *g = &r->w.segments[at];
    struct moim_line_words w;
    struct moim_line_span span = {g->start, g->end, g->confidence};
    bool any, *hit = marks_of(r, g->text, &any);
    r->gone[at] = r->how->to > r->how->from && g->start < r->how->to && g->end > r->how->from;
    int rc = hit ? moim_line_words_read(&w, g->text, g->words, g->n_words, span) : MOIM_ENOMEM;
    if (!rc && r->gone[at]) mark_stretch(r, &w, hit);
    for (size_t i = 0; !rc && g->text[i]; i++) any |= hit[i];
    if (!rc && any) rc = change_line(r, g, &w, hit);
    if (hit && !rc) *g->first_pass = 0; /* what was heard before says it too */
    if (!rc || hit) moim_line_words_free(&w);
    free(hit);
    return rc;
}

/* ---- all of it ---- */

static int redact_items(struct redactor *r)
{
    int kept = 0;
    for (int i = 0; i < r->w.doc.n_items; i++) {
        struct moim_item *it = &r->w.items[i];
        bool gone = false;
        for (int e = 0; e < it->n_evidence; e++)
            for (int k = 0; k < r->w.doc.n_segments; k++)
                gone |= r->gone[k] && r->w.segments[k].id == it->evidence[e];
        int a = redact_text(r, &it->text), b = redact_text(r, &it->owner), c = redact_text(r, &it->due_text);
        if (a < 0 || b < 0 || c < 0) r->failed = true; /* the list is made whole all the same */
        r->done->items += gone || a || b || c;
        if (gone)
            moim_item_clear(it);
        else
            r->w.items[kept++] = *it;
    }
    r->w.doc.n_items = kept;
    return r->failed ? MOIM_ENOMEM : MOIM_OK;
}

static int redact_document(struct redactor *r)
{
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < r->w.doc.n_segments; i++) rc = redact_line(r, i);
    for (int i = 0; !rc && i < r->w.doc.n_segments; i++) {
        char *name = r->w.segments[i].speaker_name;
        if (r->how->names)
            *name = 0;
        else if (redact_text(r, &r->w.segments[i].speaker_name) < 0)
            rc = MOIM_ENOMEM;
    }
    for (int i = 0; !rc && i < r->w.doc.n_bookmarks; i++)
        if (redact_text(r, &r->w.bookmarks[i].note) < 0) rc = MOIM_ENOMEM;
    if (!rc && redact_text(r, &r->w.meeting.title) < 0) rc = MOIM_ENOMEM;
    return rc ? rc : redact_items(r);
}

static int in_time(const void *a, const void *b)
{
    const struct moim_mute *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

/* Sorted, and each second once. */
static void join_mutes(struct redactor *r)
{
    struct moim_mutes *m = &r->mutes;
    int n = 0;
    if (m->n) qsort(m->list, (size_t)m->n, sizeof *m->list, in_time);
    for (int i = 0; i < m->n; i++) {
        if (n && m->list[i].start <= m->list[n - 1].end)
            m->list[n - 1].end = fmax(m->list[n - 1].end, m->list[i].end);
        else
            m->list[n++] = m->list[i];
    }
    m->n = n;
    for (int i = 0; i < n && *r->w.meeting.audio; i++) r->done->seconds += m->list[i].end - m->list[i].start;
}

/* The sound without what must go, and the meeting with it. */
static int add_meeting(struct redactor *r, struct moim_store *s, int64_t *id, struct moim_err *err)
{
    char from[4200], audio[4200], *name;
    int fd = -1, rc = moim_audio_path(s, r->w.meeting.audio, from, sizeof from, err);
    bool sound = *r->w.meeting.audio;
    if (!rc && sound) rc = moim_sound_create(s, audio, sizeof audio, &fd, err);
    if (!rc && sound) rc = moim_sound_mute(from, audio, fd, &r->mutes, err);
    if (!rc && sound) {
        name = strdup(strrchr(audio, '/') + 1);
        if (name) {
            free(r->w.meeting.audio);
            r->w.meeting.audio = name;
        } else {
            rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
        }
    }
    *r->w.meeting.source = 0; /* the original's path may tell */
    if (!rc) rc = moim_document_add(s, &r->w.doc, id, err);
    if (rc && fd >= 0) unlink(audio);
    if (fd >= 0) close(fd);
    return rc;
}

static int run(struct redactor *r, struct moim_store *s, int64_t *id, struct moim_err *err)
{
    struct moim_redacted *done = r->done;
    r->with = !strcmp(r->w.meeting.language, "ko") ? "○○○" : "[…]";
    r->gone = calloc((size_t)r->w.doc.n_segments + 1, sizeof *r->gone);
    int rc = r->gone && gather(r) ? redact_document(r) : MOIM_ENOMEM;
    bool stretch = r->how->to > r->how->from;
    if (!rc && stretch && !mute(r, r->how->from + MARGIN, r->how->to - MARGIN)) rc = MOIM_ENOMEM;
    if (rc) return moim_fail(err, rc, "out of memory");
    if (!done->lines && !done->items && !stretch && !r->how->names)
        return moim_fail(err, MOIM_EINVAL, "meeting %lld holds nothing of the kind",
                         (long long)r->w.meeting.id);
    join_mutes(r);
    r->mutes.tone = r->how->tone;
    return add_meeting(r, s, id, err);
}

int moim_redact(struct moim_store *s, int64_t meeting, const struct moim_redaction *how, int64_t *id,
                struct moim_redacted *done, struct moim_err *err)
{
    struct redactor r = {.how = how, .done = done};
    struct moim_meeting_lock lock;
    struct moim_meeting m;
    *done = (struct moim_redacted){0};
    int rc = moim_meeting_lock(s, meeting, &lock, &m, err);
    if (rc) return rc;
    rc = moim_whole_load(s, meeting, &r.w, err);
    if (!rc) {
        rc = run(&r, s, id, err);
        moim_whole_free(&r.w);
    }
    for (int i = 0; i < r.n; i++) free(r.word[i]);
    free(r.word);
    free(r.gone);
    free(r.mutes.list);
    moim_meeting_unlock(&lock);
    moim_meeting_clear(&m);
    return rc;
}
