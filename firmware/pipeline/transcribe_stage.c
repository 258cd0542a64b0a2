#include "firmware/pipeline/transcribe_stage.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/import_sound.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Appends list's lines and takes ownership of their strings. */
static int take_lines(struct moim_heard *all, struct moim_segment *list, int n, int speaker)
{
    struct moim_segment *grown = realloc(all->list, sizeof *grown * (size_t)(all->n + n + 1));
    if (!grown) {
        moim_segments_free(list, n);
        return MOIM_ENOMEM;
    }
    all->list = grown;
    for (int i = 0; i < n; i++) {
        if (speaker) list[i].speaker = speaker;
        grown[all->n++] = list[i];
    }
    free(list);
    return MOIM_OK;
}

static int hear(struct moim_engine *e, const char *audio, const struct moim_transcribe_options *o,
                int speaker, struct moim_heard *all, struct moim_err *err)
{
    struct moim_transcript t;
    struct moim_segment *list;
    int n = 0, rc = moim_transcribe(e, audio, o, &t, err);
    if (rc) return rc;
    rc = moim_transcript_lines(&t, &list, &n, err);
    if (t.duration > all->duration) all->duration = t.duration;
    all->damaged |= t.damaged;
    if (n > all->said || !*all->lang) snprintf(all->lang, sizeof all->lang, "%s", t.lang), all->said = n;
    moim_transcript_free(&t);
    if (!rc && take_lines(all, list, n, speaker)) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    return rc;
}

static int by_start(const void *a, const void *b)
{
    const struct moim_segment *x = a, *y = b;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    return x->speaker - y->speaker;
}

int moim_hear_parties(struct moim_engine *e, const char *audio, const struct moim_transcribe_options *o,
                      const struct moim_parties *p, struct moim_heard *all, struct moim_err *err)
{
    struct moim_transcribe_options own = *o;
    memset(all, 0, sizeof *all);
    int rc = p->n < 2 ? hear(e, audio, &own, 0, all, err) : MOIM_OK;
    for (int k = 0; !rc && p->n > 1 && k < p->n; k++) {
        struct moim_part part = p->part[k];
        if (p->call && k == MOIM_PART_NEAR) part.far = &p->part[MOIM_PART_FAR];
        own.part = &part;
        rc = hear(e, audio, &own, k + 1, all, err);
    }
    if (!rc && all->n) qsort(all->list, (size_t)all->n, sizeof *all->list, by_start);
    return rc;
}

char *moim_party_name(const struct moim_parties *p, int number, const char *lang)
{
    static const char *const side[2][2] = {{"This side", "Far side"}, {"우리 쪽", "상대 쪽"}};
    char *name;
    if (p->call) return strdup(side[!strcmp(lang, "ko")][number - 1]);
    if (*p->part[number - 1].name) return strdup(p->part[number - 1].name);
    return asprintf(&name, "%s %d", !strcmp(lang, "ko") ? "채널" : "Channel", number) < 0 ? NULL : name;
}

/* Names a party that speaks and has no name. */
static int name_party(struct moim_store *s, int64_t meeting, const struct moim_segment *list, int n,
                      int number, const char *name, struct moim_err *err)
{
    bool speaks = false;
    for (int i = 0; i < n; i++) {
        if (list[i].speaker != number) continue;
        speaks = true;
        if (*list[i].speaker_name) return MOIM_OK;
    }
    return speaks ? moim_speaker_rename(s, meeting, number, name, err) : MOIM_OK;
}

static int name_parties(struct moim_store *s, int64_t meeting, const struct moim_parties *p, const char *lang,
                        struct moim_err *err)
{
    struct moim_segment *list;
    int n, rc = moim_segments_get(s, meeting, &list, &n, err);
    if (rc) return rc;
    for (int k = 0; !rc && k < p->n; k++) {
        char *name = moim_party_name(p, k + 1, lang);
        rc = name ? name_party(s, meeting, list, n, k + 1, name, err)
                  : moim_fail(err, MOIM_ENOMEM, "out of memory");
        free(name);
    }
    moim_segments_free(list, n);
    return rc;
}

