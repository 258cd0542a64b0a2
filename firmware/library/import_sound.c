#include "firmware/library/import_sound.h"
#include "audio/journal.h"
#include "base/text.h"
#include "base/write.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/meeting_time.h"
#include "firmware/library/party_plan.h"
#include "firmware/library/removal.h"
#include "firmware/platform/paths.h"

#include <errno.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 8192

/* The input files of one recording. */
struct inputs {
    struct moim_sound *sound[64];
    struct moim_parties parties[64];
    int n;
};

/* The FLAC file that is written. */
struct flac {
    char path[4096];
    int fd, channels;
    const struct moim_parties *parties; /* that stand in it */
    SNDFILE *file;
    long long frames;
    int failed; /* errno of the first failed write */
};

/* ---- writing ---- */

/* libsndfile does not report write errors of libFLAC at close; so it writes through these callbacks. */
static sf_count_t file_length(void *user)
{
    struct flac *f = user;
    struct stat st;
    return fstat(f->fd, &st) ? 0 : st.st_size;
}
static sf_count_t file_seek(sf_count_t offset, int whence, void *user)
{
    return lseek(((struct flac *)user)->fd, offset, whence);
}
static sf_count_t file_read(void *out, sf_count_t n, void *user)
{
    ssize_t got = read(((struct flac *)user)->fd, out, (size_t)n);
    return got < 0 ? 0 : got;
}
static sf_count_t file_write(const void *data, sf_count_t n, void *user)
{
    struct flac *f = user;
    if (moim_write_all(f->fd, data, (size_t)n)) return n;
    if (!f->failed) f->failed = errno ? errno : EIO;
    return 0;
}
static sf_count_t file_tell(void *user)
{
    return lseek(((struct flac *)user)->fd, 0, SEEK_CUR);
}

static int begin_flac(struct flac *f, const struct moim_parties *p, struct moim_err *err)
{
    f->channels = moim_party_channels(p->n);
    f->parties = p;
    SF_INFO info = {
        .samplerate = MOIM_RATE, .channels = f->channels, .format = SF_FORMAT_FLAC | SF_FORMAT_PCM_16};
    static SF_VIRTUAL_IO io = {file_length, file_seek, file_read, file_write, file_tell};
    f->file = sf_open_virtual(&io, SFM_WRITE, &info, f);
    if (!f->file) return moim_fail(err, MOIM_EIO, "%s: %s", f->path, sf_strerror(NULL));
    sf_command(f->file, SFC_SET_CLIPPING, NULL, SF_TRUE);
    char *table = p->n > 1 ? moim_party_table(p, true) : NULL;
    bool lost = p->n > 1 && (!table || sf_set_string(f->file, SF_STR_COMMENT, table));
    free(table);
    return lost ? moim_fail(err, MOIM_ENOMEM, "%s: out of memory", f->path) : MOIM_OK;
}

static int open_flac(struct flac *f, struct moim_store *s, const struct moim_parties *p, struct moim_err *err)
{
    *f = (struct flac){.fd = -1};
    int rc = moim_sound_create(s, f->path, sizeof f->path, &f->fd, err);
    return rc ? rc : begin_flac(f, p, err);
}

/* Syncs the file to disk; removes it if rc is set. */
static int close_flac(struct flac *f, int rc, struct moim_err *err)
{
    if (f->file && sf_close(f->file) && !rc) rc = moim_fail(err, MOIM_EIO, "%s: cannot be written", f->path);
    f->file = NULL;
    if (f->failed && (!rc || rc == MOIM_EIO)) {
        errno = f->failed;
        rc = moim_fail_errno(err, "%s", f->path);
    }
    if (f->fd >= 0 && !rc && fsync(f->fd)) rc = moim_fail_errno(err, "%s", f->path);
    if (!rc) moim_sync_directory(f->path); /* the row must not outlive the file's name in a power cut */
    return rc;
}

/* After the row was written, or failed: releases the lock, and removes the file if rc is set. */
static void release_flac(struct flac *f, int rc)
{
    if (f->fd < 0) return;
    if (rc) unlink(f->path);
    close(f->fd);
}

static int write_frames(struct flac *f, const float *frames, long n, struct moim_err *err)
{
    errno = 0;
    f->frames += n;
    if (sf_writef_float(f->file, frames, n) == n) return MOIM_OK;
    return errno == ENOSPC || errno == EDQUOT ? moim_fail(err, MOIM_ENOSPC, "%s: the disk is full", f->path)
                                              : moim_fail(err, MOIM_EIO, "%s: cannot be written", f->path);
}

/* ---- reading ---- */

