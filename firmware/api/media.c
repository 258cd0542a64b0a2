/* Import, audio with ranges, waveform peaks, exported documents. */
#include "audio/decode.h"
#include "base/json.h"
#include "base/text.h"
#include "firmware/api/context.h"
#include "firmware/api/share.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/import_file.h"
#include "firmware/library/meeting_document.h"
#include "firmware/library/meeting_time.h"
#include "firmware/library/seal.h"
#include "storage/overview.h"
#include "storage/queue.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- import ---- */

/* The base name that the client sent, cleaned and malloc'ed; shown only, never used as a path. */
static char *shown_name(const struct moim_http_request *rq)
{
    const char *name = moim_http_query(rq, "name");
    if (!name || !*name) name = rq->upload_name;
    for (const char *c = name; *c; c++)
        if (*c == '/' || *c == '\\') name = c + 1;
    return moim_text_clean(*name ? name : "recording", false);
}

/* A validated parameter from form or query. */
static bool parameter(const struct moim_http_request *rq, struct moim_http_answer *an, const char *name,
                      int max, const char **value)
{
    int n;
    const char *v = moim_http_form(rq, name);
    if (!v) v = moim_http_query(rq, name);
    *value = v && *v ? v : NULL;
    if (!*value || (moim_text_ok(v, &n) && n <= max)) return true;
    moim_answer_field(an, name, "must be text of at most %d characters", max);
    return false;
}

/* Do not reveal the temporary file's name to the client. */
static void fail_import(struct moim_http_answer *an, const struct moim_http_request *rq, const char *shown,
                        struct moim_err *err)
{
    char text[512];
    const char *at = strstr(err->msg, rq->upload);
    if (at) {
        snprintf(text, sizeof text, "%.*s%.200s%s", (int)(at - err->msg), err->msg, shown,
                 at + strlen(rq->upload));
        memcpy(err->msg, text, sizeof text);
    }
    if (err->code == MOIM_EUNSUP) err->code = MOIM_EFORMAT;
    moim_answer_fail(an, err);
}

/* Options of an upload. */
struct import_wishes {
    const char *title, *language, *channels, *date;
    const char *tag[32];
    char *tag_text; /* malloc'ed, what tag points into */
    int n_tags;
    int64_t started_at; /* INT64_MIN: from the file */
    int speakers;       /* 0: unknown */
    bool no_minutes;
};

static bool number_of(const char *text, int max, int *value)
{
    char *end;
    long v = strtol(text, &end, 10);
    if (end == text || *end || v < 0 || v > max) return false;
    *value = (int)v;
    return true;
}

/* Comma-separated tags. */
static bool split_tags(struct import_wishes *w, const char *text, struct moim_http_answer *an)
{
    char *save = NULL;
    int characters;
    w->tag_text = strdup(text);
    for (char *t = w->tag_text ? strtok_r(w->tag_text, ",", &save) : NULL; t;
         t = strtok_r(NULL, ",", &save)) {
        t += strspn(t, " ");
        if (!*t) continue;
        if (w->n_tags == 32 || !moim_text_ok(t, &characters) || characters > 60 || strpbrk(t, "\n\t")) {
            moim_answer_field(an, "tags", "must be at most 32, each one line of 1 to 60 characters");
            return false;
        }
        w->tag[w->n_tags++] = t;
    }
    return true;
}

static bool read_wishes(const struct moim_http_request *rq, struct moim_http_answer *an,
                        struct import_wishes *w)
{
    const char *tags, *start, *speakers, *minutes;
    int wanted = 1;
    *w = (struct import_wishes){.started_at = INT64_MIN};
    if (!parameter(rq, an, "title", 500, &w->title) || !parameter(rq, an, "language", 4, &w->language) ||
        !parameter(rq, an, "channels", 8, &w->channels) || !parameter(rq, an, "date", 30, &w->date) ||
        !parameter(rq, an, "tags", 2000, &tags) || !parameter(rq, an, "started_at", 40, &start) ||
        !parameter(rq, an, "speakers", 4, &speakers) || !parameter(rq, an, "minutes", 1, &minutes))
        return false;
    if (w->language && !moim_choice_in("auto|ko|en", w->language))
        moim_answer_field(an, "language", "must be one of auto|ko|en");
    else if (w->channels && !moim_choice_in("auto|mix|separate|call", w->channels))
        moim_answer_field(an, "channels", "must be one of auto|mix|separate|call");
    else if (w->date && !moim_time_parse(w->date))
        moim_answer_field(an, "date", "must be like 2026-03-02 or 2026-03-02 10:30");
    else if (start && !moim_read_instant(start, &w->started_at))
        moim_answer_field(an, "started_at", "must be an instant such as 2026-11-25T09:30:00Z");
    else if (speakers && !number_of(speakers, 100, &w->speakers))
        moim_answer_field(an, "speakers", "must be a whole number from 0 to 100");
    else if (minutes && !number_of(minutes, 1, &wanted))
        moim_answer_field(an, "minutes", "must be 0 or 1");
    else if (!tags || split_tags(w, tags, an)) {
        w->no_minutes = !wanted;
        return true;
    }
    free(w->tag_text);
    return false;
}

