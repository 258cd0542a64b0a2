#include "storage/fleet/box_seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 65536
#define KEY crypto_secretstream_xchacha20poly1305_KEYBYTES
#define HEADER crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define MORE crypto_secretstream_xchacha20poly1305_ABYTES
static const char magic[13] = "moim fleet 1\n";
typedef crypto_secretstream_xchacha20poly1305_state stream;

static int key_write(const char *file, const unsigned char *key, struct moim_err *err)
{
    char hex[2 * crypto_box_PUBLICKEYBYTES + 1];
    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return moim_fail_errno(err, "%s", file);
    FILE *f = fdopen(fd, "w");
    if (!f) return close(fd), moim_fail_errno(err, "%s", file);
    fprintf(f, "%s\n", sodium_bin2hex(hex, sizeof hex, key, crypto_box_PUBLICKEYBYTES));
    sodium_memzero(hex, sizeof hex);
    bool bad = ferror(f);
    return (fclose(f) || bad) ? moim_fail_errno(err, "%s", file) : MOIM_OK;
}

int moim_fleet_keys_make(const char *public_file, const char *secret_file, struct moim_err *err)
{
    unsigned char pk[crypto_box_PUBLICKEYBYTES], sk[crypto_box_SECRETKEYBYTES];
    if (sodium_init() < 0) return moim_fail(err, MOIM_EIO, "libsodium does not start");
    crypto_box_keypair(pk, sk);
    int rc = key_write(secret_file, sk, err);
    if (!rc) rc = key_write(public_file, pk, err);
    sodium_memzero(sk, sizeof sk);
    return rc;
}

int moim_fleet_key_read(const char *file, unsigned char key[crypto_box_PUBLICKEYBYTES], struct moim_err *err)
{
    char hex[2 * crypto_box_PUBLICKEYBYTES + 2] = "";
    size_t n = 0;
    if (sodium_init() < 0) return moim_fail(err, MOIM_EIO, "libsodium does not start");
    FILE *f = fopen(file, "re");
    if (!f) return moim_fail_errno(err, "%s", file);
    bool ok = fgets(hex, sizeof hex, f) &&
              !sodium_hex2bin(key, crypto_box_PUBLICKEYBYTES, hex, strcspn(hex, "\n"), "", &n, NULL) &&
              n == crypto_box_PUBLICKEYBYTES;
    fclose(f);
    sodium_memzero(hex, sizeof hex);
    return ok ? MOIM_OK : moim_fail(err, MOIM_EFORMAT, "%s: no key of a fleet", file);
}

static int seal_blocks(FILE *in, FILE *out, stream *st, struct moim_err *err)
{
    static __thread unsigned char plain[BLOCK], sealed[BLOCK + MORE];
    for (bool last = false; !last;) {
        size_t n = fread(plain, 1, BLOCK, in);
        if (ferror(in)) return moim_fail(err, MOIM_EIO, "the sound cannot be read");
        int c = getc(in);
        if (!(last = c == EOF)) ungetc(c, in);
        unsigned char tag = last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0;
        crypto_secretstream_xchacha20poly1305_push(st, sealed, NULL, plain, n, NULL, 0, tag);
        if (fwrite(sealed, 1, n + MORE, out) != n + MORE) return moim_fail_errno(err, "sealing");
    }
    return MOIM_OK;
}

static int seal(FILE *in, FILE *out, const unsigned char *pk, struct moim_err *err)
{
    unsigned char key[KEY], head[sizeof magic + KEY + crypto_box_SEALBYTES + HEADER];
    stream st;
    memcpy(head, magic, sizeof magic);
    crypto_secretstream_xchacha20poly1305_keygen(key);
    int bad = crypto_box_seal(head + sizeof magic, key, KEY, pk);
    crypto_secretstream_xchacha20poly1305_init_push(&st, head + sizeof head - HEADER, key);
    sodium_memzero(key, sizeof key);
    if (bad) return moim_fail(err, MOIM_EFORMAT, "no public key of a fleet");
    if (fwrite(head, 1, sizeof head, out) != sizeof head) return moim_fail_errno(err, "sealing");
    int rc = seal_blocks(in, out, &st, err);
    sodium_memzero(&st, sizeof st);
    return rc;
}

static int unseal_blocks(FILE *in, FILE *out, stream *st, struct moim_err *err)
{
    static __thread unsigned char plain[BLOCK], sealed[BLOCK + MORE];
    unsigned char tag = 0;
    while (tag != crypto_secretstream_xchacha20poly1305_TAG_FINAL) {
        unsigned long long m;
        size_t n = fread(sealed, 1, sizeof sealed, in);
        if (n < MORE || crypto_secretstream_xchacha20poly1305_pull(st, plain, &m, &tag, sealed, n, NULL, 0))
            return moim_fail(err, MOIM_EFORMAT, "sealed sound is damaged or cut off");
        if (fwrite(plain, 1, (size_t)m, out) != m) return moim_fail_errno(err, "unsealing");
    }
    return getc(in) == EOF ? MOIM_OK : moim_fail(err, MOIM_EFORMAT, "sealed sound goes on after its end");
}

static int unseal(FILE *in, FILE *out, const unsigned char *sk, struct moim_err *err)
{
    unsigned char key[KEY], pk[crypto_box_PUBLICKEYBYTES],
        head[sizeof magic + KEY + crypto_box_SEALBYTES + HEADER];
    stream st;
    if (fread(head, 1, sizeof head, in) != sizeof head || memcmp(head, magic, sizeof magic))
        return moim_fail(err, MOIM_EFORMAT, "not sealed for a fleet");
    crypto_scalarmult_base(pk, sk);
    if (crypto_box_seal_open(key, head + sizeof magic, KEY + crypto_box_SEALBYTES, pk, sk))
        return moim_fail(err, MOIM_EACCES, "sealed for another key");
    int bad = crypto_secretstream_xchacha20poly1305_init_pull(&st, head + sizeof head - HEADER, key);
    sodium_memzero(key, sizeof key);
    int rc = bad ? moim_fail(err, MOIM_EFORMAT, "sealed sound is damaged") : unseal_blocks(in, out, &st, err);
    sodium_memzero(&st, sizeof st);
    return rc;
}

static int convert(const char *from, const char *to, const unsigned char *key,
                   int (*work)(FILE *, FILE *, const unsigned char *, struct moim_err *),
                   struct moim_err *err)
{
    if (sodium_init() < 0) return moim_fail(err, MOIM_EIO, "libsodium does not start");
    FILE *in = fopen(from, "re");
    if (!in) return moim_fail_errno(err, "%s", from);
    int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    int rc = out ? work(in, out, key, err) : moim_fail_errno(err, "%s", to);
    fclose(in);
    if (out && fclose(out) && !rc) rc = moim_fail_errno(err, "%s", to);
    if (!out && fd >= 0) close(fd);
    if (rc && fd >= 0) unlink(to);
    return rc;
}

int moim_fleet_seal(const char *from, const char *to, const unsigned char *public_key, struct moim_err *err)
{
    return convert(from, to, public_key, seal, err);
}

int moim_fleet_unseal(const char *from, const char *to, const unsigned char *secret_key, struct moim_err *err)
{
    return convert(from, to, secret_key, unseal, err);
}