static void remark(struct moim_imported *done, double at, const char *text)
{
    for (int i = 0; i < done->remarks; i++)
        if (!strcmp(done->remark[i].text, text) && done->remark[i].at == at) return;
    if (done->remarks == MOIM_IMPORT_REMARKS) return; /* a reader says itself that there are more */
    done->remark[done->remarks].at = at;
    snprintf(done->remark[done->remarks++].text, sizeof done->remark->text, "%s", text);
}

static void take_remarks(struct moim_imported *done, const struct moim_reader *r, double from)
{
    const struct moim_remark *list;
    int n = moim_reader_remarks(r, &list);
    for (int i = 0; i < n; i++) remark(done, from + list[i].at, list[i].text);
    done->damaged |= moim_reader_damaged(r);
}

/* Writes a party's samples to its channels of that time. next: its next span. */
static void put_spans(const struct flac *f, const struct moim_part *p, int *next, const float *one, long n,
                      float *frames)
{
    for (long i = 0; i < n; i++) {
        while (*next < p->n_spans && f->frames + i >= p->spans[*next].to) ++*next;
        if (*next < p->n_spans && f->frames + i >= p->spans[*next].from)
            frames[i * f->channels + p->spans[*next].channel] += one[i];
    }
}

/* Reads the next block of each reader into its channel; ended ones are silent. Frames, 0 at the end. */
static long read_block(struct moim_reader **r, int parties, const struct flac *f, int *next, float *one,
                       float *frames, struct moim_err *err)
{
    long most = 0;
    memset(frames, 0, sizeof *frames * BLOCK * (size_t)f->channels);
    for (int k = 0; k < parties; k++) {
        int channel = moim_party_channel(k, parties);
        long got = moim_reader_read(r[k], one, BLOCK, err);
        if (got < 0) return got;
        if (parties > MOIM_PARTY_SLOTS) put_spans(f, &f->parties->part[k], &next[k], one, got, frames);
        for (long i = 0; parties <= MOIM_PARTY_SLOTS && i < got; i++)
            frames[i * f->channels + channel] = one[i];
        if (got > most) most = got;
    }
    return most;
}

/* Readers of one input: one for each party, or one of the mix. */
static int open_readers(struct moim_reader **r, struct moim_sound *s, const struct moim_parties *p,
                        struct moim_err *err)
{
    int rc = MOIM_OK, n = p->n > 1 ? p->n : 1;
    for (int k = 0; !rc && k < n; k++) rc = moim_reader_of(&r[k], s, p->n > 1 ? &p->part[k] : NULL, err);
    return rc;
}

/* Appends a whole input to the file. */
static int copy_sound(struct flac *f, struct moim_sound *s, const struct moim_parties *p,
                      struct moim_imported *done, struct moim_err *err)
{
    struct moim_reader *r[MOIM_PARTIES_MOST] = {NULL};
    int n = p->n > 1 ? p->n : 1, rc = open_readers(r, s, p, err);
    double from = (double)f->frames / MOIM_RATE;
    float *block = malloc(sizeof *block * BLOCK * (1 + (size_t)f->channels));
    int next[MOIM_PARTIES_MOST] = {0};
    long got = 0;
    if (!rc && !block) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    while (!rc && (got = read_block(r, n, f, next, block, block + BLOCK, err)) > 0)
        rc = write_frames(f, block + BLOCK, got, err);
    if (got < 0) rc = (int)got;
    for (int k = 0; k < n; k++) {
        if (!rc) take_remarks(done, r[k], from);
        moim_reader_close(r[k]);
    }
    free(block);
    return rc;
}

/* ---- several files ---- */

static void close_inputs(struct inputs *in)
{
    for (int i = 0; in && i < in->n; i++) {
        moim_sound_close(in->sound[i]);
        moim_parties_clear(&in->parties[i]);
    }
    free(in);
}

/* Adds a file, parties not yet determined. */
static int open_input(struct moim_store *s, struct inputs *in, const char *path, struct moim_err *err)
{
    if (in->n == 64)
        return moim_fail(err, MOIM_EINVAL, "%s: more than 64 files cannot become one meeting", path);
    if (moim_store_owns(s, path)) return moim_fail(err, MOIM_EINVAL, "%s: is the store itself", path);
    int rc = moim_sound_open(&in->sound[in->n], path, err);
    in->n += !rc;
    return rc;
}

static int find_parties(struct inputs *in, int from, enum moim_channels how, struct moim_err *err)
{
    int rc = MOIM_OK;
    for (int i = from; !rc && i < in->n; i++)
        rc = moim_sound_parties(in->sound[i], how, &in->parties[i], err);
    return rc;
}

