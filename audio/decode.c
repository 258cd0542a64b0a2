#include "audio/decode.h"
#include "audio/container.h"
#include "audio/declip.h"
#include "audio/echo_lane.h"
#include "audio/gain.h"
#include "audio/lane.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 4096
#define TRACKS_MOST MOIM_CHANNELS_MOST

struct moim_reader {
    struct moim_sound *sound, *own; /* own: closed with the reader */
    struct moim_lane *lane[TRACKS_MOST];
    float weight[TRACKS_MOST], *block; /* of each track, where there are several */
    int lanes;
    struct moim_echo_lane *far; /* whose echo is taken out, or NULL */
    struct moim_remarks remarks;
    bool damaged;
    size_t given;
    struct moim_gain level;
    bool leveled;
    struct moim_declip *declip; /* or NULL */
};

/* ---- the file ---- */

int moim_sound_open(struct moim_sound **out, const char *path, struct moim_err *err)
{
    *out = NULL;
    struct moim_sound *s = calloc(1, sizeof *s);
    struct moim_lane *first;
    if (!s) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    s->fd = -1;
    int rc = (s->path = strdup(path)) ? moim_sound_fd(path, &s->fd, &s->size, err) : MOIM_ENOMEM;
    if (!rc) rc = moim_container_links(s->fd, s->size, &s->link, &s->links);
    if (!rc) {
        s->cut = moim_container_cut(s->fd);
        rc = moim_lane_open(&first, s, -1, -1, NULL, err);
    }
    if (rc) {
        moim_sound_close(s);
        return rc == MOIM_ENOMEM ? moim_fail(err, rc, "%s: out of memory", path) : rc;
    }
    s->tracks = moim_lane_decoder(first)->tracks;
    s->channels = moim_lane_decoder(first)->channels;
    s->began = moim_lane_decoder(first)->began;
    const char *comment = moim_lane_decoder(first)->comment;
    s->comment = strdup(comment ? comment : "");
    moim_lane_close(first);
    if (!s->comment) {
        moim_sound_close(s);
        return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    }
    *out = s;
    return MOIM_OK;
}

void moim_sound_close(struct moim_sound *s)
{
    if (!s) return;
    if (s->fd >= 0) close(s->fd);
    free(s->link);
    free(s->comment);
    free(s->path);
    free(s);
}

int64_t moim_sound_began(const struct moim_sound *s)
{
    return s->began;
}

int moim_sound_channels(const struct moim_sound *s)
{
    return s->channels;
}
const char *moim_sound_comment(const struct moim_sound *s)
{
    return s->comment;
}

/* ---- tracks ---- */

static int heard_tracks(const struct moim_sound *s)
{
    return s->tracks < TRACKS_MOST ? s->tracks : TRACKS_MOST;
}

static void close_lanes(struct moim_lane **lane, int n)
{
    for (int i = 0; i < n; i++) moim_lane_close(lane[i]);
}

static int open_lanes(struct moim_lane **lane, const struct moim_sound *s, struct moim_remarks *remarks,
                      struct moim_err *err)
{
    int n = heard_tracks(s), rc = MOIM_OK, opened = 0;
    for (; !rc && opened < n; opened += !rc) rc = moim_lane_open(&lane[opened], s, opened, -1, remarks, err);
    if (rc) close_lanes(lane, opened);
    return rc;
}

/* The next n samples of each of the lanes, interleaved; what has ended is silent. */
static long read_lanes(struct moim_lane **lane, int lanes, float *block, float *frames, size_t n,
                       struct moim_err *err)
{
    long most = 0;
    memset(frames, 0, n * (size_t)lanes * sizeof *frames);
    for (int k = 0; k < lanes; k++) {
        long got = moim_lane_read(lane[k], block, n, err);
        if (got < 0) return got;
        for (long i = 0; i < got; i++) frames[i * lanes + k] = block[i];
        if (got > most) most = got;
    }
    return most;
}