static int import_upload(struct moim_store *s, const struct moim_http_request *rq, const char *shown,
                         const struct import_wishes *w, int64_t *id, struct moim_err *err)
{
    struct moim_imported done;
    char how = w->channels ? *w->channels : 'a';
    struct moim_import_options o = {.shown = shown,
                                    .title = w->title,
                                    .channels = how == 'm'   ? MOIM_CHANNELS_MIX
                                                : how == 's' ? MOIM_CHANNELS_SEPARATE
                                                             : MOIM_CHANNELS_AUTO,
                                    .started_at = w->date ? moim_time_parse(w->date) : 0};
    bool sealed = moim_is_sealed(rq->upload);
    int rc = sealed ? moim_share_upload(s, rq, id, err)
                    : moim_import_file(s, rq->upload, w->language, &o, &done, err);
    if (!sealed) *id = done.id;
    if (!rc && w->title) rc = moim_meeting_set_title(s, *id, w->title, err);
    if (!rc && w->started_at != INT64_MIN) rc = moim_meeting_set_time(s, *id, w->started_at, err);
    if (!rc && w->n_tags) rc = moim_tags_set(s, *id, w->tag, w->n_tags, err);
    if (!rc && (w->no_minutes || w->speakers))
        rc = moim_meeting_set_wishes(s, *id, w->no_minutes, w->speakers, err);
    return rc;
}

static void take_in(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an,
                    const struct import_wishes *w)
{
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    struct moim_err err;
    int64_t id;
    char *shown = shown_name(rq);
    if (!shown) {
        moim_answer_error(an, 500, "out of memory");
    } else if (import_upload(s, rq, shown, w, &id, &err)) {
        fail_import(an, rq, shown, &err);
    } else {
        struct moim_job_row row = {.meeting = id,
                                   .kind = "process",
                                   .language = (char *)(uintptr_t)(w->language ? w->language : ""),
                                   .model = "",
                                   .template_name = ""};
        moim_tell_meeting(sv, id, "added");
        if (sv->jobs) moim_jobs_add(sv->jobs, s, &row, NULL, NULL);
        moim_answer_row(sv, s, id, 201, an);
    }
    free(shown);
    moim_serve_store_back(sv, s);
}

static void handle_import(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct import_wishes w;
    if (!read_wishes(rq, an, &w)) return;
    if (rq->upload_bytes)
        take_in(sv, rq, an, &w);
    else
        moim_answer_error(an, 400,
                          "no file was sent: send it as the body, or as the part \"file\" of a form");
    free(w.tag_text);
}

/* ---- export ---- */

int moim_scratch_file(const struct moim_serve *sv, char path[MOIM_SCRATCH_PATH], struct moim_err *err)
{
    snprintf(path, MOIM_SCRATCH_PATH, "%saudio/upload-XXXXXX", sv->dir);
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) return moim_fail_errno(err, "%s", path);
    close(fd);
    return MOIM_OK;
}

int moim_answer_scratch(struct moim_http_answer *an, const char *path, const char *type, int rc,
                        struct moim_err *err)
{
    struct stat st;
    int fd = rc ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (!rc && (fd < 0 || fstat(fd, &st))) rc = moim_fail_errno(err, "%s", path);
    unlink(path);
    if (rc) {
        if (fd >= 0) close(fd);
        return rc;
    }
    an->status = 200;
    an->type = type;
    an->fd = fd;
    an->size = (uint64_t)st.st_size;
    return MOIM_OK;
}

