#include "firmware/library/share.h"
#include "base/json.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/document_add.h"
#include "firmware/library/seal.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#define JSON_NAME "meeting.json"
#define SOUND_NAME "sound.flac"
#define JSON_MAX (64u << 20)
#define SOUND_MAX (8ull << 30) /* of FLAC: some two days */

/* A plain file of ours in the store's folder, locked: doctor takes it away where a crash left it. */
struct plain {
    char path[4200];
    int fd;
};

static int make_plain(struct plain *p, struct moim_store *s, struct moim_err *err)
{
    return moim_sound_create(s, p->path, sizeof p->path, &p->fd, err);
}

static void drop_plain(struct plain *p)
{
    unlink(p->path);
    if (p->fd >= 0) close(p->fd);
}

static int fail_zip(zip_t *z, const char *path, struct moim_err *err)
{
    zip_error_t *e = zip_get_error(z);
    bool full = zip_error_system_type(e) == ZIP_ET_SYS && zip_error_code_system(e) == ENOSPC;
    return moim_fail(err, full ? MOIM_ENOSPC : MOIM_EIO, "%s: %s", path, zip_strerror(z));
}

/* ---- writing ---- */

static bool add_source(zip_t *z, const char *name, zip_source_t *src, bool stored)
{
    zip_int64_t at = src ? zip_file_add(z, name, src, ZIP_FL_ENC_UTF_8) : -1;
    if (at < 0 && src) zip_source_free(src);
    return at >= 0 &&
           !zip_set_file_compression(z, (zip_uint64_t)at, stored ? ZIP_CM_STORE : ZIP_CM_DEFLATE, 0);
}