/* Parties stay separate if all files have the same number. */
static void agree(struct inputs *in, struct moim_imported *done)
{
    bool same = true;
    for (int i = 1; i < in->n; i++) same = same && in->parties[i].n == in->parties[0].n;
    for (int i = 0; i < in->n; i++)
        for (int k = 0; same && k < in->parties[i].remarks; k++)
            remark(done, in->parties[i].remark[k].at, in->parties[i].remark[k].text);
    if (!same)
        remark(done, 0,
               "the files differ in the parties that they keep apart: all were mixed into one sound");
    for (int i = 0; !same && i < in->n; i++) moim_parties_clear(&in->parties[i]);
    done->parties = in->n && in->parties[0].n > 1 ? in->parties[0].n : 0;
}

/* ---- more parties than channels ---- */

/* Reads one party of an input; *frames: its length. */
static int measure_party(struct moim_sound *s, const struct moim_part *part, struct moim_party_levels *l,
                         int k, int64_t from, int64_t *frames, struct moim_err *err)
{
    struct moim_reader *r;
    int rc = moim_reader_of(&r, s, part, err);
    float *block = malloc(sizeof *block * BLOCK);
    long got = 0;
    *frames = 0;
    if (!rc && !block) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    while (!rc && (got = moim_reader_read(r, block, BLOCK, err)) > 0) {
        if (moim_party_measure(l, k, from + *frames, block, (size_t)got))
            rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
        *frames += got;
    }
    if (got < 0) rc = (int)got;
    free(block);
    moim_reader_close(r);
    return rc;
}

static int measure(struct inputs *in, struct moim_party_levels *l, struct moim_err *err)
{
    int64_t from = 0;
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < in->n; i++) {
        int64_t most = 0, frames;
        for (int k = 0; !rc && k < l->parties; k++) {
            rc = measure_party(in->sound[i], &in->parties[i].part[k], l, k, from, &frames, err);
            if (frames > most) most = frames;
        }
        from += most;
    }
    return rc;
}

/* Assigns channels to parties over time. out: the parties of the new file, named as in the first input. */
static int plan_parties(struct inputs *in, struct moim_parties *out, struct moim_imported *done,
                        struct moim_err *err)
{
    const struct moim_parties *first = &in->parties[0];
    struct moim_party_levels l = {.parties = first->n};
    struct moim_party_verdict v;
    memset(out, 0, sizeof *out);
    out->call = first->call;
    for (int i = 1; i < in->n; i++) out->call = out->call && in->parties[i].call;
    for (int k = 0; k < first->n; k++) {
        char *name = strdup(first->part[k].name);
        if (!name) return moim_fail(err, MOIM_ENOMEM, "out of memory");
        out->part[out->n++] = (struct moim_part){.track = -1, .name = name};
    }
    if (out->n <= MOIM_PARTY_SLOTS) return MOIM_OK;
    int rc = measure(in, &l, err);
    if (!rc && moim_party_plan(&l, out, &v)) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    moim_party_levels_free(&l);
    if (!rc && v.quiet_left_out)
        remark(done, 0,
               "more parties than channels: what is 35 dB quieter than a party's voice was left out");
    if (!rc && v.shared)
        remark(done, v.shared_at, "more than seven parties at once from here on: some are heard together");
    return rc;
}

static int write_all(struct moim_store *s, struct inputs *in, struct flac *f, struct moim_imported *done,
                     struct moim_err *err)
{
    struct moim_parties parties;
    agree(in, done);
    int rc = plan_parties(in, &parties, done, err);
    if (!rc) rc = open_flac(f, s, &parties, err);
    for (int i = 0; !rc && i < in->n; i++) {
        if (i) remark(done, (double)f->frames / MOIM_RATE, "the next file begins here");
        rc = copy_sound(f, in->sound[i], &in->parties[i], done, err);
    }
    rc = close_flac(f, rc, err);
    moim_parties_clear(&parties);
    return rc;
}

/* ---- rows ---- */

static int note_remarks(struct moim_store *s, int64_t id, const struct moim_imported *done,
                        struct moim_err *err)
{
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < done->remarks; i++) {
        char *note = NULL;
        if (asprintf(&note, "(import) %s", done->remark[i].text) < 0)
            return moim_fail(err, MOIM_ENOMEM, "out of memory");
        rc = moim_bookmark_add(s, id, done->remark[i].at, note, err);
        free(note);
    }
    return rc;
}

static int add_row(struct moim_store *s, const char *path, const struct moim_import_options *o, int64_t began,
                   const struct flac *f, struct moim_imported *done, struct moim_err *err)
{
    char *title = o->title ? strdup(o->title) : moim_title_of(o->shown ? o->shown : path),
         *full = o->shown ? NULL : realpath(path, NULL);
    int rc = title ? moim_store_begin(s, err) : moim_fail(err, MOIM_ENOMEM, "out of memory");
    struct moim_meeting m = {.title = title,
                             .started_at = o->started_at ? o->started_at : began,
                             .duration = (double)f->frames / MOIM_RATE,
                             .language = "",
                             .state = MOIM_RECORDED,
                             .audio = strrchr(f->path, '/') + 1,
                             .source = full ? full : (char *)(uintptr_t)(o->shown ? o->shown : path)};
    if (!rc) {
        rc = moim_meeting_add(s, &m, &done->id, err);
        if (!rc) rc = note_remarks(s, done->id, done, err);
        rc = moim_store_end(s, rc, err);
    }
    free(title);
    free(full);
    return rc;
}

