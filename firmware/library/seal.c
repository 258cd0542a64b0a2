#include "firmware/library/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 65536
#define ABYTES crypto_secretstream_xchacha20poly1305_ABYTES
#define HEADER crypto_secretstream_xchacha20poly1305_HEADERBYTES

struct head {
    char magic[16];
    unsigned char salt[crypto_pwhash_SALTBYTES];
};
static const char magic[16] = "moim sealed 1\n";

struct work {
    FILE *in, *out;
    struct head head;
    crypto_secretstream_xchacha20poly1305_state st;
    unsigned char plain[BLOCK], sealed[BLOCK + ABYTES];
};

bool moim_is_sealed(const char *path)
{
    char got[sizeof magic] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return false;
    bool is = read(fd, got, sizeof got) == sizeof got && !memcmp(got, magic, sizeof magic);
    close(fd);
    return is;
}

static int make_key(const struct head *h, const char *pass, unsigned char *key, struct moim_err *err)
{
    if (crypto_pwhash(key, crypto_secretstream_xchacha20poly1305_KEYBYTES, pass, strlen(pass), h->salt,
                      crypto_pwhash_OPSLIMIT_MODERATE, crypto_pwhash_MEMLIMIT_MODERATE,
                      crypto_pwhash_ALG_ARGON2ID13))
        return moim_fail(err, MOIM_ENOMEM, "out of memory: the passphrase needs 256 MB");
    return MOIM_OK;
}

static int put(struct work *w, const void *bytes, size_t n, const char *to, struct moim_err *err)
{
    return fwrite(bytes, 1, n, w->out) == n ? MOIM_OK : moim_fail_errno(err, "%s", to);
}

static int seal(struct work *w, const char *from, const char *to, const char *pass, struct moim_err *err)
{
    unsigned char key[crypto_secretstream_xchacha20poly1305_KEYBYTES], header[HEADER];
    memcpy(w->head.magic, magic, sizeof magic);
    randombytes_buf(w->head.salt, sizeof w->head.salt);
    int rc = make_key(&w->head, pass, key, err);
    if (!rc) crypto_secretstream_xchacha20poly1305_init_push(&w->st, header, key);
    sodium_memzero(key, sizeof key);
    if (!rc) rc = put(w, &w->head, sizeof w->head, to, err);
    if (!rc) rc = put(w, header, sizeof header, to, err);
    for (bool last = false; !rc && !last;) {
        size_t n = fread(w->plain, 1, BLOCK, w->in);
        if (ferror(w->in)) return moim_fail(err, MOIM_EIO, "%s: cannot be read", from);
        last = feof(w->in) != 0;
        unsigned long long made;
        crypto_secretstream_xchacha20poly1305_push(
            &w->st, w->sealed, &made, w->plain, n, (const unsigned char *)&w->head, sizeof w->head,
            last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
        rc = put(w, w->sealed, (size_t)made, to, err);
    }
    return rc;
}

static int unseal(struct work *w, const char *from, const char *to, const char *pass, struct moim_err *err)
{
    unsigned char key[crypto_secretstream_xchacha20poly1305_KEYBYTES], header[HEADER], tag = 0;
    if (fread(&w->head, sizeof w->head, 1, w->in) != 1 || memcmp(w->head.magic, magic, sizeof magic) ||
        fread(header, sizeof header, 1, w->in) != 1)
        return moim_fail(err, MOIM_EFORMAT, "%s: not a sealed backup, or damaged", from);
    int rc = make_key(&w->head, pass, key, err);
    if (!rc) crypto_secretstream_xchacha20poly1305_init_pull(&w->st, header, key);
    sodium_memzero(key, sizeof key);
    bool first = true;
    while (!rc && tag != crypto_secretstream_xchacha20poly1305_TAG_FINAL) {
        size_t n = fread(w->sealed, 1, sizeof w->sealed, w->in);
        unsigned long long got;
        if (n < ABYTES ||
            crypto_secretstream_xchacha20poly1305_pull(&w->st, w->plain, &got, &tag, w->sealed, n,
                                                       (const unsigned char *)&w->head, sizeof w->head))
            return first ? moim_fail(err, MOIM_EACCES, "%s: wrong passphrase, or damaged", from)
                         : moim_fail(err, MOIM_EFORMAT, "%s: damaged or truncated", from);
        first = false;
        rc = put(w, w->plain, (size_t)got, to, err);
    }
    if (!rc && fgetc(w->in) != EOF) rc = moim_fail(err, MOIM_EFORMAT, "%s: is damaged at its end", from);
    return rc;
}

static int convert(int (*how)(struct work *, const char *, const char *, const char *, struct moim_err *),
                   const char *from, const char *to, const char *pass, struct moim_err *err)
{
    if (sodium_init() < 0) return moim_fail(err, MOIM_EUNSUP, "libsodium cannot be initialised");
    struct work *w = calloc(1, sizeof *w);
    if (!w) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    int rc = MOIM_OK, fd = -1;
    if (!(w->in = fopen(from, "rbe")))
        rc = moim_fail_errno(err, "%s", from);
    else if ((fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0)
        rc = moim_fail_errno(err, "%s", to);
    else if (!(w->out = fdopen(fd, "wb")))
        rc = moim_fail_errno(err, "%s", to);
    if (!rc) rc = how(w, from, to, pass, err);
    if (!rc && (fflush(w->out) || fsync(fd))) rc = moim_fail_errno(err, "%s", to);
    if (w->in) fclose(w->in);
    if (w->out && fclose(w->out) && !rc) rc = moim_fail_errno(err, "%s", to);
    if (!w->out && fd >= 0) close(fd);
    if (rc && fd >= 0) unlink(to);
    sodium_memzero(w, sizeof *w);
    free(w);
    return rc;
}

int moim_seal(const char *from, const char *to, const char *passphrase, struct moim_err *err)
{
    return convert(seal, from, to, passphrase, err);
}

int moim_unseal(const char *from, const char *to, const char *passphrase, struct moim_err *err)
{
    return convert(unseal, from, to, passphrase, err);
}

/* A pipe would be waited for without end. */
static FILE *open_regular(const char *path, struct moim_err *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool regular = fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode);
    FILE *f = regular ? fdopen(fd, "r") : NULL;
    if (f) return f;
    if (fd < 0 || regular)
        moim_fail_errno(err, "%s", path);
    else
        moim_fail(err, MOIM_EINVAL, "%s: not a regular file", path);
    if (fd >= 0) close(fd);
    return NULL;
}

int moim_passphrase_read(const char *path, char out[MOIM_PASSPHRASE_MAX], struct moim_err *err)
{
    *out = 0;
    if (!path) return MOIM_OK;
    FILE *f = open_regular(path, err);
    if (!f) return err ? err->code : MOIM_EIO;
    bool got = fgets(out, MOIM_PASSPHRASE_MAX, f) != NULL, whole = got && (strchr(out, '\n') || feof(f));
    fclose(f);
    out[strcspn(out, "\r\n")] = 0;
    if (got && whole && *out) return MOIM_OK;
    return moim_fail(err, MOIM_EINVAL, "%s: its first line is no passphrase (1 to %d bytes)", path,
                     MOIM_PASSPHRASE_MAX - 2);
}