/* Measures all tracks against each other. */
static int survey_tracks(const struct moim_sound *s, struct moim_mix **out, struct moim_err *err)
{
    struct moim_lane *lane[TRACKS_MOST];
    int n = heard_tracks(s), rc = open_lanes(lane, s, NULL, err);
    *out = NULL;
    if (rc) return rc;
    float *block = malloc((1 + (size_t)n) * BLOCK * sizeof *block);
    long got = 0;
    if (!block || !(*out = moim_mix_new(n, MOIM_RATE))) rc = MOIM_ENOMEM;
    while (!rc && (got = read_lanes(lane, n, block, block + BLOCK, BLOCK, err)) > 0)
        rc = moim_mix_add(*out, block + BLOCK, (size_t)got);
    free(block);
    close_lanes(lane, n);
    if (got < 0) rc = (int)got;
    if (rc) moim_mix_free(*out), *out = NULL;
    return rc == MOIM_ENOMEM ? moim_fail(err, rc, "%s: out of memory", s->path) : rc;
}

static int weigh_tracks(struct moim_reader *r, struct moim_err *err)
{
    struct moim_mix *m;
    struct moim_mix_verdict v;
    int rc = survey_tracks(r->sound, &m, err);
    if (rc) return rc;
    moim_mix_weights(m, r->weight, &v);
    moim_mix_free(m);
    moim_remark_add(&r->remarks, 0, "%d tracks, of which %d hold sound: all are heard, mixed into one",
                    r->lanes, v.live);
    if (r->sound->tracks > r->lanes)
        moim_remark_add(&r->remarks, 0, "%d tracks: those after track %d were left out", r->sound->tracks,
                        r->lanes);
    return MOIM_OK;
}

/* ---- readers ---- */

static int open_all(struct moim_reader *r, const struct moim_part *part, struct moim_err *err)
{
    const struct moim_sound *s = r->sound;
    bool several = s->tracks > 1 && (!part || part->track < 0);
    r->lanes = several ? heard_tracks(s) : 1;
    if (!several) {
        int track = part && part->track > 0 ? part->track : s->tracks > 1 ? 0 : -1;
        int one = moim_lane_open(&r->lane[0], s, track, part ? part->channel : -1, &r->remarks, err);
        if (!one && part && part->spans) moim_lane_set_spans(r->lane[0], part->spans, part->n_spans);
        if (!one && part && part->far) one = moim_echo_lane_open(&r->far, s, part->far, err);
        return one;
    }
    int rc = open_lanes(r->lane, s, &r->remarks, err);
    if (rc) {
        r->lanes = 0;
        return rc;
    }
    r->block = malloc((1 + (size_t)r->lanes) * BLOCK * sizeof *r->block);
    return r->block ? weigh_tracks(r, err) : moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
}

int moim_reader_of(struct moim_reader **out, struct moim_sound *s, const struct moim_part *part,
                   struct moim_err *err)
{
    *out = NULL;
    struct moim_reader *r = calloc(1, sizeof *r);
    if (!r) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
    r->sound = s;
    int rc = open_all(r, part, err);
    if (rc) {
        if (r->lanes == 1 && !r->lane[0]) r->lanes = 0;
        moim_reader_close(r);
        return rc;
    }
    *out = r;
    return MOIM_OK;
}

int moim_reader_open(struct moim_reader **out, const char *path, struct moim_err *err)
{
    struct moim_sound *s;
    *out = NULL;
    int rc = moim_sound_open(&s, path, err);
    if (!rc && (rc = moim_reader_of(out, s, NULL, err))) moim_sound_close(s);
    if (!rc) (*out)->own = s;
    return rc;
}

void moim_reader_close(struct moim_reader *r)
{
    if (!r) return;
    close_lanes(r->lane, r->lanes);
    moim_echo_lane_close(r->far);
    moim_sound_close(r->own);
    moim_declip_free(r->declip);
    free(r->block);
    free(r);
}

static long read_mixed(struct moim_reader *r, float *pcm, size_t n, struct moim_err *err)
{
    float *frames = r->block + BLOCK;
    if (n > BLOCK) n = BLOCK;
    long got = read_lanes(r->lane, r->lanes, r->block, frames, n, err);
    for (long i = 0; i < got; i++) {
        float sum = 0;
        for (int k = 0; k < r->lanes; k++) sum += frames[i * r->lanes + k] * r->weight[k];
        pcm[i] = fminf(fmaxf(sum, -1), 1);
    }
    return got;
}