/* RFC 6266 and RFC 8187. A title too long for a file name is cut between characters. */
void moim_answer_attachment(struct moim_http_answer *an, int64_t id, const char *title, const char *extension)
{
    char safe[3 * NAME_MAX + 1];
    size_t n = 0, bytes = 0, most = NAME_MAX - 1 - strlen(extension);
    for (int k; *title && bytes + (size_t)(k = moim_utf8_length(title)) <= most; title += k) {
        bytes += (size_t)k;
        for (int i = 0; i < k; i++)
            n += (size_t)sprintf(safe + n, isalnum((unsigned char)title[i]) && k == 1 ? "%c" : "%%%02X",
                                 (unsigned char)title[i]);
    }
    safe[n] = 0;
    moim_answer_header(an, "Content-Disposition",
                       "attachment; filename=\"meeting-%lld.%s\"; filename*=UTF-8''%s.%s", (long long)id,
                       extension, safe, extension);
}

static int export_to_memory(struct moim_http_answer *an, enum moim_format f, const struct moim_document *doc,
                            struct moim_err *err)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    if (!out) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    int rc = moim_export(out, f, doc, err);
    if (!moim_stream_end(out, &text) && !rc) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    if (rc)
        free(text);
    else
        moim_answer_text(an, 200, moim_form_of(f)->type, text, n);
    return rc;
}

/* Packages are written to a file, which is opened and unlinked. */
static int export_to_file(struct moim_serve *sv, struct moim_http_answer *an, enum moim_format f,
                          const struct moim_document *doc, struct moim_err *err)
{
    char path[MOIM_SCRATCH_PATH];
    int rc = moim_scratch_file(sv, path, err);
    if (rc) return rc;
    rc = moim_export_file(path, f, doc, err);
    return moim_answer_scratch(an, path, moim_form_of(f)->type, rc, err);
}

static void handle_export(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    const char *name = moim_http_query(rq, "format");
    struct moim_whole w;
    struct moim_err err;
    long long minutes_only, clean;
    enum moim_format f = moim_format_named(name ? name : "md");
    if (f == MOIM_FORMAT_COUNT) {
        moim_answer_field(an, "format", "must be one of " MOIM_FORMATS);
        return;
    }
    if (!moim_http_query_int(rq, an, "minutes_only", 0, 1, 0, &minutes_only) ||
        !moim_http_query_int(rq, an, "clean", 0, 1, 0, &clean))
        return;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    int rc = moim_whole_load(s, rq->id[0], &w, &err);
    if (!rc) {
        w.doc.minutes_only = minutes_only;
        if (clean) rc = moim_whole_clean(&w, &err);
        if (!rc)
            rc = moim_form_of(f)->package ? export_to_file(sv, an, f, &w.doc, &err)
                                          : export_to_memory(an, f, &w.doc, &err);
        if (!rc) moim_answer_attachment(an, rq->id[0], w.meeting.title, moim_form_of(f)->extension);
        moim_whole_free(&w);
    }
    if (rc) moim_answer_fail(an, &err);
    moim_serve_store_back(sv, s);
}

/* ---- audio ---- */

/* Opens a meeting's audio; -1 after the error was answered. The stored name is validated, too: it must be a
 * plain file name. */
static int open_audio(struct moim_serve *sv, int64_t id, struct stat *st, char **title, char path[4300],
                      struct moim_http_answer *an)
{
    struct moim_meeting m;
    struct moim_err err;
    struct moim_store *s = moim_serve_store(sv, an);
    int fd = -1;
    if (!s) return -1;
    int got = moim_meeting_get(s, id, &m, &err), rc = got;
    if (!rc && sv->mic && moim_mic_meeting(sv->mic) == id)
        rc = moim_fail_why(&err, MOIM_ESTATE, "being_recorded", "meeting %lld is being recorded",
                           (long long)id);
    else if (!rc && (!*m.audio || strchr(m.audio, '/')))
        rc = moim_fail_why(&err, MOIM_ENOENT, "no_audio", "meeting %lld has no sound", (long long)id);
    else if (!rc)
        rc = moim_audio_path(s, m.audio, path, 4300, &err);
    if (!rc && ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) < 0 || fstat(fd, st)))
        rc = moim_fail_why(&err, MOIM_ENOENT, "no_audio", "the sound of meeting %lld cannot be read",
                           (long long)id);
    if (!rc && title) *title = strdup(m.title);
    if (!got) moim_meeting_clear(&m);
    moim_serve_store_back(sv, s);
    if (!rc) return fd;
    if (fd >= 0) close(fd);
    moim_answer_fail(an, &err);
    return -1;
}