static int write_zip(const char *to, const char *json, const char *audio, struct moim_err *err)
{
    zip_t *z = zip_open(to, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    if (!z) return moim_fail_errno(err, "%s", to);
    bool ok = add_source(z, JSON_NAME, zip_source_buffer(z, json, strlen(json), 0), false) &&
              (!audio || add_source(z, SOUND_NAME, zip_source_file(z, audio, 0, -1), true));
    if (ok && !zip_close(z)) return MOIM_OK;
    int rc = fail_zip(z, audio ? audio : to, err);
    zip_discard(z);
    return rc;
}

static int seal_into(const char *plain, const char *path, const char *passphrase, struct moim_err *err)
{
    char tmp[4200];
    if (snprintf(tmp, sizeof tmp, "%s.tmp-%ld", path, (long)getpid()) >= (int)sizeof tmp)
        return moim_fail(err, MOIM_EINVAL, "%s: path is too long", path);
    unlink(tmp);
    int rc = moim_seal(plain, tmp, passphrase, err);
    if (!rc && rename(tmp, path)) rc = moim_fail_errno(err, "%s", path);
    if (rc) unlink(tmp);
    return rc;
}

int moim_share_write(struct moim_store *s, const struct moim_document *doc, const char *path,
                     const char *passphrase, bool with_audio, struct moim_err *err)
{
    char audio[4200];
    struct plain p = {.fd = -1};
    bool sound = with_audio && *doc->meeting->audio;
    cJSON *o = moim_document_json(doc);
    char *json = moim_json_text(o, false);
    cJSON_Delete(o);
    int rc = json ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    if (!rc && sound) rc = moim_audio_path(s, doc->meeting->audio, audio, sizeof audio, err);
    if (!rc && sound && access(audio, R_OK)) rc = moim_fail_errno(err, "%s", audio);
    if (!rc) rc = make_plain(&p, s, err);
    if (!rc) {
        rc = write_zip(p.path, json, sound ? audio : NULL, err);
        if (!rc) rc = seal_into(p.path, path, passphrase, err);
        drop_plain(&p);
    }
    free(json);
    return rc;
}

/* ---- reading ---- */

/* An entry into memory, ended by NUL; sizes that a zip claims are not believed. */
static int read_entry(zip_t *z, const char *name, const char *path, char **out, size_t *n,
                      struct moim_err *err)
{
    zip_file_t *f = zip_fopen(z, name, 0);
    char *data = f ? malloc(1) : NULL;
    zip_int64_t got = f ? 1 : -1;
    *n = 0;
    while (data && got > 0 && *n < JSON_MAX) {
        char *grown = realloc(data, *n + (1 << 16) + 1);
        if (!grown) break;
        data = grown;
        got = zip_fread(f, data + *n, 1 << 16);
        if (got > 0) *n += (size_t)got;
    }
    if (f) zip_fclose(f);
    if (!got && data) {
        data[*n] = 0;
        *out = data;
        return MOIM_OK;
    }
    free(data);
    return moim_fail(err, MOIM_EFORMAT, "%s: holds no meeting that can be read", path);
}

static int copy_sound(zip_t *z, int fd, const char *path, struct moim_err *err)
{
    zip_file_t *f = zip_fopen(z, SOUND_NAME, 0);
    char block[1 << 16];
    unsigned long long all = 0;
    zip_int64_t got = f ? 1 : -1;
    int rc = MOIM_OK;
    while (!rc && got > 0) {
        got = zip_fread(f, block, sizeof block);
        all += got > 0 ? (unsigned long long)got : 0;
        if (all > SOUND_MAX) got = -1;
        for (zip_int64_t at = 0, n; !rc && at < got; at += n)
            if ((n = write(fd, block + at, (size_t)(got - at))) < 0) rc = moim_fail_errno(err, "%s", path);
    }
    if (f) zip_fclose(f);
    return rc || !got ? rc : moim_fail(err, MOIM_EFORMAT, "%s: its sound cannot be read", path);
}

/* The sound as a file of the store's own that belongs to no meeting yet, held. */
static int take_sound(struct moim_store *s, zip_t *z, const char *path, struct plain *to,
                      struct moim_err *err)
{
    struct plain raw = {.fd = -1};
    int rc = make_plain(&raw, s, err);
    if (rc) return rc;
    rc = copy_sound(z, raw.fd, path, err);
    if (!rc) rc = make_plain(to, s, err);
    if (!rc) {
        rc = moim_sound_convert(raw.path, to->path, to->fd, err);
        if (rc) drop_plain(to);
    }
    drop_plain(&raw);
    return rc;
}

static int name_sound(struct moim_meeting *m, const char *name, struct moim_err *err)
{
    char *audio = strdup(name);
    if (!audio) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    free(m->audio);
    m->audio = audio;
    return MOIM_OK;
}

static int take_in(struct moim_store *s, zip_t *z, const char *path, int64_t *id, struct moim_err *err)
{
    char *json = NULL;
    size_t n;
    struct moim_whole w;
    struct plain sound = {.fd = -1};
    int rc = read_entry(z, JSON_NAME, path, &json, &n, err);
    if (rc) return rc;
    rc = moim_document_parse(&w, json, n, err);
    free(json);
    if (rc) return rc;
    bool has = zip_name_locate(z, SOUND_NAME, 0) >= 0;
    if (has) rc = take_sound(s, z, path, &sound, err);
    if (!rc && has) rc = name_sound(&w.meeting, strrchr(sound.path, '/') + 1, err);
    if (!rc) rc = moim_document_add(s, &w.doc, id, err);
    if (has && rc && sound.fd >= 0) unlink(sound.path);
    if (sound.fd >= 0) close(sound.fd); /* and with it the lock: its row is there */
    moim_whole_free(&w);
    return rc;
}

int moim_share_read(struct moim_store *s, const char *path, const char *passphrase, int64_t *id,
                    struct moim_err *err)
{
    struct plain p = {.fd = -1};
    int rc = make_plain(&p, s, err);
    if (rc) return rc;
    unlink(p.path); /* seal.h makes its file itself; the name is ours for long enough */
    rc = moim_unseal(path, p.path, passphrase, err);
    zip_t *z = rc ? NULL : zip_open(p.path, ZIP_RDONLY, NULL);
    if (!rc && !z) rc = moim_fail(err, MOIM_EFORMAT, "%s: holds no shared meeting", path);
    if (z) {
        rc = take_in(s, z, path, id, err);
        zip_discard(z);
    }
    drop_plain(&p);
    return rc;
}