static long read_some(struct moim_reader *r, float *pcm, size_t n, struct moim_err *err)
{
    if (r->far) return moim_echo_lane_read(r->far, r->lane[0], pcm, n, err);
    return r->lanes > 1 ? read_mixed(r, pcm, n, err) : moim_lane_read(r->lane[0], pcm, n, err);
}

static void at_the_end(struct moim_reader *r)
{
    for (int k = 0; k < r->lanes; k++) r->damaged |= moim_lane_damaged(r->lane[k]);
    if (r->damaged)
        moim_remark_add(&r->remarks, (double)r->given / MOIM_RATE,
                        "truncated: the file breaks off here, or a part of it could not be decoded");
}

/* As many as there are up to n; *ended: there are no more. */
static long fill(struct moim_reader *r, float *pcm, size_t n, bool *ended, struct moim_err *err)
{
    size_t done = 0;
    long got = 1;
    while (done < n && got > 0) {
        got = read_some(r, pcm + done, n - done, err);
        if (got < 0) return got;
        done += (size_t)got;
    }
    *ended = !got;
    return (long)done;
}

static long fill_restored(struct moim_reader *r, float *pcm, size_t n, bool *ended, struct moim_err *err)
{
    float hop[MOIM_DECLIP_HOP];
    size_t done = 0;
    bool over;
    while (done < n) {
        done += moim_declip_take(r->declip, pcm + done, n - done);
        if (done == n) break;
        long got = fill(r, hop, MOIM_DECLIP_HOP, &over, err);
        if (got < 0) return got;
        *ended = !got && !moim_declip_end(r->declip);
        if (*ended) break;
        if (got) moim_declip_push(r->declip, hop, (size_t)got);
    }
    return (long)done;
}

long moim_reader_read(struct moim_reader *r, float *pcm, size_t n, struct moim_err *err)
{
    bool ended = false;
    long got = r->declip ? fill_restored(r, pcm, n, &ended, err) : fill(r, pcm, n, &ended, err);
    if (got < 0) return got;
    size_t done = (size_t)got;
    r->given += done;
    if (r->leveled) moim_gain_apply(&r->level, pcm, done);
    if (!done && !r->given)
        return moim_fail(err, MOIM_EFORMAT, "%s: holds no sound (truncated?)", r->sound->path);
    if (ended) at_the_end(r);
    return (long)done;
}

void moim_reader_set_gain(struct moim_reader *r, const struct moim_gain *level)
{
    r->level = *level;
    r->leveled = true;
}

void moim_reader_set_declip(struct moim_reader *r, struct moim_declip *d)
{
    moim_declip_free(r->declip);
    r->declip = d;
}

int moim_reader_source_rate(const struct moim_reader *r)
{
    return moim_lane_decoder(r->lane[0])->rate;
}
int moim_reader_source_channels(const struct moim_reader *r)
{
    return moim_lane_decoder(r->lane[0])->channels;
}
double moim_reader_duration(const struct moim_reader *r)
{
    return r->sound->links > 1 ? 0 : moim_lane_decoder(r->lane[0])->duration;
}
bool moim_reader_damaged(const struct moim_reader *r)
{
    bool damaged = r->damaged;
    for (int k = 0; k < r->lanes; k++) damaged |= moim_lane_damaged(r->lane[k]);
    return damaged;
}

int moim_reader_remarks(const struct moim_reader *r, const struct moim_remark **list)
{
    *list = r->remarks.list;
    return r->remarks.n;
}

/* ---- parties ---- */

void moim_parties_clear(struct moim_parties *p)
{
    for (int i = 0; i < p->n; i++) {
        free(p->part[i].name);
        free(p->part[i].spans);
    }
    p->n = 0;
    p->call = false;
}

/* The track's name as the file has it, "" for a channel. */
static int name_part(const struct moim_sound *s, struct moim_part *p)
{
    struct moim_lane *l = NULL;
    struct moim_err ignored;
    const char *name = NULL;
    if (p->track >= 0 && !moim_lane_open(&l, s, p->track, -1, NULL, &ignored))
        name = moim_lane_decoder(l)->name;
    p->name = strdup(name ? name : "");
    moim_lane_close(l);
    return p->name ? MOIM_OK : MOIM_ENOMEM;
}