/* RFC 9110 14.2, one range: 1 a part, 0 the whole file (also if the header is malformed), -1 not satisfiable. */
static int parse_range(const char *text, uint64_t size, uint64_t *from, uint64_t *n)
{
    unsigned long long a = 0, b = 0;
    int used = 0;
    if (!text || strncmp(text, "bytes=", 6) || strchr(text, ',') || strlen(text) > 60) return 0;
    text += 6;
    if (*text == '-') {
        if (strspn(text + 1, "0123456789") != strlen(text + 1) || sscanf(text, "-%llu%n", &b, &used) != 1)
            return 0;
        if (!b || !size) return -1;
        *n = b < size ? b : size;
        *from = size - *n;
        return 1;
    }
    if (strspn(text, "0123456789-") != strlen(text) || sscanf(text, "%llu-%n", &a, &used) != 1 || !used)
        return 0;
    if (text[used]) {
        if (sscanf(text + used, "%llu", &b) != 1 || strchr(text + used, '-') || b < a) return 0;
    } else {
        b = UINT64_MAX;
    }
    if (a >= size) return -1;
    *from = a;
    *n = (b < size - 1 ? b : size - 1) - a + 1;
    return 1;
}

static void handle_audio(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct stat st;
    char path[4300], *title = NULL;
    long long download;
    uint64_t from = 0, n = 0;
    if (!moim_http_query_int(rq, an, "download", 0, 1, 0, &download)) return;
    int fd = open_audio(sv, rq->id[0], &st, &title, path, an);
    if (fd < 0) return;
    uint64_t size = (uint64_t)st.st_size;
    int part = parse_range(moim_http_header(rq, "Range"), size, &from, &n);
    if (part < 0) {
        close(fd);
        moim_answer_error(an, 416, "range not satisfiable: the audio has %llu bytes",
                          (unsigned long long)size);
        moim_answer_header(an, "Content-Range", "bytes */%llu", (unsigned long long)size);
    } else {
        an->status = part ? 206 : 200;
        an->type = "audio/flac";
        an->fd = fd;
        an->offset = part ? from : 0;
        an->size = part ? n : size;
        moim_answer_header(an, "Accept-Ranges", "bytes");
        if (part)
            moim_answer_header(an, "Content-Range", "bytes %llu-%llu/%llu", (unsigned long long)from,
                               (unsigned long long)(from + n - 1), (unsigned long long)size);
        if (download) moim_answer_attachment(an, rq->id[0], title ? title : "", "flac");
    }
    free(title);
}

/* ---- the waveform ---- */

#define FINEST 4000
#define KEPT 16

struct wave {
    int64_t id;
    off_t size;
    struct timespec changed;
    double seconds;
    int n;
    uint8_t peak[FINEST];
    unsigned long used;
};

struct moim_peaks {
    pthread_mutex_t lock;
    struct wave *kept[KEPT];
    unsigned long clock;
};

struct moim_peaks *moim_peaks_new(void)
{
    struct moim_peaks *p = calloc(1, sizeof *p);
    if (p) pthread_mutex_init(&p->lock, NULL);
    return p;
}

void moim_peaks_free(struct moim_peaks *p)
{
    for (int i = 0; p && i < KEPT; i++) free(p->kept[i]);
    if (p) pthread_mutex_destroy(&p->lock);
    free(p);
}

