#include "firmware/library/voiceprint_store.h"
#include "asr/der.h"
#include "storage/speakers.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a seal holds. */
struct open_voice {
    char name[MOIM_VOICE_NAME + 1];
    float voice[MOIM_SPEAKER_DIM];
};
#define SEALED (crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + sizeof(struct open_voice))

int moim_voices_key_path(struct moim_store *s, char *out, size_t cap, struct moim_err *err)
{
    int n = snprintf(out, cap, "%s.voices-key", moim_store_path(s));
    if (n < 0 || (size_t)n >= cap)
        return moim_fail(err, MOIM_EINVAL, "%s: path is too long", moim_store_path(s));
    return MOIM_OK;
}

static int make_key(const char *path, unsigned char key[crypto_secretbox_KEYBYTES], struct moim_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return moim_fail_errno(err, "%s", path);
    crypto_secretbox_keygen(key);
    bool whole = write(fd, key, crypto_secretbox_KEYBYTES) == crypto_secretbox_KEYBYTES && !fsync(fd);
    int rc = whole ? MOIM_OK : moim_fail_errno(err, "%s", path);
    close(fd);
    if (rc) unlink(path);
    return rc;
}

/* MOIM_ENOENT when there is none and it is not to be made. */
static int get_key(struct moim_store *s, bool make, unsigned char key[crypto_secretbox_KEYBYTES],
                   struct moim_err *err)
{
    char path[4200];
    struct stat st;
    int rc = moim_voices_key_path(s, path, sizeof path, err);
    if (!rc && sodium_init() < 0) rc = moim_fail(err, MOIM_EUNSUP, "libsodium cannot be initialised");
    if (rc) return rc;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT && make ? make_key(path, key, err) : moim_fail_errno(err, "%s", path);
    if (fstat(fd, &st) || (st.st_mode & 077))
        rc = moim_fail(err, MOIM_EACCES, "%s: readable by others; chmod 600 it", path);
    else if (read(fd, key, crypto_secretbox_KEYBYTES) != crypto_secretbox_KEYBYTES)
        rc = moim_fail(err, MOIM_EFORMAT, "%s: not a key of moim", path);
    close(fd);
    return rc;
}

static bool unseal(const struct moim_voice_row *row, const unsigned char *key, struct moim_known_voice *out)
{
    struct open_voice v;
    if (row->n != SEALED ||
        crypto_secretbox_open_easy((unsigned char *)&v, row->sealed + crypto_secretbox_NONCEBYTES,
                                   row->n - crypto_secretbox_NONCEBYTES, row->sealed, key))
        return false;
    out->id = row->id;
    v.name[MOIM_VOICE_NAME] = 0;
    memcpy(out->name, v.name, sizeof out->name);
    memcpy(out->voice, v.voice, sizeof out->voice);
    sodium_memzero(&v, sizeof v);
    return true;
}

int moim_voices_list(struct moim_store *s, struct moim_known_voice **list, int *n, struct moim_err *err)
{
    unsigned char key[crypto_secretbox_KEYBYTES];
    struct moim_voice_row *rows = NULL;
    int count = 0;
    *list = NULL;
    *n = 0;
    int rc = moim_voice_list(s, &rows, &count, err);
    if (rc || !count) return rc;
    rc = get_key(s, false, key, err);
    if (!rc && !(*list = calloc((size_t)count, sizeof **list)))
        rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; !rc && i < count; i++)
        if (unseal(&rows[i], key, &(*list)[*n])) ++*n;
    sodium_memzero(key, sizeof key);
    moim_voice_list_free(rows, count);
    return rc == MOIM_ENOENT ? MOIM_OK : rc;
}

static const struct moim_known_voice *named(const struct moim_known_voice *list, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(list[i].name, name)) return &list[i];
    return NULL;
}

int moim_voices_remember(struct moim_store *s, const char *name, const float voice[MOIM_SPEAKER_DIM],
                         struct moim_err *err)
{
    unsigned char key[crypto_secretbox_KEYBYTES], sealed[SEALED];
    struct open_voice v = {0};
    struct moim_known_voice *list = NULL;
    int n = 0;
    int64_t id;
    if (!*name || strlen(name) > MOIM_VOICE_NAME)
        return moim_fail(err, MOIM_EINVAL, "a name has 1 to %d bytes", MOIM_VOICE_NAME);
    int rc = moim_voices_list(s, &list, &n, err);
    if (!rc) rc = get_key(s, true, key, err);
    if (!rc) {
        snprintf(v.name, sizeof v.name, "%s", name);
        memcpy(v.voice, voice, sizeof v.voice);
        randombytes_buf(sealed, crypto_secretbox_NONCEBYTES);
        crypto_secretbox_easy(sealed + crypto_secretbox_NONCEBYTES, (const unsigned char *)&v, sizeof v,
                              sealed, key);
        rc = moim_voice_add(s, sealed, sizeof sealed, &id, err);
    }
    const struct moim_known_voice *old = named(list, n, name);
    if (!rc && old) rc = moim_voice_remove(s, old->id, err);
    sodium_memzero(key, sizeof key);
    sodium_memzero(&v, sizeof v);
    free(list);
    return rc;
}

int moim_voices_forget(struct moim_store *s, const char *name, struct moim_err *err)
{
    struct moim_known_voice *list;
    struct moim_voice_row *rows = NULL;
    char path[4200];
    int n, left = 0;
    int rc = moim_voices_list(s, &list, &n, err);
    const struct moim_known_voice *v = rc ? NULL : named(list, n, name);
    if (!rc)
        rc = v ? moim_voice_remove(s, v->id, err) : moim_fail(err, MOIM_ENOENT, "%s: no such voice", name);
    free(list);
    if (!rc) rc = moim_voice_list(s, &rows, &left, err);
    moim_voice_list_free(rows, left);
    if (!rc && !left) rc = moim_voices_key_path(s, path, sizeof path, err);
    if (!rc && !left && unlink(path) && errno != ENOENT) rc = moim_fail_errno(err, "%s", path);
    return rc;
}

int moim_voices_offer(struct moim_store *s, int64_t meeting, float (*voice)[MOIM_SPEAKER_DIM],
                      const int *number, int n, struct moim_err *err)
{
    struct moim_known_voice *known;
    int k, count = 0;
    int rc = moim_voices_list(s, &known, &k, err);
    if (rc) return rc;
    double *gain = calloc((size_t)n * (size_t)k + 1, sizeof *gain);
    int *match = calloc((size_t)n + 1, sizeof *match);
    struct moim_offer *offers = calloc((size_t)n + 1, sizeof *offers);
    if (!gain || !match || !offers) rc = MOIM_ENOMEM;
    for (int i = 0; !rc && i < n; i++)
        for (int j = 0; j < k; j++) {
            double a = moim_speaker_similarity(voice[i], known[j].voice);
            gain[i * k + j] = a >= MOIM_VOICE_ALIKE ? a : 0;
        }
    if (!rc && k) rc = moim_assign(gain, n, k, match);
    for (int i = 0; !rc && k && i < n; i++)
        if (match[i] >= 0 && gain[i * k + match[i]] > 0)
            offers[count++] = (struct moim_offer){number[i], known[match[i]].id, gain[i * k + match[i]]};
    rc = rc ? moim_fail(err, rc, "out of memory") : moim_offers_put(s, meeting, offers, count, err);
    free(gain);
    free(match);
    free(offers);
    free(known);
    return rc;
}
