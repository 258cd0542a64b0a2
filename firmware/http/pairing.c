#include "firmware/http/pairing.h"
#include "firmware/http/private_file.h"
#include "firmware/platform/log.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CODE_TRIES 20

/* Without 0 O 1 I L: read from a small display and typed on a telephone. */
static const char alphabet[] = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";

static bool read_line(const char *path, char *out, size_t cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return false;
    ssize_t n = read(fd, out, cap - 1);
    int why = n < 0 ? errno : 0;
    close(fd);
    errno = why;
    out[n > 0 ? n : 0] = 0;
    out[strcspn(out, "\n")] = 0;
    return n >= 0;
}

static int new_token(const char *dir, char token[MOIM_TOKEN_LENGTH + 1], struct moim_err *err)
{
    char path[4200], line[MOIM_TOKEN_LENGTH + 2];
    unsigned char raw[32];
    if (sodium_init() < 0) return moim_fail(err, MOIM_EUNSUP, "no random numbers available");
    randombytes_buf(raw, sizeof raw);
    sodium_bin2base64(token, MOIM_TOKEN_LENGTH + 1, raw, sizeof raw,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(raw, sizeof raw);
    snprintf(line, sizeof line, "%s\n", token);
    int rc = moim_private_path(dir, "pairing.token", path, err);
    return rc ? rc : moim_private_write(path, line, err);
}

int moim_pairing_token(const char *dir, char token[MOIM_TOKEN_LENGTH + 1], struct moim_err *err)
{
    char path[4200], line[128];
    int rc = moim_private_path(dir, "pairing.token", path, err);
    if (rc) return rc;
    if (!read_line(path, line, sizeof line)) {
        if (errno == ENOENT) return new_token(dir, token, err);
        return moim_fail_errno(err, "%s", path);
    }
    if (strlen(line) != MOIM_TOKEN_LENGTH)
        return moim_fail(err, MOIM_EFORMAT, "%s: damaged; make a new one with: moim pair --reset", path);
    memcpy(token, line, MOIM_TOKEN_LENGTH + 1);
    return MOIM_OK;
}

int moim_pairing_reset(const char *dir, struct moim_err *err)
{
    char path[4200], token[MOIM_TOKEN_LENGTH + 1];
    struct stat owner;
    int rc = moim_private_path(dir, "pairing.code", path, err);
    if (!rc && !access(dir, F_OK)) rc = moim_private_owner(path, &owner, err);
    if (!rc && unlink(path) && errno != ENOENT) rc = moim_fail_errno(err, "%s", path);
    if (!rc) rc = new_token(dir, token, err);
    sodium_memzero(token, sizeof token);
    return rc;
}

int moim_pairing_code(const char *dir, char code[MOIM_CODE_LENGTH + 1], struct moim_err *err)
{
    char path[4200], line[64];
    int rc = moim_private_path(dir, "pairing.code", path, err);
    if (rc) return rc;
    if (sodium_init() < 0) return moim_fail(err, MOIM_EUNSUP, "no random numbers available");
    for (int i = 0; i < MOIM_CODE_LENGTH; i++) code[i] = alphabet[randombytes_uniform(sizeof alphabet - 1)];
    code[MOIM_CODE_LENGTH] = 0;
    snprintf(line, sizeof line, "%s %lld\n", code, (long long)time(NULL) + MOIM_CODE_SECONDS);
    return moim_private_write(path, line, err);
}

int moim_pairing_open(struct moim_pairing *p, const char *dir, bool make, struct moim_err *err)
{
    memset(p, 0, sizeof *p);
    pthread_mutex_init(&p->lock, NULL);
    snprintf(p->dir, sizeof p->dir, "%s", dir);
    return make ? moim_pairing_token(dir, p->token, err) : MOIM_OK;
}

void moim_pairing_close(struct moim_pairing *p)
{
    sodium_memzero(p->token, sizeof p->token);
    pthread_mutex_destroy(&p->lock);
}

/* Compares hashes, so that the time does not depend on the strings. */
static bool same(const char *a, const char *b)
{
    unsigned char ha[crypto_generichash_BYTES], hb[crypto_generichash_BYTES];
    crypto_generichash(ha, sizeof ha, (const unsigned char *)a, strlen(a), NULL, 0);
    crypto_generichash(hb, sizeof hb, (const unsigned char *)b, strlen(b), NULL, 0);
    return sodium_memcmp(ha, hb, sizeof ha) == 0;
}

/* Caller holds the lock. An unreadable token denies everybody: it may be a new one, made to revoke the old. */
static void look_again(struct moim_pairing *p)
{
    time_t t = time(NULL);
    char token[MOIM_TOKEN_LENGTH + 1] = "";
    struct moim_err err;
    if (t == p->looked) return;
    p->looked = t;
    if (moim_pairing_token(p->dir, token, &err)) {
        *token = 0;
        if (*p->token) moim_log(MOIM_LOG_WARNING, "nobody is paired: %s", err.msg);
    }
    memcpy(p->token, token, sizeof token);
    sodium_memzero(token, sizeof token);
}

bool moim_pairing_is_token(struct moim_pairing *p, const char *presented)
{
    pthread_mutex_lock(&p->lock);
    look_again(p);
    bool ok = *p->token && same(p->token, presented);
    pthread_mutex_unlock(&p->lock);
    return ok;
}

/* Caller holds the lock. Whether it is the current code, not expired. Success and too many failures use it
 * up. */
static bool is_code(struct moim_pairing *p, const char *presented)
{
    char path[4200], line[64], code[MOIM_CODE_LENGTH + 1] = "", typed[MOIM_CODE_LENGTH + 1] = "";
    long long until = 0;
    size_t n = 0;
    for (; *presented; presented++) {
        if (*presented == '-' || *presented == ' ') continue;
        if (n == MOIM_CODE_LENGTH) return false;
        typed[n++] = (char)toupper((unsigned char)*presented);
    }
    if (n != MOIM_CODE_LENGTH || moim_private_path(p->dir, "pairing.code", path, NULL) ||
        !read_line(path, line, sizeof line) || sscanf(line, "%8s %lld", code, &until) != 2)
        return false;
    if (strcmp(code, p->code_seen)) {
        memcpy(p->code_seen, code, sizeof code);
        p->code_failures = 0;
    }
    bool right = same(code, typed) && time(NULL) < until && p->code_failures < CODE_TRIES;
    if (right || ++p->code_failures >= CODE_TRIES) unlink(path);
    return right;
}

bool moim_pairing_try(struct moim_pairing *p, const char *presented, char token[MOIM_TOKEN_LENGTH + 1])
{
    pthread_mutex_lock(&p->lock);
    look_again(p);
    bool ok = *p->token && (same(p->token, presented) || is_code(p, presented));
    if (ok) memcpy(token, p->token, sizeof p->token);
    pthread_mutex_unlock(&p->lock);
    return ok;
}