/* Peaks of 10 ms, at most FINEST of them: neighbours are merged whenever the limit is reached. */
static int measure(const char *path, struct wave *w, struct moim_err *err)
{
    struct moim_reader *r;
    static const int block = 160;
    float pcm[16000], *merged = calloc(2 * FINEST, sizeof *merged), now = 0;
    uint64_t total = 0, per = block, filled = 0;
    int n = 0, rc = merged ? moim_reader_open(&r, path, err) : moim_fail(err, MOIM_ENOMEM, "out of memory");
    long got = 0;
    while (!rc && (got = moim_reader_read(r, pcm, sizeof pcm / sizeof *pcm, err)) > 0) {
        for (long i = 0; i < got; i++) {
            now = fabsf(pcm[i]) > now ? fabsf(pcm[i]) : now;
            if (++filled < per) continue;
            merged[n++] = now;
            now = 0;
            filled = 0;
            if (n < 2 * FINEST) continue;
            for (int k = 0; k < FINEST; k++) merged[k] = fmaxf(merged[2 * k], merged[2 * k + 1]);
            n = FINEST;
            per *= 2;
        }
        total += (uint64_t)got;
    }
    if (!rc) moim_reader_close(r);
    if (got < 0) rc = (int)got;
    if (!rc && filled && n < 2 * FINEST) merged[n++] = now;
    w->seconds = (double)total / MOIM_RATE;
    w->n = n < FINEST ? n : FINEST;
    for (int k = 0; !rc && k < w->n; k++) {
        float m = 0;
        for (int i = (int)((long)k * n / w->n); i < (int)((long)(k + 1) * n / w->n); i++)
            m = fmaxf(m, merged[i]);
        w->peak[k] = (uint8_t)lrintf(255 * fminf(m, 1));
    }
    free(merged);
    return rc;
}

static cJSON *wave_json(const struct wave *w, int n)
{
    cJSON *o = cJSON_CreateObject();
    int values[FINEST];
    cJSON_AddNumberToObject(o, "duration_s", w->seconds);
    for (int k = 0; k < n; k++) {
        long a = (long)k * w->n / n, b = (long)(k + 1) * w->n / n;
        values[k] = 0;
        if (b == a && a < w->n) b = a + 1;
        for (long i = a; i < b; i++) values[k] = w->peak[i] > values[k] ? w->peak[i] : values[k];
    }
    moim_json_set(o, "peaks", cJSON_CreateIntArray(values, n));
    return o;
}

static bool same_file(const struct wave *w, int64_t id, const struct stat *st)
{
    return w && w->id == id && w->size == st->st_size && w->changed.tv_sec == st->st_mtim.tv_sec &&
           w->changed.tv_nsec == st->st_mtim.tv_nsec;
}

static void handle_peaks(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct moim_peaks *p = sv->peaks;
    struct stat st;
    struct moim_err err;
    char path[4300];
    long long n;
    if (!moim_http_query_int(rq, an, "n", 1, FINEST, 800, &n)) return;
    int fd = open_audio(sv, rq->id[0], &st, NULL, path, an);
    if (fd < 0) return;
    close(fd);
    /* Under the lock, so that concurrent requests compute the peaks once. */
    pthread_mutex_lock(&p->lock);
    int at = 0;
    while (at < KEPT && !same_file(p->kept[at], rq->id[0], &st)) at++;
    if (at == KEPT) {
        struct wave *w = calloc(1, sizeof *w);
        int rc = w ? measure(path, w, &err) : moim_fail(&err, MOIM_ENOMEM, "out of memory");
        if (rc) {
            free(w);
            pthread_mutex_unlock(&p->lock);
            moim_answer_fail(an, &err);
            return;
        }
        w->id = rq->id[0];
        w->size = st.st_size;
        w->changed = st.st_mtim;
        at = 0;
        for (int i = 1; i < KEPT && p->kept[at]; i++)
            if (!p->kept[i] || p->kept[i]->used < p->kept[at]->used) at = i;
        free(p->kept[at]);
        p->kept[at] = w;
    }
    p->kept[at]->used = ++p->clock;
    cJSON *o = wave_json(p->kept[at], (int)n);
    pthread_mutex_unlock(&p->lock);
    moim_answer_json(an, 200, o);
}

const struct moim_http_route moim_routes_media[] = {
    {"POST", "api/v1/meetings", handle_import, MOIM_ROUTE_SLOW | MOIM_ROUTE_FILE},
    {"GET", "api/v1/meetings/#/export", handle_export, MOIM_ROUTE_SLOW},
    {"GET", "api/v1/meetings/#/audio", handle_audio, 0},
    {"GET", "api/v1/meetings/#/peaks", handle_peaks, MOIM_ROUTE_SLOW},
    {0},
};