static int survey(const struct moim_sound *s, struct moim_mix **m, struct moim_err *err)
{
    struct moim_lane *l;
    *m = NULL;
    if (s->tracks > 1) return survey_tracks(s, m, err);
    int rc = moim_lane_open(&l, s, -1, -1, NULL, err);
    if (rc) return rc;
    int channels = moim_lane_decoder(l)->channels;
    moim_lane_close(l);
    return channels > 1 ? moim_lane_survey(s, -1, channels, m, err) : MOIM_OK;
}

static int live_channels(const struct moim_mix *m, bool *party)
{
    float weight[MOIM_CHANNELS_MOST];
    struct moim_mix_verdict v;
    moim_mix_weights(m, weight, &v);
    for (int i = 0; i < moim_mix_channels(m); i++) party[i] = v.live && weight[i] != 0;
    return v.live;
}

static int both_sides(const struct moim_sound *s, struct moim_parties *out, struct moim_err *err)
{
    if (s->channels != 2 || s->tracks > 1)
        return moim_fail(err, MOIM_EINVAL, "%s: a call has two channels, this has %d", s->path, s->channels);
    for (int i = 0; i < 2; i++) {
        out->part[i] = (struct moim_part){.track = -1, .channel = i, .name = strdup("")};
        if (!out->part[out->n++].name) {
            moim_parties_clear(out);
            return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
        }
    }
    out->call = true;
    return MOIM_OK;
}

int moim_sound_parties(struct moim_sound *s, enum moim_channels how, struct moim_parties *out,
                       struct moim_err *err)
{
    struct moim_mix *m;
    bool party[MOIM_CHANNELS_MOST] = {0};
    memset(out, 0, sizeof *out);
    if (how == MOIM_CHANNELS_MIX) return MOIM_OK;
    if (how == MOIM_CHANNELS_CALL) return both_sides(s, out, err);
    int rc = survey(s, &m, err);
    if (rc || !m) return rc;
    int channels = moim_mix_channels(m),
        n = how == MOIM_CHANNELS_AUTO ? moim_mix_parties(m, party) : live_channels(m, party);
    moim_mix_free(m);
    if (n < 2 || n > MOIM_PARTIES_MOST) {
        if (n > MOIM_PARTIES_MOST)
            snprintf(out->remark[out->remarks++].text, sizeof out->remark->text,
                     "%d parties are more than can be kept apart (%d): they were mixed into one", n,
                     MOIM_PARTIES_MOST);
        return MOIM_OK;
    }
    bool tracks = s->tracks > 1;
    for (int i = 0; i < channels; i++) {
        if (!party[i]) continue;
        struct moim_part *p = &out->part[out->n++];
        *p = (struct moim_part){.track = tracks ? i : -1, .channel = tracks ? -1 : i};
        if (!name_part(s, p)) continue;
        moim_parties_clear(out);
        return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
    }
    snprintf(out->remark[out->remarks++].text, sizeof out->remark->text,
             "%d of %d %s hold one party each: they are heard apart", n, channels,
             tracks ? "tracks" : "channels");
    return MOIM_OK;
}

/* ---- a whole file ---- */

int moim_decode_file(const char *path, double max_seconds, float **pcm, size_t *n, struct moim_err *err)
{
    struct moim_reader *r;
    *pcm = NULL;
    *n = 0;
    int rc = moim_reader_open(&r, path, err);
    if (rc) return rc;
    size_t cap = 0;
    for (long got = 1; got > 0 && !rc;) {
        if (*n + BLOCK > cap) {
            cap = cap ? cap * 2 : (size_t)MOIM_RATE * 30;
            float *grown = realloc(*pcm, cap * sizeof *grown);
            if (!grown) {
                rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
                break;
            }
            *pcm = grown;
        }
        got = moim_reader_read(r, *pcm + *n, BLOCK, err);
        if (got < 0) rc = (int)got;
        if (got > 0) *n += (size_t)got;
        if (max_seconds > 0 && (double)*n > max_seconds * MOIM_RATE)
            rc = moim_fail(err, MOIM_EUNSUP, "%s: longer than %.0f s", path, max_seconds);
    }
    moim_reader_close(r);
    if (rc) {
        free(*pcm);
        *pcm = NULL;
    }
    return rc;
}
