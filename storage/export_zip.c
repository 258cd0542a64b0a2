/* Zips by libzip: the packages of Word and Hangul, and a document with its sound. */
#include "storage/export_layout.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zip.h>

static int zip_failed(zip_t *z, const char *path, struct moim_err *err)
{
    bool full = zip_error_system_type(zip_get_error(z)) == ZIP_ET_SYS &&
                zip_error_code_system(zip_get_error(z)) == ENOSPC;
    return moim_fail(err, full ? MOIM_ENOSPC : MOIM_EIO, "%s: %s", path, zip_strerror(z));
}

/* A fixed day: the same meeting makes the same file. */
static bool add_part(zip_t *z, const struct moim_export_part *p)
{
    zip_source_t *src = zip_source_buffer(z, p->bytes, p->n, 0);
    zip_int64_t at = src ? zip_file_add(z, p->name, src, ZIP_FL_ENC_UTF_8) : -1;
    if (at < 0) {
        if (src) zip_source_free(src);
        return false;
    }
    return !zip_file_set_dostime(z, (zip_uint64_t)at, 0, 1 << 5 | 1, 0) &&
           !zip_set_file_compression(z, (zip_uint64_t)at, p->stored ? ZIP_CM_STORE : ZIP_CM_DEFLATE, 0);
}

int moim_zip_parts(const char *path, const struct moim_export_part *parts, int n, struct moim_err *err)
{
    zip_t *z = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    if (!z) return moim_fail_errno(err, "%s", path);
    bool ok = true;
    for (int i = 0; ok && i < n; i++) ok = add_part(z, &parts[i]);
    if (ok && !zip_close(z)) return MOIM_OK;
    int rc = ok ? zip_failed(z, path, err) : moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    zip_discard(z);
    return rc;
}

int moim_zip_two(const char *tmp, const char *path, const char *entry, const char *file, const char *sound,
                 const char *audio, struct moim_err *err)
{
    if (access(audio, R_OK)) return moim_fail_errno(err, "%s", audio);
    zip_t *z = zip_open(tmp, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    if (!z) return moim_fail_errno(err, "%s", path);
    zip_source_t *doc = zip_source_file(z, file, 0, -1), *flac = zip_source_file(z, audio, 0, -1);
    zip_int64_t a = doc ? zip_file_add(z, entry, doc, ZIP_FL_ENC_UTF_8) : -1;
    zip_int64_t b = flac && a >= 0 ? zip_file_add(z, sound, flac, ZIP_FL_ENC_UTF_8) : -1;
    if (a < 0 && doc) zip_source_free(doc);
    if (b < 0 && flac) zip_source_free(flac);
    /* FLAC is compressed already. */
    if (b >= 0 && !zip_set_file_compression(z, (zip_uint64_t)b, ZIP_CM_STORE, 0) && !zip_close(z))
        return MOIM_OK;
    int rc = zip_failed(z, path, err);
    zip_discard(z);
    return rc;
}