int moim_name_party(struct moim_store *s, int64_t meeting, const struct moim_parties *p, int party,
                    int number, int place, const char *lang, struct moim_err *err)
{
    struct moim_segment *list = NULL;
    int n = 0, rc = moim_segments_get(s, meeting, &list, &n, err);
    char *name = rc ? NULL : moim_party_name(p, party + 1, lang), *numbered = NULL;
    if (name && place > 1 && asprintf(&numbered, "%s %d", name, place) < 0) numbered = NULL;
    if (!rc && (!name || (place > 1 && !numbered))) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    if (!rc) rc = name_party(s, meeting, list, n, number, numbered ? numbered : name, err);
    free(name);
    free(numbered);
    moim_segments_free(list, n);
    return rc;
}

static int store_lines(struct moim_store *s, const struct moim_meeting *m, const struct moim_heard *all,
                       const struct moim_parties *p, struct moim_err *err)
{
    int rc = moim_store_begin(s, err);
    if (rc) return rc;
    rc = moim_segments_put(s, m->id, all->list, all->n, all->lang, MOIM_RESCORED, err);
    if (!rc) rc = name_parties(s, m->id, p, all->lang, err);
    return moim_store_end(s, rc, err);
}

/* The lines of all parties in order; *all and *p are released by the caller, whatever comes back. */
static int hear_meeting(struct moim_engine *e, const struct moim_meeting *m, struct moim_store *s,
                        const struct moim_transcribe_options *o, struct moim_parties *p,
                        struct moim_heard *all, struct moim_err *err)
{
    char audio[4096];
    int rc = moim_audio_path(s, m->audio, audio, sizeof audio, err);
    if (!rc) rc = moim_stored_parties(audio, p, err);
    return rc ? rc : moim_hear_parties(e, audio, o, p, all, err);
}

int moim_transcribe_meeting(struct moim_engine *e, struct moim_store *s, const struct moim_meeting *m,
                            const struct moim_transcribe_options *o, struct moim_err *err)
{
    struct moim_parties p = {.n = 0};
    struct moim_heard all = {.list = NULL};
    int rc = hear_meeting(e, m, s, o, &p, &all, err);
    if (!rc) rc = store_lines(s, m, &all, &p, err);
    moim_segments_free(all.list, all.n);
    moim_parties_clear(&p);
    return rc;
}

int moim_transcribe_part(struct moim_engine *e, struct moim_store *s, const struct moim_meeting *m,
                         const struct moim_transcribe_options *o, struct moim_err *err)
{
    struct moim_parties p = {.n = 0};
    struct moim_heard all = {.list = NULL};
    int rc = hear_meeting(e, m, s, o, &p, &all, err);
    if (!rc && !all.n)
        rc = moim_fail_why(err, MOIM_EINVAL, "no_speech",
                           "no speech was found there: the lines stay as they are");
    if (!rc) rc = moim_segments_put_part(s, m->id, all.list, all.n, o->from, o->to, err);
    moim_segments_free(all.list, all.n);
    moim_parties_clear(&p);
    return rc;
}

int moim_speakers_by_channel(struct moim_store *s, const struct moim_meeting *m, bool *known,
                             struct moim_err *err)
{
    char audio[4096];
    struct moim_parties p;
    *known = false;
    int rc = moim_audio_path(s, m->audio, audio, sizeof audio, err);
    if (!rc) rc = moim_stored_parties(audio, &p, err);
    if (rc) return rc;
    *known = p.n > 1 && !p.call;
    moim_parties_clear(&p);
    return *known ? moim_meeting_set_state(s, m->id, MOIM_DIARIZED, err) : MOIM_OK;
}