int moim_import_sound(struct moim_store *s, const char *const *paths, int n,
                      const struct moim_import_options *o, struct moim_imported *done, struct moim_err *err)
{
    struct inputs *in = calloc(1, sizeof *in);
    struct flac f = {.fd = -1};
    int rc = in ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "out of memory");
    memset(done, 0, sizeof *done);
    for (int i = 0; !rc && i < n; i++) rc = open_input(s, in, paths[i], err);
    if (!rc) rc = find_parties(in, 0, o->channels, err);
    if (!rc) rc = write_all(s, in, &f, done, err);
    if (!rc)
        rc = add_row(s, paths[0], o, moim_meeting_time(paths[0], o->shown, moim_sound_began(in->sound[0])),
                     &f, done, err);
    release_flac(&f, rc);
    close_inputs(in);
    return rc;
}

int moim_sound_convert(const char *from, const char *audio, int fd, struct moim_err *err)
{
    struct moim_sound *sound;
    struct moim_parties p;
    struct moim_imported done = {0};
    struct flac f = {.fd = fd};
    snprintf(f.path, sizeof f.path, "%s", audio);
    int rc = moim_sound_open(&sound, from, err);
    if (rc) return rc;
    rc = moim_stored_parties(from, &p, err);
    if (!rc) rc = begin_flac(&f, &p, err);
    if (!rc) rc = copy_sound(&f, sound, &p, &done, err);
    rc = close_flac(&f, rc, err);
    moim_parties_clear(&p);
    moim_sound_close(sound);
    return rc;
}

/* ---- going on ---- */

static int swap_sound(struct moim_store *s, const struct moim_meeting *m, const struct flac *f,
                      const struct moim_imported *done, struct moim_err *err)
{
    int rc = moim_store_begin(s, err);
    if (rc) return rc;
    rc = moim_meeting_set_audio(s, m->id, strrchr(f->path, '/') + 1, (double)f->frames / MOIM_RATE, err);
    if (!rc) rc = note_remarks(s, m->id, done, err);
    return moim_store_end(s, rc, err);
}

static int append(struct moim_store *s, const struct moim_meeting *m, const char *const *paths, int n,
                  const struct moim_import_options *o, struct moim_imported *done, struct moim_err *err)
{
    struct inputs *in;
    struct flac f = {.fd = -1};
    char old[4096];
    if (!*m->audio)
        return moim_fail(err, MOIM_EINVAL, "meeting %lld has no sound that could go on", (long long)m->id);
    if (!(in = calloc(1, sizeof *in))) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    int rc = moim_audio_path(s, m->audio, old, sizeof old, err);
    if (!rc) rc = open_input(s, in, old, err);
    if (!rc) rc = moim_stored_parties(old, &in->parties[0], err);
    for (int i = 0; !rc && i < n; i++) rc = open_input(s, in, paths[i], err);
    if (!rc) rc = find_parties(in, 1, o->channels, err);
    if (!rc) rc = write_all(s, in, &f, done, err);
    if (!rc) rc = swap_sound(s, m, &f, done, err);
    release_flac(&f, rc);
    close_inputs(in);
    return rc ? rc : moim_remove_sound(old, err);
}

int moim_import_append(struct moim_store *s, int64_t meeting, const char *const *paths, int n,
                       const struct moim_import_options *o, struct moim_imported *done, struct moim_err *err)
{
    struct moim_meeting m;
    struct moim_meeting_lock lock;
    memset(done, 0, sizeof *done);
    done->id = meeting;
    int rc = moim_meeting_lock(s, meeting, &lock, &m, err);
    if (rc) return rc;
    rc = append(s, &m, paths, n, o, done, err);
    moim_meeting_unlock(&lock);
    moim_meeting_clear(&m);
    return rc;
}

/* ---- what was stored ---- */

int moim_stored_parties(const char *audio, struct moim_parties *out, struct moim_err *err)
{
    struct moim_sound *s;
    memset(out, 0, sizeof *out);
    int rc = moim_sound_open(&s, audio, err);
    if (rc) return rc;
    if (moim_party_table_read(moim_sound_comment(s), moim_sound_channels(s), out))
        rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", audio);
    moim_sound_close(s);
    return rc;
}
